"""Everything known about one person, as JSON (S10.1). The shape is stable; keys are only added:

`format` 1 · `project` · `until` (the last instant of the files) · `identifiers` [{namespace, value, since, how, event}] ·
`attributes` {name: {value, since, event}} · `computed` {name: value} · `audiences` [{name, since}] ·
`consent` [{source, says, since, event}] · `suppressed` [{channel, hash}] ·
`journeys` [{journey, key, instance, entered, node, due, expires}] · `messages` [{at, what, …as in the trace}] ·
`happened` [{at, what, …}] (the rest of the trace) · `events` [{id, type, ts, file, number}].
"""

from __future__ import annotations

from typing import Any

import msgspec

from rtj.connect.instants import instant_text, json_text
from rtj.engine.calendar import INFINITY
from rtj.engine.portrait import as_data, typed
from rtj.engine.state import END_OF_INSTANT, Profile
from rtj.ir.expr import Type
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.sources import FileSource
from rtj.run.subject import Subject

FORMAT = 1
MESSAGES = frozenset({"sent", "held", "blocked", "withdrawn", "suppressed", "unsubscribed"})


def export(program: Program, subject: Subject, files: list[FileSource]) -> dict[str, Any]:
    """The subject's own copy: nothing in it is masked."""
    p = subject.profile
    known = _State(program, subject, p) if p is not None else None
    told = [
        {"at": instant_text(at), **{name: _plain(value) for name, value in payload.items()}}
        for at, _, _, payload in sorted(subject.records, key=lambda record: record[:3])
    ]
    return {
        "format": FORMAT,
        "project": program.project,
        "until": instant_text(subject.end),
        "identifiers": known.identifiers() if known is not None else [],
        "attributes": known.attributes() if known is not None else {},
        "computed": known.computed() if known is not None else {},
        "audiences": known.audiences() if known is not None else [],
        "consent": known.consent() if known is not None else [],
        "suppressed": known.suppressed() if known is not None else [],
        "journeys": known.journeys() if known is not None else [],
        "messages": [row for row in told if row["what"] in MESSAGES],
        "happened": [row for row in told if row["what"] not in MESSAGES],
        "events": [
            {
                "id": event.id,
                "type": event.type,
                "ts": instant_text(event.ts),
                "file": files[place[0]].name,
                "number": place[1] + 1,
            }
            for event, place in subject.events
        ],
    }


class _State:
    """What the present state says."""

    def __init__(self, program: Program, subject: Subject, p: Profile) -> None:
        self._program, self._subject, self._p = program, subject, p
        self._machine = subject.machine
        self._events: dict[tuple[int, int], Event] = {(e.source, e.pos): e for e, _ in subject.events}

    def identifiers(self) -> list[dict[str, Any]]:
        found = []
        for index, value in sorted(self._p.identifiers):
            seen = self._subject.seen.get((index, value))
            how = {"since": instant_text(seen.at), "how": seen.how, "event": seen.event} if seen is not None else {}
            found.append({"namespace": self._program.ranked[index].name, "value": value, **how})
        return found

    def attributes(self) -> dict[str, Any]:
        found = {}
        for name, slot in self._machine.attribute_slots.items():
            stamp = self._p.stamps[slot] if self._p.stamps is not None else None
            if stamp is not None:
                kind = self._program.mappings[slot].type
                found[name] = {"value": _typed(self._p.attributes[slot], kind), **self._stamped(stamp)}
        return found

    def _stamped(self, stamp: tuple[int, int, int]) -> dict[str, Any]:
        event = self._events.get((stamp[1], stamp[2]))
        by = {"event": event.id} if event is not None else {"by": "a journey"} if stamp[1] >= END_OF_INSTANT else {}
        return {"since": instant_text(stamp[0]), **by}

    def computed(self) -> dict[str, Any]:
        end = self._subject.end
        return {
            name: _typed(machine.value(self._p, end), machine.spec.type)
            for name, machine in sorted(self._machine.aggregates.items())
        }

    def audiences(self) -> list[dict[str, Any]]:
        found = []
        for item in self._machine.items:
            if item.is_audience and self._p.members >> item.slot & 1:
                found.append({"name": item.name, "since": instant_text(self._subject.since.get(item.slot, self._subject.end))})
        return sorted(found, key=lambda one: one["name"])

    def consent(self) -> list[dict[str, Any]]:
        found = []
        for name, source in self._machine.gates.sources.items():
            says = source.says(self._p, self._subject.end)
            if says is None:
                continue
            stamps = [source.newest(self._p)]
            if self._p.mail is not None:
                stamps.append(self._p.mail.withdrawn.get(name))
            stamp = max((s for s in stamps if s is not None), default=None)
            found.append({"source": name, "says": says, **(self._stamped(stamp) if stamp is not None else {})})
        return found

    def suppressed(self) -> list[dict[str, str]]:
        mail = self._p.mail
        return [{"channel": channel, "hash": hashed} for channel, hashed in sorted(mail.suppressed)] if mail is not None else []

    def journeys(self) -> list[dict[str, Any]]:
        return [
            {
                "journey": inst.journey.name,
                "key": inst.key,
                "instance": inst.id,
                "entered": instant_text(inst.entered),
                "node": inst.node.id if inst.node is not None else None,
                "due": instant_text(inst.due) if inst.due < INFINITY else None,
                "expires": instant_text(inst.expires) if inst.expires < INFINITY else None,
            }
            for inst in sorted(self._p.instances.values(), key=lambda inst: inst.order)
        ]


def _typed(value: Any, kind: Type) -> Any:
    """A value of a type, instants and dates as texts."""
    return msgspec.to_builtins(typed(value, kind), enc_hook=json_text)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return msgspec.to_builtins(as_data(value), enc_hook=json_text)
