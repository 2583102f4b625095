"""A file that is being read, where it was read to, and how it is known again under another name."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import msgspec

from rtj.base.errors import InputError
from rtj.connect.feed_lines import Cutter
from rtj.connect.feed_port import DELIVERY_BYTES
from rtj.connect.streams import Source, check_encoding, packing_of, plain_bytes

HEAD_BYTES = 1024  # by which a file is known again
BESIDE_MAX = 10_000  # names looked at in a folder


class Place(msgspec.Struct, frozen=True):
    """How far a file was read: `offset` is where the first line begins that was not handed over (of a packed file: unpacked);
    `head`: the hash of its first `known` bytes."""

    device: int
    inode: int
    offset: int
    known: int
    head: str


def hash_of(head: bytes) -> str:
    """What a position keeps of first bytes."""
    return blake2b(head, digest_size=16).hexdigest()


def is_packed(path: str) -> bool:
    """Is the file gzip or zstd, by its first bytes?"""
    with Path(path).open("rb") as file:
        return packing_of(file.read(4)) != "plain"


class PlainFile:
    """`passing`: there is another file to be read after its end."""

    packed = False

    def __init__(self, path: str, offset: int = 0, *, passing: bool = False) -> None:
        self.path, self.passing = path, passing
        # Without O_NONBLOCK the opening of a pipe would wait for somebody who writes.
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.state = os.fstat(self._fd)
        if not stat.S_ISREG(self.state.st_mode):
            os.close(self._fd)
            raise InputError(f"{path}: is no regular file; expected one that lines are appended to")
        self.head = os.pread(self._fd, min(HEAD_BYTES, offset), 0)
        self.cutter = Cutter(offset)
        self._at = offset

    def read(self) -> bytes:
        """What comes next; empty at the end as it is now, and when it was rewritten since."""
        piece = os.pread(self._fd, DELIVERY_BYTES, self._at)
        if piece and self._at and self.is_rewritten():  # asked behind the reading, so that no moment lies between
            return b""
        if piece and self._at == 0:
            check_encoding(piece[:4], self.path)
        if len(self.head) < HEAD_BYTES:
            self.head += piece[: HEAD_BYTES - len(self.head)]
        self._at += len(piece)
        return piece

    def size(self) -> int:
        """As it is now."""
        return os.fstat(self._fd).st_size

    def changed_ns(self) -> int:
        """When it was last written."""
        return os.fstat(self._fd).st_mtime_ns

    def is_rewritten(self) -> bool:
        """Was it cut off, or filled anew, since it was read?"""
        return self.size() < self._at or os.pread(self._fd, len(self.head), 0) != self.head

    def place(self) -> Place:
        """Behind the last line that was handed over."""
        head = self.head[: self.cutter.offset]
        return Place(self.state.st_dev, self.state.st_ino, self.cutter.offset, len(head), hash_of(head))

    def close(self) -> None:
        """Read no more; again: nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class PackedFile:
    """A gzip or zstd file, which is read once, from where it was read to."""

    packed = True
    passing = False

    def __init__(self, path: str, before: Place | None) -> None:
        self.path = path
        self.head = b""
        self._source = Source(path)
        self.state = os.fstat(self._source.fd)
        self._pieces: Iterator[bytes] = plain_bytes(self._source)
        self.cutter = Cutter()
        if before is not None and before.offset and not self._skip(before):
            self._source.close()
            self._source = Source(path)
            self._pieces, self.cutter, self.head = plain_bytes(self._source), Cutter(), b""

    _pushed = b""
    _is_open = True

    def _skip(self, before: Place) -> bool:
        """Go on at a place. False: this is another file."""
        left = before.offset
        for piece in self._pieces:
            self._note(piece)
            left -= len(piece)
            if left <= 0:
                self._pushed = piece[len(piece) + left :]
                break
        self.cutter = Cutter(before.offset)
        return left <= 0 and hash_of(self.head[: before.known]) == before.head

    def _note(self, piece: bytes) -> None:
        if len(self.head) < HEAD_BYTES:
            self.head += piece[: HEAD_BYTES - len(self.head)]

    def read(self) -> bytes:
        """What comes next; empty at the end. Raises InputError when it is broken."""
        if self._pushed:
            pushed, self._pushed = self._pushed, b""
            return pushed
        for piece in self._pieces:
            if piece:
                self._note(piece)
                return piece
        return b""

    def size(self) -> int:
        """Packed files are read to their end at once; what is left of them is not known in lines."""
        return self.cutter.offset

    def place(self) -> Place:
        """Behind the last line that was handed over."""
        head = self.head[: self.cutter.offset]
        return Place(self.state.st_dev, self.state.st_ino, self.cutter.offset, len(head), hash_of(head))

    def close(self) -> None:
        """Read no more; again: nothing."""
        if self._is_open:
            self._is_open = False
            self._source.close()


Opened = PlainFile | PackedFile


def holds(path: str, place: Place, *, same_file: bool) -> bool:
    """Does the file go on where a place is? `same_file`: it is also the same file of the disk, whatever it is called now."""
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode) or state.st_size < place.offset:
            return False
        if same_file and (state.st_dev, state.st_ino) != (place.device, place.inode):
            return False
        with Path(path).open("rb") as file:
            return hash_of(file.read(place.known)) == place.head
    except OSError:
        return False


def beside(path: str) -> list[str]:
    """The files in the folder of `path`, without it."""
    folder, own = os.path.split(path)
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in islice(entries, BESIDE_MAX) if entry.name != own]
    except OSError:
        return []
    return [os.path.join(folder, name) for name in sorted(names)]


def rotated_names(path: str) -> list[str]:
    """Those beside `path` that are called as rotation calls them: events.jsonl.1, events.jsonl-20260301, events-2026.jsonl."""
    own = os.path.basename(path)
    stem, ending = os.path.splitext(own)
    mark = r"[._-][0-9][0-9._:TZ-]*"
    pattern = re.compile(f"{re.escape(own)}{mark}|{re.escape(stem)}{mark}{re.escape(ending)}")
    return [name for name in beside(path) if pattern.fullmatch(os.path.basename(name))]


def rest_of(path: str, place: Place) -> str | None:
    """Where the file is now that was read up to `place`: renamed, or copied before it was cut off."""
    for name in beside(path):
        if holds(name, place, same_file=True):
            return name
    for name in rotated_names(path):
        if holds(name, place, same_file=False):
            return name
    return None


def newer_than(path: str, changed_ns: int) -> list[str]:
    """Plain files that were rotated out of `path` and last written after that instant, oldest first."""
    found: list[tuple[int, str]] = []
    for name in rotated_names(path):
        try:
            state = os.stat(name)
            if stat.S_ISREG(state.st_mode) and state.st_mtime_ns > changed_ns and not is_packed(name):
                found.append((state.st_mtime_ns, name))
        except OSError:
            continue
    return [name for _, name in sorted(found)]
