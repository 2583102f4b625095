"""A rate limit: so many a second, with bursts of one second at most. It delays and decides nothing (S7.1)."""

from __future__ import annotations


class Bucket:
    """Tokens that come back with time; `per_second` 0 is no limit."""

    __slots__ = ("_at", "_per_second", "_tokens")

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._tokens = max(1.0, per_second)
        self._at = 0.0

    def grant(self, wanted: int, now: float) -> int:
        """How many of those wanted may go at this second (monotonic)."""
        if self._per_second <= 0:
            return wanted
        most = max(1.0, self._per_second)
        self._tokens = min(most, self._tokens + max(0.0, now - self._at) * self._per_second) if self._at else most
        self._at = now
        return min(wanted, int(self._tokens))

    def spend(self, sent: int) -> None:
        """So many went."""
        if self._per_second > 0:
            self._tokens -= sent

    def wait(self) -> float:
        """Seconds until one may go."""
        if self._per_second <= 0 or self._tokens >= 1:
            return 0.0
        return (1 - self._tokens) / self._per_second
