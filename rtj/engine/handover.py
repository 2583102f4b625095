"""The state of a profile under one program becomes its state under another: what is known stays known, whoever waits goes on
waiting (S12.3).

Facts, windows and trackers that are defined otherwise begin anew (`rtj.engine.heirs`). Conditions that the old
program did not watch are looked at at the instant of the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtj.engine.backfill import Fresh, History
from rtj.engine.calendar import INFINITY, shift
from rtj.engine.handover_mail import MailHandover, moved_bits
from rtj.engine.heirs import fits_still, goes_on, is_same, items, others, slots, sources
from rtj.engine.journey import JourneyMachine
from rtj.engine.kernel import Kernel
from rtj.engine.letting_in import let_in, newly_open
from rtj.engine.machine import Machine
from rtj.engine.nodes import NodeMachine, WaitForMachine
from rtj.engine.remaking import Remaker
from rtj.engine.retiming import Rests, retime
from rtj.engine.state import NOTHING, Instance, JourneyView, Profile
from rtj.engine.watching import CASE_BIT
from rtj.ir.aligned import aligned
from rtj.ir.crossing import Crossing, JourneyCrossing
from rtj.ir.journey import Version, known_as
from rtj.ir.program import Program

STRANDED = "stranded"  # the reason of those who had no place, which a plan refuses to let happen
DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Onward:
    """Somebody whose node is gone, or ends nothing any more: where they `stood`, where they go on (None: they leave, and why).
    `has_place`: their journey is there still."""

    inst: Instance
    stood: NodeMachine | None
    reason: str
    to: NodeMachine | None
    has_place: bool = True


@dataclass(frozen=True, slots=True)
class Carried:
    """What has a place under the new program. `attributes`, `aggregates`, `trackers`: place under the old one -> under the new
    one; `items` and `coming`: of each item and each condition that lets in, under the new one, its place under the old one, None:
    it is to be looked at; `gids`: the numbers of each way in under the new one, by that under the old one."""

    attributes: dict[int, int]
    aggregates: dict[int, int]
    trackers: dict[int, int]
    items: tuple[int | None, ...]
    coming: dict[int, int | None]
    gids: dict[int, tuple[int, ...]]


class Handover:
    """Takes profiles from one machine to another, one by one. Both programs identify people alike. `kernel` is that of the new
    machine: it reports who leaves. `history`: where what is new in it is filled from."""

    def __init__(self, old: Machine, kernel: Kernel, crossing: Crossing, history: History | None = None) -> None:
        new = kernel.machine
        self._old, self._new, self._kernel, self.history = old, new, kernel, history
        ours, theirs = aligned(old.program, new.program)  # whose places are those of the machines
        self._remaker = Remaker(old, new)
        self._places = {journey.name: place for place, journey in enumerate(new.program.journeys)}
        self._journeys: dict[int, tuple[JourneyMachine, JourneyCrossing]] = {}
        for place, journey in enumerate(old.program.journeys):
            found = crossing.journeys.get(journey.name)
            if found is not None and found.new in self._places:
                self._journeys[place] = new.journey(self._places[found.new]), found
        self._slots: dict[int, int] = {}
        self._names: dict[str, str] = {}
        for place in self._newest_first():
            machine = self._journeys[place][0]
            self._slots.setdefault(old.slots[place], machine.slot)
            self._names.setdefault(known_as(old.program.journeys[place]), machine.name)
        self._audiences = moved_audiences(old.program, new.program)
        gids = self._entry_numbers()
        before = {entry.gid: place for place, entry in enumerate(old.entry_conditions)}
        came = {now: was for was, every in gids.items() for now in every}
        self.carried = carried = Carried(
            slots(ours.mappings, theirs.mappings, fits_still),
            slots(ours.aggregates, theirs.aggregates, goes_on),
            slots(ours.trackers, theirs.trackers, is_same),
            items(old, new, (ours, theirs)),
            {p: before.get(came.get(e.gid, -1)) for p, e in enumerate(new.entry_conditions)},
            gids,
        )
        self.fresh = Fresh(
            others(len(theirs.mappings), carried.attributes),
            others(len(theirs.aggregates), carried.aggregates),
            others(len(theirs.trackers), carried.trackers),
            frozenset(others(len(theirs.audiences), self._audiences)),
        )
        self.letting_in = newly_open(new, came)
        self._places_of = (
            sources(len(theirs.mappings), carried.attributes),
            sources(len(theirs.aggregates), carried.aggregates),
            sources(len(theirs.trackers), carried.trackers),
        )
        self._watched = bool(old.items or old.entry_conditions or old.has_conditions)
        journeys = ((old.program.journeys[place], *found) for place, found in self._journeys.items())
        self._mail = MailHandover(old, kernel, journeys, self._names)

    def take(self, p: Profile, at: int) -> None:
        """Hand a profile over at an instant. Timers that lie before it were worked by the old program."""
        if p.packed is not None:
            p.wake()
        self._remaker.begin()
        self._facts(p)
        if self.history is not None:
            self.history.fill(p, at, self.fresh)
        self._members(p, at)
        self._partials(p)
        self._arm(p, at)
        self._entered(p)
        if p.mail is not None:
            self._mail.take(p.mail)
        inside = list(p.instances.values())
        p.instances = {}
        homeless = [onward for inst in inside if (onward := self._instance(p, inst, at)) is not None]
        p.due = at
        if homeless:
            self._go_on(p, homeless, at)
        if self.letting_in:
            let_in(self._kernel, p, self.letting_in, at)

    def lift(self, p: Profile) -> None:
        """Make somebody whom the change does not concern (`engine.sieve`) one of the new program, whenever that is asked for:
        they are as they were at the change. Nothing is looked at; `due`, `recheck` and `members` are another's."""
        self.lift_facts(p)
        self._partials(p)
        self._entered(p)
        if p.mail is not None:
            self._mail.take(p.mail)
        inside, p.instances = list(p.instances.values()), {}
        for inst in inside:
            self._lift_inside(p, inst)

    def _lift_inside(self, p: Profile, inst: Instance) -> None:
        self._kernel.id_of(p, inst)
        machine, crossing = self._journeys[inst.journey.index]
        node = inst.node
        assert node is not None
        self._carry(p, inst, machine, crossing)
        p.instances[machine.slot, inst.key] = inst
        moved = {a: b for (one, a), b in crossing.cases.items() if one == node.id}
        holds, cases = inst.holds & Kernel.WATCH_MASK, inst.holds >> CASE_BIT
        inst.holds = moved_bits(holds, crossing.watches) | moved_bits(cases, moved) << CASE_BIT
        inst.node = next(one for one in machine.nodes if one.id == crossing.nodes[node.id])

    def lift_facts(self, p: Profile) -> None:
        """The same as far as it hangs on facts alone."""
        self._remaker.begin()
        self._facts(p)
        nexts, conditions = p.next_changes, p.conditions
        p.conditions = 0
        if nexts is not None or not (self._watched or not self._kernel.watches):
            if nexts is None and p.held is None and self._new.tracker_count:
                p.held = [None] * self._new.tracker_count
            carried, base = self.carried, len(self._old.items)
            p.next_changes = [INFINITY if was is None or nexts is None else nexts[was] for was in carried.items]
            for place, was in carried.coming.items():
                p.next_changes.append(INFINITY if was is None or nexts is None else nexts[base + was])
                if was is not None and nexts is not None:
                    p.conditions |= (conditions >> was & 1) << place

    @property
    def fills(self) -> frozenset[int]:
        """The audiences whose past is known: who is a member already does not join now."""
        return self.fresh.audiences if self.history is not None else frozenset()

    def named_now(self, journey: str) -> str:
        """The name of a journey under the new program; the same where it is gone."""
        return self._names.get(journey, journey)

    # ---- facts

    def _facts(self, p: Profile) -> None:
        attributes, aggregates, trackers = self._places_of
        if p.stamps is not None:
            were, stamped = [*p.attributes, None], [*p.stamps, None]
            p.attributes = [were[place] for place in attributes] or NOTHING
            p.stamps = [stamped[place] for place in attributes] or None
        else:
            p.attributes, p.stamps = [None] * len(attributes) or NOTHING, [None] * len(attributes) or None
        kept = [*p.aggregates, None]
        p.aggregates = [kept[place] for place in aggregates] or NOTHING
        if not self._remaker.is_idle:
            p.aggregates = [self._remaker.value(one) for one in p.aggregates] or NOTHING
        if p.next_changes is None or not trackers:
            p.held = None
        else:
            held = [*p.held, None] if p.held is not None else None
            p.held = [held[place] if held is not None else None for place in trackers]

    def _members(self, p: Profile, at: int) -> None:
        """Memberships stay until they are looked at, which is at once. In an audience that is new, and whose past is known, its
        members have been before: they do not join now."""
        p.members = moved_bits(p.members, self._audiences)
        for item in self._new.items if self.history is not None else ():
            if item.is_audience and item.slot in self.fresh.audiences and item.holds(p, at):
                p.members |= 1 << item.slot
        nexts, conditions = p.next_changes, p.conditions
        p.conditions = 0
        if nexts is None and (self._watched or not self._kernel.watches):
            p.recheck = INFINITY
            return
        if nexts is None and p.held is None and self._new.tracker_count:
            p.held = [None] * self._new.tracker_count
        p.next_changes = [at if was is None or nexts is None else nexts[was] for was in self.carried.items]
        for place, entry in enumerate(self._new.entry_conditions):
            was_there = self.carried.coming[place]
            assert entry.condition is not None
            if was_there is None or nexts is None:  # who meets it already does not come to meet it now
                p.conditions |= bool(entry.condition(p, at, None, None)) << place
                p.next_changes.append(at)
            else:
                p.conditions |= (conditions >> was_there & 1) << place
                p.next_changes.append(nexts[len(self._old.items) + was_there])
        p.recheck = min(p.next_changes, default=INFINITY)

    # ---- what has begun

    def _entry_numbers(self) -> dict[int, tuple[int, ...]]:
        """The numbers of each way in under the new program, by that under the old one; only those that are as they were. Where
        two versions of a journey become one, it goes on with those of the newest."""
        firsts = [first_gids(machine.program) for machine in (self._old, self._new)]
        sources: dict[int, int] = {}
        for place in self._newest_first():
            found = self._journeys[place][1]
            for name, numbers in ((found.new, found.entries), *found.others.items()):
                self._new.named(name)  # is built, for people are on their way in
                for was, now in numbers.items():
                    sources.setdefault(firsts[1][name] + now, firsts[0][found.old] + was)
        every: dict[int, list[int]] = {}
        for now, was in sources.items():
            every.setdefault(was, []).append(now)
        return {was: tuple(numbers) for was, numbers in every.items()}

    def _newest_first(self) -> list[int]:
        """The places of journeys that go over; old versions behind the others."""
        return sorted(self._journeys, key=lambda place: isinstance(self._old.program.journeys[place], Version))

    def _partials(self, p: Profile) -> None:
        """Patterns that have begun, and schedules."""
        if p.partials is not None:
            kept = {}
            for (gid, value), partial in p.partials.items():
                self._remaker.partial(partial)
                for number in self.carried.gids.get(gid if gid >= 0 else -1 - gid, ()):
                    kept[number if gid >= 0 else -1 - number, value] = partial.copy()
            p.partials = kept or None
        if p.schedules is not None:
            p.schedules = {now: due for gid, due in p.schedules.items() for now in self.carried.gids.get(gid, ())} or None

    def _arm(self, p: Profile, at: int) -> None:
        """Schedules that are new to a member of their audience."""
        for item in self._new.items:
            for entry in item.schedules:
                if p.members >> item.slot & 1 and (p.schedules is None or entry.gid not in p.schedules):
                    self._kernel.arm(p, entry, at, holds=True)

    def _entered(self, p: Profile) -> None:
        """When the profile came into which journey, and how often."""
        p.last_entries = {(self._slots[slot], key): at for (slot, key), at in p.last_entries.items() if slot in self._slots}
        if p.entries is not None:
            p.entries = {self._slots[slot]: count for slot, count in p.entries.items() if slot in self._slots}

    # ---- who is inside

    def _instance(self, p: Profile, inst: Instance, at: int) -> Onward | None:
        """Put an instance into the new journey, at its node; or say where it goes on."""
        self._kernel.id_of(p, inst)  # minted under the name with which it entered
        found = self._journeys.get(inst.journey.index)
        if found is None:
            return Onward(inst, inst.node, STRANDED, None, has_place=False)
        machine, crossing = found
        was = inst.journey
        self._carry(p, inst, machine, crossing)
        p.instances[machine.slot, inst.key] = inst
        fresh = any(w.condition is not None and w.bit not in crossing.watches.values() for w in machine.conditions)
        node = inst.node
        assert node is not None
        name = crossing.nodes.get(node.id)
        target = next((one for one in machine.nodes if one.id == name), None) if name is not None else None
        cases = inst.holds >> CASE_BIT
        inst.holds = moved_bits(inst.holds & Kernel.WATCH_MASK, crossing.watches)
        if target is None or type(target) is not type(node):
            to = crossing.dropped.get(node.id)
            next_ = next((one for one in machine.nodes if one.id == to), None) if to is not None else None
            return Onward(inst, node, DROPPED if node.id in crossing.dropped else STRANDED, next_)
        moved = {a: b for (one, a), b in crossing.cases.items() if one == node.id}
        if isinstance(target, WaitForMachine):
            known = moved.values()
            fresh = fresh or any(case.condition is not None and n not in known for n, case in enumerate(target.cases))
        inst.holds |= moved_bits(cases, moved) << CASE_BIT
        inst.node = target  # first: what it watches is found in the facts of the new program
        self._watch(p, inst, at, fresh=fresh)
        rests = Rests(was.spec.nodes[node.index], machine.spec.nodes[target.index], target, moved, crossing.timers)
        return None if retime(self._kernel, p, inst, at, rests) else Onward(inst, target, DROPPED, target)

    def _carry(self, p: Profile, inst: Instance, machine: JourneyMachine, crossing: JourneyCrossing) -> None:
        """What an instance carries, and has counted."""
        was = inst.journey
        inst.journey = machine
        view = inst.names.get("journey")
        if isinstance(view, JourneyView):
            view.name = machine.name
        self._remaker.names(inst.names, machine.name)
        inst.collected = self._remaker.value(inst.collected)
        numbers = _numbers(was, machine, crossing.nodes)
        inst.visits = _renumbered(inst.visits, numbers)
        inst.rounds = _renumbered(inst.rounds, numbers)
        inst.seen = self._seen(inst, was, crossing, numbers)
        inst.goals = moved_bits(inst.goals, crossing.watches)
        if was.spec.max_duration != machine.spec.max_duration:
            inst.expires = shift(inst.entered, machine.spec.max_duration, 1, self._kernel.zone(p))

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
                found[numbers[number], place] = self._remaker.value(event)
        return found or None

    def _go_on(self, p: Profile, homeless: list[Onward], at: int) -> None:
        """Those whose node is gone go on elsewhere or leave, one after the other in the order of S1.4, each followed by all its
        consequences. What they held is withdrawn where they stood."""
        kernel = self._kernel
        for one in homeless:
            one.inst.node, one.inst.due = None, INFINITY  # nobody offers them anything where they are no more
        for one in sorted(homeless, key=lambda one: (*one.inst.journey.order, one.inst.order)):
            inst = one.inst
            lives = kernel.is_inside(p, inst)
            if not lives and one.has_place:
                continue  # what another of them caused has ended it
            inst.node, inst.case = one.stood, -1
            kernel.withdraw(p, inst, at)
            if not lives:
                kernel.let_go(p, inst, at, one.reason)
            elif one.to is None:
                kernel.leave(p, inst, at, one.reason)
            else:
                inst.recheck = at if inst.journey.conditions else INFINITY  # nothing of what the old node watched
                p.recheck = min(p.recheck, inst.recheck)
                kernel.run(p, inst, one.to, at)
            if kernel.queue:
                kernel.drain(p, at)


def moved_audiences(old: Program, new: Program) -> dict[int, int]:
    """The place of each audience that both programs have: under the old one -> under the new one."""
    places = {audience.name: slot for slot, audience in enumerate(new.audiences)}
    return {slot: places[one.name] for slot, one in enumerate(old.audiences) if one.name in places}


def first_gids(program: Program) -> dict[str, int]:
    """The number of the first way in of each journey, among those of all (`EntryMachine.gid`)."""
    number, found = 0, {}
    for journey in program.journeys:
        found[journey.name] = number
        number += len(journey.entries)
    return found


def _numbers(old: JourneyMachine, new: JourneyMachine, nodes: Mapping[str, str]) -> dict[int, int]:
    places = {node.id: node.index for node in new.nodes}
    return {node.index: places[nodes[node.id]] for node in old.nodes if nodes.get(node.id) in places}


def _renumbered(counts: dict[int, int] | None, numbers: Mapping[int, int]) -> dict[int, int] | None:
    return None if counts is None else {numbers[number]: count for number, count in counts.items() if number in numbers}
