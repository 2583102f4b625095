"""What an old version of a journey reads, and the new project does not have any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from rtj.ir import journey as j
from rtj.ir.expr import Attribute, EventOf, Field, History, Member, Row, Type
from rtj.ir.journey import known_as
from rtj.ir.program import EVERYONE, Aggregate, Audience, Channel, EventType, Program, Table, Tracker, Webhook
from rtj.ir.records import RECEIPTS
from rtj.ir.types import fits, is_optional, some
from rtj.ir.walk import rewrite

Kind: TypeAlias = Literal[
    "attribute", "audience", "event", "field", "table", "channel", "webhook", "journey", "template", "value"
]
Lack: TypeAlias = tuple[str, tuple[Kind, bool]]
"""What it is called, its kind, and whether it is there with another type."""
Declared: TypeAlias = Audience | EventType | Channel | Webhook | Table


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that an old version reads. `journey` is its name in the new project, `version` its hash; `retyped`: it is there,
    but of a type that does not fit what the version says."""

    journey: str
    version: str
    kind: Kind
    name: str
    retyped: bool = False

    @property
    def text(self) -> str:
        """What is the matter, and both ways out."""
        people = f"people finish on version {self.version} of {self.journey}"
        if self.kind == "value":
            what, keep = f"is asked for now, and {people}, which does not give it", "let it be missing"
        elif self.retyped:
            what, keep = f"has another type now, and {people}, which uses it", "keep what it was"
        else:
            what, keep = f"is not there any more, and {people}, which uses it", "keep its declaration"
        ways = f"{keep} until the last of them has left, or have them go over now (`on_deploy: migrate`)"
        return f"{self.kind} {self.name} {what}: {ways}"


def lacks(
    programs: tuple[Program, Program],
    version: tuple[str, str, j.Journey],
    lifted: Iterable[Aggregate | Tracker],
    templates: Mapping[str, Collection[str]] | None,
) -> Iterator[Missing]:
    """What of the old program the new one lacks that a version (its journey's name, its hash, what it says) reads, or the history
    that the compiler has made for it."""
    old, new = programs
    name, hashed, spec = version
    needs = _Needs(old, spec)
    for part in (spec, *lifted):
        rewrite(part, needs.look)
    facts = _facts(old), _facts(new)
    for one, kind in _Lacking(old, new, needs, facts).every():
        yield Missing(name, hashed, kind[0], one, kind[1])
    for one, kind in _unmade(new, spec):
        yield Missing(name, hashed, kind[0], one, kind[1])
    for node in spec.nodes:
        if templates is not None and isinstance(node, j.Send):
            if node.message not in templates:
                yield Missing(name, hashed, "template", node.message)
            for value in sorted(set(templates.get(node.message, ())) - {pair.name for pair in node.pairs}):
                yield Missing(name, hashed, "value", f"{node.message}.{value}")


def _unmade(new: Program, spec: j.Journey) -> Iterator[Lack]:
    """What the events that a version emits lack as they are declared now, or have too much."""
    events = {one.name: {f.name: f.type for f in one.fields} for one in new.events}
    for node in spec.nodes:
        if isinstance(node, j.Emit) and node.event in events:
            fields, given = events[node.event], {pair.name: pair.type for pair in node.pairs}
            for field in sorted(fields.keys() | given.keys()):
                called = f"{node.event}.{field}"
                if field not in fields:
                    yield called, ("field", False)
                elif field not in given and not is_optional(fields[field]):
                    yield called, ("value", False)
                elif field in given and not fits(some(given[field]), some(fields[field])):
                    yield called, ("field", True)


