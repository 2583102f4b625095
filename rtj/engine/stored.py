"""A profile as bytes, all of it, and back: by the slots, nodes and entries of one program.

    codec = ProfileCodec(machine)
    record = codec.encode(p)      # of a profile at rest: between two instants, with no send to be decided
    codec.decode(p, record)       # p has its identifiers; all slots of `state.COLD` are set

A record knows the layout for which it was written (names of facts, audiences, journeys, nodes), and is refused by any other:
whoever changes the program reads with the codec of the old machine and writes with that of the new one (`engine.handover`). The
fields of events that are kept are none of the layout.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec

from rtj.engine.machine import Machine
from rtj.engine.packing import flatten, restore
from rtj.engine.state import NOTHING, Profile, packed_of
from rtj.engine.stored_frame import StoredError, seal, unseal
from rtj.engine.stored_passages import Passages
from rtj.engine.stored_values import Plain, Reading, Shapes, Writing
from rtj.ir.kept import ProfileHead, ProfileRow

Identifiers = tuple[tuple[int, str], ...]

_ids_out = msgspec.msgpack.Encoder().encode
_ids_in = msgspec.msgpack.Decoder(tuple[tuple[int, Any], ...]).decode


class ProfileCodec:
    """Writes and reads profiles of one machine. `layout`: what its records are written for."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.layout = crc32(repr(_layout(machine)).encode("utf-8", "surrogatepass")).to_bytes(4, "little")
        self._prefixes = tuple(f"{space.name}:" for space in machine.program.ranked)
        self._shapes = Shapes(machine)
        self._passages = Passages(machine)
        self._keeping = tuple(slot for slot, each in enumerate(machine.program.aggregates) if each.keep)

    def encode(self, p: Profile) -> bytes:
        """All of a profile but what a `ProfileRow` has beside its body."""
        assert p.sends is None, "an instant is not closed"
        writing = Writing(self._shapes)
        passages = self._passages.write(p, writing)
        flat = flatten(packed_of(p), p.usual_origin(self._prefixes))
        if not any(map(p.aggregates.__getitem__, self._keeping)):
            try:
                return seal((flat, passages, writing.events, False), self.layout)
            except ValueError:
                pass  # something is a date, or a record, where most profiles have a number or a text
        attributes, days, instants, shared, aggregates, *rest = flat
        values = [writing.value(each) for each in attributes], [writing.value(each) for each in aggregates]
        return seal(((values[0], days, instants, shared, values[1], *rest), passages, writing.events, True), self.layout)

    def decode(self, p: Profile, record: bytes) -> None:
        """Set all slots of `state.COLD`. `p` has its identifiers. Raises StoredError; then nothing was set."""
        flat, passages, events, is_odd = unseal(record, self.layout)
        reading = Reading(self._shapes, events)
        if is_odd:
            attributes, days, instants, shared, aggregates, *rest = flat
            values = [reading.value(each) for each in attributes], [reading.value(each) for each in aggregates]
            flat = (values[0], days, instants, shared, values[1], *rest)
        (
            attributes, p.stamps, aggregates, p.next_changes, p.born, p.origin, p.last_entries,
            p.entries, p.held, p.conditions, p.serial, p.written, p.n, p.n_at, p.queued, p.queued_at,
        ) = restore(flat, p.usual_origin(self._prefixes))  # fmt: skip
        p.attributes = attributes or NOTHING
        p.aggregates = aggregates or NOTHING
        p.sends = None
        self._passages.read(p, passages, reading)

    def row(self, p: Profile) -> ProfileRow:
        """What a store keeps of a profile."""
        return ProfileRow(p.place, p.due, p.recheck, f"{p.members:x}", write_identifiers(p.identifiers), self.encode(p))


def stub(head: ProfileHead) -> Profile:
    """A profile of which only the head is known; whoever keeps it sets `packed`."""
    p = Profile.__new__(Profile)
    p.place = head.number
    p.due = p.recheck = p.heap_due = head.due
    if head.recheck != head.due:
        p.recheck = head.recheck
    p.members = int(head.members, 16)
    p.gone = False
    p.packed = None
    p.identifiers = read_identifiers(head.ids)
    return p


def write_identifiers(identifiers: Identifiers) -> bytes:
    """Identifiers of a profile, in their order, as msgpack; a text with half a surrogate pair in it as bytes."""
    try:
        return _ids_out(identifiers)
    except UnicodeEncodeError:
        return _ids_out([(space, _text_or_bytes(value)) for space, value in identifiers])


def read_identifiers(ids: bytes) -> Identifiers:
    """What `write_identifiers` wrote. Raises StoredError."""
    try:
        found: Any = _ids_in(ids)
        if any(type(value) is bytes for _, value in found):
            found = tuple([(s, v.decode("utf-8", "surrogatepass") if type(v) is bytes else v) for s, v in found])
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise StoredError(f"the identifiers of a stored profile are damaged: {problem}") from None
    return found  # type: ignore[no-any-return]


def _text_or_bytes(value: str) -> str | bytes:
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
    return value


def _layout(machine: Machine) -> Plain:
    """All whose places stand in records."""
    program = machine.program
    return (
        [space.name for space in program.ranked],
        [mapping.name for mapping in program.mappings],
        [(each.name, each.function, each.window, each.keep) for each in program.aggregates],
        [audience.name for audience in program.audiences],
        [tracker.name for tracker in program.trackers],
        [item.name for item in machine.items],
        [entry.gid for entry in machine.entry_conditions],
        [(j.name, len(j.entries), [(type(node).__name__, node.id) for node in j.nodes]) for j in program.journeys],
        len(program.caps),
    )
