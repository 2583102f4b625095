"""The people of each component, replayed through two versions of a program one after the other, and what came out compared.

The two lists of what was decided are compared at once; only where they differ is one person after the other looked at. Some
people are examples: those whose names have the least hashes, so that it does not matter who worked them. Their component is run
once more in full, and the first records that differ are told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from rtj.connect.instants import instant_text
from rtj.connect.versions import WHICH, Fit, Which, seen_by
from rtj.engine.business import BusinessLog
from rtj.engine.deciding import Deciding, Decision
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.replaying import Replay
from rtj.engine.standing import Onlooker
from rtj.engine.state import Profile
from rtj.ir.comparison import Place
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.comparing_examples import Choice, Task, example_of, rank_of
from rtj.run.comparing_person import People, differences
from rtj.run.comparing_sums import Counts, add_side, count_person
from rtj.run.comparing_why import Teller
from rtj.run.output import Books, Record, encode_line, trace_rows
from rtj.run.people import Components, Given, Joined


class Telling(Kernel):
    """Tells everything, but only of some people."""

    def __init__(self, machine: Machine, recorder: Recorder) -> None:
        super().__init__(machine, recorder, Level.TRACE)
        self.wanted: frozenset[str] = frozenset()

    def report(self, p: Profile, at: int, **payload: Any) -> None:
        """One record, if it is about one of those."""
        if p.origin in self.wanted:
            super().report(p, at, **payload)


class Witness:
    """A world that tells of some people in full. Made when it is first needed."""

    def __init__(self, program: Program, business: list[Event]) -> None:
        machine = Machine(program, Level.TRACE)
        self._kernel = Telling(machine, Recorder())
        self._world = Replay(machine, self._kernel.recorder, self._kernel)
        self._world.record(business)
        self._log = BusinessLog(machine, business)

    def records(self, events: list[Event], given: Given, wanted: frozenset[str]) -> list[Record]:
        """What a trace has of some people of a component, in the order of a trace."""
        self._kernel.wanted = wanted
        if events:
            replay_component(self._world, self._log, events, given)
        found = sorted(self._kernel.recorder.records, key=lambda record: record[:3])
        self._kernel.recorder.records.clear()
        self._kernel.recorder.counts.clear()
        return found


def replay_component(world: Replay, log: BusinessLog, events: list[Event], given: Given) -> None:
    """Replay one component of people among the business events of a run."""
    if log.events:
        world.replay_among(events, log, given.end, given.drain)
    else:
        world.replay(events, given.end, given.drain)


def deciding(task: Task, which: Which, machine: Machine, recorder: Recorder) -> Deciding:
    """The kernel of a version; what it notes is called as in the newer one."""
    if which == "new":
        return Deciding(machine, recorder, {}, {})
    return Deciding(machine, recorder, task.names.journeys, task.names.nodes, task.stamped)


class Version:
    """One of the two versions: its world, and what becomes of events in it."""

    def __init__(self, task: Task, which: Which, business: list[Event]) -> None:
        self.which = which
        self._program, self._business = task.versions.side(which), business
        machine = Machine(self._program, Level.COUNTS)
        self.recorder = Recorder()
        self.kernel = deciding(task, which, machine, self.recorder)
        self.world = Replay(machine, self.recorder, self.kernel)
        self.full = self.world.record(business)
        self._log = BusinessLog(machine, business)
        self._told: Witness | None = None

    def decide(self, events: list[Event], given: Given) -> list[Decision]:
        """What is decided about a component."""
        self.kernel.clear()
        if events:
            replay_component(self.world, self._log, events, given)
        else:
            self.world.profiles.clear()
        return self.kernel.decisions

    def tell(self, events: list[Event], given: Given, wanted: frozenset[str]) -> list[dict[str, Any]]:
        """All records about some people of a component, as a trace has them."""
        if self._told is None:
            self._told = Witness(self._program, self._business)
        rows = trace_rows(self._told.records(events, given, wanted))
        return [msgspec.json.decode(line, type=dict[str, Any]) for _, _, _, line in rows]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody who may be an example, with the events of the whole component."""

    events: list[Event]
    rank: int
    origins: tuple[str, ...]
    places: tuple[Place, ...]


