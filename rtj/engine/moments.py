"""When a calendar wait ends and a schedule comes round (S1.1, S5.1, S6.3)."""

from __future__ import annotations

from datetime import date, tzinfo

from rtj.engine.calendar import INFINITY, at_clock, day_of, month_days, shift_day, to_date, to_day
from rtj.ir.expr import Length
from rtj.ir.journey import OnSchedule

SEARCH_DAYS_MAX = 366 * 5  # a schedule that finds no day in five years has none


def next_clock(at: int, minute: int, until: int | None, zone: tzinfo) -> int:
    """The next instant, now included, at which the clock shows `minute`; now if it stands inside the window up to `until`."""
    today = day_of(at, zone)
    if any(_is_inside(at, day, minute, until, zone) for day in (today - 1, today)):
        return at
    start = at_clock(today, minute, zone)
    return start if start >= at else at_clock(today + 1, minute, zone)


def _is_inside(at: int, day: int, minute: int, until: int | None, zone: tzinfo) -> bool:
    """Does now stand in the window that opens on that day? `22:00 to 06:00` ends on the next one."""
    if until is None:
        return False
    return at_clock(day, minute, zone) <= at < at_clock(day + (until <= minute), until, zone)


def next_day(at: int, days: tuple[int, ...], clock: tuple[int, int | None], zone: tzinfo, first: int) -> int:
    """The next of these weekdays (0 monday) at a clock time, now included; `first` 1 leaves today out."""
    minute, until = clock
    today = day_of(at, zone)
    for day in range(today - 1 + 2 * first, today + 15):
        if to_date(day).weekday() not in days:
            continue
        if not first and _is_inside(at, day, minute, until, zone):
            return at
        start = at_clock(day, minute, zone)
        if start >= at:
            return start
    return INFINITY


def next_occurrence(spec: OnSchedule, zone: tzinfo, at: int) -> int:
    """The first instant of a schedule that is not before `at`."""
    if spec.unit == "once":
        when = at_clock(_day(spec.date), spec.clock, zone)
        return when if when >= at else INFINITY
    start = _day(spec.starting) if spec.starting else None
    if spec.unit == "exact":
        anchor = at_clock(start, spec.clock, zone) if start is not None else 0
        return max(anchor, at + (anchor - at) % spec.ms)
    today = day_of(at, zone) - 1
    first = today if start is None else max(today, start)
    for day in range(first, first + SEARCH_DAYS_MAX):
        if _comes_round(spec, day, start):
            when = at_clock(day, spec.clock, zone)
            if when >= at:
                return when
    return INFINITY


def _day(text: str | None) -> int:
    return to_day(date.fromisoformat((text or "1970-01-01")[:10]))


def _comes_round(spec: OnSchedule, day: int, start: int | None) -> bool:
    when = to_date(day)
    anchor = to_date(start if start is not None else 0)
    match spec.unit:
        case "day":
            return (day - (start or 0)) % spec.every == 0
        case "week":
            monday = day - when.weekday()
            base = (start or 0) - anchor.weekday()
            weekdays = spec.days or (anchor.weekday(),)
            return when.weekday() in weekdays and (monday - base) // 7 % spec.every == 0
        case "month":
            return _months(when, anchor) % spec.every == 0 and _day_of_month(spec, when, anchor)
        case _:
            return (when.year - anchor.year) % spec.every == 0 and day == shift_day(
                to_day(anchor), Length(months=12 * (when.year - anchor.year)), 1
            )


def _months(when: date, anchor: date) -> int:
    return (when.year - anchor.year) * 12 + when.month - anchor.month


def _day_of_month(spec: OnSchedule, when: date, anchor: date) -> bool:
    last = month_days(when.year, when.month)
    if spec.dates:
        return any(when.day == (last if d == -1 else d) for d in spec.dates)
    if spec.nth:
        return any(_is_nth(when, n, weekday, last) for n, weekday in spec.nth)
    return when.day == min(anchor.day, last)


def _is_nth(when: date, nth: int, weekday: int, last: int) -> bool:
    if when.weekday() != weekday:
        return False
    return when.day + 7 > last if nth == -1 else (when.day - 1) // 7 + 1 == nth
