"""The functions of the language (`rtj.ir.functions` has their meaning) and the operators with their null rules.

Arguments are run-time values; `zone` is the profile's, `at` the instant being worked. None of them raises.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import msgspec

from rtj.engine import matching
from rtj.engine.calendar import day_of, iso, local, to_date, to_day
from rtj.ir.functions import BOUNDS, LIST_MAX, WEEKDAYS

Value = Any
INFINITIES = (math.inf, -math.inf)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?")
_UNITS = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


# ---- operators: null in, null out; comparisons with null are false; nothing overflows


def tidy(value: Value) -> Value:
    """A number that left the doubles is no number."""
    return None if value in INFINITIES or math.isnan(value) else value


def add(left: Value, right: Value) -> Value:
    try:
        return tidy(left + right) if type(left) is float or type(right) is float else left + right
    except (TypeError, OverflowError):
        return None


def subtract(left: Value, right: Value) -> Value:
    try:
        return tidy(left - right) if type(left) is float or type(right) is float else left - right
    except (TypeError, OverflowError):
        return None


def multiply(left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return tidy(left * right)
    except OverflowError:
        return None


def divide(left: Value, right: Value) -> Value:
    """Exact when both are whole and it comes out even; division by zero is null."""
    if left is None or right is None or right == 0:
        return None
    try:
        if type(left) is int and type(right) is int and left % right == 0:
            return left // right
        return tidy(left / right)
    except OverflowError:
        return None


def negate(value: Value) -> Value:
    return None if value is None else -value


def less(left: Value, right: Value) -> bool:
    return left is not None and right is not None and left < right


def at_most(left: Value, right: Value) -> bool:
    return left is not None and right is not None and left <= right


def within(value: Value, items: Value) -> bool:
    return items is not None and value in items


def item(items: Value, index: Value) -> Value:
    """Zero-based; outside of the list is null."""
    if items is None or type(index) is not int or not -len(items) <= index < len(items):
        return None
    return items[index]


def is_empty(value: Value) -> bool:
    return value is None or value == "" or value == ()


def unset(value: Value) -> Value:
    """A field that the event did not carry reads as null."""
    return None if value is msgspec.UNSET else value


def total(values: Iterable[Value]) -> Value:
    """The exact sum of whole numbers, the correctly rounded one of others (S3.3); nulls do not count."""
    known = [v for v in values if v is not None]
    if {int}.issuperset(map(type, known)):
        return sum(known)
    return rounded_sum(known)


def rounded_sum(numbers: Iterable[float]) -> Value:
    """The correctly rounded sum of doubles, which hangs on no order."""
    try:
        return tidy(math.fsum(numbers))
    except (OverflowError, ValueError):
        return None


def mean(values: Iterable[Value]) -> Value:
    known = [v for v in values if v is not None]
    return divide(total(known), len(known)) if known else None


def smallest(values: Iterable[Value]) -> Value:
    return min((v for v in values if v is not None), default=None)


def largest(values: Iterable[Value]) -> Value:
    return max((v for v in values if v is not None), default=None)


# ---- chance


def chance(salt: str | None, key: str) -> float:
    """A number in [0, 1) that depends on nothing but the two texts (S9.1): 53 bits of BLAKE2b."""
    text = json.dumps([salt or "", key], ensure_ascii=False, separators=(",", ":"))
    return (int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 11) / (1 << 53)


# ---- texts


def _round(number: Value, digits: Value = 0) -> Value:
    places = min(max(int(digits), -15), 15)
    rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if abs(number) < 1e21 else Decimal(number)
    return int(rounded) if places <= 0 else float(rounded)


def _number(text: str) -> Value:
    spelled = text.strip()
    if not _NUMBER.fullmatch(spelled) or not spelled.isascii() or len(spelled) > 400:
        return None
    value = tidy(float(spelled))
    if spelled.lstrip("+-").isdigit():
        return int(spelled)
    return int(value) if value is not None and value.is_integer() and abs(value) < 1e15 else value


def to_text(value: Value, kind: str) -> str:
    """A value of the named type as people read it."""
    match kind:
        case "instant":
            return iso(value)
        case "date":
            return to_date(value).isoformat()
        case "duration":
            return duration_text(value)
        case "bool":
            return "true" if value else "false"
        case "list" | "record":
            return msgspec.json.encode(value, order="sorted").decode()
    return value if isinstance(value, str) else number_text(value)


def number_text(value: Value) -> str:
    """The shortest decimal form; a whole number without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else repr(value)


