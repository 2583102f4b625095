"""The state of an environment in our own hands: the session of a run, of which a deployment is the whole input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rtj.base.errors import InputError
from rtj.deploy.holders import holder
from rtj.engine.standing import Onlooker
from rtj.ir.entries import Entry
from rtj.ir.standing import Standing
from rtj.live.session import Session, SessionOptions, open_session, rehearse
from rtj.store.port import Store

AWAKE_MAX = 100_000
TRIES_MAX = 3  # to read the state between two commits of a run

T = TypeVar("T")


class Sessions:
    """See `rtj.deploy.hands.Hands`. `awake`: profiles kept in memory at a time."""

    def __init__(self, awake: int = AWAKE_MAX) -> None:
        self._options = SessionOptions(awake=awake, goes_on=True)

    def standings(self, store: Store) -> Sequence[Standing] | None:
        """Who is inside, by the last commit; nobody where nothing has begun."""
        return _settled(store, lambda: self._standings(store))

    def _standings(self, store: Store) -> tuple[Standing, ...]:
        follower = Session(store, self._options, None).follower
        if follower is None:
            return ()
        return tuple(Onlooker(follower.machine, follower.clock).standings(follower.world.inside()))

    def rehearse(self, store: Store, programs: Mapping[str, bytes], entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """How many messages would go out at once, by journey."""
        return _settled(store, lambda: rehearse(_With(store, programs), entries))

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


def _settled(store: Store, ask: Callable[[], T]) -> T | None:
    """What is found on a state that nobody changes meanwhile. A run that commits all the time may not leave us such a moment:
    then the last that was found counts, which is of the time of asking; None when nothing was."""
    found: T | None = None
    for _ in range(TRIES_MAX):
        before = store.last_entry()
        try:
            found = ask()
        except InputError:  # half of it was read before a commit, half behind it; or it is damaged
            if store.last_entry() == before:
                raise
            continue
        if store.last_entry() == before:
            break
    return found


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
