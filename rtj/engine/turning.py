"""On which days may a comparison turn that follows the date alone (`anniversary(profile.born) == today()`)? (S4.2)

Of each side is known how it goes as days pass: evenly, in steps as a month or a year begins, in steps on anniversaries. So the
day on which the sides meet is computed, and nobody is looked at every midnight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, TypeAlias

from rtj.engine.calendar import INFINITY, at_clock, day_of, to_date, to_day
from rtj.engine.codegen import Evaluate
from rtj.engine.functions import DATED
from rtj.engine.state import Profile
from rtj.ir.expr import Binary, Call, Const, Expr, Now, Shift
from rtj.ir.functions import FUNCTIONS
from rtj.ir.walk import walk

NextDay: TypeAlias = Callable[[Profile, int, Any], int]
STEPS = ("", "year", "month")
SLACK = 1e-6  # of a day, for what a division rounds: one look too many, never one too few
YEAR_MAX = 9999


@dataclass(frozen=True, slots=True)
class Course:
    """How a value goes as days pass: `per_day` more each day. Beyond that it stays the same until the next month or year begins
    (`steps` is a place in STEPS), or until the next anniversary of one of `dates`."""

    per_day: float = 0
    steps: int = 0
    dates: tuple[Expr, ...] = ()

    def plus(self, other: Course, sign: int) -> Course:
        """The course of the sum, or of the difference."""
        return Course(self.per_day + sign * other.per_day, max(self.steps, other.steps), (*self.dates, *other.dates))


def course(expr: Expr) -> Course | None:
    """The course of a value; None when it is not known, or follows more of the clock than the date."""
    if is_still(expr):
        return Course()
    match expr:
        case Call(function="today") | Call(function="date", args=(Now(),)):
            return Course(1)
        case Call(function="year" | "month" as step, args=(of,)) if course(of) == Course(1) and not isinstance(of, Shift):
            return Course(steps=STEPS.index(step))
        case Call(function="anniversary", args=(of,)) if is_still(of):
            return Course(steps=STEPS.index("year"))
        case Call(function="age", args=(of,)) if is_still(of):
            return Course(steps=STEPS.index("year"), dates=(of,))
        case Call(function="days_between", args=(start, end)):
            return _united(course(end), course(start), -1)
        case Shift(of=of, length=length, date=True) if not length.months and not length.ms:
            return course(of)
        case Binary(op="+" | "-" as op, left=left, right=right):
            return _united(course(left), course(right), 1 if op == "+" else -1)
        case Binary(op="*", left=left, right=Const(value=int() | float() as factor)):
            of_left = course(left)
            return None if of_left is None else Course(of_left.per_day * factor, of_left.steps, of_left.dates)
        case _:
            return None


def is_still(expr: Expr) -> bool:
    """Does the value follow no clock, except by what is found to change elsewhere?"""
    return not any(follows_clock(part) or isinstance(part, Now) for part in walk(expr))


def follows_clock(part: Expr) -> bool:
    """Is it a call that follows the calendar by itself?"""
    return isinstance(part, Call) and FUNCTIONS[part.function].reads_clock


def next_turn(comparison: Binary, function: Callable[[Expr], Evaluate], zone_of: Callable[[Profile], tzinfo]) -> NextDay | None:
    """When the comparison may turn next; None when that is not known."""
    whole = _united(course(comparison.left), course(comparison.right), -1)
    if whole is None:
        return None
    left, right = function(comparison.left), function(comparison.right)
    dates = [function(of) for of in whole.dates]

    def change(p: Profile, at: int, v: Any) -> int:
        zone = zone_of(p)
        today = day_of(at, zone)
        found = [_begins(today, whole.steps)] if whole.steps else []
        if whole.per_day:
            one, other = left(p, at, None, v), right(p, at, None, v)
            if one is not None and other is not None:
                days = (other - one) / whole.per_day
                found += [today + math.ceil(days - SLACK), today + math.floor(days + SLACK) + 1]
        for of in dates:
            day = of(p, at, None, v)
            if day is not None:
                found.append(DATED["anniversary"](day, today))
        day = min((day for day in found if day > today), default=None)
        return INFINITY if day is None else max(at_clock(day, 0, zone), at + 1)

    return change


def _united(left: Course | None, right: Course | None, sign: int) -> Course | None:
    return None if left is None or right is None else left.plus(right, sign)


def _begins(today: int, steps: int) -> int:
    """The first day of the next year or month."""
    now = to_date(today)
    year, month = (now.year + 1, 1) if STEPS[steps] == "year" or now.month == 12 else (now.year, now.month + 1)
    return to_day(date(year, month, 1)) if year <= YEAR_MAX else INFINITY
