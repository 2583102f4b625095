"""An entry of a log without people who were erased (S10.1): their lines are blank, and `Hole`s keep what others need of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from rtj.connect.intake import OTHERS, Intake
from rtj.connect.letters import DeadLetter, Letters
from rtj.connect.streams import LINE_MAX
from rtj.ir.concealing import concealed
from rtj.ir.entries import Answered, Entry, Hole, Lines, Refused
from rtj.ir.program import Program
from rtj.run.following_streams import Stream
from rtj.run.sifted_log import Marked, Names, Reader, Seen
from rtj.run.sifting import Sieve, Sifted, cut


class Sweeper:
    """Sweeps entries, under one program."""

    def __init__(self, program: Program, names: Names) -> None:
        self._program, self._names, self._reader = program, names, Reader(program)

    def swept(self, seen: Seen, marked: Marked) -> Entry:
        """What stands in the place of an entry; the same where nothing is to go."""
        match seen.entry:
            case Lines() as lines if seen.before is not None:
                stream, events = self._reader.read(lines, seen.before)
                whole = not self._reader.letters and stream.feed.shape is None
                found = self._plain(lines, (stream, events), marked) if whole else None
                return found if found is not None else self._lines(lines, stream, marked)
            case Answered() as other if self._names.concerns(other):
                return Answered("", "", ok=False)
            case Refused(stream=number, reason=reason) as other if self._names.concerns(other):
                return Refused(number, reason, "", b"")
            case _:
                return seen.entry

    def _plain(self, entry: Lines, read: tuple[Stream, list[Any]], marked: Marked) -> Lines | None:
        """The usual case, in which each line that is not blank is one event; None: it is not so."""
        stream, events = read
        raws = cut(entry.text)
        filled = [line for line, raw in enumerate(raws) if raw.strip()]
        here = [place for place, event in enumerate(events) if event.id.__class__ is not bytes]
        if len(filled) != len(here):
            return None
        lines = dict(zip(here, filled, strict=True))
        holes = [self.hole(events[place], place, marked) for place in marked.going if place in lines]
        changed = bool(holes)
        for hole in holes:
            raws[lines[hole.place]] = b"\n"
        intake = self._intake(entry, stream, [])
        for place in marked.sharing:
            if place in lines:
                raw = raws[lines[place]]
                raws[lines[place]] = self.without_names(intake, raw)
                changed = changed or raws[lines[place]] != raw
        if not changed:
            return entry
        every = sorted((*entry.holes, *holes), key=_place)
        return Lines(entry.stream, entry.received_ms, b"".join(raws), tuple(every), entry.lost, _form(stream))

    def _intake(self, entry: Lines, stream: Stream, letters: list[DeadLetter]) -> Intake:
        """One that reads lines of an entry one by one."""
        intake = Intake(self._reader.door, stream.feed, Letters(letters.append, LINE_MAX))
        intake.receive(entry.received_ms)
        return intake

    def _lines(self, entry: Lines, stream: Stream, marked: Marked) -> Lines:
        letters: list[DeadLetter] = []
        intake = self._intake(entry, stream, letters)
        taken = _Taken(self, intake, entry, marked)
        sieve = _Blank(intake, letters, taken.going, self._names.mentions, taken)
        text = b"".join(sieve.lines(entry.text, (-1, 0)))
        if not taken.holes and not taken.lost and not taken.changed:
            return entry
        holes = sorted((*entry.holes, *taken.holes), key=_place)
        lost = sorted((*entry.lost, *taken.lost))
        return Lines(entry.stream, entry.received_ms, text, tuple(holes), tuple(lost), _form(stream))

    def hole(self, event: Any, place: int, marked: Marked) -> Hole:
        """What is left of an event."""
        secret = self._program.secret
        if event.ids:
            space, value = event.ids[0]
            best = value if space == 0 else (space, value)
        else:
            best = event.n0
        kind = OTHERS if self._names.mentions(event.type) else event.type
        left = marked.erasures.get(place)
        return Hole(place, kind, event.ts, event.pos, concealed(secret, event.id), concealed(secret, best), left)

    def without_names(self, intake: Intake, raw: bytes) -> bytes:
        """An event of somebody else without the identifiers of who goes; as it is where it cannot be told apart."""
        try:
            record = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return raw
        whole = _identifiers(intake, raw)
        for space in self._program.ranked:
            if space.name not in record:
                continue
            less = {key: value for key, value in record.items() if key != space.name}
            left = _identifiers(intake, msgspec.json.encode(less))
            if left is not None and whole is not None and whole - left and whole - left <= self._names.identifiers:
                record, whole = less, left
        return msgspec.json.encode(record) + b"\n"


def texts_of(reader: Reader, seen: Seen) -> list[bytes]:
    """The line of each event of an entry, in their order; b"" for what is gone."""
    entry = seen.entry
    if not isinstance(entry, Lines) or seen.before is None:
        return []
    stream, _ = reader.read(entry, seen.before)
    intake = Intake(reader.door, stream.feed, Letters(lambda _: None, 0))
    intake.receive(entry.received_ms)
    found = [raw for raw in cut(entry.text) for _ in intake.take(raw)]
    for hole in entry.holes:
        found.insert(hole.place, b"")
    return found


class _Blank(Sieve):
    blank = b"\n"


class _Taken(Sifted):
    """What has gone from one entry. Places of events are counted without holes that were there before, and told with them."""

    def __init__(self, sweeper: Sweeper, intake: Intake, entry: Lines, marked: Marked) -> None:
        super().__init__()
        self._sweeper, self._intake, self._marked = sweeper, intake, marked
        self._before = [hole.place for hole in entry.holes]
        self.going = {self._among_others(place) for place in marked.going if place not in self._before}
        self._sharing = {self._among_others(place) for place in marked.sharing if place not in self._before}
        self.holes: list[Hole] = []
        self.lost: list[tuple[int, str]] = []
        self.changed = False

    def _among_others(self, place: int) -> int:
        return place - sum(hole < place for hole in self._before)

    def _with_holes(self, number: int) -> int:
        for hole in self._before:
            number += hole <= number
        return number

    def note(self, event: Any, number: int) -> None:
        """See `Sifted`."""
        self.holes.append(self._sweeper.hole(event, self._with_holes(number), self._marked))

    def note_broken(self, line: int, letter: DeadLetter | None) -> None:
        """See `Sifted`."""
        self.changed = True
        if letter is not None:
            self.lost.append((line, letter.reason))

    def stays(self, raw: bytes, number: int, count: int) -> bytes:
        """See `Sifted`."""
        if count != 1 or number not in self._sharing:
            return raw
        less = self._sweeper.without_names(self._intake, raw)
        self.changed = self.changed or less != raw
        return less


def _place(hole: Hole) -> int:
    return hole.place


def _form(stream: Stream) -> str | None:
    return stream.format.name if stream.format is not None else None


def _identifiers(intake: Intake, raw: bytes) -> frozenset[tuple[int, str]] | None:
    """Those of the only event of a line; None: it is none."""
    events: Sequence[Any] = intake.take(raw)
    if len(events) != 1:
        return None
    event = events[0]
    return frozenset(event.ids or ((0, event.n0),))
