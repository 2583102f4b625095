"""What happens to a run, as lines for whoever operates it: JSON, or plain words on a terminal.

No personal data goes in: events are named by constants, fields are names of the project, numbers, and words of ours. The same
again and again is told a few times a minute, then counted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Value: TypeAlias = str | int | float | bool | None

BURST = 5  # lines of one event with the same `where` in one window; further ones are counted
WINDOW_S = 60.0
KEYS_MAX = 1_000  # events counted apart; all are forgotten when there are more
TEXT_MAX = 500  # characters of a field
_RANK: dict[Level, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Stream(Protocol):
    """Where lines go, such as a file."""

    def write(self, text: str, /) -> int: ...
    def flush(self) -> None: ...


class Journal:
    """Writes lines to a stream; any thread may. A stream that cannot be written to is no reason to stop: lines are lost, and
    `lost` counts them."""

    def __init__(
        self,
        stream: Stream,
        *,
        form: Literal["json", "plain"] = "json",
        least: Level = "info",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stream, self._json, self._least, self._clock = stream, form == "json", _RANK[least], clock
        self._lock = Lock()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}  # event, where -> since when, how often
        self.lost = 0

    def debug(self, event: str, **fields: Value) -> None:
        """For whoever looks for a fault of ours."""
        self._tell("debug", event, fields)

    def info(self, event: str, **fields: Value) -> None:
        """As it should be."""
        self._tell("info", event, fields)

    def warning(self, event: str, **fields: Value) -> None:
        """Somebody should look at it, soon."""
        self._tell("warning", event, fields)

    def error(self, event: str, **fields: Value) -> None:
        """Something does not work."""
        self._tell("error", event, fields)

    def _tell(self, level: Level, event: str, fields: dict[str, Value]) -> None:
        """`where`, a field, tells apart what is counted apart: a source, a channel."""
        if _RANK[level] < self._least:
            return
        now = self._clock()
        with self._lock:
            left_out = self._repeats(event, str(fields.get("where", "")), now)
            if left_out is None:
                return
            if left_out:
                fields = {**fields, "left_out": left_out}
            line = self._line(now, level, event, {name: _short(value) for name, value in fields.items()})
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):  # closed, full, gone
                self.lost += 1

    def _repeats(self, event: str, where: str, now: float) -> int | None:
        """How many were left out since the last line of the same; None: this one is left out too."""
        key = (event, where)
        since, count = self._seen.get(key, (now, 0))
        left_out = 0
        if now - since >= WINDOW_S:
            left_out, since, count = max(0, count - BURST), now, 0
        if len(self._seen) >= KEYS_MAX and key not in self._seen:
            self._seen.clear()
        self._seen[key] = (since, count + 1)
        return None if count >= BURST else left_out

    def _line(self, now: float, level: Level, event: str, fields: dict[str, Value]) -> str:
        stamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._json:
            record: dict[str, Any] = {"time": stamp, "level": level, "event": event, **fields}
            return msgspec.json.encode(record).decode() + "\n"
        words = " ".join(f"{name}={value}" for name, value in fields.items() if value is not None)
        return f"{stamp[11:19]} {level:<7} {event} {words}".rstrip() + "\n"


def _short(value: Value) -> Value:
    """On one line, and not too long."""
    if not isinstance(value, str):
        return value
    text = "".join(c if c.isprintable() else " " for c in value[: TEXT_MAX + 1])
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


class Bridge(logging.Handler):
    """Brings what libraries log to a journal: the name of the library and the level, and its words where they are constants of
    its own, never the arguments or the trace, which may be anybody's."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """One line of a library."""
        tell = self._journal.error if record.levelno >= logging.ERROR else self._journal.warning
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        tell("library", where=record.name, words=str(record.msg).strip(), error=kind)
