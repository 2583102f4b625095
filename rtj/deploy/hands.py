"""What a deployment asks of the state of an environment, and does to it where nobody runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from rtj.ir.entries import Entry
from rtj.ir.standing import Standing, Takeover, Tally
from rtj.store.port import Store


class Hands(Protocol):
    """Opens the state of an environment as a run would."""

    def standings(self, store: Store) -> Sequence[Standing] | None:
        """Who is inside now, by the last commit. None: it cannot be said."""
        ...

    def tallies(self, store: Store) -> Sequence[Tally] | None:
        """How many stand where now, by the last commit; much faster than `standings`. None: it cannot be said."""
        ...

    def rehearse(self, store: Store, programs: Mapping[str, bytes], entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """How many messages would go out at once, by journey; nothing is changed. `programs`: those that the store does not have
        yet, by fingerprint. None: it cannot be said."""
        ...

    def takeover(self) -> Takeover | None:
        """What the last rehearsal has needed. None: it cannot be said, or nobody has rehearsed."""
        ...

    def work(self, store: Store, entries: Sequence[Entry], serial: int) -> None:
        """Take the entries, and say in the same transaction that the order is worked. Raises RefusedError when a run has the
        lease by now."""
        ...
