"""Every computed attribute over every window equals brute force over the log (S3.3), whatever the stream holds: merges, late
events, nulls and absent keys, equal instants, days of 23 and 25 hours; after every event, and at every instant at which time
alone changes something, which each window knows beforehand. `has been … for D` likewise (S4.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.engine.machine import Machine
from rtj.engine.plan import MappingMachine
from rtj.engine.record import Recorder
from rtj.engine.world import World
from rtj.ir.expr import Length, OneOf, Optional, Scalar
from rtj.ir.program import Aggregate, EventField, EventType, Mapping, Namespace, Program, Window
from rtj.ir.records import Event
from tests.oracle.build import of
from tests.oracle.calendar import shift, unit_start

HOUR = 3_600_000
ZONE = ZoneInfo("Europe/Berlin")
START = 1_774_738_800_000 - 30 * HOUR  # the clocks go forward on the second day
NUMBER = Optional(Scalar("number"))
FUNCTIONS = ("count", "sum", "avg", "min", "max", "first", "last", "previous", "distinct", "top")
WINDOWS = {
    "ever": Window(),
    "exact": Window(over=Length(ms=20 * HOUR)),
    "day_long": Window(over=Length(days=1)),
    "today": Window(this="day"),
    "week": Window(this="week"),
    "since": Window(since="stop"),
}
KINDS = (EventType("buy", (EventField("n", NUMBER),)), EventType("link", ()), EventType("stop", ()))
ABSENT = msgspec.UNSET

Row = tuple[int, int, str]
"""ts, position, type."""


def machine() -> Machine:
    """All functions over all windows, and the field itself."""
    attributes = []
    for function in FUNCTIONS:
        value = None if function == "count" else of("event", "n")
        for name, window in WINDOWS.items():
            made = Aggregate(f"{function}_{name}", function, ("buy",), NUMBER, value=value, window=window)  # type: ignore[arg-type]
            attributes.append(made)
    spaces = (Namespace("u", 1), Namespace("d", 2))
    mapping = Mapping("n", NUMBER, "buy", "n")
    attributes.sort(key=lambda one: one.name)
    return Machine(Program("p", "Europe/Berlin", spaces, KINDS, (mapping,), tuple(attributes), (), (), ()))


MACHINE = machine()


@dataclass
class Log:
    """What one person said: place in time -> value, and the places of stops."""

    bought: dict[tuple[int, int], Any] = field(default_factory=dict)
    stops: list[tuple[int, int]] = field(default_factory=list)

    def seen(self, window: Window, now: int) -> list[Any]:
        """The values that a window shows at an instant, in the order of their places; None where there was none."""
        found = sorted(self.bought.items())
        if window.since is not None:
            newest = max(self.stops, default=(0, 0))
            found = [(place, n) for place, n in found if place > newest]
        elif window.over is not None:
            found = [(place, n) for place, n in found if shift(place[0], window.over, ZONE) > now]
        elif window.this is not None:
            found = [(place, n) for place, n in found if place[0] >= unit_start(now, window.this, ZONE)]
        return [n for _, n in found]

    def turns(self, after: int, before: int) -> list[int]:
        """Instants between two at which time alone may change what a window shows."""
        ends = {shift(ts, w.over, ZONE) for ts, _ in self.bought for w in WINDOWS.values() if w.over is not None}
        days = {unit_start(at, "day", ZONE) for at in range(after, before + 24 * HOUR, 12 * HOUR)}
        return sorted(at for at in ends | days if after < at < before)


def brute(function: str, values: list[Any]) -> Any:
    """What a function is of values in the order of their places."""
    numbers = [n for n in values if n is not None and n is not ABSENT]
    match function:
        case "count":
            return len(values)
        case "sum":
            return exact(numbers)
        case "avg":
            return float(sum(map(Fraction, numbers), Fraction())) / len(numbers) if numbers else None
        case "min" | "max":
            return {"min": min, "max": max}[function](numbers, default=None)
        case "first":
            return numbers[0] if numbers else None
        case "last":
            return numbers[-1] if numbers else None
        case "previous":
            return numbers[-2] if len(numbers) > 1 else None
        case "distinct":
            return tuple(dict.fromkeys(numbers))
    return max(numbers, key=lambda n: (numbers.count(n), len(numbers) - numbers[::-1].index(n)), default=None)


def exact(numbers: list[Any]) -> Any:
    total = sum(map(Fraction, numbers), Fraction())
    return int(total) if all(isinstance(n, int) for n in numbers) else math.fsum(numbers)


values = st.one_of(st.integers(-3, 3), st.sampled_from([0.1, 0.2, 0.3, 1e15, -1e15, None, ABSENT]))
steps = st.tuples(
    st.sampled_from([0, 0, HOUR, 5 * HOUR, 20 * HOUR, 24 * HOUR]),  # since the event before
    st.sampled_from([0, 0, 0, 2 * HOUR, 21 * HOUR]),  # so much too late
    st.sampled_from(["buy"] * 5 + ["stop", "link"]),
    st.sampled_from("ab"),
    values,
)


def check(world: World, logs: dict[str, Log], now: int) -> None:
    for p in world.profiles:
        log = logs[p.identifiers[0][1]]
        said = {place: n for place, n in sorted(log.bought.items()) if n is not ABSENT}
        assert p.attributes[0] == (list(said.values())[-1] if said else None), "an explicit null unsets, an absent key does not"
        for name, aggregate in MACHINE.aggregates.items():
            function, _, window = name.partition("_")
            wanted = brute(function, log.seen(WINDOWS[window], now))
            assert aggregate.value(p, now) == wanted, (name, p.origin, now)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stream=st.lists(steps, min_size=1, max_size=14))
def test_every_function_over_every_window(stream: list[tuple[int, int, str, str, Any]]) -> None:
    play(stream)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stream=st.lists(steps, min_size=1, max_size=25))
def test_every_function_over_every_window_at_length(stream: list[tuple[int, int, str, str, Any]]) -> None:
    play(stream)


def play(stream: list[tuple[int, int, str, str, Any]]) -> None:
    """Feed events, and look at everything after each and whenever time may have changed something in between."""
    world = World(MACHINE, Recorder())
    logs: dict[str, Log] = {"a": Log(), "b": Log()}
    now = START
    for pos, (wait, late, kind, who, n) in enumerate(stream):
        for at in sorted({t for log in logs.values() for t in log.turns(now, now + wait)}):
            check_turn(world, logs, at)
        now += wait
        ts = now - late
        ids = ((0, "a"), (0, "b")) if kind == "link" else ((0, who),)
        props = MACHINE.record(kind)(n=n) if kind == "buy" else MACHINE.record(kind)()
        world.advance(now)
        world.feed(Event(now, 0, pos, kind, str(pos), ts, ids, props, late=late > 0))
        log = logs[who]
        if kind == "link" and logs["a"] is not logs["b"]:
            logs["a"].bought |= logs["b"].bought
            logs["a"].stops += logs["b"].stops
            logs["b"] = logs["a"]
        elif kind == "buy":
            log.bought[ts, pos] = n
        elif kind == "stop":
            log.stops.append((ts, pos))
        check(world, logs, now)
    for at in sorted({t for log in logs.values() for t in log.turns(now, now + 60 * HOUR)}):
        check_turn(world, logs, at)


def check_turn(world: World, logs: dict[str, Log], at: int) -> None:
    """Just before an instant, and at it: what changes was announced."""
    check(world, logs, at - 1)
    before = {
        (p, name): (one.value(p, at - 1), one.next_change(p, at - 1))
        for p in world.profiles
        for name, one in MACHINE.aggregates.items()
    }
    check(world, logs, at)
    for (p, name), (value, announced) in before.items():
        if MACHINE.aggregates[name].value(p, at) != value:
            assert announced == at, (name, announced, at)


NAMES = ("金", "🥇", "Gold")


@pytest.mark.parametrize(
    ("raw", "value"),
    [("金", "金"), ("gold", "Gold"), (1, "🥇"), ("1", "🥇"), (1.0, "🥇"), (2.5, "金"), (True, "Gold"), ("true", "Gold"),
     (False, "金"), ("👩‍🚀", "🥇"), ("銀", None), ("GOLD", None), (2, None), ("", None), ("🥇 ", None)],
)  # fmt: skip
def test_codes_in_any_script(raw: object, value: str | None) -> None:
    """Codes and allowed values are compared as they are written, letter for letter; numbers and booleans as they are spelled."""
    codes = (("1", "🥇"), ("2.5", "金"), ("false", "金"), ("gold", "Gold"), ("true", "Gold"), ("👩‍🚀", "🥇"))
    mapping = MappingMachine(Mapping("tier", Optional(OneOf(NAMES)), "said", "word", codes=codes), 0)
    assert mapping.convert(raw) == value


SPOKEN = """
project: t
timezone: Europe/Berlin
identity: {u: {kind: person, priority: 1}}
events: {said: {word: KIND?}, link: {}}
profile:
  word: {from: said.word, default: DEFAULT}
