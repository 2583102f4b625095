"""`rtj validate`: what is wrong and where, in which form and with which exit code, and what is no project at all."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app
from rtj.cli.outputs import FORMATS
from rtj.report.workflow_commands import ANNOTATIONS_MAX


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout, done.stderr


def test_a_good_project_has_nothing_to_answer(tiny: Path) -> None:
    code, out, err = call("validate")
    assert (code, out) == (0, "")
    assert err.startswith("no errors in 2 journeys in 3 files (")
    assert call("validate", "--quiet") == (0, "", "")


def test_an_error_is_shown_with_its_place(tiny: Path, break_journey: Callable[[str, str], None]) -> None:
    break_journey("start.plan", "start.paln")
    code, out, err = call("validate")
    assert code == 1
    assert "welcome.journey.yaml:7:" in out
    assert "^^^^" in out
    assert "paln" in out
    assert err.startswith("1 error in 1 of 3 files (")


def test_what_this_version_does_not_apply_only_informs(tiny: Path) -> None:
    """One line each, and no run fails for a section that is right."""
    project = (tiny / "rtj.yaml").read_text(encoding="utf-8")
    rated = project.replace("{purpose: transactional}", "{purpose: transactional, rate: 3000 per 1m}")
    (tiny / "rtj.yaml").write_text(rated, encoding="utf-8")
    code, out, err = call("validate", "--fail-on", "warning")

    assert code == 0
    assert out.startswith("info[W705] rates-not-applied: rates of channels hold where messages really go out")
    assert "(rtj.yaml:" in out
    assert out.rstrip().count("\n") == 0
    assert err.startswith("1 info in 1 of 3 files (")


def test_concise_gives_one_line_for_each(tiny: Path, break_journey: Callable[[str, str], None]) -> None:
    break_journey("start.plan", "start.paln")
    break_journey("wait: 1h", "wait: soonish")
    code, out, _ = call("validate", "--format", "concise")
    assert code == 1
    rows = out.splitlines()
    assert len(rows) == 2
    assert [row.split(":")[1] for row in rows] == ["6", "7"]


@pytest.mark.parametrize("argument", [".", "journeys", "journeys/welcome.journey.yaml", "welcome", "rtj.yaml"])
def test_files_folders_and_names_can_be_checked(tiny: Path, argument: str) -> None:
    assert call("validate", argument)[:2] == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "nowhere: neither a file nor a journey of the project"),
        (("welcom",), "did you mean welcome?"),
        (("journeys", "welcome"), "welcome: no such file"),
        (("journeys/x.journey.yaml",), "journeys/x.journey.yaml: no such file"),
        (("--project", "nowhere"), "nowhere"),
    ],
)
def test_what_is_not_there_is_a_wrong_call(tiny: Path, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = call("validate", *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_a_folder_without_journeys_is_a_wrong_call(tiny: Path) -> None:
    (tiny / "empty").mkdir()
    assert call("validate", "empty")[0] == 2


def test_outside_any_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (("validate",), ("compile", "--all"), ("simulate", "--events", "x")):
        code, out, err = call(*command)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert "rtj.yaml" in err


Break = Callable[[str, str], None]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def two_errors(tiny: Path, break_journey: Break) -> Path:
    break_journey("start.plan", "start.paln")
    break_journey("wait: 1h", "wait: soonish")
    return tiny


@pytest.fixture
def one_warning(tiny: Path, break_journey: Break) -> Path:
    """A project that works, with one thing to warn of."""
    break_journey("Welcome 歓迎", "Welcome #1")
    return tiny


def process(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "rtj", "validate", *arguments]
    return subprocess.run(command, capture_output=True, cwd=folder, env=env, timeout=60, check=False)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_goes_to_stdout_and_to_a_file(two_errors: Path, name: str) -> None:
    code, out, err = call("validate", "--format", name, "-o", f"{name}=found.txt")
    assert code == 1
    assert "paln" in out
    assert (two_errors / "found.txt").read_text(encoding="utf-8") == out
    assert err.startswith("2 errors in 1 of 3 files (")
    assert [path.name for path in two_errors.iterdir() if path.name.startswith(".rtj")] == []


def test_the_help_names_the_formats_that_there_are() -> None:
    shown = " ".join(call("validate", "--help")[1].split())
    assert f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}." in shown


def test_several_outputs_in_one_run(two_errors: Path) -> None:
    code, out, _ = call("validate", "-o", "sarif=rtj.sarif", "-o", "junit=out.xml", "--output", "json=-")
    assert code == 1
    assert len(json.loads(out)) == 2
    sarif = json.loads((two_errors / "rtj.sarif").read_text(encoding="utf-8"))
    assert len(sarif["runs"][0]["results"]) == 2
    assert all(rule["help"]["markdown"].startswith("# E3") for rule in sarif["runs"][0]["tool"]["driver"]["rules"])
    assert ET.parse(two_errors / "out.xml").getroot().get("failures") == "1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "sarif"), "--output sarif: say FORMAT=FILE"),
        (("-o", "sarif="), "--output sarif=: say FORMAT=FILE"),
        (("-o", "sarif=reports/"), "--output sarif=reports/: say FORMAT=FILE"),
        (("-o", "sarfi=x"), "did you mean sarif?"),
        (("-f", "JSON"), "did you mean json?"),
        (("-f", "quux"), "there are full, concise, json,"),
        (("-f", "json", "-o", "sarif=-"), "stdout takes one format, and json goes there"),
        (("-o", "json=-", "-o", "sarif=-"), "stdout takes one format, and json goes there"),
        (("-o", "json=x", "-o", "sarif=./x"), "x is written already"),
        (("-o", "json=journeys/welcome.journey.yaml"), "would be overwritten"),
        (("-o", "json=rtj.yaml"), "would be overwritten"),
    ],
)
def test_outputs_that_cannot_be_meant(tiny: Path, arguments: tuple[str, ...], words: str) -> None:
    before = (tiny / "rtj.yaml").read_bytes()
    code, out, err = call("validate", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert (tiny / "rtj.yaml").read_bytes() == before


def test_what_cannot_be_written_keeps_nothing_else_from_being_written(two_errors: Path) -> None:
    (two_errors / "folder").mkdir()
    code, out, err = call("validate", "-f", "json", "-o", "junit=no/such/x.xml", "-o", "sarif=folder", "-o", "gitlab=q.json")
    assert code == 4
    assert len(json.loads(out)) == len(json.loads((two_errors / "q.json").read_text(encoding="utf-8"))) == 2
    assert err == "error: no/such/x.xml: no such file or directory\n"


def test_a_file_is_replaced_whole_and_keeps_its_mode_and_its_links(two_errors: Path) -> None:
    real, link = two_errors / "real.json", two_errors / "link.json"
    real.write_text("x" * 100_000, encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    assert call("validate", "-o", "json=link.json")[0] == 1
    assert len(json.loads(real.read_text(encoding="utf-8"))) == 2
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("number", "written"), [(errno.EBUSY, True), (errno.ENOSPC, False)])
def test_a_file_that_cannot_be_replaced_is_written_in_place(
    two_errors: Path, monkeypatch: pytest.MonkeyPatch, number: int, written: bool
) -> None:
    """A file may be a mount of its own. A full disk is no reason to spoil what is there."""

    def refuse(self: Path, target: Path) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(Path, "replace", refuse)
    (two_errors / "old.json").write_text("old", encoding="utf-8")
    assert call("validate", "-o", "json=old.json")[0] == (1 if written else 4)
    assert ((two_errors / "old.json").read_text(encoding="utf-8") != "old") == written
    assert [path.name for path in two_errors.iterdir() if path.name.startswith(".rtj")] == []


def test_a_full_disk_is_an_output_that_failed(two_errors: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    assert call("validate", "-q", "-o", "json=/dev/full")[::2] == (4, "error: /dev/full: no space left on device\n")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "rtj", "validate", "-q"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=two_errors, timeout=60, check=False)
    assert done.returncode == 4
    assert b"no space left on device" in done.stderr


@pytest.mark.parametrize("name", ["full", "json"])
def test_a_reader_that_goes_away_is_no_error_and_files_are_there(two_errors: Path, name: str) -> None:
    (two_errors / "journeys" / "welcome.journey.yaml").write_text(
        "journey: w\ndo:\n" + "  - {wiat: 1h}\n" * 200, encoding="utf-8"
    )
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        command = [sys.executable, "-m", "rtj", "validate", "-f", name, "-o", "concise=all.txt"]
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, cwd=two_errors, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (141, b"")
    assert (two_errors / "all.txt").read_text(encoding="utf-8").count("\n") >= 200


def test_stdout_of_another_encoding(tiny: Path, break_journey: Break) -> None:
    """People get question marks for what their terminal cannot show; programs get UTF-8, as their formats say."""
    break_journey("hello, by", "歓迎, by")
    break_journey("start.plan", "start.プラン")
    for encoding in ("latin-1", "utf-16"):
        done = process(tiny, "-f", "concise", PYTHONIOENCODING=encoding)
        assert done.returncode == 1, done.stderr
        assert "welcome.journey.yaml:7:" in done.stdout.decode(encoding)
        done = process(tiny, "-f", "json", PYTHONIOENCODING=encoding)
        assert "プラン" in done.stdout.decode("utf-8")


def test_exit_codes(two_errors: Path) -> None:
    assert call("validate", "-q")[0] == 1
    assert call("validate", "-q", "--fail-on", "info")[0] == 1
    assert call("validate", "-q", "--exit-zero")[0] == 0
    assert call("validate", "-q", "--exit-zero", "-o", "json=no/x")[0] == 4
    assert call("validate", "-q", "--exit-zero", "no/such.journey.yaml")[0] == 2


def test_warnings_fail_when_asked(one_warning: Path) -> None:
    code, out, err = call("validate")
    assert (code, out.split(":")[0]) == (0, "warning[W801] comment-in-value")
    assert err.startswith("1 warning in 1 of 3 files (")
    assert call("validate", "--fail-on", "warning")[0] == 1
    assert call("validate", "--fail-on", "warning", "--exit-zero")[0] == 0
    for fail_on, failures in (("error", "0"), ("warning", "1")):
        suite = ET.fromstring(call("validate", "--fail-on", fail_on, "-f", "junit")[1])
        assert (suite.get("tests"), suite.get("failures")) == ("3", failures)


@pytest.fixture
def actions(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The world as a step of a workflow sees it; the file of its summary."""
    summary = tiny / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    return summary


