"""Laws of the difference of two versions: nothing is told of what is the same, and nothing is silent; the way back is the mirror;
what is said is said rightly. Held to all projects that are here, and to generated edits of random programs."""

from __future__ import annotations

import random
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rtj.base.span import Source
from rtj.compile import compile_project
from rtj.ir.program import Program, fingerprint
from rtj.layout.formatting import convert_text, format_text
from rtj.plan.catalogue import CHANGES
from rtj.plan.changes import Change
from rtj.plan.diff import diff
from rtj.plan.sides import Side
from tests.oracle.generate import case
from tests.plan.edits import EDITS
from tests.plan.edits_project import OF_JOURNEYS, OF_PROJECTS

ROOT = Path(__file__).parents[2]
EVERY = {**EDITS, **OF_JOURNEYS, **OF_PROJECTS}
PROJECTS = [path.parent for folder in ("journeys", "examples") for path in sorted((ROOT / folder).glob("*/rtj.yaml"))]


def told(old: Program, new: Program) -> list[Change]:
    return [judged.change for judged in diff(Side("old", old), Side("new", new)).every]


def compiled(folder: Path) -> Program:
    found = compile_project((), folder)
    assert found.program is not None, [one.message for one in found.diagnostics]
    return found.program


# ---- nothing is told of what is the same


def laid_out(path: Path, text: str) -> str:
    return format_text(Source(path.name, text)).text or text


def commented(path: Path, text: str) -> str:
    return "\n".join(f"# {path.name}" if line == "" else line for line in text.split("\n")) if path.suffix == ".yaml" else text


def with_other_ends(_: Path, text: str) -> str:
    return text.replace("\n", "\r\n")


def reordered(path: Path, text: str) -> str:
    """The keys of a file in another order: the blocks of the file, and the lines of blocks that have one line for each key."""
    if path.name != "rtj.yaml":
        return text
    head, *blocks = re.split(r"(?m)^(?=\w)", text)
    return head + "".join(_turned(block) for block in blocks[:1] + blocks[:0:-1])


def _turned(block: str) -> str:
    first, *lines = block.splitlines(keepends=True)
    if not lines or not all(re.match(r"  \w[\w ]*: ", line) for line in lines):
        return block if block.endswith("\n") else block + "\n"
    return first + "".join(line if line.endswith("\n") else line + "\n" for line in reversed([_swapped(line) for line in lines]))


def _swapped(line: str) -> str:
    """`name: {a: string, b: number}` the other way round."""
    found = re.fullmatch(r"(  \w+: *\{)((?:\w+: [\w?]+, )+\w+: [\w?]+)(\} *(?:#.*)?\n?)", line)
    return line if found is None else found[1] + ", ".join(reversed(found[2].split(", "))) + found[3]


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
@pytest.mark.parametrize("change", [laid_out, commented, with_other_ends, reordered])
def test_another_layout_is_no_change(folder: Path, change: object, tmp_path: Path) -> None:
    if folder.name == "broken":
        pytest.skip("does not compile")
    other = tmp_path / folder.name
    shutil.copytree(folder, other)
    for path in [*other.rglob("*.yaml"), *other.rglob("*.journey")]:
        path.write_bytes(change(path, path.read_text(encoding="utf-8")).encode())  # type: ignore[operator]
    old, new = compiled(folder), compiled(other)
    assert told(old, new) == []
    assert fingerprint(old) == fingerprint(new)


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
def test_the_other_spelling_is_no_change(folder: Path, tmp_path: Path) -> None:
    if folder.name == "broken":
        pytest.skip("does not compile")
    other = tmp_path / folder.name
    shutil.copytree(folder, other)
    for path in [*other.rglob("*.journey"), *other.rglob("*.journey.yaml")]:
        to = "yaml" if path.suffix == ".journey" else "dsl"
        laid = convert_text(Source(path.name, path.read_text(encoding="utf-8")), to)  # type: ignore[arg-type]
        assert laid.text is not None
        path.with_name(path.name.split(".")[0] + (".journey.yaml" if to == "yaml" else ".journey")).write_text(laid.text)
        path.unlink()
    old, new = compiled(folder), compiled(other)
    assert told(old, new) == []
    assert fingerprint(old) == fingerprint(new)


