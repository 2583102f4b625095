"""The nodes of a journey that rest: waits, collect, send (S6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rtj.engine.calendar import INFINITY, iso, shift
from rtj.engine.changes import NextChange
from rtj.engine.codegen import Evaluate
from rtj.engine.patterns import StepMachine
from rtj.engine.state import Instance, Profile
from rtj.ir.expr import Length
from rtj.ir.journey import Collect, Wait, WaitFor, WaitUntil
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel


class _Rest:
    """What `enter` answers when the instance rests or is gone."""


REST: Final = _Rest()


class NodeMachine:
    """A place in the graph. `enter` gives the node that follows at once, REST, or None: the journey is complete."""

    has_conditions = False
    types: frozenset[str] = frozenset()

    def __init__(self, index: int, node_id: str) -> None:
        self.index = index
        self.id = node_id
        self.next: NodeMachine | None = None

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        raise AssertionError

    def timeout(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        """The deadline is reached."""
        return self.next

    def visit(self, inst: Instance) -> int:
        """Count one more arrival of the instance; the first is 1. Only a journey that repeats can come by again, or one that took
        over from a journey that did."""
        visits = inst.visits
        if visits is None and not inst.journey.repeats:
            return 1
        if visits is None:
            visits = inst.visits = {}
        visits[self.index] = count = visits.get(self.index, 0) + 1
        return count

    def rest(self, k: Kernel, p: Profile, inst: Instance, due: int) -> _Rest:
        """Stand here until `due`."""
        inst.node = self
        inst.due = due
        if due < p.due:
            p.due = due
        return REST


class MomentMachine:
    """A moment, and where its zone comes from."""

    def __init__(self, find: Any) -> None:
        self.find = find  # (profile, instance, at) -> instant or None


class LengthMachine:
    """A length that ends somewhere: exact, calendar, or computed."""

    __slots__ = ("ms", "of", "steps")

    def __init__(self, length: Length | None, of: Evaluate | None) -> None:
        self.steps = length if length is not None and (length.days or length.months) else None
        self.ms = length.ms if length is not None else 0
        self.of = of

    def end(self, k: Kernel, p: Profile, inst: Instance, at: int) -> int:
        if self.of is not None:
            value = self.of(p, at, None, inst.names)
            return at if value is None else at + max(0, int(value))
        return at + self.ms if self.steps is None else shift(at, self.steps, 1, k.zone(p))


class WaitMachine(NodeMachine):
    def __init__(self, index: int, spec: Wait, length: LengthMachine) -> None:
        super().__init__(index, spec.id)
        self.length = length

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        due = self.length.end(k, p, inst, at)
        if k.tracing:
            k.report(p, at, what="waits", journey=inst.journey.name, instance=k.id_of(p, inst), node=self.id, until=iso(due))
        return self.rest(k, p, inst, due)


class WaitUntilMachine(NodeMachine):
    """S6.3: with a block, the block at the moment and not at all when it is past."""

    def __init__(self, index: int, spec: WaitUntil, moment: MomentMachine) -> None:
        super().__init__(index, spec.id)
        self.spec = spec
        self.moment = moment
        self.body: NodeMachine | None = None
        self.otherwise: NodeMachine | None = None

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        due = self.moment.find(p, inst, at)
        if due is None or due < at:
            other = self.spec.has_otherwise and (due is None or self.spec.block)
            k.goes(p, inst, at, self.id, "else" if other else "past")
            return self.otherwise if other else self.next
        if k.tracing:
            k.report(p, at, what="waits", journey=inst.journey.name, instance=k.id_of(p, inst), node=self.id, until=iso(due))
        return self.rest(k, p, inst, due)

    def timeout(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        if not self.spec.block:
            return self.next
        k.goes(p, inst, at, self.id, "block")
        return self.body


class CaseMachine:
    """A case of wait_for: an event, a condition, or a deadline."""

    __slots__ = ("body", "changes", "condition", "length", "moment", "step", "when")

    def __init__(self) -> None:
        self.step: StepMachine | None = None
        self.when: Evaluate | None = None
        self.condition: Evaluate | None = None
        self.changes: tuple[NextChange, ...] = ()
        self.length: LengthMachine | None = None
        self.moment: MomentMachine | None = None
        self.body: NodeMachine | None = None


class WaitForMachine(NodeMachine):
    """Offers an event to its cases in their order; a condition passes the moment it holds."""

    def __init__(self, index: int, spec: WaitFor, cases: tuple[CaseMachine, ...]) -> None:
        super().__init__(index, spec.id)
        self.cases = cases
        self.has_conditions = any(c.condition is not None for c in cases)
        self.types = frozenset(t for c in cases if c.step is not None for t in c.step.types)

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        for place, case in enumerate(self.cases):
            if case.condition is not None and case.condition(p, at, None, inst.names):
                return self._pass(k, p, inst, at, place)
            if case.step is not None and case.step.spec.since_entry and inst.seen:
                event = inst.seen.get((self.index, place))
                if event is not None:
                    return self._matched(k, p, inst, event, at, place)
        due, inst.case = INFINITY, -1
        for place, case in enumerate(self.cases):
            end = self.deadline(k, p, inst, at, case)
            if end < due:
                due, inst.case = end, place
        inst.holds &= k.WATCH_MASK
        if k.tracing:
            until = {"until": iso(due)} if due < INFINITY else {}
            k.report(p, at, what="waits", journey=inst.journey.name, instance=k.id_of(p, inst), node=self.id, **until)
        self.rest(k, p, inst, due)
        if self.has_conditions:
            k.look_again(p, inst, at)
        return REST

    def deadline(self, k: Kernel, p: Profile, inst: Instance, at: int, case: CaseMachine) -> int:
        """When the case passes by time alone for whoever comes at `at`; INFINITY: never."""
        if case.length is not None:
            return case.length.end(k, p, inst, at)
        if case.moment is not None:
            moment = case.moment.find(p, inst, at)
            return INFINITY if moment is None else max(at, moment)
        return INFINITY

    def timeout(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        return self._pass(k, p, inst, at, inst.case)

    def passes(self, k: Kernel, p: Profile, inst: Instance, at: int, place: int) -> NodeMachine | _Rest | None:
        """A condition case has come to hold."""
        return self._pass(k, p, inst, at, place)

    def matches(self, k: Kernel, p: Profile, inst: Instance, event: Event, case: CaseMachine) -> bool:
        """Is this the event that the case waits for?"""
        step = case.step
        if step is None or not step.accepts(event):
            return False
        names = inst.names if step.bind is None else {**inst.names, step.bind: event}
        if step.spec.of_node is not None and not k.is_receipt(p, inst, step.spec.of_node, event):
            return False
        return step.holds(p, event.at, event, names) and (case.when is None or bool(case.when(p, event.at, event, names)))

    def remember(self, k: Kernel, p: Profile, inst: Instance, event: Event) -> None:
        """`since entry`: keep the first event that matches, per case."""
        for place, case in enumerate(self.cases):
            if case.step is None or not case.step.spec.since_entry:
                continue
            if inst.seen is not None and (self.index, place) in inst.seen:
                continue
            if self.matches(k, p, inst, event, case):
                inst.seen = inst.seen or {}
                inst.seen[self.index, place] = event

    def offer(self, k: Kernel, p: Profile, inst: Instance, event: Event) -> NodeMachine | _Rest | None:
        """The event goes to the cases in their order; REST: none takes it."""
        for place, case in enumerate(self.cases):
            if self.matches(k, p, inst, event, case):
                return self._matched(k, p, inst, event, event.at, place)
        return REST

    def _matched(self, k: Kernel, p: Profile, inst: Instance, event: Event, at: int, place: int) -> NodeMachine | _Rest | None:
        step = self.cases[place].step
        if step is not None and step.bind is not None:
            inst.names[step.bind] = event
        return self._pass(k, p, inst, at, place)

    def _pass(self, k: Kernel, p: Profile, inst: Instance, at: int, place: int) -> NodeMachine | _Rest | None:
        k.goes(p, inst, at, self.id, f"case {place + 1}")
        return self.cases[place].body


class CollectMachine(NodeMachine):
    """Keeps a bounded list of matching events until its end; the entry event counts if it matches."""

    def __init__(self, index: int, spec: Collect, step: StepMachine, end: LengthMachine | MomentMachine) -> None:
        super().__init__(index, spec.id)
        self.spec, self.step, self.end = spec, step, end
        self.types = step.types

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        if isinstance(self.end, LengthMachine):
            due = self.end.end(k, p, inst, at)
        else:
            moment = self.end.find(p, inst, at)
            due = at if moment is None else max(at, moment)
        inst.collected = []
        entry = inst.names["entry"]
        self.offer(k, p, inst, entry)
        if k.tracing:
            k.report(p, at, what="waits", journey=inst.journey.name, instance=k.id_of(p, inst), node=self.id, until=iso(due))
        return self.rest(k, p, inst, due)

    def offer(self, k: Kernel, p: Profile, inst: Instance, event: Event) -> _Rest:
        """Keep the event if it matches and there is room."""
        kept = inst.collected
        if kept is None or len(kept) >= self.spec.max or not self.step.accepts(event):
            return REST
        if self.step.holds(p, event.at, event, inst.names):
            kept.append(event)
        return REST

    def timeout(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        inst.names[self.spec.bind] = tuple(inst.collected or ())
        inst.collected = None
        return self.next
