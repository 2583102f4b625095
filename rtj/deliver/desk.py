"""Who goes next: a desk holds what waits in the order of the outbox, and hands it to lanes.

Of one profile a later message never goes before an earlier one that still waits, whatever their channels; calls wait for nobody.
Of those that may go the highest priority is first, then the smallest number. A lane in which too much fails rests, then tries
again with one batch: so a sink that is down costs little, and what waits for it is not used up. Nothing here has a thread or a
clock; whoever uses a desk holds its lock.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection

from rtj.deliver.rate import Bucket
from rtj.deliver.tally import Tally
from rtj.store.port import OutboxRow, WaitingRow

HELD_MAX = 500_000  # rows in hand; what is beyond stays in the store until there is room
BODIES_MAX = 10_000  # bodies in hand for one lane; beyond, they are read from the store when their turn comes
FAILURES_MAX = 8  # tries of a lane that fail one after the other until it rests
REST_FIRST_S, REST_MAX_S = 0.5, 30.0


class Item:
    """A row in hand. `body` None: it is in the store; `since`: when it came, by the wall clock, in ms."""

    __slots__ = (
        "body",
        "channel",
        "is_call",
        "is_withdrawn",
        "key",
        "lane",
        "next_ms",
        "number",
        "priority",
        "profile",
        "since",
        "tries",
    )

    def __init__(self, row: OutboxRow, lane: Lane, tries: int, next_ms: int) -> None:
        self.number, self.key, self.profile, self.channel = row.number, row.key, row.profile, row.channel
        self.is_call = row.kind == "call"
        self.is_withdrawn = False
        self.priority = row.priority
        self.lane = lane
        self.tries, self.next_ms = tries, next_ms
        self.body: bytes | None = None
        self.since = 0


class Lane:
    """The way to one sink. `ready`: heap of (priority, number); `later`: heap of (instant, number); `hungry`: those whose turn
    has come and whose bodies are in the store; `channels`: all that ever went by it."""

    def __init__(self, name: str, per_second: float = 0.0) -> None:
        self.name = name
        self.bucket = Bucket(per_second)
        self.ready: list[tuple[int, int]] = []
        self.later: list[tuple[int, int]] = []
        self.hungry: set[int] = set()
        self.channels: set[str] = set()
        self.bodies = 0
        self.busy = 0  # batches that are being sent
        self.failures = 0
        self.rests = 0
        self.until = 0.0  # it rests until then (monotonic)

    @property
    def is_unwell(self) -> bool:
        """Is it to be tried with one batch at a time?"""
        return self.failures >= FAILURES_MAX

    def is_active(self, now: float) -> bool:
        """Is something being sent, or will be without anything else?"""
        return self.busy > 0 or (bool(self.ready) and now >= self.until)

    def went(self, now: float, *, well: bool) -> None:
        """A batch came back: something of it arrived, or nothing did."""
        if well:
            self.failures = self.rests = 0
            return
        self.failures += 1
        if self.is_unwell and now >= self.until:  # of many that fail at once the first has it rest
            self.until = now + min(REST_FIRST_S * 2 ** min(self.rests, 10), REST_MAX_S)
            self.rests += 1


class Desk:
    """Everything in hand."""

    def __init__(self, held_max: int = HELD_MAX, bodies_max: int = BODIES_MAX) -> None:
        self._held_max, self._bodies_max = held_max, bodies_max
        self.items: dict[int, Item] = {}
        self.tallies: dict[str, Tally] = {}
        self._first: dict[str, int] = {}  # profile -> number of its message that may go
        self._behind: dict[str, deque[int]] = {}  # the later ones of the same

    @property
    def room(self) -> int:
        """So many more are taken."""
        return max(0, self._held_max - len(self.items))

    def add(self, waiting: WaitingRow, lane: Lane, now_ms: int) -> None:
        """Take one in hand. Numbers only grow."""
        row = waiting.row
        item = Item(row, lane, waiting.tries, waiting.next_ms)
        item.since = now_ms
        if lane.bodies < self._bodies_max:
            lane.bodies += 1
            item.body = row.body
        self.items[item.number] = item
        lane.channels.add(item.channel)
        self._tally(item).waiting += 1
        if not item.is_call:
            if item.profile in self._first:
                self._behind.setdefault(item.profile, deque()).append(item.number)
                return
            self._first[item.profile] = item.number
        self._line_up(item)

    def _line_up(self, item: Item) -> None:
        if item.next_ms:
            heapq.heappush(item.lane.later, (item.next_ms, item.number))
        else:
            heapq.heappush(item.lane.ready, (-item.priority, item.number))

    def _tally(self, item: Item) -> Tally:
        found = self.tallies.get(item.channel)
        if found is None:
            found = self.tallies[item.channel] = Tally()
        return found

    def take(self, lane: Lane, most: int, now: float, now_ms: int) -> list[Item]:
        """Those that go next by a lane, fewer than `most` if there are no more or the rate allows no more."""
        if now < lane.until or (lane.is_unwell and lane.busy):
            return []
        while lane.later and lane.later[0][0] <= now_ms:
            _, number = heapq.heappop(lane.later)
            item = self.items[number]
            item.next_ms = 0
            heapq.heappush(lane.ready, (-item.priority, number))
        most = lane.bucket.grant(most, now) if lane.ready else 0
        found: list[Item] = []
        while lane.ready and len(found) < most and len(lane.hungry) < self._bodies_max:
            _, number = heapq.heappop(lane.ready)
            item = self.items[number]
            if item.is_withdrawn:
                self.finish(item, now_ms, arrived=None)
            elif item.body is None:
                lane.hungry.add(number)
            else:
                found.append(item)
        lane.bucket.spend(len(found))
        lane.busy += bool(found)
        return found

    def withdraw(self, profiles: Collection[str]) -> None:
        """What waits for these people is let go when its turn comes."""
        for item in self.items.values():
            if item.profile in profiles:
                item.is_withdrawn = True

    def wait(self, lane: Lane, now: float, now_ms: int) -> float:
        """Seconds until a lane may have something to send, if nothing happens meanwhile."""
        soonest = max(0.0, lane.until - now)
        if lane.ready:
            return max(soonest, lane.bucket.wait())
        return max(soonest, (lane.later[0][0] - now_ms) / 1000) if lane.later else REST_MAX_S

    def feed(self, number: int, body: bytes) -> None:
        """The body of one that was hungry."""
        item = self.items.get(number)
        if item is None or number not in item.lane.hungry:
            return
        item.lane.hungry.discard(number)
        item.lane.bodies += 1
        item.body = body
        heapq.heappush(item.lane.ready, (-item.priority, number))

    def again(self, item: Item, next_ms: int) -> None:
        """It has failed and is tried once more, not before that instant."""
        item.tries += 1
        item.next_ms = next_ms
        self._tally(item).retried += 1
        heapq.heappush(item.lane.later, (next_ms, item.number))

    def finish(self, item: Item, now_ms: int, *, arrived: bool | None) -> Lane | None:
        """It is over for one; `arrived` None: it was withdrawn.
        Returns the lane of the next message of the same profile, which may go now."""
        del self.items[item.number]
        item.lane.hungry.discard(item.number)
        item.lane.bodies -= item.body is not None
        tally = self._tally(item)
        tally.waiting -= 1
        if arrived:
            tally.took((now_ms - item.since) / 1000)
        elif arrived is not None:
            tally.failed += 1
        if item.is_call:
            return None
        behind = self._behind.get(item.profile)
        if behind is None:
            del self._first[item.profile]
            return None
        number = self._first[item.profile] = behind.popleft()
        if not behind:
            del self._behind[item.profile]
        following = self.items[number]
        self._line_up(following)
        return following.lane

    def oldest(self) -> dict[str, int]:
        """Since when the oldest of each channel is in hand."""
        found: dict[str, int] = {}
        wanted = sum(1 for tally in self.tallies.values() if tally.waiting)
        for item in self.items.values():
            found.setdefault(item.channel, item.since)
            if len(found) == wanted:
                break
        return found
