"""The first half of a grouped replay: read slices of files, put what matters of each event into the bucket of its identifier.

An event that something reads is kept. Of the others only the first of an identifier is, since it may be a person's birth; those
of several identifiers are kept until it is known who may meet (`rtj.run.settled`). All of them leave their trace in the index by
which copies are found (S1.8), 32 bytes each.

Events of one plain identifier, the clean text `n0`, go into the row of its bucket. All others go into the lane of their
identifiers, so that what is decided of these is decided once, not for every event.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from msgspec import structs

from rtj.connect.intake import NEVER, PLACE_BITS, Door, Intake
from rtj.connect.letters import DeadLetter, Letters
from rtj.connect.streams import LINE_MAX, Piece, Source, TooLong, dealt_lines, slice_lines
from rtj.ir.records import Event
from rtj.run.components import Identifiers
from rtj.run.copies import Index
from rtj.run.sources import FileSource
from rtj.run.stop import Asked

BUCKETS = 256  # so that the events of one bucket fit the cache of a core
RECENT_MAX = 2_000  # keys remembered as just seen
BUCKET_MASK = BUCKETS - 1
TELL_EVERY = 16  # chunks between two reports of progress
LETTERS_MAX = 100_000  # dead letters whose text one worker keeps; further ones are only counted

Key = str | Identifiers  # n0 of an event that has no other identifier, else all its identifiers
Tell = Callable[[int, int], None]  # bytes, events

_n0 = attrgetter("n0")


@dataclass(slots=True)
class SliceReport:
    """What one worker's share of one source held. `seams` are (place, first instant, last instant) of each stretch that was read
    in one go, so that the order across stretches can be judged; `relative`: lines of letters count from the stretch's start."""

    source: int
    part: int
    relative: bool
    lines: int
    read: int
    unread: int
    unknown: dict[str, int]
    out_of_order: int
    first_ts: int
    last_ts: int
    seams: list[tuple[int, int, int]]
    dead: dict[str, int]
    letters: list[DeadLetter]


class Lane:
    """The events of one combination of identifiers: those that something reads, and of the others the first in the order of work.
    Of several identifiers further ones are kept, for they may matter: as `rest`, or by `places` alone, instant and position.
    `best` is the hash of the best identifier."""

    __slots__ = ("best", "first", "ids", "places", "read", "rest")

    def __init__(self, ids: Identifiers) -> None:
        self.ids = ids
        self.best = hash(ids[0][1] if ids[0][0] == 0 else ids[0])
        self.read: list[Event] = []
        self.first: Event | None = None
        self.rest: list[Event] | None = None
        self.places: array[int] | None = None

    def keep(self, event: Event, *, whole: bool) -> None:
        """Take an event that nobody reads. What stands in it but its place may be lost unless `whole`."""
        event.props = None
        first = self.first
        if first is None:
            self.first = event
            return
        if event.at < first.at or (event.at == first.at and event.pos < first.pos):
            self.first, event = event, first
        if len(self.ids) == 1:
            return
        if whole:
            if self.rest is None:
                self.rest = []
            self.rest.append(event)
        elif self.places is None:
            self.places = array("q", (event.at, event.pos))
        else:
            self.places.append(event.at)
            self.places.append(event.pos)

    def unread(self) -> list[Event]:
        """All that is kept of what nobody reads, in any order."""
        first = self.first
        if first is None:
            return []
        found = [first, *(self.rest or ())]
        if self.places is not None:
            places = iter(self.places)
            for at, pos in zip(places, places, strict=True):
                found.append(structs.replace(first, at=at, ts=at, pos=pos, source=pos >> PLACE_BITS))
        return found

    def with_plain_keys(self) -> Lane:
        """The same, but events of a single best identifier are known by their n0, as most of these are. Returns itself."""
        if len(self.ids) == 1 and self.ids[0][0] == 0:
            for event in (*self.read, *self.unread()):
                event.ids, event.n0 = (), self.ids[0][1]  # type: ignore[attr-defined]
        return self


