"""A file of who stands where, as it lies on disk or comes through a pipe, also packed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rtj.base.errors import InputError
from rtj.connect.streams import LINE_MAX, Source, TooLong, source_lines
from rtj.ir.standing import Snapshot, Unreadable


@contextmanager
def opened_snapshot(path: str) -> Iterator[Snapshot]:
    """The snapshot at a path, "-" for stdin; .gz and .zst are unpacked. Raises InputError for what cannot be read or is none."""
    if Path(path).is_dir():
        raise InputError(f"{path}: is a directory; `rtj simulate --instances FILE` writes a snapshot of instances")
    source = Source(path)
    try:
        yield Snapshot(_lines(source), source.name)
    finally:
        source.close()


def _lines(source: Source) -> Iterator[bytes | Unreadable]:
    for piece in source_lines(source):
        if isinstance(piece, TooLong):
            yield Unreadable(f"a line of more than {LINE_MAX:,} bytes")
        else:
            yield from piece.splitlines(keepends=True)
