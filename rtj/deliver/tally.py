"""How deliveries go, by channel: counts since the process began, and how long they took."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3_600.0)  # bounds of buckets


@dataclass(slots=True)
class Tally:
    """`waiting`: those in hand; `retried`: tries that failed and are repeated; `oldest_ms`: since when the oldest in hand waits,
    by the clock of the machine; `resting`: too much has failed, so that it is tried seldom. `buckets`: deliveries by how long
    they took from the hand-over to the end, counted apart by SECONDS, the last above all; `seconds`: their sum; `error`: why the
    last one that came back has failed, "" where it has not."""

    waiting: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    oldest_ms: int | None = None
    resting: bool = False
    buckets: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    seconds: float = 0.0
    error: str = ""

    def took(self, seconds: float) -> None:
        """One was delivered."""
        self.done += 1
        self.buckets[bisect_left(SECONDS, seconds)] += 1
        self.seconds += seconds
