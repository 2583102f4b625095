"""Values as plain ones, which a store can keep, and back: instants, days, events with the records of their types.

What is not plain becomes a tuple that begins with `...`, which no value of a journey does. Events are kept once for each record,
however many names they have. The fields of an event are kept by name: whoever reads it under another program has those that this
program knows, and those that are new are missing.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, TypeAlias

import msgspec

from rtj.engine.actions import Sent
from rtj.engine.machine import Machine
from rtj.engine.state import JourneyView
from rtj.engine.stored_frame import StoredError
from rtj.ir.expr import ListOf, Optional, Record, Type
from rtj.ir.journey import OnStart, known_as
from rtj.ir.records import Day, Event, Instant, record_class

INSTANT, DAY, EVENT, RECORD, UNSET, ARRAY, JOURNEY = range(7)  # what stands behind `...`
SCALARS = frozenset((str, int, float, bool, type(None)))
CLASSES_MAX = 4_096  # shapes of records that one machine keeps ready; beyond, they are found out anew

Plain: TypeAlias = Any
Kind: TypeAlias = str | None  # which class: None, that of the event's type
Getter: TypeAlias = Callable[[Any], tuple[Any, ...]]
Writer: TypeAlias = tuple[type, Kind, tuple[str, ...], Getter]
"""A class, what it is called, its fields, and how they are read."""
_plain_all: Callable[[Any], bool] = SCALARS.issuperset


class Shapes:
    """The record classes of one machine, by what records call them."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._types = frozenset(kind.name for kind in machine.program.events)
        self._events: dict[str, type | None] = {}
        self._named: dict[str, type] = {"sent": Sent}
        for journey in machine.program.journeys:
            if any(isinstance(entry.trigger, OnStart) for entry in journey.entries):
                self._named[f"start {known_as(journey)}"] = machine.start_record(known_as(journey))
        for webhook in machine.program.webhooks:
            self._named[f"answer {webhook.name}"] = machine.answer_record(webhook.name)
        for kind in machine.program.events:
            for field in kind.fields:
                for record in _records(field.type):
                    self._named.setdefault(_name(record), record_class("Record", record.fields))
        self._names = {cls: name for name, cls in reversed(self._named.items())}
        self._writers: dict[type, Writer] = {}
        self.usual: dict[str, Writer] = {}
        self._makers: dict[tuple[str | None, Kind, tuple[str, ...]], Callable[[Any], Any]] = {}

    def of_event(self, name: str) -> type | None:
        """The class of the properties of an event type; None: there is no such type."""
        if name not in self._events:
            self._events[name] = self._machine.record(name) if name in self._types else None
        return self._events[name]

    def meant(self, cls: type, event: str) -> Writer:
        """How the properties of an event of this type are written. `usual` has it as long as the next one is of that class."""
        found = self.writer(cls)
        if cls is self.of_event(event):
            found = cls, None, *found[2:]
        _bounded(self.usual)[event] = found
        return found

    def writer(self, cls: type) -> Writer:
        """How a record of this class is written."""
        found = self._writers.get(cls)
        if found is None:
            fields: tuple[str, ...] = cls.__struct_fields__  # type: ignore[attr-defined]
            found = cls, self._names.get(cls, cls.__name__), fields, _getter(fields)
            _bounded(self._writers)[cls] = found
        return found

    def maker(self, event: str | None, kind: Kind, fields: tuple[str, ...]) -> Callable[[Any], Any]:
        """Makes a record of values in the order of these fields."""
        found = self._makers.get((event, kind, fields))
        if found is None:
            cls = self.of_event(event) if kind is None and event is not None else self._named.get(kind or "")
            if cls is None:  # nobody declares it any more
                cls = msgspec.defstruct(
                    kind or "Gone", [(name, Any, None) for name in fields], gc=False, frozen=True, kw_only=True
                )
            found = _bounded(self._makers)[event, kind, fields] = _maker(cls, fields)
        return found


