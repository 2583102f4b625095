"""Where what is known goes: from fields of events and identifiers through attributes, audiences and conditions to messages.

Labels (S3.5) travel along these ways: policies ask what may reach a message, masking what must not be read in print.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rtj.ir import journey as j
from rtj.ir.expr import Name
from rtj.ir.facts import Env, Fact, facts_in, remembered, rows_of, started
from rtj.ir.program import Program

WHOLE = ("first", "last", "previous")  # aggregates that may be an event itself
ITSELF = Name("event")  # their value then


@dataclass(frozen=True, slots=True)
class Way:
    """One fact goes into another: as a `value`, or only into a `condition` of it."""

    start: Fact
    end: Fact
    by: Literal["value", "condition"]


def ways(program: Program) -> Iterator[Way]:
    """All ways of a program."""
    kept = kept_whole(program)
    for kind in program.events:
        for field in kind.fields:
            yield Way(("field", kind.name, field.name), ("event", kind.name), "value")
    for mapping in program.mappings:
        if mapping.event is not None and mapping.field is not None:
            yield Way(("field", mapping.event, mapping.field), ("attribute", mapping.name), "value")
    for space in program.namespaces:
        for derived in space.derived:
            for fact in facts_in(derived.value, {**kept, "event": (derived.event,)}):
                yield Way(fact, ("identifier", space.name), "value")
    for aggregate in program.aggregates:
        env = {**kept, "event": aggregate.events}
        end: Fact = ("attribute", aggregate.name)
        if aggregate.function != "count":
            yield from _into(end, "value", facts_in(aggregate.value, env))
        chosen: Fact = ("memory", aggregate.name)
        yield from _into(chosen, "condition", facts_in(aggregate.where, env))
        yield Way(chosen, end, "condition")
    for tracker in program.trackers:
        yield from _into(("held", tracker.name), "condition", facts_in(tracker.condition, kept))
    for audience in program.audiences:
        yield from _into(("audience", audience.name), "condition", facts_in(audience.condition, kept))
    for one in program.journeys:
        yield from _JourneyWays(one, kept).ways()


def kept_whole(program: Program) -> Env:
    """The event types behind aggregates that are an event itself, and behind the rows of tables."""
    kept = {remembered(one.name): one.events for one in program.aggregates if one.function in WHOLE and one.value == ITSELF}
    return kept | {rows_of(table.name): (table.event,) for table in program.tables if table.event is not None}


def _into(end: Fact, by: Literal["value", "condition"], facts: Iterable[Fact]) -> Iterator[Way]:
    for fact in facts:
        yield Way(fact, end, by)


class _JourneyWays:
    """The ways within one journey: who enters, which path is taken, what is handed on."""

    def __init__(self, journey: j.Journey, kept: Env) -> None:
        self._journey = journey
        self._nodes = {node.id: node for node in journey.nodes}
        self._env = {**kept, **names_of(journey)}

    def ways(self) -> Iterator[Way]:
        journey, env = self._journey, self._env
        entry: Fact = ("entry", journey.name)
        for way_in in journey.entries:
            own = {**env, "event": entered_by(journey, way_in)}
            yield from _into(entry, "condition", facts_in(way_in.when, own))
            yield from _into(entry, "condition", _triggering(way_in.trigger, self._env))
            yield from _into(("key", journey.name), "value", facts_in(way_in.key, own))
        above = self._above()
        for node in journey.nodes:
            yield from self._handed(node)
            yield from _into(("branch", journey.name, node.id), "condition", self._conditions(node))
            if isinstance(node, j.Send | j.CallWebhook):
                message: Fact = ("message", journey.name, node.id)
                yield Way(entry, message, "condition")
                for branch in above.get(node.id, ()):
                    yield Way(("branch", journey.name, branch), message, "condition")
                for pair in node.pairs:
                    yield Way(("pair", journey.name, node.id, pair.name), message, "value")

    def _handed(self, node: j.Node) -> Iterator[Way]:
        """What a node writes, sends or hands over."""
        if not isinstance(node, j.Send | j.CallWebhook | j.SetAttributes | j.Emit | j.StartJourney):
            return
        for pair in node.pairs:
            own: Fact = ("pair", self._journey.name, node.id, pair.name)
            yield from _into(own, "value", facts_in(pair.value, self._env))
            match node:
                case j.SetAttributes():
                    yield Way(own, ("attribute", pair.name), "value")
                case j.Emit(event=event):
                    yield Way(own, ("field", event, pair.name), "value")
                case j.StartJourney(journey=other):
                    yield Way(own, ("field", started(other), pair.name), "value")
                    yield Way(own, ("event", started(other)), "value")
                case j.Send() | j.CallWebhook():
                    continue

    def _conditions(self, node: j.Node) -> Iterator[Fact]:
        match node:
            case j.Branch(arms=arms):
                for arm in arms:
                    yield from facts_in(arm.when, self._env)
            case j.WaitFor(cases=cases):
                for case in cases:
                    own = {**self._env, "event": case.step.events if case.step is not None else ()}
                    yield from facts_in(case.when, own)
                    yield from facts_in(case.condition, self._env)
                    yield from facts_in(case.step.where if case.step is not None else None, own)
            case j.Repeat(until=until):
                yield from facts_in(until, self._env)
            case _:
                return

    def _above(self) -> dict[str, list[str]]:
        """The branches on whose conditions it hangs that a node is reached: those in one of whose blocks it stands."""
        found: dict[str, list[str]] = {}
        for node in self._journey.nodes:
            for body in _bodies(node):
                for inside in self._reached(body, node):
                    found.setdefault(inside, []).append(node.id)
        return found

    def _reached(self, body: str, branch: j.Node) -> set[str]:
        stops = {branch.id, getattr(branch, "next", None)}
        seen: set[str] = set()
        todo: list[str | None] = [body]
        while todo:
            name = todo.pop()
            if name is None or name in seen or name in stops:
                continue
            seen.add(name)
            node = self._nodes[name]
            todo += [getattr(node, "next", None), *_bodies(node)]
        return seen


def _bodies(node: j.Node) -> list[str]:
    """The first nodes of the blocks of a node."""
    match node:
        case j.Branch(arms=arms, otherwise=otherwise):
            found = [*(arm.body for arm in arms), otherwise]
        case j.WaitFor(cases=cases):
            found = [case.body for case in cases]
        case j.Split(arms=shares):
            found = [share.body for share in shares]
        case j.WaitUntil(body=body, otherwise=otherwise):
            found = [body, otherwise]
        case j.Repeat(body=body):
            found = [body]
        case j.Send(otherwise=otherwise) | j.CallWebhook(otherwise=otherwise):
            found = [otherwise]
        case _:
            found = []
    return [name for name in found if name is not None]


def _triggering(trigger: j.Trigger, env: Env) -> Iterator[Fact]:
    """What a trigger looks at."""
    match trigger:
        case j.OnEvents(steps=steps):
            for step in steps:
                yield from facts_in(step.where, {**env, "event": step.events})
                if step.audience is not None:
                    yield ("audience", step.audience)
                for name in step.events:
                    if " " in name:  # joining NAME, leaving NAME
                        yield ("audience", name.split(" ", 1)[1])
        case j.OnCondition(condition=condition):
            yield from facts_in(condition, env)
        case j.OnSchedule(audience=audience):
            yield ("audience", audience)
        case j.OnStart():
            return


def entered_by(journey: j.Journey, entry: j.Entry) -> tuple[str, ...]:
    """The event types of the event that an entry calls `event`."""
    match entry.trigger:
        case j.OnEvents(steps=steps):
            return tuple(dict.fromkeys(name for step in steps if not step.absent for name in step.events))
        case j.OnStart():
            return (started(journey.name),)
        case j.OnCondition() | j.OnSchedule():
            return ()


def names_of(journey: j.Journey) -> Env:
    """The event types behind every name that a journey brings."""
    found: dict[str, tuple[str, ...]] = {}
    entering: list[str] = []
    for entry in journey.entries:
        events = entered_by(journey, entry)
        entering += events
        if entry.bind is not None:
            found[entry.bind] = (*found.get(entry.bind, ()), *events)
        if isinstance(entry.trigger, j.OnEvents):
            _bind(found, entry.trigger.steps)
    for node in journey.nodes:
        match node:
            case j.WaitFor(cases=cases):
                _bind(found, [case.step for case in cases if case.step is not None])
            case j.Collect(step=step, bind=bind):
                found[bind] = (*found.get(bind, ()), *step.events)
            case _:
                continue
    found["entry"] = found["first_entry"] = tuple(dict.fromkeys(entering))
    return found


def _bind(found: dict[str, tuple[str, ...]], steps: Iterable[j.Step]) -> None:
    for step in steps:
        if step.bind is not None:
            found[step.bind] = (*found.get(step.bind, ()), *step.events)


@dataclass(frozen=True, slots=True)
class Spread:
    """Where labels have come: per fact and label the fact from which it came, None where it was given."""

    came: Mapping[Fact, Mapping[str, Fact | None]]

    def labels(self, fact: Fact) -> frozenset[str]:
        return frozenset(self.came.get(fact, {}))

    def path(self, fact: Fact, label: str) -> tuple[Fact, ...]:
        """From the fact to which the label was given to this one."""
        found: list[Fact] = []
        step: Fact | None = fact
        while step is not None:
            found.append(step)
            step = self.came[step][label]
        return tuple(reversed(found))


def spread(program: Program, by: frozenset[str] = frozenset(("value", "condition"))) -> Spread:
    """Let the labels of attributes, fields of events and identifiers travel along the ways of a kind. A field that feeds a
    labelled attribute is as labelled as the attribute."""
    came: dict[Fact, dict[str, Fact | None]] = {}
    fresh: list[tuple[Fact, str]] = []

    def give(fact: Fact, label: str, source: Fact | None) -> None:
        known = came.setdefault(fact, {})
        if label not in known:
            known[label] = source
            fresh.append((fact, label))

    for mapping in program.mappings:
        for label in mapping.labels:
            give(("attribute", mapping.name), label, None)
            if mapping.event is not None and mapping.field is not None:
                give(("field", mapping.event, mapping.field), label, None)
    for kind in program.events:
        for field in kind.fields:
            for label in field.labels:
                give(("field", kind.name, field.name), label, None)
    for space in program.namespaces:
        for label in space.labels:
            give(("identifier", space.name), label, None)
    if not fresh:
        return Spread({})
    onward: dict[Fact, list[Fact]] = {}
    for way in ways(program):
        if way.by in by:
            onward.setdefault(way.start, []).append(way.end)
    place = 0
    while place < len(fresh):  # every fact and label is met once
        fact, label = fresh[place]
        place += 1
        for end in onward.get(fact, ()):
            give(end, label, fact)
    return Spread(came)
