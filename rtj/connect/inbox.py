"""The bounded queue between the sources, each with its thread, and the one thread that works and commits.

**Order.** What one stream puts is taken in the order in which it was put: nothing overtakes within a stream, whichever lane lets
it in. Between streams there is no order to keep: the clock is the slowest watermark (S1.3), and events wait for it and are worked
by (`ts`, source, position) (S1.2). So the order within a person is the same, whoever is let in first. What the lane of `first`
types gains is being let in, and so acknowledged, while others wait at the door; not being worked before its time.

**Bounds.** `INBOX_BYTES` for all, and `FIRST_BYTES` beside them for deliveries that have only `first` types. An item gets in
while its lane is below its bound, so a lane may be above it by one item; who is refused waits, which holds its source back.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rtj.connect.lanes import Lanes, without
from rtj.connect.letters import Reason

INBOX_BYTES = 64 << 20  # held in the ordinary lane
FIRST_BYTES = 8 << 20  # held in the lane of `first` types
ITEM_BYTES = 512  # counted for an item beside its text, so that small items are bounded too
QUANTUM_BYTES = 1 << 16  # a stream's share of each round of `take`
HIGH_WATER = 0.8  # of the bound; above it for SHED_AFTER_S, lines of `shed` types are let go
SHED_AFTER_S = 2.0
LOOK_S = 0.1  # who waits for room looks so often whether it should give up


def _nothing() -> None:
    """Nobody waits for the commit."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that can be no event whatever its format: it becomes a dead letter. `start`: its first bytes."""

    reason: Reason
    detail: str
    start: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whole lines of one stream. `text`: each with its line end, one record a line, perhaps none. `position`: JSON, opaque to all
    but the feeder, from which it goes on after these lines: committed together with them. `received_ms`: by the clock of the
    machine or of the source. `done` is called once, from the run's thread, when the lines are committed; it returns at once and
    does not raise."""

    stream: str
    text: bytes
    position: bytes
    received_ms: int
    done: Callable[[], None] = _nothing
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """A stream begins, or begins again: from now on it holds the clock back."""

    stream: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A stream has ended, or somebody else reads it now. `why` in words."""

    stream: str
    why: str


