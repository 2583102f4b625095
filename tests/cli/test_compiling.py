"""`rtj compile`: the same meaning gives the same bytes, and a fingerprint names them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from rtj.cli.main import app


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["compile", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_compile_prints_the_same_bytes_for_the_same_meaning(tiny: Path, break_journey: Callable[[str, str], None]) -> None:
    code, out, err = call("welcome")
    assert (code, err) == (0, "")
    assert json.loads(out)["name"] == "welcome"
    assert out == json.dumps(json.loads(out), sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    before = call("welcome", "--fingerprint")[1]
    break_journey("do:", "# a remark changes nothing\ndo:")
    assert call("welcome")[1] == out
    assert call("welcome", "--fingerprint")[1] == before
    break_journey("wait: 1h", "wait: 2h")
    assert call("welcome", "--fingerprint")[1] != before


def test_compile_of_everything(tiny: Path) -> None:
    whole = json.loads(call("--all")[1])
    assert [journey["name"] for journey in whole["journeys"]] == ["big_spenders", "welcome"]
    assert len(call("--all", "--fingerprint")[1]) == 17
    rows = [row.split("  ") for row in call("--fingerprint")[1].splitlines()]
    assert [name for _, name in rows] == ["big_spenders", "welcome"]
    assert rows[1][0] == call("welcome", "--fingerprint")[1].strip()


def test_compile_needs_to_know_which_journey(tiny: Path) -> None:
    code, out, err = call()
    assert (code, out) == (2, "")
    assert "2 journeys" in err
    assert "big_spenders, welcome" in err
    (tiny / "journeys" / "big_spenders.journey.yaml").unlink()
    assert json.loads(call()[1])["name"] == "welcome"


def test_compile_of_a_file(tiny: Path) -> None:
    assert json.loads(call("journeys/welcome.journey.yaml")[1])["name"] == "welcome"


def test_what_does_not_compile_is_shown_and_not_printed(tiny: Path, break_journey: Callable[[str, str], None]) -> None:
    break_journey("start.plan", "start.paln")
    code, out, err = call("welcome")
    assert (code, out) == (1, "")
    assert "^^^^" in err