def test_in_actions_annotations_and_a_summary_come_by_themselves(actions: Path, two_errors: Path) -> None:
    actions.write_text("# before\n", encoding="utf-8")
    code, out, err = call("validate")
    assert code == 1
    assert out.startswith("error[")
    assert "::error" not in out
    rows = err.splitlines()
    assert [row.partition(" ")[0] for row in rows] == ["::error", "::error", "2"]
    assert "file=journeys/welcome.journey.yaml,line=6," in rows[0]
    summary = actions.read_text(encoding="utf-8")
    assert summary.startswith("# before\n\n**rtj validate**: 2 errors in 1 of 3 files.")
    assert "| `journeys/welcome.journey.yaml:6:" in summary


def test_in_actions_only_so_many_annotations_as_are_shown(actions: Path, two_errors: Path) -> None:
    path = two_errors / "journeys" / "welcome.journey.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "  - {wiat: 1h}\n" * 30, encoding="utf-8")
    rows = call("validate", "-q")[2].splitlines()
    assert len(rows) == ANNOTATIONS_MAX + 1
    assert "more errors without an annotation" in rows[-1]
    assert actions.read_text(encoding="utf-8").count("wiat") >= 30


@pytest.mark.parametrize("name", ["json", "full", "concise"])
def test_in_actions_a_chosen_format_is_all_there_is(actions: Path, two_errors: Path, name: str) -> None:
    _, out, err = call("validate", "-f", name)
    assert "::error" not in out + err
    assert not actions.exists()


