"""Ctrl-C: the first asks the run to stop and say what it knows, the second ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol


class Asked(Protocol):
    """Has somebody asked to stop? A `Stop`, or the event that a parent process sets."""

    def is_set(self) -> bool: ...


class Stop:
    """`waiting` is true while the run is blocked in a read, which only an exception can end."""

    __slots__ = ("_asked", "waiting")

    def __init__(self) -> None:
        self._asked = False
        self.waiting = False

    def is_set(self) -> bool:
        """Was Ctrl-C pressed?"""
        return self._asked

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within the block the first Ctrl-C ends the run: nothing is known yet, and a pipe that is copied may never end."""
        self.waiting = True
        try:
            yield
        finally:
            self.waiting = False

    def press(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Signal handler."""
        again = self._asked
        self._asked = True
        if again or self.waiting:
            raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[Stop]:
    """A `Stop` bound to Ctrl-C while the block runs (in a thread other than the main one: to nothing)."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop.press)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
