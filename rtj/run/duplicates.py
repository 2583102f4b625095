"""Copies of events (S1.8), found in the order of work with a memory bounded by the dedupe horizon."""

from __future__ import annotations

from bisect import bisect_left, insort_right
from collections.abc import Hashable, Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from rtj.ir.concealing import concealed

Verdict = Literal["new", "copy", "reused"]
Known: TypeAlias = tuple[int, Hashable, Hashable, int]  # generation, id, best identifier, ts


class Use(msgspec.Struct, gc=False):
    """The first use of an id, one for each event: nothing that the garbage collector would have to look at."""

    best: Hashable
    ts: int


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
    back. So what is two horizons old may be forgotten: three generations are kept, each at least one horizon long, and the oldest
    is let go as a whole. `fresh` maps every id of the present generation to its first use; `aged` are those of the one before,
    `oldest` those of the one before that; further uses of an id are kept apart. Of people who were erased ids and identifiers are
    hashes, which are bytes: `conceals` tells whether there are any, for then each id has to be looked up by its hash as well.
    """

    __slots__ = (
        *("_hashed", "_horizon", "_more", "_more_aged", "_more_oldest", "_secret", "_turn", "aged", "conceals", "fresh"),
        *("further", "generation", "oldest"),
    )

    def __init__(self, horizon_ms: int) -> None:
        self._horizon = horizon_ms
        self.fresh: dict[Hashable, Use] = {}
        self.aged: dict[Hashable, Use] = {}
        self.oldest: dict[Hashable, Use] = {}
        self._more: dict[Hashable, Uses] = {}
        self._more_aged: dict[Hashable, Uses] = {}
        self._more_oldest: dict[Hashable, Uses] = {}
        self._turn: int | None = None
        self.generation = 0  # how often a generation has begun
        self.further: list[Known] | None = None  # further uses of an id that are new, for whoever keeps them elsewhere
        self.conceals = False
        self._hashed = 0  # the newest generation that has hashes, if any has
        self._secret = ""

    def reach(self, horizon_ms: int, secret: str) -> None:
        """From now on copies are looked for so far back; what a shorter horizon has let go does not come back. `secret` is that
        of hashes."""
        self._horizon, self._secret = horizon_ms, secret

    def conceal(self, generation: int) -> None:
        """There are hashes in this generation."""
        self._hashed = max(self._hashed, generation) if self.conceals else generation
        self.conceals = self.generation - self._hashed <= 2

    @property
    def turned(self) -> int | None:
        """The instant at which the present generation began."""
        return self._turn

    def recall(self, generation: int, turn: int | None, known: Iterable[Known]) -> None:
        """Remember what was remembered when this generation had begun at that instant."""
        self.generation, self._turn = generation, turn
        uses = (self.fresh, self.aged, self.oldest)
        more = (self._more, self._more_aged, self._more_oldest)
        for of, name, best, ts in known:
            age = generation - of
            if not 0 <= age <= 2:
                continue
            if name.__class__ is bytes:
                self.conceal(of)
            if name in uses[age]:
                more[age].setdefault(name, Uses()).add(best, ts)
            else:
                uses[age][name] = Use(best, ts)

    def turn(self, at: int) -> None:
        """The work has come to this instant, which must not fall. Call it before `judge`."""
        if self._turn is None:
            self._turn = at
        elif at > self._turn + self._horizon:
            self.oldest, self.aged, self.fresh = self.aged, self.fresh, {}
            self._more_oldest, self._more_aged, self._more = self._more_aged, self._more, {}
            self._turn = at
            self.generation += 1
            self.conceals = self.conceals and self.generation - self._hashed <= 2

    def judge(self, name: Hashable, best: Hashable, ts: int) -> Verdict:
        """Compare an event with all earlier ones and remember it."""
        is_copy, is_known = self._compare(name, best, ts)
        if self.conceals and not is_copy and name.__class__ is not bytes:
            hashed = concealed(self._secret, name)
            if hashed in self.fresh or hashed in self.aged or hashed in self.oldest:
                is_copy, others = self._compare(hashed, concealed(self._secret, best), ts)
                is_known = is_known or others
        if name not in self.fresh:
            self.fresh[name] = Use(best, ts)
        else:
            self._more.setdefault(name, Uses()).add(best, ts)
            if self.further is not None:
                self.further.append((self.generation, name, best, ts))
        return "copy" if is_copy else "reused" if is_known else "new"

    def _compare(self, name: Hashable, best: Hashable, ts: int) -> tuple[bool, bool]:
        """Is it a copy of an earlier one? Was its id used by anybody?"""
        uses = [use for use in (self.fresh.get(name), self.aged.get(name), self.oldest.get(name)) if use is not None]
        if not uses:
            return False, False
        near = [use.best for use in uses if abs(ts - use.ts) <= self._horizon]
        further = [more[name] for more in (self._more, self._more_aged, self._more_oldest) if name in more]
        is_copy = best in near or any(_is_near(uses.by.get(best, ()), ts, self._horizon) for uses in further)
        return is_copy, is_copy or bool(near) or any(_is_near(uses.all, ts, self._horizon) for uses in further)
