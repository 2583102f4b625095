"""By what people are worked on where nobody runs: a session on the same state, of which a deployment needs two things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from rtj.ir.entries import Entry
from rtj.store.port import Store


class Hands(Protocol):
    """Opens the state of an environment as a run would."""

    def rehearse(self, store: Store, entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """How many messages would go out at once, by journey; nothing is changed. None: it cannot be said, for somebody runs."""
        ...

    def work(self, store: Store, entries: Sequence[Entry], serial: int) -> None:
        """Take the entries, and say in the same transaction that the order is worked. Raises RefusedError when a run has the
        lease by now."""
        ...
