"""What all feeders share: a thread that tries again when the world fails, and words for how it fares."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from rtj.base.errors import RtjError
from rtj.connect.feed_port import Lag
from rtj.connect.inbox import Delivery, Idle, Inbox, Notice, Remark

PAUSE_S = 0.2  # before the first new attempt; doubled each time
PAUSE_MAX_S = 10.0
CLOSE_S = 10.0  # the longest that `close` waits for the thread


def now_ms() -> int:
    """The clock of the machine."""
    return time.time_ns() // 1_000_000


class ThreadFeeder:
    """A feeder whose `work` reads until `stopped` is set or there is no more. A RtjError or OSError of it is told, and it is
    called again after a pause."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.stopped = threading.Event()
        self.positions: dict[str, bytes] = {}  # behind what was handed over, by stream
        self._trouble = ""
        self._counts: dict[str, int] = {}
        self._failure: BaseException | None = None
        self._idle: dict[str, bool] = {}
        self._thread: threading.Thread | None = None
        self._inbox: Inbox | None = None

    @property
    def name(self) -> str:
        """That of the source."""
        return self._name

    @property
    def inbox(self) -> Inbox:
        """The inbox that is filled."""
        assert self._inbox is not None, "not started"
        return self._inbox

    def start(self, inbox: Inbox, positions: Mapping[str, bytes]) -> None:
        """See `Feeder`."""
        assert self._thread is None, "started twice"
        self._inbox, self.positions = inbox, dict(positions)
        self.prepare()
        self._thread = threading.Thread(target=self._run, name=f"feed-{self._name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See `Feeder`."""
        self.stopped.set()

    def close(self) -> None:
        """See `Feeder`."""
        self.stop()
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def lag(self) -> Mapping[str, Lag]:
        """See `Feeder`."""
        return {}

    def counts(self) -> Mapping[str, int]:
        """See `Feeder`."""
        return dict(self._counts)

    def trouble(self) -> str:
        """See `Feeder`."""
        return self._trouble

    def failure(self) -> BaseException | None:
        """See `Feeder`."""
        return self._failure

    # -- for those who feed

    def prepare(self) -> None:
        """In the caller's thread, before anything is read: raises what can never be mended by trying again."""

    def work(self) -> None:
        """Read until the end, or until `stopped`."""
        raise NotImplementedError

    def hand(self, delivery: Delivery) -> bool:
        """Hand over, waiting for room. False: it was stopped meanwhile."""
        if not self.inbox.put(delivery, self.stopped):
            return False
        self.handed(delivery)
        return True

    def handed(self, delivery: Delivery) -> None:
        """A delivery is in the inbox: its stream is read on behind it, and all is well."""
        self.positions[delivery.stream] = delivery.position
        self._idle[delivery.stream] = False
        self.fares_well()

    def idle(self, stream: str, *, known: bool = True) -> None:
        """All there is of a stream is handed over; told once. `known` False: nobody knows whether there is more."""
        if self._idle.get(stream, False) != known:
            self._idle[stream] = known
            self.tell(Idle(stream, now_ms() if known else None))

    def tell(self, notice: Notice) -> None:
        """Put a notice behind what was handed over."""
        self.inbox.tell(notice)

    def count(self, word: str, number: int = 1) -> None:
        """Count something for metrics."""
        self._counts[word] = self._counts.get(word, 0) + number

    def fares_badly(self, code: str, words: str) -> None:
        """Say what keeps it from reading; the log is told when it is news."""
        if words != self._trouble:
            self._trouble = words
            self.tell(Remark(self._name, code, words))

    def fares_well(self) -> None:
        """It reads again."""
        if self._trouble:
            self._trouble = ""
            self.tell(Remark(self._name, "well", "reads again"))

    def _run(self) -> None:
        pause = PAUSE_S
        while not self.stopped.is_set():
            before = dict(self.positions)
            try:
                self.work()
                return
            except (RtjError, OSError) as error:
                self.count("retries")
                self.fares_badly("failed", str(error))
                pause = PAUSE_S if self.positions != before else min(pause * 2, PAUSE_MAX_S)
                self.stopped.wait(pause)
            except BaseException as error:
                self._failure = error
                self._trouble = f"internal error: {type(error).__name__}"
                self.inbox.wake()
                return
