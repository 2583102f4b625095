"""`rtj validate` and `rtj compile`: findings, state machines, fingerprints."""

from __future__ import annotations

import json
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


def test_compile_prints_the_same_bytes_for_the_same_meaning(tiny: Path, break_journey: Callable[[str, str], None]) -> None:
    code, out, err = call("compile", "welcome")
    assert (code, err) == (0, "")
    assert json.loads(out)["name"] == "welcome"
    assert out == json.dumps(json.loads(out), sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    before = call("compile", "welcome", "--fingerprint")[1]
    break_journey("do:", "# a remark changes nothing\ndo:")
    assert call("compile", "welcome")[1] == out
    assert call("compile", "welcome", "--fingerprint")[1] == before
    break_journey("wait: 1h", "wait: 2h")
    assert call("compile", "welcome", "--fingerprint")[1] != before


def test_compile_of_everything(tiny: Path) -> None:
    whole = json.loads(call("compile", "--all")[1])
    assert [journey["name"] for journey in whole["journeys"]] == ["big_spenders", "welcome"]
    assert len(call("compile", "--all", "--fingerprint")[1]) == 17
    rows = [row.split("  ") for row in call("compile", "--fingerprint")[1].splitlines()]
    assert [name for _, name in rows] == ["big_spenders", "welcome"]
    assert rows[1][0] == call("compile", "welcome", "--fingerprint")[1].strip()


def test_compile_needs_to_know_which_journey(tiny: Path) -> None:
    code, out, err = call("compile")
    assert (code, out) == (2, "")
    assert "2 journeys" in err
    assert "big_spenders, welcome" in err
    (tiny / "journeys" / "big_spenders.journey.yaml").unlink()
    assert json.loads(call("compile")[1])["name"] == "welcome"


def test_compile_of_a_file(tiny: Path) -> None:
    assert json.loads(call("compile", "journeys/welcome.journey.yaml")[1])["name"] == "welcome"


def test_what_does_not_compile_is_shown_and_not_printed(tiny: Path, break_journey: Callable[[str, str], None]) -> None:
    break_journey("start.plan", "start.paln")
    code, out, err = call("compile", "welcome")
    assert (code, out) == (1, "")
    assert "^^^^" in err
