"""Times as people type them: RFC 3339, a date or a local time in the project's zone, or a length after something."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

from rtj.base.errors import UsageError
from rtj.engine.calendar import find_zone, to_instant
from rtj.ir.expr import Length
from rtj.ir.program import Program

Typed: TypeAlias = datetime | Length  # a datetime without zone is local to the project

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.IGNORECASE)
_EXACT = re.compile(r"(\d{1,9})(ms|s|m|h|d|w)")
_CALENDAR = re.compile(r"(\d{1,5}) ?(day|week|month|quarter|year)s?")
_EXACT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_CALENDAR_STEP = {
    "day": Length(days=1),
    "week": Length(days=7),
    "month": Length(months=1),
    "quarter": Length(months=3),
    "year": Length(months=12),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_MS = 253_402_300_799_999  # the last instant of the year 9999


def read_time(option: str, text: str) -> Typed:
    """Read the value of an option. Raises UsageError that names the option and what is wrong."""
    if text.startswith("+"):
        return _read_length(option, text)
    if not _MOMENT.fullmatch(text.strip()):
        raise UsageError(f"{option}: {text!r} is not a time; expected 2026-03-31, 2026-03-31T09:00:00Z or +30d")
    try:
        return datetime.fromisoformat(text.strip().upper())
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} does not exist: {error}") from None


def instant(moment: datetime, zone: tzinfo) -> int:
    """The instant in ms; a moment without zone is read on the wall clock of `zone`."""
    if moment.tzinfo is None:
        return to_instant(moment, zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def zone_of(program: Program) -> tzinfo:
    """The project's zone, UTC when the machine does not know it."""
    return find_zone(program.timezone) or UTC


def _read_length(option: str, text: str) -> Length:
    body = text[1:].strip()
    calendar = _CALENDAR.fullmatch(body)
    if calendar:
        step, number = _CALENDAR_STEP[calendar[2]], int(calendar[1])
        return Length(days=step.days * number, months=step.months * number)
    parts = _EXACT.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        raise UsageError(f"{option}: {text!r} is not a length; expected +30d, +12h, +1h30m or '+1 month'")
    total = sum(int(number) * _EXACT_MS[unit] for number, unit in parts)
    if total > LATEST_MS:
        raise UsageError(f"{option}: {text!r} is longer than 8,000 years")
    return Length(ms=total)
