"""An index spares those whom a business event cannot concern, and changes nothing else (S5.2).

The same records come of it as when everybody is asked, whatever conditions narrow the event, while windows slide, profiles merge,
and people join and leave at the very instant of the event. That it spares is proved too: so many are asked, and no more.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.engine.business import BusinessLog
from rtj.engine.fanout import Fanout
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.replaying import Replay
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event
from tests.oracle.build import Maker, feed
from tests.oracle.drivers import RUNS

PROJECT = """
project: t
timezone: Europe/Berlin
identity:
  user: {kind: person, priority: 1, unique: true}
  visitor: {kind: cookie, priority: 3}
events:
  view: {item: string?, price: number?}
  buy: {item: string?, tags: [string]}
business_events:
  restock: {item: string?, price: number?, items: [string]}
channels:
  email: {purpose: transactional}
profile:
  favourite: {from: view.item, type: string?}
  standing: {from: buy.item, type: string, default: a}
  note: {type: string?}
  viewed: distinct(view.item)
  recent: distinct(view.item) over 20m
  cart: distinct(view.item) since buy
  top: top(view.item) over 20m
  oldest: first(view.item) over 20m
  last: last(buy)
audiences:
  lookers: count(view) over 15m >= 2
  buyers: count(buy) >= 1 and audience.lookers
"""
JOURNEY = """
journey: j
enter: {on: ENTER, again: always, while_inside: restart}
do:
  - {send: hello, by: email}
"""
INSIDE = """
journey: j
enter: {on: view as seen, key: seen.item ?? 'none', again: always}
GOAL
do:
  - {set: profile.note = seen.item}
  - id: hold
    wait_for:
      - {on: restock, when: WAIT, do: [{send: hello, by: email}]}
      - {on: buy}
      - {after: 25m}
"""
ENTRIES = (
    "restock",
    "restock for lookers",
    "restock where audience.buyers and event.price > 3",
    "restock where event.item == profile.favourite",
    "restock where event.item == profile.standing",
    "restock where profile.note == event.item",
    "restock where event.item in profile.viewed",
    "restock where event.item in profile.recent and event.price > 3",
    "restock for lookers where event.item in profile.cart",
    "restock where event.item == profile.top",
    "restock where event.item == profile.oldest",
    "restock where event.item == profile.last.item",
    "restock where profile.favourite in event.items",
    "restock where lower(event.item) == lower(profile.favourite)",
    "restock where event.item == top(view.item) over 20m",
    "2 restock where event.item in profile.viewed",
    "2 consecutive restock where event.item in profile.viewed",
    "view then restock within 20m",
    "restock where profile.favourite == 'a'",
    "restock where 'b' in profile.recent or event.price > 5",
)
WAITS = (
    ("", "event.item == seen.item"),
    ("", "seen.item in event.items and event.price > 3"),
    ("", "event.item in profile.recent"),
    ("", "audience.lookers"),
    ("goal: {on: restock within 15m, when: event.item == entry.item}", "event.price == 5"),
    ("exit: {on: restock where event.item == seen.item}", "event.item == profile.note"),
)
ITEMS = ("a", "b", "Ä", None)
PEOPLE = ("user:u1", "user:u2", "user:u3", "visitor:c1")
moves = st.lists(
    st.tuples(
        st.integers(0, 14),
        st.sampled_from(("view", "view", "buy", "restock", "restock", "both")),
        st.sampled_from(PEOPLE),
        st.sampled_from(ITEMS),
        st.sampled_from((3, 5, None)),
    ),
    min_size=2,
    max_size=30,
)


def compiled(*journeys: str) -> Program:
    made = compile_text(PROJECT, *journeys)
    assert made.program is not None, made.diagnostics
    return made.program


def stream(program: Program, script: list[tuple[int, str, str, str | None, int | None]]) -> list[Event]:
    """Events five minutes apart, often several at one instant, with windows that end at the very instants."""
    make = Maker(program, unit=5 * 60_000)
    events: list[Event] = []
    for when, kind, who, item, price in sorted(script, key=lambda move: move[0]):
        fields: dict[str, Any] = {"item": item}
        match kind:
            case "restock":
                events.append(make("restock", when, price=price, items=tuple(i for i in (item, "b") if i), **fields))
            case "both":  # a cookie and a person are one
                events.append(make("view", when, who, "visitor:c1", price=price, **fields))
            case "buy":
                events.append(make("buy", when, who, tags=(), **fields))
            case _:
                events.append(make("view", when, who, price=price, **fields))
    return events


def judge(program: Program, script: list[tuple[int, str, str, str | None, int | None]]) -> None:
    feeds = [feed(*stream(program, script))]
    until = feeds[0].events[-1].at + 3_600_000
    everybody = RUNS["whole"](program, feeds, until, False)
    for way in ("ordered", "spared", "indexed"):
        spared = RUNS[way](program, feeds, until, False)
        assert spared.records == everybody.records, way
        assert spared.counts == everybody.counts, way


@pytest.mark.parametrize("entry", ENTRIES)
@settings(max_examples=25, deadline=None)
@given(script=moves)
def test_entries_are_found_as_if_everybody_was_asked(entry: str, script: list[Any]) -> None:
    judge(compiled(JOURNEY.replace("ENTER", entry)), script)


@pytest.mark.parametrize(("goal", "wait"), WAITS)
@settings(max_examples=25, deadline=None)
@given(script=moves)
def test_those_inside_are_found_as_if_everybody_was_asked(goal: str, wait: str, script: list[Any]) -> None:
    judge(compiled(INSIDE.replace("GOAL", goal).replace("WAIT", wait)), script)


TABLES = PROJECT.replace(
    "audiences:\n",
    """tables:
  stock: {key: item, from: restock, fields: {price: number?}}
