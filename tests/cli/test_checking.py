"""`rtj validate`: what is wrong and where, and what is no project at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app


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
    assert err.startswith("1 error in 1 file; checked 3 files (")


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
