"""Values worth trying: those next to which a condition changes its mind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

from rtj.engine.calendar import DAY_MS, HOUR_MS, day_of, local, to_instant
from rtj.ir import expr as ir
from rtj.ir.expr import Expr
from rtj.ir.walk import walk
from rtj.logic.domains import PRESENT, Domain

BASE_MS = 1_772_452_800_000  # 2026-03-02T12:00Z, a monday: the instant at which examples play
SECOND_MS = 1_000
VALUES_MAX = 24  # values of one term
CLOCKS_MAX = 60  # instants at which conditions are looked at that ask the clock
MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class Constants:
    """The constants of conditions, sorted. `lengths`: exact lengths and calendar steps in ms, about; `asks_clock`: the day or the
    hour is asked."""

    numbers: tuple[int | float, ...]
    texts: tuple[str, ...]
    instants: tuple[int, ...]
    dates: tuple[int, ...]
    lengths: tuple[int, ...]
    asks_clock: bool


def constants_of(exprs: Iterable[Expr], calls: Iterable[str]) -> Constants:
    """Collect the constants; `calls` are the functions that ask the calendar."""
    found: dict[str, set[Any]] = {name: set() for name in ("number", "string", "instant", "date", "duration")}
    asks = False
    clocked = frozenset(calls)
    for part in (part for e in exprs for part in walk(e)):
        match part:
            case ir.Const(value=value, type=kind) if kind in found:
                found[kind].add(value)
            case ir.Shift(length=length):
                found["duration"].add(length.ms + (length.days + length.months * MONTH_DAYS) * DAY_MS)
            case ir.Call(function=function):
                asks = asks or function in clocked
            case _:
                pass
    kinds = [tuple(sorted(found[name])) for name in ("number", "string", "instant", "date", "duration")]
    return Constants(kinds[0], kinds[1], kinds[2], kinds[3], kinds[4], asks)


def candidates(kind: ir.Type | None, domain: Domain, known: Constants, zone: tzinfo) -> list[Any]:
    """Values of a type that lie in a domain, the most telling first, null last."""
    if kind is None:
        return [True, None] if domain.null else [True]
    fitting = (value for value in _all(kind, domain, known, zone) if domain.some.has(value))
    found = list(islice(dict.fromkeys(fitting), VALUES_MAX))
    return [*found, None] if domain.null else found


def clocks(known: Constants, zone: tzinfo) -> list[int]:
    """Instants at which to look: one is enough where only distances from it count."""
    found = [BASE_MS, *(at + by for at in known.instants for by in (0, -SECOND_MS, SECOND_MS))]
    if known.asks_clock:
        start = local(BASE_MS, zone).replace(tzinfo=None, minute=0)
        edges = {int(n) + by for n in known.numbers for by in (0, -1) if 0 <= n + by <= 23}
        hours = sorted(edges | {9, 21})
        found += [to_instant(start.replace(hour=hour), zone) for hour in hours]
        found += [at + day * DAY_MS for day in range(1, 7) for at in [BASE_MS, *found[-len(hours) :]]]
    return list(dict.fromkeys(found))[:CLOCKS_MAX]


def _all(kind: ir.Type, domain: Domain, known: Constants, zone: tzinfo) -> Iterator[Any]:
    only = domain.some.only
    if only is not None:
        yield from sorted(map(_tidy, only))
    match kind:
        case ir.OneOf(values=values):
            yield from values
        case ir.Scalar(name="bool"):
            yield from (True, False)
        case ir.Scalar(name="string"):
            yield from (*known.texts, "other", "")
        case ir.Scalar(name="number"):
            yield from _around(_ends(domain, known.numbers), 1, whole=domain.some.whole)
        case ir.Scalar(name="duration"):
            yield from _around(_ends(domain, known.lengths), SECOND_MS, whole=True)
        case ir.Scalar(name="instant"):
            near = [BASE_MS + sign * length for length in known.lengths for sign in (-1, 1)]
            yield from _around([*near, *known.instants, BASE_MS], SECOND_MS, whole=True)
            yield from (BASE_MS - HOUR_MS, BASE_MS - DAY_MS, BASE_MS + DAY_MS)
        case ir.Scalar(name="date"):
            today = day_of(BASE_MS, zone)
            near = [today + sign * (length // DAY_MS) for length in known.lengths for sign in (-1, 1)]
            yield from _around([*near, *known.dates, today], 1, whole=True)
        case ir.ListOf(item=item):
            inner = list(islice(_all(item, PRESENT, known, zone), VALUES_MAX))
            yield from ((value,) for value in inner)
            yield from ((), tuple(inner[:2]))
        case _:
            return


def _ends(domain: Domain, values: Sequence[Any]) -> list[Any]:
    ends = [_tidy(end) for end in (domain.some.low, domain.some.high) if end is not None]
    return [*values, *ends]


def _around(values: Iterable[Any], step: int, *, whole: bool) -> Iterator[Any]:
    """What lies between two, each itself, and what lies next to it."""
    row = sorted(set(values))
    for low, high in pairwise(row):
        middle = (low + high) / 2
        if whole or middle == int(middle) or high - low > 2 * step:
            yield int(middle)
        else:
            yield middle
    yield from row
    yield from (value + step for value in row)
    yield from (value - step for value in row)
    yield from (0, step)


def _tidy(value: Any) -> Any:
    """A number as authors write it: exact fractions are the search's own."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value
