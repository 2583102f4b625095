"""How long somebody waits for a store that does not answer, and who is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from rtj.base.errors import OutputError

AWAY_S = 300.0  # so long a run waits for its store: a restart, a failover, a disk that somebody makes room on
ASKED_S = 8.0  # so long a command does, for which somebody waits
PAUSE_FIRST_S, PAUSE_MOST_S = 0.1, 5.0  # between two tries: doubled each time
SLICE_S = 0.25  # so often whoever is told may say that it is enough

Told: TypeAlias = Callable[[str], bool]
"""Hears, again and again while it is waited, what does not work and since when, and "" when it works again. Returns whether there
is time: else it is waited no longer than ASKED_S."""


class AwayError(OutputError):
    """It was waited long enough."""


def _nobody(_words: str) -> bool:
    return True


@dataclass(slots=True)
class Patience:
    """`what` does not work, in words; `seconds`: how long it may be so; `told`: who hears of it."""

    what: str = "the store does not answer"
    seconds: float = ASKED_S
    told: Told = _nobody
    _since: float | None = None
    _began: str = ""
    _pause: float = 0.0

    def again(self, words: str) -> None:
        """It failed, with these words: wait a while, longer each time. Raises AwayError when that was long enough."""
        now = time.monotonic()
        if self._since is None:
            self._since, self._pause = now, PAUSE_FIRST_S
            self._began = datetime.now(UTC).strftime("%H:%M:%S UTC")
        words = f"{words}; {self.what} since {self._began}"
        until = now + self._pause
        self._pause = min(2 * self._pause, PAUSE_MOST_S)
        while True:
            has_time = self.told(f"{words}; it is tried again, for {self.seconds:.0f} s")
            end = self._since + (self.seconds if has_time else min(self.seconds, ASKED_S))
            if until > end:
                tried, self._since = now - self._since, None
                raise AwayError(f"{words}, tried again for {tried:.0f} s")
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, SLICE_S))

    def well(self) -> None:
        """It works."""
        if self._since is not None:
            self._since = None
            self.told("")
