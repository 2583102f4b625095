"""Bytes of files and pipes as chunks of whole lines: gzip and zstd unpacked, long lines cut off, memory bounded."""

from __future__ import annotations

import os
import stat
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from rtj.base.errors import InputError, MissingExtra

CHUNK_BYTES = 1 << 17  # a chunk and its events fit the cache of a core, and the allocator reuses their memory
LINE_MAX = 1 << 24  # bytes of the longest line; a longer one is a dead letter of which the start is kept
START_KEPT = 1 << 14  # bytes kept of a line that is too long
ZSTD_STEP = 1 << 13  # packed bytes unpacked at once, so that a dense stream cannot fill the memory

Packing: TypeAlias = Literal["plain", "gzip", "zstd"]
_MAGIC: tuple[tuple[bytes, Packing], ...] = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_WIDE = ((b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line over the bound: its first bytes."""

    start: bytes


Piece: TypeAlias = bytes | TooLong


class Unpacker(Protocol):
    """An incremental decompressor; `finish` raises InputError when the stream ends in its middle."""

    def feed(self, packed: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None: ...


class _Gzip:
    """gzip, also several members behind each other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._member = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        try:
            while packed:
                if self._member.eof:
                    packed = packed.lstrip(b"\0")  # padding between members
                    if not packed:
                        return
                    self._member = zlib.decompressobj(wbits=31)
                self._begun = True
                yield self._member.decompress(packed, CHUNK_BYTES)
                packed = self._member.unconsumed_tail or self._member.unused_data
        except zlib.error as error:
            raise InputError(f"{self._name}: broken gzip: {error}") from error

    def finish(self) -> None:
        if self._begun and not self._member.eof:
            raise InputError(f"{self._name}: the gzip stream ends in its middle; the file is cut off")


class _Zstd:
    """zstd, also several frames behind each other."""

    def __init__(self, name: str) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtra(f"reading {name}", "zstd") from error
        self._name, self._error = name, zstandard.ZstdError
        self._new = zstandard.ZstdDecompressor().decompressobj
        self._frame = self._new()
        self._begun = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        try:
            for start in range(0, len(packed), ZSTD_STEP):
                part = packed[start : start + ZSTD_STEP]
                while part:
                    if self._frame.eof:
                        self._frame = self._new()
                    self._begun = True
                    yield self._frame.decompress(part)
                    part = self._frame.unused_data
        except self._error as error:
            raise InputError(f"{self._name}: broken zstd: {error}") from error

    def finish(self) -> None:
        if self._begun and not self._frame.eof:
            raise InputError(f"{self._name}: the zstd stream ends in its middle; the file is cut off")


def packing_of(start: bytes) -> Packing:
    """How the bytes are packed, by their first ones, whatever the file is called."""
    return next((packing for magic, packing in _MAGIC if start.startswith(magic)), "plain")


def check_encoding(start: bytes, name: str) -> None:
    """Raise InputError when the text announces itself as something other than UTF-8."""
    for mark, encoding in _WIDE:
        if start.startswith(mark):
            raise InputError(f"{name}: the file is {encoding}; expected UTF-8 (iconv -f {encoding} -t UTF-8 converts it)")


class Source:
    """An open file, or stdin. `size` is 0 when it is not known; `regular` files can be read again and in slices."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = "stdin" if path == "-" else path
        self._owned = path != "-"
        try:
            self.fd = os.open(path, os.O_RDONLY) if self._owned else sys.stdin.fileno()
            state = os.fstat(self.fd)
        except (OSError, ValueError) as error:
            raise InputError(f"{self.name}: {_plain_words(error)}") from error
        if stat.S_ISDIR(state.st_mode):
            os.close(self.fd)
            raise InputError(f"{self.name}: is a directory; expected a file of events, one JSON object a line")
        self.regular = stat.S_ISREG(state.st_mode) and self._owned
        self.size = state.st_size if self.regular else 0
        self.done = 0  # bytes read so far
        self._start: bytes | None = None

    def start(self) -> bytes:
        """The first bytes, which are read only once."""
        if self._start is None:
            self._start = os.pread(self.fd, 8, 0) if self.regular else self._peek()
            check_encoding(self._start, self.name)
        return self._start

    def _peek(self) -> bytes:
        found = b""
        while len(found) < 4 and (more := self._raw(CHUNK_BYTES)):
            found += more
            if b"\n" in found:
                break
        self._pushed = found
        return found

    _pushed = b""

    def _raw(self, size: int) -> bytes:
        try:
            return os.read(self.fd, size)
        except OSError as error:
            raise InputError(f"{self.name}: {_plain_words(error)}") from error

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Whatever bytes there are, at most `size`; waits for the first; empty at the end."""
        if self._pushed:
            found, self._pushed = self._pushed, b""
        else:
            found = self._raw(size)
        self.done += len(found)
        return found

    def seek(self, offset: int) -> None:
        os.lseek(self.fd, offset, os.SEEK_SET)

    def close(self) -> None:
        if self._owned:
            os.close(self.fd)


def _plain_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def plain_bytes(source: Source) -> Iterator[bytes]:
    """The bytes of a source from its start, unpacked, as they come."""
    packing = packing_of(source.start())
    if packing == "plain":
        while piece := source.read():
            yield piece
        return
    unpacker: Unpacker = _Gzip(source.name) if packing == "gzip" else _Zstd(source.name)
    first = True
    while packed := source.read():
        for piece in unpacker.feed(packed):
            if first and piece:
                check_encoding(piece[:4], source.name)
                first = False
            yield piece
    unpacker.finish()


def whole_lines(pieces: Iterator[bytes], bom: bool = True) -> Iterator[Piece]:
    """Cut bytes at line ends; the last line may lack its own. `bom`: the text may begin with a byte order mark."""
    held: list[bytes] = []
    held_bytes = 0
    for raw in pieces:
        piece = raw.removeprefix(_BOM) if bom else raw
        bom = bom and not raw
        cut = piece.rfind(b"\n") + 1
        if not cut:
            held.append(piece)
            held_bytes += len(piece)
            if held_bytes > LINE_MAX:  # the rest of this line is let go as it comes
                held = [b"".join(held)[:START_KEPT]]
            continue
        if held_bytes > LINE_MAX:
            yield TooLong(held[0])
            first = piece.index(b"\n") + 1
            if first < cut:
                yield piece[first:cut]
        else:
            yield b"".join((*held, piece[:cut])) if held else piece[:cut]
        rest = piece[cut:]
        held, held_bytes = ([rest], len(rest)) if rest else ([], 0)
    if held_bytes > LINE_MAX:
        yield TooLong(held[0])
    elif held:
        yield b"".join(held)


def source_lines(source: Source) -> Iterator[Piece]:
    """All lines of a source, in chunks."""
    return whole_lines(plain_bytes(source))


def slice_lines(path: str, part: int, parts: int) -> Iterator[Piece]:
    """The lines that begin in the `part`-th of `parts` equal byte ranges of a plain file."""
    source = Source(path)
    try:
        begin, end = source.size * part // parts, source.size * (part + 1) // parts
        yield from whole_lines(_range_bytes(source, begin, end), bom=part == 0)
    finally:
        source.close()


def _range_bytes(source: Source, begin: int, end: int) -> Iterator[bytes]:
    """From the first line start at or after `begin` to the end of the line that holds byte `end` - 1."""
    if begin >= end:
        return
    at = max(begin - 1, 0)
    source.seek(at)
    skipping = begin > 0
    while at < source.size:
        piece = source.read(min(CHUNK_BYTES, source.size - at))
        if not piece:
            return
        start, at = at, at + len(piece)
        if skipping:
            cut = piece.find(b"\n") + 1
            if not cut:
                continue
            if start + cut >= end:
                return
            skipping = False
            piece, start = piece[cut:], start + cut
        if at >= end:
            cut = piece.find(b"\n", max(end - 1 - start, 0)) + 1
            if cut:
                yield piece[:cut]
                return
        yield piece


def dealt_lines(source: Source, part: int, parts: int) -> Iterator[tuple[Piece, bool]]:
    """All chunks of a source, and whether each is the share of `part`: a packed file is unpacked by every worker, and each
    decodes its share."""
    for number, piece in enumerate(source_lines(source)):
        yield piece, number % parts == part
