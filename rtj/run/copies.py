"""Copies among the events of a grouped replay (S1.8): an index of ids says which may be copies, and those few are judged in the
order of work. Ids and identifiers are compared by 64-bit hashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from struct import Struct, pack
from typing import Any, BinaryIO

from rtj.base.errors import OutputError
from rtj.run.duplicates import Duplicates

SPLIT_CHUNKS = 32  # chunks whose hashes are held as numbers while they are split
PARTS = 16  # of the hashes of ids, when they are more than memory should hold at once

Suspect = tuple[int, int, int, int]  # instant, position, hash of id, hash of best identifier

_HEAD = Struct("<I")
_id_of, _ts_of, _pos_of = attrgetter("id"), attrgetter("ts"), attrgetter("pos")


class Index:
    """Columns for each chunk: hash of id, hash of best identifier, instant, position. Positions that count up by one are kept as
    the first of them. In memory, or in a file if given."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: BinaryIO | None = None if path is None else path.open("w+b")
        self._blocks: list[bytes] = []

    def add(self, events: list[Any], bests: list[int], counts_up: bool) -> None:
        """Note the events of a chunk; `bests` are the hashes of their best identifiers, `counts_up` says that each position is
        the one before and one."""
        if not events:
            return
        count, first = len(events), events[0].pos
        # A source with places of its own may name them in any order; they are taken as they are.
        places = (first,) if counts_up else tuple(map(_pos_of, events))
        columns = (*map(hash, map(_id_of, events)), *bests, *map(_ts_of, events), *places)
        block = pack(f"{1 + len(columns)}q", count, *columns)
        if self._file is None:
            self._blocks.append(block)
            return
        try:
            self._file.write(_HEAD.pack(len(block)))
            self._file.write(block)
        except OSError as error:
            raise OutputError(f"{self._path}: {(error.strerror or str(error)).lower()}") from error

    def _columns(self) -> Iterator[memoryview]:
        if self._file is None:
            for block in self._blocks:
                yield memoryview(block).cast("q")
            return
        self._file.flush()
        self._file.seek(0)
        while head := self._file.read(_HEAD.size):
            yield memoryview(self._file.read(_HEAD.unpack(head)[0])).cast("q")

    def names(self) -> Iterator[list[int]]:
        """The hashes of ids, chunk by chunk."""
        for columns in self._columns():
            yield columns[1 : columns[0] + 1].tolist()

    def suspects(self, repeated: set[int]) -> list[Suspect]:
        """The events whose id may have been used more than once."""
        found: list[Suspect] = []
        if not repeated:
            return found
        for columns in self._columns():
            count = columns[0]
            names = columns[1 : count + 1].tolist()
            if repeated.isdisjoint(names):
                continue
            bests, instants, places = (columns[1 + part * count : 1 + (part + 1) * count] for part in (1, 2, 3))
            for number, name in enumerate(names):
                if name in repeated:
                    place = places[number] if len(places) == count else places[0] + number
                    found.append((instants[number], place, name, bests[number]))
        return found

    def close(self) -> None:
        """Let go of everything."""
        self._blocks.clear()
        if self._file is not None and self._path is not None:
            self._file.close()
            self._path.unlink()
            self._file = None


def repeated_names(chunks: Iterable[Iterable[int]]) -> set[int]:
    """Which hashes occur more than once."""
    seen: set[int] = set()
    again: set[int] = set()
    for chunk in chunks:
        names = list(chunk)
        fresh = set(names)
        if len(fresh) < len(names):
            met: set[int] = set()
            for name in names:
                if name in met:
                    again.add(name)
                met.add(name)
        again |= seen & fresh
        seen |= fresh
    return again


def split_names(index: Index, parts: int) -> list[bytes]:
    """The hashes of ids in parts, so that equal ones are together; 8 bytes each."""
    found: list[list[bytes]] = [[] for _ in range(parts)]
    held: list[list[int]] = [[] for _ in range(parts)]
    for number, names in enumerate(index.names()):
        for name in names:
            held[name % parts].append(name)
        if number % SPLIT_CHUNKS == SPLIT_CHUNKS - 1:
            _pack_all(held, found)
    _pack_all(held, found)
    return [b"".join(blocks) for blocks in found]


def _pack_all(held: list[list[int]], found: list[list[bytes]]) -> None:
    for names, blocks in zip(held, found, strict=True):
        blocks.append(pack(f"{len(names)}q", *names))
        names.clear()


@dataclass(slots=True)
class Copies:
    """`dropped` are the positions of copies; `reused` counts ids that a different identifier had used before."""

    dropped: list[int] = field(default_factory=list)
    reused: int = 0


def judge_suspects(suspects: list[Suspect], horizon_ms: int) -> Copies:
    """Judge all suspects of a run in the order of work."""
    found = Copies()
    duplicates = Duplicates(horizon_ms)
    for at, position, name, best in sorted(suspects):
        duplicates.turn(at)
        match duplicates.judge(name, best, at):
            case "copy":
                found.dropped.append(position)
            case "reused":
                found.reused += 1
            case "new":
                pass
    return found
