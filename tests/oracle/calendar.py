"""Local time, written plainly (S1.1): instants are ms since the epoch in UTC, days are dates."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rtj.ir.expr import Length

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1)
HOUR = 3_600_000
DAY = 24 * HOUR


def rfc3339(ms: int) -> str:
    when = EPOCH + timedelta(milliseconds=ms)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def zone_named(name: object, otherwise: str) -> ZoneInfo:
    """The zone of that name; an unknown one falls back (D14)."""
    try:
        return ZoneInfo(str(name)) if name else ZoneInfo(otherwise)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(otherwise)


def local(ms: int, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone).replace(tzinfo=None)


def local_date(ms: int, zone: ZoneInfo) -> date:
    return local(ms, zone).date()


def instant(wall: datetime, zone: ZoneInfo) -> int:
    """The earlier instant at which the wall shows that; where it never does, the first instant after the gap."""
    found = (wall.replace(tzinfo=zone, fold=0).astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)
    if local(found, zone) == wall:
        return found
    low, high = found - 25 * HOUR, found
    while low < high:
        middle = (low + high) // 2
        if local(middle, zone) >= wall:
            high = middle
        else:
            low = middle + 1
    return low


def at_clock(day: date, minute: int, zone: ZoneInfo) -> int:
    """The instant at which it is `minute` minutes after midnight of that day."""
    return instant(datetime.combine(day, time()) + timedelta(minutes=minute), zone)


def step_date(day: date, length: Length, sign: int = 1) -> date:
    """A date some months and days away; months end early where the day is missing."""
    months = day.year * 12 + day.month - 1 + sign * length.months
    year, month = months // 12, months % 12 + 1
    moved = date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
    return moved + timedelta(days=sign * length.days)


def shift(ms: int, length: Length, zone: ZoneInfo, sign: int = 1) -> int:
    """An instant some length away: exact, or by calendar steps on the local clock."""
    if not length.days and not length.months:
        return ms + sign * length.ms
    wall = local(ms, zone)
    return instant(datetime.combine(step_date(wall.date(), length, sign), wall.time()), zone)


def unit_start(ms: int, unit: str, zone: ZoneInfo) -> int:
    """When the present day, week, month, quarter or year began."""
    today = local_date(ms, zone)
    if unit == "week":
        today -= timedelta(days=today.weekday())
    elif unit == "month":
        today = today.replace(day=1)
    elif unit == "quarter":
        today = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    elif unit == "year":
        today = today.replace(month=1, day=1)
    return at_clock(today, 0, zone)


def day_number(day: date) -> int:
    return (day - EPOCH_DAY).days


def from_day_number(number: int) -> date:
    return EPOCH_DAY + timedelta(days=number)
