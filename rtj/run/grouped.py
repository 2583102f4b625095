"""The grouped replay of files: read, group by person, run each person's own events and timers, sort what came out.

There is no global heap and no state that outlives a person, so it is fast, and it needs the memory of the shard in work. One
worker runs in this process; several are processes of their own (`rtj.run.crew`) that do the same with their share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from rtj.connect.intake import Door
from rtj.ir.masking import Masker
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.components import Identifier, components
from rtj.run.copies import judge_suspects, repeated_names
from rtj.run.ends import end_of
from rtj.run.found import Found
from rtj.run.harvest import BUCKET_MASK, BUCKETS, Harvest, Share, read_files
from rtj.run.memory import collect_seldom
from rtj.run.meter import Meter, TellWorked
from rtj.run.options import SimulateOptions
from rtj.run.output import Books, Wanted
from rtj.run.people import Components, Given, Joined, People
from rtj.run.person import Person
from rtj.run.settled import Settled
from rtj.run.sources import FileSource
from rtj.run.stop import Asked

PEOPLE_TELL = 8  # buckets between two reports of progress

_pos, _n0 = attrgetter("pos"), attrgetter("n0")

MakePeople = Callable[[Program, Given, Books, Person | None], Components]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, known to every worker. `folder` is for files on their way; `wanted` and `letters` say which records are
    to be kept; `kind` makes what runs the people."""

    program: Program
    door: Door
    files: list[FileSource]
    options: SimulateOptions
    folder: Path
    wanted: Wanted
    letters: bool
    kind: MakePeople = People

    @property
    def whole(self) -> bool:
        """Is more told of events that nobody reads than what becomes of others by them?"""
        told = self.wanted.trace or self.options.profile is not None or self.kind is not People
        return told or any(kind.replaces for kind in self.program.events)

    def books(self, name: str) -> Books:
        """Empty books for one worker."""
        return Books(self.folder, name, self.wanted, self.masker())

    def masker(self) -> Masker:
        """What masks the labelled facts of the program in print."""
        return Masker(self.program, show=self.options.show_pii)

    def person(self) -> Person | None:
        """The one person whose records are wanted."""
        return None if self.options.profile is None else Person(self.options.profile, self.program.ranked)


def run_alone(job: Job, books: Books, meter: Meter, stop: Asked) -> Found:
    """The whole replay in this process."""
    harvest = Harvest(job.whole)
    read_files(job.files, job.door, Share(0, 1, job.letters), harvest, meter.read, stop)
    found = Found(interrupted=harvest.interrupted)
    found.add_slices(harvest.slices)
    if found.letters and job.options.strict:
        return found
    copies = judge_suspects(harvest.index.suspects(repeated_names(harvest.index.names())), job.program.dedupe_ms)
    harvest.index.close()
    found.duplicates, found.id_reused = len(copies.dropped), copies.reused
    found.end = end_of(job.options.until, found.last_ts, job.program)
    if found.end is None:
        return found
    roots = components(ids for ids in harvest.lanes if len(ids) > 1)
    business = in_order(harvest.business, copies.dropped)
    dropped = frozenset(copies.dropped)
    settled = Settled(job.program, roots, dropped, erases=harvest.erases)
    given = Given(found.end, job.options.drain, settled, business, job.options.census)
    buckets = Buckets()
    buckets.move(harvest, roots)
    people = job.kind(job.program, given, books, job.person())
    people.count_full_tables()
    run_buckets(buckets, people, meter, stop)
    found.interrupted = found.interrupted or stop.is_set()
    found.count(people.counts)
    found.largest = people.largest
    return found


class Buckets:
    """What was read, by the bucket of its component: `rows` of events that something reads, or that may move identifiers, and
    `born`, the first of the others of each n0 or of identifiers that came together; `lanes` have both, by component."""

    def __init__(self) -> None:
        self.rows: list[list[Event]] = [[] for _ in range(BUCKETS)]
        self.born: list[list[Event]] = [[] for _ in range(BUCKETS)]
        self.lanes: list[Joined] = [{} for _ in range(BUCKETS)]

    def move(self, harvest: Harvest, roots: dict[Identifier, Identifier]) -> None:
        """Take over a harvest, which is left empty. Where identifiers were seen together, all go to one bucket."""
        for event in harvest.born.values():
            self.born[bucket_of(event, roots)].append(event)
        harvest.born.clear()
        moved = {one[1] for one, root in roots.items() if one[0] == 0 and one != root}  # whose component has a better name
        for number, rows in enumerate(harvest.rows):
            if moved and not moved.isdisjoint(map(_n0, rows)):
                for event in rows:
                    self.rows[bucket_of(event, roots)].append(event)
            else:
                self.rows[number] += rows
            rows.clear()
        for ids, lane in harvest.lanes.items():
            root = roots.get(ids[0], ids[0])
            joined = self.lanes[hash(root[1]) & BUCKET_MASK]
            lanes = joined.get(root)
            if lanes is None:
                joined[root] = [lane]
            else:
                lanes.append(lane)
            if not harvest.in_place:
                lane.read.sort(key=_pos)
        harvest.lanes.clear()
        if not harvest.in_place:
            for rows in self.rows:
                rows.sort(key=_pos)

    def take(self, number: int, settled: Settled) -> tuple[list[Event], list[Event]]:
        """The rows and first events of a bucket, those of lanes too; the bucket is empty then."""
        rows, born = self.rows[number], self.born[number]
        for lanes in self.lanes[number].values():
            for lane in lanes:
                rows += lane.with_plain_keys().read
                if len(lane.ids) > 1 and lane.ids not in settled:
                    rows += lane.unread()
                elif (first := settled.first_of(lane)) is not None:
                    born.append(first)
        self.rows[number], self.born[number], self.lanes[number] = [], [], {}
        return rows, born


def bucket_of(event: Any, roots: dict[Identifier, Identifier]) -> int:
    """The bucket of the component that an event belongs to."""
    if not roots:
        return hash(event.ids[0][1] if event.ids else event.n0) & BUCKET_MASK
    best = event.ids[0] if event.ids else (0, event.n0)
    return hash(roots.get(best, best)[1]) & BUCKET_MASK


def in_order(business: list[Event], dropped: Iterable[int]) -> list[Event]:
    """Business events in the order of work, without copies."""
    gone = frozenset(dropped)
    return sorted((event for event in business if event.pos not in gone), key=lambda event: (event.at, event.pos))


def run_buckets(buckets: Buckets, people: Components, meter: TellWorked, stop: Asked) -> None:
    """Run bucket after bucket, letting go of each when it is done."""
    collect_seldom()
    for number in range(BUCKETS):
        people.run(buckets.rows[number], buckets.born[number], buckets.lanes[number])
        buckets.rows[number], buckets.born[number], buckets.lanes[number] = [], [], {}
        if number % PEOPLE_TELL == PEOPLE_TELL - 1:
            meter.worked(people.done, (number + 1) / BUCKETS)
            if stop.is_set():
                return
