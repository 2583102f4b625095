"""Which expected line belongs to which thing that happened: the cheapest way to make one list of the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

W = TypeVar("W")
H = TypeVar("H")

CELLS_MAX = 250_000  # pairs that are weighed; longer lists are compared place by place
LEFT_OUT = 2  # what an expected thing costs that did not happen, and a thing that happened unexpectedly


@dataclass(frozen=True, slots=True)
class Matched:
    """`pairs`: places of what belongs together; `missing`: places of expected lines that nothing belongs to; `extra`: places of
    happenings that no line belongs to."""

    pairs: tuple[tuple[int, int], ...]
    missing: tuple[int, ...]
    extra: tuple[int, ...]


def align(wanted: Sequence[W], happened: Sequence[H], cost: Callable[[W, H], int], *, more: bool) -> Matched:
    """Match two lists in their order. `cost` tells how little two belong together, 0: they agree. `more`: unexpected
    happenings cost nothing."""
    rows, columns = len(wanted), len(happened)
    if rows * columns > CELLS_MAX:
        both = min(rows, columns)
        return Matched(tuple((i, i) for i in range(both)), tuple(range(both, rows)), tuple(range(both, columns)))
    extra_cost = 0 if more else LEFT_OUT
    # best[i][j]: the cost of matching what stands from i and from j on.
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for j in range(columns - 1, -1, -1):
        best[rows][j] = best[rows][j + 1] + extra_cost
    for i in range(rows - 1, -1, -1):
        best[i][columns] = best[i + 1][columns] + LEFT_OUT
        for j in range(columns - 1, -1, -1):
            best[i][j] = min(
                best[i + 1][j + 1] + cost(wanted[i], happened[j]),
                best[i][j + 1] + extra_cost,
                best[i + 1][j] + LEFT_OUT,
            )
    return _walk(best, wanted, happened, cost, extra_cost)


def _walk(
    best: list[list[int]], wanted: Sequence[W], happened: Sequence[H], cost: Callable[[W, H], int], extra_cost: int
) -> Matched:
    """Read the cheapest way off the table; where several are as cheap, pairs come first."""
    pairs: list[tuple[int, int]] = []
    missing: list[int] = []
    extra: list[int] = []
    i = j = 0
    while i < len(wanted) or j < len(happened):
        here = best[i][j]
        if i < len(wanted) and j < len(happened) and here == best[i + 1][j + 1] + cost(wanted[i], happened[j]):
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif j < len(happened) and here == best[i][j + 1] + extra_cost:
            extra.append(j)
            j += 1
        else:
            missing.append(i)
            i += 1
    return Matched(tuple(pairs), tuple(missing), tuple(extra))
