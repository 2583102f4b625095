"""Streams tick when they have been idle for their time, where something waits for the clock; those that never tick do not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from rtj.ir.entries import Tick
from rtj.ir.environments import NEVER_IDLE
from rtj.live.ticking import Ticker
from rtj.run.following import Follower


def following(**watermarks: int) -> Follower:
    """Two sources whose clock stands there, and somebody who waits."""
    streams: dict[int, Any] = {
        number: SimpleNamespace(source=name, name=name, lateness_ms=0, watermark=watermark)
        for number, (name, watermark) in enumerate(watermarks.items())
    }
    return cast(Follower, SimpleNamespace(streams=streams, wants=lambda at: True))


def test_an_idle_source_ticks_to_the_clock_less_its_idle() -> None:
    ticker = Ticker({"web": 100, "crm": 100})
    for name in ("web", "crm"):
        ticker.idle(name, 1_000)
    assert list(ticker.ticks(following(web=900, crm=2_000), 1_099)) == []
    assert list(ticker.ticks(following(web=900, crm=2_000), 1_100)) == [Tick(0, 1_000)]


def test_a_source_that_is_never_idle_never_ticks() -> None:
    ticker = Ticker({"web": NEVER_IDLE})
    ticker.idle("web", 0)
    assert list(ticker.ticks(following(web=0), 10**15)) == []


def test_a_clock_that_jumps_back_takes_nothing_back() -> None:
    ticker = Ticker({"web": 100})
    ticker.idle("web", 5_000)
    assert list(ticker.ticks(following(web=4_900), 1_000)) == []
    assert list(ticker.ticks(following(web=4_900), 5_200)) == [Tick(0, 5_100)]
