"""Business events that ask everybody, because no index tells whom their condition can hold for (S5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.ir.expr import Attribute, Expr, Held, History, Member
from rtj.ir.journey import Entry, OnEvents
from rtj.ir.program import Program
from rtj.ir.walk import walk
from rtj.lang import syntax as s
from rtj.lint.facts import Facts

COST = "every person is asked at each such event, one by one"


def asks_everybody(facts: Facts, program: Program | None) -> Iterator[Diagnostic]:
    """W417: a way in by a business event whose condition reads the person, and yet compares nothing of the event with a fact."""
    business = {kind.name for kind in program.events if kind.business} if program is not None else set()
    if program is None or not business:
        return
    asking = [
        (tree, entry)
        for journey in facts.journeys
        if journey.machine is not None
        for tree, entry in zip(journey.tree.entries, journey.machine.entries, strict=True)
        if _is_asking(entry, business)
    ]
    if not asking:
        return
    from rtj.engine.machine import Machine
    from rtj.engine.record import Level
    from rtj.engine.routes import Surveyor

    compiled = {journey.name: journey for journey in program.journeys}
    surveyor = Surveyor(Machine(program, Level.COUNTS))
    for journey in facts.journeys:
        for place, tree in enumerate(journey.tree.entries):
            if any(tree is one for one, _ in asking):
                entry = compiled[journey.name].entries[place]
                assert isinstance(entry.trigger, OnEvents)
                named = [name for name in entry.trigger.steps[0].events if name in business]
                for name in [n for n in named if any(not found.routes for found in surveyor.of_entry(entry, n))][:1]:
                    yield _told(tree, name)


def _is_asking(entry: Entry, business: set[str]) -> bool:
    """Does it take one business event, and read the person to tell whether it concerns them?"""
    if not isinstance(entry.trigger, OnEvents) or len(entry.trigger.steps) > 1:
        return False
    step = entry.trigger.steps[0]
    tests = [test for test in (step.where, entry.when) if test is not None]
    return not business.isdisjoint(step.events) and any(_reads_person(test) for test in tests)


def _reads_person(expr: Expr) -> bool:
    return any(isinstance(part, Attribute | History | Member | Held) for part in walk(expr))


def _told(tree: s.Entry, event: str) -> Diagnostic:
    pattern = tree.trigger.pattern.span if isinstance(tree.trigger, s.OnPattern) else tree.trigger.span
    span = tree.when.span if tree.when is not None else pattern
    message = f"no index tells whom `{event}` concerns by this condition: {COST}"
    hint = "`for AUDIENCE`, or `event.… == profile.…` or `event.… in profile.…`, joined by `and`, finds them at once"
    return Diagnostic("W417", message, span, hint, (), "info")