audiences:
  cheap: stock[profile.favourite].price < 4
  dear: stock[profile.note ?? 'a'].price >= 5 and not audience.cheap
""",
)
READERS = (
    "journey: j\nenter: {on: joining cheap, again: always}\ndo: [{set: profile.note = 'b'}, {send: hello, by: email}]",
    """journey: k
enter: {on: view as seen, key: seen.item ?? 'none', again: always}
exit: {when: "stock[seen.item].price > 4"}
do: [{id: hold, wait: 25m}, {send: hello, by: email}]""",
    "journey: l\nenter: {on: leaving dear, again: always}\ndo: [{send: hello, by: email}]",
)


@settings(max_examples=40, deadline=None)
@given(script=moves)
def test_those_who_read_a_changed_row_are_found_as_if_everybody_was_asked(script: list[Any]) -> None:
    made = compile_text(TABLES, *READERS)
    assert made.program is not None, made.diagnostics
    judge(made.program, script)


# ---- it spares


def crowd(program: Program, people: int) -> tuple[World, Maker]:
    """Many who viewed a thing of their own, and three who viewed `tea`; the first minute is over."""
    world = World(Machine(program, Level.COUNTS), Recorder())
    make = Maker(program)
    for number in range(people):
        item = "tea" if number in (5, 50, 500) else f"thing-{number}"
        world.feed(make("view", 0, f"user:u{number}", item=item))
        world.feed(make("view", 0, f"user:u{number}", item=item))
    world.close(make.at(0))
    return world, make


@pytest.mark.parametrize(
    ("journey", "asked"),
    [
        (JOURNEY.replace("ENTER", "restock where event.item == profile.favourite"), 3),
        (JOURNEY.replace("ENTER", "restock where event.item in profile.viewed"), 3),
        (JOURNEY.replace("ENTER", "restock where event.item in profile.recent and event.price > 3"), 3),
        (JOURNEY.replace("ENTER", "restock for buyers where event.item in profile.recent"), 0),
        (JOURNEY.replace("ENTER", "restock where event.item == profile.top"), 3),
        (JOURNEY.replace("ENTER", "restock for lookers"), 1000),
        (INSIDE.replace("GOAL", "").replace("WAIT", "event.item == seen.item"), 3),
        (
            INSIDE.replace("GOAL", "goal: {on: restock, when: event.item == entry.item}").replace(
                "WAIT", "event.item == seen.item"
            ),
            3,
        ),
    ],
)
def test_only_those_concerned_are_asked(journey: str, asked: int) -> None:
    world, make = crowd(compiled(journey), 1000)
    index = Fanout(world.machine, world.profiles)
    found = index.concerned(make("restock", 1, item="tea", price=5, items=()))
    assert found is not None
    assert len(found) == asked


def test_what_left_the_window_is_thrown_out_when_it_is_asked_for() -> None:
    world, make = crowd(compiled(JOURNEY.replace("ENTER", "restock where event.item in profile.recent")), 1000)
    index = world.kernel.fanout = Fanout(world.machine, world.profiles)
    for when in (19, 20, 21):
        found = index.concerned(make("restock", when, item="tea", price=5, items=()))
        assert found is not None
        assert len(found) == (3 if when < 20 else 0)


def test_leftovers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose favourite changes all day long does not fill the index."""
    monkeypatch.setattr("rtj.engine.fanout.SLACK", 100)
    world, make = crowd(compiled(JOURNEY.replace("ENTER", "restock where event.item == profile.favourite")), 10)
    index = world.kernel.fanout = Fanout(world.machine, world.profiles)
    index.concerned(make("restock", 1, item="tea", price=5, items=()))
    for number in range(700):
        world.feed(make("view", 1, "user:u1", item=f"new-{number}"))
    (bucket,) = index._facts.values()
    assert len(bucket._by_key) < 150
    found = index.concerned(make("restock", 1, item="new-699", price=5, items=()))
    assert [p.origin for p in found or ()] == ["user:u1"]


def test_a_component_is_not_even_shown_what_cannot_concern_it() -> None:
    program = compiled(JOURNEY.replace("ENTER", "restock where event.item in profile.viewed"))
    make = Maker(program)
    business = [make("restock", n, item=f"thing-{n % 1000}", price=5, items=()) for n in range(1, 5000)]
    for place, event in enumerate(business):
        event.pos = place
    recorder = Recorder()
    world = Replay(Machine(program, Level.TRACE), recorder)
    shown: list[Event] = []
    offered = world.kernel.business
    world.kernel.business = lambda p, event, plan: (shown.append(event), offered(p, event, plan))[1]  # type: ignore[method-assign, func-returns-value]
    mine = [make("view", 0, "user:u1", item="thing-7"), make("view", 2500, "user:u1", item="thing-8")]
    world.replay_among(mine, BusinessLog(world.machine, business), make.at(5000), False)
    assert [e.props.item for e in shown if e.props.item in ("thing-7", "thing-8")] == ["thing-7"] * 3 + ["thing-7", "thing-8"] * 2
    assert len(shown) < 12  # and one at each instant at which an audience was looked at anyway
