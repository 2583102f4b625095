"""Messages are appended to a file, one line each, each once: also when the process is killed between the write and the commit.

A batch is written, then forced to the disk, then reported. What was written and not committed when the process died is among the
last lines of the file; these are looked at when it is opened, and what is there already is not written again.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from rtj.deliver.port import Again, Done, Parcel, Refused, Sent, short

BATCH_MAX = 1_000
# Between the file and the store lie at most one batch, what waits to be told, and what was told and is being committed.
TAIL_LINES = 32_768
BLOCK = 1 << 20
TRIES_MAX = 10_000  # an unwell disk of ours is no fault of the message
PAUSE_MAX_MS = 30_000


class _Line(msgspec.Struct):
    key: str = ""


_key_of = msgspec.json.Decoder(_Line)


class FileWriter:
    """One file. Nobody else may append to it at the same time: a lock sees to that between processes of rtj."""

    width, most, retries = 1, BATCH_MAX, TRIES_MAX

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # lanes of several channels may share the file
        self._file: int | None = None
        self._identity = (0, 0)
        self._known: set[str] = set()  # keys of the last lines when it was opened

    def pause_ms(self, tries: int) -> int:
        """Half a second at first, half a minute at last."""
        return min(500 << min(tries - 1, 16), PAUSE_MAX_MS)

    def send(self, parcels: Sequence[Parcel]) -> list[Sent]:
        """Append lines and force them to the disk. All of them arrive, or none is reported to have."""
        with self._lock:
            try:
                file = self._opened()
                fresh = [parcel for parcel in parcels if parcel.key not in self._known]
                _write(file, b"".join([parcel.body + b"\n" for parcel in fresh if b"\n" not in parcel.body]))
                os.fsync(file)
            except OSError as error:
                self._shut()  # what of it was written is found when it is opened again
                again = Again(short(f"{self._path.name}: {(error.strerror or str(error)).lower()}"))
                return [again] * len(parcels)
            return [Done() if b"\n" not in parcel.body else Refused("a line with a line end in it") for parcel in parcels]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._shut()

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        """The file, opened again when another has taken its place (rotation)."""
        if self._file is not None:
            try:
                now = os.stat(self._path)
            except FileNotFoundError:
                now = None
            if now is not None and (now.st_dev, now.st_ino) == self._identity:
                return self._file
            self._shut()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = os.fstat(file)
            self._identity = found.st_dev, found.st_ino
            if len(self._known) > 4 * TAIL_LINES:  # it was opened often: long ago everything of them was committed
                self._known = set()
            self._known |= _tail(file, found.st_size)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return file


def _write(file: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(file, view) :]


def _tail(file: int, size: int) -> set[str]:
    """The keys of the last lines. A line that was not written to its end is cut off: nobody was told that it arrived."""
    blocks: list[bytes] = []
    start, lines = size, 0
    while start > 0 and lines <= TAIL_LINES:
        length = min(BLOCK, start)
        start -= length
        blocks.append(os.pread(file, length, start))
        lines += blocks[-1].count(b"\n")
    text = b"".join(reversed(blocks))
    whole = text.rfind(b"\n") + 1
    if whole < len(text):
        os.ftruncate(file, size - (len(text) - whole))
    rows = text[:whole].split(b"\n")[:-1]
    keys = set()
    for row in rows[-TAIL_LINES:]:
        try:
            keys.add(_key_of.decode(row).key)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue  # somebody else's line
    return keys
