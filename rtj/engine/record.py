"""What the kernel reports: trace records with their reasons, and counts."""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum


class Level(IntEnum):
    """How much is recorded. Counts are always kept."""

    COUNTS = 0
    MESSAGES = 1
    TRACE = 2


class Recorder:
    """Collects what happened. `records`: (instant, origin of the profile, number within that instant and profile, payload);
    `counts` by a key such as ("entered", "welcome"), summed over workers by addition."""

    __slots__ = ("counts", "records")

    def __init__(self) -> None:
        self.records: list[tuple[int, str, int, dict[str, object]]] = []
        self.counts: dict[tuple[str, ...], int] = defaultdict(int)
