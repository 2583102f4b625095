"""The state of an environment in our own hands: the session of a run, of which a deployment is the whole input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from rtj.deploy.holders import holder
from rtj.ir.entries import Entry
from rtj.ir.standing import Standing, Tally
from rtj.live.counting import Counting, concerns_nobody
from rtj.live.session import COUNTERS, LEASE_MS, Counters, Session, SessionOptions, open_session
from rtj.store.port import Holder, Store

AWAKE_MAX = 100_000


class Sessions:
    """See `rtj.deploy.hands.Hands`. `awake`: profiles kept in memory at a time."""

    def __init__(self, awake: int = AWAKE_MAX) -> None:
        self._options = SessionOptions(awake=awake, goes_on=True)
        self._rehearsed: _Rehearsed | None = None
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
            self._counted = store, Counting(store)
        return self._counted[1]

    def rehearse(self, store: Store, programs: Mapping[str, bytes], entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """How many messages would go out at once, by journey."""
        both = _With(store, programs)
        with store.still():
            if concerns_nobody(both, entries):
                return {}
            session = Session(both, self._options, None)
            for entry in entries:
                session.take(entry)
            self._rehearsed = _Rehearsed(store, store.commits(), tuple(entries), session)
        return session.messages

    def work(self, store: Store, entries: Sequence[Entry], serial: int) -> None:
        """Take the entries in one transaction."""
        mine = holder(f"deploy {serial}", self._options.now_ms())
        session = self._gone_through(store, entries, mine)
        if session is None:
            session = open_session(store, self._options, mine)
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


class _With:
    """A store that also has programs which are not published yet."""

    def __init__(self, store: Store, programs: Mapping[str, bytes]) -> None:
        self._store, self._programs = store, programs

    def program(self, fingerprint: str) -> bytes:
        """A program, of the store or of the plan."""
        found = self._programs.get(fingerprint)
        return self._store.program(fingerprint) if found is None else found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
