"""What conditions of two versions stand on: the facts that both declare, and the names that a journey brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from rtj.ir import expr as ir
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Program
from rtj.ir.types import NULL, is_unknown, join, optional
from rtj.ir.walk import walk
from rtj.logic.terms import Known

_TEXT = ir.Optional(ir.Scalar("string"))
SENT: ir.Type = ir.Record((("channel", _TEXT), ("key", _TEXT)))
Names = Mapping[str, Known]


class BothDeclared:
    """The declarations of two programs: what both have is of a type that both give it; what they do not agree on is not known."""

    def __init__(self, old: Program, new: Program) -> None:
        self._programs = (old, new)

    @cached_property
    def aggregates(self) -> Mapping[str, Aggregate]:
        """By name; one that is another in each version may be anything."""
        ours, theirs = ({one.name: one for one in program.aggregates} for program in self._programs)
        return {name: one for name, one in (ours | theirs).items() if ours.get(name, one) == theirs.get(name, one)}

    @cached_property
    def _attributes(self) -> Mapping[str, ir.Type]:
        ours, theirs = (
            {m.name: m.type for m in program.mappings} | {a.name: optional(a.type) for a in program.aggregates}
            for program in self._programs
        )
        return _shared(ours, theirs)

    @cached_property
    def _events(self) -> Mapping[str, Mapping[str, ir.Type]]:
        ours, theirs = ({e.name: {f.name: f.type for f in e.fields} for e in program.events} for program in self._programs)
        return {name: _shared(ours.get(name, {}), theirs.get(name, {})) for name in ours | theirs}

    def attribute_type(self, name: str) -> ir.Type | None:
        """What `profile.NAME` reads; None: not known."""
        return self._attributes.get(name)

    def event_fields(self, types: tuple[str, ...]) -> Mapping[str, ir.Type]:
        """The properties that all these event types have, with the types they have in common."""
        found: dict[str, ir.Type] | None = None
        for name in types:
            fields = self._events.get(name, {})
            found = dict(fields) if found is None else _meeting(found, fields)
        return found or {}


def _shared(ours: Mapping[str, ir.Type], theirs: Mapping[str, ir.Type]) -> dict[str, ir.Type]:
    """What is declared in one version or in both; what the two make different of it is not known."""
    return {**ours, **theirs, **_meeting(ours, theirs)} if ours != theirs else dict(ours)


def _meeting(ours: Mapping[str, ir.Type], theirs: Mapping[str, ir.Type]) -> dict[str, ir.Type]:
    both = {name: join(kind, theirs[name]) for name, kind in ours.items() if name in theirs}
    return {name: NULL if kind is None else kind for name, kind in both.items()}


# ---- names


def completing(trigger: j.Trigger) -> j.Step | None:
    """The step whose event is the `event`, and the `entry`, of an entry; None: nobody enters by an event."""
    if not isinstance(trigger, j.OnEvents) or not trigger.steps:
        return None
    return next((step for step in reversed(trigger.steps) if not step.absent), trigger.steps[-1])


def names_of(program: Program, journey: j.Journey) -> dict[str, Known]:
    """Every name that a journey brings anywhere, with its type; under `event` nothing, for that is another at each place."""
    found: dict[str, Known] = {}
    for name, known in _brought(program, journey):
        found[name] = known if name not in found else _either(found[name], known)
    last = [completing(entry.trigger) for entry in journey.entries]
    events = sorted({name for step in last if step is not None for name in step.events})
    if events:
        found["entry"] = found["first_entry"] = Known(ir.EventOf(tuple(events)), null=None in last)
    return found


def _brought(program: Program, journey: j.Journey) -> Iterator[tuple[str, Known]]:
    for entry in journey.entries:
        if isinstance(entry.trigger, j.OnEvents):
            yield from (pair for step in entry.trigger.steps for pair in _bound(step))
        elif entry.bind is not None:
            yield entry.bind, Known(_handed(program, journey.name))
    returns = {webhook.name: tuple((field.name, field.type) for field in webhook.returns) for webhook in program.webhooks}
    for node in journey.nodes:
        match node:
            case j.WaitFor(cases=cases):
                yield from (pair for case in cases if case.step is not None for pair in _bound(case.step))
            case j.Collect(bind=bind, step=step, max=most):
                yield bind, Known(ir.ListOf(ir.EventOf(step.events)), most=most)
            case j.Send(bind=str() as bind):
                yield bind, Known(SENT, null=True)
            case j.CallWebhook(bind=str() as bind, webhook=webhook):
                yield bind, Known(ir.Record(returns.get(webhook, ())), null=True)
            case _:
                continue


def _bound(step: j.Step) -> Iterator[tuple[str, Known]]:
    if step.bind is not None:
        kind: ir.Type = ir.EventOf(step.events)
        yield step.bind, Known(ir.ListOf(kind), least=step.count) if step.count > 1 else Known(kind)


def _handed(program: Program, name: str) -> ir.Type:
    """The record that `start` nodes hand to a journey."""
    fields: dict[str, ir.Type] = {}
    starts = [n for one in program.journeys for n in one.nodes if isinstance(n, j.StartJourney) and n.journey == name]
    for pair in (pair for node in starts for pair in node.pairs):
        fields[pair.name] = join(fields[pair.name], pair.type) or NULL if pair.name in fields else pair.type
    partial = {pair for pair in fields if any(pair not in {p.name for p in node.pairs} for node in starts)}
    return ir.Record(tuple((f, optional(kind) if f in partial else kind) for f, kind in sorted(fields.items())))


def _either(one: Known, other: Known) -> Known:
    kind = join(one.type, other.type)
    most = None if one.most is None or other.most is None else max(one.most, other.most)
    return Known(NULL if kind is None else kind, one.null or other.null, min(one.least, other.least), most)


def in_both(old: Names, new: Names) -> dict[str, Known]:
    """The names of two versions of a journey."""
    return {**old, **new, **{name: _either(known, new[name]) for name, known in old.items() if name in new}}


def missing_somewhere(names: Names, exprs: Iterable[ir.Expr]) -> dict[str, Known]:
    """The names, with what these expressions mark as possibly missing; those of unknown type are not known at all."""
    marked = {part.name for e in exprs for part in walk(e) if isinstance(part, ir.Name) and part.optional}
    return {
        name: Known(known.type, known.null or name in marked, known.least, known.most)
        for name, known in names.items()
        if not is_unknown(known.type)
    }


def canonical_names(old: j.Journey, new: j.Journey) -> tuple[dict[str, str], dict[str, str]]:
    """What the nodes of each version call otherwise though it is the `entry` always; nothing where one of them has several."""
    ours, theirs = _names_of_entry(old), _names_of_entry(new)
    if len(ours) > 1 or len(theirs) > 1:
        return {}, {}
    first, second = ({name: "entry" for name in names if name is not None} for names in (ours, theirs))
    return first, second


def _names_of_entry(journey: j.Journey) -> set[str | None]:
    steps = [completing(entry.trigger) for entry in journey.entries]
    return {step.bind if step is not None and step.count == 1 and not step.absent else None for step in steps}
