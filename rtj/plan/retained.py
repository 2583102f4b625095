"""From when on facts that are new are right, when events are known only from some instant on (S12.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC

import msgspec

from rtj.engine.backfill import reads
from rtj.engine.calendar import find_zone, shift, unit_end
from rtj.ir.expr import Held, Length
from rtj.ir.program import Aggregate, Audience, Program, Tracker
from rtj.ir.walk import rewrite

ROUNDS_MAX = 1_000  # declarations that read each other, one deeper at each round


def right_from(program: Program, names: Collection[str], since: int) -> dict[str, int | None]:
    """For each of these computed attributes, trackers and audiences the first instant from which on it is what it would be if all
    events were known, and not only those from the instant `since` on; None: it never surely is, for it looks back without an end.
    Calendar lengths are those of the project's zone."""
    declared: dict[str, Aggregate | Tracker | Audience] = {one.name: one for one in program.aggregates}
    declared |= {one.name: one for one in program.trackers} | {one.name: one for one in program.audiences}
    open_names = {name for name in names if name in declared}
    unclear = _reading(declared, open_names)
    found: dict[str, int | None] = {}
    for _ in range(ROUNDS_MAX):
        ready = sorted(name for name in unclear if not (reads(declared[name]) & unclear - {name}))
        if not ready:
            break
        for name in ready:
            ends = [found[read] for read in sorted(reads(declared[name]) & found.keys())]
            start = max([since, *(end for end in ends if end is not None)])
            found[name] = None if None in ends else _own(program, declared[name], start)
        unclear -= set(ready)
    return {name: found.get(name) for name in sorted(open_names)}


def _reading(declared: dict[str, Aggregate | Tracker | Audience], names: set[str]) -> set[str]:
    """These, and what of the compiler's own history they read: it is as new as they are."""
    found, todo = set(names), list(names)
    while todo:
        fresh = {name for name in reads(declared[todo.pop()]) if name in declared and not name.isidentifier()} - found
        found |= fresh
        todo += fresh
    return found


def _own(program: Program, part: Aggregate | Tracker | Audience, since: int) -> int | None:
    zone = find_zone(program.timezone) or UTC
    match part:
        case Aggregate(window=window) if window.over is not None:
            return shift(since, window.over, 1, zone)
        case Aggregate(window=window) if window.this is not None:
            return unit_end(since, window.this, zone)
        case Aggregate():
            return None
        case _:
            return max([since, *(shift(since, length, 1, zone) for length in _lengths(part))])


def _lengths(part: msgspec.Struct) -> Iterator[Length]:
    found: list[Length] = []

    def look(inner: msgspec.Struct) -> msgspec.Struct:
        if isinstance(inner, Held):
            found.append(inner.length)
        return inner

    rewrite(part, look)
    return iter(found)
