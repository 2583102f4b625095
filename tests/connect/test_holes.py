"""Where an event was that is gone, a hole keeps all that others need: places in the order of work, line numbers, instants and
counts."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from rtj.connect.holes import Gone, take_around
from rtj.connect.intake import Door, Feed, Intake
from rtj.connect.letters import DeadLetter, Letters
from rtj.connect.shapes import cloudevents
from rtj.engine.machine import Machine
from rtj.ir.concealing import concealed
from rtj.ir.entries import Hole, Lines, decode_entry, encode_entry
from rtj.ir.program import EventType, Namespace, Program

PROGRAM = Program(
    "shop", "UTC", (Namespace("user", 1), Namespace("device", 2, kind="device")), (EventType("seen", ()),), (), (), (), (), ()
)
FACTS = ("read", "unread", "out_of_order", "first_ts", "last_ts", "entry_ts", "exit_ts", "position", "lines", "unknown")


def record(rnd: random.Random, number: int) -> dict[str, Any]:
    at = 1_774_432_800_000 + rnd.randrange(-50, 50) + number * 20
    return {"id": f"e{number}", "type": rnd.choice(("seen", "nobody_knows")), "ts": at, "user": f"u{rnd.randrange(3)}"}


def made(feed: Feed) -> tuple[Intake, list[DeadLetter]]:
    letters: list[DeadLetter] = []
    return Intake(Door(PROGRAM, Machine(PROGRAM), 1 << 50), feed, Letters(letters.append, 99)), letters


@pytest.mark.parametrize("seed", range(20))
def test_all_others_are_what_they_were(seed: int) -> None:
    rnd = random.Random(seed)
    feed = Feed(3)
    (whole, letters), (holed, again) = made(feed), made(feed)
    for _ in range(3):
        rows = [json.dumps(record(rnd, n)) if rnd.random() < 0.8 else rnd.choice(("{", "", '{"id": 1}')) for n in range(30)]
        text = "".join(row + "\n" for row in rows).encode()
        events = whole.take(text)
        gone = {place for place in range(len(events)) if rnd.random() < 0.4}
        filled = [line for line, row in enumerate(rows) if row.startswith('{"id": "')]
        for place in gone:
            rows[filled[place]] = ""
        lost = []
        for line, row in enumerate(rows):
            if row == "{" and rnd.random() < 0.5:
                rows[line] = ""
                lost.append((line, "json"))
        secret = "a secret"
        holes = [
            Hole(place, e.type, e.ts, 0, concealed(secret, e.id), concealed(secret, e.n0))
            for place, e in enumerate(events)
            if place in gone
        ]
        entry = Lines(0, 0, "".join(row + "\n" for row in rows).encode(), tuple(holes), tuple(lost))
        assert decode_entry(encode_entry(entry)) == entry
        left = take_around(holed, feed, entry)
        for place, (event, other) in enumerate(zip(events, left, strict=True)):
            assert (event.pos, event.source, event.ts) == (other.pos, other.source, other.ts)
            assert isinstance(other, Gone) is (place in gone)
        assert {name: getattr(whole, name) for name in FACTS} == {name: getattr(holed, name) for name in FACTS}
        assert [(one.line, one.reason) for one in letters] == [(one.line, one.reason) for one in again]


def test_records_of_one_line_keep_their_places() -> None:
    def sent(number: int) -> dict[str, Any]:
        at = f"2026-03-25T10:0{number}:00Z"
        return {"specversion": "1.0", "id": f"c{number}", "source": "/", "type": "seen", "subject": f"u{number}", "time": at}

    feed = Feed(1, cloudevents(PROGRAM.ranked))
    (whole, _), (holed, _) = made(feed), made(feed)
    events = whole.take(json.dumps([sent(1), sent(2), sent(3)]).encode())
    assert len(events) == 3
    hole = Hole(1, "seen", events[1].ts, 0, b"id", b"best")
    left = take_around(holed, feed, Lines(0, 0, json.dumps([sent(1), sent(3)]).encode(), (hole,)))
    assert [(one.pos, one.ts) for one in left] == [(one.pos, one.ts) for one in events]


def test_no_source_can_send_a_hole() -> None:
    """What a source sends is the text of an entry, and no id in a text is bytes."""
    intake, _ = made(Feed(0))
    (event,) = intake.take(b'{"id": "\\u0000", "type": "seen", "ts": 1774432800000, "user": "b\'x\'", "holes": [[0, "seen"]]}')
    assert event.id.__class__ is str and event.n0.__class__ is str
