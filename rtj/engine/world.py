"""Profiles that may meet: who owns an identifier, and which profile an event belongs to, as of its instant (S2).

One world serves the time-ordered runner (`feed`, `close`, `advance`, `finish`) and, for one component of people, the grouped
replay (`replay`); both drive the same kernel and give the same records.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from rtj.engine.calendar import INFINITY
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.merging import merge
from rtj.engine.plan import TypePlan
from rtj.engine.record import Recorder
from rtj.engine.resting import Resting
from rtj.engine.state import Profile
from rtj.ir.records import Event

Identifier = tuple[int, str]


class World:
    """Owners of identifiers and their profiles. Everything that crosses profiles goes through here (S11.1)."""

    def __init__(self, machine: Machine, recorder: Recorder, kernel: Kernel | None = None) -> None:
        self.machine = machine
        self.kernel = kernel if kernel is not None else Kernel(machine, recorder, machine.level)
        self.owners: dict[Identifier, Profile] = {}
        self.profiles: dict[Profile, None] = {}  # in the order of birth
        self._touched: list[Profile] = []
        self._plans: dict[str, TypePlan] = {}
        self._heap: list[tuple[int, int, Profile]] = []
        self._pushed = 0
        ranked = machine.program.ranked
        self._names = tuple(n.name for n in ranked)
        self._unique = frozenset(i for i, n in enumerate(ranked) if n.unique)
        self._person = frozenset(i for i, n in enumerate(ranked) if n.kind == "person")
        places = {n.name: i for i, n in enumerate(ranked)}
        self._replaces = {e.name: frozenset(places[n] for n in e.replaces) for e in machine.program.events if e.replaces}
        self._births: dict[Identifier, int] = {}  # kept where event types replace identifiers
        self._attributes = len(machine.program.mappings)
        self._aggregates = len(machine.program.aggregates)
        self._resting = Resting()

    def spell(self, identifier: Identifier) -> str:
        """`namespace:value`."""
        return f"{self._names[identifier[0]]}:{identifier[1]}"

    # ---- one event

    def feed(self, event: Event) -> None:
        """Work one event, in the order of work. Deadlines of the profiles it touches that lie before it come first."""
        if event.type in self.machine.business:
            self._feed_business(event)
        else:
            self._touched.append(self._feed(event))

    def _feed(self, event: Event) -> Profile:
        ids = event.ids
        p = self.owners.get(ids[0])
        if p is None:
            p = self._born(event)
        elif p.due < event.at:
            self.kernel.run_until(p, event.at)
        if len(ids) > 1:
            p = self._link(p, event)
        plan = self._plans.get(event.type)
        if plan is None:
            plan = self._plans[event.type] = self.machine.plan(event.type, source=True)
        self.kernel.event(p, event, plan)
        return p

    def _feed_business(self, event: Event) -> None:
        plan = self.machine.plan(event.type)
        if not plan.offers:
            return
        for p in self.profiles:
            if plan.entries or p.instances or p.due <= event.at:
                if p.due < event.at:
                    self.kernel.run_until(p, event.at)
                self.kernel.business(p, event, plan)
                self._touched.append(p)

    def _born(self, event: Event) -> Profile:
        born = (event.at, not event.late, event.source, event.pos)
        p = Profile(self._origin(event.ids[0]), born, self._attributes, self._aggregates)
        p.identifiers = event.ids[:1]  # the event's own tuple when it has one identifier
        self.owners[event.ids[0]] = p
        self.profiles[p] = None
        self.kernel.count("profiles")
        if self.kernel.tracing:
            self.kernel.report(p, event.at, what="born", event=event.id)
        return p

    def _origin(self, identifier: Identifier) -> str:
        """The origin of a profile that is born. An identifier that was let go may give birth again: then it is numbered."""
        spelled = self.spell(identifier)
        if not self._replaces:
            return spelled
        births = self._births[identifier] = self._births.get(identifier, 0) + 1
        return spelled if births == 1 else f"{spelled}#{births}"

    def _own(self, p: Profile, identifier: Identifier) -> None:
        self.owners[identifier] = p
        p.identifiers = (*p.identifiers, identifier)

    # ---- identity (S2.2, S2.4)

    def _link(self, p: Profile, event: Event) -> Profile:
        replaces = self._replaces.get(event.type, frozenset())
        for identifier in event.ids[1:]:
            owner = self.owners.get(identifier)
            if identifier[0] in replaces:
                self._let_go(p, identifier, event)
            if owner is p:
                continue
            if owner is None:
                self._own(p, identifier)
                self.kernel.look_at_lists(p, event.at)
                self._say(p, event, "linked", identifier=self.spell(identifier))
            elif not self._would_hold_two(p.identifiers, owner.identifiers):
                self.kernel.run_until(owner, event.at)
                p = self._merge(p, owner, event)
            elif identifier[0] in self._person and identifier[0] not in replaces:
                self.kernel.count("link_refused")
                self._say(p, event, "link_refused", identifier=self.spell(identifier), owner=owner.origin)
            else:
                self.kernel.run_until(owner, event.at)
                owner.identifiers = tuple(i for i in owner.identifiers if i != identifier)
                self._own(p, identifier)
                self.kernel.look_at_lists(owner, event.at)
                self.kernel.look_at_lists(p, event.at)
                self._touched.append(owner)
                self._say(p, event, "moved", identifier=self.spell(identifier), **{"from": owner.origin})
        return p

    def _let_go(self, p: Profile, identifier: Identifier, event: Event) -> None:
        """A new value takes the place of the old ones of its namespace, which nobody owns from now on."""
        for old in p.identifiers:
            if old[0] == identifier[0] and old != identifier:
                del self.owners[old]
                p.identifiers = tuple(i for i in p.identifiers if i != old)
                self.kernel.look_at_lists(p, event.at)
                self._say(p, event, "let_go", identifier=self.spell(old))

    def _would_hold_two(self, one: Sequence[Identifier], other: Sequence[Identifier]) -> bool:
        """Do both hold values of a unique namespace, and neither all of the other's?"""
        for unique in self._unique:
            mine = {value for namespace, value in one if namespace == unique}
            theirs = {value for namespace, value in other if namespace == unique}
            if not (mine <= theirs or theirs <= mine):
                return True
        return False

    def _say(self, p: Profile, event: Event, what: str, **payload: str) -> None:
        if self.kernel.tracing:
            self.kernel.report(p, event.at, what=what, **payload)

    def _merge(self, p: Profile, q: Profile, event: Event) -> Profile:
        stays, goes = (p, q) if p.born <= q.born else (q, p)
        for identifier in goes.identifiers:
            self._own(stays, identifier)
        del self.profiles[goes]
        merge(self.kernel, stays, goes, event.at)
        return stays

    # ---- ordered running

    def close(self, at: int) -> None:
        """Finish an instant: timers and sends of every profile touched or due, until nothing is left."""
        touched = list(self._touched)
        self._settle_touched(at)
        for p in touched:
            self._push(p)
        heap = self._heap
        while heap and heap[0][0] <= at:
            due, _, p = heapq.heappop(heap)
            if p.gone or p.heap_due != due:
                continue
            p.heap_due = INFINITY
            if p.due <= at:
                self.kernel.settle(p, at)
            self._push(p)

    def _settle_touched(self, at: int) -> None:
        """Phases 2 and 3 for the profiles that events of this instant have touched."""
        for p in self._touched:
            if (p.due <= at or p.sends is not None) and not p.gone:
                self.kernel.settle(p, at)
        self._touched.clear()

    def _push(self, p: Profile) -> None:
        if p.due < p.heap_due and not p.gone:
            p.heap_due = p.due
            self._pushed += 1
            heapq.heappush(self._heap, (p.due, self._pushed, p))
        self._resting.note(p)

    def next_due(self) -> int:
        """The next instant at which a profile may have a timer (a lower bound)."""
        return self._heap[0][0] if self._heap else INFINITY

    def advance(self, limit: int) -> None:
        """Close every instant before `limit` that has timers."""
        while self.next_due() < limit:
            self.close(self.next_due())

    def finish(self, end: int, drain: bool) -> None:
        """Close every instant up to `end`; then, if asked, admit nobody and go on until nobody is inside (S1.6)."""
        self.advance(end + 1)
        kernel = self.kernel
        if drain:
            kernel.draining = True
            for p in self.profiles:
                while p.instances:
                    kernel.settle(p, p.due)
            kernel.draining = False
        self._count_inside()

    def _count_inside(self) -> None:
        for p in self.profiles:
            for inst in p.instances.values():
                self.kernel.count("inside", inst.journey.name)

    # ---- grouped replay

    def replay(self, events: Sequence[Event], end: int, drain: bool) -> None:
        """Run one component of people from its first event to `end`: the events in the order of work, each instant closed
        when the next begins. Profiles keep their own timers, so that nothing is searched for. The world is emptied first."""
        self.owners = {}
        self.profiles = {}
        self._births = {}
        kernel, business, at = self.kernel, self.machine.business, -INFINITY
        touched = self._touched
        for event in events:
            if event.at != at:
                if touched:
                    self._settle_touched(at)
                at = event.at
            if event.type in business:
                self._feed_business(event)
                continue
            p = self._feed(event)
            if p.due <= at or p.sends is not None or len(event.ids) > 1:
                touched.append(p)
        self._settle_touched(at)
        for p in self.profiles:
            if p.due <= end:
                kernel.run_until(p, end + 1)
        if drain:
            kernel.draining = True
            for p in self.profiles:
                while p.instances:
                    kernel.settle(p, p.due)
            kernel.draining = False
        self._count_inside()
