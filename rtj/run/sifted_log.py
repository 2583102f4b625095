"""Which entries of a log tell of people who were erased, and what they are without them (S10.1).

A log is gone through entry by entry, as often as it takes to know all identifiers that are connected with theirs (once, for
whoever shared none with others). Then their events are worked as they were in the live run, in the order of its clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from rtj.connect.intake import NEVER, Door
from rtj.connect.letters import DeadLetter
from rtj.engine.machine import Machine
from rtj.engine.record import Level
from rtj.engine.state import Profile
from rtj.ir.entries import Answered, Entry, Erasure, Lines, Opened, Refused
from rtj.ir.program import Program
from rtj.ir.records import ERASE, Event
from rtj.run.clockwork import Clockwork
from rtj.run.components import Identifier
from rtj.run.following_streams import Stream, StreamState
from rtj.run.found import Found
from rtj.run.sifting import Mentions
from rtj.run.whose import Attribution, Onlooker

CONNECTED_MAX = 10_000  # identifiers that are followed; beyond, those connected with them are not looked at
PASSES_MAX = 8  # through the log, to find all that are connected
NOW = 1 << 60  # received before anything could lie ahead of it; entries say when their lines were

NOWHERE = (-NEVER, False, 0)

Place: TypeAlias = tuple[int, int]  # the number of an entry, the place of an event among its events


GONE: Place = (0, 0)  # of an event that the log has let go of


class Task(msgspec.Struct, frozen=True):
    """Somebody was erased, and is to be swept out of entries up to `until`: by the event at this instant and place in the order
    of work, when `names` (namespace, value) were theirs. `origins`: what records called them; `left`: what stays known."""

    until: int
    at: int
    source: int
    pos: int
    left: Erasure
    names: tuple[tuple[str, str], ...] = ()
    origins: tuple[str, ...] = ()


@dataclass(slots=True)
class Marked:
    """What is to be done to one entry: places of events that go, of events of others that name somebody who goes; `erasures`: by
    place, what those among them left behind that erased."""

    going: list[int] = field(default_factory=list)
    sharing: list[int] = field(default_factory=list)
    erasures: dict[int, Erasure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as the log has it."""

    seq: int
    entry: Entry
    before: StreamState | None


class Names:
    """Identifiers of people who go. `named`: as (namespace, value)."""

    def __init__(self, program: Program, named: Iterable[tuple[str, str]], origins: Iterable[str] = ()) -> None:
        self.spaces = {space.name: index for index, space in enumerate(program.ranked)}
        self.identifiers = frozenset((self.spaces[space], value) for space, value in named if space in self.spaces)
        self.spelled = frozenset((*origins, *(f"{space}:{value}" for space, value in named)))
        self.bests = frozenset(value if index == 0 else (index, value) for index, value in self.identifiers)
        people = {index for index, space in enumerate(program.ranked) if space.kind == "person"}
        self.mentions = Mentions(value for index, value in self.identifiers if index in people)

    def concerns(self, entry: Answered | Refused) -> bool:
        """Does an entry that holds no event name one of them?"""
        if isinstance(entry, Answered):
            return entry.profile in self.spelled or not self.spelled.isdisjoint(entry.names)
        return self.mentions(entry.start.decode("utf-8", "replace"))


class Reader:
    """Reads lines of a log as events, wherever one begins."""

    def __init__(self, program: Program) -> None:
        self.machine = Machine(program, Level.TRACE)
        self.door = Door(program, self.machine, NOW)
        self.letters: list[DeadLetter] = []  # of the entry that was read last
        self._streams: dict[int, Stream] = {}

    def read(self, entry: Lines, before: StreamState) -> tuple[Stream, list[Any]]:
        """The events of an entry, in their order."""
        self.letters.clear()
        stream = self._streams.get(entry.stream)
        if stream is None or before.format is None:  # its first lines tell its format
            opened = Opened(entry.stream, before.name, before.pinned)
            stream = self._streams[entry.stream] = Stream(opened, self.door, self.letters.append, {})
        stream.restore(before)
        return stream, stream.take(entry)


