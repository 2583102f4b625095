"""Instants and lengths in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall_clock(ms: int, zone: tzinfo) -> datetime:
    """The wall clock in `zone` at an instant; what lies outside the years 1-9999 is held at their ends."""
    try:
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)
    except OverflowError:
        return datetime.max.replace(tzinfo=zone) if ms > 0 else datetime.min.replace(tzinfo=zone)


def day_words(day: datetime) -> str:
    """`1 March 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def clock_words(moment: datetime) -> str:
    """`09:30`, or `09:30:05` where there are seconds; their parts are left out."""
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def moment_words(moment: datetime) -> str:
    """`1 March 2026 09:30`."""
    return f"{day_words(moment)} {clock_words(moment)}"


def period_words(first: datetime, last: datetime) -> str:
    """`1 to 14 March 2026`, `on 1 March 2026, 09:30 to 11:00`: no more than is needed to tell the ends."""
    if first.date() == last.date():
        ends = (f"{first:%H:%M}", f"{last:%H:%M}")
        return f"on {day_words(first)}, {ends[0]}" + (f" to {ends[1]}" if ends[0] != ends[1] else "")
    begin = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        begin += f" {MONTHS[first.month - 1]}"
    if first.year != last.year:
        begin += f" {first.year}"
    return f"from {begin} to {day_words(last)}"


def length_words(ms: int) -> str:
    """The two largest units of a length: `42 days`, `3 hours 20 minutes`, `4.2 seconds`."""
    if ms < 60_000:
        return f"{ms / 1000:.1f} seconds" if ms % 1000 and ms < 10_000 else counted(ms // 1000, "second")
    minutes = ms // 60_000
    for size, unit, rest, part in ((1440, "day", 60, "hour"), (60, "hour", 1, "minute"), (1, "minute", 0, "")):
        if minutes >= size:
            left = minutes % size // rest if rest else 0
            whole = counted(minutes // size, unit)
            return f"{whole} {counted(left, part)}" if left and minutes // size < 10 else whole
    return counted(minutes, "minute")


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 person`, `1,204 people`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
