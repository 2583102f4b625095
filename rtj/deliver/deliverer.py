"""The outbox goes out: rows that are committed are sent by threads of their own, and what became of them goes into a later
commit.

The main thread of a run alone talks to the store. After each commit it calls `pump`, which takes rows in hand, in the order of
their numbers and each once; before each commit it takes `results` away, which are to be committed together. Whatever is not
committed when a run is killed waits in the store and is sent again: sinks know it by its key.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol

import msgspec

from rtj.deliver.desk import Desk, Item, Lane
from rtj.deliver.port import Again, Done, Parcel, Refused, Sent, Sink, short
from rtj.deliver.rows import call_body
from rtj.deliver.tally import Tally
from rtj.ir.entries import Answered
from rtj.store.port import OutboxRow, Outcome, WaitingRow

UNTOLD_MAX = 10_000  # results that wait to be committed; beyond, nothing more is sent until they are taken away
FILL_MAX = 5_000  # rows read from the store at once
FEED_MAX = 1_000  # bodies read from the store at once
CHECK_S = 0.5  # a thread that has nothing to do looks again after so long at the latest


class OutboxStore(Protocol):
    """What of a store is needed."""

    def waiting(self, after: int, most: int) -> list[WaitingRow]: ...
    def outbox_bodies(self, numbers: Sequence[int]) -> dict[int, bytes]: ...


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a sink. `per_second`: its rate limit, 0 for none."""

    name: str
    sink: Sink
    per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Routes:
    """Where what goes: messages by channel (`*` for all others), calls by webhook."""

    channels: Mapping[str, Route]
    webhooks: Mapping[str, Route]

    def of(self, row: OutboxRow) -> Route | None:
        """The way of a row; None when nothing was said of it."""
        if row.kind == "call":
            return self.webhooks.get(row.channel)
        return self.channels.get(row.channel) or self.channels.get("*")


class _NoSink:
    """Of what nobody says where it goes, nothing goes out; it stays in the outbox as failed."""

    width, most, retries = 1, 100, 0

    def pause_ms(self, tries: int) -> int:
        return 0

    def send(self, parcels: Sequence[Parcel]) -> list[Sent]:
        return [Refused(f"the environment does not say where `{parcel.channel}` goes") for parcel in parcels]

    def close(self) -> None:
        pass


