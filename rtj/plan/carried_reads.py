"""What the parts of a journey read of the names that an instance carries, and whether they cope with its being missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rtj.ir import journey as j
from rtj.ir.expr import Binary, Each, Expr, Field, History, Item, Name, Unary
from rtj.ir.walk import parts
from rtj.plan.both import Reach
from rtj.plan.changes import Spot

NOBODY: Mapping[str, str | None] = {}


@dataclass(frozen=True, slots=True)
class Read:
    """`field` of a name, "" for the whole of it. `guarded`: a missing value is provided for, by `??` or a test."""

    name: str
    field: str
    guarded: bool


def reads_of(expr: Expr | None) -> set[Read]:
    """What an expression reads of names. One test of a value provides for all its uses in the same expression."""
    if expr is None:
        return set()
    found = set(_reads(expr, NOBODY, guarded=False))
    tested = {(read.name, read.field) for read in found if read.guarded}
    return {Read(read.name, read.field, read.guarded or (read.name, read.field) in tested) for read in found}


def _reads(expr: Expr, own: Mapping[str, str | None], *, guarded: bool) -> Iterator[Read]:
    """`own`: for each item of a comprehension the name whose items it stands for; None for anything else's."""
    match expr:
        case Field(base=base, name=name, envelope=envelope):
            source = _source(base, own)
            if source is not None:
                yield Read(source, "" if envelope else name, guarded)
                if isinstance(base, Item):
                    yield from _reads(base.index, own, guarded=guarded)
            else:
                yield from _reads(base, own, guarded=guarded)
        case Name():
            source = _source(expr, own)
            if source is not None:
                yield Read(source, "", guarded)
        case Binary(op="??", left=left, right=right):
            yield from _reads(left, own, guarded=True)
            yield from _reads(right, own, guarded=guarded)
        case Unary(op="missing" | "empty", of=of):
            yield from _reads(of, own, guarded=True)
        case Each(item=item, over=over, body=body, where=where):
            yield from _reads(over, own, guarded=guarded)
            inner = {**own, item: _source(over, own)}
            for part in (body, where):
                if part is not None:
                    yield from _reads(part, inner, guarded=guarded)
        case History(where=where):
            if where is not None:
                yield from _reads(where, {**own, "event": None}, guarded=guarded)
        case _:
            for part in parts(expr):
                yield from _reads(part, own, guarded=guarded)


def _source(expr: Expr, own: Mapping[str, str | None]) -> str | None:
    """The name that an expression is, or of which it is an item."""
    match expr:
        case Name(name="event") if "event" not in own:
            return None
        case Name(name=name):
            return own.get(name, name)
        case Item(base=base):
            return _source(base, own)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a journey that reads names. `spot`: its address in the journey; `reach` as of changes; `own`: a name that the
    very event binds that is tested."""

    spot: Spot
    expr: Expr
    reach: Reach
    own: str | None = None


def watched(journey: j.Journey) -> Iterator[Place]:
    """What goals and exits read, wherever people stand."""
    for word, watches in (("goal", journey.goals), ("exit", journey.exits)):
        for number, watch in enumerate(watches):
            here = (word, str(number))
            if isinstance(watch.trigger, j.OnCondition):
                yield Place((*here, "when"), watch.trigger.condition, "wait")
            else:
                yield from _placed(here, (watch.trigger.steps[0].where,), "wait")
            yield from _placed((*here, "when"), (watch.when,), "wait")


def places(node: j.Node) -> Iterator[Place]:
    """What a node reads, as people come to it or while they rest there."""
    here: Spot = ("node", node.id)
    match node:
        case j.Wait(for_=for_):
            yield from _placed(here, (for_,), "arrive")
        case j.WaitUntil(moment=moment):
            yield from _moment(here, moment)
        case j.WaitFor(cases=cases):
            for number, case in enumerate(cases):
                yield from _case((*here, "case", str(number)), case)
        case j.Branch(arms=arms):
            for number, arm in enumerate(arms):
                yield Place((*here, "arm", str(number)), arm.when, "arrive")
        case j.Repeat(until=until):
            yield from _placed((*here, "until"), (until,), "arrive")
        case j.Collect(step=step, until=until_):
            yield from _placed(here, (step.where,), "wait")
            yield from _moment(here, until_)
        case j.Send() | j.CallWebhook() | j.SetAttributes() | j.Emit() | j.StartJourney():
            reach: Reach = "wait" if isinstance(node, j.Send) else "arrive"  # a message that is held is filled when it goes
            for pair in node.pairs:
                yield Place((*here, "with", pair.name), pair.value, reach)
        case j.Split() | j.Exit():
            return


def _case(here: Spot, case: j.Case) -> Iterator[Place]:
    if case.step is not None:
        yield from _placed(here, (case.step.where, case.when), "wait", case.step.bind)
    yield from _placed(here, (case.condition,), "wait")
    yield from _placed(here, (case.for_,), "arrive")
    yield from _moment(here, case.until)


def _moment(here: Spot, moment: j.Moment | None) -> Iterator[Place]:
    if moment is not None:
        yield from _placed(here, (moment.on, moment.at, moment.zone), "arrive")


def _placed(here: Spot, exprs: tuple[Expr | None, ...], reach: Reach, own: str | None = None) -> Iterator[Place]:
    return (Place(here, expr, reach, own) for expr in exprs if expr is not None)