def test_nothing_differs_from_itself() -> None:
    programs = [case(seed).program for seed in range(40)]
    assert [told(program, program) for program in programs] == [[]] * len(programs)


# ---- generated edits


@dataclass(frozen=True)
class Edited:
    """An edit of a random program, and what is told of it in both directions."""

    name: str
    seed: int
    old: Program
    new: Program
    there: list[Change]
    back: list[Change]

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.name}"


def edited(seeds: Iterable[int]) -> Iterator[Edited]:
    for seed in seeds:
        rnd = random.Random(seed)
        old = case(seed).program
        for name in rnd.sample(sorted(EVERY), 8):
            new = EVERY[name](old, rnd)
            if new is not None:
                yield Edited(name, seed, old, new, told(old, new), told(new, old))


MIRRORED = "D002 D003", "D101 D102", "D111 D112", "D121 D122", "D123 D124", "D141 D144"
MIRROR = {code: other for pair in MIRRORED for code, other in (pair.split(), pair.split()[::-1])}
"""What has appeared on the way there is gone on the way back; all other codes are their own mirror."""
DECLARED = frozenset(("D004", "D103", "D107"))  # what one version says of the other, which says nothing back
OF_PEOPLE = frozenset(("D133", "D142", "D143", "D171"))  # what people who come from one side lack, or who uses it there
DECLARATIONS = frozenset(("D161", "D162", "D164", "D170"))  # `D170` where nothing in the new version uses it


def known(change: Change, *, back: bool) -> tuple[object, ...]:
    code = MIRROR.get(change.code, change.code) if back else change.code
    code = "declaration" if code in DECLARATIONS else code
    texts = (change.before, change.after) if change.code != "D115" else ("", "")
    spots = change.was, change.now
    return (code, *(spots[::-1] if back else spots), *(texts[::-1] if back else texts))


def unmirrored(edit: Edited) -> Counter[tuple[object, ...]]:
    codes = {change.code for change in (*edit.there, *edit.back)}
    declares = any(one.formerly or one.moved or one.dropped for one in (*edit.old.journeys, *edit.new.journeys))
    if declares or codes & (OF_PEOPLE - {"D171"}):
        return Counter()
    there = Counter(known(change, back=False) for change in edit.there if change.code not in OF_PEOPLE)
    back = Counter(known(change, back=True) for change in edit.back if change.code not in OF_PEOPLE)
    return (there - back) + (back - there)


UNSHOWN = ("D001", "D115", "D134")  # spelling alone; ways whose conditions read alike; a secret


def wrong_words(change: Change) -> Iterator[str]:
    """What cannot be right in how a change is told."""
    if change.level not in CHANGES[change.code].levels:
        yield f"the level {change.level} is not in the catalogue"
    if not change.what or not change.reason:
        yield "a part or a reason is missing"
    if (
        change.was is not None
        and change.now is not None
        and change.before == change.after
        and change.code not in ("D001", "D134")
    ):
        yield "before and after are the same"
    if (change.was is None and change.before) or (change.now is None and change.after):
        yield "the text of what is not there"
    if change.level == "safe" and change.concerns not in ("nobody", "entrants"):
        yield f"it is safe, and concerns {change.concerns}"
    if change.level != "safe" and (change.concerns == "nobody" or "nobody who is inside" in change.reason):
        yield "it is not safe, and concerns nobody"


def hold(seeds: Iterable[int]) -> Counter[tuple[str, str]]:
    """Hold all laws to some seeds; gives how often each code and level was told."""
    seen: Counter[tuple[str, str]] = Counter()
    for edit in edited(seeds):
        differs = fingerprint(edit.old) != fingerprint(edit.new)
        assert bool(edit.there) == bool(edit.back) == differs, f"{edit}: silent"
        assert unmirrored(edit) == Counter(), f"{edit}"
        for change in (*edit.there, *edit.back):
            seen[change.code, change.level] += 1
            assert list(wrong_words(change)) == [], f"{edit}: {change}"
    return seen


