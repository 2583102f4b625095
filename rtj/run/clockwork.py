"""The order of work of live sources: late events, the buffer up to the clock, copies, the world that is driven (S1.3-S1.8)."""

from __future__ import annotations

import heapq
from operator import attrgetter
from typing import Any

from rtj.connect.intake import NEVER, identify
from rtj.connect.kinds import LEARN_MAX, OTHERS
from rtj.engine.world import World
from rtj.ir.records import Event
from rtj.run.duplicates import Duplicates
from rtj.run.found import Found

_work_order = attrgetter("pos")  # a position holds its source too


class Clockwork:
    """Takes events as they are read, works them when the clock has passed their instant. `end` is the last instant worked."""

    def __init__(self, world: World, found: Found, horizon_ms: int, end: int) -> None:
        self._world, self._found, self._horizon, self._end = world, found, horizon_ms, end
        self._duplicates = Duplicates(horizon_ms)
        self._pending: dict[int, list[Event]] = {}
        self._instants: list[int] = []  # a heap of the keys of `pending`

    def admit(self, events: list[Any], newest: int, lateness_ms: int) -> int:
        """Buffer the events of one source. `newest` is the largest `ts` read from it before; returns the one after."""
        pending, found = self._pending, self._found
        for event in events:
            at = event.ts
            identify(event)
            if not event.read:
                found.unread += 1
            if not event.declared:
                self._count_unknown(event.type)
            if at > newest:
                newest = at
            elif at < newest - lateness_ms:
                found.late += 1
                watermark = newest - lateness_ms
                if event.rejects_late or at < watermark - self._horizon:
                    key = ("late_rejected",)
                    found.counts[key] = found.counts.get(key, 0) + 1
                    continue
                event.late = True
                event.at = at = watermark
            waiting = pending.get(at)
            if waiting is None:
                pending[at] = [event]
                heapq.heappush(self._instants, at)
            else:
                waiting.append(event)
        return newest

    def work(self, clock: int) -> None:
        """Close every instant before `clock` and not after the end."""
        world, instants, limit = self._world, self._instants, min(clock, self._end + 1)
        while instants and instants[0] < limit:
            at = heapq.heappop(instants)
            events = self._pending.pop(at)
            if world.next_due() < at:
                world.advance(at)
            if len(events) > 1:
                late = [event for event in events if event.late]
                on_time = [event for event in events if not event.late]
                events = sorted(late, key=_work_order) + sorted(on_time, key=_work_order)
            for event in events:
                self._offer(event)
            world.close(at)
        if world.next_due() < limit:
            world.advance(limit)

    def finish(self, end: int, drain: bool) -> None:
        """The input has ended: close every instant up to `end`, drain if asked."""
        self._end = end
        self.work(NEVER)
        self._world.finish(end, drain)

    def _offer(self, event: Any) -> None:
        """Drop copies, and spare the world what cannot matter to it: unread events of an identifier that it knows."""
        best = event.ids[0] if event.ids else None
        verdict = self._duplicates.judge(event.id, best, event.ts, event.at)
        if verdict == "copy":
            self._found.duplicates += 1
            return
        if verdict == "reused":
            self._found.id_reused += 1
        if not event.read and not event.late and len(event.ids) < 2 and (best is None or best in self._world.owners):
            return
        self._world.feed(event)

    def _count_unknown(self, name: str) -> None:
        unknown = self._found.unknown
        if name not in unknown and len(unknown) >= LEARN_MAX:
            name = OTHERS
        unknown[name] = unknown.get(name, 0) + 1
