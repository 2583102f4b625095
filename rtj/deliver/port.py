"""What a sink is: it is given parcels and tells of each what became of it. Every channel is one such adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

ERROR_MAX = 200  # characters of an error that are kept


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to send. `key`: whoever sees it twice sends once (S7.5); `profile`: an origin; `body`: JSON; `tries`: how often
    it was tried before."""

    number: int
    key: str
    profile: str
    channel: str
    body: bytes
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """It has arrived, durably. `body`: what was answered, for a call."""

    body: bytes = b"null"


@dataclass(frozen=True, slots=True)
class Again:
    """It has not arrived, or nobody knows: to be tried once more, not before `after_ms` from now if that is more than the usual
    pause."""

    error: str
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never arrive like this."""

    error: str


Sent: TypeAlias = Done | Again | Refused
"""What became of one parcel."""


class Sink(Protocol):
    """Where parcels go. `width`: so many threads may be in `send` at once; `most`: so many parcels it takes in one call;
    `retries`: so often one is tried again before it is given up."""

    @property
    def width(self) -> int: ...
    @property
    def most(self) -> int: ...
    @property
    def retries(self) -> int: ...

    def pause_ms(self, tries: int) -> int:
        """The longest pause after so many tries that failed."""
        ...

    def send(self, parcels: Sequence[Parcel]) -> list[Sent]:
        """Send them. Returns one result for each, in their order; it raises nothing that the world does to it."""
        ...

    def close(self) -> None: ...


def short(error: object) -> str:
    """An error as it is kept: one line, not too long."""
    return " ".join(str(error).split())[:ERROR_MAX]
