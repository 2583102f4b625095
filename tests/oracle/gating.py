"""Random gates for random programs, and the events that open and close them: consents, addresses, receipts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgspec

from rtj.ir import expr as x
from rtj.ir.program import Cap, Channel, Consents, Holdout, Mapping, Message, Program, QuietHours
from rtj.ir.records import Event
from tests.oracle.build import BOOL, STRING, Maker, attribute, event_type
from tests.oracle.door import Feed
from tests.oracle.gates import hashed
from tests.oracle.interpreter import run

if TYPE_CHECKING:
    from tests.oracle.generate import Pace

SAY = event_type("say", ok="bool?", any="bool?", news="bool?", sure="bool?", mail="string?")
RECEIPTS = (
    event_type("complained", message="string?"),
    event_type("failed", message="string?", hard="bool?"),
    event_type("unsubscribed", message="string?"),
)
SAID = ("any", "mail", "news", "ok", "sure")  # attributes of the same names
MESSAGES = ("m1", "m2", "m3")
CHANNELS = ("email", "push", "sms")
ADDRESSES = ("a@x", "B@x ", "c@x", " ", None)


def with_gates(rnd: random.Random, pace: Pace, made: Program) -> Program:
    """The program, with what says which messages may be sent."""
    said = tuple(Mapping(n, x.Optional(STRING if n == "mail" else BOOL), "say", n) for n in SAID)
    quiet = make_quiet(rnd) if rnd.random() < 0.5 else None
    listed = [(rnd.choice(["", "email"]), hashed(made, "a@x"))] if rnd.random() < 0.15 else []
    return msgspec.structs.replace(
        made,
        events=tuple(sorted((*made.events, SAY, *RECEIPTS), key=lambda e: e.name)),
        mappings=tuple(sorted((*made.mappings, *said), key=lambda m: m.name)),
        channels=tuple(make_channel(rnd, name) for name in CHANNELS if rnd.random() < 0.8),
        consents=Consents(
            attribute("any") if rnd.random() < 0.4 else None,
            (("news", attribute("news")),) if rnd.random() < 0.5 else (),
        ),
        messages=tuple(make_message(rnd, name) for name in MESSAGES),
        caps=tuple(make_cap(rnd, pace, name) for name in ("c1", "c2", "c3")[: rnd.randrange(4)]),
        quiet_hours=quiet,
        holdout=Holdout(rnd.choice([200_000, 500_000]), "salt") if rnd.random() < 0.2 else None,
        suppressed=tuple(listed),
    )


def make_channel(rnd: random.Random, name: str) -> Channel:
    reached = rnd.choice(["", "", "address", "identifier"])
    return Channel(
        name,
        address=attribute("mail") if reached == "address" else None,
        purpose=rnd.choice(["", "marketing", "marketing", "transactional"]),
        consent=attribute("ok") if rnd.random() < 0.5 else None,
        granted=rnd.random() < 0.6,
        identifier=rnd.choice(["user", "email"]) if reached == "identifier" else "",
        confirmed=attribute("sure") if rnd.random() < 0.2 else None,
    )


def make_message(rnd: random.Random, name: str) -> Message:
    purposes: list[Any] = ["", "", "marketing", "transactional"]
    return Message(name, rnd.choice(purposes), rnd.choice(["", "service", "news"]), rnd.choice(["", "", "news"]))


def make_cap(rnd: random.Random, pace: Pace, name: str) -> Cap:
    over: x.Length | None = rnd.choice(pace.lengths)
    units: list[Any] = ["day", "week", "month", "quarter", "year"]
    unit = rnd.choice(units) if rnd.random() < 0.4 else None
    of: Any = "entries" if rnd.random() < 0.25 else "messages"
    few = 0.4
    return Cap(
        name,
        rnd.choice([1, 1, 2, 3]),
        None if unit is not None else over,
        unit,
        rnd.choice([None, None, "America/New_York", "Asia/Tokyo"]) if unit is not None else None,
        of,
        channels=some(rnd, CHANNELS) if of == "messages" and rnd.random() < few else (),
        journeys=some(rnd, ("j0", "j1", "j2")) if rnd.random() < few else (),
        categories=some(rnd, ("news", "service")) if of == "messages" and rnd.random() < few else (),
    )


def some(rnd: random.Random, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(rnd.sample(names, rnd.randrange(1, len(names)))))


def make_quiet(rnd: random.Random) -> QuietHours:
    """Some last an hour, some all night, some a whole day; some end in the hour that clocks leave out."""
    start, end = rnd.choice([(600, 660), (1320, 480), (1320, 360), (0, 150), (120, 150), (630, 630), (540, 1020)])
    then: Any = rnd.choice(["hold", "hold", "hold", "drop"])
    days = tuple(sorted(rnd.sample(range(7), rnd.choice([1, 3, 6])))) if rnd.random() < 0.3 else ()
    zone = rnd.choice([None, None, "Europe/Berlin", "America/New_York", "Mars/Base"])
    return QuietHours(start, end, zone, then, days, some(rnd, CHANNELS) if rnd.random() < 0.3 else ())


def say(rnd: random.Random, maker: Maker, when: float, ids: list[str]) -> Event:
    """Somebody says what they want."""
    answers = {n: rnd.choice([True, True, False, None]) for n in SAID if n != "mail" and rnd.random() < 0.5}
    address = {"mail": rnd.choice(ADDRESSES)} if rnd.random() < 0.5 else {}
    return maker("say", when, *ids, **answers, **address)


def add_consents(rnd: random.Random, pace: Pace, made: Program, feeds: tuple[Feed, ...], *, late: bool) -> tuple[Feed, ...]:
    """A source of its own in which those who are in the others say what they want."""
    maker = Maker(made, pace.start, pace.grid)
    known = [e.ids for feed in feeds for e in feed.events if e.ids]
    events: list[Event] = []
    for _ in range(rnd.randrange(2, 12) if known else 0):
        ids = [f"{made.namespaces[n].name}:{v}" for n, v in rnd.choice(known)]
        events.append(say(rnd, maker, rnd.randrange(pace.steps), ids))
    events = [msgspec.structs.replace(e, id=f"s{n}") for n, e in enumerate(events)]
    events.sort(key=lambda e: e.ts + (rnd.choice([0, 0, 3, 8]) * pace.grid if late else 0))
    return (*feeds, Feed("s", 0, tuple(events)))


def add_receipts_of_gates(rnd: random.Random, pace: Pace, made: Program, feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    """Some messages that would be sent fail, are complained about, or were the last that somebody wanted."""
    maker = Maker(made, 0, 1)
    events: list[Event] = []
    for at, origin, _, payload in run(made, list(feeds)).records:
        if payload["what"] != "sent" or rnd.random() < 0.6:
            continue
        when = at + rnd.choice([0, 0, 1, 2, 3]) * pace.grid
        kind = rnd.choice(["failed", "failed", "complained", "unsubscribed"])
        fields: dict[str, Any] = {"message": rnd.choice([payload["key"]] * 8 + ["other", None])}
        if kind == "failed" and rnd.random() < 0.5:
            fields["hard"] = rnd.choice([True, False, None])
        events.append(maker(kind, when, origin.split("#")[0], known=f"g{len(events)}", **fields))
    events.sort(key=lambda e: e.ts + rnd.choice([0, 0, 2]) * pace.grid)
    return (*feeds, Feed("g", pace.grid, tuple(events)))
