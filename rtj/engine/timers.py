"""Which profiles have a timer next, in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TypeAlias

from rtj.engine.calendar import HOUR_MS, INFINITY
from rtj.engine.state import Profile

Entry: TypeAlias = tuple[int, int, Profile]


def earliest(p: Profile) -> int:
    """The first instant at which something of a profile is due, or its conditions are looked at again; INFINITY: nothing is. Its
    `due` is never later: it may be earlier where nobody has looked since what was due went away."""
    inside = [min(inst.due, inst.expires) for inst in p.instances.values()]
    partials = [one.deadline for one in (p.partials or {}).values()]
    schedules = [when for when, _, _ in (p.schedules or {}).values()]
    return min((p.recheck, *inside, *partials, *schedules), default=INFINITY)


class Timers:
    """Profiles by the instant before which they have no timer (`due`).

    Only the hour in work is a heap. Profiles of later hours wait in a list for each, 8 bytes a profile, for most timers lie far
    ahead and many are set anew before they are reached. A profile knows the instant for which it is listed (`heap_due`); other
    places in which it still stands count for nothing.

    `soonest` is the next instant at which a profile may have a timer (a lower bound): of an hour not in work, its start."""

    __slots__ = ("_heap", "_hour", "_hours", "_later", "_pushed", "soonest")

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._hour = -INFINITY
        self._later: dict[int, list[Profile]] = {}
        self._hours: list[int] = []  # a heap of the keys of `later`
        self._pushed = 0
        self.soonest = INFINITY

    @property
    def used(self) -> bool:
        """Was anybody ever listed?"""
        return bool(self._pushed or self._later or self._hour != -INFINITY)

    def push(self, p: Profile) -> None:
        """List a profile, if it is not listed for as early an instant already."""
        due = p.due
        if due >= p.heap_due or p.gone:
            return
        p.heap_due = due
        hour = due // HOUR_MS
        if hour <= self._hour:
            self._pushed += 1
            heapq.heappush(self._heap, (due, self._pushed, p))
            if due < self.soonest:
                self.soonest = due
            return
        waiting = self._later.get(hour)
        if waiting is None:
            self._later[hour] = [p]
            heapq.heappush(self._hours, hour)
            if hour * HOUR_MS < self.soonest:
                self.soonest = hour * HOUR_MS
        else:
            waiting.append(p)

    def first(self, limit: int) -> int:
        """The next instant before `limit` for which a profile is listed; INFINITY: there is none. No hour is begun that lies
        beyond, for what is listed meanwhile for earlier ones would all come to its heap."""
        while self.soonest < limit:
            if self._heap:
                return self.soonest
            self._turn()
        return INFINITY

    def listed(self, limit: int) -> Iterator[Profile]:
        """Those who are listed for an instant before `limit`, in no order; of later hours all that are begun by then."""
        heap, places = self._heap, [0]
        while places:
            place = places.pop()
            if place < len(heap) and heap[place][0] < limit:
                due, _, p = heap[place]
                if p.heap_due == due and not p.gone:
                    yield p
                places += (2 * place + 1, 2 * place + 2)
        if self._hours and self._hours[0] * HOUR_MS < limit:
            for hour, waiting in self._later.items():
                if hour * HOUR_MS < limit:
                    yield from (p for p in waiting if p.heap_due < limit and not p.gone)

    def pop(self, at: int) -> Profile | None:
        """A profile that is listed for an instant up to `at`, and is listed no more; None: there is none."""
        while self.soonest <= at:
            if not self._heap:
                self._turn()
                continue
            due, _, p = heapq.heappop(self._heap)
            self._find_soonest()
            if p.heap_due == due and not p.gone:
                p.heap_due = INFINITY
                return p
        return None

    def _find_soonest(self) -> None:
        if self._heap:
            self.soonest = self._heap[0][0]
        else:
            self.soonest = self._hours[0] * HOUR_MS if self._hours else INFINITY

    def _turn(self) -> None:
        """The next hour is in work."""
        hour = self._hour = heapq.heappop(self._hours)
        for p in self._later.pop(hour):
            if p.heap_due // HOUR_MS == hour and not p.gone:
                self._pushed += 1
                self._heap.append((p.heap_due, self._pushed, p))
        heapq.heapify(self._heap)
        self._find_soonest()
