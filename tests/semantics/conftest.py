"""Scripts of the rules: each is run by the oracle and by the engine, and must say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from rtj.ir.program import Program
from rtj.ir.records import Event
from tests.oracle.build import MINUTE, feed
from tests.oracle.door import Feed
from tests.oracle.drivers import RUNS, Run

START = 1_772_359_200_000  # 2026-03-01T10:00Z, minute 0 of every script
Play = Callable[..., list[str]]


def minute(ms: int) -> str:
    n = (ms - START) / MINUTE
    return str(int(n)) if n == int(n) else str(n)


def told(at: int, origin: str, payload: dict[str, Any]) -> str:
    """A trace record in a line: minute, profile, what, and its values without the hashes."""
    words = [minute(at), origin, payload["what"]]
    for key, value in payload.items():
        if key in ("what", "instance") or (key == "key" and payload["what"] == "sent"):
            continue
        if key in ("until", "ts"):
            words.append(minute(int(datetime.fromisoformat(value).timestamp() * 1000)))
        elif isinstance(value, dict):
            words.append(" ".join(f"{k}={v}" for k, v in value.items()))
        else:
            words.append(str(value))
    return " ".join(w for w in words if w)


@pytest.fixture(params=sorted(RUNS))
def play(request: pytest.FixtureRequest) -> Play:
    """`play(program, *events)` or `play(program, *feeds)`: the trace, one line for each record."""
    way: Run = RUNS[request.param]

    def lines(program: Program, *what: Event | Feed, until: int | None = None, drain: bool = False, only: str = "") -> list[str]:
        feeds = [w for w in what if isinstance(w, Feed)] or [feed(*(w for w in what if isinstance(w, Event)))]
        outcome = way(program, feeds, until, drain)
        traced = [told(at, origin, payload) for at, origin, _, payload in outcome.records]
        return [one for one in traced if not only or one.split()[2] in only.split()]

    return lines
