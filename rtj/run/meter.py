"""How far a run is, told to whoever asked: from the units in which workers count to `Progress`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rtj.run.options import Progress

OnProgress = Callable[[Progress], None]


class TellWorked(Protocol):
    """Is told how many people were run, and which share of all that is."""

    def worked(self, people: int, share: float) -> None: ...


class Part:
    """One of several equal turns: shares of it become shares of the whole."""

    def __init__(self, tell: TellWorked, turn: int, turns: int) -> None:
        self._tell, self._turn, self._turns = tell, turn, turns

    def worked(self, people: int, share: float) -> None:
        """So many people so far, in all turns."""
        self._tell.worked(people, (self._turn + share) / self._turns)


class Meter:
    """Adds up what workers report. `total_bytes` is 0 when it is not known."""

    def __init__(self, on_progress: OnProgress | None, total_bytes: int, workers: int = 1) -> None:
        self._tell, self._total, self._workers = on_progress, total_bytes, workers
        self._bytes = self._events = 0
        self._shares: dict[int, tuple[int, float]] = {}

    def read(self, more_bytes: int, more_events: int) -> None:
        """So much more was read."""
        self._bytes += more_bytes
        self._events += more_events
        if self._tell is not None:
            self._tell(Progress("reading", self._bytes, self._total, "bytes", self._events))

    def worked(self, people: int, share: float, worker: int = 0) -> None:
        """One worker has run so many people, which is this share of its own."""
        self._shares[worker] = (people, share)
        if self._tell is not None:
            done = sum(people for people, _ in self._shares.values())
            total = sum(round(people / share) for people, share in self._shares.values() if share)
            total = total * self._workers // len(self._shares)
            self._tell(Progress("working", done, max(total, done), "people", self._events))

    def wrote(self, records: int) -> None:
        """So many batches of lines were written."""
        if self._tell is not None:
            self._tell(Progress("writing", records, 0, "records", self._events))
