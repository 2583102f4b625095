"""From the lines of one source to events: decoded, checked, identified; what cannot be becomes a dead letter (S1.9, S1.10).

The common case (format `rtj`, a chunk without fault) costs one call of msgspec per chunk and one turn of a loop per event.
A chunk that fails is decoded line by line, so that one bad line costs only itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, length_hint
from typing import Any

import msgspec

from rtj.connect.envelope import MisfitError, Shape, Shaped
from rtj.connect.faults import BROKEN, why, why_properties
from rtj.connect.identify import WORD_MAX, Identifiers, Reader, number_text
from rtj.connect.instants import EARLIEST_MS, EPOCH, LATEST_MS, Instants
from rtj.connect.kinds import Kind, Kinds, Reads, incoming_class
from rtj.connect.letters import Letters, Reason
from rtj.connect.shapes import unwrap
from rtj.connect.streams import Piece, TooLong
from rtj.ir.program import Program
from rtj.ir.records import Event

UNKNOWN_MAX = 1_000  # names of undeclared types counted apart; further ones are counted together as OTHERS
OTHERS = "(others)"
NEVER = 1 << 62  # no event was read yet
PLACE_BITS = 48  # an event's position holds its source above so many bits, so that positions order all sources

_NOBODY: Any = ((-1, ""),)  # marks a business event on its way to having no identifier
_props = attrgetter("props")


@dataclass(frozen=True, slots=True)
class Door:
    """What all sources of a run share. `received_ms` is the stamp of events without `received_at` (S1.10); `kinds` makes what
    knows the types of events."""

    program: Program
    reads: Reads
    received_ms: int
    kinds: Callable[[Program, Reads], Kinds] = Kinds


@dataclass(frozen=True, slots=True)
class Feed:
    """One source: its number in the order of work, the shape of its records (None: format `rtj`), and whether they carry their
    own place (S1.2)."""

    source: int
    shape: Shape | None = None
    sequenced: bool = False


class Intake:
    """Reads one source, or one slice of it, chunk by chunk.

    `read` counts events, `unread` those of types that nobody reads, `unknown` those of each type that is not declared, `lines`
    all lines; `first_ts`, `last_ts` are the smallest and the largest instant; `entry_ts`, `exit_ts` those of the first and the
    last event as read, so that slices can be joined (NEVER and -NEVER: there was none). `position` is the place of the event
    read last; whoever reads in slices sets it before each chunk. `bad`: lines of the chunk that are no events.
    """

    def __init__(self, door: Door, feed: Feed, letters: Letters) -> None:
        program = door.program
        spaces = program.ranked
        self._letters, self._shape, self._sequenced = letters, feed.shape, feed.sequenced
        self._ahead, self._received = program.max_skew_ms, door.received_ms
        self._usual = door.received_ms  # what stands in events that do not say when they were received
        self._reader = Reader(spaces)
        self._instants = Instants()
        self.kinds = door.kinds(program, door.reads)
        self._incoming: Any = incoming_class(spaces, door.received_ms)
        self._decode_lines: Callable[[bytes], list[Any]] = msgspec.json.Decoder(self._incoming).decode_lines
        self._decode_any = msgspec.json.Decoder().decode
        names = [f"n{index}" for index in range(len(spaces) or 1)]
        self._key: Callable[[Any], Any] = attrgetter(*names)
        # Has an event identifiers beside the best one? (With a single namespace there is nothing else, which `late` stands for.)
        self._others: Callable[[Any], Any] = attrgetter(*(names[1:] or ("late",)))
        self._alone = False if len(names) == 1 else None if len(names) == 2 else (None,) * (len(names) - 1)
        # Raw values of the best namespace may be taken as they are when nothing normalises them.
        self._shortest = WORD_MAX + 1 if spaces and not spaces[0].normalize else NEVER
        self.bad: list[tuple[int, Reason, str, bytes]] = []
        self._source = feed.source
        self.position = feed.source << PLACE_BITS
        self.lines = self.read = self.unread = self.out_of_order = 0
        self.unknown: dict[str, int] = {}
        self.first_ts, self.last_ts = NEVER, -NEVER
        self.entry_ts = self.exit_ts = NEVER

    def take(self, chunk: bytes) -> list[Event]:
        """Decode whole lines to events in their order. `ids` is empty for an event whose only identifier is the clean text
        `n0`, and for business events, whose `n0` is None. `at` is left to whoever knows whether the event is late."""
        events: list[Event] = []
        lines = _line_count(chunk)
        envelopes, places = self._envelopes(chunk, lines)
        if self._shape is None and envelopes:
            envelopes, places = self._with_properties(envelopes, places, chunk)
        if envelopes:
            self._admit(envelopes, places, chunk, events)
        self.lines += lines
        if self.bad:
            for line, reason, detail, raw in sorted(self.bad, key=lambda bad: bad[0]):
                self._letters.add(line, reason, detail, raw)
            self.bad.clear()
        if self._received is not self._usual:
            for event in events:
                if event.received_at is self._usual:
                    event.received_at = self._received
        return events

    def receive(self, received_ms: int) -> None:
        """Chunks from now on were received at this instant."""
        self._received = received_ms

    @property
    def erases(self) -> bool:
        """Was an event met that has a person forgotten?"""
        return self.kinds.erases

    def refuse_line(self, start: bytes, bound: int) -> None:
        """A line longer than the bound of the stream, of which only the start was kept."""
        self.lines += 1
        self._letters.add(self.lines, "too_long", f"longer than {bound:,} bytes", start)

    def skip(self, piece: Piece) -> None:
        """Lines that somebody else reads."""
        self.lines += 1 if isinstance(piece, TooLong) else _line_count(piece)

    # -- decoding

    def _envelopes(self, chunk: bytes, lines: int) -> tuple[list[Any], list[int] | None]:
        """The events of so many lines as decoded, and the line number of each (None: one a line, from the first on)."""
        if self._shape is not None:
            return self._shaped(chunk, self._shape)
        try:
            found = self._decode_lines(chunk)
            if len(found) == lines:
                return found, None
        except BROKEN:
            pass  # the lines at fault are found below
        envelopes: list[Any] = []
        places: list[int] = []
        for line, raw in enumerate(chunk.split(b"\n"), self.lines + 1):
            try:
                found = self._decode_lines(raw)
            except BROKEN as error:
                self.bad.append((line, *why(error), raw))
            else:
                envelopes += found
                places += [line] * len(found)
        return envelopes, places

    def _shaped(self, chunk: bytes, shape: Shape) -> tuple[list[Any], list[int]]:
        envelopes: list[Any] = []
        places: list[int] = []
        for line, raw in enumerate(chunk.split(b"\n"), self.lines + 1):
            if not raw.strip():
                continue
            try:
                records = list(unwrap(self._decode_any(raw)))
            except MisfitError as misfit:
                self.bad.append((line, misfit.reason, misfit.detail, raw))
                continue
            except BROKEN as error:
                self.bad.append((line, *why(error), raw))
                continue
            for record in records:
                try:
                    envelopes.append(self._build(shape(record)))
                    places.append(line)
                except MisfitError as misfit:
                    self.bad.append((line, misfit.reason, misfit.detail, raw))
                except msgspec.ValidationError as error:
                    self.bad.append((line, "properties", str(error).replace("`$", "`$.properties"), raw))
        return envelopes, places

    def _build(self, shaped: Shaped) -> Event:
        """An event of another format as one of our own, with decoded properties."""
        kind = self.kinds.find(shaped.type)
        ids = _NOBODY if kind.business else self._reader.several(self._with_derived(kind, shaped))
        if not ids:
            raise MisfitError("identifier", "no usable identifier")
        received = self._received if shaped.received_at is None else self._instants.ms(shaped.received_at)
        if received is None:
            raise MisfitError("fields", "`received_at` is no instant")
        props = None if kind.convert is None else kind.convert(shaped.properties)
        event: Event = self._incoming(
            type=kind.type, id=shaped.id, ts=self._instant(shaped.ts), ids=ids, props=props, channel=shaped.channel,
            received_at=received, read=kind.read, pos=(self._source << PLACE_BITS) + (shaped.sequence or 0),
        )  # fmt: skip
        self._count(kind, 1)
        return event

    def _with_derived(self, kind: Kind, shaped: Shaped) -> tuple[tuple[int, Any], ...]:
        """The raw identifiers of a record, and those that are computed from it."""
        if not kind.derived or kind.convert is None:
            return shaped.identifiers
        event: Event = self._incoming(
            type=kind.name, id=shaped.id, ts=self._instant(shaped.ts), props=kind.convert(shaped.properties),
            channel=shaped.channel,
        )  # fmt: skip
        carried = {place for place, value in shaped.identifiers if value is not None}
        made = ((place, derive(event)) for place, derive in kind.derived if place not in carried)
        return (*shaped.identifiers, *made)

    # -- properties

    def _with_properties(
        self, envelopes: list[Any], places: list[int] | None, chunk: bytes
    ) -> tuple[list[Any], list[int] | None]:
        """Check the properties of a chunk against the schemas of their types, and decode those that something reads."""
        groups: dict[str, list[Any]] = {}
        for event in envelopes:
            group = groups.get(event.type)
            if group is None:
                groups[event.type] = [event]
            else:
                group.append(event)
        misfits: dict[int, Exception] = {}
        for spelled, group in groups.items():
            kind = self.kinds.find(spelled)
            before = len(misfits)
            props = self._decoded(kind, group, misfits)
            self._count(kind, len(group) - len(misfits) + before)
            if kind.read:
                for event, found in zip(group, props, strict=True):
                    event.props, event.type, event.read = found, kind.type, True
            elif kind.type != spelled and kind.decode is None:
                for event in group:
                    event.type = kind.type
            if kind.derived:
                self._derive(kind, group, props, misfits)
            if kind.business:
                for event in group:
                    event.ids, event.n0 = _NOBODY, None
        if not misfits:
            return envelopes, places
        rows, good = chunk.split(b"\n"), []
        places = places or list(range(self.lines + 1, self.lines + 1 + len(envelopes)))
        for event, line in zip(envelopes, places, strict=True):
            error = misfits.get(id(event))
            if error is None:
                good.append((event, line))
            else:
                row = rows[line - self.lines - 1]
                self.bad.append((line, *why_properties(error, row), row))
        return [event for event, _ in good], [line for _, line in good]

    def _decoded(self, kind: Kind, group: list[Any], misfits: dict[int, Exception]) -> list[Any]:
        """The properties of events of one kind; those that fail are noted by the id of their event."""
        if kind.decode is None or kind.decode_lines is None:
            return [None] * len(group)
        if len(group) > 1:
            try:
                found = kind.decode_lines(b"\n".join(map(_props, group)))
                if len(found) == len(group):
                    return found
            except BROKEN:
                pass  # the events at fault are found below
        found = []
        for event in group:
            try:
                found.append(kind.decode(event.props))
            except BROKEN as error:
                found.append(None)
                misfits[id(event)] = error
        return found

    def _derive(self, kind: Kind, group: list[Any], props: list[Any], misfits: dict[int, Exception]) -> None:
        """Give events the identifiers that are computed from them, where they do not carry them."""
        columns = [(f"n{place}", derive) for place, derive in kind.derived]
        for event, found in zip(group, props, strict=True):
            if id(event) in misfits:
                continue
            raw, event.props = event.props, found
            try:
                event.ts = self._decoded_instant(event.ts)
            except MisfitError:
                continue  # found again, and reported, when it is admitted
            for column, derive in columns:
                if getattr(event, column) is None:
                    setattr(event, column, derive(event))
            if not kind.read:
                event.props = raw

    def _count(self, kind: Kind, number: int) -> None:
        if not kind.read:
            self.unread += number
        if kind.decode is None and number:
            name = kind.name if kind.name in self.unknown or len(self.unknown) < UNKNOWN_MAX else OTHERS
            self.unknown[name] = self.unknown.get(name, 0) + number

    # -- admission

    def _admit(self, envelopes: list[Any], places: list[int] | None, chunk: bytes, events: list[Event]) -> None:
        """Check decoded events; a misfit is put aside and the turn goes on behind it."""
        turn = iter(envelopes)
        rows: list[bytes] = []
        while True:
            try:
                self._turn(turn, events)
                return
            except MisfitError as misfit:
                index = len(envelopes) - length_hint(turn) - 1
                line = self.lines + 1 + index if places is None else places[index]
                rows = rows or chunk.split(b"\n")
                self.bad.append((line, misfit.reason, misfit.detail, rows[line - self.lines - 1]))

    def _turn(self, turn: Iterator[Any], events: list[Event]) -> None:
        """The loop over events: instant, arrival, identifiers, order. Raises at the first misfit; what was counted stays."""
        others, alone, shortest, sequenced = self._others, self._alone, self._shortest, self._sequenced
        stamp, latest, source, admit = self._usual, self._received + self._ahead, self._source, events.append
        position, before, oldest, newest = self.position, self.exit_ts, self.first_ts, self.last_ts
        start, key_of, known = position, self._key, self._reader.known
        try:
            for event in turn:
                try:
                    since = event.ts - EPOCH
                    ts = since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
                except TypeError:  # epoch ms, or a datetime without zone
                    ts = self._instant(event.ts)
                if event.received_at is not stamp:
                    event.received_at = self._arrival(event.received_at, ts)
                elif ts > latest:
                    raise MisfitError("ahead", "`ts` lies too far ahead of now")
                name = event.n0
                if (
                    name.__class__ is not str
                    or len(name) < shortest
                    or others(event) != alone
                    or name[0] < "1"  # zeros, or blanks around a junk word
                    or name[-1] <= " "
                ):
                    event.ids = (known.get(key_of(event)) if not event.ids else ()) or self._identify(event)
                if event.id.__class__ is not str:
                    event.id = number_text(event.id)
                position += 1
                if ts < before:
                    if before == NEVER:
                        self.entry_ts, newest = ts, max(newest, ts)
                    else:
                        self.out_of_order += 1
                    oldest = min(oldest, ts)
                elif ts > newest:
                    newest = ts
                before = event.ts = ts
                if not sequenced:
                    event.pos = position
                if source:
                    event.source = source
                admit(event)
        finally:
            self.read += position - start
            self.position, self.exit_ts, self.first_ts, self.last_ts = position, before, oldest, newest

    def _identify(self, event: Any) -> Identifiers:
        """The long way to the identifiers of an event."""
        if event.ids:
            return () if event.ids is _NOBODY else event.ids
        ids = self._reader.identify(self._key(event))
        if not ids:
            raise MisfitError("identifier", "no usable identifier")
        return ids

    def _decoded_instant(self, value: Any) -> int:
        if not isinstance(value, datetime) or value.tzinfo is None:
            return self._instant(value)
        since = value - EPOCH
        return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000

    def _instant(self, value: object) -> int:
        ts = self._instants.ms(value)
        if ts is None:
            raise MisfitError("ts", "`ts` is no instant with a zone; expected one such as 2026-03-01T10:00:00Z")
        return ts

    def _arrival(self, value: Any, ts: int) -> int:
        if value is None:
            received = self._received
        elif isinstance(value, int):
            received = value
        elif value.tzinfo is None:
            raise MisfitError("fields", "`received_at` has no zone; expected one such as 2026-03-01T10:00:00Z")
        else:
            since = value - EPOCH
            received = since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
        if not EARLIEST_MS <= received <= LATEST_MS:
            raise MisfitError("fields", "`received_at` is no instant")
        if ts > received + self._ahead:
            raise MisfitError("ahead", "`ts` lies too far ahead of `received_at`")
        return received


def _line_count(chunk: bytes) -> int:
    return chunk.count(b"\n") + (not chunk.endswith(b"\n"))
