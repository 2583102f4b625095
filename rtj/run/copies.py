"""Copies among the events of a grouped replay (S1.8): the index of ids says which may be copies, and those are judged in the
order of work. Ids and identifiers are compared by 64-bit hashes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from rtj.run.duplicates import Duplicates


@dataclass(slots=True)
class Copies:
    """`dropped` are the positions of copies; `reused` counts ids that a different identifier had used before."""

    dropped: list[int] = field(default_factory=list)
    reused: int = 0

    def add(self, other: Copies) -> None:
        """Take over what another part of the index gave."""
        self.dropped += other.dropped
        self.reused += other.reused


def find_copies(parts: Iterable[array[int]], horizon_ms: int) -> Copies:
    """Look through the parts of the index; rows of one id are all in one part."""
    found = Copies()
    for part in parts:
        names = part[0::4]
        if len(set(names)) < len(names):
            _judge(part, names, horizon_ms, found)
    return found


def _judge(part: array[int], names: array[int], horizon_ms: int, found: Copies) -> None:
    seen: set[int] = set()
    again: set[int] = set()
    for name in names:
        if name in seen:
            again.add(name)
        seen.add(name)
    rows = sorted(
        (part[place + 2], part[place + 3], name, part[place + 1])
        for place, name in zip(range(0, len(part), 4), names, strict=True)
        if name in again
    )
    duplicates = Duplicates(horizon_ms)
    for at, position, name, best in rows:
        duplicates.turn(at)
        match duplicates.judge(name, best, at):
            case "copy":
                found.dropped.append(position)
            case "reused":
                found.reused += 1
            case "new":
                pass
