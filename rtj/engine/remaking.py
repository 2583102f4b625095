"""Events that a profile keeps become those of another program: made in its record classes, as they would be read back under it.

A field that the new program does not declare, or whose values do not fit any more, is dropped; a new one is missing. Between
programs that declare the same events there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from rtj.engine.machine import Machine
from rtj.engine.state import Names, Partial
from rtj.ir.expr import ListOf, Optional, Record, Type
from rtj.ir.program import Program
from rtj.ir.records import Event, attr_name, event_class, mapped_fields, record_class
from rtj.ir.types import fits

Remake: TypeAlias = Callable[[Any], Any]
Fields: TypeAlias = Mapping[str, Type]


class Remaker:
    """Remakes what profiles of one machine keep for another. One event is remade once for each profile, so that what was one
    event stays one: `begin` with each."""

    def __init__(self, old: Machine, new: Machine) -> None:
        self._old, self._new = old, new
        self._props: dict[str, Remake] = _other_events(old.program, new.program)
        self._answers = _other_answers(old.program, new.program)
        self._starts: dict[str, Remake | None] = {}
        self._made: dict[int, tuple[Event, Event]] = {}

    @property
    def is_idle(self) -> bool:
        """Is nothing of what windows keep another?"""
        return not (self._props or self._answers)

    def begin(self) -> None:
        """Somebody else's events."""
        if self._made:
            self._made = {}

    def value(self, value: Any, journey: str = "") -> Any:
        """Anything in which events stand. `journey`: that of the instance that keeps it."""
        if not (journey or self._props or self._answers):
            return value
        match value:
            case Event():
                return self._event(value, journey)
            case tuple():
                return tuple([self.value(part, journey) for part in value]) if _holds_events(value) else value
            case list():
                return [self.value(part, journey) for part in value] if _holds_events(value) else value
            case _:
                return value

    def names(self, names: Names, journey: str) -> None:
        """What expressions see, in its place."""
        for name, value in names.items():
            remade = self.value(value, journey)
            if remade is not value:
                names[name] = remade

    def partial(self, partial: Partial) -> None:
        """A pattern that has begun."""
        partial.recent = self.value(partial.recent)
        self.names(partial.names, "")

    def _event(self, event: Event, journey: str) -> Event:
        known = self._made.get(id(event))
        if known is not None:
            return known[1]
        remake = self._start(journey) if event.type == "start" and journey else self._props.get(event.type)
        if remake is None and event.type.startswith("answer "):
            remake = self._answers.get(event.type.removeprefix("answer "))
        if remake is None:
            return event
        remade = msgspec.structs.replace(event, props=None if event.props is None else remake(event.props))
        self._made[id(event)] = event, remade
        return remade

    def _start(self, journey: str) -> Remake | None:
        """What started a journey: names that nobody gives any more are dropped."""
        if journey not in self._starts:
            was, now = self._old.start_record(journey), self._new.start_record(journey)
            names = now.__struct_fields__
            same = was.__struct_fields__ == names
            self._starts[journey] = None if same else lambda props: now(**{name: getattr(props, name, None) for name in names})
        return self._starts[journey]


def _holds_events(values: tuple[Any, ...] | list[Any]) -> bool:
    return any(isinstance(part, Event | tuple | list) for part in values)


def _other_events(old: Program, new: Program) -> dict[str, Remake]:
    """How to remake the properties of each event type that is declared otherwise; of one that is gone, nothing is kept."""
    now = {kind.name: kind for kind in new.events}
    found: dict[str, Remake] = {}
    for kind in old.events:
        heir = now.get(kind.name)
        if heir is None:
            found[kind.name] = _nothing
            continue
        fields = {f.name: f.type for f in kind.fields}, {f.name: f.type for f in heir.fields}
        unset = mapped_fields(new, kind.name)
        if [*fields[0].items()] != [*fields[1].items()] or mapped_fields(old, kind.name) != unset:
            found[kind.name] = _remade(event_class(new, heir), fields, unset)
    return found


def _other_answers(old: Program, new: Program) -> dict[str, Remake]:
    now = {webhook.name: webhook for webhook in new.webhooks}
    found: dict[str, Remake] = {}
    for webhook in old.webhooks:
        heir = now.get(webhook.name)
        if heir is not None and heir.returns != webhook.returns:
            fields = {f.name: f.type for f in webhook.returns}, {f.name: f.type for f in heir.returns}
            found[webhook.name] = _remade(record_class("Answer", tuple(fields[1].items())), fields, frozenset())
    return found


def _nothing(_props: Any) -> None:
    """What is kept of the properties of a type that nobody declares."""


def _remade(made: type[msgspec.Struct], fields: tuple[Fields, Fields], unset: frozenset[str]) -> Remake:
    """A function from an old record to a new one."""
    old, new = fields

    def remake(props: Any) -> Any:
        found: dict[str, Any] = {}
        for name, kind in new.items():
            missing = msgspec.UNSET if name in unset and isinstance(kind, Optional) else None
            value = getattr(props, attr_name(name), missing) if name in old else missing
            if value is msgspec.UNSET or value is None:
                value = missing if value is msgspec.UNSET else None if name in old else missing
            else:
                value = _recast(value, old[name], kind) if _still_fits(old[name], kind) else missing
            found[attr_name(name)] = value
        return made(**found)

    return remake


def _still_fits(old: Type, new: Type) -> bool:
    """May a value that is there stand where the new type is asked for?"""
    old, new = (kind.of if isinstance(kind, Optional) else kind for kind in (old, new))
    return fits(old, new)


def _recast(value: Any, old: Type, new: Type) -> Any:
    """A value in the record classes of its new type."""
    old, new = (kind.of if isinstance(kind, Optional) else kind for kind in (old, new))
    match old, new:
        case _ if value is None or old == new:
            return value
        case Record(), Record():
            fields: tuple[Fields, Fields] = dict(old.fields), dict(new.fields)
            return _remade(record_class("Record", new.fields), fields, frozenset())(value)
        case ListOf(), ListOf():
            return tuple([_recast(part, old.item, new.item) for part in value])
        case _:
            return value
