"""The progress bar: only on a terminal, only for work that takes long, and gone at the end."""

from __future__ import annotations

import io
import re
import sys

import pytest

from rtj.cli import progress as module
from rtj.cli.progress import DELAY_S, Meter
from rtj.cli.screen import Screen
from rtj.run.options import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return clock


def drawn(stream: io.StringIO, clock: Clock, screen: Screen, monkeypatch: pytest.MonkeyPatch, seconds: float) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with Meter(screen) as meter:
        for step in range(11):
            meter(Progress("reading", step * 100, 1000, "bytes", step * 5000))
            clock.now += seconds / 10
        for step in range(3):
            meter(Progress("working", step, 0, "people", 50_000))
            clock.now += seconds / 10
    return stream.getvalue()


def test_long_work_on_a_terminal_shows_rate_and_phase(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(Terminal(), clock, Screen(), monkeypatch, 10 * DELAY_S)
    assert "reading" in text
    assert "/s" in text
    assert " 30% 15,000 events, 6,250/s, 0:06 left" in re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "events" in text
    assert "working" in text
    assert text.endswith("\x1b[2K") or "\x1b[2K" in text.rsplit("working", 1)[1]


@pytest.mark.parametrize(
    ("stream", "quiet", "seconds"),
    [(io.StringIO(), False, 10 * DELAY_S), (Terminal(), True, 10 * DELAY_S), (Terminal(), False, DELAY_S / 2)],
    ids=["piped", "quiet", "short"],
)
def test_nothing_is_drawn(
    stream: io.StringIO, quiet: bool, seconds: float, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drawn(stream, clock, Screen(quiet=quiet), monkeypatch, seconds) == ""
