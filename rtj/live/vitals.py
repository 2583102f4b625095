"""What a run tells of itself while it works, and how the doors ask it something: the only things that its threads share.

The main thread writes, any other reads: every value is a number, or a dict that is copied in one step, so nobody waits for
anybody. Questions about a person go the other way: they are put into a bounded queue, which the main thread serves between two
batches, for the world is its own.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, TypeAlias

LABELS_MAX = 500  # values of a label counted apart, in one family; further ones are counted together as OTHERS
OTHERS = "(others)"
STUCK_S = 60.0  # a run whose main thread has not come round for so long is not ready
QUESTIONS_MAX = 256  # waiting at once; further ones are refused
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # bounds of buckets
SIZES = (1.0, 10.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0)

Part: TypeAlias = Literal["store", "lease", "sources", "journeys", "draining"]
PARTS: tuple[Part, ...] = ("store", "lease", "sources", "journeys", "draining")  # what must be well for a run to be ready


class Histogram:
    """How often a value was not above each of `bounds`. Written by one thread."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last: above all
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Family:
    """A count by the values of some labels, of bounded cardinality."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], int] = {}

    def add(self, number: int, *labels: str) -> None:
        """Count `number` more. Once there are LABELS_MAX, what is new is counted under OTHERS, source by source where the last
        label is one."""
        if labels not in self._values and len(self._values) >= LABELS_MAX:
            labels = (OTHERS, *labels[1:])
            if labels not in self._values and len(self._values) >= 2 * LABELS_MAX:
                labels = (OTHERS,) * len(labels)
        self._values[labels] = self._values.get(labels, 0) + number

    def replace(self, values: Mapping[tuple[str, ...], int]) -> None:
        """Set all at once: of a gauge, whose old labels may be gone. Beyond LABELS_MAX the rest is one under OTHERS."""
        found = dict(values)
        if len(found) > LABELS_MAX:
            kept = sorted(found, key=lambda labels: -found[labels])[:LABELS_MAX]
            rest = sum(found.values()) - sum(found[labels] for labels in kept)
            found = {labels: found[labels] for labels in kept}
            found[(OTHERS,) * len(kept[0])] = rest
        self._values = found

    def read(self) -> dict[tuple[str, ...], int]:
        """What was counted, by labels."""
        return dict(self._values)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The outbox of one channel: how many wait, were delivered, were given up; `oldest_ms`: since when the oldest of them waits,
    by the clock of the machine, None: none does; `error`: why the last one has failed, "" where it went out; `resting`: so much
    has failed that it is tried seldom."""

    waiting: int = 0
    done: int = 0
    failed: int = 0
    oldest_ms: int | None = None
    error: str = ""
    resting: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """What of a stream was not handed over yet, as far as its source knows."""

    behind: int
    unit: str  # "bytes" or "messages"


@dataclass(frozen=True, slots=True)
class Batch:
    """One micro-batch that was committed. `began_ns`: when, nanoseconds since 1970; the other times in seconds."""

    began_ns: int
    events: int
    entries: int
    messages: int
    take_s: float
    commit_s: float

    @property
    def whole_s(self) -> float:
        """From its first entry to its commit."""
        return self.take_s + self.commit_s


