"""A file that grows: followed to its end and beyond, over rotation by rename and by copy and truncate, and over restarts.

A position is the file (device, inode), how far it was read, and a hash of its first bytes, by which a file that took the place of
another is told from it. What stood in the old file and was not read yet is looked for beside the new one, under its rotated name.
What a writer appends to an old file more than `ROTATE_QUIET_S` after its last line is not seen any more; nor is what is written
between the copy and the cut of a rotation by copy, which no reader can see.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping

import msgspec

from rtj.connect.feed_opened import Opened, PackedFile, Place, PlainFile, holds, is_packed, newer_than, rest_of
from rtj.connect.feed_port import Lag
from rtj.connect.feed_thread import ThreadFeeder, now_ms
from rtj.connect.inbox import Closing, Delivery, Opening, Refused, Remark

POLL_S = 0.02  # so often the end of a file is looked at
ABSENT_S = 0.2  # so often it is looked whether a file is there
ROTATE_QUIET_S = 1.0  # a file that was renamed is left when nothing was appended for so long

_decode_place = msgspec.json.Decoder(Place).decode


class FileFeeder(ThreadFeeder):
    """A file as a stream that is called as its source. `once`: it is read to its end and closed, not followed; so is a packed
    file."""

    def __init__(self, name: str, path: str, *, once: bool = False) -> None:
        super().__init__(name)
        self._path, self._once = path, once
        self._file: Opened | None = None
        self._ahead: deque[str] = deque()  # files to be read before `path`
        self._quiet_since = 0.0
        self._begun = False

    def lag(self) -> Mapping[str, Lag]:
        """Bytes of the file that is being read, and of those before `path`."""
        file = self._file
        if file is None:
            return {}
        try:
            behind = file.size() - file.cutter.offset + sum(os.stat(name).st_size for name in self._ahead)
        except OSError:  # rotated away just now
            return {}
        return {self.name: Lag(max(behind, 0), "bytes")}

    def work(self) -> None:
        """Follow the file."""
        if not self._begun:
            self._begun = True
            self.tell(Opening(self.name))
        self._file = self._begin()
        try:
            while self._file is not None and not self.stopped.is_set():
                self._file = self._step(self._file)
        finally:
            if self._file is not None:
                self._file.close()
                self._file = None

    # -- where to begin

    def _begin(self) -> Opened | None:
        """The file to read first; waits for it. None: stopped."""
        stored = self.positions.get(self.name)
        place = None if stored is None else _decode_place(stored)
        self._ahead.clear()
        while not self.stopped.is_set():
            try:
                return self._found(place)
            except FileNotFoundError:
                if self._once:
                    self.tell(Remark(self.name, "missing", f"{self._path}: no such file; there is nothing to read"))
                    self.tell(Closing(self.name, "no file"))
                    return None
                self.fares_badly("missing", f"{self._path}: no such file; waiting for it")
                if place is None:  # what never was can hold nobody up
                    self.idle(self.name)
                self.stopped.wait(ABSENT_S)
        return None

    def _found(self, place: Place | None) -> Opened:
        if place is None or not place.offset:
            return self._open_path(None)
        if os.path.exists(self._path) and is_packed(self._path):
            return PackedFile(self._path, place)
        if holds(self._path, place, same_file=True):
            return PlainFile(self._path, place.offset)
        rest = rest_of(self._path, place)
        if rest is not None:
            self.tell(Remark(self.name, "rotated", f"{self._path} was rotated meanwhile; first the rest of {rest} is read"))
            return self._rest(rest, place)
        if holds(self._path, place, same_file=False):  # moved to another disk, or restored
            return PlainFile(self._path, place.offset)
        file = self._open_path(None)
        words = (
            f"{self._path} is another file than before, and the old one is not beside it; what was not read of that is missing"
        )
        self.tell(Remark(self.name, "rest_missing", words))
        return file

    def _rest(self, rest: str, place: Place) -> PlainFile:
        file = PlainFile(rest, place.offset, passing=True)
        self._ahead.extend(name for name in newer_than(self._path, file.state.st_mtime_ns) if name != rest)
        return file

    def _open_path(self, place: Place | None) -> Opened:
        return PackedFile(self._path, place) if is_packed(self._path) else PlainFile(self._path)

    # -- reading

    def _step(self, file: Opened) -> Opened | None:
        """Read on, or wait. Returns the file to go on with."""
        piece = file.read()
        if piece:
            self._quiet_since = time.monotonic()
            self._give(file, *file.cutter.cut(piece))
            return file
        self.fares_well()
        if isinstance(file, PackedFile) or self._once:
            self._give(file, *file.cutter.end())
            if not self.stopped.is_set():
                self.tell(Closing(self.name, "end of file"))
            file.close()
            return None
        if file.passing:
            return self._go_over(file)
        if file.is_rewritten():
            return self._rewritten(file)
        if self._is_replaced(file):
            if time.monotonic() - self._quiet_since < ROTATE_QUIET_S:
                self.stopped.wait(POLL_S)
                return file
            self._ahead.extend(newer_than(self._path, file.changed_ns()))
            self.tell(Remark(self.name, "rotated", f"{self._path} is a new file; the old one is read to its end"))
            return self._go_over(file)
        self.idle(self.name)
        self.stopped.wait(POLL_S)
        return file

    def _is_replaced(self, file: PlainFile) -> bool:
        try:
            state = os.stat(self._path)
        except FileNotFoundError:
            return False  # between the two steps of a rotation, or gone for good: there is nothing else to read
        return (state.st_dev, state.st_ino) != (file.state.st_dev, file.state.st_ino)

    def _rewritten(self, file: PlainFile) -> Opened:
        """The file was cut off or filled anew under our eyes: its copy has what we have not read."""
        place = file.place()
        rest = rest_of(self._path, place) if place.offset else None
        if rest is None:
            self._give(file, *file.cutter.end())
            words = f"{self._path} was cut off or filled anew, and no copy is beside it; it is read from its start"
        else:
            words = f"{self._path} was cut off; first the rest of its copy {rest} is read"
        self.tell(Remark(self.name, "truncated", words))
        file.close()
        return self._open_path(None) if rest is None else self._rest(rest, place)

    def _go_over(self, file: Opened) -> Opened | None:
        """To the next file, behind the last line of this one."""
        self._give(file, *file.cutter.end())
        file.close()
        while self._ahead and not self.stopped.is_set():
            name = self._ahead.popleft()
            try:
                return PlainFile(name, passing=True)
            except FileNotFoundError:
                self.tell(Remark(self.name, "rest_missing", f"{name} is gone before it was read"))
        return None if self.stopped.is_set() else self._open_path(None)

    def _give(self, file: Opened, text: bytes, refused: tuple[Refused, ...]) -> None:
        if text or refused:
            position = msgspec.json.encode(file.place())
            self.hand(Delivery(self.name, text, position, now_ms(), refused=refused))
