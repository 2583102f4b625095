"""The state of a profile at rest as bytes: a third of the memory, and nothing for the garbage collector to look at."""

from __future__ import annotations

import marshal
from array import array
from typing import Any

from rtj.engine.calendar import INFINITY
from rtj.ir.records import Day, Instant

NOT_PACKED = None  # what `pack` returns when something is there that only lives as objects, such as events that are kept
UNSEEN = (None, 0, 0, 0, 0, -1, 0, -1)  # held and the counters of a profile that has caused nothing


def pack(state: tuple[Any, ...]) -> bytes | None:
    """Attributes, stamps, aggregates, next changes, born, origin, last entries, entries, held and counters as bytes."""
    attributes, stamps, aggregates, nexts, born, origin, last_entries, entries, *counters = state
    days = [place for place, value in enumerate(attributes) if type(value) is Day]
    instants = [place for place, value in enumerate(attributes) if type(value) is Instant]
    if days or instants:
        attributes = list(attributes)
        for place in (*days, *instants):
            attributes[place] = int(attributes[place])
    packed = (
        attributes,
        (days, instants) if days or instants else None,
        None if stamps is None else _share(stamps),
        [_bytes(each) if type(each) is array else each for each in aggregates],
        None if nexts is None else [None if at == INFINITY else at for at in nexts],
        born,
        origin,
        last_entries or None,
        entries,
        None if tuple(counters) == UNSEEN else counters,
    )
    try:
        # `dumps` cuts its result out of a larger block, whose rest is lost to others; a copy takes its own place alone.
        return bytes(memoryview(marshal.dumps(packed)))
    except ValueError:
        return NOT_PACKED


def unpack(packed: bytes) -> tuple[Any, ...]:
    """What was packed."""
    attributes, dated, stamps, aggregates, nexts, born, origin, last_entries, entries, counters = marshal.loads(packed)
    if dated is not None:
        for place in dated[0]:
            attributes[place] = Day(attributes[place])
        for place in dated[1]:
            attributes[place] = Instant(attributes[place])
    if type(stamps) is tuple:
        stamp, places = stamps
        stamps = [stamp if places >> place & 1 else None for place in range(len(attributes))]
    for place, each in enumerate(aggregates):
        if type(each) is bytes:
            aggregates[place] = _array(each)
    if nexts is not None:
        nexts = [INFINITY if at is None else at for at in nexts]
    return (
        attributes, stamps, aggregates, nexts, born, origin, last_entries or {}, entries, *(counters or UNSEEN),
    )  # fmt: skip


def _share(stamps: list[Any]) -> Any:
    """Most profiles have their attributes from one event: its stamp, and a bit for each attribute that has it."""
    known = [stamp for stamp in stamps if stamp is not None]
    if not known or any(stamp is not known[0] for stamp in known):
        return stamps
    return known[0], sum(1 << place for place, stamp in enumerate(stamps) if stamp is not None)


def _bytes(numbers: array[Any]) -> bytes:
    return numbers.typecode.encode() + numbers.tobytes()


def _array(packed: bytes) -> array[Any]:
    numbers: array[Any] = array(chr(packed[0]))
    numbers.frombytes(packed[1:])
    return numbers
