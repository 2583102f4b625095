"""Whom does a deployment concern? All others are left asleep, in the layout of before, and are lifted when they are next read
(`engine.layers`): a handover then would have left them as they are, but for the places of what they know.

Concerned is who has something to do or to be told at the instant at which the program takes over: a timer of that very instant,
a place in a journey that is another now, a fact that begins anew or is filled from the log, an audience or a condition that is
new and holds for them or will by time alone, a schedule or a way in that opens for members. Most of it is told without reading
anybody; `reads` says when it is not. Whatever is not sure counts as concerned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from rtj.engine.calendar import INFINITY
from rtj.engine.handover import Handover, moved_audiences
from rtj.engine.handover_mail import moved_bits
from rtj.engine.machine import ZONE_ATTRIBUTE, Machine
from rtj.engine.state import Profile
from rtj.ir.aligned import aligned
from rtj.ir.crossing import Crossing, JourneyCrossing
from rtj.ir.journey import Journey, OnCondition, WaitFor
from rtj.ir.program import Program

MEMBERS_MAX = 65_536  # sets of audiences of which it is remembered what they become


class Reads(IntEnum):
    """How much of everybody is read to tell whom a deployment concerns."""

    NOBODY = 0
    PASSAGES = 1  # whether they are inside at all, of those who are all
    ALL = 2


class Sieve:
    """Tells apart who is concerned at an instant. `handover` is that of the deployment, whose new machine has its tables.
    `needs_passages`: whoever is told by their facts must be known with the journeys in which they are."""

    def __init__(self, machines: tuple[Machine, Machine], crossing: Crossing, handover: Handover, at: int) -> None:
        old, new = self._old, self._new = machines
        self._handover, self._at = handover, at
        carried = handover.carried
        self._moved = frozenset(
            place
            for place, journey in enumerate(old.program.journeys)
            if not goes_along(journey, new.program, crossing.journeys.get(journey.name))
        )
        fresh = {place for place, was in enumerate(carried.items) if was is None}
        self._items = sorted({*fresh, *(by for place in fresh for by in new.items[place].needed_by)})
        self._looks = bool(fresh) or None in carried.coming.values()
        before, now = old.program, new.program
        facts = frozenset((*(one.name for one in now.mappings), *(one.name for one in now.aggregates)))
        held = frozenset(one.name for one in now.trackers)
        self._lost = (
            _lost([one.name for one in before.mappings], carried.attributes, facts | {ZONE_ATTRIBUTE}),
            _lost([one.name for one in before.aggregates], carried.aggregates, facts),
            _lost([one.name for one in before.trackers], carried.trackers, held),
        )
        self._dated = old.has_conditions and not _means_the_same(old.program, new.program)
        self.needs_passages = bool(self._moved) or self._dated or new.has_conditions
        self._opened = _opened(new, handover)
        self._audiences = moved_audiences(old.program, new.program)
        self._known: dict[int, int] = {}
        self.reads = (
            Reads.ALL if self._looks or any(self._lost) else Reads.PASSAGES if self._moved or self._dated else Reads.NOBODY
        )

    def members(self, members: int) -> int:
        """The audiences of somebody under the new program."""
        found = self._known.get(members)
        if found is None:
            if len(self._known) >= MEMBERS_MAX:
                self._known.clear()
            found = self._known[members] = moved_bits(members, self._audiences)
        return found

    def by_head(self, p: Profile, members: int) -> bool:
        """Is somebody concerned of whom only the head is known? `members`: their audiences under the new program."""
        if p.due <= self._at or members & self._opened:
            return True
        history = self._handover.history
        return history is not None and history.tells(p, self._at, self._handover.fresh)

    def by_facts(self, p: Profile, members: int) -> bool:
        """Is somebody concerned of whom all is known, as the old program reads it? They are a copy, which is used up."""
        for inst in p.instances.values():
            if inst.journey.index in self._moved or (self._dated and inst.recheck < INFINITY):
                return True
        if self.reads < Reads.ALL:
            return False
        attributes, aggregates, trackers = self._lost
        if any(p.attributes[slot] is not None for slot in attributes) or any(
            p.aggregates[slot] is not None for slot in aggregates
        ):
            return True
        if p.held is not None and any(p.held[slot] is not None for slot in trackers):
            return True
        return self._looks and self._to_be_looked_at(p, members)

    def _to_be_looked_at(self, p: Profile, members: int) -> bool:
        """Is something that is looked at as the program takes over another than it was, or is it another soon by time alone?"""
        self._handover.lift_facts(p)
        p.members = members
        at, new = self._at, self._new
        fills = self._handover.fills
        audiences = (new.items[place] for place in self._items) if fills else ()
        if any(item.is_audience and item.slot in fills and item.holds(p, at) for item in audiences):
            return True
        if p.next_changes is None:
            return False
        if new.has_conditions and p.instances:
            return True
        for place in self._items:
            item = new.items[place]
            if item.is_audience:
                if item.holds(p, at) != bool(members >> item.slot & 1):
                    return True
            else:
                assert item.condition is not None and p.held is not None
                if bool(item.condition(p, at, None, None)) != (p.held[item.slot] is not None):
                    return True
            if p.next_changes[place] != min([change(p, at, None) for change in item.changes], default=INFINITY):
                return True
        base = len(new.items)
        for place, entry in enumerate(new.entry_conditions):
            assert entry.condition is not None
            if bool(entry.condition(p, at, None, None)) != bool(p.conditions >> place & 1):
                return True
            if p.next_changes[base + place] != min([change(p, at, None) for change in entry.changes], default=INFINITY):
                return True
        return False


def goes_along(old: Journey, program: Program, way: JourneyCrossing | None) -> bool:
    """Does nothing happen to whoever is inside, but that nodes have other places?"""
    new = next((one for one in program.journeys if way is not None and one.name == way.new), None)
    if way is None or new is None or way.dropped or old.max_duration != new.max_duration:
        return False
    nodes = {node.id: node for node in new.nodes}
    pairs = [(node, nodes.get(way.nodes.get(node.id, ""))) for node in old.nodes]
    if any(heir is None or type(heir) is not type(node) for node, heir in pairs):
        return False
    watched = (*new.goals, *new.exits)
    known = way.watches.values()
    if any(isinstance(one.trigger, OnCondition) and bit not in known for bit, one in enumerate(watched)):
        return False
    waits = [(a, b) for a, b in pairs if isinstance(a, WaitFor) and isinstance(b, WaitFor)]
    if any(len(a.cases) != len(b.cases) for a, b in waits):
        return False
    if any(way.cases.get((a.id, number)) != number for a, _ in waits for number in range(len(a.cases))):
        return False
    return way.timers == "keep" or (not waits and all(a == b for a, b in pairs))


def _opened(new: Machine, handover: Handover) -> int:
    """The bits of audiences whose members are let in, or have a schedule set, as the program takes over."""
    known = {gid for every in handover.carried.gids.values() for gid in every}
    bits = 0
    for _, mask in handover.letting_in:
        bits |= mask
    for item in new.items:
        if any(entry.gid not in known for entry in item.schedules):
            bits |= 1 << item.slot
    return bits


def _lost(names: Sequence[str], carried: Mapping[int, int], known: frozenset[str]) -> tuple[int, ...]:
    """Facts that begin anew, though something may read them still."""
    return tuple(slot for slot, name in enumerate(names) if slot not in carried and name in known)


def _means_the_same(old: Program, new: Program) -> bool:
    """Has every fact that both programs have one meaning, so that who is inside would be looked at next when they were to be?"""
    ours, theirs = aligned(old, new)
    aggregates, mappings, events = (
        [(one.name, one) for one in ours.aggregates],
        [(one.name, one) for one in old.mappings],
        [(one.name, one) for one in old.events],
    )
    return (
        (old.timezone, old.tables, old.webhooks) == (new.timezone, new.tables, new.webhooks)
        and _alike(aggregates, {one.name: one for one in theirs.aggregates})
        and _alike(mappings, {one.name: one for one in new.mappings})
        and _alike(events, {one.name: one for one in new.events})
    )


def _alike(old: Sequence[tuple[str, object]], new: Mapping[str, object]) -> bool:
    return all(new[name] == one for name, one in old if name in new)
