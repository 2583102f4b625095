"""When may a condition change through time alone? (S4.2)

Each part of a condition that follows the clock gives a function (profile, instant, names) -> the next instant, after the given
one, at which that part may change; the smallest of them is when the condition is looked at again. A part may name an instant
at which nothing changes; it never misses one at which something does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import Any, TypeAlias

from rtj.engine.calendar import DAY_MS, INFINITY, day_of, local, next_hour, next_midnight, shift, to_date, to_instant
from rtj.engine.codegen import ExprCompiler
from rtj.engine.functions import DATED, ZONED
from rtj.engine.sliding import Sliding
from rtj.engine.state import Profile
from rtj.engine.tables import Fixed, Tables, table_fact
from rtj.engine.turning import next_turn
from rtj.engine.windows import AggregateMachine
from rtj.ir.expr import Attribute, Binary, Call, Const, Each, Expr, Held, History, Items, Member, Now, Row, Shift
from rtj.ir.functions import FUNCTIONS
from rtj.ir.walk import names_read, walk

NextChange: TypeAlias = Callable[[Profile, int, Any], int]
ZoneOf: TypeAlias = Callable[[Profile], tzinfo]

HALF_HOUR_MS = 1_800_000
_FALLS = {">=": False, "<": False, ">": True, "<=": True}  # is it asked whether the value is over the limit, or at least it?
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def reads_now(expr: Expr) -> bool:
    return any(isinstance(part, Now) for part in walk(expr))


class Changes:
    """Finds the parts of a condition that follow the clock."""

    def __init__(
        self,
        compiler: ExprCompiler,
        aggregates: dict[str, AggregateMachine],
        trackers: dict[str, int],
        tables: Tables,
        zone: ZoneOf,
    ) -> None:
        self._compiler, self._aggregates, self._trackers, self._zone = compiler, aggregates, trackers, zone
        self._tables = tables

    def of(self, expr: Expr) -> tuple[NextChange, ...]:
        """One function per part of `expr` that follows the clock; empty when time alone changes nothing."""
        return tuple(self._find(expr))

    def _find(self, expr: Expr) -> Iterator[NextChange]:
        own = _items(expr)
        told: Counter[int] = Counter()  # parts that the comparison around them has told of
        for part in walk(expr):
            if told[id(part)]:
                told[id(part)] -= 1
                continue
            match part:
                case Binary(op=op, left=Attribute(name=name) as value, right=Const(value=int() | float() as limit)) if (
                    op in _FALLS and isinstance(aggregate := self._aggregates.get(name), Sliding)
                ):
                    told[id(value)] += 1
                    yield aggregate.falls(limit, over=_FALLS[op])
                case Attribute(name=name) | History(aggregate=name) if name in self._aggregates:
                    window = self._aggregates[name].spec.window
                    if window.over is not None or window.this is not None:
                        yield self._window(self._aggregates[name])
                case Held(tracker=tracker):
                    yield self._held(self._trackers[tracker], part)
                case Row(table=table, key=key):
                    rows = self._tables.of(table)
                    if isinstance(rows, Fixed) and rows.is_dated:
                        yield self._row(rows, None if names_read(key) & own else key)
                case Call(function="quintile", args=(value, Items(items=bounds))) if reads_now(value):
                    for bound in bounds:
                        yield from self._comparison(Binary(">=", value, bound))
                case Call() if grain := _grain_of(part):
                    yield self._grain(grain)
                case Binary(op=op) if op in _COMPARISONS and not names_read(part) & own and (turn := self._turn(part)):
                    told.update(id(inner) for inner in walk(part) if _grain_of(inner))
                    yield turn
                case Binary(op=op) if op in _COMPARISONS and reads_now(part):
                    yield from self._comparison(part)
                case _:
                    pass

    def _window(self, aggregate: AggregateMachine) -> NextChange:
        return lambda p, at, _: aggregate.next_change(p, at)

    def _row(self, rows: Fixed, key: Expr | None) -> NextChange:
        """When another row comes to hold for the key; for any key, where it is that of an item of a list."""
        if key is None:
            return lambda _p, at, _v: rows.next_of_any(at)
        of = self._compiler.function(key)
        return lambda p, at, v: rows.next_change(of(p, at, None, v), at)

    def _held(self, slot: int, part: Held) -> NextChange:
        def change(p: Profile, at: int, _: Any) -> int:
            since = p.held[slot] if p.held is not None else None
            due = INFINITY if since is None else shift(since, part.length, 1, self._zone(p))
            return due if due > at else INFINITY

        return change

    def _grain(self, grain: str) -> NextChange:
        step = next_hour if grain == "hour" else next_midnight
        return lambda p, at, _: step(at, self._zone(p))

    def _turn(self, part: Binary) -> NextChange | None:
        """Of a comparison that follows the date alone, on which day it may turn; None of any other."""
        if not any(_grain_of(inner) for inner in walk(part)):
            return None
        return next_turn(part, self._compiler.function, self._zone)

    def _comparison(self, part: Binary) -> Iterator[NextChange]:
        """`now() + a < b` flips where now is b - a, or one millisecond later."""
        sign = _sign(part.left) - _sign(part.right)
        if sign == 0:
            return
        left, right = (self._compiler.function(_without_now(side)) for side in (part.left, part.right))
        if _shifts_now(part.left) or _shifts_now(part.right):
            yield self._calendar(self._compiler.function(_other_side(part)))
            return

        def change(p: Profile, at: int, v: Any) -> int:
            a, b = left(p, at, None, v), right(p, at, None, v)
            if a is None or b is None:
                return INFINITY
            flip = math.ceil((b - a) * sign)
            return flip if flip > at else flip + 1 if flip + 1 > at else INFINITY

        yield change

    def _calendar(self, other: Callable[..., Any]) -> NextChange:
        """`now() - 1 month >= x`: months end early, so it may flip at any midnight and whenever the clock shows the time of x."""

        def change(p: Profile, at: int, v: Any) -> int:
            zone = self._zone(p)
            value = other(p, at, None, v)
            found = [next_midnight(at, zone)]
            if value is not None:
                clock = local(value, zone).time()
                for day in (0, 1):
                    date = to_date(day_of(at, zone) + day)
                    when = to_instant(local(at, zone).combine(date, clock), zone)
                    found += [when, when + 1]
                if self._clock_changes(value, at, zone):
                    found.append(at - at % HALF_HOUR_MS + HALF_HOUR_MS)
            return min(when for when in found if when > at)

        return change

    @staticmethod
    def _clock_changes(value: int, at: int, zone: tzinfo) -> bool:
        """Do clocks change near the value, or within a day of now? They do so at whole or half hours, and may skip the value."""
        ends = (value - DAY_MS // 8, value + DAY_MS // 8), (at - DAY_MS // 8, at + DAY_MS + DAY_MS // 8)
        return any(local(start, zone).utcoffset() != local(end, zone).utcoffset() for start, end in ends)


def _grain_of(part: Expr) -> str:
    """The part of the calendar as which a call follows the clock; "" when it does not."""
    if not isinstance(part, Call):
        return ""
    function = FUNCTIONS[part.function]
    return function.grain if function.reads_clock or any(reads_now(each) for each in part.args) else ""


def _sign(expr: Expr) -> int:
    """How often the clock is in a sum: 1, 0 or -1."""
    match expr:
        case Now():
            return 1
        case Binary(op="+", left=left, right=right):
            return _sign(left) + _sign(right)
        case Binary(op="-", left=left, right=right):
            return _sign(left) - _sign(right)
        case Shift(of=of):
            return _sign(of)
        case _:
            return 0


def _without_now(expr: Expr) -> Expr:
    match expr:
        case Now():
            return Const(0, "instant")
        case Binary(op="+" | "-" as op, left=left, right=right):
            return Binary(op, _without_now(left), _without_now(right))
        case _:
            return expr


def _shifts_now(expr: Expr) -> bool:
    match expr:
        case Shift(of=of):
            return _sign(of) != 0
        case Binary(op="+" | "-", left=left, right=right):
            return _shifts_now(left) or _shifts_now(right)
        case _:
            return False


def _other_side(part: Binary) -> Expr:
    return part.right if _sign(part.left) else part.left


def audiences_read(expr: Expr) -> Iterator[str]:
    return (part.audience for part in walk(expr) if isinstance(part, Member))


def _items(expr: Expr) -> frozenset[str]:
    """The names that stand for an item of a list, or for an event of the history."""
    return frozenset(part.item for part in walk(expr) if isinstance(part, Each)) | {"event"}


def attributes_read(expr: Expr) -> Iterator[str]:
    """Attributes and aggregates by name, tables as `table_fact` calls them."""
    for part in walk(expr):
        match part:
            case Attribute(name=name) | History(aggregate=name):
                yield name
            case Row(table=table):
                yield table_fact(table)
            case _:
                pass


def reads_zone(expr: Expr, aggregates: dict[str, AggregateMachine]) -> bool:
    """May the value be another in another time zone?"""
    for part in walk(expr):
        match part:
            case Shift() | Call(function="today"):
                return True
            case Call(function=function) if function in ZONED or function in DATED:
                return True
            case Held(length=length) if length.days or length.months:
                return True
            case Attribute(name=name) | History(aggregate=name) if name in aggregates and aggregates[name].is_calendar:
                return True
            case _:
                pass
    return False


def trackers_read(expr: Expr) -> Iterator[str]:
    return (part.tracker for part in walk(expr) if isinstance(part, Held))