def duration_text(ms: int) -> str:
    """`1d2h`: the largest units first."""
    parts = ["-"] if ms < 0 else []
    rest = abs(ms)
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts) or "0s"


# ---- calendar


def _date(value: Value, zone: tzinfo) -> Value:
    if isinstance(value, str):
        try:
            return to_day(date.fromisoformat(value)) if len(value) == 10 else None
        except ValueError:
            return None
    return day_of(value, zone)


def _anniversary(day: int, today: int) -> int:
    when, year = to_date(day), to_date(today).year
    try:
        return to_day(when.replace(year=year))
    except ValueError:
        return to_day(date(year, 2, 28))


def _age(day: int, today: int) -> int:
    return to_date(today).year - to_date(day).year - (today < _anniversary(day, today))


def _contains(value: Value, part: Value) -> bool:
    if value is None or (part is None and isinstance(value, str)):
        return False
    return part in value


def _append(items: Value, value: Value) -> tuple[Value, ...]:
    kept = tuple(items or ())
    return kept if value is None else (*kept, value)[-LIST_MAX:]


def _join(items: Sequence[Value], separator: str) -> str:
    return separator.join(i for i in items if i is not None)


def _quintile(value: Value, bounds: Sequence[Value]) -> Value:
    if len(bounds) != BOUNDS or None in bounds:
        return None
    if bounds[0] > bounds[-1]:
        value, bounds = -value, [-bound for bound in bounds]
    if any(low > high for low, high in pairwise(bounds)):
        return None
    return 1 + bisect_right(bounds, value)


PLAIN: dict[str, Callable[..., Value]] = {
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "length": len,
    "fold": matching.fold,
    "digits": matching.digits,
    "sorted_words": matching.sorted_words,
    "soundex": matching.soundex,
    "left": lambda text, length: text[: max(0, int(min(length, len(text))))],
    "replace": lambda text, part, by: text.replace(part, by) if part else text,
    "split": lambda text, separator: tuple(text.split(separator)) if separator else (text,),
    "join": _join,
    "text": to_text,
    "number": _number,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "abs": abs,
    "min": min,
    "max": max,
    "quintile": _quintile,
    "mod": lambda number, divisor: None if divisor == 0 else tidy(number % divisor),
    "days_between": lambda start, end: end - start,
    "hours_between": lambda start, end: divide(end - start, 3_600_000),
    "weekday": lambda day: WEEKDAYS[to_date(day).weekday()],
    "day": lambda day: to_date(day).day,
    "month": lambda day: to_date(day).month,
    "year": lambda day: to_date(day).year,
}
"""Functions of their arguments alone; a null argument makes the result null."""

TOTAL: dict[str, Callable[..., Value]] = {
    "contains": _contains,
    "starts_with": lambda text, start: text is not None and start is not None and text.startswith(start),
    "ends_with": lambda text, end: text is not None and end is not None and text.endswith(end),
    "append": _append,
}
"""Functions of their arguments alone that say themselves what a null does."""

ZONED: dict[str, Callable[..., Value]] = {
    "date": _date,
    "hour": lambda instant, zone: local(instant, zone).hour,
}
"""Functions that also take the profile's zone, last."""

DATED: dict[str, Callable[..., Value]] = {"anniversary": _anniversary, "age": _age}
"""Functions that also take today's date, last."""


def lifted(function: Callable[..., Value]) -> Callable[..., Value]:
    """The same function, with null for a null argument."""

    def call(*args: Value) -> Value:
        return None if None in args else function(*args)

    return call


OPERATORS: dict[str, Callable[..., Value]] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "negate": negate,
    "less": less,
    "at_most": at_most,
    "within": within,
    "item": item,
    "is_empty": is_empty,
    "unset": unset,
    "total": total,
    "mean": mean,
    "smallest": smallest,
    "largest": largest,
    "chance": chance,
    "day_of": day_of,
    **{f"call_{name}": lifted(f) for name, f in (PLAIN | ZONED | DATED).items()},
    **{f"call_{name}": f for name, f in TOTAL.items()},
}
"""What generated code may call."""
