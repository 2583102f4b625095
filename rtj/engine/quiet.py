"""Quiet hours on the local clock: is it quiet now, and when is it over (S7.4)?"""

from __future__ import annotations

from datetime import UTC, timedelta, tzinfo
from functools import lru_cache

from rtj.engine.calendar import DAY_MS, HOUR_MS, INFINITY, at_clock, local, to_day, transition, wall
from rtj.ir.program import QuietHours

STRETCHES_MAX = 16  # that follow each other without a break, where the clock jumps from one into the next
HOURS_MAX = 16_384  # hours of zones whose offset is remembered
MINUTE_MS = 60_000
THURSDAY = 3  # the first day since the epoch
_MS = timedelta(milliseconds=1)


def is_quiet(quiet: QuietHours, at: int, zone: tzinfo) -> bool:
    """Does the clock of the zone stand inside? The start counts, the end does not."""
    offset = _offset(at // HOUR_MS, zone)
    if offset is None:
        offset = _offset_at(at, zone)
    minute = (at + offset) // MINUTE_MS % 1440
    begun_today = minute >= quiet.start
    if quiet.start < quiet.end:
        inside = begun_today and minute < quiet.end
    else:
        inside = begun_today or minute < quiet.end
    if not inside or not quiet.days:
        return inside
    weekday = (at + offset) // DAY_MS + THURSDAY
    return (weekday - (0 if begun_today else 1)) % 7 in quiet.days


@lru_cache(maxsize=HOURS_MAX)
def _offset(hour: int, zone: tzinfo) -> int | None:
    """How far the clock of a zone is ahead of UTC throughout an hour since the epoch, in ms; None if it is changed then."""
    first, last = _offset_at(hour * HOUR_MS, zone), _offset_at((hour + 1) * HOUR_MS, zone)
    return first if first == last else None


@lru_cache(maxsize=HOURS_MAX)
def _runs_on(first: int, last: int, zone: tzinfo) -> bool:
    """Is the clock of a zone changed neither in one hour nor in the other, nor between them?"""
    offset = _offset(first, zone)
    return offset is not None and all(_offset(hour, zone) == offset for hour in range(first + 1, last + 1))


def _offset_at(at: int, zone: tzinfo) -> int:
    ahead = local(at, zone).utcoffset()
    return 0 if ahead is None else ahead // _MS


def release(quiet: QuietHours, at: int, zone: tzinfo) -> int:
    """The first instant after `at`, which is quiet, that is not."""
    for _ in range(STRETCHES_MAX):
        at = _over(quiet, at, zone)
        if at >= INFINITY or not is_quiet(quiet, at, zone):
            return at
    return INFINITY


def _over(quiet: QuietHours, at: int, zone: tzinfo) -> int:
    """The end of the stretch in which `at` lies; or where the clock is put back, if that is sooner and outside."""
    offset = _offset(at // HOUR_MS, zone)
    if offset is not None:  # most often the clock just runs on until then
        since_midnight = (at + offset) % DAY_MS
        after_midnight = quiet.start >= quiet.end and since_midnight >= quiet.start * MINUTE_MS
        end = at - since_midnight + quiet.end * MINUTE_MS + (DAY_MS if after_midnight else 0)
        if end > at and _runs_on(at // HOUR_MS, end // HOUR_MS, zone) and end < INFINITY:
            return end
    now = local(at, zone)
    day = to_day(now.date())
    if quiet.start >= quiet.end and now.hour * 60 + now.minute >= quiet.start:
        day += 1
    end = at_clock(day, quiet.end, zone)
    if end <= at:  # the clock was put back meanwhile: the end comes a second time
        again = wall(day, quiet.end).replace(tzinfo=zone, fold=1).astimezone(UTC)
        end = (again - local(0, UTC)) // _MS
    if end < INFINITY and local(end, zone).utcoffset() != now.utcoffset():
        changed = transition(at, end, zone)
        if not is_quiet(quiet, changed, zone):
            return changed
    return end
