"""What is always so between two terms: events lie behind, calendar steps have a length, a wider window holds no less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtj.engine.calendar import DAY_MS
from rtj.ir import expr as ir
from rtj.ir.program import Aggregate
from rtj.logic.differences import Order
from rtj.logic.terms import Ground

ZONE_MS = 26 * 3_600_000  # how far clocks may be put, and more
HOUR_MS = 3_600_000  # what a full window folds into one entry


def known_orders(ground: Ground, terms: Sequence[ir.Expr]) -> Iterator[Order]:
    """What holds between these terms, whatever happens; it may name further ones."""
    steps = [term for term in terms if isinstance(term, ir.Shift)]
    for step in steps:
        yield from _length_of_step(step)
    clock = ir.Now() in terms or any(step.of == ir.Now() for step in steps)
    if clock:
        for term in terms:
            if _is_behind(ground, term):
                yield Order(term, ir.Now(), "<=")
    counts = [(term, aggregate) for term in terms if (aggregate := _counted(ground, term)) is not None]
    for term, aggregate in counts:
        for other, wider in counts:
            if term is not other and _is_within(aggregate, wider):
                yield Order(term, other, "<=")


def _length_of_step(step: ir.Shift) -> Iterator[Order]:
    """A month has 28 to 31 days; a local day may be hours shorter or longer."""
    length, unit, slack = step.length, (1 if step.date else DAY_MS), (0 if step.date else ZONE_MS)
    least = (length.months * 28 + length.days) * unit - slack
    most = (length.months * 31 + length.days) * unit + slack
    if step.sign < 0:
        least, most = -most, -least
    yield Order(step, step.of, "<=", most)
    yield Order(step.of, step, "<=", -least)


def _is_behind(ground: Ground, term: ir.Expr) -> bool:
    """Is this when something was that has happened already?"""
    match term:
        case ir.Field(name="ts", envelope=True) | ir.JourneyFact(field="entered_at"):
            return True
        case ir.History(aggregate=key) if key in ground.declared.aggregates:
            return ground.declared.aggregates[key].value == ir.Field(ir.Name("event"), "ts", True)
        case _:
            return False


def _counted(ground: Ground, term: ir.Expr) -> Aggregate | None:
    if not isinstance(term, ir.History) or term.where is not None:
        return None
    aggregate = ground.declared.aggregates.get(term.aggregate)
    return aggregate if aggregate is not None and aggregate.function == "count" else None


def _is_within(one: Aggregate, wider: Aggregate) -> bool:
    """Does the window of the first lie in that of the second, and do they count the same?"""
    if (one.events, one.where, one.value) != (wider.events, wider.where, wider.value):
        return False
    a, b = one.window, wider.window
    if b.over is None and b.this is None and b.since is None:
        return True
    return a.over is not None and b.over is not None and bool(a.over.ms) and a.over.ms + HOUR_MS <= b.over.ms