class PeopleTwice(Components):
    """Runs components through both versions and counts what differs."""

    def __init__(self, task: Task, given: Given, books: Books) -> None:
        super().__init__(given)
        self.counts: Counts = defaultdict(int)
        self._task, self._books = task, books
        self._twofold = task.versions.twofold
        worked = [event for event in given.business if event.at <= given.end]
        self._old, self._new = (Version(task, which, self._seen(worked)[which]) for which in WHICH)
        self._onlooker = Onlooker(self._old.world.machine, given.end) if books.instances is not None else None
        self._choice = Choice(task.examples)
        self._waiting: list[_Waiting] = []
        self._first_misfits: dict[tuple[str, ...], int] = {}
        self._declared = {which: frozenset(kind.name for kind in task.versions.side(which).events) for which in WHICH}
        self._teller = Teller(task.versions.old, task.versions.new, task.names)

    def count_full_tables(self) -> None:
        """Count the events that tables had no place for."""
        for version in (self._old, self._new):
            for name, count in version.full.items():
                self.counts[version.which, "table_full", name] = count

    def run(self, rows: Iterable[Event], born: Iterable[Event], joined: Joined) -> None:
        """Compare all people of one bucket."""
        given, old, new = self._given, self._old, self._new
        for _, events in self._worked(rows, born, joined):
            if self._twofold and any(event.type in self._twofold for event in events):
                seen = self._seen(events, told=True)
                before, after = old.decide(seen["old"], given), new.decide(seen["new"], given)
            else:
                before, after = old.decide(events, given), new.decide(events, given)
            if self._onlooker is not None:
                self._books.stand(self._onlooker.standings(old.world.profiles))
            if before != after:
                self._compare(events, before, after)
            self.largest = max(self.largest, len(new.world.profiles))
        self._tell()
        for version in (old, new):
            add_side(self.counts, version.which, version.recorder.counts, self._task.names.of(version.which))
            version.recorder.counts.clear()

    # ---- events that the versions read otherwise

    def _seen(self, events: list[Event], *, told: bool = False) -> dict[Which, list[Event]]:
        """The events as each version sees them."""
        found: dict[Which, list[Event]] = {"old": [], "new": []}
        for event in events:
            twofold = event.type in self._twofold and isinstance(event.props, Fit)
            if twofold and told:
                self._count_fit(event)
            for which in WHICH:
                seen = seen_by(event, which) if twofold else event
                if seen is not None:
                    found[which].append(seen)
        return found

    def _count_fit(self, event: Event) -> None:
        fit: Fit = event.props
        for which in WHICH:
            if event.type not in self._declared[which]:
                self.counts["undeclared", which, event.type] += 1
        if not fit.misfit:
            return
        key = ("misfit", fit.misfit, event.type, fit.why)
        self.counts[key] += 1
        if event.pos < self._first_misfits.get(key, event.pos + 1):
            self._first_misfits[key] = event.pos
            told: dict[str, object] = {"misfit": key[1:], "id": event.id, "ts": instant_text(event.ts), "properties": fit.text}
            self._note(event.pos, "", told)

    def _note(self, rank: int, origin: str, told: dict[str, object]) -> None:
        """Leave something for who reads what all workers have found."""
        assert self._books.trace is not None
        self._books.trace.add([(rank, origin, 0, encode_line(told))])

    # ---- people for whom something differs

    def _compare(self, events: list[Event], before: list[Decision], after: list[Decision]) -> None:
        """Look at one person after the other."""
        people = People(self._old.kernel.absorbed, self._new.kernel.absorbed)
        was, now = people.divide(before), people.divide(after)
        for person in {**was, **now}:
            found = differences(was.get(person, []), now.get(person, []))
            if not found:
                continue
            self.counts["differ",] += 1
            places = count_person(self.counts, found)
            rank = rank_of(person)
            if self._choice.offer(rank, person, places):
                self._waiting.append(_Waiting(events, rank, people.all_of(person), places))

    def _tell(self) -> None:
        """Tell in full of those who are still examples at the end of a bucket."""
        waiting = [one for one in self._waiting if self._choice.holds(one.rank, one.origins[0], one.places)]
        self._waiting.clear()
        groups: dict[int, list[_Waiting]] = defaultdict(list)
        for one in waiting:
            groups[id(one.events)].append(one)
        for group in groups.values():
            wanted = frozenset(origin for one in group for origin in one.origins)
            seen = self._seen(group[0].events)
            old = self._old.tell(seen["old"], self._given, wanted)
            new = self._new.tell(seen["new"], self._given, wanted)
            for one in group:
                was, now = ([r for r in records if r["profile"] in one.origins] for records in (old, new))
                told = example_of(self._task, self._teller, (one.origins[0], one.places), was, now)
                self._note(one.rank, one.origins[0], {"example": told})
