"""A partition that is ours now: its messages become deliveries, and it is known how far each of its readers is."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from rtj.connect.feed_kafka_places import Place
from rtj.connect.feed_port import DELIVERY_BYTES, GRAIN_MS
from rtj.connect.feed_thread import now_ms
from rtj.connect.feed_values import Value
from rtj.connect.inbox import Delivery, Refused

if TYPE_CHECKING:
    from confluent_kafka import Message


class Partition:
    """`next`: the offset behind what was read, `handed` behind what is in the inbox, `done` behind what our store has committed,
    `told` what the group knows. `progress` is notified when `done` grows. `at_end`: there was no more than up to `end`, which may
    be behind `next`: the marks of transactions have offsets too."""

    __slots__ = ("_progress", "at_end", "done", "end", "handed", "next", "number", "pending", "stream", "told")

    def __init__(self, number: int, stream: str, offset: int, progress: threading.Condition) -> None:
        self.number, self.stream, self._progress = number, stream, progress
        self.next = self.handed = self.done = self.told = offset
        self.pending: deque[tuple[Delivery, int]] = deque()  # read and not handed over, with the offset behind it
        self.at_end = False
        self.end = offset

    @property
    def reached(self) -> int:
        """Up to which offset there is nothing that was not read."""
        return max(self.next, self.end) if self.at_end else self.next

    def read(self, messages: list[Message], line_of: Callable[[bytes], Value], topic: str) -> int:
        """Put messages among the pending, in deliveries of about DELIVERY_BYTES that were received within GRAIN_MS. Returns how
        many have no value. `topic`: which topic of its name it is."""
        lines: list[bytes] = []
        refused: list[Refused] = []
        size, begun, received, now, empty = 0, 0, 0, now_ms(), 0
        for message in messages:
            offset, value, (_, stamp) = message.offset() or 0, message.value(), message.timestamp()
            if offset < self.next:
                continue  # fetched before a pause
            self.at_end = False
            stamp = min(stamp, now) if stamp > 0 else now
            if (lines or refused) and (size >= DELIVERY_BYTES or abs(stamp - begun) > GRAIN_MS):
                self._pack(lines, refused, received, topic)
                lines, refused, size = [], [], 0
            if not lines and not refused:
                begun = received = stamp
            received = max(received, stamp)
            line = line_of(value) if value else b""
            self.next = offset + 1
            if isinstance(line, Refused):
                refused.append(line)
            elif line:
                lines.append(line)
                size += len(line)
            else:
                empty += 1
        if lines or refused:
            self._pack(lines, refused, received, topic)
        return empty

    def _pack(self, lines: list[bytes], refused: list[Refused], received: int, topic: str) -> None:
        text = b"\n".join((*lines, b""))
        place = msgspec.json.encode(Place(topic, self.next, received))
        done = partial(self._is_done, self.next)
        self.pending.append((Delivery(self.stream, text, place, received, done, tuple(refused)), self.next))

    def _is_done(self, offset: int) -> None:
        with self._progress:
            self.done = max(self.done, offset)
            self._progress.notify_all()
