"""The state of a profile under one program becomes its state under another: what is known stays known, whoever waits goes on
waiting (S12.3).

Facts, windows and trackers that are defined otherwise begin anew (`rtj.engine.heirs`). Conditions that the old
program did not watch are looked at at the instant of the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtj.engine.actions import SendMachine
from rtj.engine.calendar import INFINITY, shift
from rtj.engine.heirs import fits_still, goes_on, is_same, items, slots
from rtj.engine.journey import JourneyMachine
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.mail import Mail, SentMail
from rtj.engine.nodes import (
    CollectMachine,
    LengthMachine,
    MomentMachine,
    NodeMachine,
    WaitForMachine,
    WaitMachine,
    WaitUntilMachine,
)
from rtj.engine.record import Recorder
from rtj.engine.reporting import instance_id, message_key
from rtj.engine.state import Instance, JourneyView, Profile
from rtj.engine.watching import CASE_BIT
from rtj.engine.world import World
from rtj.ir import journey as ir
from rtj.ir.crossing import Crossing, JourneyCrossing

STRANDED = "stranded"  # the reason of those who had no place, which a plan refuses to let happen
DROPPED = "dropped"


class Handover:
    """Takes profiles from one machine to another. Both programs are aligned, and identify people alike. `kernel` is that of the
    new machine: it reports who leaves."""

    def __init__(self, old: Machine, kernel: Kernel, crossing: Crossing) -> None:
        new = kernel.machine
        self._old, self._new, self._kernel = old, new, kernel
        self._places = {journey.name: place for place, journey in enumerate(new.program.journeys)}
        self._journeys: dict[int, tuple[JourneyMachine, JourneyCrossing]] = {}
        for place, journey in enumerate(old.program.journeys):
            found = crossing.journeys.get(journey.name)
            if found is not None and found.new in self._places:
                self._journeys[place] = new.journey(self._places[found.new]), found
        self._names = {found.old: found.new for _, found in self._journeys.values()}
        self._attributes = slots(old.program.mappings, new.program.mappings, fits_still)
        self._aggregates = slots(old.program.aggregates, new.program.aggregates, goes_on)
        self._trackers = slots(old.program.trackers, new.program.trackers, is_same)
        self._items = items(old, new)
        self._audiences = {slot: name.name for slot, name in enumerate(old.program.audiences)}
        self._gids = self._entry_numbers(crossing)
        before = {entry.gid: place for place, entry in enumerate(old.entry_conditions)}
        came = {now: was for was, now in self._gids.items()}
        self._coming = {p: before.get(came.get(e.gid, -1)) for p, e in enumerate(new.entry_conditions)}
        self._sends = {
            (found.old, was): node
            for machine, found in self._journeys.values()
            for was, now in found.nodes.items()
            for node in machine.nodes
            if node.id == now and isinstance(node, SendMachine)
        }
        self._caps = {cap: number for number, cap in enumerate(new.program.caps)}

    def take(self, p: Profile, at: int) -> None:
        """Hand a profile over at an instant. Timers that lie before it were worked by the old program."""
        if p.packed is not None:
            p.wake()
        self._facts(p)
        self._members(p, at)
        self._begun(p, at)
        self._entered(p)
        if p.mail is not None:
            self._mail(p.mail)
        inside = list(p.instances.values())
        p.instances = {}
        homeless = []
        for inst in inside:
            goes = self._instance(p, inst, at)
            if goes is not None:
                homeless.append((inst, goes))
        p.due = at
        for inst, (reason, to) in homeless:
            self._resettle(p, inst, at, reason, to)

    # ---- facts

    def _facts(self, p: Profile) -> None:
        program = self._new.program
        fresh = Profile(p.origin, p.born, len(program.mappings), len(program.aggregates))
        if fresh.stamps is not None and p.stamps is not None:
            for was, now in self._attributes.items():
                fresh.attributes[now], fresh.stamps[now] = p.attributes[was], p.stamps[was]
        for was, now in self._aggregates.items():
            fresh.aggregates[now] = p.aggregates[was]
        p.attributes, p.stamps, p.aggregates = fresh.attributes, fresh.stamps, fresh.aggregates
        held: list[int | None] = [None] * self._new.tracker_count
        for was, now in self._trackers.items():
            held[now] = p.held[was] if p.held is not None else None
        p.held = held if held and p.next_changes is not None else None

    def _members(self, p: Profile, at: int) -> None:
        """Memberships stay until they are looked at, which is at once."""
        members = 0
        slots = {audience.name: slot for slot, audience in enumerate(self._new.program.audiences)}
        for was, name in self._audiences.items():
            if p.members >> was & 1 and name in slots:
                members |= 1 << slots[name]
        p.members = members
        nexts, conditions = p.next_changes, p.conditions
        p.conditions = 0
        if nexts is None:
            p.recheck = INFINITY
            return
        p.next_changes = [at if was is None else nexts[was] for was in self._items]
        for place, entry in enumerate(self._new.entry_conditions):
            was_there = self._coming[place]
            assert entry.condition is not None
            if was_there is None:  # who meets it already does not come to meet it now
                p.conditions |= bool(entry.condition(p, at, None, None)) << place
                p.next_changes.append(at)
            else:
                p.conditions |= (conditions >> was_there & 1) << place
                p.next_changes.append(nexts[len(self._old.items) + was_there])
        p.recheck = min(p.next_changes, default=INFINITY)

    # ---- what has begun

    def _entry_numbers(self, crossing: Crossing) -> dict[int, int]:
        """The number of each way in under the new program, by that under the old one; only those that are as they were."""
        firsts: list[dict[str, int]] = []
        for machine in (self._old, self._new):
            number, first = 0, {}
            for journey in machine.program.journeys:
                first[journey.name] = number
                number += len(journey.entries)
            firsts.append(first)
        return {
            firsts[0][old] + was: firsts[1][found.new] + now
            for old, found in crossing.journeys.items()
            if old in firsts[0] and found.new in firsts[1]
            for was, now in found.entries.items()
        }

    def _begun(self, p: Profile, at: int) -> None:
        """Patterns that have begun, and schedules."""
        if p.partials is not None:
            kept = {}
            for (gid, value), partial in p.partials.items():
                number = self._gids.get(gid if gid >= 0 else -1 - gid)
                if number is not None:
                    kept[number if gid >= 0 else -1 - number, value] = partial
            p.partials = kept or None
        if p.schedules is not None:
            p.schedules = {self._gids[gid]: due for gid, due in p.schedules.items() if gid in self._gids} or None
        for item in self._new.items:
            for entry in item.schedules:
                if p.members >> item.slot & 1 and (p.schedules is None or entry.gid not in p.schedules):
                    self._kernel.arm(p, entry, at, holds=True)

    def _entered(self, p: Profile) -> None:
        """When the profile came into which journey, and how often."""
        p.last_entries = {
            (self._journeys[place][0].index, key): at for (place, key), at in p.last_entries.items() if place in self._journeys
        }
        if p.entries is not None:
            p.entries = {self._journeys[j][0].index: count for j, count in p.entries.items() if j in self._journeys}

    def _mail(self, mail: Mail) -> None:
        """Messages that were sent count in the caps of now."""
        for sent in (*mail.capped, *mail.others):
            node = self._sends.get((sent.journey, sent.node.id), sent.node)
            if node.id != sent.node.id and sent.minted is None:  # its receipts name the id with which it went
                sent.minted = message_key(self._kernel.secret, instance_id(*sent.passage), sent.node.id, sent.visit)
            sent.node = node
            sent.caps = self._bits(sent)
        every = sorted((*mail.capped, *mail.others), key=lambda sent: sent.at)
        mail.capped = tuple(sent for sent in every if sent.caps)
        mail.others = tuple(sent for sent in every if not sent.caps)
        old = self._old.program.caps
        kept = {number: self._caps[cap] for number, cap in enumerate(old) if cap in self._caps}
        mail.entries = tuple((at, _moved_bits(bits, kept)) for at, bits in mail.entries)

    def _bits(self, sent: SentMail) -> int:
        """The caps of the new program that cover a message."""
        program = self._new.program
        category = next((m.category for m in program.messages if m.name == sent.node.spec.message), "")
        caps = self._new.gates.caps
        return sum(cap.bit for cap in caps if cap.covers(sent.channel, self._named_now(sent.journey), category))

    def _named_now(self, journey: str) -> str:
        return self._names.get(journey, journey)

    # ---- who is inside

    def _instance(self, p: Profile, inst: Instance, at: int) -> tuple[str, str | None] | None:
        """Put an instance into the new journey, at its node. Where it has no node there: why, and where it goes on."""
        self._kernel.id_of(p, inst)  # minted under the name with which it entered
        found = self._journeys.get(inst.journey.index)
        if found is None:
            return STRANDED, None
        machine, crossing = found
        was = inst.journey
        inst.journey = machine
        view = inst.names.get("journey")
        if isinstance(view, JourneyView):
            view.name = machine.name
        numbers = _numbers(was, machine, crossing.nodes)
        inst.visits = _renumbered(inst.visits, numbers)
        inst.rounds = _renumbered(inst.rounds, numbers)
        inst.seen = self._seen(inst, was, crossing, numbers)
        inst.goals = _moved_bits(inst.goals, crossing.watches)
        cases = inst.holds >> CASE_BIT
        inst.holds = _moved_bits(inst.holds & Kernel.WATCH_MASK, crossing.watches)
        if was.spec.max_duration != machine.spec.max_duration:
            inst.expires = shift(inst.entered, machine.spec.max_duration, 1, self._kernel.zone(p))
        p.instances[machine.index, inst.key] = inst
        fresh = any(w.condition is not None and w.bit not in crossing.watches.values() for w in machine.conditions)
        node = inst.node
        assert node is not None
        name = crossing.nodes.get(node.id)
        target = next((one for one in machine.nodes if one.id == name), None) if name is not None else None
        if target is None or type(target) is not type(node):
            return (DROPPED if node.id in crossing.dropped else STRANDED), crossing.dropped.get(node.id)
        moved = {a: b for (one, a), b in crossing.cases.items() if one == node.id}
        if isinstance(target, WaitForMachine):
            known = moved.values()
            fresh = fresh or any(case.condition is not None and n not in known for n, case in enumerate(target.cases))
        inst.holds |= _moved_bits(cases, moved) << CASE_BIT
        inst.node = target  # first: what it watches is found in the facts of the new program
        self._watch(p, inst, at, fresh=fresh)
        self._timer(p, inst, (was.spec.nodes[node.index], machine.spec.nodes[target.index], target), (at, crossing, moved))
        return None

    def _watch(self, p: Profile, inst: Instance, at: int, *, fresh: bool) -> None:
        """When the conditions of an instance are looked at next: now if the old program did not watch all of them."""
        if fresh:
            inst.recheck = at
        elif inst.recheck < INFINITY:
            self._kernel.set_instance_recheck(p, inst, at)
        p.recheck = min(p.recheck, inst.recheck)

    def _seen(
        self, inst: Instance, was: JourneyMachine, crossing: JourneyCrossing, numbers: Mapping[int, int]
    ) -> dict[tuple[int, int], Any] | None:
        if inst.seen is None:
            return None
        found = {}
        for (number, case), event in inst.seen.items():
            place = crossing.cases.get((was.nodes[number].id, case))
            if number in numbers and place is not None:
                found[numbers[number], place] = event
        return found or None

    def _timer(
        self,
        p: Profile,
        inst: Instance,
        nodes: tuple[ir.Node, ir.Node, NodeMachine],
        terms: tuple[int, JourneyCrossing, Mapping[int, int]],
    ) -> None:
        """The date until which somebody waits, after the policy of the journey."""
        (old, new, target), (at, crossing, cases) = nodes, terms
        if isinstance(target, WaitForMachine) and isinstance(old, ir.WaitFor) and isinstance(new, ir.WaitFor):
            place = cases.get(inst.case, -1) if inst.case >= 0 else -1
            if place >= 0 and crossing.timers == "keep":
                inst.case = place
            elif place < 0 and inst.case < 0 and crossing.timers == "keep":
                return
            else:
                as_was = {now for was, now in cases.items() if _passes(old.cases[was]) == _passes(new.cases[now])}
                anew = at if crossing.timers == "restart" else inst.steps_at
                ends = [
                    (inst.due, number)
                    if number == place and number in as_was
                    else (target.deadline(self._kernel, p, inst, inst.steps_at if number in as_was else anew, case), number)
                    for number, case in enumerate(target.cases)
                ]
                inst.due, inst.case = min((end for end in ends if end[0] < INFINITY), default=(INFINITY, -1))
        elif crossing.timers != "keep" and _lasts(old) != _lasts(new):
            start = at if crossing.timers == "restart" else inst.steps_at
            inst.due = self._end(p, inst, target, start)
        inst.due = max(inst.due, at)

    def _end(self, p: Profile, inst: Instance, target: NodeMachine, start: int) -> int:
        """When a wait ends that has begun at `start`."""
        match target:
            case WaitMachine(length=length):
                return length.end(self._kernel, p, inst, start)
            case WaitUntilMachine(moment=moment):
                return moment.find(p, inst, start) or start
            case CollectMachine(end=LengthMachine() as length):
                return length.end(self._kernel, p, inst, start)
            case CollectMachine(end=MomentMachine() as moment):
                return moment.find(p, inst, start) or start
            case _:
                return inst.due

    def _resettle(self, p: Profile, inst: Instance, at: int, reason: str, to: str | None) -> None:
        """Somebody whose node is gone goes on elsewhere, or leaves."""
        if (inst.journey.index, inst.key) not in p.instances or p.instances[inst.journey.index, inst.key] is not inst:
            self._kernel.let_go(p, inst, at, reason)
            return
        target = next((one for one in inst.journey.nodes if one.id == to), None) if to is not None else None
        if target is None:
            self._kernel.leave(p, inst, at, reason)
        else:
            inst.recheck = at if inst.journey.conditions else INFINITY  # nothing is watched any more that the old node watched
            p.recheck = min(p.recheck, inst.recheck)
            self._kernel.run(p, inst, target, at)


def succeed(old: World, machine: Machine, recorder: Recorder, crossing: Crossing, at: int) -> World:
    """A world in which everybody of another goes on under a new program, from this instant on. The old one is left empty: it has
    closed every instant before `at`. Both programs identify people alike."""
    new = World(machine, recorder)
    machine.tables.take_over(old.machine.tables)
    profiles = old.release(new)
    handover = Handover(old.machine, new.kernel, crossing)
    for p in profiles:
        handover.take(p, at)
    new.resume(profiles)
    return new


def _lasts(node: ir.Node) -> tuple[object, ...]:
    """Until when somebody waits at a node, as it is written."""
    match node:
        case ir.Wait(length=length, for_=for_):
            return length, for_
        case ir.WaitUntil(moment=moment):
            return (moment,)
        case ir.Collect(length=length, until=until):
            return length, until
        case _:
            return ()


def _passes(case: ir.Case) -> tuple[object, ...]:
    """When a case passes by time alone, as it is written."""
    return case.after, case.for_, case.until


def _numbers(old: JourneyMachine, new: JourneyMachine, nodes: Mapping[str, str]) -> dict[int, int]:
    places = {node.id: node.index for node in new.nodes}
    return {node.index: places[nodes[node.id]] for node in old.nodes if nodes.get(node.id) in places}


def _renumbered(counts: dict[int, int] | None, numbers: Mapping[int, int]) -> dict[int, int] | None:
    return None if counts is None else {numbers[number]: count for number, count in counts.items() if number in numbers}


def _moved_bits(bits: int, places: Mapping[int, int]) -> int:
    moved = 0
    for was, now in places.items():
        moved |= (bits >> was & 1) << now
    return moved
