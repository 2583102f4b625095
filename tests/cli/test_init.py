"""`rtj init`: a project that is green at once, whatever the playbook and the folder; nothing is ever overwritten."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from rtj.base.places import journeys_dir, starter_dir
from rtj.cli.environments import find_environment
from rtj.cli.main import app
from rtj.cli.starting import playbooks, project_name
from rtj.ir.environments import FileSource
from tests.package.readme import environment, run

ROOT = Path(__file__).resolve().parents[2]
HOUSE = {path.relative_to(starter_dir()).as_posix() for path in starter_dir().rglob("*") if path.is_file()}
PLAYBOOKS = sorted(path.parent.name for path in journeys_dir().glob("*/rtj.yaml"))
BROKEN = """\
journey: welcome
enter: {on: signd_up, as: who}
do:
  - {send: welcome, by: email, with: name = who.first_name}
"""


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_there_are_playbooks() -> None:
    assert {"abandoned_cart", "welcome"} <= {playbook.name for playbook in playbooks()}
    assert all(len(playbook.summary) > 40 and playbook.summary.endswith(".") for playbook in playbooks())


@pytest.mark.parametrize("arguments", [(), *(("--playbook", name) for name in PLAYBOOKS)], ids=str)
def test_a_new_project_is_green_at_once(empty: Path, arguments: tuple[str, ...]) -> None:
    code, out, err = call("init", *arguments)
    assert (code, err) == (0, "")
    name = arguments[1] if arguments else "welcome"
    assert out.startswith(f"this folder: project shop, {len(written(empty))} files, from the playbook {name}\n")
    own = {path.relative_to(journeys_dir() / name).as_posix() for path in (journeys_dir() / name).rglob("*") if path.is_file()}
    assert own | HOUSE <= written(empty)
    assert {"rtj.yaml", f"{name}.journey", f"{name}.test.yaml", "events.jsonl"} <= own
    assert "\nproject: shop\n" in (empty / "rtj.yaml").read_text(encoding="utf-8")
    assert find_environment(None).sources[0].feed == FileSource(str(empty / "live.jsonl")), "it can be run at once"

    code, out, err = call("validate")
    assert (code, out) == (0, "")
    assert "no errors" in err
    code, out, err = call("test")
    assert (code, out) == (0, "")
    assert re.match(r"[1-9]\d* passed \(", err)
    code, out, err = call("simulate", "--events", "events.jsonl")
    assert code == 0
    assert "messages sent" in out
    assert re.search(r"dead letters +0\n", out)
    assert "unknown types" not in out


def test_git_ignores_what_a_run_writes_and_keeps_the_schemas(empty: Path) -> None:
    call("init")
    subprocess.run(("git", "init", "-q"), check=True)
    for name in ("dev.db", "dev.db-wal", "dev.messages.jsonl"):
        (empty / ".rtj" / name).write_text("")

    listed = subprocess.run(("git", "status", "--short", "-uall", ".rtj"), capture_output=True, text=True, check=True).stdout
    assert sorted(re.findall(r"\S+$", listed, re.MULTILINE)) == [
        f".rtj/{kind}.schema.json" for kind in ("journey", "project", "test")
    ]


def test_what_it_prints_can_be_typed(tmp_path: Path) -> None:
    """The commands that init names, in a shell, from where init was called."""
    variables = environment(tmp_path)
    done = run("rtj init 'mein Laden'", tmp_path, variables)
    assert done.returncode == 0, done.stdout
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert [shlex.split(command)[0] for command in commands] == ["cd", "rtj", "rtj", "rtj", "rtj"]
    together = run(" && ".join(command.split("  #")[0] for command in commands), tmp_path, variables)
    assert together.returncode == 0, together.stdout


def test_the_readme_of_a_new_project_names_what_is_there(empty: Path) -> None:
    call("init", "--playbook", "abandoned_cart")
    text = (empty / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# shop\n")
    assert "$" not in text.replace("$ ", "")
    assert "## Abandoned cart\n" in text
    for name in re.findall(r"`([\w./-]+\.(?:ya?ml|jsonl))`", text):
        assert (empty / name).is_file(), name
    commands = [line.split("  #")[0] for line in re.findall(r"^rtj .*$", text, re.MULTILINE)]
    assert len(commands) == 4
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "begun"]):
        subprocess.run(["git", *words], check=True)  # `rtj diff` compares with the last commit
    for command in commands:
        assert call(*shlex.split(command)[1:])[0] == 0


def test_nothing_is_overwritten(empty: Path) -> None:
    for name in ("README.md", ".gitignore"):
        (empty / name).write_text("mine\n", encoding="utf-8")
    code, out, err = call("init")
    assert (code, out) == (2, "")
    assert "error: .gitignore, README.md exist in . already; nothing was written; --bare writes the project alone" in err
    assert written(empty) == {"README.md", ".gitignore"}
    assert call("init", "--bare")[0] == 0
    assert {"README.md", ".gitignore", "rtj.yaml", "welcome.journey", "welcome.test.yaml", "events.jsonl"} <= written(empty)
    assert not {name for name in written(empty) if name.startswith((".rtj", ".vscode", ".github"))}
    assert (empty / "README.md").read_text(encoding="utf-8") == "mine\n"
    code, _, err = call("init", "--bare")
    assert code == 2
    assert "events.jsonl, rtj.yaml, templates/app_tour.en.liquid, " in err
    assert " more exist in . already; nothing was written\n" in err


def test_a_folder_with_other_things_is_no_obstacle(empty: Path) -> None:
    (empty / "src").mkdir()
    (empty / "src" / "main.py").write_text("", encoding="utf-8")
    (empty / ".github" / "workflows").mkdir(parents=True)
    assert call("init")[0] == 0


@pytest.mark.parametrize("name", [".github", ".vscode"])
def test_a_file_where_a_folder_belongs(empty: Path, name: str) -> None:
    (empty / name).write_text("", encoding="utf-8")
    code, _, err = call("init")
    assert code == 2
    assert f"{name}: not a folder" in err
    assert written(empty) == {name}


def test_a_dangling_link_is_in_the_way_too(empty: Path) -> None:
    os.symlink("nowhere", empty / "rtj.yaml")
    code, _, err = call("init")
    assert code == 2
    assert "rtj.yaml exists in . already" in err


def test_the_folder_may_be_named_and_made(empty: Path) -> None:
    code, out, _ = call("init", "deep/お店 shop", "--playbook", "abandoned_cart")
    assert code == 0
    assert out.startswith("deep/お店 shop: project shop, ")
    assert "\n  cd 'deep/お店 shop'\n" in out
    code, _, err = call("test", "--project", "deep/お店 shop")
    assert code == 0, err
    (empty / "plain").write_text("", encoding="utf-8")
    code, _, err = call("init", "plain")
    assert code == 2
    assert "plain: not a folder" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(empty: Path) -> None:
    empty.chmod(0o500)
    try:
        assert call("init")[0] == 4
    finally:
        empty.chmod(0o700)


def test_a_failure_on_the_way_leaves_nothing(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path.open

    def full(path: Path, *arguments: object, **options: object) -> object:
        if path.name == "welcome.test.yaml" and arguments == ("x",):
            raise OSError(28, "No space left on device", str(path))
        return whole(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    code, _, err = call("init")
    assert code == 4
    assert "welcome.test.yaml: no space left on device; nothing was written" in err
    assert written(empty) == set()


def test_a_playbook_that_does_not_exist(empty: Path) -> None:
    code, _, err = call("init", "--playbook", "abandoned-carts")
    assert code == 2
    assert "abandoned-carts: no such playbook; did you mean abandoned_cart?" in err
    code, _, err = call("init", "--playbook", "xyz")
    assert "xyz: no such playbook; there are welcome, " in err
    assert written(empty) == set()


def test_the_list_of_playbooks(empty: Path) -> None:
    code, out, _ = call("init", "--list")
    assert code == 0
    assert re.findall(r"^  (\w+) ", out, re.MULTILINE) == [playbook.name for playbook in playbooks()]
    assert re.findall(r"^\w.*$", out, re.MULTILINE) == list(dict.fromkeys(playbook.group for playbook in playbooks()))
    assert written(empty) == set()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop-2", "my_shop_2"),
        ("Café Müller", "cafe_muller"),
        ("2026 plans", "p_2026_plans"),
        ("お店", "playbook"),
        ("お店 shop", "shop"),
        ("123", "playbook"),
        ("…", "playbook"),
        ("x" * 99, "x" * 60),
    ],
)
def test_the_name_of_a_project_comes_from_its_folder(folder: str, name: str) -> None:
    assert project_name(Path("/somewhere") / folder, "playbook") == name


# ---- what stands around a project


def matchers() -> list[dict[str, object]]:
    tasks = json.loads((starter_dir() / ".vscode" / "tasks.json").read_text(encoding="utf-8"))["tasks"]
    return [matcher for task in tasks for matcher in task["problemMatcher"]]


def matched(row: str) -> list[tuple[str, ...]]:
    """What the problem matchers of VS Code read in a line: severity, file, line, column, code, message."""
    found = []
    for matcher in matchers()[:2]:
        pattern = matcher["pattern"]
        assert isinstance(pattern, dict)
        match = re.match(str(pattern["regexp"]), row)
        if match is not None:
            parts = (match[pattern[part]] for part in ("file", "line", "column", "code", "message"))
            found.append((str(matcher["severity"]), *parts))
    return found


def test_vs_code_reads_what_validate_and_test_print(empty: Path) -> None:
    call("init")
    (empty / "welcome.journey").unlink()
    (empty / "welcome.journey.yaml").write_text(BROKEN, encoding="utf-8")
    code, out, _ = call("validate", "--format", "concise")
    assert code == 1
    rows = [matched(row) for row in out.splitlines()]
    assert all(len(row) == 1 for row in rows)
    assert ("error", "welcome.journey.yaml", "2", "13", "E317") in [row[0][:5] for row in rows]

    call("init", "other")
    text = (empty / "other" / "welcome.test.yaml").read_text(encoding="utf-8")
    (empty / "other" / "welcome.test.yaml").write_text(
        text.replace("left: [{at: +1d, reason: goal}]", "left: [{at: +2d, reason: goal}]"), encoding="utf-8"
    )
    code, out, _ = call("test", "--project", "other", "--format", "concise")
    assert code == 1
    ((failed,),) = [matched(row) for row in out.splitlines()]
    assert failed[:2] == ("error", "other/welcome.test.yaml")
    assert failed[4] == "unmet"
    assert failed[5].startswith("who buys hears no more: somebody left otherwise")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "a b/お店.journey.yaml:1:22: E304 [*] what; why (name)",
            ("error", "a b/お店.journey.yaml", "1", "22", "E304", "what; why (name)"),
        ),
        ("C:/x/rtj.yaml:3:4: W360 [~] [odd] text", ("warning", "C:/x/rtj.yaml", "3", "4", "W360", "[odd] text")),
        ("rtj.yaml:3:4: error[W360] text", ("error", "rtj.yaml", "3", "4", "W360", "text")),
        ("rtj.yaml:3:4: warning[E304] text", ("warning", "rtj.yaml", "3", "4", "E304", "text")),
        ("rtj.yaml:3:4: warning[own-rule] [*] text", ("warning", "rtj.yaml", "3", "4", "own-rule", "text")),
        ("3 errors in 2 of 14 files", None),
        ("rtj.yaml:3:4: info[own] text", None),
    ],
)
def test_every_shape_of_a_concise_line(row: str, expected: tuple[str, ...] | None) -> None:
    assert matched(row) == ([] if expected is None else [expected])


def test_errors_of_tests_are_matched_as_those_of_validate() -> None:
    first, _, third = matchers()
    assert first["pattern"] == third["pattern"]
    assert first["severity"] == third["severity"] == "error"


def hooks() -> list[dict[str, object]]:
    shipped = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load((starter_dir() / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    return [*shipped, *(hook for repo in config["repos"] for hook in repo["hooks"])]


def test_hooks_have_what_pre_commit_wants() -> None:
    assert [hook["id"] for hook in hooks()] == ["rtj-validate", "rtj-test", "rtj-fmt"] * 2
    for hook in hooks():
        assert {"id", "name", "entry", "language", "files", "pass_filenames"} <= hook.keys()
        assert hook["pass_filenames"] is False
        files = re.compile(str(hook["files"]))
        named = ("rtj.yaml", "a/rtj.yaml", "a/b.journey", "a/b.journey.yaml", "b.journey.yml", "tests/b.test.yaml")
        for name in (*named, "people/profile.yaml", "schemas/purchase.json", "founders.csv"):  # included, read as schema or list
            assert files.search(name), name
        for name in ("b.journey.yaml.bak", "events.jsonl", "README.md"):
            assert not files.search(name), name


def test_hooks_pass_on_a_good_project_and_fail_on_a_bad_one(tmp_path: Path) -> None:
    variables = environment(tmp_path)
    assert run("rtj init shop", tmp_path, variables).returncode == 0
    shop = tmp_path / "shop"
    entries = sorted({str(hook["entry"]) for hook in hooks()})
    assert entries == ["rtj fmt", "rtj test", "rtj validate"]
    for entry in entries:
        done = run(entry, shop, variables)
        assert done.returncode == 0, done.stdout
    (shop / "welcome.journey").unlink()
    (shop / "welcome.journey.yaml").write_text(BROKEN, encoding="utf-8")
    failed = [run(entry, shop, variables).returncode for entry in entries]
    assert failed[1:] == [1, 1]


CI = ROOT / "examples" / "ci"


@pytest.mark.parametrize(
    ("path", "called"),
    [
        (starter_dir() / ".github" / "workflows" / "rtj.yml", ["validate", "test", "diff"]),
        (CI / "github-actions.yml", ["validate", "test"]),
        (CI / "pull-request.yml", ["diff"]),
    ],
)
def test_workflows_run_what_exists(tmp_path: Path, path: Path, called: list[str]) -> None:
    """Every step that calls rtj is run, in a project as `rtj init` makes it, on a branch of a repository."""
    variables = {**environment(tmp_path), "GITHUB_BASE_REF": "main"}
    assert run("rtj init shop", tmp_path, variables).returncode == 0
    shop = tmp_path / "shop"
    as_somebody = "git -c user.name=somebody -c user.email=somebody@example.org"
    repository = f"git init -q . && git add . && {as_somebody} commit -qm begun && git update-ref refs/remotes/origin/main HEAD"
    assert run(repository, shop, variables).returncode == 0
    workflow = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert workflow.keys() >= {"name", "on", "permissions", "jobs"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = [step["run"].strip() for step in steps if step.get("run", "").startswith("rtj ")]
    assert [command.split()[1] for command in commands] == called
    for command in commands:
        done = run(command, shop, variables)
        assert done.returncode == 0, done.stdout
    uploads = [step["with"] for step in steps if "upload" in step.get("uses", "")]
    for upload in uploads:
        assert (shop / (upload.get("path") or upload["sarif_file"])).is_file()
    deep = [step.get("with", {}).get("fetch-depth") for step in steps if "checkout" in step.get("uses", "")]
    assert deep == (["0"] if "diff" in called else [None]), "a shallow clone has nothing to compare with"


@pytest.mark.parametrize("path", [starter_dir() / ".github" / "workflows" / "rtj.yml", CI / "pull-request.yml"])
def test_workflows_stop_what_leaves_people_without_a_place(tmp_path: Path, path: Path) -> None:
    variables = {**environment(tmp_path), "GITHUB_BASE_REF": "main"}
    assert run("rtj init shop --playbook win_back", tmp_path, variables).returncode == 0
    shop = tmp_path / "shop"
    git = "git -c user.name=somebody -c user.email=somebody@example.org"
    repository = f"git init -q . && git add . && {git} commit -qm begun && git update-ref refs/remotes/origin/main HEAD"
    assert run(repository, shop, variables).returncode == 0
    journey = shop / "win_back.journey"
    text = journey.read_text(encoding="utf-8")
    name = re.findall(r"wait_for @(\w+)", text)[0]
    journey.write_text(text.replace(f"@{name}", "@called_otherwise"), encoding="utf-8")
    assert run(f"{git} commit -qam renamed", shop, variables).returncode == 0
    workflow = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    (command,) = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if step.get("run", "").startswith("rtj diff")
    ]

    done = run(command.replace(" --events events.jsonl", ""), shop, variables)

    assert done.returncode == 1, done.stdout
    assert "D102 breaking" in done.stdout
