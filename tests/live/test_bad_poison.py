"""A mistake of ours at one person, at an event or when time has come, is told as a dead letter and ends what cannot go on; all
others go on as if it had not been, a restart goes on behind it, and a replay of the log does the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rtj.base.errors import OutputError
from rtj.engine.actions import SendMachine
from rtj.engine.kernel import Kernel
from rtj.engine.state import Profile
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines, Tick
from rtj.ir.program import canonical, fingerprint
from tests.deploy.shop import program
from tests.live.test_bad_deployments import NOW, Place

START = 1_774_432_800_000
DAY = 86_400_000


def line(number: int, who: str) -> dict[str, Any]:
    return {"id": f"e{number}", "type": "signed_up", "ts": START + number, "user_id": who, "properties": {"plan": "pro"}}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path / "place", 1, 0.0, random.Random(1))
    made = program()
    found.store.publish([(fingerprint(made), canonical(made))], NOW)
    found.session.take(Deployed(1, fingerprint(made), Crossing({})))
    found.session.open_stream("web", None)
    found.session.commit()
    yield found
    found.close()


def feed(place: Place, *events: dict[str, Any]) -> None:
    text = "".join(json.dumps(one) + "\n" for one in events).encode()
    place.take([(Lines(0, NOW, text), b"1")])


def ticks(place: Place, at: int) -> None:
    place.take([(Tick(0, at), None)])


def told(place: Place) -> list[tuple[str, str]]:
    """Who was sent something or left, by the trace."""
    records = [json.loads(one) for one in (place.folder / "trace.jsonl").read_bytes().splitlines()]
    return [(one["profile"], one.get("reason", "sent")) for one in records if one.get("what") in ("sent", "left")]


def letters(place: Place) -> list[str]:
    return [one.reason.partition(" at ")[0] for one in place.store.letters(100)]


def test_an_event_at_which_the_engine_fails_is_a_dead_letter(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernel, "offer", poisoned(Kernel.offer, "e2"))
    feed(place, line(1, "ada"), line(2, "bob"), line(3, "cleo"))
    place.again()
    ticks(place, START + 2 * DAY)
    assert letters(place) == ["internal: ZeroDivisionError"]
    assert {who for who, _ in told(place)} == {"user_id:ada", "user_id:cleo"}
    assert place.replayed() == (place.folder / "trace.jsonl").read_bytes()


def poisoned(whole: Any, name: str) -> Any:
    def offer(self: Kernel, p: Profile, event: Any, plan: Any) -> None:
        if event.id == name:
            raise ZeroDivisionError("of us")
        whole(self, p, event, plan)

    return offer


def test_a_timer_at_which_the_engine_fails_ends_that_passage_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SendMachine.enter

    def enter(self: SendMachine, kernel: Any, p: Profile, *rest: Any) -> Any:
        if p.origin.endswith("bob"):
            raise RecursionError
        return whole(self, kernel, p, *rest)

    monkeypatch.setattr(SendMachine, "enter", enter)
    feed(place, line(1, "ada"), line(2, "bob"), line(3, "cleo"))
    ticks(place, START + 2 * DAY)
    place.again()
    ticks(place, START + 3 * DAY)
    assert letters(place) == ["internal: RecursionError"]
    assert ("user_id:bob", "error") in told(place)
    assert [who for who, how in told(place) if how == "completed"] == ["user_id:ada", "user_id:cleo"]
    assert place.replayed() == (place.folder / "trace.jsonl").read_bytes()


def test_failures_of_the_world_are_nobodys_dead_letter(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OutputError("store.db: no space left on device")

    monkeypatch.setattr(Kernel, "offer", full)
    feed(place, line(1, "ada"))
    with pytest.raises(OutputError):
        ticks(place, START + DAY)
