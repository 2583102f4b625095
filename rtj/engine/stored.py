"""A profile as bytes, all of it, and back: by the slots, nodes and entries of one program.

    codec = ProfileCodec(machine)
    record = codec.encode(p)      # of a profile at rest: between two instants, with no send to be decided
    codec.decode(p, record)       # p has its identifiers; all slots of `state.COLD` are set

A record knows the layout for which it was written (names of facts, audiences, journeys, nodes, and how many programs have taken
over with another), and is refused by any other: `engine.layers` knows how it is brought up to date. The fields of events that are
kept are none of the layout.
"""

from __future__ import annotations

from array import array
from typing import Any
from zlib import crc32

import msgspec

from rtj.engine.calendar import INFINITY
from rtj.engine.machine import Machine
from rtj.engine.packing import UNSEEN, array_bytes, bytes_array, share, shared_by
from rtj.engine.state import NOTHING, Profile, packed_of
from rtj.engine.stored_frame import StoredError, seal, unseal
from rtj.engine.stored_passages import Passages
from rtj.engine.stored_values import Plain, Reading, Shapes, Writing
from rtj.ir.expr import Optional, Scalar, Type
from rtj.ir.kept import ProfileHead, ProfileRow
from rtj.ir.records import Day, Instant

DATED: dict[str, type[int]] = {"date": Day, "instant": Instant}
NONE: list[Plain] = []  # no events; nobody writes into it
Identifiers = tuple[tuple[int, str], ...]

_ids_out = msgspec.msgpack.Encoder().encode
_ids_in = msgspec.msgpack.Decoder(tuple[tuple[int, str], ...]).decode


class ProfileCodec:
    """Writes and reads profiles of one machine. `layout`: what its records are written for; `generation`: so many machines before
    it had others."""

    def __init__(self, machine: Machine, generation: int = 0) -> None:
        self.machine, self.generation = machine, generation
        named = repr(_layout(machine)) if not generation else f"{_layout(machine)!r} {generation}"
        self.layout = crc32(named.encode("utf-8", "surrogatepass")).to_bytes(4, "little")
        self._prefixes = tuple(f"{space.name}:" for space in machine.program.ranked)
        self._shapes = Shapes(machine)
        self._passages = Passages(machine)
        kinds = [_scalar(mapping.type) for mapping in machine.program.mappings]
        self._dated = tuple((slot, DATED[kind]) for slot, kind in enumerate(kinds) if kind in DATED)
        self._keeping = tuple(slot for slot, each in enumerate(machine.program.aggregates) if each.keep)

    def encode(self, p: Profile) -> bytes:
        """All of a profile but what a `ProfileRow` has beside its body."""
        passages, events = None, NONE
        if p.instances or p.mail is not None or p.partials is not None or p.schedules is not None:
            writing = Writing(self._shapes)
            passages, events = self._passages.write(p, writing), writing.events
        assert p.sends is None, "an instant is not closed"
        state = packed_of(p)
        dates = self._dated and self._as_numbers(state[0])
        if dates is not None and not (self._keeping and any(map(state[2].__getitem__, self._keeping))):
            try:
                return seal((self._flat(p, (dates, *state[1:]) if dates else state), passages, events), self.layout)
            except ValueError:
                pass  # something is a record or a list of dates where most profiles have a number or a text
        writing = Writing(self._shapes)
        passages = self._passages.write(p, writing)
        plain = [writing.value(each) for each in state[0]], state[1], [writing.value(each) for each in state[2]], *state[3:]
        return seal((self._flat(p, plain), passages, writing.events, True), self.layout)

    def _as_numbers(self, attributes: list[Any]) -> list[Any] | None:
        """Attributes with numbers in the place of dates; None where something else stands there."""
        attributes = attributes.copy()
        for slot, kind in self._dated:
            value = attributes[slot]
            if value is not None:
                if type(value) is not kind:
                    return None
                attributes[slot] = int(value)
        return attributes

    def _flat(self, p: Profile, state: tuple[Any, ...]) -> Plain:
        """What is in COLD of most profiles, with nothing in the place of what is usual."""
        attributes, stamps, aggregates, nexts, born, origin, last_entries, entries = state[:8]
        counters = state[8:]
        if nexts is not None:
            nexts = [None if at == INFINITY else at for at in nexts]
        shared = stamps
        if stamps is not None:
            shared = share(stamps)
            if type(shared) is tuple:
                ts, source, pos = shared[0]
                if born == (ts, True, source, pos):
                    born = None
        if origin == p.usual_origin(self._prefixes):
            origin = None
        return (
            attributes,
            shared,
            [array_bytes(each) if type(each) is array else each for each in aggregates],
            nexts,
            born,
            origin,
            last_entries or None,
            entries,
            None if counters == UNSEEN else counters,
        )

    def decode(self, p: Profile, record: bytes) -> None:
        """Set all slots of `state.COLD`. `p` has its identifiers. Raises StoredError; then nothing was set."""
        told = unseal(record, self.layout)
        reading = self._facts(p, told)
        _, passages, events, *_ = told
        if passages is None:
            p.instances, p.partials, p.schedules, p.mail = {}, None, None, None
        else:
            self._passages.read(p, passages, reading or Reading(self._shapes, events))

    def decode_facts(self, p: Profile, record: bytes) -> None:
        """The same, but that whoever is inside somewhere seems not to be: for what hangs on facts alone."""
        self._facts(p, unseal(record, self.layout))
        p.instances, p.partials, p.schedules, p.mail = {}, None, None, None

    def _facts(self, p: Profile, told: Plain) -> Reading | None:
        flat, _, events, *odd = told
        reading = None
        attributes, stamps, aggregates, nexts, born, origin, last_entries, entries, counters = flat
        if odd:
            reading = Reading(self._shapes, events)
            attributes = [reading.value(each) for each in attributes]
            aggregates = [reading.value(each) for each in aggregates]
        else:
            for slot, kind in self._dated:
                if attributes[slot] is not None:
                    attributes[slot] = kind(attributes[slot])
        if type(stamps) is tuple:
            if born is None:
                ts, source, pos = stamps[0]
                born = ts, True, source, pos
            stamps = shared_by(stamps, len(attributes))
        for place, each in enumerate(aggregates):
            if type(each) is bytes:
                aggregates[place] = bytes_array(each)
        if nexts is not None:
            nexts = [INFINITY if at is None else at for at in nexts]
        p.attributes, p.aggregates, p.stamps = attributes or NOTHING, aggregates or NOTHING, stamps
        p.next_changes, p.born, p.entries = nexts, born, entries
        p.origin = p.usual_origin(self._prefixes) if origin is None else origin
        p.last_entries = last_entries or {}
        p.held, p.conditions, p.serial, p.written, p.n, p.n_at, p.queued, p.queued_at = counters or UNSEEN
        p.sends = None
        return reading

    def row(self, p: Profile) -> ProfileRow:
        """What a store keeps of a profile."""
        return self.row_of(p, self.encode(p))

    def row_of(self, p: Profile, body: bytes) -> ProfileRow:
        """The same of one whose body is known."""
        return ProfileRow(p.place, p.due, p.recheck, self._members(p.members), write_identifiers(p.identifiers), body)

    def _members(self, members: int) -> str:
        return f"{self.generation}:{members:x}" if self.generation else f"{members:x}"


