"""The sources of a run: opened, their formats decided, put in the order in which they break ties (S1.2)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from rtj.base.errors import InputError, UsageError
from rtj.connect.formats import SNIFF_MAX, Format, choose
from rtj.connect.intake import Feed
from rtj.connect.streams import Packing, Piece, Source, TooLong, packing_of, source_lines
from rtj.ir.program import Program

SNIFF_PIECES = 4  # chunks looked at to find the first records
UNPACKED_RATIO = 8  # a packed file is taken to be so many times as large when it is unpacked


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file that can be read again: by slices (plain) or dealt chunk by chunk (packed). `name` is what the user calls it."""

    name: str
    path: str
    number: int
    packing: Packing
    size: int
    format: Format

    @property
    def feed(self) -> Feed:
        """What the intake needs to know."""
        return Feed(self.number, self.format.shape, self.format.sequenced)

    @property
    def text_bytes(self) -> int:
        """How large its text is, about."""
        return self.size * (1 if self.packing == "plain" else UNPACKED_RATIO)


def ordered_paths(paths: Sequence[str]) -> list[str]:
    """Paths in the order in which they break ties. Raises UsageError when one is given twice."""
    ordered = sorted(paths)
    for one, other in pairwise(ordered):
        if one == other:
            raise UsageError(f"{one}: given twice as a source of events")
    return ordered


def first_lines(pieces: Iterator[Piece]) -> list[bytes]:
    """The first lines of a source."""
    lines: list[bytes] = []
    for piece in islice(pieces, SNIFF_PIECES):
        if not isinstance(piece, TooLong):
            lines += [line for line in piece.split(b"\n", SNIFF_MAX)[:SNIFF_MAX] if line.strip()]
        if len(lines) >= SNIFF_MAX:
            break
    return lines


@contextmanager
def opened_files(paths: Sequence[str], program: Program, pinned: str | None, folder: Path) -> Iterator[list[FileSource]]:
    """Look at every file and decide its format. What cannot be read twice (stdin, a pipe) is copied to `folder` first."""
    files: list[FileSource] = []
    for number, given in enumerate(ordered_paths(paths)):
        source = Source(given)
        try:
            name, path = source.name, given
            if not source.regular:
                path = _copied(source, folder / f"source-{number}")
                source.close()
                source = Source(path)
            packing = packing_of(source.start())
            form = choose(program, program.ranked, name, pinned, first_lines(source_lines(source)))
            files.append(FileSource(name, path, number, packing, source.size, form))
        finally:
            source.close()
    yield files


def _copied(source: Source, target: Path) -> str:
    try:
        with target.open("wb") as file:
            shutil.copyfileobj(_Reader(source), file)
    except OSError as error:
        raise InputError(f"{source.name}: cannot be copied to {target}: {error.strerror}") from error
    return str(target)


class _Reader:
    """A source as something with `read`, for copyfileobj."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, size: Any = None) -> bytes:
        """Whatever bytes there are."""
        return self._source.read(size) if size else self._source.read()
