"""The state of an environment in our own hands: the session of a run, of which a deployment is the whole input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec

from rtj.deploy.holders import holder
from rtj.ir.entries import Entry
from rtj.ir.kept import ProfileHead
from rtj.ir.standing import Standing, Takeover, Tally
from rtj.live.counting import Counting, concerns_nobody
from rtj.live.session import COUNTERS, LEASE_MS, Counters, Session, SessionOptions, open_session
from rtj.run.meter import OnProgress
from rtj.run.options import Progress
from rtj.store.port import Holder, Store

AWAKE_MAX = 100_000
TOLD_EACH = 4_096  # people, after whom progress is told

T = TypeVar("T")


class Sessions:
    """See `rtj.deploy.hands.Hands`. `awake`: profiles kept in memory at a time; `on_progress` is told how many people were
    read."""

    def __init__(self, awake: int = AWAKE_MAX) -> None:
        self._options = SessionOptions(awake=awake, goes_on=True)
        self.on_progress: OnProgress | None = None
        self._rehearsed: _Rehearsed | None = None
        self._takeover: Takeover | None = None
        self._counted: tuple[Store, Counting] | None = None

    def standings(self, store: Store) -> Sequence[Standing] | None:
        """Who is inside, by the last commit; nobody where nothing has begun."""
        return self._counting(store).standings()

    def tallies(self, store: Store) -> Sequence[Tally] | None:
        """How many stand where, by the last commit."""
        return self._counting(store).tallies()

    def _counting(self, store: Store) -> Counting:
        """That of the store that was asked last, so that everybody is gone through once."""
        if self._counted is None or self._counted[0] is not store:
            self._counted = store, Counting(_Seen(store, self.on_progress))
        return self._counted[1]

    def rehearse(self, store: Store, programs: Mapping[str, bytes], entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """How many messages would go out at once, by journey."""
        both = _Seen(store, self.on_progress, programs)
        with store.still():
            if concerns_nobody(both, entries):
                self._takeover = Takeover(store.profile_count(), 0, 0)
                return {}
            session = Session(both, self._options, None)
            for entry in entries:
                session.take(entry)
            self._takeover = session.takeover
            self._rehearsed = _Rehearsed(store, store.commits(), tuple(entries), session)
        counts: Counter[str] = Counter()
        for (journey, _), number in session.messages.items():
            counts[journey] += number
        return counts

    def takeover(self) -> Takeover | None:
        """What the last rehearsal has needed."""
        return self._takeover

    def work(self, store: Store, entries: Sequence[Entry], serial: int) -> None:
        """Take the entries in one transaction."""
        mine = holder(f"deploy {serial}", self._options.now_ms())
        session = self._gone_through(store, entries, mine)
        if session is None:
            session = open_session(_Seen(store, self.on_progress), self._options, mine)
        try:
            for entry in entries if not session.entries else ():
                session.take(entry)
            session.order_done(serial)
            session.commit()
        finally:
            session.leave()

    def _gone_through(self, store: Store, entries: Sequence[Entry], mine: Holder) -> Session | None:
        """The session of the rehearsal, in which all this is done but not committed. None where somebody has committed since, or
        where it would have to be told in a trace, which a rehearsal leaves out."""
        done, self._rehearsed = self._rehearsed, None
        if done is None or done.store is not store or done.entries != tuple(entries):
            return None
        kept = next((value for name, value in store.leftovers(COUNTERS) if name == COUNTERS), None)
        if kept is None or msgspec.msgpack.decode(kept, type=Counters).trace:
            return None
        epoch = store.take_lease(mine, LEASE_MS)
        if store.commits() != done.commits:
            store.leave_lease(epoch)
            return None
        done.session.epoch = epoch
        return done.session


@dataclass(frozen=True, slots=True)
class _Rehearsed:
    """A session that has taken entries, and the store with its commits on which it began."""

    store: Store
    commits: int
    entries: tuple[Entry, ...]
    session: Session


class _Seen:
    """A store that tells how many people were read, of how many, and that also has programs which are not published yet."""

    def __init__(self, store: Store, on_progress: OnProgress | None, programs: Mapping[str, bytes] | None = None) -> None:
        self._store, self._on_progress, self._programs = store, on_progress, programs or {}
        self._total = store.profile_count() if on_progress is not None else 0
        self._bodies = 0

    def program(self, fingerprint: str) -> bytes:
        """A program, of the store or of the plan."""
        found = self._programs.get(fingerprint)
        return self._store.program(fingerprint) if found is None else found

    def heads(self) -> Iterator[ProfileHead]:
        """Everybody, as a world takes them up."""
        return self._told(self._store.heads())

    def every_body(self) -> Iterator[tuple[int, bytes]]:
        """Everybody, as they are counted."""
        return self._told(self._store.every_body())

    def bodies(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Some, who are handed over or asked something."""
        self._bodies += len(numbers)
        self._tell("working", min(self._bodies, self._total))
        return self._store.bodies(numbers)

    def _told(self, rows: Iterator[T]) -> Iterator[T]:
        if self._on_progress is None:
            yield from rows
            return
        for number, row in enumerate(rows):
            if number % TOLD_EACH == 0:
                self._tell("reading", number)
            yield row

    def _tell(self, phase: Literal["reading", "working"], done: int) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(phase, done, self._total, "people", 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
