"""The kernel: one profile, one cause at a time, in the order of S5.4 and the phases of S1.4."""

from __future__ import annotations

from typing import Any

import msgspec

from rtj.engine.actions import CallMachine, SendMachine
from rtj.engine.admission import Admission
from rtj.engine.calendar import shift
from rtj.engine.journey import EntryMachine, WatchMachine
from rtj.engine.nodes import CollectMachine, NodeMachine, WaitForMachine
from rtj.engine.patterns import ChainPattern
from rtj.engine.pausing import stop
from rtj.engine.plan import TypePlan
from rtj.engine.receipts import work_receipt
from rtj.engine.state import Instance, Names, Partial, Profile
from rtj.engine.windows import stamp_of
from rtj.ir.records import Event


class Kernel(Admission):
    """Advances profiles. It mutates the `Profile` it is given and nothing else but its recorder."""

    calls = False  # does a `call` rest until it is answered? (S6.5)

    def _kernel(self) -> Kernel:
        return self

    def call(self, p: Profile, inst: Instance, node: CallMachine, at: int) -> int:
        """Have a webhook called; until when is its answer waited for? Only a kernel that `calls` is asked."""
        raise AssertionError(node.id)

    def answered(self, p: Profile, inst: Instance, node: CallMachine, at: int) -> None:
        """Somebody goes on from a call."""
        raise AssertionError(node.id)

    # ---- events

    def event(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """Phase 1 for one event about this profile: facts, audiences, goals, exits, waits, entries; then its consequences."""
        if event.late:
            self.late(p, event)
        if plan.has_facts:
            self._facts(p, event, plan, event.at)
        if self.watches and (p.next_changes is None or plan.watched or p.recheck <= event.at):
            self.look(p, event.at, plan.touched)
        if plan.offers:
            self.offer(p, event, plan)
        if self.queue:
            self.drain(p, event.at)

    def business(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """A business event is offered like any other, but changes no facts of a profile (S5.2); those of tables it may (S3.7)."""
        if self.watches and (plan.watched or p.recheck <= event.at):
            self.look(p, event.at, plan.touched)
        if plan.offers:
            self.offer(p, event, plan)
        if self.queue:
            self.drain(p, event.at)

    def _facts(self, p: Profile, event: Event, plan: TypePlan, at: int) -> None:
        stamp = (event.ts, event.source, event.pos)  # one for all attributes that the event writes
        for mapping in plan.mappings:
            value = getattr(event.props, mapping.field)
            if value is msgspec.UNSET:
                continue
            if value is not None:
                value = mapping.convert(value)
                if value is None:
                    self.count("bad_value", mapping.name)
                    continue
            assert p.stamps is not None
            old = p.stamps[mapping.slot]
            if old is None or stamp >= old:
                p.attributes[mapping.slot] = value
                p.stamps[mapping.slot] = stamp
                if mapping.slot == self.machine.zone_slot:
                    self.zone_changed(p, at)
        for aggregate in plan.resets:
            aggregate.reset(p, event)
        for aggregate in plan.adds:
            aggregate.add(p, event, at)
        if self.machine.folds:
            self.report_folds(p, at, self.machine.folds)
        if plan.receipt:
            work_receipt(self, p, event)
        if self.fanout is not None:
            self.fanout.changed(p, at, plan.written, event)

    def offer(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """Goals, exits, restarts, waits in order of entry, entries by priority (S5.4)."""
        if p.instances and plan.listened:
            self._offer_inside(p, event, plan)
        elif not event.late and plan.entries:
            if len(plan.entries) == 1:  # the common case, spared the list
                entry = plan.entries[0]
                names = entry.match(p, event, event.at)
                if names is not None:
                    self.fire(p, entry, event, names, event.at)
                return
            for entry, names in self._match(p, event, plan):
                self.fire(p, entry, event, names, event.at)

    def _offer_inside(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """The same for a profile that is inside some journey."""
        if plan.goals:
            self._offer_watches(p, event, plan.goals, "goal")
        if plan.exits:
            self._offer_watches(p, event, plan.exits, "exit")
        if event.late:
            return
        waiting = list(p.instances.values()) if plan.waits else []
        fired = self._match(p, event, plan)
        if fired and plan.restarts:
            fired = self._restarts(p, event, fired)
        for inst in waiting:
            if self.is_inside(p, inst):
                self._offer_wait(p, inst, event)
        for entry, names in fired:
            self.fire(p, entry, event, names, event.at)

    @staticmethod
    def _match(p: Profile, event: Event, plan: TypePlan) -> list[tuple[EntryMachine, Names]]:
        """Advance the patterns of all entries, once, before restarts and waits; those that fired, by priority."""
        fired = []
        for entry in plan.entries:
            names = entry.match(p, event, event.at)
            if names is not None:
                fired.append((entry, names))
        return fired

    def _restarts(self, p: Profile, event: Event, fired: list[tuple[EntryMachine, Names]]) -> list[tuple[EntryMachine, Names]]:
        """Entries with `restart` come before waits: they end the instance of their key and enter anew (S5.3). The others are
        given back, to be admitted in their turn."""
        later = []
        for entry, names in fired:
            if entry.spec.while_inside == "restart" and self._restarts_now(p, entry, event, names):
                self.fire(p, entry, event, names, event.at)
            else:
                later.append((entry, names))
        return later

    def _restarts_now(self, p: Profile, entry: EntryMachine, event: Event, names: Names) -> bool:
        """Is the key of this trigger inside?"""
        if not entry.journey.admits(p):
            return False
        seen = {**names, "entry": event, "first_entry": event}
        if entry.bind is not None:
            seen[entry.bind] = event
        key = self.key_for(p, entry, event, seen)
        if key is None and entry.key_of is not None:
            return False
        inside = p.instances.get((entry.journey.slot, key))
        # Whom this event has let in by another entry already is refused later, among the entries.
        return inside is not None and inside.names["entry"] is not event

    def _offer_watches(self, p: Profile, event: Event, watches: dict[int, tuple[WatchMachine, ...]], kind: str) -> None:
        for inst in list(p.instances.values()):
            for watch in watches.get(inst.journey.index, ()):
                if not self.is_inside(p, inst) or (event.late and inst.entered > event.ts):
                    break
                step = watch.step
                assert step is not None
                if not self._in_time(p, inst, watch, event.ts) or not step.holds(p, event.at, event, inst.names):
                    continue
                if step.spec.of_node is not None and not self.is_receipt(p, inst, step.spec.of_node, event):
                    continue
                if watch.when is None or watch.when(p, event.at, event, inst.names):
                    self._watched(p, inst, watch, kind, event.at, event.id)

    def _in_time(self, p: Profile, inst: Instance, watch: WatchMachine, ts: int) -> bool:
        within = watch.spec.within
        return within is None or ts <= shift(inst.entered, within, 1, self.zone(p))

    def _watched(self, p: Profile, inst: Instance, watch: WatchMachine, kind: str, at: int, cause: str) -> None:
        """A goal is reached, or an exit taken."""
        if kind == "goal":
            if inst.goals >> watch.bit & 1:
                return
            inst.goals |= 1 << watch.bit
            self.reached(p, inst, at, cause)
            if watch.spec.stay:
                return
        self.leave(p, inst, at, kind)

    def _offer_wait(self, p: Profile, inst: Instance, event: Event) -> None:
        for watcher in inst.journey.watchers:
            watcher.remember(self, p, inst, event)
        node = inst.node
        match node:
            case WaitForMachine():
                self.run(p, inst, node.offer(self, p, inst, event), event.at)
            case CollectMachine():
                node.offer(self, p, inst, event)
            case _:
                pass

    # ---- consequences

    def drain(self, p: Profile, at: int) -> None:
        """Work what was caused, first in first out, at the same instant (S6.2)."""
        queue = self.queue
        place = 0
        if p.queued_at != at:
            p.queued_at = at
            p.queued = 0
        while place < len(queue):
            p.queued += 1
            self._work(p, at, queue[place])
            place += 1
        queue.clear()

    def _work(self, p: Profile, at: int, consequence: tuple[Any, ...]) -> None:
        match consequence:
            case ("member", str(name)):
                plan = self.machine.plan(name)
                if plan.offers:
                    self.offer(p, Event(at, 0, 0, name, name, at, ()), plan)
            case ("event", Event() as event):
                plan = self.machine.plan(event.type)
                self._facts(p, event, plan, at)
                if self.watches and plan.watched:
                    self.look(p, at, plan.touched)
                self.offer(p, event, plan)
            case ("start", str(journey), Event() as event):
                for entry in self.machine.starts.get(journey):
                    self.fire(p, entry, event, {}, at)
            case ("enter", EntryMachine() as entry):
                self.fire(p, entry, Event(at, 0, 0, "condition", "condition", at, ()), {}, at)
            case ("watch", str(kind), Instance() as inst, WatchMachine() as watch):
                if self.is_inside(p, inst) and self._in_time(p, inst, watch, at):
                    self._watched(p, inst, watch, kind.removesuffix("s"), at, "condition")
            case ("case", Instance() as inst, WaitForMachine() as node, int(number)):
                if self.is_inside(p, inst) and inst.node is node:
                    self.run(p, inst, node.passes(self, p, inst, at, number), at)
            case _:
                raise AssertionError(consequence)

    # ---- timers and sends

    def run_until(self, p: Profile, limit: int) -> None:
        """Close every instant of this profile that lies before `limit`."""
        while p.due < limit:
            self.settle(p, p.due)

    def settle(self, p: Profile, at: int) -> None:
        """Phases 2 and 3 of an instant, again until nothing is left (S1.4)."""
        while True:
            if p.due <= at:
                if p.recheck <= at and p.packed is not None:
                    p.wake()  # by which what is to be looked at may have become less
                if p.recheck <= at:
                    self.look(p, at, ())
                    if self.queue:
                        self.drain(p, at)
                for timer, key in self._due_timers(p, at):
                    self._fire_timer(p, timer, key, at)
                    if self.queue:
                        self.drain(p, at)
            sends = p.sends
            if sends is not None:
                p.sends = None
                self._decide(p, sends, at)
            elif p.due > at:
                return

    def _due_timers(self, p: Profile, at: int) -> list[tuple[Any, Any]]:
        """The timers due, in the order of S1.4. What is not due yet sets `p.due`; timers that are armed later lower it."""
        due: list[tuple[Any, Any]] = []
        following = p.recheck
        for inst in p.instances.values():
            if inst.expires <= at:
                due.append((inst, None))
                continue
            if inst.expires < following:
                following = inst.expires
            if inst.due > at:
                if inst.due < following:
                    following = inst.due
            else:
                assert inst.node is not None
                due.append((inst, inst.node))
        if p.partials and self.machine.has_deadlines:
            for key, partial in p.partials.items():
                if partial.deadline > at:
                    if partial.deadline < following:
                        following = partial.deadline
                else:
                    due.append((partial, key))
        if p.schedules:
            for gid, (when, _, _) in p.schedules.items():
                if when > at:
                    following = min(following, when)
                else:
                    due.append((self.machine.entries[gid], gid))
        p.due = following
        if len(due) > 1:
            due.sort(key=self._timer_order)
        return due

    def _timer_order(self, timer: tuple[Any, Any]) -> tuple[Any, ...]:
        match timer:
            case (Instance() as inst, node):
                return (*inst.journey.order, inst.order, "" if node is None else node.id)
            case (Partial() as partial, key):
                return (*self.machine.entries[key[0]].order, stamp_of(partial.recent[-1]))
            case (EntryMachine() as entry, _):
                return (*entry.order, ())
            case _:
                raise AssertionError(timer)

    def _fire_timer(self, p: Profile, timer: Any, key: Any, at: int) -> None:
        match timer:
            case Instance():
                self._fire_instance(p, timer, key, at)
            case Partial():
                if p.partials is None or p.partials.get(key) is not timer or timer.deadline > at:
                    return
                entry = self.machine.entries[key[0]]
                assert isinstance(entry.pattern, ChainPattern)
                names, last = entry.pattern.pass_deadline(p, key, timer, at)
                if names is not None:
                    self.fire(p, entry, last, names, at)
            case EntryMachine():
                self._fire_schedule(p, timer, at)
            case _:
                raise AssertionError(timer)

    def _fire_instance(self, p: Profile, inst: Instance, node: NodeMachine | None, at: int) -> None:
        if not self.is_inside(p, inst):
            return
        if node is None:
            if inst.expires <= at:
                self.leave(p, inst, at, "max_duration")
        elif inst.node is node and inst.due <= at:
            self.run(p, inst, node.timeout(self, p, inst, at), at)

    def _fire_schedule(self, p: Profile, entry: EntryMachine, at: int) -> None:
        assert p.schedules is not None and entry.schedule is not None
        due, _, day = p.schedules[entry.gid]
        if due > at:
            return
        p.schedules[entry.gid] = (due, day, day)
        self.arm(p, entry, at + 1, holds=True)
        self.fire(p, entry, Event(at, 0, 0, "schedule", "schedule", at, ()), {}, at)

    def _decide(self, p: Profile, sends: list[Instance], at: int) -> None:
        """Phase 3: the sends asked for, in the order of S1.4."""
        if len(sends) > 1:
            sends.sort(key=lambda i: (*i.journey.order, i.order, i.node.id if i.node is not None else ""))
        for inst in sends:
            node = inst.node
            if not self.is_inside(p, inst) or not isinstance(node, (SendMachine, CallMachine)):
                continue
            if self.paused and inst.journey.name in self.paused:
                stop(self, p, inst, at)
                continue
            self.run(p, inst, node.decide(self, p, inst, at), at)
            if self.queue:
                self.drain(p, at)
