"""The vitals of a run as one looks at them: how much in a second, over the last seconds."""

from __future__ import annotations

import time
from collections import Counter, deque
from itertools import pairwise

from rtj.live.vitals import Vitals

RATE_S = 5.0  # a rate is over so long
KEPT = 60  # looks that are kept


class Dials:
    """Look at it about once a second, by one thread. `vitals`: those of the run; `began`: by the monotonic clock."""

    def __init__(self, vitals: Vitals) -> None:
        self.vitals = vitals
        self.began = time.monotonic()
        self.events: Counter[str] = Counter()  # by source
        self.ended = False  # the run is over, and these are its last values
        self._looks: deque[tuple[float, Counter[str]]] = deque([(self.began, self.events)], maxlen=KEPT)

    def look(self, now: float) -> None:
        """Take what is so now, by the monotonic clock."""
        self.events = Counter()
        for (_, source), number in self.vitals.events.read().items():
            self.events[source] += number
        self._looks.append((now, self.events))

    def per_second(self, source: str | None = None) -> float:
        """Events in a second, of a source or of all."""
        if len(self._looks) < 2:
            return 0.0
        now, events = self._looks[-1]
        then, before = next((look for look in self._looks if now - look[0] <= RATE_S), self._looks[-2])
        if then == now:
            then, before = self._looks[-2]
        more = events.total() - before.total() if source is None else events[source] - before[source]
        return more / max(now - then, 0.001)

    def course(self, most: int) -> list[float]:
        """Events in a second between the last looks, the oldest first."""
        looks = list(self._looks)[-most - 1 :]
        return [(new.total() - old.total()) / max(now - then, 0.001) for (then, old), (now, new) in pairwise(looks)]

    @property
    def lived_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began
