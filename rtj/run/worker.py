"""One worker of a crew: reads its share of the files, swaps events with the others, runs its share of the people.

It speaks when it is asked to: every method is one step between two meetings of all workers. When the files are larger than memory
(`shards` is over the number of workers) rows go to disk as they are read, and one shard after the other is run.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rtj.ir.records import Event
from rtj.run.components import Identifier, Identifiers
from rtj.run.copies import PARTS, Index, Suspect, repeated_names, split_names
from rtj.run.depot import Depot
from rtj.run.grouped import Buckets, Job, bucket_of, in_order, run_buckets
from rtj.run.harvest import BUCKET_MASK, BUCKETS, Harvest, Share, SliceReport, Tell, read_files
from rtj.run.ledger import Ledger
from rtj.run.meter import Part, TellWorked
from rtj.run.people import Given
from rtj.run.rows import Carrier
from rtj.run.settled import Settled
from rtj.run.stop import Asked

ROWS_MAX = 100_000  # events kept before they go to disk, when the files are larger than memory
BORN_MAX = 200_000  # the same for first events of identifiers

Roots = dict[Identifier, Identifier]


@dataclass(frozen=True, slots=True)
class Place:
    """Which worker this is. `shards` is a multiple of `workers`."""

    number: int
    workers: int
    shards: int

    @property
    def spills(self) -> bool:
        """Do rows go to disk as they are read?"""
        return self.shards > self.workers


@dataclass(slots=True)
class WorkerRead:
    """What a worker has read. `links` are empty when they were gathered before."""

    slices: list[SliceReport]
    links: set[Identifiers]
    interrupted: bool
    erases: bool


@dataclass(slots=True)
class WorkerDone:
    """What a worker's people did; the ledgers name their runs on disk."""

    counts: dict[tuple[str, ...], int]
    largest: int
    messages: Ledger | None
    trace: Ledger | None
    instances: Ledger | None


