"""What holds by itself and may change with facts or with time: trackers, audiences, watched conditions (S4, S5.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from rtj.engine.calendar import INFINITY, day_of, find_zone
from rtj.engine.changes import NextChange
from rtj.engine.codegen import Evaluate
from rtj.engine.moments import next_occurrence
from rtj.engine.record import Level, Recorder
from rtj.engine.reporting import Reporter
from rtj.engine.state import END_OF_INSTANT, Instance, Profile, Stamp
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.erasing import Departed
    from rtj.engine.fanout import Fanout
    from rtj.engine.journey import EntryMachine
    from rtj.engine.machine import Machine

CASE_BIT = 64  # bits of an instance from here on: wait_for cases whose condition held


class WatchItem:
    """A tracker or an audience. `slot` is its bit or place; `needed_by` are the items that read it, directly or not."""

    __slots__ = (
        "changes",
        "condition",
        "is_audience",
        "joining",
        "leaving",
        "members",
        "name",
        "needed_by",
        "schedules",
        "slot",
    )

    def __init__(self, name: str, slot: int, condition: Evaluate | None, changes: tuple[NextChange, ...]) -> None:
        self.name = name
        self.slot = slot
        self.condition = condition
        self.changes = changes
        self.is_audience = False
        self.members: frozenset[tuple[int, str]] = frozenset()
        self.needed_by: tuple[int, ...] = ()
        self.schedules: tuple[EntryMachine, ...] = ()
        self.joining: str | None = None  # the membership events that some journey listens to
        self.leaving: str | None = None

    def holds(self, p: Profile, at: int) -> bool:
        """Does the profile belong to the audience, by its facts or by its identifiers?"""
        if self.condition is not None:
            return bool(self.condition(p, at, None, None))
        return any(identifier in self.members for identifier in p.identifiers)


class Watcher(Reporter):
    """Looks again at what may have changed and queues the changes."""

    WATCH_MASK = (1 << CASE_BIT) - 1

    def __init__(self, machine: Machine, recorder: Recorder, level: Level) -> None:
        super().__init__(recorder, level, machine.program.secret)
        self.machine = machine
        self.items: tuple[WatchItem, ...] = machine.items
        self.entry_conditions: tuple[EntryMachine, ...] = machine.entry_conditions
        self.watches = bool(machine.items or machine.entry_conditions or machine.has_conditions)
        self.queue: list[tuple[Any, ...]] = []
        self.zone: Callable[[Profile], tzinfo] = machine.zone
        self._coming: Sequence[Event] = ()
        self._expects: bool | None = True
        self.paused: dict[str, int] = {}  # journeys that are paused, and since when (S6.6)
        self.told_at, self.told = -1, 0  # records about no profile are numbered too, at each instant
        self.fanout: Fanout | None = None  # who wants to know of changes, since business events came

    def expect_receipts_of(self, events: Sequence[Event] | None) -> None:
        """These are all the events that there will be (None: nobody knows): without a receipt among them no message need be
        remembered for one."""
        self._coming, self._expects = events or (), None if events is not None else True

    def expects_receipts(self) -> bool:
        """May a receipt come that names a message? Looked up when the first one is sent."""
        if self._expects is None:
            receipts = self.machine.gates.receipts
            self._expects = any(event.type in receipts for event in self._coming)
        return self._expects

    def next_stamp(self, p: Profile, at: int) -> Stamp:
        """The place in the order of work of what a journey writes or emits: after all that sources say at that instant."""
        p.written += 1
        return at, END_OF_INSTANT, p.written

    def items_reading(self, attributes: Iterable[str]) -> tuple[int, ...]:
        """The items that hang on these attributes."""
        return self.machine.items_reading(attributes)

    def first_look(self, p: Profile, at: int, touched: tuple[int, ...] = ()) -> None:
        """A profile is born a member of nothing; what holds after its first event is joined at that instant (S4.1).

        Where nothing can hold for somebody of whom nothing is known, it is enough to look at what the event touched."""
        p.next_changes = [INFINITY] * (len(self.items) + len(self.entry_conditions))
        if self.machine.tracker_count:
            p.held = [None] * self.machine.tracker_count
        if not self.machine.blank_holds_nothing:
            self._look(p, at, range(len(self.items)))
        elif touched:
            self._look(p, at, touched)

    def look(self, p: Profile, at: int, touched: tuple[int, ...]) -> None:
        """Look again at the items touched and at all whose time has come; queue what changed (S5.4)."""
        if not self.watches:
            return
        if p.next_changes is None:
            self.first_look(p, at, touched)
            return
        if p.recheck > at:
            self._look(p, at, touched)
            return
        due = [i for i, when in enumerate(p.next_changes[: len(self.items)]) if when <= at]
        if len(due) == 1 and not touched and not self.items[due[0]].needed_by:
            self._look(p, at, due)
            return
        wanted = set(touched)
        for i in due:
            wanted.add(i)
            wanted.update(self.items[i].needed_by)
        self._look(p, at, sorted(wanted))

    def _look(self, p: Profile, at: int, items: Iterable[int]) -> None:
        nexts = p.next_changes
        assert nexts is not None
        known = self.items
        for i in items:
            item = known[i]
            if not item.is_audience:
                self._tracker(p, at, item)
            elif item.holds(p, at) != (p.members >> item.slot & 1):
                self._audience(p, at, item)
            nexts[i] = _first_change(item.changes, p, at) if item.changes else INFINITY
        if self.machine.has_conditions and p.instances:
            self._instances(p, at)
        if self.entry_conditions:
            base = len(known)
            for place, entry in enumerate(self.entry_conditions):
                self._entry(p, at, place, entry)
                nexts[base + place] = _first_change(entry.changes, p, at)
        self.set_recheck(p)

    def merged(self, stays: Profile, goes: Profile, at: int) -> None:
        """One profile has taken over all that was another's."""
        if self.fanout is not None:
            self.fanout.merged(stays, goes, at)

    def erased(self, p: Profile, at: int) -> None:
        """A profile is about to be forgotten; for those who keep something of profiles elsewhere."""

    def departed(self, gone: Departed) -> None:
        """Somebody was forgotten, or was to be; for those who keep something of people elsewhere."""

    def look_at_lists(self, p: Profile, at: int) -> None:
        """The identifiers of a profile have changed: audiences that are lists must be looked at again at this instant."""
        if p.next_changes is None:
            return
        for i, item in enumerate(self.items):
            if item.members:
                p.next_changes[i] = at
                p.recheck = min(p.recheck, at)
                p.due = min(p.due, at)

    def set_recheck(self, p: Profile) -> None:
        """When time alone may change something next."""
        recheck = min(p.next_changes) if p.next_changes else INFINITY
        if self.machine.has_conditions and p.instances:
            for inst in p.instances.values():
                recheck = min(recheck, inst.recheck)
        p.recheck = recheck
        if recheck < p.due:
            p.due = recheck

    def _audience(self, p: Profile, at: int, item: WatchItem) -> None:
        """Who was no member is one now, or the other way round."""
        holds = not p.members >> item.slot & 1
        p.members ^= 1 << item.slot
        if self.fanout is not None:
            self.fanout.member(p, item.slot)
        if self.tracing:
            self.report(p, at, what="joined" if holds else "left_audience", audience=item.name)
        name = item.joining if holds else item.leaving
        if name is not None:
            self.queue.append(("member", name))
        for entry in item.schedules:
            self.arm(p, entry, at, holds=holds)

    def _tracker(self, p: Profile, at: int, item: WatchItem) -> None:
        assert p.held is not None and item.condition is not None
        if not item.condition(p, at, None, None):
            p.held[item.slot] = None
        elif p.held[item.slot] is None:
            p.held[item.slot] = at

    def arm(self, p: Profile, entry: EntryMachine, at: int, *, holds: bool) -> None:
        """Set the next occurrence of a schedule for a member of its audience; nothing for anybody else.

        No local date comes twice (S5.1). Who moves to another zone gets the clock time of the new place."""
        if p.schedules is None:
            p.schedules = {}
        assert entry.schedule is not None
        fired = p.schedules[entry.gid][1] if entry.gid in p.schedules else -INFINITY
        zone = self.machine.schedule_zone(entry.schedule, p)
        due = next_occurrence(entry.schedule, zone, at) if holds else INFINITY
        while due < INFINITY and day_of(due, zone) <= fired and entry.schedule.unit != "exact":
            due = next_occurrence(entry.schedule, zone, due + 1)
        p.schedules[entry.gid] = (due, fired, day_of(due, zone))
        p.due = min(p.due, due)

    def zone_changed(self, p: Profile, at: int) -> None:
        """The zone of a profile was written: count one that does not exist, find the next occurrences anew."""
        assert self.machine.zone_slot is not None
        name = p.attributes[self.machine.zone_slot]
        if name is not None and find_zone(name) is None:
            self.count("bad_zone")
        for gid in list(p.schedules or ()):
            entry = self.machine.entries[gid]
            if entry.schedule is not None and entry.schedule.zone is None:
                self.arm(p, entry, at, holds=p.members & self.machine.member_mask(entry.schedule.audience) != 0)

    def _entry(self, p: Profile, at: int, place: int, entry: EntryMachine) -> None:
        assert entry.condition is not None
        holds = bool(entry.condition(p, at, None, None))
        if holds != bool(p.conditions >> place & 1):
            p.conditions ^= 1 << place
            if holds:
                self.queue.append(("enter", entry))

    # ---- conditions of instances

    def _instances(self, p: Profile, at: int) -> None:
        watched = [i for i in p.instances.values() if i.journey.has_conditions or (i.node is not None and i.node.has_conditions)]
        for kind in ("goals", "exits"):
            for inst in watched:
                for watch in getattr(inst.journey, kind):
                    if watch.condition is not None and self._came(
                        inst, watch.bit, bool(watch.condition(p, at, None, inst.names))
                    ):
                        self.queue.append(("watch", kind, inst, watch))
        for inst in watched:
            node = inst.node
            if node is None or not node.has_conditions:
                continue
            for place, case in enumerate(getattr(node, "cases", ())):
                if case.condition is None:
                    continue
                if self._came(inst, CASE_BIT + place, bool(case.condition(p, at, None, inst.names))):
                    self.queue.append(("case", inst, node, place))
        for inst in watched:
            self.set_instance_recheck(p, inst, at)

    @staticmethod
    def _came(inst: Instance, bit: int, holds: bool) -> bool:
        held = bool(inst.holds >> bit & 1)
        if holds != held:
            inst.holds ^= 1 << bit
        return holds and not held

    def set_instance_recheck(self, p: Profile, inst: Instance, at: int) -> None:
        """When a condition of this instance may change by time alone."""
        changes = [c for watch in inst.journey.conditions for c in watch.changes]
        if inst.node is not None and inst.node.has_conditions:
            changes += [c for case in getattr(inst.node, "cases", ()) for c in case.changes]
        inst.recheck = min((change(p, at, inst.names) for change in changes), default=INFINITY)

    def look_again(self, p: Profile, inst: Instance, at: int) -> None:
        """An instance has begun to watch conditions: from when on must they be looked at?"""
        self.set_instance_recheck(p, inst, at)
        p.recheck = min(p.recheck, inst.recheck)
        p.due = min(p.due, p.recheck)


def _first_change(changes: tuple[NextChange, ...], p: Profile, at: int) -> int:
    """When the first of these parts of a condition may change by time alone."""
    if len(changes) == 1:
        return changes[0](p, at, None)
    return min([change(p, at, None) for change in changes]) if changes else INFINITY
