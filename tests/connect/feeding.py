"""A run in small for tests of feeders: takes from the inbox, commits positions, acknowledges."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from rtj.connect.feed_port import Feeder
from rtj.connect.inbox import Delivery, Inbox, Notice, Remark

WAIT_S = 60


class Taker:
    """`positions` are those of a store; `lines` what was worked, `notices` the rest. It may be used with one feeder after the
    other, as a store is over restarts."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.positions: dict[str, bytes] = {}
        self.lines: list[tuple[str, bytes]] = []
        self.deliveries: list[Delivery] = []
        self.refused: list[str] = []
        self.notices: list[Notice] = []

    def start(self, feeder: Feeder) -> Feeder:
        """Start a feeder from the stored positions, with an empty inbox."""
        self.inbox = Inbox()
        feeder.start(self.inbox, self.positions)
        return feeder

    def step(self, wait_s: float = 0.05) -> None:
        """One micro-batch."""
        batch = self.inbox.take(1 << 20, wait_s)
        for item in batch:
            if isinstance(item, Delivery):
                self.deliveries.append(item)
                self.lines += [(item.stream, line) for line in item.text.split(b"\n") if line]
                self.refused += [line.reason for line in item.refused]
                self.positions[item.stream] = item.position
            else:
                self.notices.append(item)
        for item in batch:
            if isinstance(item, Delivery):
                item.done()

    def until(self, holds: Callable[[], object]) -> None:
        """Work until something holds."""
        end = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end, (self.numbers()[-20:], self.notices[-10:])
            self.step()

    def waits_for(self, holds: Callable[[], object]) -> None:
        """Wait until something holds, and take nothing."""
        end = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.002)

    def numbers(self) -> list[Any]:
        """The `id` of each line, in the order of work."""
        return [json.loads(line)["id"] for _, line in self.lines]

    def codes(self) -> list[str]:
        """Those of remarks."""
        return [notice.code for notice in self.notices if isinstance(notice, Remark)]

    def has(self, kind: type) -> bool:
        """Was such a notice given?"""
        return any(isinstance(notice, kind) for notice in self.notices)


def record(number: int, pad: int = 0) -> bytes:
    """One event."""
    return b'{"id":%d,"type":"view","ts":0,"properties":{"pad":"%s"}}' % (number, b"x" * pad)


def records(*numbers: int) -> bytes:
    """Several, one a line."""
    return b"".join(record(number) + b"\n" for number in numbers)
