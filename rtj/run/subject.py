"""One person in recorded events (S10): which events are this person's, by the identity as of their instant, and what is known.

Files are read twice: for what is connected by identifiers, then for the events of that component, which are worked in the order
of work. Only these are held in memory, with the business events of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from rtj.connect.intake import PLACE_BITS, Door, Intake
from rtj.connect.letters import Letters
from rtj.connect.streams import Piece, Source, TooLong, source_lines
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Profile
from rtj.engine.watching import WatchItem
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.components import Identifier, Identifiers, components
from rtj.run.duplicates import Duplicates
from rtj.run.output import Record
from rtj.run.person import Person
from rtj.run.sources import FileSource

Place = tuple[int, int]
"""Number of the file, and number of the event among those of the file that are events, from 0."""

_at = attrgetter("at")


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


class Witness(Kernel):
    """A kernel that remembers which profile went into which, who was erased, and since when memberships hold."""

    def __init__(self, machine: Machine, recorder: Recorder) -> None:
        super().__init__(machine, recorder, Level.TRACE)
        self.into: dict[Profile, Profile] = {}
        self.was: dict[Profile, tuple[Identifier, ...]] = {}
        self.since: dict[tuple[Profile, int], int] = {}

    def _audience(self, p: Profile, at: int, item: WatchItem) -> None:
        before = p.members
        super()._audience(p, at, item)
        if p.members >> item.slot & 1 and not before >> item.slot & 1:
            self.since[p, item.slot] = at

    def merged(self, stays: Profile, goes: Profile, at: int) -> None:
        """One profile has taken over all that was another's; a membership began with the one that began first."""
        super().merged(stays, goes, at)
        self.into[goes] = stays
        for (p, slot), since in list(self.since.items()):
            if p is goes:
                self.since[stays, slot] = min(since, self.since.get((stays, slot), since))

    def erased(self, p: Profile, at: int) -> None:
        """A profile is about to be forgotten."""
        super().erased(p, at)
        self.was[p] = p.identifiers

    def now(self, p: Profile) -> Profile:
        """The profile that holds what was this one's."""
        while p in self.into:
            p = self.into[p]
        return p


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
    recorder = Recorder()
    witness = Witness(found.machine, recorder)
    world = World(found.machine, recorder, witness)
    identities = world.identities
    duplicates = Duplicates(program.dedupe_ms)
    whose: list[tuple[Event, Place, Profile]] = []
    ever: dict[Identifier, Profile] = {}
    events.sort(key=lambda pair: (pair[0].at, pair[0].pos))
    for at, group in groupby(events, key=lambda pair: pair[0].at):
        world.advance(at)
        duplicates.turn(at)
        for event, place in group:
            best = event.ids[0] if event.ids else None
            before = identities.owners.get(best) if best is not None else None
            if duplicates.judge(event.id, best, event.ts) != "copy":
                owners = {i: identities.owners.get(i) for i in event.ids}
                world.feed(event)
                _note_seen(found.seen, event, owners, identities.owners)
            if best is not None and (owner := identities.owners.get(best) or before) is not None:
                whose.append((event, place, owner))
                ever.update({i: p for i in event.ids if (p := identities.owners.get(i)) is not None})
        world.close(at)
    world.finish(found.end, drain=False)
    targets = _targets(witness, identities.owners, ever, wanted)
    found.events = [(event, place) for event, place, p in whose if witness.now(p) in targets]
    found.profile = next((p for p in targets if not p.gone), None)
    found.refusing = sorted(targets, key=attrgetter("born"))
    gone = {p for p in (*witness.into, *targets) if witness.now(p) in targets}
    found.origins = frozenset(p.origin for p in gone)
    found.names = frozenset(i for i, p in ever.items() if witness.now(p) in targets).union(
        *(witness.was.get(p, p.identifiers) for p in gone)
    )
    found.records = [record for record in recorder.records if record[1] in found.origins]
    if found.profile is not None:
        found.since = {slot: at for (p, slot), at in witness.since.items() if p is found.profile}


def _note_seen(
    seen: dict[Identifier, Seen],
    event: Event,
    before: dict[Identifier, Profile | None],
    owners: Mapping[Identifier, Profile],
) -> None:
    for number, (identifier, old) in enumerate(before.items()):
        new = owners.get(identifier)
        if new is not None and new is not old:
            how = ("linked" if number else "born") if old is None else "merged" if old.gone else "moved"
            seen[identifier] = Seen(event.at, event.id, how)


def _targets(
    witness: Witness, owners: Mapping[Identifier, Profile], ever: dict[Identifier, Profile], wanted: Iterable[Identifier]
) -> set[Profile]:
    """The profiles that are meant: who owns such an identifier now, else who had it last, and whoever had it and was erased."""
    found: set[Profile] = set()
    for identifier in wanted:
        owner = owners.get(identifier) or ever.get(identifier)
        if owner is not None:
            found.add(witness.now(owner))
        found.update(p for p, names in witness.was.items() if identifier in names)
    return found