class _Needs:
    """Everything that a version names."""

    def __init__(self, program: Program, spec: j.Journey) -> None:
        self.attributes: set[str] = set()
        self.audiences: set[str] = set()
        self.tables: set[str] = set()
        self.events: set[str] = set()
        self.fields: set[str] = set()
        self.channels: set[str] = set()
        self.webhooks: set[str] = set()
        self.journeys: set[str] = set()
        self._own = {known_as(spec)}
        self._types = {kind.name for kind in program.events}

    def look(self, part: msgspec.Struct) -> msgspec.Struct:
        """Note what one part names."""
        match part:
            case Attribute(name=name):
                self.attributes.add(name)
            case History(aggregate=name):
                self.attributes.add(name)
            case Member(audience=name) | j.OnSchedule(audience=name):
                self.audiences.add(name)
            case Row(table=name):
                self.tables.add(name)
            case Field(name=name, envelope=False):
                self.fields.add(name)
            case j.Step(events=events, audience=audience):
                self._listen(events)
                self.audiences |= {audience} if audience is not None else set()
            case Aggregate(events=events, window=window):
                self._listen((*events, *((window.since,) if window.since is not None else ())))
            case j.Send(channels=channels):
                self.channels |= set(channels)
            case j.CallWebhook(webhook=name):
                self.webhooks.add(name)
            case j.SetAttributes(pairs=pairs):
                self.attributes |= {pair.name for pair in pairs}
            case j.Emit(event=name):
                self.events.add(name)
            case j.StartJourney(journey=name):
                self.journeys.add(name)
        return part

    def _listen(self, events: Iterable[str]) -> None:
        for name in events:
            word, _, audience = name.partition(" ")
            if audience and word in ("joining", "leaving"):
                self.audiences.add(audience)
            elif name in self._types:
                self.events.add(name)


@dataclass(frozen=True, slots=True)
class _Lacking:
    """Compares what is named with what is there."""

    old: Program
    new: Program
    needs: _Needs
    facts: tuple[Mapping[str, Type], Mapping[str, Type]]

    def every(self) -> Iterator[Lack]:
        """All that lacks: name, kind, and whether it is there with another type."""
        needs, (was, now) = self.needs, self.facts
        for name in sorted(needs.attributes & was.keys()):
            if name not in now or not fits(now[name], was[name]):
                yield f"profile.{name}", ("attribute", name in now)
        old, new = self.old, self.new
        yield from self._gone("audience", needs.audiences - {EVERYONE}, (old.audiences, new.audiences))
        yield from self._gone("event", needs.events - set(RECEIPTS), (old.events, new.events))
        yield from self._gone("channel", needs.channels, (old.channels, new.channels))
        yield from self._gone("webhook", needs.webhooks, (old.webhooks, new.webhooks))
        yield from self._gone("table", needs.tables, (old.tables, new.tables))
        started = ({known_as(one) for one in program.journeys} for program in (old, new))
        yield from self._lost_names("journey", needs.journeys, *started)
        yield from self._fields()

    def _gone(self, kind: Kind, named: set[str], declared: tuple[Sequence[Declared], Sequence[Declared]]) -> Iterator[Lack]:
        was, now = ({one.name for one in each} for each in declared)
        return self._lost_names(kind, named, was, now)

    @staticmethod
    def _lost_names(kind: Kind, named: set[str], was: set[str], now: set[str]) -> Iterator[Lack]:
        return ((name, (kind, False)) for name in sorted((named & was) - now))

    def _fields(self) -> Iterator[Lack]:
        """Fields of events, rows and answers that are read, wherever they are read from, and that their new declaration lacks."""
        read = self.needs.fields
        events = {one.name: {f.name: f.type for f in one.fields} for one in self.new.events}
        for kind in self.old.events:
            if kind.name in events and kind.name in self.needs.events:
                yield from _lost(kind.name, {f.name: f.type for f in kind.fields}, events[kind.name], read)
        tables = {one.name: {f.name: f.type for f in (one.key, *one.fields)} for one in self.new.tables}
        for table in self.old.tables:
            if table.name in tables and table.name in self.needs.tables:
                yield from _lost(table.name, {f.name: f.type for f in (table.key, *table.fields)}, tables[table.name], read)
        webhooks = {one.name: {f.name: f.type for f in one.returns} for one in self.new.webhooks}
        for webhook in self.old.webhooks:
            if webhook.name in webhooks and webhook.name in self.needs.webhooks:
                yield from _lost(webhook.name, {f.name: f.type for f in webhook.returns}, webhooks[webhook.name], read)


def _lost(name: str, was: Mapping[str, Type], now: Mapping[str, Type], read: Collection[str]) -> Iterator[Lack]:
    for field in sorted(was.keys() & set(read)):
        if field not in now or not fits(now[field], was[field]):
            yield f"{name}.{field}", ("field", field in now)


def _facts(program: Program) -> dict[str, Type]:
    """The type of each attribute, mapped or computed. Of computed ones that give an event only that they are there."""
    found: dict[str, Type] = {one.name: one.type for one in program.mappings if one.default is None}
    found |= {one.name: some(one.type) for one in program.mappings if one.default is not None}
    return found | {one.name: EventOf(()) if isinstance(some(one.type), EventOf) else one.type for one in program.aggregates}
