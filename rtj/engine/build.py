"""IR nodes, entries and watches become machines, linked to what follows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never

from rtj.engine.actions import (
    BranchMachine,
    CallMachine,
    EmitMachine,
    ExitMachine,
    PairMachines,
    RepeatMachine,
    SendMachine,
    SetMachine,
    SplitMachine,
    StartMachine,
)
from rtj.engine.boundary import BoundaryMachine
from rtj.engine.calendar import at_clock, day_of, to_day
from rtj.engine.journey import EntryMachine, JourneyMachine, PatternMachine, WatchMachine
from rtj.engine.moments import next_clock, next_day
from rtj.engine.nodes import (
    CaseMachine,
    CollectMachine,
    LengthMachine,
    MomentMachine,
    NodeMachine,
    WaitForMachine,
    WaitMachine,
    WaitUntilMachine,
)
from rtj.engine.patterns import ChainPattern, CountPattern, SinglePattern, StepMachine
from rtj.ir import journey as ir

if TYPE_CHECKING:
    from rtj.engine.machine import Machine


class Builder:
    """Builds the machines of one program. Expressions are compiled through the machine, each once."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.name = ""  # of the journey being built

    # ---- steps, entries, watches

    def step(self, spec: ir.Step) -> StepMachine:
        m = self.machine
        return StepMachine(spec, m.condition(spec.where), m.function(spec.same), m.mask(spec.audience))

    def pattern(self, gid: int, trigger: ir.OnEvents) -> PatternMachine:
        steps = tuple(self.step(s) for s in trigger.steps)
        if len(steps) > 1:
            return ChainPattern(gid, steps, self.machine.deadline)
        if steps[0].spec.count > 1:
            return CountPattern(gid, steps, self.machine.deadline)
        return SinglePattern(gid, steps)

    def entry(self, journey: JourneyMachine, spec: ir.Entry, gid: int, index: int) -> EntryMachine:
        m = self.machine
        made = EntryMachine(journey, spec, gid, index)
        made.when = m.condition(spec.when)
        made.key_of = m.function(spec.key)
        match spec.trigger:
            case ir.OnEvents():
                made.pattern = self.pattern(gid, spec.trigger)
                made.match = made.pattern.match
                m.has_deadlines |= any(step.absent for step in spec.trigger.steps)
            case ir.OnCondition(condition=condition):
                made.condition = m.condition(condition)
                made.changes = m.changes.of(condition)
            case ir.OnSchedule():
                made.schedule = spec.trigger
            case ir.OnStart():
                pass
            case _:
                assert_never(spec.trigger)
        return made

    def watch(self, spec: ir.Watch, bit: int) -> WatchMachine:
        m = self.machine
        made = WatchMachine(spec, bit)
        made.when = m.condition(spec.when)
        match spec.trigger:
            case ir.OnEvents(steps=steps):
                made.step = self.step(steps[0])
            case ir.OnCondition(condition=condition):
                made.condition = m.condition(condition)
                made.changes = m.changes.of(condition)
            case _:
                assert_never(spec.trigger)
        return made

    def journey(self, made: JourneyMachine) -> None:
        """Nodes, goals and exits; entries are built by the machine, which numbers them."""
        spec = made.spec
        self.name = made.name
        made.entry_caps = self.machine.gates.entry_caps(made.name)
        made.goals = [self.watch(w, bit) for bit, w in enumerate(spec.goals)]
        made.exits = [self.watch(w, len(made.goals) + bit) for bit, w in enumerate(spec.exits)]
        made.conditions = [w for w in (*made.goals, *made.exits) if w.condition is not None]
        made.has_conditions = bool(made.conditions)
        made.nodes = [self.node(index, node) for index, node in enumerate(spec.nodes)]
        by_id = {node.id: node for node in made.nodes}
        ahead: dict[str, NodeMachine] = dict(by_id)
        if isinstance(spec, ir.Version) and spec.over is not None and spec.first is not None:
            ahead[spec.first] = BoundaryMachine(spec.first, spec.over, made, partial(self.machine.named, spec.over.to))
        for node, ir_node in zip(made.nodes, spec.nodes, strict=True):
            self.link(node, ir_node, lambda name: ahead[name] if name is not None else None)
        made.first = by_id[spec.first] if spec.first is not None else None
        made.watchers = tuple(
            n
            for n in made.nodes
            if isinstance(n, WaitForMachine) and any(c.step is not None and c.step.spec.since_entry for c in n.cases)
        )
        zone = self.machine.project_zone
        if spec.runs_from is not None:
            made.opens = at_clock(iso_day(spec.runs_from), 0, zone)
        if spec.runs_to is not None:
            made.closes = at_clock(iso_day(spec.runs_to) + 1, 0, zone)

    # ---- nodes

    def node(self, index: int, spec: ir.Node) -> NodeMachine:
        m = self.machine
        match spec:
            case ir.Wait():
                return WaitMachine(index, spec, self.length(spec.length, spec.for_))
            case ir.WaitUntil():
                return WaitUntilMachine(index, spec, self.moment(spec.moment))
            case ir.WaitFor():
                return WaitForMachine(index, spec, tuple(self.case(c) for c in spec.cases))
            case ir.Branch():
                return BranchMachine(index, spec, tuple(m.test(arm.when) for arm in spec.arms))
            case ir.Split():
                return SplitMachine(index, spec)
            case ir.Repeat():
                return RepeatMachine(index, spec, m.condition(spec.until))
            case ir.Send():
                return SendMachine(index, spec, self.pairs(spec.pairs), m.gates.ways(self.name, spec))
            case ir.CallWebhook():
                return CallMachine(index, spec, self.pairs(spec.pairs))
            case ir.Collect():
                end = self.moment(spec.until) if spec.until is not None else self.length(spec.length, None)
                return CollectMachine(index, spec, self.step(spec.step), end)
            case ir.SetAttributes():
                return SetMachine(index, spec, self.pairs(spec.pairs))
            case ir.Emit():
                return EmitMachine(index, spec, self.pairs(spec.pairs), m.record(spec.event))
            case ir.StartJourney():
                return StartMachine(index, spec, self.pairs(spec.pairs), m.start_record(spec.journey))
            case ir.Exit():
                return ExitMachine(index, spec)
            case _:
                assert_never(spec)

    def pairs(self, pairs: tuple[ir.Pair, ...]) -> PairMachines:
        return PairMachines(pairs, tuple(self.machine.value(pair.value) for pair in pairs))

    def case(self, spec: ir.Case) -> CaseMachine:
        m = self.machine
        made = CaseMachine()
        made.step = self.step(spec.step) if spec.step is not None else None
        made.when = m.condition(spec.when)
        if spec.condition is not None:
            made.condition = m.condition(spec.condition)
            made.changes = m.changes.of(spec.condition)
        if spec.after is not None or spec.for_ is not None:
            made.length = self.length(spec.after, spec.for_)
        made.moment = self.moment(spec.until) if spec.until is not None else None
        return made

    def length(self, length: Any, of: Any) -> LengthMachine:
        return LengthMachine(length, self.machine.function(of))

    def moment(self, spec: ir.Moment) -> MomentMachine:
        """A function (profile, instance, at) -> the instant, or None when it is missing."""
        m = self.machine
        zone_name, on, at_expr = m.function(spec.zone), m.function(spec.on), m.function(spec.at)

        def find(p: Any, inst: Any, at: int) -> int | None:
            zone = m.zone(p) if zone_name is None else m.named_zone(p, zone_name(p, at, None, inst.names))
            if at_expr is not None:
                value = at_expr(p, at, None, inst.names)
                if value is None:
                    return None
                return at_clock(value, 0, zone) if spec.at_is_date else int(value)
            assert spec.clock is not None
            if on is not None:
                day = on(p, at, None, inst.names)
                if day is None:
                    return None
                return at_clock(day if spec.on_is_date else day_of(day, zone), spec.clock, zone)
            if spec.days:
                return next_day(at, spec.days, (spec.clock, spec.to), zone, int(spec.next))
            return next_clock(at, spec.clock, spec.to, zone)

        return MomentMachine(find)

    def link(self, node: NodeMachine, spec: ir.Node, find: Callable[[str | None], NodeMachine | None]) -> None:
        """Resolve what follows; an empty block goes on below its node."""
        node.next = find(getattr(spec, "next", None))

        def block(name: str | None) -> NodeMachine | None:
            return find(name) if name is not None else node.next

        match node, spec:
            case WaitUntilMachine(), ir.WaitUntil():
                node.body, node.otherwise = block(spec.body), block(spec.otherwise)
            case WaitForMachine(), ir.WaitFor():
                for case, ir_case in zip(node.cases, spec.cases, strict=True):
                    case.body = block(ir_case.body)
            case BranchMachine(), ir.Branch():
                node.bodies = tuple(block(arm.body) for arm in spec.arms)
                node.otherwise = block(spec.otherwise)
            case SplitMachine(), ir.Split():
                node.bodies = tuple(block(arm.body) for arm in spec.arms)
            case RepeatMachine(), ir.Repeat():
                node.body = find(spec.body) if spec.body is not None else node
            case SendMachine(), ir.Send():
                node.otherwise = block(spec.otherwise)
            case CallMachine(), ir.CallWebhook():
                node.otherwise = block(spec.otherwise)
            case _:
                pass


def iso_day(text: str) -> int:
    """The day number of YYYY-MM-DD."""
    return to_day(date.fromisoformat(text[:10]))
