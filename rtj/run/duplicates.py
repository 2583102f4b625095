"""Copies of events (S1.8), found in the order of work with a memory bounded by the dedupe horizon."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

Verdict = Literal["new", "copy", "reused"]
Seen = dict[Hashable, tuple[tuple[Hashable, int], ...]]


class Duplicates:
    """Remembers ids with their best identifier and `ts`.

    An event that is not rejected has a `ts` at most one horizon before its instant, and meets copies up to one horizon further
    back. So what is two horizons old may be forgotten: two generations are kept, each at least that long.
    """

    __slots__ = ("_horizon", "_new", "_old", "_turned")

    def __init__(self, horizon_ms: int) -> None:
        self._horizon = horizon_ms
        self._new: Seen = {}
        self._old: Seen = {}
        self._turned: int | None = None

    def judge(self, name: Hashable, best: Hashable, ts: int, at: int) -> Verdict:
        """Compare an event with all earlier ones and remember it. Instants `at` must not fall."""
        if self._turned is None:
            self._turned = at
        elif at > self._turned + 2 * self._horizon:
            self._old, self._new, self._turned = self._new, {}, at
        seen = self._new.get(name, ())
        verdict: Verdict = "new"
        for other, before in seen + self._old.get(name, ()):
            if abs(ts - before) <= self._horizon:
                if other == best:
                    verdict = "copy"
                    break
                verdict = "reused"
        self._new[name] = (*seen, (best, ts))
        return verdict
