"""The order of work of live sources: late events, the buffer up to the clock, copies, the world that is driven (S1.3-S1.8)."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from rtj.connect.intake import NEVER
from rtj.engine.world import World
from rtj.ir.records import ERASE
from rtj.run.duplicates import Duplicates, Use
from rtj.run.found import Found

KNOWN_MAX = 100_000  # identifiers of whom nothing unread is news; the others' unread events take the long way

_work_order = attrgetter("pos")  # a position holds its source too
_late = attrgetter("late")


class Clockwork:
    """Takes events as they are read, works them when the clock has passed their instant. `end` is the last instant worked.

    Several sources, and one with a lateness, need a buffer: events by instant, and a heap of the instants. A single source
    without lateness is its own clock: whatever it brings closes all instants before it, and only one instant's events wait.
    """

    def __init__(self, world: World, found: Found, end: int, duplicates: Duplicates | None = None) -> None:
        program = world.machine.program
        self._world, self._found, self._horizon, self._end = world, found, program.dedupe_ms, end
        self._duplicates = duplicates if duplicates is not None else Duplicates(program.dedupe_ms)
        self._rejects = frozenset(kind.name for kind in world.machine.program.events if kind.late == "reject")
        self._known: set[Any] = set()  # some best identifiers that surely have an owner
        self._pending: dict[int, list[Any]] = {}
        self._instants: list[int] = []  # a heap of the keys of `pending`

    def flow(self, events: list[Any], newest: int) -> int:
        """Take the events of the only source, which has no lateness, and work all instants but the newest. `newest` is the
        largest `ts` read before; returns the one after."""
        waiting = self._pending.pop(newest, [])
        one, others = (waiting[0], waiting[1:]) if waiting else (None, [])
        copies = self._duplicates
        copies.turn(newest)
        fresh, aged, oldest = copies.fresh, copies.aged, copies.oldest
        known, end = self._known, self._end
        is_settled = self._world.is_settled
        for event in events:
            at = event.ts
            if at > newest:
                if others:
                    if newest <= end:
                        self._close(newest, [one, *others])
                    others.clear()
                elif one is not None and newest <= end:
                    # What nobody reads, of somebody known, is most of a stream: it is spared the rest.
                    if one.read or one.late or one.id in fresh or one.id in aged or one.id in oldest or copies.conceals:
                        self._close_one(newest, one)
                    elif not one.ids and one.n0 in known:
                        fresh[one.id] = Use(one.n0, newest)
                    elif one.ids and is_settled(one):
                        first = one.ids[0]
                        fresh[one.id] = Use(first if first[0] else first[1], newest)
                    else:
                        self._close_one(newest, one)
                one, newest = event, at
            elif at < newest and not self._delay(event, newest):
                continue
            elif one is None:
                one = event
            else:
                others.append(event)
        self._pending, self._instants = ({newest: [one, *others]}, [newest]) if one is not None else ({}, [])
        return newest

    def admit(self, events: list[Any], newest: int, lateness_ms: int, since: int = -NEVER) -> int:
        """Buffer the events of one of several sources, or of one with a lateness. As `flow`, but nothing is worked yet. Those
        before `since` were worked already."""
        pending = self._pending
        for event in events:
            at = event.ts
            if at > newest:
                newest = at
            elif at < newest - lateness_ms:
                if not self._delay(event, newest - lateness_ms):
                    continue
                at = event.at
            if at < since:
                continue
            waiting = pending.get(at)
            if waiting is None:
                pending[at] = [event]
                heapq.heappush(self._instants, at)
            else:
                waiting.append(event)
        return newest

    def work(self, clock: int) -> None:
        """Close every instant before `clock` and not after the end."""
        instants, limit = self._instants, min(clock, self._end + 1)
        if instants:
            self._duplicates.turn(instants[0])
        while instants and instants[0] < limit:
            at = heapq.heappop(instants)
            self._close(at, self._pending.pop(at))
        if self._world.timers.soonest < limit:
            self._world.advance(limit)

    def listed(self, clock: int) -> Iterator[Any]:
        """The buffered events of instants before `clock`, in no order."""
        instants, places = self._instants, [0]
        while places:
            place = places.pop()
            if place < len(instants) and instants[place] < clock:
                yield from self._pending[instants[place]]
                places += (2 * place + 1, 2 * place + 2)

    @property
    def duplicates(self) -> Duplicates:
        """What is remembered of copies."""
        return self._duplicates

    @property
    def holds(self) -> bool:
        """Is anything buffered?"""
        return bool(self._pending)

    def waits_only_at(self, instant: int) -> bool:
        """Is nothing buffered but events of this instant?"""
        return not self._pending or (len(self._pending) == 1 and instant in self._pending)

    def hand_over(self) -> list[Any]:
        """Take out what is buffered, each event with the instant at which it would be worked, and in that order."""
        found = []
        for at, events in sorted(self._pending.items()):
            for event in sorted(sorted(events, key=_work_order), key=_late, reverse=True):
                event.at = at
                found.append(event)
        self.forget_waiting()
        return found

    def forget_waiting(self) -> None:
        """Let go of what is buffered, to be taken again."""
        self._pending.clear()
        self._instants.clear()

    def finish(self, end: int, drain: bool) -> None:
        """The input has ended: close every instant up to `end`, drain if asked."""
        self._end = end
        self.work(NEVER)
        self._world.finish(end, drain)

    def _delay(self, event: Any, watermark: int) -> bool:
        """An event is late: it is worked where the watermark stands, unless it is rejected (S1.7, S1.8). One that erases is
        never late: it is worked there as if it were of that instant."""
        if event.type == ERASE:
            event.at = watermark
            return True
        self._found.late += 1
        if event.type in self._rejects or event.ts < watermark - self._horizon:
            key = ("late_rejected",)
            self._found.counts[key] = self._found.counts.get(key, 0) + 1
            return False
        event.late = True
        event.at = watermark
        return True

    def _close(self, at: int, events: list[Any]) -> None:
        """Work the events of an instant."""
        world, fed = self._world, False
        if world.timers.soonest < at:
            world.advance(at)
        if len(events) > 1:
            events.sort(key=_work_order)
            events.sort(key=_late, reverse=True)
        for event in events:
            if self._matters(event, at):
                world.feed(event)
                fed = True
        if fed or world.timers.soonest <= at:
            world.close(at)

    def _close_one(self, at: int, event: Any) -> None:
        """Work an instant that has one event, as most have."""
        world = self._world
        if world.timers.soonest < at:
            world.advance(at)
        if self._matters(event, at):
            world.feed_alone(event)
        elif world.timers.soonest <= at:
            world.close(at)

    def _matters(self, event: Any, at: int) -> bool:
        """Must the world work an event of this instant? Copies are kept from it, and what cannot matter: unread events whose
        identifiers it knows to be one person's."""
        name, best, ids, duplicates = event.id, event.n0, event.ids, self._duplicates
        if ids:
            first = ids[0]
            best = first[1] if first[0] == 0 else first
        if name in duplicates.fresh or name in duplicates.aged or name in duplicates.oldest or duplicates.conceals:
            if not self._is_worth(event, best):
                return False
        else:
            duplicates.fresh[name] = Use(best, event.ts)
        if not event.late:
            event.at = at
        if not event.read:
            if name.__class__ is bytes:  # whose person was erased: what is left of it is that it came
                duplicates.conceal(duplicates.generation)
                return bool(event.type == ERASE)
            if not event.late and self._is_no_news(event, best):
                return False
            event.props = None
        if best is not None and not ids:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            if event.type != ERASE:
                self._known.add(best)
            event.ids = ((0, best),)
        return True

    def _is_no_news(self, event: Any, best: Any) -> bool:
        """Is an event that nobody reads of somebody known, and are identifiers beside the best one known to be theirs?"""
        if not event.ids:
            return best is None or best in self._known or (0, best) in self._world.owners
        return self._world.is_silent(event) if len(event.ids) > 1 else self._world.is_settled(event)

    def _is_worth(self, event: Any, best: Any) -> bool:
        verdict = self._duplicates.judge(event.id, best, event.ts)
        if event.type == ERASE and event.ts < event.at - self._horizon:
            return True  # the world remembers longer which it has worked
        if verdict == "copy":
            self._found.duplicates += 1
        elif verdict == "reused":
            self._found.id_reused += 1
        return verdict != "copy"
