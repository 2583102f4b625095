"""The rules of the house hold: rooms only look down, modules stay small, the engine is pure, start-up is lean."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "rtj"
PAGE = PACKAGE / "ARCHITECTURE.md"
ENGINE_FORBIDDEN = {"time", "random", "os", "socket", "asyncio", "logging", "subprocess", "secrets", "uuid", "pathlib"}
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
PAGE_LINES_MAX = 60


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room of a module; what stands beside the rooms (`__main__`, `__init__`) belongs to none."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """The dotted names that are imported; `from a import b` gives `a` and `a.b`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def may_import() -> dict[str, set[str]]:
    """The table of ARCHITECTURE.md."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines() if line.startswith("|")
    ]
    return {row[0]: set(row[2].split()) for row in rows[2:]}


def test_the_page_names_every_room_and_stays_one_page() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").is_file()}
    assert set(may_import()) == rooms
    assert len(PAGE.read_text().splitlines()) <= PAGE_LINES_MAX


def test_the_table_has_no_cycle() -> None:
    """Each room may import only rooms below it in the table."""
    order = list(may_import())
    wrong = [
        f"{room} -> {other}" for room, below in may_import().items() for other in below if order.index(other) <= order.index(room)
    ]
    assert wrong == []


def test_rooms_only_look_down() -> None:
    table = may_import()
    wrong = []
    for path in modules():
        room = room_of(path)
        if not room:
            continue
        for name in imports(ast.walk(tree_of(path))):
            parts = name.split(".")
            if parts[0] == "rtj" and len(parts) > 1 and parts[1] in table and parts[1] not in table[room] | {room}:
                wrong.append(f"{dotted(path)} imports {name}")
    assert wrong == []


def test_modules_import_without_cycles() -> None:
    """Imports at the top of modules form no cycle (those for types only do not count: they are never run)."""
    names = {dotted(path) for path in modules()}
    graph = {dotted(path): {n for n in imports(iter(tree_of(path).body)) if n in names} - {dotted(path)} for path in modules()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above[above.index(name) :], name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*above, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_the_engine_is_pure() -> None:
    wrong = [
        f"{dotted(path)} imports {name}"
        for path in sorted((PACKAGE / "engine").rglob("*.py"))
        for name in imports(ast.walk(tree_of(path)))
        if name.split(".")[0] in ENGINE_FORBIDDEN
    ]
    assert wrong == []


def test_only_the_command_line_prints() -> None:
    wrong = [
        f"{dotted(path)}:{node.lineno}"
        for path in modules()
        if room_of(path) != "cli"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")
    ]
    assert wrong == []


def test_modules_and_functions_are_small() -> None:
    wrong = []
    for path in modules():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MODULE_LINES_MAX:
            wrong.append(f"{dotted(path)} has {lines} lines")
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES_MAX:
                    wrong.append(f"{dotted(path)}.{node.name} has {size} lines")
    assert wrong == []


def test_every_module_opens_with_its_purpose() -> None:
    assert [dotted(path) for path in modules() if not ast.get_docstring(tree_of(path))] == []


def test_every_module_is_reached_by_a_test() -> None:
    """A module is named by a test, or is a part of one in its room that is. What neither holds for is dead, or a secret."""
    tests = sorted((ROOT / "tests").rglob("*.py"))
    words = {word for path in tests for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    words |= {path.stem.removeprefix("test_") for path in tests}
    parts = {dotted(path): {n for n in imports(ast.walk(tree_of(path))) if n.startswith("rtj.")} for path in modules()}
    reached = {dotted(path) for path in modules() if path.stem in words or path.stem in ("__init__", "__main__")}
    grown = True
    while grown:
        more = {n for name in reached for n in parts[name] if n in parts and n.split(".")[1] == name.split(".")[1]} - reached
        reached |= more
        grown = bool(more)
    assert sorted(set(parts) - reached) == []


def tracked_texts() -> Iterator[Path]:
    for folder in ("rtj", "tests", "examples", "grammar", "journeys"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".md", ".lark", ".yaml", ".yml", ".toml", ".json"}:
                yield path
    yield from (path for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "pyproject.toml") if path.is_file())


def test_nothing_names_a_machine_or_is_left_undone() -> None:
    folders = "|".join(("ho" + "me", "Us" + "ers", "wo" + "rk", "ro" + "ot", "va" + "r"))
    undone = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X"))
    pattern = re.compile(rf"(?<![\w./:~-])/(?:{folders})/\w|\b(?:{undone})\b|pytest\.skip\(\)")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {row.strip()[:80]}"
        for path in tracked_texts()
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(row)
    ]
    assert wrong == []


def run_python(*arguments: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=env, check=True, timeout=60)
    return done.stdout


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_start_up_loads_nothing_heavy(option: str) -> None:
    code = (
        "import sys, rtj.cli.main as m\n"
        f"sys.argv = ['rtj', {option!r}]\n"
        "try: m.main()\n"
        "except SystemExit: pass\n"
        "print('loaded:', *{n.split('.')[0] for n in sys.modules}, *(n for n in sys.modules if n.startswith('rtj')))\n"
    )
    loaded = set(run_python("-c", code).split("loaded: ")[-1].split())
    heavy = {
        "lark",
        "jsonschema",
        "msgspec",
        "rich",
        "rich.progress",
        "yaml",
        "asyncio",
        "multiprocessing",
        "zoneinfo",
        "watchfiles",
        "zstandard",
    }
    assert loaded & heavy == set()
    assert {name for name in loaded if name.startswith("rtj.")} <= {
        "rtj.base",
        "rtj.base.errors",
        "rtj.base.plain",
        "rtj.cli",
        "rtj.cli.backup_commands",
        "rtj.cli.arguments",
        "rtj.cli.deploy_arguments",
        "rtj.cli.deploy_commands",
        "rtj.cli.deployed_commands",
        "rtj.cli.diff_arguments",
        "rtj.cli.diff_command",
        "rtj.cli.graph_arguments",
        "rtj.cli.layout_commands",
        "rtj.cli.option_sets",
        "rtj.cli.main",
        "rtj.cli.privacy_app",
        "rtj.cli.profile_command",
        "rtj.cli.run_command",
        "rtj.cli.optional_values",
        "rtj.cli.outcome",
        "rtj.cli.screen",
    }


def test_diff_loads_what_runs_people_only_for_events() -> None:
    loaded = run_python("-c", "import sys, rtj.cli.diffing, rtj.cli.diff_writing; print(*sys.modules)").split()
    assert set(loaded) & {"lark", "multiprocessing", "rtj.run.comparing", "rtj.engine.world", "rtj.cli.render_lives"} == set()


def test_no_heavy_module_is_imported_at_the_top_of_main() -> None:
    """What `rtj --help` costs is typer: counted in modules, for seconds depend on the machine."""
    count = "import sys; print(len(sys.modules))"
    floor = int(run_python("-c", f"import typer; {count}"))
    ours = int(run_python("-c", f"import rtj.cli.main; {count}"))
    assert ours <= floor + 40


def test_help_costs_at_most_three_times_typer() -> None:
    def seconds(*arguments: str) -> float:
        begin = time.perf_counter()
        run_python(*arguments)
        return time.perf_counter() - begin

    rounds = [(seconds("-c", "import typer"), seconds("-m", "rtj", "--help")) for _ in range(5)]
    floor, ours = (min(column) for column in zip(*rounds, strict=True))
    assert ours <= 3 * floor
