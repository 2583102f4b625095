"""The inputs of `rtj validate`: files, folders, patterns, names, stdin and changes. Whole projects are checked; what was named is
told."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app
from rtj.cli.optional_values import spelled_out

PROJECT = """\
project: shop
events:
  login: {}
channels:
  email: {purpose: transactional}
lint: {select: [no-timeout]}
"""
WRONG = """\
journey: {name}
enter: {{on: login}}
do:
  - {{id: answer, wait_for: [{{on: login}}]}}
  - {{send: m}}
"""


def write(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(WRONG.format(name=name), encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of three journeys, each with one warning, and a second project below it."""
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    write(tmp_path / "journeys" / "a.journey.yaml", "a")
    write(tmp_path / "journeys" / "b [x].journey.yaml", "b")
    write(tmp_path / "journeys" / "deep" / "夏.journey.yaml", "c")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    write(tmp_path / "inner" / "i.journey.yaml", "i")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    return tmp_path


def call(*arguments: str, stdin: str | bytes | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["validate", "--format", "concise", *arguments], input=stdin)
    return done.exit_code, done.stdout, done.stderr


def told(*arguments: str, stdin: str | bytes | None = None) -> list[str]:
    """The files of which something is told, by their last names."""
    code, out, err = call(*arguments, stdin=stdin)
    assert code in (0, 1), err
    return [line.split(":")[0].rsplit("/", 1)[-1].split(".")[0] for line in out.splitlines()]


ALL = ["a", "b [x]", "夏"]


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ((), ALL),
        ((".",), ["i", *ALL]),
        (("journeys",), ALL),
        (("journeys/deep",), ["夏"]),
        (("journeys/a.journey.yaml",), ["a"]),
        (("journeys/a.journey.yaml", "journeys/deep"), ["a", "夏"]),
        (("journeys/b [x].journey.yaml",), ["b [x]"]),
        (("rtj.yaml",), ALL),
        (("rtj.yaml", "journeys/a.journey.yaml"), ALL),
        (("inner",), ["i"]),
        (("inner/rtj.yaml",), ["i"]),
        (("inner/i.journey.yaml", "journeys/a.journey.yaml"), ["i", "a"]),
        (("a",), ["a"]),
        (("a", "c"), ["a", "夏"]),
        (("journeys/*.journey.yaml",), ["a", "b [x]"]),
        (("journeys/**/*.yaml",), ALL),
        (("**/[ai].journey.yaml",), ["i", "a"]),
        (("j*",), ALL),
        (("*/deep",), ["夏"]),
        (("--project", "inner"), ["i"]),
        (("--project", ".", "journeys/deep"), ["夏"]),
    ],
)
def test_what_is_named_is_told(shop: Path, arguments: tuple[str, ...], files: list[str]) -> None:
    assert told(*arguments) == files


def test_the_rest_is_counted(shop: Path) -> None:
    assert "2 more elsewhere in the project." in call("a")[2]
    assert "elsewhere" not in call()[2]


def test_several_projects_are_counted_together(shop: Path) -> None:
    assert "4 warnings in 4 of 6 files" in call(".")[2]


def test_a_name_that_another_file_lacks_is_known(shop: Path) -> None:
    """One file is named, and the journey that it starts stands in another: the whole project is looked at."""
    (shop / "journeys" / "s.journey.yaml").write_text("journey: s\nenter: {on: login}\ndo:\n  - {start: t}\n")
    (shop / "journeys" / "t.journey.yaml").write_text("journey: t\nenter: {by: start}\ndo:\n  - {send: m}\n")

    assert call("journeys/s.journey.yaml")[:2] == (0, "")


def test_errors_of_the_project_file_are_always_told(shop: Path) -> None:
    (shop / "rtj.yaml").write_text(PROJECT + "timezone: Europe/Berln\n")

    code, out, _ = call("journeys/a.journey.yaml")

    assert code == 1
    assert "rtj.yaml:7:11: E350" in out


