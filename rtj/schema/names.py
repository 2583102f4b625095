"""The names of a project, for editors to propose: what may be sent, by which channel, on which event, for whom.

They are proposed and never demanded: a schema that was written yesterday must not refuse what the checker takes today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rtj.ir.program import EVERYONE
from rtj.ir.records import RECEIPTS
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lang.shape import IDENTIFIER
from rtj.schema.parts import Schema, described, scalar, snippets, text
from rtj.schema.phrases import ASSIGN, BY, ON, PATH, a_name, begins, entirely

PLAIN = re.compile(r"\w(?:[\w ./-]*\w)?")  # what YAML and snippets take as it stands
SAMPLES = {"number": "1", "bool": "true", "instant": "+0s", "date": "2026-03-02", "duration": "1h"}


@dataclass(frozen=True, slots=True)
class Names:
    """By kind, sorted. `events`: event types, each with values that its needed fields may have; `fields`: what `from` may name;
    `written`: attributes that `set` may write; `startable`: journeys that `start` may enter."""

    events: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    startable: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def count(self) -> int:
        """How many things have a name here; fields of events do not count, nor do journeys twice."""
        kinds = (self.written, self.audiences, self.channels, self.webhooks, self.identifiers, self.journeys, self.messages)
        return len(self.events) + sum(map(len, kinds))


def names_of(project: s.Project | None, journeys: Iterable[s.Journey]) -> Names:
    """What a project and its journeys name; from trees, so that a mistake in one place hides nothing elsewhere."""
    every = tuple(journeys)
    sends = [node for journey in every for node in statements(journey.nodes) if isinstance(node, s.Send)]
    known = Names(
        journeys=_sorted(j.name for j in every),
        startable=_sorted(j.name for j in every if any(isinstance(e.trigger, s.OnStart) for e in j.entries)),
        messages=_sorted(send.message for send in sends),
    )
    if project is None:
        return known
    return Names(
        events={e.name.text: _values(e.fields) for e in sorted(project.events, key=lambda e: e.name.text)},
        fields=tuple(sorted({f"{e.name.text}.{f.name.text}" for e in project.events for f in e.fields if _sound(f.name)})),
        written=_sorted(a.name for a in project.profile if a.formula is None),
        audiences=_sorted(a.name for a in project.audiences),
        channels=_sorted(c.name for c in project.channels),
        webhooks=_sorted(w.name for w in project.webhooks),
        identifiers=_sorted(n.name for n in project.identity),
        journeys=known.journeys,
        startable=known.startable,
        messages=known.messages,
    )


def _sorted(names: Iterable[s.Name]) -> tuple[str, ...]:
    return tuple(sorted({name.text for name in names if _sound(name)}))


def _sound(name: s.Name) -> bool:
    """Not one that is reported, and kept all the same so that more can be said."""
    return IDENTIFIER.fullmatch(name.text) is not None


def _values(fields: Iterable[s.FieldDecl]) -> dict[str, Any]:
    """Values of the fields that must be there; a name that needs quotes is left to the author."""
    needed = [f for f in fields if not f.type.optional and PLAIN.fullmatch(f.name.text)]
    return {f.name.text: _sample(f.type, f.name.text) for f in needed}


def _sample(kind: s.TypeTree, name: str) -> Any:
    match kind:
        case s.TypeName(name=word):
            return SAMPLES.get(word, name)
        case s.OneOfType(values=values):
            return next((value.value for value in values if PLAIN.fullmatch(value.value)), name)
        case s.ListType(item=item):
            return [_sample(item, name)]
        case s.RecordType(fields=fields):
            return _values(fields)


def definitions(names: Names) -> dict[str, Schema]:
    """Places where a name of the project stands, alone or in a phrase."""
    heard = (*names.events, *RECEIPTS) if names.events else ()
    moved = [f"{word} {audience}" for audience in names.audiences for word in ("joining", "leaving")]
    people = (*names.audiences, EVERYONE) if names.audiences else ()
    channels = scalar("channels such as `push else email`", besides=("boolean",), pattern=entirely(BY))
    assigned = ((f"profile.{one}", "an attribute", f"profile.{one} = ${{1:null}}") for one in names.written)
    path = scalar("an event and its field: signed_up.first_name", pattern=entirely(PATH))
    return {
        "event": _proposing(a_name(), names.events, "an event type"),
        "audience": _proposing(a_name(), people, "an audience"),
        "channel": _proposing(a_name(), names.channels, "a channel"),
        "webhook": _proposing(a_name(), names.webhooks, "a webhook"),
        "journey_name": _proposing(a_name(), names.journeys, "a journey"),
        "startable": _proposing(a_name(), names.startable, "a journey that `start` may enter"),
        "message": _proposing(a_name(), names.messages, "a message that is sent already"),
        "identifier": _proposing(a_name(), names.identifiers, "a kind of identifier"),
        "pattern": _proposing(_proposing(scalar(ON, besides=("boolean",)), heard, "an event type"), moved, "an audience"),
        "channels": _proposing(channels, names.channels, "a channel"),
        "assignments": snippets(scalar("assignments: profile.tier = 'gold'", pattern=begins(ASSIGN)), *assigned),
        "path": _proposing(path, names.fields, "a field of an event"),
        "told_message": _proposing(text(), names.messages, "a message"),
        "told_channel": _proposing(text(), names.channels, "a channel"),
        "told_journey": _proposing(text(), names.journeys, "a journey"),
        "identified": _identified(names),
    }


def happenings(names: Names) -> tuple[tuple[str, str, Any], ...]:
    """Snippets of events in a test: each type with what it needs."""
    return tuple(
        (
            event,
            f"an event: {', '.join(values) or 'without fields that must be there'}",
            {f"+${{1:20m}} {event}": _places(values)},
        )
        for event, values in names.events.items()
    )


def _places(values: Mapping[str, Any]) -> Any:
    """The values as places to fill, numbered from 2."""
    number = 1

    def placed(value: Any) -> Any:
        nonlocal number
        match value:
            case dict():
                return {key: placed(inner) for key, inner in value.items()}
            case list():
                return [placed(inner) for inner in value]
            case _:
                number += 1
                return f"${{{number}:{value}}}"

    return placed(values)


def _proposing(schema: Schema, names: Iterable[str], what: str) -> Schema:
    return snippets(schema, *((name, what, name) for name in names))


def _identified(names: Names) -> Schema:
    """A mapping from kinds of identifiers to values. While a project is not known, any key is a kind."""
    value = text("the value of an identifier")
    known = {name: described(value, f"A kind of identifier: `{name}`. (S2.1)") for name in names.identifiers}
    return {"type": "object", "properties": known, "additionalProperties": value}
