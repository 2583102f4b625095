"""Bounds of lengths hold for whatever the calendar does: checked against the engine's own steps of the calendar and moments."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import pytest

from rtj.engine.calendar import shift
from rtj.ir import expr as ir
from rtj.lint.graph_time import DAY, HOUR, NONE, Bounds, Lapse, of_expr, of_length

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "Australia/Lord_Howe")]


def exact(ms: int) -> ir.Const:
    return ir.Const(ms, "duration")


@pytest.mark.parametrize(("days", "months"), [(1, 0), (7, 0), (0, 1), (0, 2), (0, 3), (0, 6), (0, 12), (0, 25)])
def test_every_calendar_length_lies_within_its_bounds(days: int, months: int) -> None:
    draw = random.Random(f"{days} {months}")
    length = ir.Length(days=days, months=months)
    bounds = of_length(length)
    assert bounds.most is not None
    shortest, longest = DAY * 10_000, 0
    for _ in range(3_000):
        start = draw.randrange(1_700_000_000_000, 1_900_000_000_000)
        lasted = shift(start, length, 1, draw.choice(ZONES)) - start
        shortest, longest = min(shortest, lasted), max(longest, lasted)
        assert bounds.least.least <= lasted <= bounds.most.surely_over
    assert longest >= bounds.most.most - DAY, "the bound is not far off"
    assert shortest <= bounds.least.most + DAY


@pytest.mark.parametrize(
    ("lapse", "shown"),
    [(NONE, "0s"), (Lapse(1), "1ms"), (Lapse(90_000), "1m30s"), (Lapse(HOUR, 92), "92d1h"), (Lapse(0, 0, 1), "31d")],
)
def test_lengths_are_shown_as_people_write_them(lapse: Lapse, shown: str) -> None:
    assert str(lapse) == shown


def test_equal_months_cancel_each_other() -> None:
    """Three months against three months is no question of how long months are; four against three is one of a month."""
    assert (Lapse(0, 0, 3) - Lapse(0, 0, 3)).most == 0
    assert (Lapse(0, 0, 4) - Lapse(0, 0, 3)).most == 31 * DAY
    assert (Lapse(0, 0, 3) - Lapse(0, 0, 4)).most == -28 * DAY
    assert Lapse(0, 0, 2_000).most == 2_000 * 31 * DAY


@pytest.mark.parametrize(
    ("expr", "bounds"),
    [
        (exact(HOUR), Bounds(Lapse(HOUR), Lapse(HOUR))),
        (ir.Choose(ir.Const(True, "bool"), exact(HOUR), exact(DAY)), Bounds(Lapse(HOUR), Lapse(DAY))),
        (ir.Binary("+", exact(HOUR), exact(DAY)), Bounds(Lapse(HOUR + DAY), Lapse(HOUR + DAY))),
        (ir.Binary("??", ir.Name("x"), exact(DAY)), Bounds(NONE, None)),
        (ir.Binary("+", ir.Name("x"), exact(DAY)), Bounds(Lapse(DAY), None)),
    ],
)
def test_computed_lengths(expr: ir.Expr, bounds: Bounds) -> None:
    assert of_expr(expr) == bounds
