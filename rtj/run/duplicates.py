"""Copies of events (S1.8), found in the order of work with a memory bounded by the dedupe horizon."""

from __future__ import annotations

from bisect import bisect_left, insort_right
from collections.abc import Hashable, Sequence
from itertools import islice
from typing import Literal

Verdict = Literal["new", "copy", "reused"]
Use = tuple[Hashable, int]  # best identifier, ts
STEPS = 8  # of a horizon: after each, what has become two horizons old is let go


class Uses:
    """The further uses of one id: their `ts`, in order, `all` of them and `by` best identifier. A source that gives every event
    the same id has many, so that they are not gone through one by one."""

    __slots__ = ("all", "by")

    def __init__(self) -> None:
        self.all: list[int] = []
        self.by: dict[Hashable, list[int]] = {}

    def add(self, best: Hashable, ts: int) -> None:
        """One more."""
        insort_right(self.all, ts)
        insort_right(self.by.setdefault(best, []), ts)


def _is_near(instants: Sequence[int], ts: int, horizon: int) -> bool:
    """Is one of these, which are in order, at most a horizon away?"""
    place = bisect_left(instants, ts - horizon)
    return place < len(instants) and instants[place] <= ts + horizon


class Duplicates:
    """Remembers ids with their best identifier and `ts`.

    An event that is not rejected has a `ts` at most one horizon before its instant, and meets copies up to one horizon further
    back. So what is two horizons old may be forgotten: two generations are kept, each at least that long. `fresh` maps every id
    of the present generation to its first use; `aged` are those of the former; further uses of an id are kept apart. Both are in
    the order of work, so that the former generation goes step by step from its front: `_marks` are (instant, how many ids the
    generation held then).
    """

    __slots__ = ("_gone", "_horizon", "_marks", "_marks_aged", "_more", "_more_aged", "_next", "_turn", "aged", "fresh")

    def __init__(self, horizon_ms: int) -> None:
        self._horizon = horizon_ms
        self.fresh: dict[Hashable, Use] = {}
        self.aged: dict[Hashable, Use] = {}
        self._more: dict[Hashable, Uses] = {}
        self._more_aged: dict[Hashable, Uses] = {}
        self._turn: int | None = None
        self._next = 0  # the instant of the next step
        self._marks: list[tuple[int, int]] = []
        self._marks_aged: list[tuple[int, int]] = []
        self._gone = 0  # so many ids of the former generation were let go

    def turn(self, at: int) -> None:
        """The work has come to this instant, which must not fall. Call it before `judge`."""
        if self._turn is None:
            self._turn = self._next = at
        if at < self._next:
            return
        self._next = at + self._horizon // STEPS + 1
        if at > self._turn + 2 * self._horizon:
            self.aged, self.fresh = self.fresh, {}
            self._more_aged, self._more = self._more, {}
            self._marks_aged, self._marks, self._gone = self._marks, [], 0
            self._turn = at
        self._marks.append((at, len(self.fresh)))
        while self._marks_aged and at > self._marks_aged[0][0] + 2 * self._horizon:
            _, count = self._marks_aged.pop(0)
            names = list(islice(self.aged, count - self._gone))
            if self._more_aged:  # a later use may still be near
                names = [name for name in names if name not in self._more_aged]
            for name in names:
                del self.aged[name]
            self._gone += len(names)

    def judge(self, name: Hashable, best: Hashable, ts: int) -> Verdict:
        """Compare an event with all earlier ones and remember it."""
        first, aged = self.fresh.get(name), self.aged.get(name)
        if first is None:
            self.fresh[name] = (best, ts)
            if aged is None:
                return "new"
        near = [use[0] for use in (first, aged) if use is not None and abs(ts - use[1]) <= self._horizon]
        further = [uses for uses in (self._more.get(name), self._more_aged.get(name)) if uses is not None]
        is_copy = best in near or any(_is_near(uses.by.get(best, ()), ts, self._horizon) for uses in further)
        is_known = is_copy or bool(near) or any(_is_near(uses.all, ts, self._horizon) for uses in further)
        if first is not None:
            self._more.setdefault(name, Uses()).add(best, ts)
        return "copy" if is_copy else "reused" if is_known else "new"