def generation_of(head: ProfileHead) -> int:
    """How many machines with another layout were before that for which a head was written."""
    before, colon, _ = head.members.partition(":")
    return int(before) if colon else 0


def stub(head: ProfileHead) -> Profile:
    """A profile of which only the head is known; whoever keeps it sets `packed`. Its audiences are those of the machine for which
    it was written."""
    p = Profile.__new__(Profile)
    p.place = head.number
    p.due = p.recheck = p.heap_due = head.due
    if head.recheck != head.due:
        p.recheck = head.recheck
    p.members = int(head.members.rpartition(":")[2], 16)
    p.gone = False
    p.packed = None
    p.identifiers = read_identifiers(head.ids)
    return p


def nameless() -> Profile:
    """Somebody of whom nothing is known, for records of which nobody asks whose they are."""
    return stub(ProfileHead(0, INFINITY, INFINITY, "0", write_identifiers(())))


def write_identifiers(identifiers: Identifiers) -> bytes:
    """Identifiers of a profile, in their order, as msgpack; a text with half a surrogate pair in it as bytes."""
    try:
        return _ids_out(identifiers)
    except UnicodeEncodeError:
        return _ids_out([(space, _text_or_bytes(value)) for space, value in identifiers])


def read_identifiers(ids: bytes) -> Identifiers:
    """What `write_identifiers` wrote. Raises StoredError."""
    try:
        return _ids_in(ids)
    except msgspec.MsgspecError:
        pass  # one is bytes, or all is broken
    try:
        found = msgspec.msgpack.decode(ids, type=tuple[tuple[int, Any], ...])
        return tuple([(space, value if type(value) is str else value.decode("utf-8", "surrogatepass")) for space, value in found])
    except (msgspec.MsgspecError, UnicodeDecodeError, AttributeError) as problem:
        raise StoredError(f"the identifiers of a stored profile are damaged: {problem}") from None


def _text_or_bytes(value: str) -> str | bytes:
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
    return value


def _scalar(kind: Type) -> str:
    """What a scalar is called; "" for other types."""
    match kind:
        case Scalar(name=name):
            return name
        case Optional(of=of):
            return _scalar(of)
        case _:
            return ""


def _layout(machine: Machine) -> Plain:
    """All whose places stand in records."""
    program = machine.program
    return (
        [space.name for space in program.ranked],
        [(mapping.name, _scalar(mapping.type)) for mapping in program.mappings],
        [(each.name, each.function, each.window, each.keep) for each in program.aggregates],
        [audience.name for audience in program.audiences],
        [tracker.name for tracker in program.trackers],
        [item.name for item in machine.items],
        [entry.gid for entry in machine.entry_conditions],
        [(j.name, len(j.entries), [(type(node).__name__, node.id) for node in j.nodes]) for j in program.journeys],
        len(program.caps),
    )
