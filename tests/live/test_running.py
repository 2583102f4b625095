"""A store that fails between two commits of a run ends nobody: what was to be committed is, before anything else is taken."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from rtj.base.errors import OutputError
from rtj.connect.inbox import Delivery, Inbox
from rtj.deliver.deliverer import Deliverer, Routes
from rtj.ir.entries import Tick
from rtj.live.forgetting import ask, waiting
from rtj.live.journal import Journal
from rtj.live.running import Parts, Runner
from rtj.live.supervising import Supervisor
from rtj.live.telling import Teller
from rtj.live.ticking import Ticker
from rtj.live.vitals import Questions, Vitals
from tests.live.test_session import NOW
from tests.live.test_sweeping import Place
from tests.live.test_sweeping_cases import MINUTE, START, event, feed, place, texts

__all__ = ["place"]


def running(place: Place) -> Runner:
    vitals, journal, inbox = Vitals(), Journal(io.StringIO()), Inbox()
    teller = Teller(place.session, vitals, journal, {}, Supervisor({}))
    deliverer = Deliverer(Routes({}, {}))
    parts = Parts(place.session, inbox, [], deliverer, Ticker({}), teller, journal, Questions(inbox.wake), retain_ms=1 << 60)
    return Runner(parts)


def fails(monkeypatch: pytest.MonkeyPatch, store: Any, what: str, times: int) -> None:
    """It does so many times from now on."""
    works: Callable[..., Any] = getattr(store, what)
    left = iter(range(times))

    def tried(*given: Any) -> Any:
        if next(left, None) is not None:
            raise OutputError("no room")
        return works(*given)

    monkeypatch.setattr(store, what, tried)


def test_a_sweep_whose_plan_is_not_taken_at_once_holds_up_nobody(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(place, event(1, user="ada"), event(2, user="bob"), event(3, "erase", user="ada"))
    place.session.take(Tick(0, START + 4 * MINUTE))
    place.session.commit()
    runner = running(place)
    fails(monkeypatch, place.store, "commit", 1)
    runner._turn(0.0)  # in which the sweep puts down what is to be done
    text = (json.dumps(event(5, user="bob")) + "\n").encode()
    assert runner._parts.inbox.put(Delivery("web", text, b"1", NOW))
    while place.session.sweeps:
        runner._sweep_at = 0.0
        runner._turn(0.0)
    assert [json.loads(line)["id"] for line in texts(place).splitlines() if line] == ["e2", "e5"]


def test_orders_to_erase_that_cannot_be_read_are_read_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(place, event(1, user="ada"))
    program = place.session.follower.program  # type: ignore[union-attr]
    ask(place.store, program, ("user:ada", "user", "ada"), "me", NOW)
    runner = running(place)
    fails(monkeypatch, place.store, "leftovers", 1)
    for left in (1, 0):
        runner._orders_at = 0.0
        runner._turn(0.0)
        assert waiting(place.store) == left
