"""Lines that must come out sorted: kept while they are few, written to disk as sorted runs when they are many, then merged."""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec

from rtj.base.errors import OutputError

ROWS_MAX = 200_000  # rows kept in memory by one ledger
BLOCK_ROWS = 2_000  # rows of a block on disk; a merge holds one block of every run

Row: TypeAlias = tuple[int, str, int, bytes]  # instant, origin, number, line

_SIZE = struct.Struct("<I")
_decoder = msgspec.msgpack.Decoder(list[Row])
_encode = msgspec.msgpack.Encoder().encode


class Ledger:
    """Rows in any order in, sorted runs out. Equal keys keep the order in which they came. `folder` is where runs are written."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self.rows: list[Row] = []
        self.runs: list[Path] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Keep rows; write a run when they are too many."""
        self.rows += rows
        if len(self.rows) >= ROWS_MAX:
            self.write_run()

    def write_run(self) -> None:
        """Sort what is in memory and write it to disk."""
        if not self.rows:
            return
        self.rows.sort(key=_key)
        path = self._folder / f"{self._name}-{len(self.runs)}"
        try:
            with path.open("wb") as file:
                for start in range(0, len(self.rows), BLOCK_ROWS):
                    block = _encode(self.rows[start : start + BLOCK_ROWS])
                    file.write(_SIZE.pack(len(block)))
                    file.write(block)
        except OSError as error:
            raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        self.runs.append(path)
        self.rows = []

    def take(self) -> bytes:
        """The lines at hand, sorted; the ledger is then empty. For whoever writes as the run goes on."""
        self.rows.sort(key=_key)
        lines = b"".join([row[3] for row in self.rows])
        self.rows.clear()
        return lines

    def sorted_lines(self, origins: frozenset[str] | None = None) -> Iterator[bytes]:
        """All lines in order, in batches; only those of some profiles if `origins` are given."""
        self.write_run()
        yield from merge_runs(self.runs, origins)


def merged_lines(ledgers: Iterable[Ledger]) -> Iterator[bytes]:
    """The lines of several ledgers in one order, in batches. Rows that never went to disk do not do so now."""
    ledgers = list(ledgers)
    if len(ledgers) == 1 and not ledgers[0].runs:
        yield ledgers[0].take()
        return
    for ledger in ledgers:
        ledger.write_run()
    yield from merge_runs([path for ledger in ledgers for path in ledger.runs])


def _key(row: Row) -> tuple[int, str, int]:
    return row[:3]


def _blocks(path: Path) -> Iterator[list[Row]]:
    with path.open("rb") as file:
        while head := file.read(_SIZE.size):
            yield _decoder.decode(file.read(_SIZE.unpack(head)[0]))
    os.unlink(path)


def merge_runs(runs: Iterable[Path], origins: frozenset[str] | None = None) -> Iterator[bytes]:
    """Merge sorted runs block by block: all rows up to the smallest last key of the blocks at hand are sorted at once, which is
    much faster than a heap of single rows. Runs are deleted when read."""
    readers = [_blocks(path) for path in runs]
    blocks = [next(reader, []) for reader in readers]
    while any(blocks):
        limit = min(_key(block[-1]) for block in blocks if block)
        ready: list[Row] = []
        for place, block in enumerate(blocks):
            if block:
                cut = bisect_right(block, limit, key=_key)
                ready += block[:cut]
                blocks[place] = block[cut:] or next(readers[place], [])
        ready.sort(key=_key)
        yield b"".join([row[3] for row in ready if origins is None or row[1] in origins])
