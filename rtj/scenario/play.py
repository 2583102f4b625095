"""Playing a test: its events go through the door, the clockwork and the kernel of every simulation, and all of it is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rtj.base.diagnostic import Diagnostic
from rtj.connect.envelope import Shaped
from rtj.connect.instants import LATEST_MS, field_hook
from rtj.connect.intake import NEVER, Door, Feed, Intake
from rtj.connect.letters import DeadLetter, Letters
from rtj.engine.knowing import know
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.journey import Send
from rtj.ir.program import Program
from rtj.ir.records import python_type
from rtj.run.clockwork import Clockwork
from rtj.run.found import Found
from rtj.run.person import Person
from rtj.scenario.check import Cue, Script
from rtj.scenario.times import offset_text

RECORDS_MAX = 100_000  # of one test
Record = tuple[int, str, int, dict[str, object]]  # instant, origin of the profile, number, what happened


class _EndlessError(Exception):
    """A test in which more happens than anybody can have meant."""


class _Book(list[Record]):
    """Records, up to a bound."""

    def append(self, record: Record) -> None:
        if len(self) >= RECORDS_MAX:
            raise _EndlessError
        super().append(record)


@dataclass(frozen=True, slots=True)
class Inside:
    """Somebody who is inside a journey when the test ends."""

    origin: str
    journey: str
    node: str
    key: str | None
    entered: int


@dataclass(frozen=True, slots=True)
class Played:
    """What happened, in the order of a trace (S1.5). `end`: the last instant that was worked. `members`: (origin,
    audience) at the end. `sends`: the message that (journey, node) sends."""

    records: tuple[Record, ...]
    inside: tuple[Inside, ...]
    end: int
    failures: tuple[Diagnostic, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    sends: Mapping[tuple[str, str], str] = field(default_factory=dict)


class Stage:
    """A program on which any number of tests are played, one after the other; nothing of one is seen by the next."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = Machine(program, Level.TRACE)
        self._sends = {(j.name, n.id): n.message for j in program.journeys for n in j.nodes if isinstance(n, Send)}
        self._letters: list[DeadLetter] = []
        # Every event has its arrival: none is ever too far ahead of it.
        door = Door(program, self.machine, LATEST_MS)
        self._intake = Intake(door, Feed(0, _shape), Letters(self._letters.append, NEVER))
        self._encode = msgspec.json.Encoder().encode

    def play(self, script: Script) -> Played:
        """Run a test to its end."""
        self._letters.clear()
        recorder = Recorder()
        recorder.records = _Book()
        world = World(self.machine, recorder)
        last = max((cue.at for cue in script.cues), default=script.clock.start)
        end = last if script.until is None else script.until
        clockwork = Clockwork(world, Found(), end)
        failures: list[Diagnostic] = []
        try:
            if script.known is not None:
                first = min((cue.at for cue in script.cues), default=script.clock.start)
                know(world, min(first, script.clock.start), script.person, self._values(script.known))
            self._run(script, clockwork, recorder, failures)
            clockwork.finish(end, drain=script.until is None)
        except _EndlessError:
            message = f"more than {RECORDS_MAX:,} things happen in this test"
            hint = "a loop of a journey goes round too often, or `until` lies too far away"
            failures.append(Diagnostic("unmet", message, script.scenario.name.span, hint))
        records = tuple(sorted(recorder.records, key=lambda record: record[:3]))
        return Played(records, tuple(_inside(world)), end, tuple(failures), tuple(self._members(world)), self._sends)

    def _values(self, known: Mapping[str, object]) -> dict[str, Any]:
        """Attributes as the engine keeps them."""
        types = {mapping.name: python_type(mapping.type) for mapping in self.program.mappings if mapping.name in known}
        return {name: msgspec.convert(known[name], kind, dec_hook=field_hook) for name, kind in types.items()}

    def _members(self, world: World) -> list[tuple[str, str]]:
        """Who is in which audience, by audience and then in the order of birth."""
        slots = [(item.slot, item.name) for item in self.machine.items if item.is_audience]
        return [(p.origin, name) for slot, name in slots for p in world.profiles if p.members >> slot & 1]

    def _run(self, script: Script, clockwork: Clockwork, recorder: Recorder, failures: list[Diagnostic]) -> None:
        """Hand over the events; those that depend on what was sent before wait until it is known."""
        for cue in script.cues:
            key = None
            if cue.receipt is not None:
                clockwork.work(cue.at)  # what was sent before is known from here on
                key = self._key_of(cue, recorder.records)
                if key is None:
                    failures.append(_not_sent(cue, script))
                    continue
            clockwork.admit(self._events(cue, key, failures), -NEVER, 0)

    def _events(self, cue: Cue, key: str | None, failures: list[Diagnostic]) -> list[Any]:
        """The event as every source brings it. What the door refuses was not found by the check: it is told at the event."""
        before = len(self._letters)
        events: list[Any] = self._intake.take(self._encode(_record(cue, key)))
        for letter in self._letters[before:]:
            message = f"`{cue.given.type.text}` is no event that can be read: {letter.detail or letter.reason}"
            failures.append(Diagnostic("E602", message, cue.given.span))
        return events

    def _key_of(self, cue: Cue, records: Sequence[Record]) -> str | None:
        """The key of the newest message that this person got by the name in the receipt."""
        assert cue.receipt is not None
        mine: set[str] = set()
        for place, value in cue.identifiers:
            person = Person(f"{self.program.ranked[place].name}:{value}", self.program.ranked)
            person.note(records)
            mine |= person.origins()
        for _, origin, _, payload in reversed(records):
            if payload["what"] == "sent" and origin in mine and cue.receipt.value in (payload["template"], payload["node"]):
                return str(payload["key"])
        return None


def _not_sent(cue: Cue, script: Script) -> Diagnostic:
    assert cue.receipt is not None
    at = offset_text(cue.at, script.clock.start)
    message = f"nobody can have {cue.given.type.text} `{cue.receipt.value}` at {at}: it was not sent before"
    return Diagnostic("unmet", message, cue.receipt.span)


def _record(cue: Cue, key: str | None) -> dict[str, object]:
    properties = cue.properties if key is None else {**cue.properties, "message": key}
    return {
        "id": cue.id,
        "type": cue.type,
        "ts": cue.at,
        "properties": properties,
        "identifiers": cue.identifiers,
        "channel": cue.channel,
    }


def _shape(record: Mapping[str, Any]) -> Shaped:
    """What `_record` made, as the door takes it."""
    pairs: Iterable[tuple[int, str]] = record["identifiers"]
    return Shaped(
        id=record["id"],
        type=record["type"],
        ts=record["ts"],
        properties=record["properties"],
        identifiers=tuple((place, value) for place, value in pairs),
        channel=record["channel"],
        received_at=record["ts"],
    )


def _inside(world: World) -> list[Inside]:
    """Who is inside, in the order of entry."""
    found = [
        Inside(p.origin, inst.journey.name, inst.node.id if inst.node is not None else "", inst.key, inst.entered)
        for p in world.profiles
        for inst in p.instances.values()
    ]
    return sorted(found, key=lambda one: (one.entered, one.origin, one.journey, one.key or ""))
