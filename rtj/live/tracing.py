"""The trace of a run as a file: what is in it is what was committed, to the byte, whenever the run was killed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from rtj.base.errors import InputError, OutputError, RefusedError
from rtj.ir.masking import Masker
from rtj.ir.program import Program
from rtj.run.following_trace import HeldLines, held_trace
from rtj.run.output import Record, header_line, trace_rows


class TraceFile:
    """Appends final lines before each commit, which says how long the file is then. What is longer at a start was never
    committed, and is cut off. Only one process has it at a time: one that was stopped, and goes on when another has taken over,
    must not cut off what that one wrote."""

    def __init__(self, path: Path, *, show_pii: bool) -> None:
        """Raises OutputError when it cannot be written, RefusedError when another process has it."""
        self._path, self._show = path, show_pii
        self._committed = 0
        self._pending = b""
        self._held = held_trace_of(None, show_pii=show_pii)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._failed(error) from error
        try:
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise RefusedError(f"{path}: another run still has this trace open; it has to end first") from error

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(f"{self._path}: {(error.strerror or str(error)).lower()}")

    def go_on(self, committed: int, held: bytes | None, *, ours: bool) -> None:
        """Go on behind what was committed. Raises InputError when the file has less, or was not said to be `ours` before and is
        not empty."""
        size = os.fstat(self._fd).st_size
        if size and not ours:
            raise InputError(f"{self._path}: is not empty, and none of it is of this environment; give another file")
        if size < committed:
            raise InputError(
                f"{self._path}: {committed:,} bytes were committed, and it has {size:,}; move it away and give an empty one:"
                " `rtj simulate --log` makes the whole trace anew"
            )
        self._committed = committed
        if held is not None:
            self._held.hold(held)

    def program(self, program: Program) -> None:
        """This program runs now."""
        self._held.rows = held_trace_of(program, show_pii=self._show).rows

    def deployed(self, program: Program, now_ms: int) -> None:
        """A program takes over."""
        self._held.head(header_line(program, now_ms))
        self.program(program)

    def add(self, records: Iterable[Record], clock: int) -> None:
        """Take over what was recorded."""
        self._held.add(records, clock)

    def pending(self) -> tuple[int, bytes | None]:
        """How long the file will be, and what waits for others."""
        self._pending = self._held.take()
        return self._committed + len(self._pending), self._held.held

    def write(self) -> None:
        """Put down what the commit will say. Again changes nothing. Raises OutputError."""
        try:
            os.ftruncate(self._fd, self._committed)
            done = 0
            while done < len(self._pending):
                done += os.pwrite(self._fd, self._pending[done:], self._committed + done)
            if self._pending:
                os.fsync(self._fd)
        except OSError as error:
            raise self._failed(error) from error

    def committed(self) -> None:
        """The commit has succeeded."""
        self._committed += len(self._pending)
        self._pending = b""

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


def held_trace_of(program: Program | None, *, show_pii: bool) -> HeldLines:
    """Lines as this program has them masked."""
    return held_trace(Masker(program, show=show_pii)) if program is not None else HeldLines(trace_rows)
