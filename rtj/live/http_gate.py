"""From requests to the inbox and back: lines are handed over together, and each request hears when its own are committed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass
from functools import partial

from rtj.connect.inbox import Delivery, Idle, Inbox, Opening
from rtj.connect.lanes import Lanes
from rtj.live.http_bodies import RefusalError
from rtj.live.http_records import Sorted

DELIVERY_BYTES = 1 << 18  # handed over at once; one request may be more
WAITING_BYTES = 16 << 20  # of requests for which there was no room in the inbox; further ones are refused at once
ROOM_S = 2.0  # a request waits so long for room
COMMIT_S = 30.0  # and so long for its commit
RETRY_S = 0.01  # between two looks for room
IDLE_S = 0.2  # after so long without a request the stream is said to be idle
NOTHING = b"null"  # the position of a stream that cannot be read again


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request waits, in seconds."""

    room_s: float = ROOM_S
    commit_s: float = COMMIT_S


@dataclass(slots=True, eq=False)
class _Waiting:
    """One request. `types`: those of its lines, where lanes are told apart by them."""

    lines: Sorted
    types: list[str | None]
    future: asyncio.Future[int]
    until: float

    @property
    def size(self) -> int:
        return len(self.lines.text) + sum(len(one.start) for one in self.lines.refused)


def overloaded(word: str, detail: str, after_s: int = 1) -> RefusalError:
    """503: the same request may come again."""
    return RefusalError(503, word, detail, {"retry-after": str(after_s)})


class Gate:
    """The way of one source's requests into the inbox, all in one event loop. Requests that have only `first` types wait in a
    lane of their own, so that others do not hold them up."""

    def __init__(self, stream: str, inbox: Inbox, lanes: Lanes, patience: Patience = Patience()) -> None:
        self._stream, self._inbox, self._lanes, self._patience = stream, inbox, lanes, patience
        self._sorting = bool(lanes.first or lanes.shed)
        self._lines: tuple[deque[_Waiting], deque[_Waiting]] = (deque(), deque())  # ordinary, first
        self._timers: list[asyncio.Handle | None] = [None, None]
        self._idle: asyncio.TimerHandle | None = None
        self._bytes = 0
        self._open = False
        self._last_ms = 0
        self.unanswered = 0  # requests that wait for their commit

    def open(self) -> None:
        """The stream begins. In the loop."""
        self._loop = asyncio.get_running_loop()
        self._inbox.tell(Opening(self._stream))
        self._open = True
        self._last_ms = now_ms()
        self._inbox.tell(Idle(self._stream, self._last_ms))

    def close(self) -> None:
        """No more requests. Those that are not in the inbox are sent away; those that are, hear of their commit. The stream has
        not ended: the next run opens it again."""
        if not self._open:
            return
        self._open = False
        for lane in self._lines:
            while lane:
                self._refuse(lane.popleft(), overloaded("draining", "this run is being stopped"))
        if self._idle is not None:
            self._idle.cancel()

    async def hand(self, lines: Sorted) -> int:
        """Hand over and wait until it is committed. Returns how many of its lines were let go (`policies.shed`). Raises
        RefusalError 503."""
        future = self._enter(lines)
        self.unanswered += 1
        try:
            async with asyncio.timeout(self._patience.commit_s):
                return await future
        except TimeoutError:
            late = "it is not known whether the events got in; send them again, copies are recognised by their ids"
            raise overloaded("late", late, 5) from None
        finally:
            self.unanswered -= 1

    def leave(self, lines: Sorted) -> None:
        """Hand over what nobody waits for, as far as there is room: its sender was told what is wrong with it."""
        with contextlib.suppress(RefusalError):
            self._enter(lines).add_done_callback(_heard)

    def _enter(self, lines: Sorted) -> asyncio.Future[int]:
        if not self._open:
            raise overloaded("draining", "this run is being stopped")
        if self._bytes > WAITING_BYTES:
            raise overloaded("overloaded", "the run cannot follow")
        types = list(self._lanes.types(lines.text)) if self._sorting and lines.text else []
        first = bool(types) and self._lanes.first.issuperset(types)
        waiting = _Waiting(lines, types, self._loop.create_future(), time.monotonic() + self._patience.room_s)
        self._lines[first].append(waiting)
        self._bytes += waiting.size
        if self._timers[first] is None:
            self._timers[first] = self._loop.call_soon(self._flush, int(first))
        return waiting.future

    def _flush(self, lane: int) -> None:
        """Hand over what waits, together."""
        self._timers[lane] = None
        queue = self._lines[lane]
        while queue:
            batch = [queue.popleft()]
            size = batch[0].size
            while queue and size + queue[0].size <= DELIVERY_BYTES:
                size += queue[0].size
                batch.append(queue.popleft())
            if not self._offer(batch):
                self._turn_away(queue, batch)
                if queue:
                    self._timers[lane] = self._loop.call_later(RETRY_S, self._flush, lane)
                return
        self._watch_idle()

    def _turn_away(self, queue: deque[_Waiting], batch: list[_Waiting]) -> None:
        """There is no room: who waited long enough is sent away, the others wait on."""
        now = time.monotonic()
        queue.extendleft(reversed(batch))
        while queue and queue[0].until <= now:
            self._refuse(queue.popleft(), overloaded("overloaded", "the run cannot follow"))

    def _refuse(self, one: _Waiting, refusal: RefusalError) -> None:
        self._bytes -= one.size
        if not one.future.done():
            one.future.set_exception(refusal)

    def _offer(self, batch: list[_Waiting]) -> bool:
        text = b"".join(one.lines.text for one in batch)
        refused = tuple(line for one in batch for line in one.lines.refused)
        self._last_ms = now_ms()
        lots = [sum(name in self._lanes.shed for name in one.types) for one in batch]
        before = self._lost()
        done = partial(self._committed, batch, lots)
        if not self._inbox.offer(Delivery(self._stream, text, NOTHING, self._last_ms, done, refused)):
            return False
        # All lines of such types go or none, and whether they do lasts for seconds: what grew by so many were ours.
        if not sum(lots) or self._lost() - before < sum(lots):
            lots[:] = [0] * len(batch)
        for one in batch:
            self._bytes -= one.size
        return True

    def _lost(self) -> int:
        return sum(self._inbox.shed().values()) if self._lanes.shed else 0

    def _committed(self, batch: list[_Waiting], lots: list[int]) -> None:
        """Called by the run's thread."""
        try:
            self._loop.call_soon_threadsafe(_tell, batch, lots)
        except RuntimeError:  # the loop has ended: nobody waits any more
            return

    def _watch_idle(self) -> None:
        if self._idle is None:
            self._idle = self._loop.call_later(IDLE_S, self._is_idle)

    def _is_idle(self) -> None:
        """Nothing came for a while, and nothing waits at the door."""
        self._idle = None
        if not self._open or any(self._lines):
            return
        if now_ms() - self._last_ms < IDLE_S * 1000:
            self._watch_idle()
        else:
            self._inbox.tell(Idle(self._stream, self._last_ms))


def _tell(batch: list[_Waiting], lots: list[int]) -> None:
    for one, shed in zip(batch, lots, strict=True):
        if not one.future.done():
            one.future.set_result(shed)


def _heard(future: asyncio.Future[int]) -> None:
    """So that nobody complains that an answer was not asked for."""
    if not future.cancelled():
        future.exception()


def now_ms() -> int:
    """Now, by the clock of the machine."""
    return time.time_ns() // 1_000_000
