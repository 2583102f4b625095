"""Differences between terms: what `a < b`, `b <= c + 1h` and the bounds of each say together.

The bounds on `a - b` are closed as shortest paths (Floyd and Warshall), in exact arithmetic; a path from a term to itself that
is shorter than nothing is a contradiction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from rtj.ir.expr import Expr
from rtj.logic.domains import Values

TERMS_MAX = 12  # terms compared with each other in one condition; beyond, nothing is concluded

Number: TypeAlias = int | Fraction
Bound: TypeAlias = tuple[Number, int]
"""`a - b` is at most the first, and less if the second is -1. Bounds are ordered as tuples."""


@dataclass(frozen=True, slots=True)
class Order:
    """Both are present, and `left` stands in the relation `op` (`<`, `<=`, `==`, `!=`) to `right + offset`."""

    left: Expr
    right: Expr
    op: str
    offset: int = 0


class Differences:
    """Terms, the sets of their values, and what is said of their differences."""

    def __init__(self, terms: Sequence[Expr], values: Sequence[Values]) -> None:
        self.place = {term: number for number, term in enumerate(terms)}
        self.values = values
        size = len(terms) + 1  # the last is zero
        self.zero = size - 1
        self.bounds: list[list[Bound | None]] = [[(0, 0) if i == j else None for j in range(size)] for i in range(size)]
        for number, known in enumerate(values):
            low, high = _ends(known)
            if high is not None:
                self._say(number, self.zero, (high, -1 if known.high_open else 0))
            if low is not None:
                self._say(self.zero, number, (-low, -1 if known.low_open else 0))

    def add(self, order: Order) -> None:
        """Take in one comparison (`!=` says nothing of which is the larger)."""
        i, j = self.place[order.left], self.place[order.right]
        whole = self.values[i].whole and self.values[j].whole
        if order.op == "<":
            self._say(i, j, (order.offset - 1, 0) if whole else (order.offset, -1))
        elif order.op in ("<=", "=="):
            self._say(i, j, (order.offset, 0))
        if order.op == "==":
            self._say(j, i, (-order.offset, 0))

    def _say(self, i: int, j: int, bound: Bound) -> None:
        old = self.bounds[i][j]
        if old is None or bound < old:
            self.bounds[i][j] = bound

    def close(self) -> bool:
        """Find all that follows; False when it is contradictory."""
        bounds = self.bounds
        size = range(len(bounds))
        for k in size:
            for i in size:
                first = bounds[i][k]
                if first is None:
                    continue
                for j in size:
                    second = bounds[k][j]
                    if second is not None:
                        self._say(i, j, (first[0] + second[0], min(first[1], second[1])))
        return all(bounds[i][i] == (0, 0) for i in size)

    def bound_of(self, term: Expr) -> Values:
        """The interval in which a term lies."""
        i = self.place[term]
        above, below = self.bounds[i][self.zero], self.bounds[self.zero][i]
        return Values(
            low=None if below is None else -below[0],
            high=None if above is None else above[0],
            low_open=below is not None and below[1] < 0,
            high_open=above is not None and above[1] < 0,
        )

    def equal(self, left: Expr, right: Expr, offset: int) -> bool:
        """Is it sure that `left` is `right + offset`?"""
        i, j = self.place[left], self.place[right]
        return self.bounds[i][j] == (offset, 0) and self.bounds[j][i] == (-offset, 0)


def _ends(v: Values) -> tuple[Number | None, Number | None]:
    if v.only is not None:
        numbers = [n for n in map(_number, v.only) if n is not None]
        return (min(numbers), max(numbers)) if numbers and len(numbers) == len(v.only) else (None, None)
    return _number(v.low), _number(v.high)


def _number(value: object) -> Number | None:
    if type(value) is int or isinstance(value, Fraction):
        return value
    return Fraction(value) if isinstance(value, float) else None
