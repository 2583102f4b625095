"""Random cases from a seed: a program, its sources, an end. Features narrow a failing case."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import msgspec

from rtj.ir import expr as x
from rtj.ir.program import Aggregate, Audience, EventField, Mapping, Program, Table, Tracker, Webhook, Window
from rtj.ir.records import ERASE, Event
from tests.oracle import gating
from tests.oracle.build import DAY, HOUR, INSTANT, MINUTE, NUMBER, STRING, Maker, attribute, const, event_type, of, program, that
from tests.oracle.conditions import Conditions
from tests.oracle.door import Feed
from tests.oracle.interpreter import run
from tests.oracle.journeys import Journeys

ALL = """identity late duplicates business patterns audiences time calendar schedules nodes keys restart goals acts zones
receipts lists tables gates erase"""
FEATURES = frozenset(ALL.split())
EVENTS = (
    event_type("view", item="string?", price="number?"),
    event_type("buy", item="string?", total="number"),
    event_type("sign", tier="string?", zone="string?", due="instant?"),
    event_type("note", item="string?"),
    event_type("opened", message="string?"),
    event_type("restock", business=True, item="string?", price="number?"),
)
MINUTES_START = 1_772_359_200_000  # 2026-03-01T10:00Z
GAP = 1_774_746_000_000  # 2026-03-29T01:00Z, when the clocks of Berlin go from 02:00 to 03:00
DAYS_START = 1_774_564_800_000 - 3 * DAY  # some days before the clocks of Europe change


@dataclass(frozen=True)
class Case:
    """One random test; `until` None is the last event."""

    seed: int
    program: Program
    feeds: tuple[Feed, ...]
    until: int | None
    drain: bool


class Pace:
    """How far apart things are: `grid` between instants, lengths that often meet them exactly."""

    def __init__(self, rnd: random.Random, features: frozenset[str]) -> None:
        self.days = "calendar" in features and rnd.random() < 0.6
        self.grid = 3 * HOUR if self.days else 5 * MINUTE
        self.start = DAYS_START if self.days else MINUTES_START
        self.steps = 40 if self.days else 24
        self.lengths = [x.Length(ms=k * self.grid) for k in (1, 2, 3, 6)]
        if self.days:
            self.lengths += [x.Length(days=1), x.Length(ms=DAY)]
        self.exact = [length.ms for length in self.lengths if length.ms]


def case(seed: int, features: frozenset[str] = FEATURES) -> Case:
    rnd = random.Random(seed)
    chosen = frozenset(f for f in sorted(features) if rnd.random() < 0.6)
    pace = Pace(rnd, chosen)
    made = make_program(rnd, chosen, pace)
    feeds = make_feeds(rnd, chosen, pace, made)
    if "gates" in chosen:
        made = gating.with_gates(rnd, pace, made)
        feeds = gating.add_consents(rnd, pace, made, feeds, late="late" in chosen)
        feeds = gating.add_receipts_of_gates(rnd, pace, made, feeds)
    if "receipts" in chosen:
        feeds = add_receipts(rnd, pace, made, feeds)
    if "erase" in chosen:
        feeds = with_erasures(rnd, pace, feeds, late="late" in chosen)
    until = None
    if rnd.random() < 0.4:
        until = pace.start + rnd.randrange(pace.steps // 2, pace.steps * 3) * pace.grid
    return Case(seed, made, feeds, until, rnd.random() < 0.25)


def add_receipts(rnd: random.Random, pace: Pace, made: Program, feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    """Some messages that would be sent are opened a little later."""
    maker = Maker(made, 0, 1)
    opened: list[Event] = []
    for at, origin, _, payload in run(made, list(feeds)).records:
        if payload["what"] == "sent" and rnd.random() < 0.5:
            when = at + rnd.choice([0, 0, 1, 2, 3]) * pace.grid
            message = payload["key"] if rnd.random() < 0.9 else "other"
            opened.append(maker("opened", when, origin.split("#")[0], known=f"o{len(opened)}", message=message))
    return (*feeds, Feed("r", pace.grid * 3, tuple(sorted(opened, key=lambda e: e.ts))))


def with_erasures(rnd: random.Random, pace: Pace, feeds: tuple[Feed, ...], *, late: bool) -> tuple[Feed, ...]:
    """Some are erased, by identifiers that were seen together or by such as nobody has, most of them while they are inside; some
    requests come far too late, or again."""
    known = [e for feed in feeds for e in feed.events if e.ids]
    events: list[Event] = []
    for number in range(rnd.randrange(1, 6) if known else 0):
        seen = rnd.choice(known)
        ids = rnd.choice([seen.ids, seen.ids, seen.ids[:1], seen.ids[-1:], rnd.choice(known).ids])
        ids = rnd.choice([ids, ids, ids, ((0, "u77"), *(i for i in ids if i[0]))])
        ts = seen.ts + rnd.choice([0, 0, 0, 1, 2, 5]) * pace.grid
        events.append(Event(ts, 0, 0, ERASE, f"x{number}", ts, ids))
    if not late or rnd.random() < 0.3:
        events.sort(key=lambda e: e.ts)
        return (*feeds, Feed(rnd.choice(["0", "x"]), 0, tuple(events)))
    place = rnd.randrange(len(feeds))
    mixed = list(feeds[place].events)
    for event in events:
        for _ in range(rnd.choice([1, 1, 2])):
            read = event.ts + rnd.choice([0, 3, 12, 30]) * pace.grid
            mixed.insert(next((n for n, e in enumerate(mixed) if e.ts > read), len(mixed)), event)
    return (*feeds[:place], Feed(feeds[place].name, feeds[place].lateness, tuple(mixed)), *feeds[place + 1 :])


def make_program(rnd: random.Random, features: frozenset[str], pace: Pace) -> Program:
    aggregates = make_aggregates(rnd, features, pace)
    tier = x.Optional(x.OneOf(("bronze", "silver", "gold")))
    mappings = (
        Mapping("due", x.Optional(INSTANT), "sign", "due"),
        Mapping("item", x.Optional(STRING), "view", "item"),
        Mapping("score", x.Optional(NUMBER)),
        Mapping("tier", tier, "sign", "tier", default=rnd.choice([None, "bronze"]), codes=(("1", "gold"),)),
        Mapping("timezone" if "zones" in features else "town", x.Optional(STRING), "sign", "zone"),
    )
    conditions = Conditions(rnd, features, pace, aggregates)
    trackers = make_trackers(conditions) if "time" in features else ()
    conditions.trackers = tuple(t.name for t in trackers)
    audiences = make_audiences(conditions) if "audiences" in features else ()
    if "lists" in features and "audiences" in features:
        members = tuple(rnd.sample([("user", "u1"), ("email", "e2"), ("cookie", "c3")], 2))
        audiences = (*audiences, Audience("list", None, members=members))
    if "schedules" in features:
        audiences = (Audience("everyone", const(True)), *audiences)
    conditions.audiences = tuple(a.name for a in audiences)
    journeys = Journeys(rnd, features, pace, conditions).make()
    changed: dict[str, dict[str, Any]] = {"view": {"late": "reject"}, "sign": {"replaces": ("email",)}}
    events = tuple(msgspec.structs.replace(e, **changed.get(e.name, {}) if rnd.random() < 0.15 else {}) for e in EVENTS)
    return program(
        events,
        *journeys,
        aggregates=aggregates,
        mappings=mappings,
        trackers=trackers,
        audiences=audiences,
        webhooks=(Webhook("hook", "https://hook.example"),),
        tables=make_tables(rnd, pace) if "tables" in features else (),
        timezone=rnd.choice(["UTC", "Europe/Berlin"]),
        dedupe_ms=rnd.choice([10 * DAY, 10 * DAY, 6 * pace.grid]),
    )


def make_tables(rnd: random.Random, pace: Pace) -> tuple[Table, ...]:
    """One that time changes, and one that restocks fill."""
    since = [None, *(pace.start + k * pace.grid for k in (0, 2, 5, 9, 20, 50))]
    rows = sorted(((key, (rnd.choice([3, 5, None]),), at) for key in "ab" for at in since if rnd.random() < 0.5), key=str_of_row)
    key, price = EventField("item", STRING), (EventField("price", x.Optional(NUMBER)),)
    return Table("deals", key, price, rows=tuple(rows)), Table("shelf", key, price, event="restock")


def str_of_row(row: tuple[str, Any, int | None]) -> tuple[str, int]:
    return row[0], -1 if row[2] is None else row[2]


def make_trackers(conditions: Conditions) -> tuple[Tracker, ...]:
    gold = Tracker("gold", that("==", attribute("tier"), "gold"))
    return (gold, Tracker("hot", conditions.leaf_of_profile()))


def make_audiences(conditions: Conditions) -> tuple[Audience, ...]:
    made: list[Audience] = []
    for name in ("A1", "A2", "A3")[: conditions.rnd.randrange(1, 4)]:
        conditions.audiences = tuple(a.name for a in made)
        made.append(Audience(name, conditions.condition(2), conditions.audiences))
    return tuple(made)


def make_aggregates(rnd: random.Random, features: frozenset[str], pace: Pace) -> tuple[Aggregate, ...]:
    """Names tell the type of value: n_ numbers, t_ texts, i_ instants, l_ lists of texts."""

    def window() -> Window:
        kinds = [Window(), Window(since="buy")]
        if "time" in features:
            kinds += [Window(over=rnd.choice(pace.lengths)), Window(over=rnd.choice(pace.lengths))]
        if "calendar" in features:
            kinds += [Window(this=rnd.choice(["day", "week", "month", "quarter", "year"])), Window(over=x.Length(days=1))]
        return rnd.choice(kinds)

    cheap = that("<", of("event", "price"), rnd.choice([5, 10])) if rnd.random() < 0.5 else None
    text = x.Optional(STRING)
    everything = [
        Aggregate("i_seen", "last", ("any",), x.Optional(INSTANT), value=of("event", "ts", True)),
        Aggregate("l_items", "distinct", ("view",), x.ListOf(STRING), value=of("event", "item"), window=window()),
        Aggregate("n_any", "count", ("any",), NUMBER, window=window()),
        Aggregate("n_avg", "avg", ("buy",), x.Optional(NUMBER), value=of("event", "total"), window=window()),
        Aggregate("n_best", rnd.choice(["min", "max"]), ("view",), x.Optional(NUMBER), cheap, of("event", "price"), window()),
        Aggregate("n_buys", "count", ("buy",), NUMBER, window=window()),
        Aggregate("n_kept", "count", ("view", "buy"), NUMBER, window=window(), keep=("item",)),
        Aggregate("n_spend", "sum", ("buy",), NUMBER, value=of("event", "total"), window=window()),
        Aggregate("n_views", "count", ("view", "note"), NUMBER, None, window=window()),
        Aggregate("t_first", "first", ("view",), text, value=of("event", "item"), window=window()),
        Aggregate("t_last", "last", ("view", "buy"), text, value=of("event", "item"), window=window()),
        Aggregate("t_top", "top", ("view", "buy"), text, value=of("event", "item"), window=window()),
    ]
    if "tables" in features:  # what an item cost when it was bought
        cost = x.Field(x.Row("shelf", of("event", "item")), "price", optional=True)
        everything.append(Aggregate("n_worth", "sum", ("buy",), NUMBER, value=cost, window=window()))
        everything.append(Aggregate("t_before", "previous", ("view",), text, value=of("event", "item"), window=window()))
    names = {a.name for a in rnd.sample(everything, 6)} | {"n_views", "n_buys", "n_kept", "i_seen", "t_last", "l_items"}
    return tuple(a for a in everything if a.name in names)


# ---- streams


def make_feeds(rnd: random.Random, features: frozenset[str], pace: Pace, made: Program) -> tuple[Feed, ...]:
    maker = Maker(made, pace.start, pace.grid)
    feeds: list[Feed] = []
    earlier: list[Event] = []
    for name in ("b", "a", "c")[: rnd.choice([1, 1, 2, 3])]:
        count = rnd.choice([rnd.randrange(4, 22), rnd.randrange(10, 40) // (len(feeds) + 1)])
        events = sorted((make_event(rnd, features, pace, maker) for _ in range(count)), key=lambda e: e.ts)
        lateness = 0
        if "late" in features:
            lateness = rnd.choice([0, 2]) * pace.grid
            events.sort(key=lambda e: e.ts + rnd.choice([0, 0, 1, 3, 8]) * pace.grid)
        if "duplicates" in features:
            for original in rnd.sample(events + earlier, min(3, len(events))):
                place = rnd.randrange(len(events) + 1) if rnd.random() < 0.5 else len(events)
                events.insert(place, again(rnd, maker, original))
        earlier = list(events)
        feeds.append(Feed(name, lateness, tuple(events)))
    return tuple(feeds)


def again(rnd: random.Random, maker: Maker, original: Event) -> Event:
    """A copy, a copy with another time, or the same id for somebody else."""
    match rnd.randrange(4):
        case 0:
            return msgspec.structs.replace(original, ts=original.ts + rnd.choice([-1, 1, 7]) * maker.unit)
        case 1 if original.ids:
            return msgspec.structs.replace(original, ids=((0, "u9"),))
    return original


def make_event(rnd: random.Random, features: frozenset[str], pace: Pace, maker: Maker) -> Event:
    when = rnd.randrange(pace.steps)
    many_keys = "keys" in features and maker.made % 3 == 0
    kind = rnd.choice(
        ["view", "view", "view", "buy", "buy", "sign"] + ["restock"] * (2 * ("tables" in features) or "business" in features)
    )
    fields: dict[str, Any] = {}
    if kind in ("view", "restock", "buy") and rnd.random() < 0.9:
        fields["item"] = rnd.choice(["a", "b", "c", None])
        if many_keys:
            fields["item"] = f"k{rnd.randrange(12)}"
    if kind in ("view", "restock") and rnd.random() < 0.8:
        fields["price"] = rnd.choice([3, 5, 7.5, 10, None])
    if kind == "buy":
        fields["total"] = rnd.choice([1, 2.5, 0.1, 10, 20])
    if kind == "sign":
        optional = {
            "tier": rnd.choice(["gold", "gold", "silver", "1", "wood", None]),
            "zone": rnd.choice(["Asia/Tokyo", "America/New_York", "Mars/Base", None]),
            "due": rnd.choice([None, GAP, *(maker.at(when + k) for k in (-2, 0, 1, 3, 6))]),
        }
        fields = {k: v for k, v in optional.items() if rnd.random() < 0.7}
    return maker(kind, when, *([] if kind == "restock" else identifiers(rnd, features)), **fields)


def identifiers(rnd: random.Random, features: frozenset[str]) -> list[str]:
    user, cookie, email = (f"{kind}:{kind[0]}{rnd.randrange(1, 4)}" for kind in ("user", "cookie", "email"))
    if "identity" not in features:
        return [user]
    return rnd.choice(
        [[user], [cookie], [user, cookie], [cookie, email], [user, email], [user, email, cookie], [email], [cookie]]
    )
