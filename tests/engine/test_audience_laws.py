"""Membership is what its condition says, at every instant (S4.1-S4.4): looking after every event and whenever time may change
something gives what looking once over the whole log gives, membership and list of changes, in the order of work and grouped.

The batch side is the naive reading of the rules (tests/oracle), which shares no code with the engine: it reads the log from the
beginning for every instant that is looked at, and then decides every condition from facts alone, remembering no membership.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtj.ir import expr as x
from rtj.ir.program import Aggregate, Audience, Mapping, Program, Tracker, Window
from tests.oracle.build import DAY, HOUR, NUMBER, STRING, Maker, attribute, duration, event_type, feed, program, that
from tests.oracle.door import Feed, admit
from tests.oracle.drivers import RUNS
from tests.oracle.generate import case
from tests.oracle.interpreter import World
from tests.oracle.values import Sight, holds

WAYS = ("ordered", "grouped", "whole")
FEATURES = frozenset(("audiences", "time", "calendar", "zones", "identity", "lists"))
Changes = list[tuple[int, str, str, str]]  # instant, profile, audience, what


def changes(way: str, made: Program, feeds: list[Feed], until: int) -> tuple[Changes, dict[str, str]]:
    """Who joined and left what, and who became one with whom."""
    found: Changes = []
    merged: dict[str, str] = {}
    for at, origin, _, payload in RUNS[way](made, feeds, until, False).records:
        if payload["what"] in ("joined", "left_audience"):
            found.append((at, origin, str(payload["audience"]), str(payload["what"])))
        elif payload["what"] == "merged":
            merged[str(payload["other"])] = origin
            found.append((at, origin, str(payload["other"]), "merged"))
    return found, merged


def members_by_changes(found: Changes, until: int) -> dict[str, set[str]]:
    """Membership as the list of changes has it at the end of an instant."""
    held: dict[str, set[str]] = {}
    for at, origin, name, what in found:
        if at > until:
            break
        mine = held.setdefault(origin, set())
        match what:
            case "joined":
                assert name not in mine, "joined twice"
                mine.add(name)
            case "left_audience":
                assert name in mine, "left without having joined"
                mine.discard(name)
            case _:
                mine |= held.pop(name, set())
    return {origin: mine for origin, mine in held.items() if mine}


def members_by_batch(made: Program, feeds: list[Feed], until: int) -> dict[str, set[str]]:
    """Membership decided from the log up to an instant, in one go."""
    world = World(made)
    work = [event for event in admit(made, feeds).events if event.at <= until]
    for at in sorted({event.at for event in work}):
        world.close_before(at)
        world.now = at
        for event in work:
            if event.at == at:
                world.event(event)
        for p in list(world.profiles):
            world.close(p, at)
    world.close_before(until + 1)
    found: dict[str, set[str]] = {}
    for p in world.profiles:
        p.members = set()
        for audience in made.audiences:
            listed = any((made.namespaces[space].name, value) in audience.members for space, value in p.ids)
            if listed if audience.condition is None else holds(audience.condition, Sight(made, p, until, {})):
                p.members.add(audience.name)
        if p.members:
            found[p.origin] = p.members
    return found


def judge(made: Program, feeds: list[Feed], until: int) -> Changes:
    expected, _ = changes("oracle", made, feeds, until)
    for way in WAYS:
        assert changes(way, made, feeds, until)[0] == expected, way
    instants = {at + d for at, *_ in expected for d in (-1, 0)} | {event.at for event in admit(made, feeds).events} | {until}
    for at in sorted(instant for instant in instants if instant <= until):
        assert members_by_changes(expected, at) == members_by_batch(made, feeds, at), at
    return expected


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), features=st.frozensets(st.sampled_from(sorted(FEATURES))))
def test_incremental_is_batch(seed: int, features: frozenset[str]) -> None:
    made = case(seed, features | {"audiences"})
    only = msgspec.structs.replace(made.program, journeys=())
    feeds = [Feed(f.name, f.lateness, f.events[:14]) for f in made.feeds]
    last = max((event.ts for f in feeds for event in f.events), default=0)
    judge(only, feeds, last + 2 * DAY)


# ---- by time alone, at the exact instant

BUY = event_type("buy", item="string?", zone="string?", due="instant?")
NIGHT = 1_774_738_800_000  # 2026-03-28T23:00Z, midnight in Berlin before the night in which clocks go forward


def alone(condition: x.Expr, **more: object) -> Program:
    parts: dict[str, object] = {
        "mappings": (
            Mapping("due", x.Optional(x.Scalar("instant")), "buy", "due"),
            Mapping("item", x.Optional(STRING), "buy", "item"),
            Mapping("timezone", x.Optional(STRING), "buy", "zone"),
        ),
        "aggregates": (Aggregate("n", "count", ("buy",), NUMBER, window=Window(over=x.Length(ms=2 * HOUR))),),
        "audiences": (Audience("a", condition),),
        "timezone": "Europe/Berlin",
        **more,
    }
    return program((BUY,), **parts)  # type: ignore[arg-type]


def turns(made: Program, *fields: dict[str, object], until: int = 3 * DAY) -> list[tuple[int, str]]:
    """When somebody who bought at midnight joined and left, in ms after it."""
    make = Maker(made, NIGHT)
    feeds = [feed(*(make("buy", 0, "user:漱石", **given_) for given_ in fields))]
    return [(at - NIGHT, what) for at, _, name, what in judge(made, feeds, NIGHT + until) if name == "a"]


def test_the_end_of_a_window() -> None:
    made = alone(that(">=", x.Attribute("n"), 1))
    assert turns(made, {}) == [(0, "joined"), (2 * HOUR, "left_audience")]


def test_has_been_for_a_day_of_23_hours() -> None:
    tracker = Tracker("t", that("==", attribute("item"), "gold"))
    made = alone(x.Held("t", x.Length(days=1)), trackers=(tracker,))
    assert turns(made, {"item": "gold"}) == [(23 * HOUR, "joined")]
    assert turns(alone(x.Held("t", x.Length(ms=DAY)), trackers=(tracker,)), {"item": "gold"}) == [(DAY, "joined")]


@pytest.mark.parametrize(
    ("op", "expected"),
    [("<", [(0, "joined"), (5 * HOUR, "left_audience")]), ("<=", [(0, "joined"), (5 * HOUR + 1, "left_audience")])],
)
def test_a_comparison_with_now(op: str, expected: list[tuple[int, str]]) -> None:
    made = alone(x.Binary(op, x.Now(), x.Binary("+", attribute("due"), duration(HOUR))))  # type: ignore[arg-type]
    assert turns(made, {"due": NIGHT + 4 * HOUR}) == expected


def test_midnight_in_the_zone_of_the_profile() -> None:
    sunday = that("==", x.Call("weekday", (x.Call("date", (x.Now(),)),)), "sunday")
    assert turns(alone(sunday), {}) == [(0, "joined"), (23 * HOUR, "left_audience")]  # the clocks went forward meanwhile
    assert turns(alone(sunday), {"zone": "Asia/Tokyo"}) == [(0, "joined"), (16 * HOUR, "left_audience")]
    new_york = turns(alone(sunday), {"zone": "America/New_York"})
    assert new_york == [(5 * HOUR, "joined"), (29 * HOUR, "left_audience")]


def test_nobody_is_ever_in_it() -> None:
    assert turns(alone(that(">", x.Attribute("n"), 5)), {}) == []


def test_twenty_nested_audiences_turn_at_once() -> None:
    first = Audience("a", that(">=", x.Attribute("n"), 1))
    nested = [Audience(f"n{k:02}", x.Unary("not", x.Member("a" if not k else f"n{k - 1:02}"))) for k in range(20)]
    made = alone(x.Now(), audiences=(first, *nested))
    found = judge(made, [feed(Maker(made, NIGHT)("buy", 0, "user:u1"))], NIGHT + DAY)
    assert [what for at, _, _, what in found if at == NIGHT + 2 * HOUR] == ["left_audience", *["joined", "left_audience"] * 10]


# ---- people who turn out to be one


def test_membership_is_held_if_either_side_held_it() -> None:
    made = alone(that("==", attribute("item"), "gold"), audiences=(Audience("a", that("==", attribute("item"), "gold")),))
    make = Maker(made, NIGHT)
    events = (
        make("buy", 1, "user:u1"),
        make("buy", 2, "cookie:c1", item="gold"),
        make("buy", 3, "user:u1", "cookie:c1"),
        make("buy", 4, "user:u1", item="tin"),
    )
    found = judge(made, [feed(*events)], NIGHT + HOUR)
    assert [(origin, what) for _, origin, name, what in found if name == "a" or what == "merged"] == [
        ("cookie:c1", "joined"),
        ("user:u1", "merged"),
        ("user:u1", "left_audience"),
    ]


def test_a_list_follows_an_identifier_that_moves() -> None:
    made = alone(x.Now(), audiences=(Audience("a", None, members=(("cookie", "c1"),)),))
    make = Maker(made, NIGHT)
    events = (make("buy", 1, "user:u1", "cookie:c1"), make("buy", 2, "user:u2", "cookie:c1"), make("buy", 3, "user:u1"))
    found = judge(made, [feed(*events)], NIGHT + HOUR)
    assert [(origin, what) for _, origin, _, what in found] == [
        ("user:u1", "joined"), ("user:u1", "left_audience"), ("user:u2", "joined"),
    ]  # fmt: skip


def test_changes_alternate() -> None:
    made = alone(that(">=", x.Attribute("n"), 1))
    make = Maker(made, NIGHT)
    found = judge(made, [feed(*(make("buy", when, "user:u1") for when in (0, 60, 119, 300, 420)))], NIGHT + DAY)
    assert [what for *_, what in found] == ["joined", "left_audience"] * 2
    assert all(one[0] < other[0] for one, other in pairwise(found))