@dataclass(slots=True)
class Vitals:
    """All that is told of one run. The main thread writes it; counts only grow, from the start of the process.

    Labels of families: `events` (type, source), `late` and `duplicates` (source), `letters` (reason, source), `shed` (type,
    source), `inside` (journey, version), `messages` (journey, channel), `unknown` (type; of types that nobody declared, since the
    environment began), `trips` (guardrail, journey). `guarded`: by the same, what is measured now, and its bound: shares from 0
    to 1, or messages; `halted`: what was measured, where the newest deployment is that of a guardrail. `clock_ms`: before it
    everything was worked, None: there was no event; `soonest_ms`: before that nobody has a date, None: nobody has any.
    `watermarks`: stream -> instant. `backlogs`: by stream; `troubles`: by source, what keeps it from reading. `outbox`: channel
    -> what is in it. `deployed_ms`: when the deployment `serial` was made.
    """

    environment: str = ""
    version: str = ""
    events: Family = field(default_factory=Family)
    late: Family = field(default_factory=Family)
    duplicates: Family = field(default_factory=Family)
    letters: Family = field(default_factory=Family)
    shed: Family = field(default_factory=Family)
    inside: Family = field(default_factory=Family)
    messages: Family = field(default_factory=Family)
    unknown: Family = field(default_factory=Family)
    trips: Family = field(default_factory=Family)
    guarded: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    clock_ms: int | None = None
    soonest_ms: int | None = None
    halted: str = ""
    watermarks: dict[str, int] = field(default_factory=dict)
    backlogs: dict[str, Backlog] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    inbox_bytes: int = 0
    inbox_limit: int = 0
    log_entries: int = 0
    batch_events: Histogram = field(default_factory=lambda: Histogram(SIZES))
    take_seconds: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    commit_seconds: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    outbox: dict[str, Waiting] = field(default_factory=dict)
    profiles: int = 0
    awake: int = 0
    cold_reads: int = 0
    memory_bytes: int = 0
    serial: int = 0
    deployed_ms: int = 0
    requests: Family = field(default_factory=Family)  # (door, status); like the next two written by the doors' threads
    request_seconds: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    request_bytes: int = 0
    connections: int = 0
    on_batch: Callable[[Batch], None] | None = None  # who wants to know of each, such as a tracer; it must not block
    beat: float = field(default_factory=time.monotonic)
    _unwell: dict[Part, str] = field(default_factory=lambda: {"journeys": "starting"})

    def count_events(self, source: str, types: Iterable[str]) -> None:
        """Count the events of a batch, by the types they have."""
        for name, number in Counter(types).items():
            self.events.add(number, name, source)

    def batch(self, batch: Batch) -> None:
        """A batch was committed."""
        self.batch_events.observe(batch.events)
        self.take_seconds.observe(batch.take_s)
        self.commit_seconds.observe(batch.commit_s)
        self.log_entries += batch.entries
        if self.on_batch is not None:
            self.on_batch(batch)

    # ---- is it ready?

    def unwell(self, part: Part, why: str) -> None:
        """This part is not as it should be: nobody should send us more. `why` names nothing private."""
        self._unwell = {**self._unwell, part: why}

    def well(self, part: Part) -> None:
        """This part is as it should be. At the start all are but `journeys`, which say "starting"."""
        self._unwell = {name: why for name, why in self._unwell.items() if name != part}

    def came_round(self) -> None:
        """The main thread lives: to be called in every turn of its loop, also where there is nothing to do."""
        self.beat = time.monotonic()

    def reasons(self) -> dict[str, str]:
        """Why the run is not ready, by part; empty when it is."""
        found: dict[str, str] = {str(part): why for part, why in self._unwell.items()}
        still = time.monotonic() - self.beat
        if still > STUCK_S:
            found["work"] = f"no batch has come to its end for {still:.0f} s"
        return found


# ---- questions to the main thread


@dataclass(frozen=True, slots=True)
class ProfileAsked:
    """Everything about one person, as JSON. `id`: `namespace:value`, or a bare value that one namespace knows; `whole`: nothing
    is masked."""

    id: str
    whole: bool = False


Question: TypeAlias = ProfileAsked
Answer: TypeAlias = bytes | None  # JSON; None: nobody is called so


class BusyError(Exception):
    """There are too many questions already."""


class Questions:
    """A bounded queue of questions. Any thread asks; the main thread calls `serve` between two batches. `wake` is called when
    there is a new one, from the thread that asks: the main thread may be asleep, waiting for events."""

    def __init__(self, wake: Callable[[], None] = lambda: None, most: int = QUESTIONS_MAX) -> None:
        self.wake = wake
        self._most = most
        self._waiting: deque[tuple[Question, Future[Answer]]] = deque()
        self._lock = Lock()
        self._closed = False

    def ask(self, question: Question) -> Future[Answer]:
        """Put a question. Whoever waits no longer cancels the future. Raises BusyError when too many wait, or nobody answers any
        more."""
        future: Future[Answer] = Future()
        with self._lock:
            if self._closed or len(self._waiting) >= self._most:
                raise BusyError
            self._waiting.append((question, future))
        self.wake()
        return future

    def __len__(self) -> int:
        return len(self._waiting)

    def serve(self, answer: Callable[[Question], Answer], seconds: float = 0.02) -> int:
        """Answer those that wait, for so long at most, but one at least. What `answer` raises goes to who asked. Returns how many
        were answered."""
        served, until = 0, time.monotonic() + seconds
        while self._waiting:
            question, future = self._waiting.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(answer(question))
            except Exception as error:  # theirs to hear: a question never ends the run
                future.set_exception(error)
            served += 1
            if time.monotonic() >= until:
                break
        return served

    def close(self) -> None:
        """Nobody answers any more; those who wait hear BusyError."""
        with self._lock:
            self._closed = True
            while self._waiting:
                _, future = self._waiting.popleft()
                if future.set_running_or_notify_cancel():
                    future.set_exception(BusyError())