class Writing:
    """Makes the values of one record plain. `events`: those met, each once."""

    __slots__ = ("_places", "_shapes", "events")

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self.events: list[Plain] = []
        self._places: dict[int, int] = {}  # by identity, for they are kept elsewhere as long as this is

    def event(self, event: Event) -> int:
        """The place of an event among those of the record."""
        place = self._places.get(id(event))
        if place is None:
            place = self._places[id(event)] = len(self.events)
            self.events.append(self._event(event))
        return place

    def _event(self, event: Event) -> Plain:
        props = event.props
        told: Plain = None
        if props is not None:
            known = self._shapes.usual.get(event.type)
            if known is None or known[0] is not type(props):
                known = self._shapes.meant(type(props), event.type)
            _, kind, fields, read = known
            values = read(props)
            told = kind, fields, values if _plain_all(map(type, values)) else [self.value(each) for each in values]
        return (
            event.at, event.source, event.pos, event.type, event.id, event.ts, event.ids, told,
            event.late, event.channel, event.received_at,
        )  # fmt: skip

    def value(self, value: Any) -> Plain:
        """Any value, plain."""
        kind = type(value)
        if kind in SCALARS or kind is bytes:
            return value
        if kind is tuple:
            return value if _plain_all(map(type, value)) else tuple([self.value(each) for each in value])
        if kind is list:
            return [self.value(each) for each in value]
        if kind is dict:
            return {self.value(key): self.value(each) for key, each in value.items()}
        return self._special(value)

    def _special(self, value: Any) -> Plain:
        match value:
            case Instant():
                return ..., INSTANT, int(value)
            case Day():
                return ..., DAY, int(value)
            case Event():
                return ..., EVENT, self.event(value)
            case JourneyView():
                return ..., JOURNEY, value.name, value.entered_at, value.entries
            case msgspec.UnsetType():
                return ..., UNSET
            case array():
                return ..., ARRAY, value.typecode, value.tobytes()
            case msgspec.Struct():
                _, kind, fields, read = self._shapes.writer(type(value))
                return ..., RECORD, kind, fields, tuple([self.value(each) for each in read(value)])
            case _:
                raise AssertionError(type(value))

    def names(self, names: dict[str, Any]) -> Plain:
        """What expressions see of a passage: most names are events."""
        return {n: self.event(v) if isinstance(v, Event) else (self.value(v),) for n, v in names.items()}


class Reading:
    """Undoes `Writing` for one record, whose events are given."""

    __slots__ = ("_made", "_shapes", "_told")

    def __init__(self, shapes: Shapes, events: list[Plain]) -> None:
        self._shapes = shapes
        self._told = events
        self._made: list[Event | None] = [None] * len(events)

    def event(self, place: int) -> Event:
        found = self._made[place]
        if found is None:
            found = self._made[place] = self._event(self._told[place])
        return found

    def _event(self, told: Plain) -> Event:
        at, source, pos, kind, name, ts, ids, properties, late, channel, received_at = told
        props = None
        if properties is not None:
            which, fields, values = properties
            if type(values) is list:
                values = [self.value(each) for each in values]
            props = self._shapes.maker(kind, which, fields)(values)
        return Event(at, source, pos, kind, name, ts, ids, props, late, channel, received_at)

    def value(self, value: Plain) -> Any:
        kind = type(value)
        if kind is tuple:
            if value and value[0] is ...:
                return self._special(value)
            return tuple([self.value(each) for each in value])
        if kind is list:
            return [self.value(each) for each in value]
        if kind is dict:
            return {self.value(key): self.value(each) for key, each in value.items()}
        return value

    def _special(self, value: Plain) -> Any:
        match value[1:]:
            case (0, number):
                return Instant(number)
            case (1, number):
                return Day(number)
            case (2, place):
                return self.event(place)
            case (3, kind, fields, values):
                return self._shapes.maker(None, kind, fields)([self.value(each) for each in values])
            case (4,):
                return msgspec.UNSET
            case (5, code, data):
                numbers: array[Any] = array(code)
                numbers.frombytes(data)
                return numbers
            case (6, name, entered_at, entries):
                return JourneyView(name, entered_at, entries)
            case _:
                raise StoredError("a stored record has a kind of value that this version of rtj does not know")

    def names(self, names: Plain) -> dict[str, Any]:
        return {n: self.event(v) if type(v) is int else self.value(v[0]) for n, v in names.items()}


def _bounded(cache: dict[Any, Any]) -> dict[Any, Any]:
    if len(cache) >= CLASSES_MAX:
        cache.clear()
    return cache


def _getter(fields: tuple[str, ...]) -> Getter:
    match fields:
        case ():
            return lambda _: ()
        case (name,):
            return lambda record: (getattr(record, name),)
        case _:
            return attrgetter(*fields)


def _maker(cls: Any, fields: tuple[str, ...]) -> Callable[[Any], Any]:
    """Fields that the class does not have are dropped; those that are new to it are as if they had never come."""
    has: tuple[str, ...] = cls.__struct_fields__
    defaults = dict(zip(has[len(has) - len(cls.__struct_defaults__) :], cls.__struct_defaults__, strict=True))
    blank = {name: None for name in has if name not in fields and defaults.get(name, msgspec.NODEFAULT) is msgspec.NODEFAULT}
    if not blank and set(fields) <= set(has):
        return lambda values: cls(**dict(zip(fields, values, strict=True)))
    return lambda values: cls(**{n: v for n, v in zip(fields, values, strict=True) if n in has}, **blank)


def _records(kind: Type) -> Iterator[Record]:
    match kind:
        case Record(fields=fields):
            yield kind
            for _, inner in fields:
                yield from _records(inner)
        case ListOf(item=inner) | Optional(of=inner):
            yield from _records(inner)
        case _:
            return


def _name(record: Record) -> str:
    """The same for records with the same fields."""
    return "record " + hashlib.blake2b(repr(record.fields).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