@dataclass(frozen=True, slots=True)
class Idle:
    """All there was is handed over; there has been nothing more since then. It holds until the next delivery of the stream.
    `since_ms` None: it is no more known whether there is more (the connection is lost), so the stream is not idle."""

    stream: str
    since_ms: int | None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something an operator should read in the log. `code` is one word, stable. `stream` may also be the name of a source whose
    streams have names of their own, or "", the inbox."""

    stream: str
    code: str
    words: str


Notice: TypeAlias = Opening | Closing | Idle | Remark
Item: TypeAlias = Delivery | Notice


@dataclass(slots=True)
class _Queue:
    """What is held of one stream. `credit`: bytes that it may still hand over in this round."""

    items: deque[tuple[Item, int, bool]] = field(default_factory=deque)  # with bytes, and whether in the lane of `first`
    credit: int = 0


class Inbox:
    """See the module. `put`, `offer`, `tell` from any thread; `take` from one."""

    def __init__(
        self,
        lanes: Lanes | None = None,
        most_bytes: int = INBOX_BYTES,
        most_first: int = FIRST_BYTES,
        shed_after_s: float = SHED_AFTER_S,
    ) -> None:
        self._lanes = lanes or Lanes()
        self._sorting = bool(self._lanes.first or self._lanes.shed)
        self._most, self._most_first, self._shed_after = most_bytes, most_first, shed_after_s
        self._lock = threading.Lock()
        self._filled = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._queues: dict[str, _Queue] = {}  # those that hold something, the next in turn first
        self._held = self._held_first = 0
        self._high_since: float | None = None
        self._woken = False
        self._shed: dict[str, int] = {}
        self._shed_now: dict[str, int] = {}  # since the last time that shedding began

    # -- for sources

    def put(self, delivery: Delivery, gone: threading.Event | None = None, wait_s: float | None = None) -> bool:
        """Hand over, waiting for room. False: not handed over, because `gone` is set or `wait_s` seconds are over."""
        until = None if wait_s is None else time.monotonic() + wait_s
        types = self._lanes.types(delivery.text) if self._sorting else ()
        while True:
            if self._enter(delivery, types):
                return True
            left = LOOK_S if until is None else min(until - time.monotonic(), LOOK_S)
            if left <= 0 or (gone is not None and gone.is_set()):
                return False
            with self._lock:
                if self._held >= self._most:
                    self._room.wait(left)

    def offer(self, delivery: Delivery) -> bool:
        """Hand over if there is room now."""
        return self._enter(delivery, self._lanes.types(delivery.text) if self._sorting else ())

    def tell(self, notice: Notice) -> None:
        """A notice takes its place behind what its stream has put; there is always room for it."""
        with self._lock:
            queue = self._queues.get(notice.stream)
            if isinstance(notice, Idle) and queue is not None and isinstance(queue.items[-1][0], Idle):
                queue.items.pop()
                self._held -= ITEM_BYTES
            self._append(notice, ITEM_BYTES, first=False)

    # -- for the run

    def take(self, most_bytes: int, wait_s: float) -> list[Item]:
        """About so many bytes of what is held, fair over streams, at least one item; [] when `wait_s` seconds brought nothing, or
        `wake` was called."""
        until = time.monotonic() + wait_s
        with self._lock:
            while not self._queues and not self._woken:
                left = until - time.monotonic()
                if left <= 0:
                    return []
                self._filled.wait(left)
            self._woken = False
            found = self._round(most_bytes)
            self._watch_mark()
            self._room.notify_all()
        return found

    def wake(self) -> None:
        """Let `take` return at once: something else is to be done."""
        with self._lock:
            self._woken = True
            self._filled.notify()

    # -- for metrics

    @property
    def held_bytes(self) -> int:
        """Of both lanes."""
        return self._held + self._held_first

    @property
    def most_bytes(self) -> int:
        """The bound of the ordinary lane."""
        return self._most

    @property
    def fill(self) -> float:
        """How full the ordinary lane is: 1.0 at its bound."""
        return self._held / self._most

    def shed(self) -> Mapping[str, int]:
        """Lines that were let go, by type."""
        with self._lock:
            return dict(self._shed)

    # -- inside

    def _enter(self, delivery: Delivery, types: Sequence[str | None]) -> bool:
        first = bool(types) and self._lanes.first.issuperset(types)
        lost: dict[str, int] = {}
        if types and self._is_shedding():
            text, lost = without(delivery.text, types, self._lanes.shed)
            delivery = replace(delivery, text=text)
            first = first or not text  # what is left to hand over is a position, which is small
        with self._lock:
            ordinary = self._held < self._most
            if not ordinary and not (first and self._held_first < self._most_first):
                return False
            if lost:
                self._count_shed(lost)
            size = len(delivery.text) + sum(len(line.start) for line in delivery.refused)
            self._append(delivery, ITEM_BYTES + size, first=not ordinary)
        return True

    def _append(self, item: Item, size: int, *, first: bool) -> None:
        queue = self._queues.get(item.stream)
        if queue is None:
            queue = self._queues[item.stream] = _Queue()
        queue.items.append((item, size, first))
        if first:
            self._held_first += size
        else:
            self._held += size
            self._watch_mark()
        self._filled.notify()

    def _round(self, most_bytes: int) -> list[Item]:
        """Deficit round robin: each stream in turn hands over what its credit is worth."""
        found: list[Item] = []
        while self._queues and (most_bytes > 0 or not found):
            stream, queue = next(iter(self._queues.items()))
            del self._queues[stream]
            queue.credit += QUANTUM_BYTES
            while queue.items and queue.items[0][1] <= queue.credit and (most_bytes > 0 or not found):
                item, size, first = queue.items.popleft()
                queue.credit -= size
                most_bytes -= size
                if first:
                    self._held_first -= size
                else:
                    self._held -= size
                found.append(item)
            if queue.items:
                self._queues[stream] = queue
        return found

    def _watch_mark(self) -> None:
        if self._held >= self._most * HIGH_WATER:
            if self._high_since is None:
                self._high_since = time.monotonic()
            return
        self._high_since = None
        if self._shed_now:
            words = ", ".join(f"{count:,} {name}" for name, count in sorted(self._shed_now.items()))
            self._shed_now = {}
            self._append(Remark("", "shed_end", f"nothing is let go any more; it was {words}"), ITEM_BYTES, first=False)

    def _is_shedding(self) -> bool:
        since = self._high_since
        return bool(self._lanes.shed) and since is not None and time.monotonic() - since >= self._shed_after

    def _count_shed(self, lost: Mapping[str, int]) -> None:
        if not self._shed_now:
            words = f"the run cannot follow; lines of {', '.join(sorted(self._lanes.shed))} are let go (policies.shed)"
            self._append(Remark("", "shed_begin", words), ITEM_BYTES, first=False)
        for name, count in lost.items():
            self._shed[name] = self._shed.get(name, 0) + count
            self._shed_now[name] = self._shed_now.get(name, 0) + count