class Links(Harvest):
    """A harvest of nothing but links: the first reading of files that are larger than memory."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[Identifiers] = set()

    def place(self, events: list[Any], counts_up: bool) -> None:
        """Keep only which identifiers were seen together."""
        self.links.update(event.ids for event in events if len(event.ids) > 1)


class Spilling(Harvest):
    """A harvest that goes to disk as it grows, since the components are known."""

    def send_to(self, depot: Depot, roots: Roots, shards: int) -> Spilling:
        """Say where to. Returns itself."""
        self._depot, self._roots, self._shards, self._kept = depot, roots, shards, 0
        return self

    def place(self, events: list[Any], counts_up: bool) -> None:
        """As every harvest, but bounded."""
        super().place(events, counts_up)
        self._kept += len(events)
        if self._kept > ROWS_MAX:
            self.flush()
        if len(self.born) > BORN_MAX:
            self.flush_born()

    def flush(self) -> None:
        """Bring rows to disk."""
        rows = [event for bucket in self.rows for event in bucket]
        born: list[Event] = []
        for lane in self.lanes.values():
            rows += lane.with_plain_keys().read
            if len(lane.ids) > 1:
                rows += lane.unread()
            else:
                born += lane.unread()
        self._put("rows", rows)
        self._put("born", born)
        self.lanes.clear()
        for bucket in self.rows:
            bucket.clear()
        self._kept = 0

    def flush_born(self) -> None:
        """Bring first events to disk; an identifier may have several there, of which the earliest counts."""
        self._put("born", self.born.values())
        self.born.clear()
        self.recent.clear()

    def _put(self, what: str, events: Iterable[Event]) -> None:
        groups: dict[int, list[Event]] = {}
        for event in events:
            groups.setdefault(bucket_of(event, self._roots) % self._shards, []).append(event)
        for shard, group in groups.items():
            self._depot.put_events(what, shard, group)


class Worker:
    """The steps of one worker."""

    def __init__(self, job: Job, place: Place, tell: Tell, tell_people: TellWorked, stop: Asked) -> None:
        self._job, self._place, self._tell, self._meter, self._stop = job, place, tell, tell_people, stop
        carrier = Carrier(job.program, job.door.kinds(job.program, job.door.reads).record)
        self._depot = Depot(job.folder, carrier, place.number, place.workers)
        self._share = Share(place.number, place.workers, job.letters)
        self._harvest = Harvest(job.whole)
        self._parts = PARTS * place.workers if place.spills else place.workers

    def gather_links(self) -> set[Identifiers]:
        """Read for links alone."""
        links = Links()
        share = Share(self._share.part, self._share.parts, letters=False)
        read_files(self._job.files, self._job.door, share, links, self._tell, self._stop)
        return links.links

    def read(self, roots: Roots) -> WorkerRead:
        """Read one's share. `roots` are known only to workers that spill."""
        if self._place.spills:
            index = Index(self._job.folder / f"index-{self._place.number}")
            self._harvest = Spilling(index=index).send_to(self._depot, roots, self._place.shards)
        harvest = self._harvest
        read_files(self._job.files, self._job.door, self._share, harvest, self._tell, self._stop)
        if isinstance(harvest, Spilling):
            harvest.flush()
            harvest.flush_born()
        for part, names in enumerate(split_names(harvest.index, self._parts)):
            self._depot.put_names(part, names)
        if harvest.business:
            self._depot.put_events("business", 0, harvest.business)
        links = set() if self._place.spills else {ids for ids in harvest.lanes if len(ids) > 1}
        return WorkerRead(harvest.slices, links, harvest.interrupted, harvest.erases)

    def find_repeated(self) -> set[int]:
        """Look through one's parts of the hashes of ids for those that occur more than once."""
        found: set[int] = set()
        for part in range(self._place.number, self._parts, self._place.workers):
            found |= repeated_names(self._depot.take_names(part))
        return found

    def find_suspects(self, repeated: set[int]) -> list[Suspect]:
        """One's events with such an id."""
        found = self._harvest.index.suspects(repeated)
        self._harvest.index.close()
        return found

    def move(self, roots: Roots, dropped: frozenset[int], erases: bool) -> None:
        """Leave for the others what is theirs; what spills is on disk already. `dropped`: positions of copies; `erases`: is
        anybody forgotten by an event?"""
        self._roots = roots
        self._settled = Settled(self._job.program, roots, dropped, erases=erases)
        self._buckets = Buckets()
        if self._place.spills:
            return
        self._buckets.move(self._harvest, roots)
        workers = self._place.workers
        for owner in range(workers):
            if owner != self._place.number:
                rows: list[Event] = []
                born: list[Event] = []
                for bucket in range(owner, BUCKETS, workers):
                    read, first = self._buckets.take(bucket, self._settled)
                    rows += read
                    born += first
                for what, theirs in (("rows", rows), ("born", born)):
                    if theirs:
                        self._depot.put_events(what, owner, theirs)

    def run(self, end: int, dropped: frozenset[int]) -> WorkerDone:
        """Run one's people."""
        business = [event for events in self._depot.read_events("business", 0) for event in events]
        options = self._job.options
        given = Given(end, options.drain, self._settled, in_order(business, dropped), options.census)
        books = self._job.books(f"worker-{self._place.number}")
        people = self._job.kind(self._job.program, given, books, self._job.person())
        if not self._place.number:
            people.count_full_tables()
        shards = range(self._place.number, self._place.shards, self._place.workers)
        for turn, shard in enumerate(shards):
            self._fetch(shard)
            run_buckets(self._buckets, people, Part(self._meter, turn, len(shards)), self._stop)
            if self._stop.is_set():
                break
        for ledger in (books.messages, books.trace, books.instances):
            if ledger is not None:
                ledger.write_run()
        return WorkerDone(people.counts, people.largest, books.messages, books.trace, books.instances)

    def _fetch(self, shard: int) -> None:
        """Bring in what was left for a shard."""
        gc.disable()
        buckets = self._buckets
        met: set[int] = set()
        for what, lists in (("rows", buckets.rows), ("born", buckets.born)):
            for events in self._depot.take_events(what, shard):
                for event in events:
                    number = bucket_of(event, self._roots) & BUCKET_MASK
                    lists[number].append(event)
                    met.add(number)
        for number in met:
            buckets.rows[number].sort(key=_pos)


def _pos(event: Event) -> int:
    return event.pos
