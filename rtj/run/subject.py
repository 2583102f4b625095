"""One person in recorded events (S10): which events are this person's, by the identity as of their instant, and what is known.

Files are read twice: for what is connected by identifiers, then for the events of that component, which are worked in the order
of work. Only these are held in memory, with the business events of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from rtj.connect.intake import PLACE_BITS, Door, Intake
from rtj.connect.letters import Letters
from rtj.connect.streams import Piece, Source, TooLong, source_lines
from rtj.engine.machine import Machine
from rtj.engine.record import Level
from rtj.engine.state import Profile
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.components import Identifier, Identifiers, components
from rtj.run.output import Record
from rtj.run.person import Person
from rtj.run.sources import FileSource
from rtj.run.whose import Attribution
from rtj.run.whose import Owners as Held

Place = tuple[int, int]
"""Number of the file, and number of the event among those of the file that are events, from 0."""


@dataclass(frozen=True, slots=True)
class Seen:
    """When and by which event an identifier came to a profile: `born`, `linked`, `moved` or `merged`."""

    at: int
    event: str
    how: str


@dataclass(slots=True)
class Subject:
    """What was found of a person. `profile` is the present state (None: nobody, or erased); `events` the places of all events
    that are this person's; `names` all identifiers that the person ever had; `origins` what traces call the person;
    `end` the last instant of the files; `since`: membership of audiences by slot; `seen`: how identifiers came."""

    machine: Machine
    profile: Profile | None = None
    events: list[tuple[Event, Place]] = field(default_factory=list)
    names: frozenset[Identifier] = frozenset()
    origins: frozenset[str] = frozenset()
    end: int = 0
    records: list[Record] = field(default_factory=list)
    since: dict[int, int] = field(default_factory=dict)
    seen: dict[Identifier, Seen] = field(default_factory=dict)
    refusing: list[Profile] = field(default_factory=list)


def pieces_of(file: FileSource) -> Iterator[Piece]:
    """The lines of a file, in chunks."""
    source = Source(file.path)
    try:
        yield from source_lines(source)
    finally:
        source.close()


def events_of(file: FileSource, door: Door) -> Iterator[tuple[Any, Place]]:
    """The events of a file with their places; what is no event is passed over."""
    intake = Intake(door, file.feed, Letters(lambda _: None, 0))
    number = 0
    for piece in pieces_of(file):
        if isinstance(piece, TooLong):
            continue
        for event in intake.take(piece):
            ready(event)
            if not file.format.sequenced:
                event.pos = (file.number << PLACE_BITS) + number
            yield event, (file.number, number)
            number += 1


def ready(event: Any) -> None:
    """An event as the engine takes it."""
    event.at = event.ts
    if not event.ids and event.n0 is not None:
        event.ids = ((0, event.n0),)
    if not event.read:
        event.props = None


def find_subject(program: Program, door: Door, files: list[FileSource], text: str) -> Subject:
    """The person that `text` names: an identifier, `namespace:value` or the bare value."""
    machine = Machine(program, Level.TRACE)
    person = Person(text, program.ranked)
    links: set[Identifiers] = set()
    known: set[Identifier] = set()
    end = 0
    for file in files:
        for event, _ in events_of(file, door):
            end = max(end, event.ts)
            if len(event.ids) > 1:
                links.add(event.ids)
            known.update(i for i in event.ids if i in person.identifiers)
    found = Subject(machine, end=end)
    if not known:
        return found
    roots = components(links)
    wanted = {roots.get(i, i) for i in known}
    mine = [
        (event, place)
        for file in files
        for event, place in events_of(file, door)
        if not event.ids or any(roots.get(i, i) in wanted for i in event.ids)
    ]
    _work(program, found, mine, known)
    return found


def _work(program: Program, found: Subject, events: list[tuple[Event, Place]], wanted: Iterable[Identifier]) -> None:
    """Work the events of a component in the order of work, and note whose each was."""
    attribution: Attribution[Place] = Attribution(found.machine, program)
    witness, owners = attribution.witness, attribution.world.identities.owners
    events.sort(key=lambda pair: (pair[0].at, pair[0].pos))
    attribution.work(events, lambda event, before: _note_seen(found.seen, event, before, owners))
    attribution.world.finish(found.end, drain=False)
    targets = attribution.holders(wanted)
    found.events = [(event, place) for event, place, p in attribution.whose if witness.now(p) in targets]
    found.profile = next((p for p in targets if not p.gone), None)
    found.refusing = sorted(targets, key=attrgetter("born"))
    gone = {p for p in (*witness.into, *targets) if witness.now(p) in targets}
    found.origins = frozenset(p.origin for p in gone)
    found.names = frozenset(i for i, p in attribution.ever.items() if witness.now(p) in targets).union(
        *(witness.was.get(p, p.identifiers) for p in gone)
    )
    found.records = [record for record in attribution.recorder.records if record[1] in found.origins]
    if found.profile is not None:
        found.since = {slot: at for (p, slot), at in witness.since.items() if p is found.profile}


def _note_seen(seen: dict[Identifier, Seen], event: Event, before: Held, owners: Mapping[Identifier, Profile]) -> None:
    for number, (identifier, old) in enumerate(before.items()):
        new = owners.get(identifier)
        if new is not None and new is not old:
            how = ("linked" if number else "born") if old is None else "merged" if old.gone else "moved"
            seen[identifier] = Seen(event.at, event.id, how)
