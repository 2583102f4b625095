"""`rtj run`: what the world does becomes entries, entries become commits, commits go out. One thread does all of that; sources,
deliveries and doors have their own, and meet it at bounded queues.

A turn of the loop takes what the inbox holds, works it, commits it, and only then says so: to whoever waits for a 202, to topics,
to the threads that deliver. So batches are as large as the last commit was slow, and nobody hears of what could still be lost.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rtj.base.errors import InputError, OutputError
from rtj.connect.feed_port import Feeder
from rtj.connect.inbox import Closing, Delivery, Idle, Inbox, Item, Opening, Remark
from rtj.connect.intake import NEVER
from rtj.deliver.deliverer import Deliverer
from rtj.ir.entries import Closed, Lines, Refused, Tick, decode_entries
from rtj.live.forgetting import take_asked, waiting
from rtj.live.journal import Journal
from rtj.live.session import Session
from rtj.live.sweeping import Sweeping
from rtj.live.telling import Teller
from rtj.live.ticking import Ticker
from rtj.live.vitals import Questions
from rtj.store.patience import AWAY_S, AwayError
from rtj.store.port import Deployment

T = TypeVar("T")

BATCH_BYTES = 4 << 20  # of lines that are worked before a commit
WAIT_S = 0.25  # without anything to do the loop comes round after so long
TURN_S = 0.02  # the same where something waits for the clock
ORDERS_S = 0.25  # so often it is looked for deployments
BEAT_S = 2.0  # so often the holder of the lease gives a sign
FRESHEN = 1_000  # profiles that are brought up to date at once, if their layout is one of before
FRESHEN_BUSY_S = 2.0  # so seldom while there is something else to do
KEEP_S = 60.0  # so often the log is shortened
START_S = 10.0  # so long the first lines wait for sources that have not begun
SWEEP_BUSY_S, SWEEP_IDLE_S, SWEEP_END_S = 0.002, 0.05, 5.0  # of a turn, for what is kept of who was erased; at the end
DRAIN_S = 10.0  # so long deliveries may take when the run ends
RETRY_FIRST_S, RETRY_MAX_S, RETRY_FOR_S = 0.1, 5.0, AWAY_S  # of what the store does not take


@dataclass(slots=True)
class Parts:
    """What a run is made of. `deployed`: called after a deployment; `guard`: whenever all is committed. `once`: it ends when all
    sources have ended."""

    session: Session
    inbox: Inbox
    feeders: Sequence[Feeder]
    deliverer: Deliverer
    ticker: Ticker
    teller: Teller
    journal: Journal
    questions: Questions
    retain_ms: int
    deployed: Callable[[], None] = lambda: None
    guard: Callable[[], None] = lambda: None
    once: bool = False


@dataclass(slots=True)
class Stopping:
    """Whether the run was asked to end; `ask` may be called from a signal handler."""

    inbox: Inbox
    asked: bool = False

    def ask(self) -> None:
        """End when what was taken is committed."""
        self.asked = True
        self.inbox.wake()


class Runner:
    """One run of an environment, from the start of its sources to its last commit."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.stopping = Stopping(parts.inbox)
        self._done: list[Callable[[], None]] = []  # to be called after the next commit
        self._ended: set[str] = set()  # streams that have ended
        self._opened: set[str] = set()  # sources that have begun
        self._held: list[Item] | None = []  # lines that wait for sources to begin; None: they have
        self._failing: dict[str, float] = {}  # what the store has not let us do besides commits, since when (monotonic)
        self._orders_at = self._beat_at = self._keep_at = self._freshen_at = self._sweep_at = 0.0
        self._sweeping = Sweeping(parts.session)

    def run(self) -> None:
        """Until it is asked to end, or all sources have ended. Raises RefusedError when another run has taken over, OutputError
        when the store takes nothing for very long; and what ended the thread of a source, which then reads no more."""
        parts = self._parts
        parts.session.store.wait_for(AWAY_S, self._away)
        self._close_strangers()
        for feeder in parts.feeders:
            feeder.start(parts.inbox, parts.session.positions)
        parts.teller.running()
        parts.journal.info("running", sources=len(parts.feeders))
        began = time.monotonic()
        while not self.stopping.asked and not self._is_over():
            self._turn(began)
        parts.teller.draining()
        self._end()

    # ---- a turn

    def _turn(self, began: float) -> None:
        parts, session = self._parts, self._parts.session
        parts.teller.came_round()
        follower = session.follower
        waits = follower is not None and follower.clockwork.holds
        items = parts.inbox.take(BATCH_BYTES, 0.0 if self._sweeps else TURN_S if waits else WAIT_S)
        self._look_after_sources()
        started = time.perf_counter()
        for item in self._admitted(items, began):
            self._item(item)
        self._results()
        self._orders()
        self._ticks()
        if session.changed:
            self._commit(started)
        else:
            self._tried("pump", lambda: parts.deliverer.pump(session.store))
        parts.guard()
        parts.questions.serve(parts.teller.answer)
        self._chores()
        self._sweep(SWEEP_BUSY_S if items else SWEEP_IDLE_S)
        self._freshen(0.0 if not items else FRESHEN_BUSY_S)

    def _look_after_sources(self) -> None:
        """A source whose thread has died by a mistake of ours looks as if it were idle: the run must not go on without it."""
        for feeder in self._parts.feeders:
            failure = feeder.failure()
            if failure is not None:
                self._parts.journal.error("source_failed", where=feeder.name, words=type(failure).__name__)
                raise failure

    def _admitted(self, items: list[Item], began: float) -> list[Item]:
        """At the start the lines of the first source wait until all have begun: else the clock would run away from the others."""
        if self._held is None:
            return items
        for item in items:
            if isinstance(item, Opening):
                self._opened.add(item.stream.partition("[")[0])
        self._held += items
        wanted = {feeder.name for feeder in self._parts.feeders}
        if not wanted <= self._opened and time.monotonic() - began < START_S:
            return []
        held, self._held = self._held, None
        openings = sorted((item for item in held if isinstance(item, Opening)), key=lambda item: item.stream)
        return [*openings, *(item for item in held if not isinstance(item, Opening))]

    def _item(self, item: Item) -> None:
        parts, session = self._parts, self._parts.session
        match item:
            case Delivery(stream=name):
                self._deliver(item, session.open_stream(name, parts.teller.format_of(name)))
                parts.ticker.came(name)
            case Opening(stream=name):
                self._ended.discard(name)
                session.open_stream(name, parts.teller.format_of(name))
            case Closing(stream=name, why=why):
                self._close(name, why)
            case Idle(stream=name, since_ms=None):
                parts.ticker.came(name)
            case Idle(stream=name, since_ms=int(since)):
                parts.ticker.idle(name, since)
            case Remark(stream=name, code=code, words=words):
                parts.journal.warning(code, where=name, words=words)

    def _deliver(self, delivery: Delivery, number: int) -> None:
        session = self._parts.session
        for refused in delivery.refused:
            session.take(Refused(number, refused.reason, refused.detail, refused.start))
        if delivery.text:
            session.take(Lines(number, delivery.received_ms, delivery.text))
            self._parts.teller.read(delivery.stream)
        session.move(delivery.stream, delivery.position)
        self._done.append(delivery.done)

    def _close(self, name: str, why: str) -> None:
        """A stream has ended. Where the run ends with its sources, all of them are closed together, at the last event of all."""
        session = self._parts.session
        self._ended.add(name)
        number, follower = session.numbers.get(name), session.follower
        if number is None or follower is None or number not in follower.streams:
            return
        self._parts.journal.info("stream_closed", where=name, why=why)
        if not self._parts.once:
            session.take(Closed(number))
        elif {stream.name for stream in follower.streams.values()} <= self._ended:
            newest = max(stream.newest for stream in follower.streams.values())
            for one in list(follower.streams) if newest > -NEVER else ():
                session.take(Tick(one, newest + 1))  # every instant up to it is closed (S1.6)
            for one in list(follower.streams):
                session.take(Closed(one))

    def _close_strangers(self) -> None:
        """Streams of sources that the environment has no more hold nobody up."""
        session = self._parts.session
        if session.follower is None:
            return
        sources = {feeder.name for feeder in self._parts.feeders}
        for stream in list(session.follower.streams.values()):
            if stream.source not in sources:
                session.take(Closed(stream.number))

    def _results(self) -> None:
        """What became of what was delivered."""
        outcomes, answers = self._parts.deliverer.results()
        for outcome in outcomes:
            self._parts.session.outcome(outcome)
        for answer in answers:
            self._parts.session.take(answer)

    def _orders(self) -> None:
        """Deployments, pauses: each is taken whole between two commits."""
        now = time.monotonic()
        if now < self._orders_at:
            return
        self._orders_at = now + ORDERS_S
        for order in self._tried("orders", self._parts.session.store.orders) or ():
            if self._parts.session.changed:
                self._commit(time.perf_counter())
            take_order(self._parts.session, order)
            self._commit(time.perf_counter())
            self._parts.journal.info("deployed", serial=order.serial, kind=order.kind, program=order.running)
            self._parts.teller.deployed(order)
            self._parts.deployed()

        if self._tried("erasures", lambda: waiting(self._parts.session.store)) and take_asked(self._parts.session):
            self._commit(time.perf_counter())

    def _ticks(self) -> None:
        session = self._parts.session
        if session.follower is not None and self._held is None:
            for tick in list(self._parts.ticker.ticks(session.follower, session.options.now_ms())):
                session.take(tick)

    # ---- commits

    def _commit(self, started: float) -> None:
        """Commit, trying again while the store takes nothing; then tell everybody who waits."""
        parts, session = self._parts, self._parts.session
        entries, taken = session.entries, time.perf_counter()
        until, pause = time.monotonic() + RETRY_FOR_S, RETRY_FIRST_S
        while True:
            try:
                session.commit()
                break
            except AwayError:  # it was waited as long already
                raise
            except OutputError as error:
                parts.teller.store_fails(str(error))
                if time.monotonic() + pause > until:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, RETRY_MAX_S)
        for done in self._done:
            done()
        self._done.clear()
        parts.deliverer.withdraw(session.erased)
        self._tried("pump", lambda: parts.deliverer.pump(session.store, session.sent))
        parts.teller.committed(entries, started, taken)

    def _away(self, words: str) -> bool:
        """The store does not answer, whatever it was asked for; "": it does again. There is time, unless the run is to end."""
        if words:
            self._parts.teller.came_round()
            self._parts.teller.store_fails(words)
        else:
            self._parts.teller.store_works()
        return not self.stopping.asked

    def _tried(self, what: str, work: Callable[[], T]) -> T | None:
        """Do what is nobody's state. Where the store fails, nothing is changed, and it is done at the next occasion, as a commit
        is tried again: for so long, and said. None: not done now."""
        try:
            done = work()
        except AwayError:  # it was waited as long already
            raise
        except OutputError as error:
            since = self._failing.setdefault(what, time.monotonic())
            if time.monotonic() - since > RETRY_FOR_S:
                raise
            self._parts.teller.store_fails(str(error))
            return None
        if self._failing.pop(what, None) is not None and not self._failing:
            self._parts.teller.store_works()
        return done

    def _chores(self) -> None:
        now, session = time.monotonic(), self._parts.session
        if now >= self._beat_at:
            self._beat_at = now + BEAT_S
            epoch = session.epoch
            assert epoch is not None
            self._tried("beat", lambda: session.store.beat(epoch, session.options.now_ms()))
            self._parts.teller.look(self._parts.feeders, self._parts.inbox, self._parts.deliverer)
        if now >= self._keep_at:
            self._keep_at = now + KEEP_S
            self._tried("forget", lambda: session.forget(self._parts.retain_ms))

    @property
    def _sweeps(self) -> bool:
        return self._sweeping.pending and time.monotonic() >= self._sweep_at

    def _sweep(self, for_s: float) -> None:
        """Take a little of who was erased out of what is kept; there is nothing to be committed now."""
        until = time.monotonic() + for_s
        while self._sweeps and time.monotonic() < until:
            try:
                self._sweeping.step()
            except AwayError:
                raise
            except OutputError as error:
                self._parts.teller.store_fails(str(error))
                self._sweep_at = time.monotonic() + RETRY_MAX_S
                if self._parts.session.changed:  # what was to be committed has to be, before anything is taken
                    self._commit(time.perf_counter())

    def _freshen(self, pause_s: float) -> None:
        """Bring a few up to date whose records are of a layout of before; there is nothing else to be committed now."""
        now = time.monotonic()
        if now < self._freshen_at:
            return
        try:
            done = self._tried("freshen", lambda: self._parts.session.freshen(FRESHEN))
        except InputError as error:  # it is told again where somebody is read who is damaged; nobody has to be now
            self._parts.journal.warning("store_damaged", words=str(error))
            self._freshen_at = math.inf
            return
        self._freshen_at = now + (pause_s if done is not None else RETRY_MAX_S)
        if done:
            self._commit(time.perf_counter())

    # ---- the end

    def _is_over(self) -> bool:
        """Have all sources ended, and is all of them committed?"""
        parts = self._parts
        if not parts.once or self._held is not None or parts.inbox.held_bytes:
            return False
        follower = parts.session.follower
        return not parts.session.changed and (follower is None or not follower.streams) and bool(self._ended)

    def _end(self) -> None:
        """Read no more, commit what was read, deliver what can be delivered for a while, say so, leave."""
        parts, session = self._parts, self._parts.session
        for feeder in parts.feeders:
            feeder.stop()
        while items := parts.inbox.take(BATCH_BYTES, 0.0):
            started = time.perf_counter()
            for item in self._admitted(items, -START_S):
                self._item(item)
            if session.changed:
                self._commit(started)
        parts.deliverer.drain(DRAIN_S)
        self._results()
        if session.changed:
            self._commit(time.perf_counter())
        parts.teller.look(parts.feeders, parts.inbox, parts.deliverer)
        self._sweep(SWEEP_END_S)
        for feeder in parts.feeders:
            feeder.close()
        parts.deliverer.close()
        parts.questions.close()
        waiting = session.store.waiting_count()
        session.leave()
        parts.journal.info("ended", waiting=waiting)


def take_order(session: Session, order: Deployment) -> None:
    """Take a deployment, to be committed as a whole. One that cannot be taken ends the run and is halted, so that the next run
    goes on with what ran before; unless it is the store that fails, which may come back."""
    try:
        for entry in decode_entries(order.order):
            session.take(entry)
    except OutputError:
        raise
    except Exception:
        session.store.advance(order.serial, "halted", session.options.now_ms())
        raise
    session.order_done(order.serial)
