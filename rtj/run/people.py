"""The second half of a grouped replay: the events of a bucket become components of people, and each component is run (S2.6)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from rtj.engine.business import BusinessLog
from rtj.engine.census import Census
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.replaying import Replay
from rtj.engine.standing import Onlooker
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.components import Identifier, Identifiers
from rtj.run.harvest import Key, Lane
from rtj.run.output import Books
from rtj.run.person import Person
from rtj.run.settled import Settled

_at, _pos = attrgetter("at"), attrgetter("pos")  # a position holds its source too

Joined = dict[Identifier, list[Lane]]  # lanes by the best identifier of their component
Component = tuple[list[Key], list[Event]]  # all keys, and the events in the order of work


@dataclass(frozen=True, slots=True)
class Given:
    """What all people of a run share: what became of the sources as a whole, and who may meet. `census`: only audiences are told
    of."""

    end: int
    drain: bool
    settled: Settled
    business: list[Event]
    census: bool = False


class Components(ABC):
    """Runs components of people, whatever for. `largest` is the number of profiles in the largest component, `done` the number
    of components so far; `counts` add up over workers."""

    counts: dict[tuple[str, ...], int]

    def __init__(self, given: Given) -> None:
        self._given = given
        self.largest = self.done = 0

    @abstractmethod
    def count_full_tables(self) -> None:
        """Count the events that tables had no place for; one worker does it for all."""

    @abstractmethod
    def run(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> None:
        """Run all people of one bucket: events that something reads, those of one key in the order of their positions, and the
        first of those that nobody reads, per key; and what is by component already."""

    def _worked(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> Iterator[Component]:
        """The components by what they are known by, each with its events up to the end, without copies."""
        end, dropped = self._given.end, self._given.settled.dropped
        for keys, found in self._components(rows, born, joined):
            self.done += 1
            events = found
            if dropped and not dropped.isdisjoint(map(_pos, events)):
                events = [event for event in events if event.pos not in dropped]
            if not events or events[0].at > end:
                continue
            if events[-1].at > end:
                events = [event for event in events if event.at <= end]
            yield keys, events

    def _components(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> Iterator[Component]:
        """The keys of each component, and its events in the order of work."""
        lists: dict[Key, list[Event]] = {}
        for event in rows:
            key: Key = event.ids or event.n0  # type: ignore[attr-defined]
            known = lists.get(key)
            if known is None:
                lists[key] = [event]
            else:
                known.append(event)
        births: dict[Key, Event] = {}
        for event in born:
            key = event.ids or event.n0  # type: ignore[attr-defined]
            birth = births.get(key)
            if birth is None or _precedes(event, birth):
                births[key] = event
                lists.setdefault(key, [])
        settled = self._given.settled
        roots = settled.roots
        if not (roots or joined):
            for key, events in lists.items():
                yield [key], _in_order(key, events, births.get(key))
            return
        for key, events in lists.items():
            best = ids_of(key)[0]
            lane = Lane(ids_of(key))
            lane.read = _in_order(key, events, births.get(key))
            joined.setdefault(roots.get(best, best), []).append(lane)
        for lanes in joined.values():
            yield [lane.ids for lane in lanes], _united(lanes, settled)


class People(Components):
    """Runs components of people and keeps the books."""

    def __init__(self, program: Program, given: Given, books: Books, person: Person | None) -> None:
        super().__init__(given)
        self._books, self._person = books, person
        level = level_of(books, person)
        recorder = Recorder()
        self.counts = recorder.counts
        self._recorder = recorder
        machine = Machine(program, Level.COUNTS if person or given.census else level)
        self._onlooker = Onlooker(machine, given.end) if books.instances is not None else None
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

    def run(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> None:
        """Run all people of one bucket."""
        for keys, events in self._worked(rows, born, joined):
            if self._person is None:
                self._replay(self._world, events)
                profiles = len(self._world.profiles)
                if self._census is not None:
                    self._census.tell_members(self._world.profiles, self._given.end)
                if self._onlooker is not None:
                    self._books.stand(self._onlooker.standings(self._world.profiles))
            else:
                profiles = self._run_told(keys, events, self._person)
            if profiles > self.largest:
                self.largest = profiles
        if self._recorder.records:
            self._books.enter(self._recorder.records)
            self._recorder.records.clear()

    def _run_told(self, keys: list[Key], events: list[Event], person: Person) -> int:
        wanted = any(person.among(ids_of(key)) for key in keys)
        world = self._told if wanted else self._world
        self._replay(world, events)
        if wanted:
            person.note(self._recorder.records)
            origins = person.origins()
            self._books.enter([record for record in self._recorder.records if record[1] in origins])
            if self._onlooker is not None:
                self._books.stand(self._onlooker.standings(p for p in world.profiles if p.origin in origins))
        self._recorder.records.clear()
        return len(world.profiles)

    def _replay(self, world: Replay, events: list[Event]) -> None:
        log = self._logs[world]
        if log.events:
            world.replay_among(events, log, self._given.end, self._given.drain)
        else:
            world.replay(events, self._given.end, self._given.drain)


def _precedes(one: Event, other: Event) -> bool:
    """Does an event come first in the order of work?"""
    return one.at < other.at or (one.at == other.at and one.pos < other.pos)


def _in_order(key: Key, events: list[Event], birth: Event | None) -> list[Event]:
    """Events of one key, from the order of their positions into that of work. What nobody reads matters only as the first."""
    events.sort(key=_at)
    if birth is not None and (not events or _precedes(birth, events[0])):
        events.insert(0, birth)
    if isinstance(key, str):
        ids = ((0, key),)
        for event in events:
            event.ids = ids
    return events


def _united(lanes: list[Lane], settled: Settled) -> list[Event]:
    """The events of a component in the order of work, with no more of what nobody reads than may matter."""
    found: list[Event] = []
    all_settled = lanes[0].ids in settled
    for lane in lanes:
        read = lane.read
        found += read
        if lane.first is None:
            continue
        if all_settled or len(lane.ids) == 1:
            first = settled.first_of(lane)
            if first is not None and not (read and _precedes(read[0], first)):
                found.append(first)
        else:
            found += lane.unread()
    if len(found) > 1:
        found.sort(key=_pos)
        found.sort(key=_at)  # most often they are, and of one instant they stay in the order of their positions
    return found


def ids_of(key: Key) -> Identifiers:
    """The identifiers that a key stands for."""
    return ((0, key),) if isinstance(key, str) else key


def level_of(books: Books, person: Person | None) -> Level:
    """How much must be recorded for what is wanted."""
    by_person = person is not None and (books.messages is not None or books.instances is not None)
    if books.trace is not None or by_person:
        return Level.TRACE
    return Level.MESSAGES if books.messages is not None else Level.COUNTS
