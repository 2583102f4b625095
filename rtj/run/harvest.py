"""The first half of a grouped replay: read slices of files, put what matters of each event into the bucket of its identifier.

An event that something reads is kept. Of the others only the first of an identifier is, since it may be a person's birth; all of
them leave their trace in the index by which copies are found (S1.8), 32 bytes each.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rtj.connect.intake import NEVER, PLACE_BITS, Door, Intake
from rtj.connect.kinds import LEARN_MAX, OTHERS
from rtj.connect.letters import DeadLetter, Letters
from rtj.connect.streams import LINE_MAX, Piece, Source, TooLong, dealt_lines, slice_lines
from rtj.ir.records import Event
from rtj.run.components import Identifiers
from rtj.run.sources import FileSource
from rtj.run.stop import Asked

BUCKETS = 256  # so that the events of one bucket fit the cache of a core
PARTS = 64  # of the index of ids
BUCKET_MASK, PART_MASK = BUCKETS - 1, PARTS - 1
TELL_EVERY = 16  # chunks between two reports of progress
LETTERS_MAX = 100_000  # dead letters whose text one worker keeps; further ones are only counted

Key = str | Identifiers  # n0 of an event that has no other identifier, else all its identifiers
Tell = Callable[[int, int], None]  # bytes, events


@dataclass(slots=True)
class SliceReport:
    """What one worker's share of one source held. `seams` are (place, first instant, last instant) of each stretch that was read
    in one go, so that the order across stretches can be judged; `relative`: lines of letters count from the stretch's start."""

    source: int
    part: int
    relative: bool
    lines: int
    read: int
    out_of_order: int
    first_ts: int
    last_ts: int
    seams: list[tuple[int, int, int]]
    dead: dict[str, int]
    letters: list[DeadLetter]


@dataclass(slots=True)
class Harvest:
    """What one worker has read. `rows` by bucket, `born` the earliest unread event per key, `index` rows of
    (hash of id, hash of best identifier, instant, position) by hash of id, `links` identifiers seen together."""

    rows: list[list[Event]] = field(default_factory=lambda: [[] for _ in range(BUCKETS)])
    born: dict[Key, Event] = field(default_factory=dict)
    index: list[array[int]] = field(default_factory=lambda: [array("q") for _ in range(PARTS)])
    links: set[Identifiers] = field(default_factory=set)
    business: list[Event] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    slices: list[SliceReport] = field(default_factory=list)
    unread: int = 0
    newest: int = -NEVER
    interrupted: bool = False

    def place(self, events: list[Any]) -> None:
        """Put the events of a chunk where they belong. They come in the order of their positions."""
        rows, index, born, newest = self.rows, self.index, self.born, self.newest
        for event in events:
            name = event.n0
            if event.ids or name is None:
                self._place_linked(event)
                continue
            number, best, at = hash(event.id), hash(name), event.ts
            index[number & PART_MASK].extend((number, best, at, event.pos))
            if event.read:
                event.at = at
                rows[best & BUCKET_MASK].append(event)
            else:
                if name not in born:
                    event.props = None
                    event.at = at
                    born[name] = event
                elif at < newest:
                    event.at = at
                    self._keep_earlier(name, event)
                self.unread += 1
            if at > newest:
                newest = at
            if not event.declared:
                self._count_unknown(event.type)
        self.newest = newest

    def _place_linked(self, event: Any) -> None:
        """An event with several identifiers, with one of a lesser namespace, or with none (a business event)."""
        ids: Identifiers = event.ids
        event.at = event.ts
        number, best = hash(event.id), hash(ids[0]) if ids else 0
        self.index[number & PART_MASK].extend((number, best, event.at, event.pos))
        self.newest = max(self.newest, event.at)
        self.unread += not event.read
        if not event.declared:
            self._count_unknown(event.type)
        if not ids:
            if event.read:
                self.business.append(event)
            return
        if len(ids) == 1 and ids[0][0] == 0:
            event.ids, event.n0 = (), ids[0][1]
        key: Key = event.ids or event.n0
        if event.read or len(ids) > 1:
            self.rows[hash(ids[0][1]) & BUCKET_MASK].append(event)
            if len(ids) > 1:
                self.links.add(ids)
        elif key not in self.born:
            self.born[key] = event
        else:
            self._keep_earlier(key, event)

    def _keep_earlier(self, key: Key, event: Event) -> None:
        known = self.born[key]
        if (event.at, event.pos) < (known.at, known.pos):
            self.born[key] = event

    def _count_unknown(self, name: str) -> None:
        if name not in self.unknown and len(self.unknown) >= LEARN_MAX:
            name = OTHERS
        self.unknown[name] = self.unknown.get(name, 0) + 1


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
                into.place(intake.take(stretch.piece))
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
    if not dealt and intake.read:
        seams.append((share.part, intake.entry_ts, intake.exit_ts))
    return SliceReport(
        file.number, share.part, file.packing == "plain", intake.lines, intake.read, intake.out_of_order, intake.first_ts,
        intake.last_ts, seams, letters.counts, kept,
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
