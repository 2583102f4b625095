"""Copies of events (S1.8), found in the order of work with a memory bounded by the dedupe horizon."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice
from typing import Literal

Verdict = Literal["new", "copy", "reused"]
Use = tuple[Hashable, int]  # best identifier, ts
STEPS = 8  # of a horizon: after each, what has become two horizons old is let go


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
        self._more: dict[Hashable, list[Use]] = {}
        self._more_aged: dict[Hashable, list[Use]] = {}
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
        uses = [*self._more.get(name, ()), *self._more_aged.get(name, ())]
        uses += [use for use in (first, aged) if use is not None]
        if first is not None:
            self._more.setdefault(name, []).append((best, ts))
        near = [other for other, before in uses if abs(ts - before) <= self._horizon]
        if best in near:
            return "copy"
        return "reused" if near else "new"
