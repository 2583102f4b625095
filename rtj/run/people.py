"""The second half of a grouped replay: the events of a bucket become components of people, and each component is run (S2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from rtj.engine.business import BusinessLog
from rtj.engine.census import Census
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.replaying import Replay
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.components import Identifier, Identifiers
from rtj.run.harvest import Key
from rtj.run.output import Books
from rtj.run.person import Person

_at = attrgetter("at")
_place = attrgetter("at", "pos")  # a position holds its source too


# The events of one combination of identifiers: its key, those that something reads, and the first that nobody does.
Lane = tuple[Key, list[Event], Event | None]


@dataclass(frozen=True, slots=True)
class Given:
    """What all people of a run share: what became of the sources as a whole. `dropped` are positions of copies; `census`: only
    audiences are told of."""

    end: int
    drain: bool
    roots: dict[Identifier, Identifier]
    business: list[Event]
    dropped: frozenset[int]
    census: bool = False


class People:
    """Runs components of people and keeps the books. `largest` is the number of profiles in the largest component,
    `done` the number of components so far."""

    def __init__(self, program: Program, given: Given, books: Books, person: Person | None) -> None:
        self._given, self._books, self._person = given, books, person
        self.largest = self.done = 0
        level = level_of(books, person)
        recorder = Recorder()
        self.counts = recorder.counts
        self._recorder = recorder
        machine = Machine(program, Level.COUNTS if person or given.census else level)
        self._census = Census(machine, recorder) if given.census else None
        self._world = Replay(machine, recorder, self._census)
        self._told = self._world
        if person is not None:  # only the component of this person is told in full
            self._told = Replay(Machine(program, Level.TRACE), recorder)
        worked = [event for event in given.business if event.at <= given.end]
        for world in dict.fromkeys((self._world, self._told)):
            self._full = world.record(worked)
        self._logs = {world: BusinessLog(world.machine, worked) for world in (self._world, self._told)}

    def count_full_tables(self) -> None:
        """Count the events that tables had no place for; one worker does it for all."""
        for name, count in self._full.items():
            self.counts["table_full", name] = count

    def run(self, rows: Iterable[Event], born: Iterable[Event]) -> None:
        """Run all people of one bucket: events that something reads, those of one key in the order of their positions, and the
        first of those that nobody reads, per key."""
        for lanes, events in self._worked(rows, born):
            if self._person is None:
                self._replay(self._world, events)
                profiles = len(self._world.profiles)
                if self._census is not None:
                    self._census.tell_members(self._world.profiles, self._given.end)
            else:
                profiles = self._run_told(lanes, events, self._person)
            if profiles > self.largest:
                self.largest = profiles
        if self._recorder.records:
            self._books.enter(self._recorder.records)
            self._recorder.records.clear()

    def _worked(self, rows: Iterable[Event], born: Iterable[Event]) -> Iterator[tuple[list[Lane], list[Event]]]:
        """The components, each with its events up to the end, without copies."""
        given = self._given
        for lanes in self._components(rows, born):
            self.done += 1
            events = self._events(lanes)
            if given.dropped:
                events = [event for event in events if event.pos not in given.dropped]
            if not events or events[0].at > given.end:
                continue
            if events[-1].at > given.end:
                events = [event for event in events if event.at <= given.end]
            yield lanes, events

    def _run_told(self, lanes: list[Lane], events: list[Event], person: Person) -> int:
        wanted = any(person.among(ids_of(lane[0])) for lane in lanes)
        world = self._told if wanted else self._world
        self._replay(world, events)
        if wanted:
            person.note(self._recorder.records)
            origins = person.origins()
            self._books.enter([record for record in self._recorder.records if record[1] in origins])
        self._recorder.records.clear()
        return len(world.profiles)

    def _replay(self, world: Replay, events: list[Event]) -> None:
        log = self._logs[world]
        if log.events:
            world.replay_among(events, log, self._given.end, self._given.drain)
        else:
            world.replay(events, self._given.end, self._given.drain)

    def _components(self, rows: Iterable[Event], born: Iterable[Event]) -> Iterator[list[Lane]]:
        lanes: dict[Key, list[Event]] = {}
        lane: list[Event] | None = None
        last: Key | None = None
        for event in rows:
            key: Key = event.ids or event.n0  # type: ignore[attr-defined]
            if key is not last:  # identifiers that were seen together come together, and are spared the hash
                lane, last = lanes.get(key), key
            if lane is None:
                lane = lanes[key] = [event]
            else:
                lane.append(event)
        births: dict[Key, Event] = {}
        for event in born:
            key = event.ids or event.n0  # type: ignore[attr-defined]
            known = births.get(key)
            if known is None or _place(event) < _place(known):
                births[key] = event
                lanes.setdefault(key, [])
        roots = self._given.roots
        if not roots:
            for key, lane in lanes.items():
                yield [(key, lane, births.get(key))]
            return
        joined: dict[Identifier, list[Lane]] = {}
        for key, lane in lanes.items():
            best = ids_of(key)[0]
            joined.setdefault(roots.get(best, best), []).append((key, lane, births.get(key)))
        yield from joined.values()

    def _events(self, lanes: list[Lane]) -> list[Event]:
        """The events of a component in the order of work. What nobody reads matters only where it is the first of its lane."""
        found: list[Event] = []
        for key, lane, birth in lanes:
            lane.sort(key=_at)
            if birth is not None and (not lane or _place(birth) < _place(lane[0])):
                lane.insert(0, birth)
            if isinstance(key, str):
                ids = ((0, key),)
                for event in lane:
                    event.ids = ids
            if len(lanes) == 1:
                return lane
            found += lane
        found.sort(key=_place)
        return found


def ids_of(key: Key) -> Identifiers:
    """The identifiers that a key stands for."""
    return ((0, key),) if isinstance(key, str) else key


def level_of(books: Books, person: Person | None) -> Level:
    """How much must be recorded for what is wanted."""
    if books.trace is not None or (person is not None and books.messages is not None):
        return Level.TRACE
    return Level.MESSAGES if books.messages is not None else Level.COUNTS
