"""Computed attributes equal a plain look at all events, in whatever order they came and from whichever profile (S3.3)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.engine.machine import Machine
from rtj.engine.state import Profile
from rtj.engine.windows import ENTRIES_MAX
from rtj.ir.expr import Field, Length, Name, Scalar
from rtj.ir.program import Aggregate, EventField, EventType, Namespace, Program, Window
from rtj.ir.records import Event

NUMBER = Scalar("number")
FUNCTIONS = ("count", "sum", "avg", "min", "max", "first", "last", "previous", "distinct", "top")
WINDOWS = (Window(), Window(over=Length(ms=100)), Window(since="stop"), Window(this="day"), Window(over=Length(days=1)))

values = st.one_of(st.integers(-5, 5), st.floats(-1e9, 1e9, allow_nan=False))
streams = st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["buy", "buy", "buy", "stop"]), values), max_size=25)


def machine(function: Any, window: Window) -> Machine:
    value = None if function == "count" else Field(Name("event"), "n")
    aggregate = Aggregate("a", function, ("buy",), NUMBER, value=value, window=window)
    kinds = (EventType("buy", (EventField("n", NUMBER),)), EventType("stop", ()))
    return Machine(Program("p", "UTC", (Namespace("u", 1),), kinds, (), (aggregate,), (), (), ()))


def feed(m: Machine, p: Profile, event: Event) -> None:
    plan = m.plan(event.type, source=True)
    for aggregate in plan.resets:
        aggregate.reset(p, event)
    for aggregate in plan.adds:
        aggregate.add(p, event, event.at)


def make(m: Machine, stream: list[tuple[int, str, float]]) -> list[Event]:
    buy, stop = m.record("buy"), m.record("stop")
    return [
        Event(ts, 0, pos, kind, str(pos), ts, ((0, "x"),), buy(n=n) if kind == "buy" else stop())
        for pos, (ts, kind, n) in enumerate(stream)
    ]


def naive(function: str, window: Window, events: list[Event], now: int) -> Any:
    """All events, sorted; keep what the window holds; look."""
    events = sorted(events, key=lambda e: (e.ts, e.pos))
    stops = [(e.ts, e.pos) for e in events if e.type == "stop"]
    kept = [e for e in events if e.type == "buy"]
    if window.since is not None:
        kept = [e for e in kept if not stops or (e.ts, e.pos) > stops[-1]]
    elif window.over is not None and window.over.ms:
        kept = [e for e in kept if e.ts > now - window.over.ms]
    numbers = [e.props.n for e in kept]
    match function:
        case "count":
            return len(numbers)
        case "sum":
            return exact(numbers)
        case "avg":
            return exact(numbers) / len(numbers) if numbers else None
        case "min":
            return min(numbers, default=None)
        case "max":
            return max(numbers, default=None)
        case "first":
            return numbers[0] if numbers else None
        case "last":
            return numbers[-1] if numbers else None
        case "previous":
            return numbers[-2] if len(numbers) > 1 else None
        case "distinct":
            return tuple(dict.fromkeys(numbers))
    return max(set(numbers), key=lambda v: (numbers.count(v), max(i for i, n in enumerate(numbers) if n == v)), default=None)


def exact(numbers: list[float]) -> float:
    total = sum(map(Fraction, numbers), Fraction())
    return int(total) if all(isinstance(n, int) for n in numbers) else float(total)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=25)
@given(stream=streams, order=st.randoms(use_true_random=False))
def test_the_value_equals_a_plain_look(function: str, window: Window, stream: list[Any], order: Any) -> None:
    m = machine(function, window)
    events = make(m, stream)
    p = Profile("u:x", (0, True, 0, 0), 0, 1)
    shuffled = events[:]
    order.shuffle(shuffled)

    for event in shuffled:
        feed(m, p, event)

    assert m.aggregates["a"].value(p, 400) == naive(function, window, events, 400)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=15)
@given(stream=streams, split=st.integers(0, 25))
def test_a_merge_unites(function: str, window: Window, stream: list[Any], split: int) -> None:
    m = machine(function, window)
    events = make(m, stream)
    p, q = Profile("u:x", (0, True, 0, 0), 0, 1), Profile("u:y", (0, True, 0, 1), 0, 1)
    for event in events[:split]:
        feed(m, p, event)
    for event in events[split:]:
        feed(m, q, event)

    m.aggregates["a"].merge(p, q, 400)

    assert m.aggregates["a"].value(p, 400) == naive(function, window, events, 400)


@given(st.lists(st.floats(-1e300, 1e300, allow_nan=False), max_size=40))
def test_a_running_sum_is_correctly_rounded(numbers: list[float]) -> None:
    m = machine("sum", Window())
    p = Profile("u:x", (0, True, 0, 0), 0, 1)

    for event in make(m, [(0, "buy", n) for n in numbers]):
        feed(m, p, event)

    assert m.aggregates["a"].value(p, 0) == (math.fsum(numbers) if numbers else 0)


def test_a_full_window_folds_its_oldest_hour_and_says_so() -> None:
    m = machine("sum", Window(over=Length(ms=10**12)))
    p = Profile("u:x", (0, True, 0, 0), 0, 1)

    for event in make(m, [(n * 60_000, "buy", 1) for n in range(ENTRIES_MAX + 200)]):
        feed(m, p, event)

    assert m.aggregates["a"].value(p, 10**9) == ENTRIES_MAX + 200
    assert len(m.aggregates["a"].entries(p, 10**9)) <= ENTRIES_MAX
    assert m.folds
    assert set(m.folds) == {"a"}
