"""Who may enter, and how a passage ends (S5.3, S5.7)."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from rtj.engine.calendar import INFINITY, shift
from rtj.engine.journey import EntryMachine, JourneyMachine
from rtj.engine.mail import mail_of
from rtj.engine.nodes import REST, NodeMachine, _Rest
from rtj.engine.state import Instance, JourneyView, Key, Names, Profile
from rtj.engine.watching import Watcher
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel

KEYS_MAX = 10  # instances of one journey that a profile may hold at once (S5.3)
STEPS_MAX = 1_000  # nodes of an instance at one instant (S6.2)
CONSEQUENCES_MAX = 1_000  # consequences of a profile at one instant (S6.2)


def key_text(value: Any) -> Key:
    """A key as text: texts as they are, others as canonical JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)


class Admission(Watcher, ABC):
    """Lets profiles in, moves instances through their nodes, and lets them go."""

    draining = False

    @abstractmethod
    def _kernel(self) -> Kernel:
        """The whole kernel, which nodes are given."""

    # ---- entering

    def fire(self, p: Profile, entry: EntryMachine, event: Event, names: Names, at: int) -> None:
        """A trigger has fired: test `when`, then admit or refuse. What fires for people of another version is nothing."""
        if entry.journey.share is not None and not entry.journey.admits(p):
            return
        names["entry"] = names["first_entry"] = event
        if entry.bind is not None:
            names[entry.bind] = event
        if self.machine.uses_journey_facts:
            names["journey"] = JourneyView(entry.journey.name, at, (p.entries or {}).get(entry.journey.slot, 0))
        if entry.when is not None and not entry.when(p, at, event, names):
            return
        self.admit(p, entry, event, names, at)

    def admit(self, p: Profile, entry: EntryMachine, event: Event, names: Names, at: int) -> None:
        """Refuse with a reason, or enter. In order: its dates, draining, paused, key, inside, again, full, already, capped."""
        journey = entry.journey
        if not journey.opens <= at < journey.closes:
            return self.refuse(p, at, journey.name, None, "not_running")
        if self.draining:
            return self.refuse(p, at, journey.name, None, "draining")
        if self.paused and journey.name in self.paused:
            return self.refuse(p, at, journey.name, None, "paused")
        key = self.key_for(p, entry, event, names)
        if key is None and entry.key_of is not None:
            return self.refuse(p, at, journey.name, None, "no_key")
        slot = (journey.slot, key)
        inside = p.instances.get(slot)
        if inside is not None:
            if entry.spec.while_inside != "restart" or (inside.entered == at and inside.names["entry"] is event):
                return self.refuse(p, at, journey.name, key, "inside")
            names["first_entry"] = inside.names["first_entry"]
        elif not self._again(p, entry, slot, at):
            return self.refuse(p, at, journey.name, key, "again")
        elif entry.key_of is not None and self._full(p, journey):
            return self.refuse(p, at, journey.name, key, "full")
        if journey.conditions and any(w.condition and w.condition(p, at, None, names) for w in journey.conditions):
            return self.refuse(p, at, journey.name, key, "already")
        for cap in journey.entry_caps:
            if p.mail is not None and cap.is_full(p, p.mail, at):
                return self.refuse(p, at, journey.name, key, "capped", cap=cap.name)
        if inside is not None:
            self.leave(p, inside, at, "restarted")
        self._enter(p, journey, key, event, names, at)

    def key_for(self, p: Profile, entry: EntryMachine, event: Event, names: Names) -> Key:
        """The key of an entry; None when it has none."""
        return None if entry.key_of is None else key_text(entry.key_of(p, event.at, event, names))

    def _again(self, p: Profile, entry: EntryMachine, slot: tuple[int, Key], at: int) -> bool:
        last = p.last_entries.get(slot)
        if last is None:
            return True
        match entry.spec.again.rule:
            case "never":
                return False
            case "after":
                end = last + entry.again_ms if entry.again_ms is not None else shift(last, entry.spec.again.gap, 1, self.zone(p))
                return at >= end
            case "always" | "exit":
                return True

    def _full(self, p: Profile, journey: JourneyMachine) -> bool:
        return sum(1 for inst in p.instances.values() if inst.journey.slot == journey.slot) >= KEYS_MAX

    def _enter(self, p: Profile, journey: JourneyMachine, key: Key, event: Event, names: Names, at: int) -> None:
        p.serial += 1
        slot = (journey.slot, key)
        trigger = event.id if p.last_entries.get(slot) != at else f"{event.id}#{p.serial}"
        inst = Instance(journey, key, p, at, trigger, names)
        newest = next(reversed(p.instances.values())) if p.instances else None
        p.instances[slot] = inst
        if newest is not None and newest.entered == at and newest.born > p.born:  # it came by a merge of this instant
            p.instances = dict(sorted(p.instances.items(), key=lambda item: item[1].order))
        p.last_entries[slot] = at
        if journey.entry_caps:
            self._count_entry(p, journey, at)
        if self.fanout is not None:
            self.fanout.entered(p, inst)
        if self.machine.uses_journey_facts:
            p.entries = p.entries or {}
            p.entries[journey.slot] = names["journey"].entries = p.entries.get(journey.slot, 0) + 1
        ms = journey.expires_ms
        inst.expires = at + ms if ms is not None else shift(at, journey.spec.max_duration, 1, self.zone(p))
        if inst.expires < p.due:
            p.due = inst.expires
        self.entered(p, inst, at, event.id)
        if journey.has_conditions:
            self.look_again(p, inst, at)
        self.run(p, inst, journey.first, at)

    def _count_entry(self, p: Profile, journey: JourneyMachine, at: int) -> None:
        """Take a place in the caps that count entries."""
        caps = sum(cap.bit for cap in journey.entry_caps)
        if not mail_of(p).enter(at, caps, self.machine.gates.keep_ms):
            self.count("history_full")

    # ---- moving

    def run(self, p: Profile, inst: Instance, node: NodeMachine | _Rest | None, at: int) -> None:
        """Go on from a node until the instance rests or ends (S6.2)."""
        if node is REST:
            return
        inst.node = None
        inst.due = INFINITY
        if inst.recheck != INFINITY:  # it leaves a place where it may have watched conditions
            self.set_instance_recheck(p, inst, at)
        if inst.steps_at != at:
            inst.steps_at = at
            inst.steps = 0
        while node is not None:
            if isinstance(node, _Rest):
                return
            inst.steps += 1
            if inst.steps > STEPS_MAX:
                return self.leave(p, inst, at, "runaway", node.id)
            node = node.enter(self._kernel(), p, inst, at)
        self.leave(p, inst, at, "completed")

    def ask(self, p: Profile, inst: Instance) -> None:
        """The instance asks for its send to be decided at this instant."""
        if p.sends is None:
            p.sends = []
        p.sends.append(inst)

    def cause(
        self, p: Profile, inst: Instance, at: int, node: NodeMachine, consequence: tuple[Any, ...]
    ) -> NodeMachine | _Rest | None:
        """Queue a consequence, unless this instant already has too many: then the instance ends (S6.2)."""
        if self.is_runaway(p, at):
            self.leave(p, inst, at, "runaway", node.id)
            return REST
        self.queue.append(consequence)
        return node.next

    @staticmethod
    def is_runaway(p: Profile, at: int) -> bool:
        """Has this profile had too many consequences at this instant?"""
        return p.queued_at == at and p.queued >= CONSEQUENCES_MAX

    def write(self, p: Profile, at: int, names: tuple[str, ...], values: list[Any]) -> None:
        """`set`: the attributes take these values."""
        stamp = self.next_stamp(p, at)
        assert p.stamps is not None
        for name, value in zip(names, values, strict=True):
            slot = self.machine.attribute_slots[name]
            p.attributes[slot] = value
            p.stamps[slot] = stamp
            if slot == self.machine.zone_slot:
                self.zone_changed(p, at)
        if self.fanout is not None:
            self.fanout.changed(p, at, names)

    # ---- leaving

    def is_inside(self, p: Profile, inst: Instance) -> bool:
        return p.instances.get((inst.journey.slot, inst.key)) is inst

    def leave(self, p: Profile, inst: Instance, at: int, reason: str, node: str | None = None) -> None:
        """The passage ends; what it asked for and waits for is withdrawn."""
        del p.instances[(inst.journey.slot, inst.key)]
        self.let_go(p, inst, at, reason, node)

    def let_go(self, p: Profile, inst: Instance, at: int, reason: str, node: str | None = None) -> None:
        """Record that an instance has left which is no longer among those of the profile."""
        where = node if node is not None else inst.node.id if inst.node is not None else None
        self.withdraw(p, inst, at)
        inst.node = None
        inst.due = INFINITY
        self.left(p, inst, at, reason, where)
