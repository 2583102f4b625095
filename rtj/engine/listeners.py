"""What a journey listens to, and what a condition hangs on; read off the IR, nothing is built."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.ir.expr import Expr, Held, Member
from rtj.ir.journey import Collect, Journey, OnCondition, OnEvents, WaitFor
from rtj.ir.walk import walk


def listened_types(journey: Journey) -> Iterator[str]:
    """Every event type that a journey reacts to somewhere."""
    for entry in journey.entries:
        if isinstance(entry.trigger, OnEvents):
            for step in entry.trigger.steps:
                yield from step.events
    for watch in (*journey.goals, *journey.exits):
        if isinstance(watch.trigger, OnEvents):
            yield from watch.trigger.steps[0].events
    for node in journey.nodes:
        match node:
            case WaitFor(cases=cases):
                for case in cases:
                    if case.step is not None:
                        yield from case.step.events
            case Collect(step=step):
                yield from step.events
            case _:
                pass


def watched_conditions(journey: Journey) -> Iterator[Expr]:
    """Conditions that instances of a journey watch."""
    for watch in (*journey.goals, *journey.exits):
        if isinstance(watch.trigger, OnCondition):
            yield watch.trigger.condition
    for node in journey.nodes:
        if isinstance(node, WaitFor):
            for case in node.cases:
                if case.condition is not None:
                    yield case.condition


def conditions_read(condition: Expr | None) -> list[str]:
    """The audiences ("a NAME") and trackers ("t NAME") that a condition reads."""
    if condition is None:
        return []
    names = []
    for part in walk(condition):
        match part:
            case Member(audience=audience):
                names.append(f"a {audience}")
            case Held(tracker=tracker):
                names.append(f"t {tracker}")
            case _:
                pass
    return names


def in_order(conditions: dict[str, Expr | None]) -> Iterator[str]:
    """Audiences in the order of the program, each after the trackers and audiences that it reads."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in done:
            return
        done.add(name)
        for read in conditions_read(conditions[name]):
            yield from visit(read)
        yield name

    for name in sorted(conditions, key=lambda n: n.startswith("t ")):
        yield from visit(name)
