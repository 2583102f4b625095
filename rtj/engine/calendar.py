"""Calendar arithmetic in a time zone (S1.1). Instants are whole milliseconds UTC, days are counted from 1970-01-01."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from rtj.base.zones import ZoneInfo
from rtj.ir.expr import Length

INFINITY = 1 << 62  # later than every instant
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
ZONES_MAX = 1024  # cached zones; the tz database has about 600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MS = timedelta(milliseconds=1)


@lru_cache(maxsize=ZONES_MAX)
def find_zone(name: str) -> tzinfo | None:
    """The zone of that name, or None when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def local(ms: int, zone: tzinfo) -> datetime:
    """The wall clock at an instant. Instants outside the years 1-9999 are held at the ends."""
    try:
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)
    except OverflowError:
        end = datetime.max if ms > 0 else datetime.min
        return end.replace(tzinfo=zone)


def to_instant(wall: datetime, zone: tzinfo) -> int:
    """The instant of a naive wall clock: the first one after a gap, the earlier of two (S1.1)."""
    aware = wall.replace(tzinfo=zone, fold=0)
    try:
        first = (aware.astimezone(UTC) - _EPOCH) // _MS
    except OverflowError:
        return INFINITY
    later = aware.utcoffset()
    earlier = aware.replace(fold=1).utcoffset()
    if later == earlier or later is None or earlier is None or later > earlier:
        return first
    # The wall clock was skipped: the gap ends at the transition, which lies between the two readings.
    low = first - (earlier - later) // _MS
    return low if local(low, zone).utcoffset() == earlier else transition(low, first, zone)


def transition(low: int, high: int, zone: tzinfo) -> int:
    """The instant between two at which the clock of the zone is changed, once."""
    before = local(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if local(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def day_of(ms: int, zone: tzinfo) -> int:
    """The local date of an instant."""
    return local(ms, zone).toordinal() - _EPOCH_DAY


def wall(day: int, minute: int) -> datetime:
    """A naive wall clock: so many minutes after midnight of a day."""
    return datetime.combine(to_date(day), datetime.min.time()) + timedelta(minutes=minute)


def at_clock(day: int, minute: int, zone: tzinfo) -> int:
    """The instant at which the clock of a zone shows so many minutes after midnight of a day."""
    if not -719_162 <= day <= 2_932_895:
        return INFINITY if day > 0 else -INFINITY
    return to_instant(wall(day, minute), zone)


def to_date(day: int) -> date:
    """The calendar date of a day number."""
    return date.fromordinal(min(max(day + _EPOCH_DAY, 1), date.max.toordinal()))


def to_day(when: date) -> int:
    """The day number of a calendar date."""
    return when.toordinal() - _EPOCH_DAY


def next_midnight(ms: int, zone: tzinfo) -> int:
    """The first instant of the next local date."""
    return at_clock(day_of(ms, zone) + 1, 0, zone)


def next_hour(ms: int, zone: tzinfo) -> int:
    """The next instant at which the local hour changes."""
    now = local(ms, zone)
    into = now.minute * 60_000 + now.second * 1000 + now.microsecond // 1000
    return ms + HOUR_MS - into


def shift_day(day: int, length: Length, sign: int) -> int:
    """A date moved by calendar steps; a month ends early where the day is missing."""
    moved = to_date(day)
    if length.months:
        months = moved.year * 12 + moved.month - 1 + sign * length.months
        year, month = divmod(months, 12)
        if not 1 <= year <= 9999:
            return to_day(date.max if year > 9999 else date.min)
        moved = date(year, month + 1, min(moved.day, month_days(year, month + 1)))
    return to_day(moved) + sign * length.days


def month_days(year: int, month: int) -> int:
    """How many days a month has."""
    following = date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else date.max + timedelta(0)
    return (following - timedelta(days=1)).day if following != date.max else 31


def shift(ms: int, length: Length, sign: int, zone: tzinfo) -> int:
    """An instant moved by an exact length, or by calendar steps on the local clock."""
    if not length.months and not length.days:
        return ms + sign * length.ms
    now = local(ms, zone)
    day = shift_day(to_day(now.date()), length, sign)
    if not -719_162 <= day <= 2_932_895:
        return INFINITY if day > 0 else -INFINITY
    return to_instant(datetime.combine(to_date(day), now.time().replace(tzinfo=None, fold=0)), zone) + sign * length.ms


def unit_start(ms: int, unit: str, zone: tzinfo) -> int:
    """The first instant of the present day, week (monday), month, quarter or year."""
    today = to_date(day_of(ms, zone))
    match unit:
        case "week":
            today -= timedelta(days=today.weekday())
        case "month":
            today = today.replace(day=1)
        case "quarter":
            today = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            today = today.replace(month=1, day=1)
    return at_clock(to_day(today), 0, zone)


_UNITS = {
    "day": Length(days=1),
    "week": Length(days=7),
    "month": Length(months=1),
    "quarter": Length(months=3),
    "year": Length(months=12),
}


def unit_end(ms: int, unit: str, zone: tzinfo) -> int:
    """The first instant of the next day, week, month, quarter or year."""
    start = to_day(local(unit_start(ms, unit, zone), zone).date())
    return at_clock(shift_day(start, _UNITS[unit], 1), 0, zone)


def iso(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    try:
        when = _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return "9999-12-31T23:59:59.999Z"
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z" if when.year >= 1000 else when.isoformat()
