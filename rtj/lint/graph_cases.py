"""What always comes too late: cases of wait_for, exits and ways in that another one takes everything from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.ir.records import RECEIPTS
from rtj.ir.walk import renamed
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.graph import is_nothing
from rtj.lint.graph_time import UNKNOWN, Bounds, of_expr, of_length, of_moment

replace = msgspec.structs.replace
COMPARED_MAX = 200  # cases of one wait, exits and ways in of one journey that are compared with each other


# ---- events that another takes


@dataclass(frozen=True, slots=True)
class Match:
    """Which events are taken: types, the send whose receipts they are, and all that is tested, of the event as `event`."""

    events: frozenset[str]
    of_node: str | None
    tests: frozenset[ir.Expr]

    def takes_all_of(self, other: Match, facts: Facts) -> bool:
        """Is everything that the other takes taken by this one too?"""
        if self.of_node not in (None, other.of_node) or not self.tests <= other.tests:
            return False
        rest = other.events - self.events
        return not rest or ("any" in self.events and rest <= _of_any(facts))


def _match(step: irj.Step, when: ir.Expr | None) -> Match:
    tests = {*_conjuncts(step.where), *_conjuncts(when)}
    if step.audience is not None:
        tests.add(ir.Member(step.audience))
    if step.bind is not None:
        tests = {renamed(test, step.bind, "event") for test in tests}
    return Match(frozenset(step.events), step.of_node, frozenset(tests))


def _conjuncts(expr: ir.Expr | None) -> Iterator[ir.Expr]:
    match expr:
        case None:
            return
        case ir.Binary(op="and", left=left, right=right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case _:
            yield expr


def _of_any(facts: Facts) -> frozenset[str]:
    """The types of which every event is an `any`: only sources bring them (S3.6)."""
    if not facts.complete:
        return frozenset()
    kinds, emitted = facts.checked.world.events, facts.emitted
    return frozenset(name for name, kind in kinds.items() if not kind.business and name not in emitted and name not in RECEIPTS)


def _named(events: frozenset[str]) -> str:
    return " or ".join(f"`{event}`" for event in sorted(events))


# ---- W209


def shadowed_case(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W209: a case of wait_for that is never taken, because another always is."""
    if journey.machine is None:
        return
    nodes: dict[str, irj.Node] | None = None
    for tree in statements(journey.tree.nodes):
        if isinstance(tree, s.WaitFor) and len(tree.cases) > 1:
            nodes = nodes or {node.id: node for node in journey.machine.nodes}
            node = nodes[journey.ids[id(tree)]]
            assert isinstance(node, irj.WaitFor)
            yield from _in_wait(facts, tree, node)


def _in_wait(facts: Facts, tree: s.WaitFor, node: irj.WaitFor) -> Iterator[Diagnostic]:
    cases = list(zip(tree.cases, node.cases, strict=True))[:COMPARED_MAX]
    yield from _late_deadlines(cases)
    taken = [(place, case, _match(case.step, case.when)) for place, case in cases if case.step is not None]
    for number, (later, low, mine) in enumerate(taken):
        first = next(
            (place for place, up, match in taken[:number] if _takes_first(up, low) and match.takes_all_of(mine, facts)), None
        )
        if first is not None:
            what = f"an earlier case takes every {_named(mine.events)} that could come here"
            yield _never_taken(what, _place(later), _place(first))
    asked = [(place, frozenset(_conjuncts(case.condition))) for place, case in cases if case.condition is not None]
    for number, (later, tests) in enumerate(asked):
        first = next((place for place, fewer in asked[:number] if fewer <= tests), None)
        if first is not None:
            yield _never_taken("an earlier case takes everybody for whom this holds", _place(later), _place(first))


def _takes_first(earlier: irj.Case, later: irj.Case) -> bool:
    """What happened before the wait comes only to a case `since entry`."""
    assert earlier.step is not None
    assert later.step is not None
    return earlier.step.since_entry or not later.step.since_entry


def _late_deadlines(cases: list[tuple[s.Case, irj.Case]]) -> Iterator[Diagnostic]:
    """Of several deadlines the first counts."""
    ends = [(tree, case, _bounds(tree, case)) for tree, case in cases if isinstance(tree, s.AfterCase | s.UntilCase)]
    over = [(bounds.most.surely_over, place) for place, (_, _, bounds) in enumerate(ends) if bounds.most is not None]
    soonest = min(over, default=None)
    seen: dict[tuple[ir.Length | None, ir.Expr | None, irj.Moment | None], s.Case] = {}
    for place, (tree, case, bounds) in enumerate(ends):
        first = seen.setdefault((case.after, case.for_, case.until), tree)
        if first is tree and soonest is not None and soonest < (bounds.least.least, place):
            first = ends[soonest[1]][0]
        if first is not tree:
            written = " ".join(_place(first).text.split())
            yield _never_taken(f"`{written}` always comes first", _place(tree), _place(first))


def _bounds(tree: s.AfterCase | s.UntilCase, case: irj.Case) -> Bounds:
    if isinstance(tree, s.UntilCase):
        return of_moment(tree.moment)
    return of_length(case.after) if case.after is not None else of_expr(case.for_) if case.for_ is not None else UNKNOWN


