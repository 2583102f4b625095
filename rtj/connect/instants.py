"""Text to instants: RFC 3339 or whole milliseconds to int ms since the epoch, UTC, and dates to days since 1970-01-01."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from rtj.ir.records import Day, Instant

CACHE_MAX = 1 << 17  # texts kept in each half of the cache of instants; all are let go when it is full
MINUTE = 16  # "2026-03-01T10:00" is the minute, the rest are seconds, fraction and zone
EARLIEST_MS = -62_135_596_800_000  # 0001-01-01T00:00:00Z
LATEST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
_MINUTES = {
    f"{mark}{hour:02}:{minute:02}": (hour * 60 + minute) * 60_000 for mark in "Tt " for hour in range(24) for minute in range(60)
}
_TAIL = re.compile(r":(\d\d)(?:\.(\d{1,12}))?(?:([Zz])|([+-])(\d\d):?(\d\d))", re.ASCII)


class Instants:
    """Reads instants with a bounded memory of what it has read: most texts of a file share their minute or their seconds."""

    __slots__ = ("heads", "tails")

    def __init__(self) -> None:
        self.heads: dict[str, int] = {}
        self.tails: dict[str, int] = {}

    def ms(self, value: object) -> int | None:
        """The instant of an RFC 3339 text or of whole epoch milliseconds; None for anything else. Fractions are cut to ms."""
        if type(value) is int:
            return value if EARLIEST_MS <= value <= LATEST_MS else None
        if not isinstance(value, str):
            return None
        head, tail = value[:MINUTE], value[MINUTE:]
        before = self.heads.get(head)
        if before is None:
            before = _head_ms(head)
            if before is None:
                return None
            _keep(self.heads, head, before)
        after = self.tails.get(tail)
        if after is None:
            after = _tail_ms(tail)
            if after is None:
                return None
            _keep(self.tails, tail, after)
        total = before + after
        return total if EARLIEST_MS <= total <= LATEST_MS else None


def _keep(cache: dict[str, int], text: str, value: int) -> None:
    if len(cache) >= CACHE_MAX:
        cache.clear()
    cache[text] = value


def _head_ms(text: str) -> int | None:
    minute = _MINUTES.get(text[10:])
    day = day_of(text[:10])
    return None if minute is None or day is None else day * 86_400_000 + minute


def _tail_ms(text: str) -> int | None:
    if len(text) == 8 and text[7] == "Z" and text[3] == "." and text.isascii():  # the shape that nearly all have
        second, milli = text[1:3], text[4:7]
        if second.isdigit() and milli.isdigit() and second < "60" and text[0] == ":":
            return int(second) * 1000 + int(milli)
    found = _TAIL.fullmatch(text)
    if found is None:
        return None
    second, fraction, _, sign, hours, minutes = found.groups()
    if int(second) > 60:  # a leap second counts as the first of the next minute
        return None
    total = int(second) * 1000 + int(((fraction or "") + "000")[:3])
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        shift = (int(hours) * 60 + int(minutes)) * 60_000
        total += -shift if sign == "+" else shift
    return total


@lru_cache(maxsize=4096)
def day_of(text: str) -> int | None:
    """Days since 1970-01-01 of `YYYY-MM-DD`, or None."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":  # fromisoformat reads weeks too
        return None
    try:
        return dt.date.fromisoformat(text).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


def instant_text(ms: int) -> str:
    """RFC 3339 with milliseconds, UTC: `2026-03-01T10:00:00.000Z`. `ms` must lie in the years 1 to 9999."""
    days, rest = divmod(ms, 86_400_000)
    day = dt.date.fromordinal(days + _EPOCH_DAY)
    second, milli = divmod(rest, 1000)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{day.year:04}-{day.month:02}-{day.day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"


def json_text(value: object) -> str:
    """msgspec's `enc_hook` for instants and dates: RFC 3339, and YYYY-MM-DD."""
    if isinstance(value, Instant):
        return instant_text(value)
    if isinstance(value, Day):
        return instant_text(value * 86_400_000)[:10]
    raise NotImplementedError(type(value))


_SHARED = Instants()


def field_hook(kind: type, value: Any) -> Any:
    """msgspec's `dec_hook` for fields of type instant and date. Raises ValueError for what is neither."""
    if kind is Instant:
        ms = _SHARED.ms(value)
        if ms is None:
            raise ValueError("expected an instant such as 2026-03-01T10:00:00Z")
        return Instant(ms)
    if kind is Day:
        days = value if type(value) is int else day_of(value) if isinstance(value, str) else None
        if days is None:
            raise ValueError("expected a date such as 2026-03-01")
        return Day(days)
    raise NotImplementedError(kind)
