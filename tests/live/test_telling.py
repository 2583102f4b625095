"""A run tells once that a channel does not get rid of its messages, and once when it does again; and what it holds in memory."""

from __future__ import annotations

import io
import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

from rtj.connect.inbox import Inbox
from rtj.deliver.deliverer import Deliverer, Routes
from rtj.deliver.desk import Desk
from rtj.deliver.tally import Tally
from rtj.live.journal import Journal
from rtj.live.supervising import Supervisor
from rtj.live.telling import Teller, resident_bytes
from rtj.live.vitals import Vitals


def test_a_channel_that_fails_is_told_once_and_once_when_it_goes_on() -> None:
    session: Any = SimpleNamespace(follower=None, messages=Counter({("welcome", "email"): 3}))
    text, vitals, desk, inbox = io.StringIO(), Vitals(), Desk(), Inbox()
    teller = Teller(session, vitals, Journal(text), {}, Supervisor({}))
    deliverer = Deliverer(Routes({}, {}), desk=desk)

    def looks(tally: Tally) -> list[str]:
        text.seek(0)
        text.truncate()
        desk.tallies["email"] = tally
        teller.look([], inbox, deliverer)
        return [json.loads(line)["event"] for line in text.getvalue().splitlines()]

    assert looks(Tally(done=1)) == []
    assert looks(Tally(waiting=2, done=1, error="answered 503")) == ["deliveries_fail"]
    assert "answered 503" in text.getvalue()
    assert looks(Tally(waiting=2, done=1, error="answered 503")) == []
    assert looks(Tally(done=2, failed=1, error="answered 400")) == ["given_up"]
    assert looks(Tally(done=3, failed=1)) == ["deliveries_go_on"]
    assert vitals.messages.read() == {("welcome", "email"): 3}


def test_what_is_in_memory_now() -> None:
    before = resident_bytes()
    held = bytearray(b"x" * 60_000_000)
    assert resident_bytes() - before > 40_000_000
    assert len(held) == 60_000_000