def _place(case: s.Case) -> Span:
    match case:
        case s.EventCase(pattern=pattern):
            return pattern.span
        case s.ConditionCase(condition=condition):
            return condition.span
        case s.AfterCase(length=length):
            return length.span
        case s.UntilCase(moment=moment):
            return moment.span


def _never_taken(what: str, span: Span, first: Span) -> Diagnostic:
    return Diagnostic("W209", f"this case is never taken: {what}", span, "", (Label(first, "this one"),), "warning")


# ---- W211


def goal_covers_exit(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W211: an exit that never ends anything, because a goal does first."""
    if journey.machine is None or not journey.machine.exits:
        return
    watched = list(zip(journey.tree.goals, journey.machine.goals, strict=True))[:COMPARED_MAX]
    goals = [(tree, goal) for tree, goal in watched if goal.within is None and not goal.stay]
    for tree, out in list(zip(journey.tree.exits, journey.machine.exits, strict=True))[:COMPARED_MAX]:
        first = next((span for span, goal in goals if _comes_before(facts, goal, out)), None)
        if first is not None:
            what = "event" if isinstance(tree.trigger, s.OnPattern) else "condition"
            message = f"nobody leaves by this exit: a goal on the same {what} always comes first"
            label = Label(_trigger(first.trigger), "this goal")
            yield Diagnostic("W211", message, _trigger(tree.trigger), "", (label,), "warning")


def _comes_before(facts: Facts, goal: irj.Watch, out: irj.Watch) -> bool:
    match goal.trigger, out.trigger:
        case irj.OnEvents(steps=(mine,)), irj.OnEvents(steps=(other,)):
            return _match(mine, goal.when).takes_all_of(_match(other, out.when), facts)
        case irj.OnCondition(condition=mine_holds), irj.OnCondition(condition=other_holds):
            return {*_conjuncts(mine_holds)} <= {*_conjuncts(other_holds)}
        case _:
            return False


def _trigger(trigger: s.Trigger) -> Span:
    match trigger:
        case s.OnPattern(pattern=pattern):
            return pattern.span
        case s.OnCondition(condition=condition):
            return condition.span
        case _:
            return trigger.span


# ---- W212


def entry_twice(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W212: a way in by which nobody ever comes, because an earlier one lets in whoever could."""
    if journey.machine is None or len(journey.machine.entries) < 2:
        return
    ways = list(zip(journey.tree.entries, journey.machine.entries, strict=True))[:COMPARED_MAX]
    stays = _surely_rests(journey.tree)
    for place, (tree, entry) in enumerate(ways):
        if not stays and not _keeps_out(entry.again):
            continue  # the first may have left again by the time the second is asked
        first = next((other for other, way in ways[:place] if _lets_in_all_of(facts, way, entry)), None)
        if first is not None:
            message = "nobody comes in here: an earlier way in takes everybody who could"
            label = Label(_trigger(first.trigger), "this one")
            yield Diagnostic("W212", message, _trigger(tree.trigger), "", (label,), "warning")


def _surely_rests(journey: s.Journey) -> bool:
    """Is whoever has just entered still inside when the next way in is asked?"""
    first = journey.nodes[0] if journey.nodes else None
    return isinstance(first, s.Send | s.Wait | s.Collect) and not is_nothing(first)


def _keeps_out(again: irj.Again) -> bool:
    """Does it refuse whoever has entered at this instant and left?"""
    return again.rule == "never" or (again.rule == "after" and again.gap != ir.Length())


def _lets_in_all_of(facts: Facts, way: irj.Entry, other: irj.Entry) -> bool:
    if (way.again, way.while_inside, _of_event(way, way.key)) != (other.again, other.while_inside, _of_event(other, other.key)):
        return False
    match way.trigger, other.trigger:
        case irj.OnEvents(steps=(mine,)), irj.OnEvents(steps=(theirs,)) if mine.count == theirs.count == 1:
            return _match(mine, way.when).takes_all_of(_match(theirs, other.when), facts)
        case irj.OnEvents(steps=mine_steps), irj.OnEvents(steps=other_steps):
            same = _bare(mine_steps) == _bare(other_steps)
        case mine_trigger, other_trigger:
            same = mine_trigger == other_trigger
    return same and {*_conjuncts(_of_event(way, way.when))} <= {*_conjuncts(_of_event(other, other.when))}


def _bare(steps: tuple[irj.Step, ...]) -> tuple[irj.Step, ...]:
    return tuple(replace(step, bind=None) for step in steps)


def _of_event(entry: irj.Entry, expr: ir.Expr | None) -> ir.Expr | None:
    """The expression with the name of one event or record as `event`, so that names do not tell two ways in apart."""
    name = entry.bind
    if isinstance(entry.trigger, irj.OnEvents) and len(entry.trigger.steps) == 1 and entry.trigger.steps[0].count == 1:
        name = entry.trigger.steps[0].bind
    return expr if expr is None or name is None else renamed(expr, name, "event")
