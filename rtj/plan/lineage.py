"""Who uses a declaration: from events through attributes, audiences, tables and gates to the parts of journeys.

A declaration is called by its address: ("event", name), one of its fields ("event", name, "field", field), all of them together
("event", name, "field", "*"), ("attribute", name), ("audience", name), ("table", name), ("channel", name), ("message", name),
("template", message), ("webhook", name), ("cap", name), ("subscription", name), ("namespace", name), and what there is one of:
("consents",), ("quiet_hours",), ("holdout",), ("suppressed",), ("timezone",). What the compiler has lifted out of expressions
stands between them: ("lifted", name).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rtj.ir.facts import Env
from rtj.ir.program import Aggregate, Cap, Channel, Program, QuietHours
from rtj.plan.changes import Spot
from rtj.plan.lineage_clock import reads_zone
from rtj.plan.lineage_parts import Declared, declared_by, parts_of
from rtj.plan.lineage_reads import EVERY_FIELD, ZONE, called, reads

Way = tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    """`users`: by declaration, who reads it: other declarations, and parts of journeys."""

    users: Mapping[Spot, tuple[Spot, ...]]

    def ways(self, starts: Iterable[Spot]) -> dict[Spot, Way]:
        """The parts of journeys that hang on any of these, each with a shortest way to it, both ends included."""
        before: dict[Spot, Spot | None] = dict.fromkeys(starts)
        todo = list(before)
        place = 0
        while place < len(todo):  # everybody is met once
            at = todo[place]
            place += 1
            for user in self.users.get(at, ()):
                if user not in before:
                    before[user] = at
                    todo.append(user)
        return {part: _way(part, before) for part in todo if part[0] == "journey"}

    def readers(self, starts: Iterable[Spot]) -> tuple[Spot, ...]:
        """Who reads any of these directly, what is lifted left out for those that read it in their turn."""
        found: dict[Spot, None] = {}
        todo = list(starts)
        seen = set(todo)
        while todo:
            for user in self.users.get(todo.pop(0), ()):
                if user not in seen:
                    seen.add(user)
                    if user[0] == "lifted":
                        todo.append(user)
                    else:
                        found[user] = None
        return tuple(found)


def _way(part: Spot, before: Mapping[Spot, Spot | None]) -> Way:
    way: list[Spot] = []
    at: Spot | None = part
    while at is not None:
        if at[0] != "lifted":
            way.append(at)
        at = before[at]
    return tuple(reversed(way))


def lineage(program: Program) -> Lineage:
    """The lineage of a program."""
    users: dict[Spot, dict[Spot, None]] = {}
    for user, read in _readings(program):
        users.setdefault(read, {})[user] = None
    for kind in program.events:  # who reads all fields reads each
        every = users.get(("event", kind.name, "field", EVERY_FIELD), {})
        for field in kind.fields if every else ():
            users.setdefault(("event", kind.name, "field", field.name), {}).update(every)
    return Lineage({read: tuple(by) for read, by in users.items()})


def _readings(program: Program) -> Iterator[tuple[Spot, Spot]]:
    """Each reader with one thing that it reads."""
    declared = declared_by(program)
    env = declared.kept
    for mapping in program.mappings:
        if mapping.event is not None and mapping.field is not None:
            yield ("attribute", mapping.name), ("event", mapping.event, "field", mapping.field)
            yield ("attribute", mapping.name), ("event", mapping.event)
    for space in program.namespaces:
        for derived in space.derived:
            yield from _each(("namespace", space.name), reads(derived.value, {**env, "event": (derived.event,)}))
            yield ("namespace", space.name), ("event", derived.event)
    for aggregate in program.aggregates:
        yield from _each(called(aggregate.name), _of_aggregate(aggregate, declared))
    for tracker in program.trackers:
        yield from _each(("lifted", tracker.name), reads(tracker.condition, env))
    for audience in program.audiences:
        yield from _each(("audience", audience.name), reads(audience.condition, env))
    for table in program.tables:
        if table.event is not None:
            yield ("table", table.name), ("event", table.event)
    yield from _of_gates(program, env)
    for journey in program.journeys:
        for part, read in parts_of(declared, journey):
            yield from _each(part, read)


def _each(reader: Spot, read: Iterable[Spot]) -> Iterator[tuple[Spot, Spot]]:
    for one in read:
        yield reader, one


def _of_aggregate(aggregate: Aggregate, declared: Declared) -> Iterator[Spot]:
    own = {**declared.kept, "event": aggregate.events}
    yield from reads(aggregate.where, own)
    if aggregate.function != "count":
        yield from reads(aggregate.value, own)
    for event in (*aggregate.events, aggregate.window.since):
        if event in declared.events:
            yield ("event", event)
    if reads_zone(aggregate.window):
        yield from ZONE


def _of_gates(program: Program, env: Env) -> Iterator[tuple[Spot, Spot]]:
    """What decides whether a message goes."""
    for channel in program.channels:
        yield from _each(("channel", channel.name), _of_channel(channel, env))
    yield from _each(("consents",), reads(program.consents.any, env))
    for name, condition in program.consents.subscriptions:
        yield from _each(("subscription", name), reads(condition, env))
    for message in program.messages:
        if message.subscription:
            yield ("message", message.name), ("subscription", message.subscription)
    for timed in (program.quiet_hours, *program.caps):
        if reads_zone(timed):
            yield from _each(_of_timed(timed), ZONE)


def _of_timed(timed: QuietHours | Cap | None) -> Spot:
    return ("cap", timed.name) if isinstance(timed, Cap) else ("quiet_hours",)


def _of_channel(channel: Channel, env: Env) -> Iterator[Spot]:
    for value in (channel.address, channel.consent, channel.confirmed):
        yield from reads(value, env)
    if channel.identifier:
        yield ("namespace", channel.identifier)
