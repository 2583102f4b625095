"""How a condition of a node has changed, and whether two of its ways may be open to the same people, as it is told."""

from __future__ import annotations

from dataclasses import dataclass

from rtj.ir import journey as j
from rtj.ir.expr import Expr
from rtj.plan.both import Both
from rtj.plan.guards import HERE, At, whole_condition


@dataclass(frozen=True, slots=True)
class Turn:
    """`word`: looser, tighter or another condition; "" where it means the same. `notes`: examples that tell them apart."""

    word: str
    notes: tuple[str, ...] = ()


def turn(both: Both, before: Expr | None, after: Expr | None, at: At = HERE) -> Turn:
    """Compare two conditions of a journey; None always holds. `at`: the event that they test, if they do."""
    found = both.guards.condition_change(before, after, at)
    if found is None or found.direction == "same":
        return Turn("")
    return Turn("another" if found.direction in ("apart", "incomparable") else found.direction, found.notes)


def overlap(both: Both, node: j.WaitFor | j.Branch, first: int, second: int) -> tuple[str, ...] | None:
    """Can two ways out of a node (of the old version) be taken by the same people? Notes with an example; None: it is proven that
    they cannot."""
    if isinstance(node, j.Branch):
        return _shared(both, node.arms[first].when, node.arms[second].when)
    return _cases(both, node.cases[first], node.cases[second])


def _cases(both: Both, first: j.Case, second: j.Case) -> tuple[str, ...] | None:
    """Cases that pass by the same thing, or on arrival: conditions that hold and events that are remembered."""
    if first.condition is not None and second.condition is not None:
        return _shared(both, first.condition, second.condition)
    if _passes_on_arrival(first) and _passes_on_arrival(second):
        return ()
    if first.step is not None and second.step is not None:
        return _same_event(both, (first, second), (first.step, second.step))
    if first.after is not None and second.after is not None:
        exact = bool(first.after.ms and second.after.ms)
        return None if exact and first.after != second.after else ()
    both_due = all(case.step is None and case.condition is None for case in (first, second))
    return () if both_due else None


def _passes_on_arrival(case: j.Case) -> bool:
    return case.condition is not None or (case.step is not None and case.step.since_entry)


def _same_event(both: Both, cases: tuple[j.Case, j.Case], steps: tuple[j.Step, j.Step]) -> tuple[str, ...] | None:
    one, other = steps
    shared = set(one.events) & set(other.events)
    if "any" in one.events or "any" in other.events:
        shared = {*one.events, *other.events} - {"any"} or {"any"}
    if not shared or (one.of_node is not None and other.of_node is not None and one.of_node != other.of_node):
        return None
    first, second = (whole_condition(step, case.when) for step, case in zip(steps, cases, strict=True))
    return _shared(both, first, second, At(tuple(sorted(shared)), (one.bind, other.bind)))


def _shared(both: Both, first: Expr | None, second: Expr | None, at: At = HERE) -> tuple[str, ...] | None:
    if first is None or second is None:
        return ()
    found = both.guards.overlap(first, second, at)
    if not found.possible:
        return None
    return (f"{found.example} fulfils both",) if found.example else ()
