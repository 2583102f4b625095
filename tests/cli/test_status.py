"""`rtj status` beyond its first page: dead letters with where, why and what may be read of them; and again and again."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.deployments import ROOT, parsed, refused, told, write_shop

BROKEN = ["{", '{"id": "x", "type": "signed_up", "user_id": "ada", "ts": "yesterday"}', '["nothing"]']


@pytest.fixture
def shop(tiny: Path) -> Path:
    """A shop that was fed three lines that are no event."""
    write_shop(tiny)
    told("deploy", "--yes", "-q")
    with (tiny / "live.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n".join(BROKEN) + "\n")
    told("run", "--once", "-q")
    return tiny


def test_dead_letters_are_listed_the_newest_first(shop: Path) -> None:
    assert "3 dead letters: `rtj status prod --dead-letters` shows them" in told("status")
    said = told("status", "--dead-letters").splitlines()
    assert said[0] == "prod  3 dead letters, the newest first"
    assert sorted(said[1].split(" · ")) == sorted(["  1 fields", "1 json", "1 ts"]) or "1 json" in said[1]
    rows = [row.split() for row in said[4:]]
    assert [row[:2] for row in rows] == [["web", "9"], ["web", "8"], ["web", "7"]]
    assert "ada" not in "".join(said) or "user_id" in said[5]
    found = parsed("status", "--dead-letters", "-n", "1")
    assert (found["count"], len(found["letters"])) == (3, 1)
    assert found["letters"][0]["stream"] == "web" and found["letters"][0]["line"] == 9


def test_none_is_said_too(tiny: Path) -> None:
    write_shop(tiny)
    told("deploy", "--yes", "-q")
    assert "no dead letters in prod" in told("status", "--dead-letters")


def test_an_environment_is_named_in_either_way(shop: Path) -> None:
    assert told("status", "--env", "prod").splitlines()[0] == told("status", "prod").splitlines()[0] == "prod"
    assert told("gc", "-E", "prod") == told("gc", "prod") and told("history", "--env", "prod") and told("drift", "--env", "prod")
    assert "one environment at a time" in refused("status", "prod", "--env", "dev", code=2)


def test_a_clock_that_stands_is_no_lag(shop: Path) -> None:
    assert "ago; the next event, or a date of somebody's, moves it on" in told("status")


def test_one_page_at_a_time(shop: Path) -> None:
    assert "one of them at a time" in refused("status", "--check", "--dead-letters", code=2)
    assert "for a terminal" in refused("status", "--watch", code=2)


def test_it_is_watched_until_ctrl_c(shop: Path) -> None:
    leader, follower = pty.openpty()
    words = (sys.executable, "-m", "rtj", "status", "--watch")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    with subprocess.Popen(words, env=environment, stdin=follower, stdout=follower, stderr=follower) as watching:
        os.close(follower)
        seen, until = b"", time.monotonic() + 30
        while b"Ctrl-C ends" not in seen and time.monotonic() < until:
            try:
                seen += os.read(leader, 65_536)
            except OSError:  # it has ended
                break
        assert b"Ctrl-C ends" in seen, seen
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) == 0
    os.close(leader)
    assert b"welcome" in seen and b"Traceback" not in seen
