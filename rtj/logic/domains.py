"""Sets of values: what a term of a condition may be, as an interval, a finite set, and whether it may be missing.

A set is never smaller than the truth: what cannot be said exactly is left in. So "nothing is left" is a proof.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = Any  # str, int, float, bool or tuple; the values of one set are of one type
EMPTY: frozenset[Value] = frozenset()
COUNTED_MAX = 64  # members of an interval of whole numbers that are looked at one by one


@dataclass(frozen=True, slots=True)
class Values:
    """Values that are present. `only`: one of these; otherwise all from `low` to `high` (None: no end; `…_open`: the end is left
    out) but those in `without`. `whole`: whole numbers."""

    low: Value = None
    high: Value = None
    low_open: bool = False
    high_open: bool = False
    whole: bool = False
    only: frozenset[Value] | None = None
    without: frozenset[Value] = EMPTY

    @property
    def empty(self) -> bool:
        return self.only is not None and not self.only

    @property
    def single(self) -> frozenset[Value] | None:
        """The only value that there is, as a set; None when there may be several."""
        if self.only is not None:
            return self.only if len(self.only) == 1 else None
        if self.low is not None and self.high is not None and self.low == self.high:
            return frozenset((self.low,))
        return None

    def has(self, value: Value) -> bool:
        if self.only is not None:
            return value in self.only
        return self._within(value) and value not in self.without

    def _within(self, value: Value) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        if self.high is not None and (value > self.high or (self.high_open and value == self.high)):
            return False
        return not (self.whole and isinstance(value, float) and not value.is_integer())


ALL = Values()
WHOLE = Values(whole=True)
NONE = Values(only=EMPTY)


def one_of(*values: Value) -> Values:
    return Values(only=frozenset(values))


def other_than(*values: Value) -> Values:
    return Values(without=frozenset(values))


def between(low: Value, high: Value, *, whole: bool = True) -> Values:
    """Both ends included."""
    return tidied(Values(low, high, whole=whole))


def compared(op: str, value: Value) -> Values:
    """What stands in this relation to a value."""
    match op:
        case "<":
            return Values(high=value, high_open=True)
        case "<=":
            return Values(high=value)
        case ">":
            return Values(low=value, low_open=True)
        case ">=":
            return Values(low=value)
        case "==":
            return one_of(value)
        case _:
            return other_than(value)


def meet(a: Values, b: Values) -> Values:
    """What is in both."""
    if a is b or b is ALL:
        return a
    if a is ALL:
        return b
    if a.only is not None:
        return Values(only=frozenset(v for v in a.only if b.has(v)))
    if b.only is not None:
        return Values(only=frozenset(v for v in b.only if a.has(v)))
    low, low_open = _inner(a.low, a.low_open, b.low, b.low_open, upper=False)
    high, high_open = _inner(a.high, a.high_open, b.high, b.high_open, upper=True)
    return tidied(Values(low, high, low_open, high_open, a.whole or b.whole, None, a.without | b.without))


def _inner(a: Value, a_open: bool, b: Value, b_open: bool, *, upper: bool) -> tuple[Value, bool]:
    """The end that leaves less."""
    if a is None or b is None:
        return (b, b_open) if a is None else (a, a_open)
    if a == b:
        return a, a_open or b_open
    return (a, a_open) if (a < b) == upper else (b, b_open)


def join(a: Values, b: Values) -> Values:
    """No less than what is in one of them."""
    if a.empty or b.empty:
        return b if a.empty else a
    if a.only is not None and b.only is not None:
        return Values(only=a.only | b.only)
    if a.only is not None or b.only is not None:
        return ALL
    low, high = a.low if _outer(a.low, b.low, upper=False) else b.low, a.high if _outer(a.high, b.high, upper=True) else b.high
    return Values(low, high, whole=a.whole and b.whole)


def _outer(a: Value, b: Value, *, upper: bool) -> bool:
    """Does the first end leave at least as much as the second?"""
    if a is None or b is None:
        return a is None
    return bool(a >= b if upper else a <= b)


def tidied(v: Values) -> Values:
    """The same set with tight ends, `NONE` if nothing is left."""
    if v.only is not None:
        return v
    if v.whole:
        v = _on_whole_ends(v)
    if v.low is None or v.high is None:
        return v
    if v.low > v.high or (v.low == v.high and (v.low_open or v.high_open or v.low in v.without)):
        return NONE
    if v.whole and v.high - v.low < COUNTED_MAX and v.without:
        return Values(only=frozenset(n for n in range(v.low, v.high + 1) if n not in v.without))
    return v


def _on_whole_ends(v: Values) -> Values:
    low, high = v.low, v.high
    if low is not None:
        low = math.floor(low) + 1 if v.low_open else math.ceil(low)
    if high is not None:
        high = math.ceil(high) - 1 if v.high_open else math.floor(high)
    for _ in v.without:  # what is left out at an end moves the end
        low = low + 1 if low is not None and low in v.without else low
        high = high - 1 if high is not None and high in v.without else high
    return Values(low, high, whole=True, without=v.without)


@dataclass(frozen=True, slots=True)
class Domain:
    """What a term may be: missing, if `null`, or one of `some`."""

    null: bool
    some: Values

    @property
    def empty(self) -> bool:
        return not self.null and self.some.empty

    @property
    def open(self) -> bool:
        """May it be anything at all?"""
        return self.null and self.some is ALL


ANYTHING = Domain(True, ALL)
MISSING = Domain(True, NONE)
PRESENT = Domain(False, ALL)
NOWHERE = Domain(False, NONE)
TRUE_OR_FALSE = one_of(True, False)


def both(a: Domain, b: Domain) -> Domain:
    """What is in both."""
    return Domain(a.null and b.null, meet(a.some, b.some))


def either(a: Domain, b: Domain) -> Domain:
    """No less than what is in one of them."""
    return Domain(a.null or b.null, join(a.some, b.some))
