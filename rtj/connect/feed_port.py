"""What a source is to the run: something with a thread of its own that fills the inbox and says how it fares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from rtj.connect.inbox import Inbox

LIVE_LINE_MAX = 1 << 22  # bytes of the longest line of a live source; a longer one is a dead letter of which the start is kept
DELIVERY_BYTES = 1 << 18  # a feeder hands over about so many bytes at once, or one line
GRAIN_MS = 1_000  # lines of one delivery were received at most so long before the delivery says


@dataclass(frozen=True, slots=True)
class Lag:
    """How much of a stream was not handed over yet, as far as its feeder knows."""

    behind: int
    unit: str  # "bytes" or "messages"


class Feeder(Protocol):
    """One source. The methods are called by the run's thread and return at once, except `close`.

    `start` raises UsageError or MissingExtra when the source can never be read as it is set. What goes wrong later is tried again
    with growing pauses, told once as a `Remark`, and stands in `trouble` until it is over.
    """

    @property
    def name(self) -> str:
        """That of the source; its streams are called so, or `name[partition]`."""
        ...

    def start(self, inbox: Inbox, positions: Mapping[str, bytes]) -> None:
        """Begin to read. `positions`: those of the store, by the names of streams; a stream that is not in it is new."""
        ...

    def stop(self) -> None:
        """Read no more. What was read and did not get into the inbox is forgotten: it is read again from the stored position."""
        ...

    def close(self) -> None:
        """After the last commit: acknowledge what is done, and leave. Waits for the thread, at most a few seconds."""
        ...

    def lag(self) -> Mapping[str, Lag]:
        """By the names of streams, for metrics."""
        ...

    def counts(self) -> Mapping[str, int]:
        """What is worth counting beside lines, by a word for metrics: `null_values`, `retries` …"""
        ...

    def trouble(self) -> str:
        """What keeps it from reading, in words for whoever is on call; "" when all is well. Readiness shows it."""
        ...

    def failure(self) -> BaseException | None:
        """What ended its thread though it should not have: a mistake of ours, by which the run ends."""
        ...
