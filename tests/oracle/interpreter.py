"""The rules, read aloud: a naive interpreter of programs (design rules S1-S6, S7.5, S9.1).

No index, no cache, no generated code. After every event, and at every instant at which time alone might change something,
everything is evaluated again. It is slow and meant to be; the engine is held to what it says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rtj.ir.expr import Row
from rtj.ir.journey import Case, Collect, Journey, OnCondition, OnEvents, Send, Step, WaitFor, Watch
from rtj.ir.program import Program
from rtj.ir.records import ERASE, Event, attr_name, event_classes
from tests.oracle import entering, erasing, gates, nodes, timers
from tests.oracle.calendar import rfc3339, shift
from tests.oracle.door import Feed, admit
from tests.oracle.identity import resolve
from tests.oracle.moments import Clockwork, parts
from tests.oracle.patterns import advance, matches
from tests.oracle.state import END, Instance, Profile, Stamp
from tests.oracle.values import Shelf, Sight, holds, zone_of

Record = tuple[int, str, int, dict[str, Any]]


@dataclass
class Outcome:
    """What happened: trace records, sorted (S1.5), and counts."""

    records: list[Record] = field(default_factory=list)
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)


def run(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """Replay what the sources say."""
    door = admit(program, feeds)
    world = World(program)
    end = door.last if until is None else until
    work = [e for e in door.events if e.at <= end]
    for at in sorted({e.at for e in work}):
        world.close_before(at)
        world.now = at
        for event in work:
            if event.at == at:
                world.event(event)
        for p in list(world.profiles):
            world.close(p, at)
    world.close_before(end + 1)
    if drain:
        world.draining = True
        for p in list(world.profiles):
            world.drain(p, end)
    for p in world.profiles:
        for instance in p.instances:
            world.counts["inside", instance.journey.name] += 1
    world.counts.update(door.counts)
    return Outcome(sorted(world.records, key=lambda r: r[:3]), world.counts)


class World:
    """All profiles, and the instant that is being worked."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.clockwork = Clockwork(program)
        self.classes = event_classes(program)
        self.profiles: list[Profile] = []
        self.lost: Counter[tuple[int, str]] = Counter()  # how often an identifier was let go
        self.met: list[tuple[tuple[int, str], str]] = []  # an identifier, and somebody who lost or did not get it
        self.junk: set[tuple[int, str]] = set()
        self.remains = erasing.Remains()  # of those who were erased
        self.now = 0
        self.shelf = Shelf()
        watched = [
            program.audiences,
            program.trackers,
            [p.condition for p in parts(program.journeys) if isinstance(p, OnCondition | Case)],  # a `where` is only asked
        ]
        self.watched_tables = {row.table for part in watched for row in parts(tuple(part)) if isinstance(row, Row)}
        self.draining = False
        self.records: list[Record] = []
        self.numbers: Counter[tuple[int, str]] = Counter()
        self.counts: Counter[tuple[str, ...]] = Counter()

    def say(self, p: Profile, what: str, **more: Any) -> None:
        """Write a trace record."""
        self.numbers[self.now, p.origin] += 1
        payload = {"what": what, **{k: v for k, v in more.items() if v is not None}}
        self.records.append((self.now, p.origin, self.numbers[self.now, p.origin], payload))

    def sight(self, p: Profile, names: dict[str, Any], journey: Journey | None = None, instance: Instance | None = None) -> Sight:
        return Sight(self.program, p, self.now, names, journey, instance, self.shelf)

    def view(self, instance: Instance) -> Sight:
        """What the expressions of an instance see."""
        return self.sight(instance.profile, instance.names, instance.journey, instance)

    def journeys(self) -> list[Journey]:
        """By priority (high first), then name."""
        return sorted(self.program.journeys, key=lambda j: (-j.priority, j.name))

    # ---- time

    def next_due(self, p: Profile) -> int | None:
        """The next instant at which this profile may have work."""
        dues: list[int | None] = [self.clockwork.next_change(self.program, p, p.done)]
        dues += [due for _, _, due in timers.schedules_due(self, p, p.done + 1)]
        dues += [partial.deadline for partials in p.partials.values() for partial in partials.values()]
        dues += [i.due for i in p.instances] + [i.expires for i in p.instances]
        later = [d for d in dues if d is not None and d > p.done]
        return min(later) if later else None

    def close_before(self, limit: int) -> None:
        """Close every instant before the limit that may have work."""
        for p in list(self.profiles):
            while True:
                due = self.next_due(p)
                if due is None or due >= limit:
                    break
                self.now = due
                self.close(p, due)
            p.done = max(p.done, limit - 1)

    def drain(self, p: Profile, end: int) -> None:
        """Admit nobody and go on until nobody is inside (S1.6)."""
        p.done = end
        while p.instances:
            due = self.next_due(p)
            assert due is not None
            self.now = due
            self.close(p, due)

    def close(self, p: Profile, at: int) -> None:
        """Timers and sends of an instant, until nothing is left (S1.4)."""
        p.done = at
        while True:
            self.look(p)
            self.work_queue(p)
            due = sorted(timers.due_timers(self, p), key=lambda t: t[0])
            for _, kind, *what in due:
                timers.fire(self, p, kind, what)
                self.work_queue(p)
            asked = [i for i in p.instances if isinstance(i.node, Send) and (i.due is None or i.due <= at)]
            sends = sorted((timers.instance_rank(self, i), i) for i in asked)
            for rank, instance in sends:
                if instance.alive and isinstance(instance.node, Send) and timers.instance_rank(self, instance) == rank:
                    nodes.send(self, instance, instance.node)
                    self.work_queue(p)
            if not due and not sends:
                return

    # ---- events

    def event(self, event: Event) -> None:
        """One event of the order of work."""
        if event.ids:
            p = resolve(self, event)
            if p is None:
                return
            if event.type == ERASE:
                erasing.erase(self, p, event)
                return
            if event.late:
                self.counts["late",] += 1
                self.say(p, "late", event=event.id, ts=rfc3339(event.ts))
            self.facts(p, event, (event.ts, event.source, event.pos))
            self.offer(p, event)
            self.work_queue(p)
        elif self.shelf.put(self.program, event) & self.watched_tables or self.is_read(event.type):
            for p in list(self.profiles):
                self.offer(p, event)
                self.work_queue(p)

    def is_read(self, name: str) -> bool:
        """Does some journey react to this business event? Otherwise there is no such event."""
        return any(isinstance(part, Step) and name in part.events for part in parts(self.program.journeys))

    def facts(self, p: Profile, event: Event, stamp: Stamp) -> None:
        """S3.2, S3.3: what an event says about its profile."""
        p.history.append((stamp, event))
        gates.receipt(self, p, event, stamp)
        self.shelf.then[id(event)] = self.shelf.rows
        for mapping in self.program.mappings:
            if mapping.event != event.type or mapping.field is None:
                continue
            new = getattr(event.props, attr_name(mapping.field))
            if new is msgspec.UNSET:
                continue
            new = dict(mapping.codes).get(new, new) if new is not None else None
            if new is not None and mapping.one_of and new not in mapping.one_of:
                self.counts["bad_value", mapping.name] += 1
                continue
            if mapping.name not in p.attributes or p.attributes[mapping.name][0] < stamp:
                p.attributes[mapping.name] = (stamp, new)

    def offer(self, p: Profile, event: Event) -> None:
        """One pass (S5.4, D2): audiences, goals, exits, restarts, waits, entries."""
        self.look(p)
        self.watches(p, event, "goal")
        self.watches(p, event, "exit")
        if event.late:
            return
        firings = []
        for journey in self.journeys():
            for number, entry in enumerate(journey.entries):
                if isinstance(entry.trigger, OnEvents):
                    firings += advance(self, p, journey, number, event)
        here = p.in_order()
        restarted = [f for f in firings if entering.restart(self, p, f, event)]
        for instance in here:
            if instance.alive:
                self.offer_to_wait(instance, event)
        for firing in firings:
            if firing not in restarted:
                entering.attempt(self, p, firing, event.id, event)

    def watches(self, p: Profile, event: Event, kind: str) -> None:
        """Goals or exits that an event meets."""
        for instance in p.in_order():
            if event.late and instance.entered > event.ts:
                continue
            for number, watch in enumerate(instance.journey.goals if kind == "goal" else instance.journey.exits):
                if not instance.alive or not isinstance(watch.trigger, OnEvents):
                    continue
                step = watch.trigger.steps[0]
                sight = self.view(instance)
                if not matches(step, event, sight) or not holds(
                    watch.when, sight.with_names(event=event, **bound(step.bind, event))
                ):
                    continue
                if self.in_time(instance, watch, event.ts if event.late else self.now):
                    self.reach(instance, kind, number, event.id)

    def in_time(self, instance: Instance, watch: Watch, at: int) -> bool:
        """D6: `within` counts from the entry."""
        trigger = watch.trigger
        within = watch.within or (trigger.steps[0].within if isinstance(trigger, OnEvents) else None)
        return within is None or at <= shift(instance.entered, within, zone_of(self.program, instance.profile))

    def reach(self, instance: Instance, kind: str, number: int, cause: str) -> None:
        """A goal or an exit is met."""
        if kind == "exit":
            self.leave(instance, "exit")
            return
        if number in instance.goals:
            return
        instance.goals.add(number)
        self.counts["goal", instance.journey.name] += 1
        self.say(instance.profile, "goal", journey=instance.journey.name, instance=instance.id, cause=cause)
        if not instance.journey.goals[number].stay:
            self.leave(instance, "goal")

    def offer_to_wait(self, instance: Instance, event: Event) -> None:
        """S6.3: remember for `since entry`, then try the node where it rests."""
        sight = self.view(instance)
        for node in instance.journey.nodes:
            if not isinstance(node, WaitFor):
                continue
            for number, case in enumerate(node.cases):
                if case.step is None or not case.step.since_entry or (node.id, number) in instance.remembered:
                    continue
                names = bound(case.step.bind, event)
                if matches(case.step, event, sight) and holds(case.when, sight.with_names(event=event, **names)):
                    instance.remembered[node.id, number] = event
        if isinstance(instance.node, WaitFor):
            for number, case in enumerate(instance.node.cases):
                if case.step is None or not matches(case.step, event, sight):
                    continue
                names = bound(case.step.bind, event)
                if holds(case.when, sight.with_names(event=event, **names)):
                    nodes.take(self, instance, instance.node, number, event)
                    return
        elif isinstance(instance.node, Collect):
            nodes.collect(self, instance, instance.node, event)

    # ---- conditions

    def look(self, p: Profile) -> None:
        """Evaluate everything again and queue what changed (D2)."""
        for tracker in self.program.trackers:
            if not holds(tracker.condition, self.sight(p, {})):
                p.since.pop(tracker.name, None)
            else:
                p.since.setdefault(tracker.name, self.now)
        for audience in self.program.audiences:
            owned = {(self.program.namespaces[i[0]].name, i[1]) for i in p.ids}
            listed = audience.condition is None
            member = bool(owned & set(audience.members)) if listed else holds(audience.condition, self.sight(p, {}))
            if member != (audience.name in p.members):
                self.change_membership(p, audience.name, member)
        for kind in ("goal", "exit"):
            for instance in p.in_order():
                watches = instance.journey.goals if kind == "goal" else instance.journey.exits
                for number, watch in enumerate(watches):
                    if isinstance(watch.trigger, OnCondition):
                        self.rise(instance, kind, number, self.watch_holds(watch, instance))
        for instance in p.in_order():
            if isinstance(instance.node, WaitFor):
                for number, case in enumerate(instance.node.cases):
                    if case.condition is not None:
                        now = holds(case.condition, self.view(instance)) and holds(case.when, self.view(instance))
                        self.rise(instance, "case", number, now)
        for journey in self.journeys():
            for number, entry in enumerate(journey.entries):
                if not isinstance(entry.trigger, OnCondition):
                    continue
                now = holds(entry.trigger.condition, self.sight(p, {}, journey))
                if now and (journey.name, number) not in p.held:
                    p.held.add((journey.name, number))
                    p.queue.append(("enter", journey, number))
                elif not now:
                    p.held.discard((journey.name, number))

    def watch_holds(self, watch: Watch, instance: Instance) -> bool:
        assert isinstance(watch.trigger, OnCondition)
        sight = self.view(instance)
        return holds(watch.trigger.condition, sight) and holds(watch.when, sight) and self.in_time(instance, watch, self.now)

    def rise(self, instance: Instance, kind: str, number: int, now: bool) -> None:
        """Queue a watched condition of an instance when it comes to hold."""
        if not now:
            instance.held.discard((kind, number))
        elif (kind, number) not in instance.held:
            instance.held.add((kind, number))
            instance.profile.queue.append((kind, instance, number, instance.visit))

    def change_membership(self, p: Profile, audience: str, member: bool) -> None:
        if member:
            p.members.add(audience)
        else:
            p.members.discard(audience)
        self.say(p, "joined" if member else "left_audience", audience=audience)
        name = f"{'joining' if member else 'leaving'} {audience}"
        p.queue.append(("event", Event(self.now, END, 0, name, name, self.now, ())))

    # ---- consequences

    def work_queue(self, p: Profile) -> None:
        """First in first out, at the same instant (S6.2)."""
        while p.queue:
            kind, *what = p.queue.popleft()
            p.worked = p.worked + 1 if p.worked_at == self.now else 1
            p.worked_at = self.now
            if kind == "emitted":
                self.facts(p, what[0], (self.now, END, what[0].pos))
                self.offer(p, what[0])
            elif kind == "event":
                self.offer(p, what[0])
            elif kind == "enter":
                entering.attempt(self, p, (what[0], what[1], {}, None), "condition")
            elif kind == "start":
                entering.start(self, p, *what)
            elif what[0].alive and kind == "case":
                if what[0].visit == what[2]:
                    nodes.take(self, what[0], what[0].node, what[1], None)
            elif what[0].alive:
                self.reach(what[0], kind, what[1], "condition")

    def leave(self, instance: Instance, reason: str, node: str | None = None) -> None:
        """An instance ends, and what it holds is withdrawn."""
        instance.alive = False
        instance.profile.instances.remove(instance)
        where = node or (instance.node.id if instance.node is not None else None)
        name = instance.journey.name
        if isinstance(instance.node, Send) and instance.due is not None:
            self.say(
                instance.profile, "withdrawn", journey=name, instance=instance.id, node=instance.node.id, channel=instance.holds
            )
        self.counts["left", name, reason] += 1
        self.say(instance.profile, "left", journey=name, key=instance.key, instance=instance.id, reason=reason, node=where)


def bound(name: str | None, event: Event) -> dict[str, Any]:
    return {} if name is None else {name: event}
