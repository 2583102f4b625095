"""Places in time as tests write them: so long after the start (`+30m`, `+1 day`), or a moment (`2026-03-02T10:00`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from rtj.connect.instants import EARLIEST_MS, LATEST_MS
from rtj.engine.calendar import shift, to_instant
from rtj.engine.functions import duration_text
from rtj.ir.expr import Length

EXAMPLES = "such as +30m, +1d2h, +1 day or 2026-03-02T10:00"
# A Monday morning, in a week without holidays in most places and without a change of clocks anywhere.
DEFAULT_START = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - local to the project

_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE | re.ASCII
)
_PART = re.compile(r"([0-9]{1,9})(ms|s|m|h|d|w)")
_STEPS = re.compile(r"([0-9]{1,5}) ?(day|week|month|quarter|year)s?")
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_STEP = {"day": (1, 0), "week": (7, 0), "month": (0, 1), "quarter": (0, 3), "year": (0, 12)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Time:
    """`sign` times `length` after the start, or a `moment`; one without a zone is local to the project."""

    length: Length = field(default_factory=Length)
    sign: int = 1
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """What places in time are counted from and where."""

    start: int
    zone: tzinfo


def read_time(text: str) -> Time | None:
    """Read a place in time; None for what is none."""
    body = text.strip()
    if body[:1] in ("+", "-") and body[1:2].isdigit():
        length = _length(body[1:])
        return None if length is None else Time(length, -1 if body[0] == "-" else 1)
    if not _MOMENT.fullmatch(body):
        return None
    try:
        return Time(moment=datetime.fromisoformat(body.upper()))
    except ValueError:
        return None


def _length(body: str) -> Length | None:
    steps = _STEPS.fullmatch(body)
    if steps is not None:
        days, months = _STEP[steps[2]]
        return Length(days=days * int(steps[1]), months=months * int(steps[1]))
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        return None
    ms = sum(int(number) * _MS[unit] for number, unit in parts)
    return Length(ms=ms) if ms <= LATEST_MS else None


def instant_of(time: Time, clock: Clock) -> int | None:
    """The instant in ms; None outside the years 1 to 9999."""
    if time.moment is None:
        ms = shift(clock.start, time.length, time.sign, clock.zone)
    elif time.moment.tzinfo is None:
        ms = to_instant(time.moment, clock.zone)
    else:
        ms = (time.moment - _EPOCH) // timedelta(milliseconds=1)
    return ms if EARLIEST_MS <= ms <= LATEST_MS else None


def offset_text(ms: int, start: int) -> str:
    """`+1d2h`: how long after the start an instant lies."""
    since = ms - start
    return duration_text(since) if since < 0 else f"+{duration_text(since)}"