class Deliverer:
    """Sends rows of the outbox. `wake` is called, from any thread, when there are results; `seed` is for the jitter of pauses."""

    def __init__(self, routes: Routes, wake: Callable[[], None] = lambda: None, seed: str = "", desk: Desk | None = None) -> None:
        self._routes, self._wake, self._seed = routes, wake, seed
        self._desk = desk if desk is not None else Desk()
        self._lock = threading.Lock()
        self._lanes: dict[str, tuple[Lane, Route, threading.Condition]] = {}
        self._outcomes: deque[tuple[Outcome, Answered | None]] = deque()
        self._threads: list[threading.Thread] = []
        self._after = 0  # the number of the last row in hand
        self._is_behind = True  # are there rows in the store that were not taken?
        self._draining = self._stopped = False

    # ---- the main thread

    def pump(self, store: OutboxStore, fresh: Sequence[OutboxRow] = ()) -> None:
        """Take rows in hand: `fresh` ones that were just committed; where some could not be taken before, those of the store. To
        be called after each commit, and now and then when there is none."""
        if self._draining:
            return
        if not self._is_behind:
            self._take([WaitingRow(row) for row in fresh[: self._desk.room]])
            self._is_behind = len(fresh) > 0 and fresh[-1].number > self._after
        elif self._desk.room:
            wanted = min(self._desk.room, FILL_MAX)
            found = store.waiting(self._after, wanted)
            self._take(found)
            self._is_behind = len(found) == wanted
        with self._lock:
            hungry = [number for lane, _, _ in self._lanes.values() for number in sorted(lane.hungry)[:FEED_MAX]]
        if hungry:
            self._feed(store.outbox_bodies(hungry[:FEED_MAX]))

    def withdraw(self, profiles: Collection[str]) -> None:
        """Send nothing more to these people, who were erased; what is being sent at this instant may arrive."""
        if profiles:
            with self._lock:
                self._desk.withdraw(profiles)

    @property
    def is_behind(self) -> bool:
        """Is it worth while to `pump` again at once?"""
        return (self._is_behind and self._desk.room > 0) or any(lane.hungry for lane, _, _ in self._lanes.values())

    def _take(self, rows: Sequence[WaitingRow]) -> None:
        now_ms = _now_ms()
        with self._lock:
            woken: Counter[str] = Counter()
            for waiting in rows:
                assert waiting.row.number > self._after, "rows are taken in their order"
                self._after = waiting.row.number
                lane = self._lane(waiting.row)
                self._desk.add(self._resumed(waiting, lane, now_ms), lane, now_ms)
                woken[lane.name] += 1
            for name, number in woken.items():
                self._lanes[name][2].notify(number)

    def _resumed(self, waiting: WaitingRow, lane: Lane, now_ms: int) -> WaitingRow:
        """Another run may have begun a pause, by a clock that was wrong: no more than the usual one is left of it."""
        if not waiting.next_ms:
            return waiting
        latest = now_ms + self._lanes[lane.name][1].sink.pause_ms(max(waiting.tries, 1))
        return replace(waiting, next_ms=min(waiting.next_ms, latest))

    def _feed(self, bodies: Mapping[int, bytes]) -> None:
        with self._lock:
            for number, body in bodies.items():
                self._desk.feed(number, body)
            for _, _, condition in self._lanes.values():
                condition.notify_all()

    def reroute(self, routes: Routes) -> None:
        """From now on rows go these ways. A way that has the name of a former one is that one."""
        with self._lock:
            self._routes = routes

    def results(self, most: int = UNTOLD_MAX) -> tuple[list[Outcome], list[Answered]]:
        """What became of rows, and what was answered to calls: to be committed together, in one transaction, the answers as
        entries of the log. What is taken away is told once."""
        with self._lock:
            taken = [self._outcomes.popleft() for _ in range(min(most, len(self._outcomes)))]
            for _, _, condition in self._lanes.values():
                condition.notify()
        last = {outcome.number: outcome for outcome, _ in taken}  # a row that was tried twice is told of once
        return list(last.values()), [answer for _, answer in taken if answer is not None]

    def tallies(self) -> dict[str, Tally]:
        """How it goes, by channel (webhook)."""
        with self._lock:
            oldest = self._desk.oldest()
            resting = {name for lane, _, _ in self._lanes.values() if lane.is_unwell for name in lane.channels}
            return {
                name: replace(tally, oldest_ms=oldest.get(name), resting=name in resting, buckets=list(tally.buckets))
                for name, tally in self._desk.tallies.items()
            }

    def drain(self, seconds: float) -> bool:
        """Take no more; send what may go now, for so long at most. Then `results` has the rest. Returns whether all that could go
        went; everything else waits in the store."""
        until = time.monotonic() + seconds
        with self._lock:
            self._draining = True
            for _, _, condition in self._lanes.values():
                condition.notify_all()
        lanes = [lane for lane, _, _ in self._lanes.values()]
        while time.monotonic() < until:
            with self._lock:
                if not any(lane.is_active(time.monotonic()) for lane in lanes):
                    return True
            time.sleep(0.01)
        return False

    def close(self, seconds: float = 5.0) -> None:
        """Send no more; wait for what is being sent, for so long at most, and close the sinks."""
        with self._lock:
            self._draining = self._stopped = True
            for _, _, condition in self._lanes.values():
                condition.notify_all()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            for sink in {id(route.sink): route.sink for _, route, _ in self._lanes.values()}.values():
                sink.close()

    # ---- the threads of lanes

    def _lane(self, row: OutboxRow) -> Lane:
        """The lane of a row, with its threads; made when its first row comes. The lock is held."""
        route = self._routes.of(row) or Route("", _NoSink())
        found = self._lanes.get(route.name)
        if found is not None:
            return found[0]
        lane, condition = Lane(route.name, route.per_second), threading.Condition(self._lock)
        self._lanes[route.name] = lane, route, condition
        for number in range(route.sink.width):
            name = f"rtj-deliver-{route.name or 'nowhere'}-{number}"
            thread = threading.Thread(target=self._work, args=(lane, route.sink, condition), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        return lane

    def _work(self, lane: Lane, sink: Sink, condition: threading.Condition) -> None:
        while True:
            with self._lock:
                items = self._next(lane, sink, condition)
            if not items:
                return
            sent: list[Sent]
            try:
                sent = sink.send([_parcel(item) for item in items])
                assert len(sent) == len(items)
            except Exception as error:  # a fault of ours in a sink must not end its thread: what waits would wait for ever
                sent = [Again(f"internal error: {short(repr(error))}") for _ in items]
            with self._lock:
                self._come_back(lane, sink, zip(items, sent, strict=True))
            self._wake()

    def _next(self, lane: Lane, sink: Sink, condition: threading.Condition) -> list[Item]:
        """Wait for something to send; empty: it is over. The lock is held."""
        while not self._stopped:
            now, now_ms = time.monotonic(), _now_ms()
            if len(self._outcomes) < UNTOLD_MAX or self._draining:
                items = self._desk.take(lane, sink.most, now, now_ms)
                if items:
                    return items
                condition.wait(min(CHECK_S, max(0.001, self._desk.wait(lane, now, now_ms))))
            else:
                condition.wait(CHECK_S)
        return []

    def _come_back(self, lane: Lane, sink: Sink, pairs: Iterable[tuple[Item, Sent]]) -> None:
        now_ms = _now_ms()
        lane.busy -= 1
        well = False
        for item, sent in pairs:
            self._desk.tallies[item.channel].error = "" if isinstance(sent, Done) else short(sent.error)
            match sent:
                case Done(body=body):
                    self._end(item, Outcome(item.number, "done", item.tries + 1), _answer(item, body))
                    well = True
                case Again(error=error, after_ms=after_ms) if item.tries < sink.retries:
                    pause = max(after_ms, self._jitter(item, sink.pause_ms(item.tries + 1)))
                    self._desk.again(item, now_ms + pause)
                    outcome = Outcome(item.number, "waiting", item.tries, item.next_ms, short(error))
                    self._outcomes.append((outcome, None))
                case Again(error=error) | Refused(error=error):
                    well = well or isinstance(sent, Refused)
                    self._end(item, Outcome(item.number, "failed", item.tries + 1, 0, short(error)), _answer(item, None))
        lane.went(time.monotonic(), well=well)

    def _end(self, item: Item, outcome: Outcome, answer: Answered | None) -> None:
        self._outcomes.append((outcome, answer))
        lane = self._desk.finish(item, _now_ms(), arrived=outcome.state == "done")
        if lane is not None:
            self._lanes[lane.name][2].notify()

    def _jitter(self, item: Item, pause_ms: int) -> int:
        """Between half of the pause and all of it, by a hash: those that failed together do not come back together."""
        drawn = blake2b(f"{self._seed}:{item.key}:{item.tries}".encode(), digest_size=4).digest()
        return pause_ms // 2 + int.from_bytes(drawn, "big") * (pause_ms - pause_ms // 2) // (1 << 32)


def _parcel(item: Item) -> Parcel:
    body = item.body or b""
    if item.is_call:
        body = bytes(call_body(body).post)
    return Parcel(item.number, item.key, item.profile, item.channel, body, item.tries)


def _answer(item: Item, body: bytes | None) -> Answered | None:
    """What a call has come to."""
    if not item.is_call:
        return None
    try:
        names = call_body(item.body or b"").names
    except msgspec.MsgspecError:
        names = ()
    return Answered(item.key, item.profile, ok=body is not None, body=b"null" if body is None else body, names=names)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