@pytest.mark.parametrize("start", range(0, 120, 30))
def test_edits_are_told_and_mirrored_in_right_words(start: int) -> None:
    hold(range(start, start + 30))


@pytest.mark.long
def test_edits_are_told_and_mirrored_at_length() -> None:
    """Every code is reached, but for those of texts, which `tests/plan/test_project.py` has."""
    seen = hold(range(1_000, 1_500))
    for code, kind in CHANGES.items():
        sys.stdout.write(f"{code} {', '.join(f'{level} {seen[code, level]:,}' for level in kind.levels)}\n")
    assert set(CHANGES) - {code for code, _ in seen} == {"D165"}


# ---- what is suggested


RESTING = re.compile(r"\bid: (\w+)")
TIMEOUT = re.compile(r"(?m)^( +)- \{?after: .*\n(?:\1 .*\n)*")
AGAIN = frozenset(("D102", "D123", "D003"))
ROUNDS_MAX = 3  # of a journey that is called otherwise, the nodes are told of once that is known


def in_yaml(folder: Path) -> dict[Path, str]:
    """The journeys of a project, in YAML."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.journey*"))}
    return {path: convert_text(Source(path.name, text), "yaml").text or "" for path, text in texts.items()}


def with_suggestions(text: str, changes: Iterable[Change]) -> str:
    """The text of a journey as an author leaves it who takes all that is suggested."""
    lines: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        word, value = change.suggest.split(": ", 1)
        value, _, journey = value.partition(" in ") if word == "formerly" else (value, "", change.journey)
        lines.setdefault((journey, word), []).append(value.strip("{}"))
    for (journey, word), values in lines.items():
        said = f"{word}: {{{', '.join(values)}}}" if word in ("moved", "dropped") else f"{word}: {values[0]}"
        text = re.sub(rf"(?m)^journey: {journey}$", f"journey: {journey}\n{said}", text, count=1)
    return text


def renamed_at_random(text: str, rnd: random.Random) -> str:
    """Some ids are others, and at times the name of the journey."""
    names = {name: rnd.choice((f"{name}_now", "zz", f"x_{name}")) for name in RESTING.findall(text) if rnd.random() < 0.6}
    names = {name: other for number, (name, other) in enumerate(names.items()) for other in [other.replace("zz", f"zz{number}")]}
    for name, other in names.items():
        text = re.sub(rf"\b{name}\b(?=[.,}}\n])", other, text)
    return re.sub(r"(?m)^journey: .*", lambda found: f"{found[0]}_now", text, count=1) if rnd.random() < 0.2 else text


@pytest.mark.parametrize("folder", [path for path in PROJECTS if path.name != "broken"], ids=lambda path: path.name)
def test_what_is_suggested_compiles_and_heals(folder: Path, tmp_path: Path) -> None:
    """`moved`, `dropped`, `formerly` and `timers` as they are suggested, put into the text, leave nobody without a place."""
    rnd = random.Random(folder.name)
    other = tmp_path / folder.name
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns("*.journey*", "*.test.yaml", "*.scenarios.yaml"))
    for path, text in in_yaml(folder).items():
        (other / path.with_suffix("").with_suffix(".journey.yaml").name).write_text(text, encoding="utf-8")
    for path in sorted(other.glob("*.journey.yaml")):
        text = path.read_text(encoding="utf-8")
        for before, after in ((text, renamed_at_random(text, rnd)), (TIMEOUT.sub("", text, count=1), text)):
            path.write_text(before, encoding="utf-8")
            was = compile_project((), other).program
            path.write_text(after, encoding="utf-8")
            if was is not None and compile_project((), other).program is not None:
                for _ in range(ROUNDS_MAX):
                    changes = [one for one in told(was, compiled(other)) if one.code in AGAIN and one.suggest]
                    path.write_text(with_suggestions(path.read_text(encoding="utf-8"), changes), encoding="utf-8")
                    if not changes:
                        break
                assert changes == []
        path.write_text(text, encoding="utf-8")
