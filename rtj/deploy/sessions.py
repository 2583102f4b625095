"""The state of an environment in our own hands: the session of a run, of which a deployment is the whole input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rtj.deploy.holders import holder
from rtj.ir.entries import Entry
from rtj.ir.standing import Standing, Tally
from rtj.live import counting
from rtj.live.session import SessionOptions, open_session, rehearse
from rtj.store.port import Store

AWAKE_MAX = 100_000


class Sessions:
    """See `rtj.deploy.hands.Hands`. `awake`: profiles kept in memory at a time."""

    def __init__(self, awake: int = AWAKE_MAX) -> None:
        self._options = SessionOptions(awake=awake, goes_on=True)

    def standings(self, store: Store) -> Sequence[Standing] | None:
        """Who is inside, by the last commit; nobody where nothing has begun."""
        return counting.standings(store)

    def tallies(self, store: Store) -> Sequence[Tally] | None:
        """How many stand where, by the last commit."""
        return counting.tallies(store)

    def rehearse(self, store: Store, programs: Mapping[str, bytes], entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """How many messages would go out at once, by journey."""
        with store.still():
            return rehearse(_With(store, programs), entries)

    def work(self, store: Store, entries: Sequence[Entry], serial: int) -> None:
        """Take the entries in one transaction."""
        session = open_session(store, self._options, holder(f"deploy {serial}", self._options.now_ms()))
        try:
            for entry in entries:
                session.take(entry)
            session.order_done(serial)
            session.commit()
        finally:
            session.leave()


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