class Finder:
    """Finds what is to go. Every entry is `read`; then again from the first as long as `begin_again` says so; then `marked`."""

    def __init__(self, program: Program, tasks: Iterable[Task]) -> None:
        self.program, self._tasks = program, tuple(tasks)
        self._reader = Reader(program)
        self.names = Names(
            program, [name for task in self._tasks for name in task.names], [o for t in self._tasks for o in t.origins]
        )
        self._connected: set[Identifier] = set(self.names.identifiers)
        self._grown = False
        self._passes = 1
        self._scratch: Attribution[Place] = self._world()
        self._events: list[tuple[Event, Place]] = []
        self._rejected: list[tuple[Event, Place]] = []
        self.found: dict[int, Marked] = {}
        self.former: dict[Place, set[Identifier]] = {}  # by the place of an erasure: what its person had let go of before
        self.until = max((task.until for task in self._tasks), default=0)

    def read(self, seen: Seen) -> None:
        """Take an entry."""
        match seen.entry:
            case Lines() as lines if seen.before is not None:
                self._lines(lines, seen.before, seen.seq)
            case Answered() | Refused() as other if self.names.concerns(other):
                self.found.setdefault(seen.seq, Marked())
            case _:
                pass

    def _lines(self, entry: Lines, before: StreamState, seq: int) -> None:
        stream, events = self._reader.read(entry, before)
        if self._reader.letters:
            self.found.setdefault(seq, Marked())
        connected = self._connected
        mine = []
        for place, event in enumerate(events):
            ids = event.ids
            if not ids:
                if event.n0 is None or (0, event.n0) not in connected:
                    continue
            elif connected.isdisjoint(ids):
                continue
            elif len(ids) > 1 and len(connected) < CONNECTED_MAX and not connected.issuperset(ids):
                connected.update(ids)
                self._grown = True
            mine.append((event, (seq, place)))
        if mine:
            self._take(stream, events, mine)

    def _take(self, stream: Stream, events: list[Any], mine: list[tuple[Any, Place]]) -> None:
        """Note those of these events that may be of somebody who goes, each with the instant at which it was worked."""
        clockwork = Clockwork(self._scratch.world, Found(), NEVER)
        clockwork.admit(events, stream.newest, stream.lateness_ms)
        worked = set(map(id, clockwork.hand_over()))
        for event, place in mine:
            if not event.ids:
                event.ids = ((0, event.n0),)
            event.props = None
            if id(event) in worked:
                self._events.append((event, place))
            else:
                event.at = event.ts
                self._rejected.append((event, place))

    def _world(self) -> Attribution[Place]:
        return Attribution(self._reader.machine, self.program, Onlooker)

    def begin_again(self) -> bool:
        """The end of the log was reached: must it be gone through again, for more identifiers are known to be connected?"""
        if not self._grown or self._passes == PASSES_MAX:
            return False
        self._grown, self._passes = False, self._passes + 1
        self._events, self._rejected = [], []
        return True

    def marked(self) -> dict[int, Marked]:
        """What is to be done, by the numbers of entries."""
        attribution = self._world()
        judge = _Judge(self, attribution)
        attribution.work(judge.in_order(self._events), judge.fed)
        for event, place, owner in attribution.whose:
            if attribution.witness.now(owner) in judge.gone:
                self._mark(place).going.append(place[1])
            elif any(judge.is_before(event, one) for one in event.ids):
                self._mark(place).sharing.append(place[1])
        for event, place in (*attribution.nobodys, *self._rejected):
            if event.ids and judge.is_before(event, event.ids[0]):
                self._mark(place).going.append(place[1])
        for one, p in attribution.ever.items():
            where = judge.gone.get(attribution.witness.now(p), GONE)
            if where in judge.erasures and one not in self.names.identifiers:
                self.former.setdefault(where, set()).add(one)
        for place, left in judge.erasures.items():
            mark = self._mark(place)
            mark.going.append(place[1])
            mark.erasures[place[1]] = left
        self.found.pop(0, None)
        for mark in self.found.values():
            mark.going = sorted(set(mark.going))
            mark.sharing = sorted(set(mark.sharing) - set(mark.going))
        return dict(sorted(self.found.items()))

    def owned(self) -> tuple[list[tuple[Event, Place]], frozenset[str]]:
        """Nobody goes: the events of whoever has the identifiers now, and what records called them."""
        attribution = self._world()
        attribution.work(sorted(self._events, key=_order))
        witness = attribution.witness
        targets = {p for p in attribution.holders(self.names.identifiers) if not p.gone}
        events = [(event, place) for event, place, p in attribution.whose if witness.now(p) in targets]
        return events, frozenset(p.origin for p in (*witness.into, *targets) if witness.now(p) in targets)

    def _mark(self, place: Place) -> Marked:
        return self.found.setdefault(place[0], Marked())

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Who goes."""
        return self._tasks


class _Judge:
    """Has people go as the events come that erased them. `gone`: their profiles; `erasures`: where those events stand."""

    def __init__(self, finder: Finder, attribution: Attribution[Place]) -> None:
        self._names, self._attribution = finder.names, attribution
        self._tasks = {(task.source, task.pos): task for task in finder.tasks}
        self._places: dict[tuple[int, int], Place] = {}
        self.gone: dict[Profile, Place] = {}
        self.erasures: dict[Place, Erasure] = {}
        self._last: dict[Identifier, tuple[int, bool, int]] = {}  # where the last erasure of an identifier stood
        for task in finder.tasks:
            for space, value in task.names:
                one = (self._names.spaces.get(space, -1), value)
                self._last[one] = max(self._last.get(one, NOWHERE), (task.at, True, task.pos))

    def in_order(self, events: list[tuple[Event, Place]]) -> list[tuple[Event, Place]]:
        """The events in the order of work. One that erased and is not in the log any more takes its place there nevertheless, and
        one that came again and erased nobody has none."""
        worked = []
        for event, place in events:
            task = self._tasks.get((event.source, event.pos)) if event.type == ERASE else None
            if task is not None:
                self._places[event.source, event.pos] = place
                self.erasures[place] = task.left
            if task is None or task.names:
                worked.append((event, place))
        spaces = self._names.spaces
        for where, task in self._tasks.items():
            ids = tuple((spaces[space], value) for space, value in task.names if space in spaces)
            if where not in self._places and ids:
                worked.append((Event(task.at, task.source, task.pos, ERASE, "", task.at, ids), GONE))
        return sorted(worked, key=_order)

    def fed(self, event: Event, _before: object) -> None:
        """An event was worked. By one that erased, whoever has one of the identifiers goes."""
        task = self._tasks.get((event.source, event.pos)) if event.type == ERASE else None
        if task is None:
            return
        world, witness = self._attribution.world, self._attribution.witness
        owners, spaces = world.identities.owners, self._names.spaces
        for space, value in task.names:
            p = owners.get((spaces[space], value)) if space in spaces else None
            if p is not None:
                world.erase(p, event)
        ids = {(spaces[space], value) for space, value in task.names if space in spaces}
        place = self._places.get((event.source, event.pos), GONE)
        for p, names in witness.was.items():
            if not ids.isdisjoint(names):
                self.gone.setdefault(p, place)

    def is_before(self, event: Event, identifier: Identifier) -> bool:
        """Was an event worked before the last that erased who had this identifier?"""
        return _order((event, GONE)) <= self._last.get(identifier, NOWHERE)


def _order(pair: tuple[Event, Place]) -> tuple[int, bool, int]:
    event = pair[0]
    return event.at, not event.late, event.pos
