"""The state of a profile at rest as bytes: a quarter of the memory, and nothing for the garbage collector to look at."""

from __future__ import annotations

import marshal
from array import array
from typing import Any

from rtj.engine.calendar import INFINITY
from rtj.ir.records import Day, Instant

NOWHERE: tuple[int, ...] = ()
UNSEEN = (None, 0, 0, 0, 0, -1, 0, -1)  # held and the counters of a profile that has caused nothing


def pack(state: tuple[Any, ...], usual: str) -> bytes | None:
    """Attributes, stamps, aggregates, next changes, born, origin, last entries, entries, held and counters as bytes; None when
    something is there that only lives as an object, such as events that are kept. The `usual` origin takes no place, nor does a
    birth by the event that brought the attributes."""
    attributes, stamps, aggregates, nexts, born, origin, last_entries, entries = state[:8]
    counters = state[8:]
    shared = None if stamps is None else share(stamps)
    if type(shared) is tuple:
        ts, source, pos = shared[0]
        if born == (ts, True, source, pos):
            born = None
    kinds = list(map(type, attributes))
    days = instants = NOWHERE
    if Day in kinds or Instant in kinds:
        days, instants = _places(kinds, Day), _places(kinds, Instant)
        attributes = attributes.copy()
        for place in days + instants:
            attributes[place] = int(attributes[place])
    packed = (
        attributes,
        days,
        instants,
        shared,
        [array_bytes(each) if type(each) is array else each for each in aggregates],
        None if nexts is None else [None if at == INFINITY else at for at in nexts],
        born,
        None if origin == usual else origin,
        last_entries or None,
        entries,
        None if counters == UNSEEN else counters,
    )
    try:
        return marshal.dumps(packed)
    except ValueError:
        return None


def unpack(packed: memoryview, usual: str) -> tuple[Any, ...]:
    """What was packed."""
    attributes, days, instants, stamps, aggregates, nexts, born, origin, last_entries, entries, counters = marshal.loads(packed)
    for place in days:
        attributes[place] = Day(attributes[place])
    for place in instants:
        attributes[place] = Instant(attributes[place])
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
    return (
        attributes, stamps, aggregates, nexts, born, usual if origin is None else origin, last_entries or {}, entries,
        *(counters or UNSEEN),
    )  # fmt: skip


def _places(kinds: list[type], wanted: type) -> tuple[int, ...]:
    return tuple([place for place, kind in enumerate(kinds) if kind is wanted]) if wanted in kinds else NOWHERE


def share(stamps: list[Any]) -> Any:
    """Most profiles have their attributes from one event: its stamp, and a bit for each attribute that has it."""
    known = next((stamp for stamp in stamps if stamp is not None), None)
    if known is None:
        return stamps
    missing = stamps.count(None)
    if stamps.count(known) + missing < len(stamps):
        return stamps
    if not missing:
        return known, (1 << len(stamps)) - 1
    return known, sum(1 << place for place, stamp in enumerate(stamps) if stamp is not None)


def shared_by(shared: tuple[Any, int], count: int) -> list[Any]:
    stamp, places = shared
    if places + 1 == 1 << count:
        return [stamp] * count
    return [stamp if places >> place & 1 else None for place in range(count)]


def array_bytes(numbers: array[Any]) -> bytes:
    return numbers.typecode.encode() + numbers.tobytes()


def bytes_array(packed: bytes) -> array[Any]:
    numbers: array[Any] = array(chr(packed[0]))
    numbers.frombytes(packed[1:])
    return numbers