def test_in_actions_github_can_be_chosen_too(actions: Path, two_errors: Path) -> None:
    _, out, err = call("validate", "-f", "github")
    assert out.count("::error") == 2
    assert "::error" not in err
    assert actions.exists()


def test_in_actions_a_file_for_another_reader_changes_nothing(actions: Path, two_errors: Path) -> None:
    _, out, err = call("validate", "-o", "sarif=rtj.sarif")
    assert out.startswith("error[")
    assert err.count("::error") == 2


def test_a_clean_run_in_actions_says_so_in_the_summary(actions: Path) -> None:
    assert call("validate")[:2] == (0, "")
    assert actions.read_text(encoding="utf-8") == "**rtj validate**: no findings in 3 files.\n"


def test_a_summary_that_cannot_be_written_fails_nothing(actions: Path, two_errors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(two_errors / "no" / "x"))
    code, _, err = call("validate")
    assert code == 1
    assert "no step summary: " in err


def test_a_summary_has_a_limit(actions: Path, two_errors: Path) -> None:
    """What is too long is refused whole by Actions, with what other commands of the step wrote."""
    path = two_errors / "journeys" / "welcome.journey.yaml"
    path.write_text("journey: w\ndo:\n" + "  - {wiat: 1h}\n" * 300, encoding="utf-8")
    actions.write_text("x" * (2**20 - 2_000), encoding="utf-8")
    call("validate", "-q")
    text = actions.read_text(encoding="utf-8")
    assert len(text.encode()) <= 2**20
    assert "more findings without room here." in text


def test_paths_for_forges_begin_at_the_root_of_the_repository(two_errors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (two_errors / ".git").mkdir()
    monkeypatch.chdir(two_errors / "journeys")
    issues = json.loads(call("validate", "-f", "gitlab")[1])
    assert {issue["location"]["path"] for issue in issues} == {"journeys/welcome.journey.yaml"}
    assert {one["file"] for one in json.loads(call("validate", "-f", "json")[1])} == {"welcome.journey.yaml"}
