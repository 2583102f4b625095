"""What an instance carries: the names that entries and nodes bind, and what is known of their values.

An event that is carried keeps every field that its type declares, whether anything reads it or not; it has none that was declared
later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.ir import journey as j
from rtj.ir.expr import EventOf, ListOf, Record, Type
from rtj.ir.flows import entered_by
from rtj.ir.program import Program
from rtj.ir.signatures import STRING
from rtj.ir.types import join, optional, show
from rtj.plan.changes import Spot

SENT = Record((("channel", optional(STRING)), ("key", optional(STRING))))  # what `as` at a send names
Shape: TypeAlias = Literal["event", "events", "record"]


@dataclass(frozen=True, slots=True)
class Carried:
    """A name. `fields`: what can be read of it, by name (of several types what all of them have); `shape`: an event, a list of
    events, or a record. `at`: the part of the journey that binds it first. `by_entry`: people have it from the entry on."""

    shape: Shape
    fields: Mapping[str, Type]
    type: Type
    at: Spot
    by_entry: bool

    @property
    def text(self) -> str:
        """Its type for people."""
        return show(self.type)


def carried(program: Program, journey: j.Journey) -> dict[str, Carried]:
    """All names that instances of a journey carry, somewhere."""
    schemas = {kind.name: {field.name: field.type for field in kind.fields} for kind in program.events}
    found: dict[str, tuple[Type, Spot, bool]] = {}
    for name, kind, spot in _bound(program, journey):
        known = found.get(name)
        if known is None:
            found[name] = kind, spot, spot[0] == "entry"
        else:
            found[name] = join(known[0], kind) or known[0], known[1], known[2] or spot[0] == "entry"
    return {name: _carried(kind, spot, schemas, by_entry=by_entry) for name, (kind, spot, by_entry) in found.items()}


def _carried(kind: Type, spot: Spot, schemas: Mapping[str, Mapping[str, Type]], *, by_entry: bool) -> Carried:
    match kind:
        case EventOf(types=types):
            return Carried("event", _common(types, schemas), kind, spot, by_entry)
        case ListOf(item=EventOf(types=types)):
            return Carried("events", _common(types, schemas), kind, spot, by_entry)
        case Record(fields=fields):
            return Carried("record", dict(fields), kind, spot, by_entry)
        case _:
            return Carried("record", {}, kind, spot, by_entry)


def _common(types: tuple[str, ...], schemas: Mapping[str, Mapping[str, Type]]) -> dict[str, Type]:
    """The fields that all of these event types have."""
    shapes = [schemas.get(name, {}) for name in types]
    found = dict(shapes[0]) if shapes else {}
    for other in shapes[1:]:
        both = {name: join(kind, other[name]) for name, kind in found.items() if name in other}
        found = {name: kind for name, kind in both.items() if kind is not None}
    return found


def _bound(program: Program, journey: j.Journey) -> Iterator[tuple[str, Type, Spot]]:
    """Each place that binds a name, with the type of its value and its address in the journey."""
    for number, entry in enumerate(journey.entries):
        spot: Spot = ("entry", str(number))
        events = entered_by(journey, entry)
        if isinstance(entry.trigger, j.OnEvents):
            for name in ("entry", "first_entry"):
                yield name, EventOf(tuple(sorted(events))), spot
            for step in entry.trigger.steps:
                if step.bind is not None:
                    yield step.bind, _of_step(step), spot
        if entry.bind is not None:
            yield entry.bind, _started(program, journey.name), spot
    webhooks = {webhook.name: webhook for webhook in program.webhooks}
    for node in journey.nodes:
        here: Spot = ("node", node.id)
        match node:
            case j.WaitFor(cases=cases):
                for number, case in enumerate(cases):
                    if case.step is not None and case.step.bind is not None:
                        yield case.step.bind, _of_step(case.step), (*here, "case", str(number))
            case j.Collect(step=step, bind=bind):
                yield bind, ListOf(EventOf(tuple(sorted(step.events)))), here
            case j.Send(bind=str(bind)):
                yield bind, SENT, here
            case j.CallWebhook(bind=str(bind), webhook=name):
                returns = webhooks[name].returns if name in webhooks else ()
                yield bind, Record(tuple((field.name, field.type) for field in returns)), here
            case _:
                continue


def _of_step(step: j.Step) -> Type:
    event = EventOf(tuple(sorted(step.events)))
    return ListOf(event) if step.count > 1 else event


def _started(program: Program, name: str) -> Type:
    """What other journeys hand over as they start this one: of several what all can give."""
    given = [
        Record(tuple(sorted((pair.name, pair.type) for pair in node.pairs)))
        for journey in program.journeys
        for node in journey.nodes
        if isinstance(node, j.StartJourney) and node.journey == name
    ]
    found: Type = given[0] if given else Record(())
    for other in given[1:]:
        found = join(found, other) or found
    return found