@dataclass(slots=True)
class Harvest:
    """What one worker has read. `rows` by bucket and `born`, the earliest unread event, of each n0 that stands alone; `lanes` by
    other identifiers. `recent` are those that `born` holds: people come in visits, and a small set is quicker asked than one of
    everybody. `whole`: does anybody want to know more than the place of what nobody reads?"""

    whole: bool = True
    rows: list[list[Event]] = field(default_factory=lambda: [[] for _ in range(BUCKETS)])
    born: dict[str, Event] = field(default_factory=dict)
    lanes: dict[Identifiers, Lane] = field(default_factory=dict)
    recent: set[str] = field(default_factory=set)
    index: Index = field(default_factory=Index)
    business: list[Event] = field(default_factory=list)
    slices: list[SliceReport] = field(default_factory=list)
    newest: int = -NEVER
    in_place: bool = True  # were all events read in the order of their positions?
    erases: bool = False  # is anybody forgotten by an event?
    interrupted: bool = False

    def place(self, events: list[Any], counts_up: bool) -> None:
        """Put the events of a chunk where they belong. They come in the order of their positions, which count up by one unless
        the source names them."""
        rows, lanes, recent, newest, whole = self.rows, self.lanes, self.recent, self.newest, self.whole
        self.in_place = self.in_place and counts_up
        bests = list(map(hash, map(_n0, events)))
        for place, event in enumerate(events):
            name, at, ids = event.n0, event.ts, event.ids
            if ids:
                lane = lanes.get(ids)
                if lane is None:
                    lane = lanes[ids] = Lane(ids)
                event.at, event.ids, bests[place] = at, lane.ids, lane.best
                if event.read:
                    lane.read.append(event)
                else:
                    lane.keep(event, whole=whole)
            elif name is None:
                event.at, bests[place] = at, 0
                if event.read:
                    self.business.append(event)
            elif event.read:
                event.at = at
                rows[bests[place] & BUCKET_MASK].append(event)
            elif name not in recent or at < newest:
                self._keep_first(name, event)
                if len(recent) >= RECENT_MAX:
                    recent.clear()
                recent.add(name)
            if at > newest:
                newest = at
        self.newest = newest
        self.index.add(events, bests, counts_up)

    def _keep_first(self, name: str, event: Event) -> None:
        """Of the events that nobody reads only the first of a key may matter."""
        known = self.born.get(name)
        if known is None or (event.ts, event.pos) < (known.at, known.pos):
            event.at, event.props = event.ts, None
            self.born[name] = event


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of every file a worker reads, and whether the text of dead letters is wanted."""

    part: int
    parts: int
    letters: bool


def read_files(files: list[FileSource], door: Door, share: Share, into: Harvest, tell: Tell, stop: Asked) -> None:
    """Read one's share of all files. Stops between two chunks when asked to."""
    for file in files:
        into.slices.append(_read_file(file, door, share, into, tell, stop))
        if into.interrupted:
            return


def _read_file(file: FileSource, door: Door, share: Share, into: Harvest, tell: Tell, stop: Asked) -> SliceReport:
    kept: list[DeadLetter] = []
    letters = Letters(kept.append, LETTERS_MAX if share.letters else 1)
    intake = Intake(door, file.feed, letters)
    dealt = file.packing != "plain" and share.parts > 1
    seams: list[tuple[int, int, int]] = []
    told_bytes = told_events = 0
    for number, stretch in enumerate(_stretches(file, share)):
        if stretch.mine:
            if dealt:
                intake.exit_ts = NEVER  # what came before was another's
            intake.position = (file.number << PLACE_BITS) + stretch.offset
            if isinstance(stretch.piece, TooLong):
                intake.refuse_line(stretch.piece.start, LINE_MAX)
            else:
                into.place(intake.take(stretch.piece), not file.format.sequenced)
            if dealt and intake.exit_ts != NEVER:
                seams.append((stretch.offset, intake.entry_ts, intake.exit_ts))
        else:
            intake.skip(stretch.piece)
        if number % TELL_EVERY == TELL_EVERY - 1:
            tell(stretch.done - told_bytes, intake.read - told_events)
            told_bytes, told_events = stretch.done, intake.read
            if stop.is_set():
                into.interrupted = True
                break
    tell(0, intake.read - told_events)
    into.erases = into.erases or intake.erases
    if not dealt and intake.read:
        seams.append((share.part, intake.entry_ts, intake.exit_ts))
    return SliceReport(
        file.number, share.part, file.packing == "plain", intake.lines, intake.read, intake.unread, intake.unknown,
        intake.out_of_order, intake.first_ts, intake.last_ts, seams, letters.counts, kept,
    )  # fmt: skip


@dataclass(slots=True)
class _Stretch:
    """A chunk: where its text begins, whether it is ours, how many bytes of the file stand behind the work done so far."""

    offset: int
    piece: Piece
    mine: bool
    done: int


def _stretches(file: FileSource, share: Share) -> Iterator[_Stretch]:
    offset = done = 0
    if file.packing == "plain":
        begin = file.size * share.part // share.parts
        for piece in slice_lines(file.path, share.part, share.parts):
            length = LINE_MAX + 1 if isinstance(piece, TooLong) else len(piece)
            done += length
            yield _Stretch(begin + offset, piece, True, done)
            offset += length
        return
    source = Source(file.path)
    try:
        for piece, mine in dealt_lines(source, share.part, share.parts):
            yield _Stretch(offset, piece, mine, source.done // share.parts)
            offset += LINE_MAX + 1 if isinstance(piece, TooLong) else len(piece)
    finally:
        source.close()