def test_journeys_called_otherwise_and_in_hidden_folders_can_be_named(shop: Path) -> None:
    write(shop / "draft.yaml", "draft")
    write(shop / ".attic" / "old.journey.yaml", "old")

    assert told() == ALL
    assert told("draft.yaml") == ["draft"]
    assert told(".attic") == ["old"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere/*.yaml",), "nowhere/*.yaml: no file matches this pattern"),
        (("journeys/z*",), "journeys/z*: no file matches this pattern"),
        (("journeys/z.journey.yaml",), "journeys/z.journey.yaml: no such file"),
        (("zz",), "zz: neither a file nor a journey of the project; it has a, b, c"),
        (("aa",), "aa: neither a file nor a journey of the project; did you mean a?"),
        (("journeys", "a"), "a: no such file; name either files or journeys"),
        (("notes.txt",), "notes.txt: no file of a project"),
        (("empty",), "empty: no *.journey or *.journey.yaml in this folder"),
        (("-",), "--stdin-filename"),
        (("-", "a", "--stdin-filename", "a.journey.yaml"), "name nothing else"),
        (("--stdin-filename", "journeys"), "this is a folder"),
        (("--select", "W2o4"), "--select W2o4: no code, no name of a rule and no beginning of a code; did you mean W204?"),
        (("--ignore", "no-timeuot"), "did you mean no-timeout?"),
        (("--now", "2026-02-30"), "--now 2026-02-30: expected a date"),
        (("--add-ignores", "--write-baseline"), "choose one"),
        (("--write-baseline", "journeys"), "name no files"),
        (("--write-baseline", "--select", "W2"), "name no files, changes or rules"),
        (("--add-ignores", "-", "--stdin-filename", "journeys/a.journey.yaml"), "stdin cannot be written to"),
    ],
)
def test_a_call_that_names_nothing_is_wrong(shop: Path, arguments: tuple[str, ...], words: str) -> None:
    (shop / "notes.txt").write_text("x")
    (shop / "empty").mkdir()

    code, out, err = call(*arguments, stdin="")

    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


# ---- stdin


def test_stdin_takes_the_place_of_a_file(shop: Path) -> None:
    broken = WRONG.format(name="a").replace("login", "logn", 1)

    code, out, _ = call("-", "--stdin-filename", "journeys/a.journey.yaml", stdin=broken)

    assert code == 1
    assert out.startswith("journeys/a.journey.yaml:2:13: E317")
    assert told() == ALL


def test_stdin_may_be_a_file_that_is_not_there_yet(shop: Path) -> None:
    assert told("--stdin-filename", "journeys/new.journey.yaml", stdin=WRONG.format(name="new")) == ["new"]


def test_stdin_may_be_the_project_file(shop: Path) -> None:
    code, out, _ = call("-", "--stdin-filename", "rtj.yaml", stdin=PROJECT + "timezone: Nowhere\n")

    assert code == 1
    assert [line.split(": ")[1].split()[0] for line in out.splitlines()] == ["E350"]


def test_stdin_that_is_no_text(shop: Path) -> None:
    assert "E007" in call("-", "--stdin-filename", "journeys/a.journey.yaml", stdin=b"\xff")[1]


# ---- settings of a run


def test_what_fails_a_run(shop: Path) -> None:
    assert call()[0] == 0
    assert call("--fail-on", "warning")[0] == 1
    (shop / "rtj.yaml").write_text(PROJECT.replace("timeout]", "timeout], fail_on: warning"))
    assert call()[0] == 1
    assert call("--fail-on", "error")[0] == 0
    (shop / "rtj.yaml").write_text(PROJECT.replace("timeout]", "timeout], fail_on: never") + "timezone: Nowhere\n")
    assert call()[0] == 0
    assert call("--fail-on", "error")[0] == 1


def test_select_and_ignore_take_lists(shop: Path) -> None:
    assert told("--ignore", "W3,no-timeout") == []
    assert told("--select", "W3, W204", "--select", "W4") == ALL
    assert told("--select", "W3") == []


def test_the_settings_in_force(shop: Path) -> None:
    code, out, _ = call("--show-config", "--now", "2026-03-01", "--ignore", "W3")

    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert code == 0
    assert rows["select"] == ["no-timeout", "rtj.yaml:6"]
    assert rows["ignore"] == ["W3", "--ignore"]
    assert rows["fail_on"] == ["error", "default"]
    assert rows["now"][0] == "2026-03-01"


def test_comments_expire_by_the_clock_that_is_given(shop: Path) -> None:
    path = shop / "journeys" / "a.journey.yaml"
    path.write_text(path.read_text().replace("  - {id: answer", "  # rtj: ignore[W204] until=2026-03-01 -- x\n  - {id: answer"))

    assert told("--now", "2026-03-01") == ["b [x]", "夏"]
    assert told("--now", "2026-03-02") == ALL
    assert told("--now", "2026-03-01", "--no-ignores") == ALL


# ---- what is written


def test_a_baseline_is_written_and_read_by_itself(shop: Path) -> None:
    code, out, err = call("--write-baseline")

    assert (code, out) == (0, "")
    assert err.startswith("3 findings accepted in rtj.baseline.json\n")
    assert told() == []
    assert told("--no-baseline") == ALL
    write(shop / "journeys" / "new.journey.yaml", "new")
    assert told() == ["new"]


def test_a_baseline_at_another_place_must_be_named(shop: Path) -> None:
    err = call("--write-baseline=known.json")[2]

    assert "known.json is read once rtj.yaml names it" in err
    assert told() == ALL
    (shop / "rtj.yaml").write_text(PROJECT.replace("timeout]", "timeout], baseline: known.json"))
    assert told() == []


def test_errors_are_told_though_a_baseline_is_written(shop: Path) -> None:
    path = shop / "journeys" / "a.journey.yaml"
    path.write_text(path.read_text().replace("send: m", "send: m, by: push"))

    code, out, err = call("--write-baseline")

    assert code == 1
    assert "E327" in out
    assert "1 error cannot be ignored" in err


def test_comments_are_written(shop: Path) -> None:
    (shop / "journeys" / "a.journey.yaml").write_bytes(b"\xef\xbb\xbf" + WRONG.format(name="a").replace("\n", "\r\n").encode())

    code, out, err = call("--add-ignores=known since spring", "journeys/a.journey.yaml")

    assert (code, out) == (0, "")
    assert err.startswith("1 finding in 1 file ignored by comments\n")
    content = (shop / "journeys" / "a.journey.yaml").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfjourney: a\r\n")
    assert b"  # rtj: ignore[W204] -- known since spring\r\n  - {id: answer" in content
    assert told() == ["b [x]", "夏"]
    assert call("--add-ignores", "journeys/a.journey.yaml")[2].startswith("nothing to ignore\n")


# ---- changes


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(*arguments: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x.example", "GIT_COMMITTER_NAME": "x"}
    env = {**os.environ, **identity, "GIT_COMMITTER_EMAIL": "x@x.example", "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(("git", *arguments), check=True, capture_output=True, env=env)


@pytest.fixture
def repository(shop: Path) -> Path:
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    git("branch", "main-line")
    return shop


@needs_git
def test_changes_are_told(repository: Path) -> None:
    assert told("--changed") == []
    path = repository / "journeys" / "a.journey.yaml"
    path.write_text(path.read_text() + "# more\n")
    assert told("--changed") == ["a"]
    write(repository / "journeys" / "new.journey.yaml", "new")
    assert told("--changed") == ["a", "new"]
    assert told("--changed", "journeys/deep") == []
    git("add", ".")
    git("commit", "-q", "-m", "second")
    assert told("--changed") == []
    assert told("--changed", "main-line") == ["a", "new"]
    assert told("--changed=HEAD~1") == ["a", "new"]


@needs_git
def test_a_change_of_what_all_share_tells_all(repository: Path) -> None:
    (repository / "rtj.yaml").write_text(PROJECT + "timezone: Europe/Berlin\n")
    assert told("--changed") == ALL
    git("commit", "-q", "-a", "-m", "second")
    (repository / "journeys" / "a.journey.yaml").unlink()
    assert told("--changed") == ["b [x]", "夏"]


@needs_git
def test_in_a_repository_without_commits_everything_is_new(shop: Path) -> None:
    git("init", "-q")

    assert told("--changed") == ALL


@needs_git
def test_within_a_hook_and_in_a_folder_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repository / "inner" / "new.journey.yaml", "new")
    monkeypatch.chdir(repository / "inner")
    monkeypatch.setenv("GIT_DIR", ".git")

    assert told("--changed") == ["new"]


@needs_git
@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "HEAD:rtj.yaml", ""])
def test_a_ref_that_does_not_exist(repository: Path, ref: str) -> None:
    code, out, err = call(f"--changed={ref}")

    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "no such commit" in err


@needs_git
def test_without_a_repository(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(shop.parent))

    code, _, err = call("--changed")

    assert code == 2
    assert "not a git repository" in err


def test_without_git(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(shop))

    code, _, err = call("--changed")

    assert code == 2
    assert "git, which is not installed" in err


# ---- options with values that may be left out


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("--changed", "--changed=HEAD"),
        ("--changed main x", "--changed=main x"),
        ("--changed --quiet", "--changed=HEAD --quiet"),
        ("--changed=main", "--changed=main"),
        ("--changed tests", "--changed=HEAD tests"),
        ("x --changed", "x --changed=HEAD"),
        ("--add-ignores journeys", "--add-ignores= journeys"),
        ("--write-baseline", "--write-baseline="),
        ("-- --changed", "-- --changed"),
    ],
)
def test_values_are_spelled_out(typed: str, spelled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)

    assert list(spelled_out(typed.split())) == spelled.split()
