"""When streams are idle the clock of the machine moves theirs, by ticks that are logged (S11.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rtj.ir.entries import Tick
from rtj.run.following import Follower


class Ticker:
    """Knows which streams are idle. `idle_ms`: by source, after how long of silence its streams tick; 0: never."""

    def __init__(self, idle_ms: Mapping[str, int]) -> None:
        self._idle_ms = idle_ms
        self._since: dict[str, int] = {}

    def came(self, stream: str) -> None:
        """Something came of a stream, or it is not known whether there is more."""
        self._since.pop(stream, None)

    def idle(self, stream: str, since_ms: int) -> None:
        """All there was of a stream was handed over, and nothing since then."""
        self._since[stream] = since_ms

    def ticks(self, follower: Follower, now_ms: int) -> Iterator[Tick]:
        """Ticks for streams that have been idle long enough, where something waits for the clock."""
        for number, stream in follower.streams.items():
            idle_ms, since = self._idle_ms.get(stream.source, 0), self._since.get(stream.name)
            if since is None or not idle_ms or now_ms - since < idle_ms:
                continue
            at = now_ms - idle_ms - stream.lateness_ms
            if at > stream.watermark and follower.wants(at):
                yield Tick(number, at)
