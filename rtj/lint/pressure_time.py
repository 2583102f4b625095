"""How soon a wait can be over, on a calendar of our own: every instant is told in UTC, beginning with a Monday.

A passage begins floating: nothing is known of the day and the hour (`at` is None). The first wait for a clock fixes it. What is
given is what can happen, not a bound below it: a span found with it can be lived through.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from functools import cache
from typing import NamedTuple

from rtj.engine.calendar import INFINITY, month_days, shift, unit_end
from rtj.engine.moments import next_clock, next_day
from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.lang import syntax as s

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = 1_780_272_000_000  # 2026-06-01
BEGINNINGS = 2  # hours of a day at which a passage is looked at, where the hour matters
SOON = 1  # ms: what happens after something else
SHORTEST = {"day": DAY, "week": 7 * DAY, "month": 28 * DAY, "quarter": 89 * DAY, "year": 365 * DAY}
LONGEST = SHORTEST | {"month": 31 * DAY, "quarter": 92 * DAY, "year": 366 * DAY}


class Passed(NamedTuple):
    """A wait that took `ms`; `at` is the instant then, None while floating."""

    ms: int
    at: int | None


def waited(ms: int, at: int | None) -> Passed:
    return Passed(ms, None if at is None else at + ms)


def length_ms(length: ir.Length, at: int | None = None) -> int:
    """An exact length, or calendar steps from `at`; the shortest there are when that is not known, without changes of clocks."""
    if length.days == length.months == 0:
        return length.ms
    if at is not None:
        return shift(at, length, 1, UTC) - at
    return length.days * DAY + _shortest_months(length.months) * DAY


def written_ms(length: s.Length) -> int:
    """The same of a length as it is written."""
    return length_ms(ir.Length(length.ms, length.days, length.months))


@cache
def _shortest_months(months: int) -> int:
    """The fewest days that so many months have."""
    days = [month_days(2025, month) for month in range(1, 13)]
    years, rest = divmod(months, 12)
    return years * 365 + min(sum(days[(first + n) % 12] for n in range(rest)) for first in range(12))


def computed_ms(value: ir.Expr) -> int | None:
    """The shortest that a computed length can be; None when it hangs on facts."""
    match value:
        case ir.Const(value=int(ms), type="duration"):
            return max(ms, 0)
        case ir.Choose(then=then, otherwise=otherwise):
            ways = (computed_ms(then), computed_ms(otherwise))
            return min((way for way in ways if way is not None), default=None)
        case _:
            return None


def until(moment: irj.Moment, at: int | None, days: range) -> Iterator[Passed]:
    """The ways in which a wait for a clock can be over. A moment that hangs on facts, or has a zone of its own, gives none.
    `days`: on which weekdays a floating passage may find itself."""
    if moment.clock is None or moment.on is not None or moment.zone is not None:
        return
    if at is not None:
        if moment.days:
            then = next_day(at, moment.days, (moment.clock, moment.to), UTC, int(moment.next))
        else:
            then = next_clock(at, moment.clock, moment.to, UTC)
        if then < INFINITY:
            yield Passed(then - at, then)
        return
    for day in moment.days or days:
        start = MONDAY + day * DAY + moment.clock * MINUTE
        yield Passed(SOON, start)
        if moment.to is not None and not moment.next:
            yield Passed(0, start + ((moment.to - moment.clock) % (24 * 60) or 24 * 60) * MINUTE - MINUTE)


def is_within(span: int, last: int | None, limit: s.AtMost) -> bool:
    """Do two things `span` apart, the later one at `last`, fall into one window of a cap?"""
    if limit.unit is None:
        return limit.length is not None and span < written_ms(limit.length)
    if last is None:
        return span < SHORTEST[limit.unit]
    return unit_end(last - span, limit.unit, UTC) > last


def window_ms(limit: s.AtMost) -> int:
    """How long a window of a cap is at most."""
    if limit.unit is not None:
        return LONGEST[limit.unit]
    return written_ms(limit.length) if limit.length is not None else 0


class Quiet(NamedTuple):
    """Quiet hours: minutes after midnight, and the weekdays on which they begin (all when empty)."""

    start: int
    end: int
    holds: bool
    days: tuple[int, ...] = ()

    @property
    def ms(self) -> int:
        return (self.end - self.start) % (24 * 60) * MINUTE

    def held(self, at: int) -> int:
        """How long a message of this instant is held; 0: not at all."""
        for day in (at // DAY * DAY - DAY, at // DAY * DAY):
            start = day + self.start * MINUTE
            if start <= at < start + self.ms and (not self.days or (day - MONDAY) // DAY % 7 in self.days):
                return start + self.ms - at
        return 0

    def hours_outside(self, days: range) -> Iterator[int]:
        """Some instants at which messages go out at once: the end of the quiet hours, and from there to their beginning."""
        for day in days:
            first = MONDAY + day * DAY + self.end * MINUTE
            yield from range(first, first + DAY - self.ms, (DAY - self.ms) // BEGINNINGS)


def quiet_of(hours: s.QuietHours | None) -> Quiet | None:
    if hours is None:
        return None
    return Quiet(hours.start.minutes, hours.end.minutes, hours.then == "hold", hours.days)