audiences: {as_ever: profile.word == DEFAULT}
"""


@pytest.mark.parametrize(
    ("kind", "default", "other"),
    [
        ("string", "🥇", "金"),
        ("string", "金", ""),
        ("number", 7, 0),
        ("number", 2.5, 2),
        ("bool", True, False),
        ("bool", False, True),
    ],
)
def test_a_default_holds_until_something_is_said_and_again_when_it_is_unset(kind: str, default: Any, other: Any) -> None:
    spelled = repr(default) if kind == "string" else str(default).lower()
    program = compile_text(SPOKEN.replace("KIND", kind).replace("DEFAULT", spelled)).program
    assert program is not None
    made = Machine(program)
    world, found = World(made, Recorder()), []
    for at, word in enumerate((ABSENT, other, ABSENT, None, default)):
        world.feed(Event(at, 0, at, "said", str(at), at, ((0, "x"),), made.record("said")(word=word)))
        world.close(at)
        found.append(bool(next(iter(world.profiles)).members))

    assert found == [True, False, False, True, True]


LASTING = """
project: t
timezone: UTC
identity: {u: {kind: person, priority: 1}}
events: {said: {word: number?}, link: {}}
profile:
  word: {from: said.word}
audiences: {lasting: profile.word has been 1 for 20h}
"""
LASTS = Machine(compile_text(LASTING).program)  # type: ignore[arg-type]


@dataclass
class Held:
    """What one person said, and since when the last word has been 1."""

    said: dict[tuple[int, int], Any] = field(default_factory=dict)
    since: int | None = None

    def judge(self, now: int) -> None:
        one = bool(self.said) and self.said[max(self.said)] == 1
        self.since = (now if self.since is None else self.since) if one else None


said_steps = st.tuples(
    st.sampled_from([0, HOUR, 10 * HOUR, 20 * HOUR, 21 * HOUR]),
    st.sampled_from([0, 0, 0, HOUR, 21 * HOUR]),
    st.sampled_from(["said", "said", "link"]),
    st.sampled_from("ab"),
    st.sampled_from([1, 1, 1, 1, 2, None, ABSENT]),
)


BOTH = [(0, 0, "said", "a", 1), (10 * HOUR, 0, "said", "b", 1), (HOUR, 0, "link", "a", 1), (21 * HOUR, 0, "said", "a", 1)]


@settings(max_examples=150, deadline=None)
@example(stream=BOTH)
@given(stream=st.lists(said_steps, min_size=4, max_size=14))
def test_has_been_for_a_time_through_merges_and_late_values(stream: list[tuple[int, int, str, str, Any]]) -> None:
    """It holds from exactly D after the word became 1, in the order of work; a merge keeps the longer time."""
    world, now = World(LASTS, Recorder()), START
    who: dict[str, Held] = {"a": Held(), "b": Held()}
    ends: set[int] = set()

    def compare(at: int) -> None:
        world.advance(at + 1)
        for p in world.profiles:
            since = who[p.identifiers[0][1]].since
            assert bool(p.members) == (since is not None and at >= since + 20 * HOUR), (p.origin, at, since)

    for pos, (wait, late, kind, name, word) in enumerate(stream):
        ends |= {one.since + 20 * HOUR for one in who.values() if one.since is not None}
        for at in sorted(at + d for at in ends for d in (-1, 0) if now < at + d < now + wait):
            compare(at)
        now += wait
        ids = ((0, "a"), (0, "b")) if kind == "link" else ((0, name),)
        props = LASTS.record(kind)(word=word) if kind == "said" else LASTS.record(kind)()
        world.advance(now)
        world.feed(Event(now, 0, pos, kind, str(pos), now - late, ids, props, late=late > 0))
        world.close(now)
        if kind == "said" and word is not ABSENT:
            who[name].said[now - late, pos] = word
        elif kind == "link" and who["a"] is not who["b"]:
            both = [one.since for one in who.values() if one.since is not None]
            who["a"] = who["b"] = Held(who["a"].said | who["b"].said, min(both, default=None))
        for one in who.values():
            one.judge(now)
        compare(now)
