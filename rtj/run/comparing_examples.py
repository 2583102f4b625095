"""People who stand as examples of what differs: those whose names have the least hashes, so that neither the order of work nor
the number of workers matters."""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rtj.connect.versions import Versions
from rtj.ir.comparison import Example, Place
from rtj.run.comparing_names import Maskers, Names
from rtj.run.comparing_why import Teller

RANK_BYTES = 7  # so that a rank fits a row of a ledger


@dataclass(frozen=True, slots=True)
class Task:
    """What is compared, known to every worker. `stamped`: messages whose text differs; `examples`: so many for each place."""

    versions: Versions
    names: Names
    maskers: Maskers
    stamped: frozenset[str]
    examples: int


def rank_of(origin: str) -> int:
    """Where somebody stands in an order that has nothing to do with events."""
    return int.from_bytes(hashlib.blake2b(origin.encode("utf-8", "surrogatepass"), digest_size=RANK_BYTES).digest())


class Choice:
    """The people with the least ranks, so many for each place."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[Place, list[tuple[int, str]]] = defaultdict(list)

    def offer(self, rank: int, origin: str, places: Iterable[Place]) -> bool:
        """Is somebody among them, as far as is known?"""
        taken = False
        for place in places:
            held = self._held[place]
            if len(held) < self._most or (held and (rank, origin) < held[-1]):
                insort(held, (rank, origin))
                del held[self._most :]
                taken = taken or (rank, origin) in held
        return taken

    def holds(self, rank: int, origin: str, places: Iterable[Place]) -> bool:
        """Is somebody still among them?"""
        return any((rank, origin) in self._held[place] for place in places)


def example_of(
    task: Task,
    teller: Teller,
    who: tuple[str, tuple[Place, ...]],
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
) -> Example:
    """What is told of somebody (by origin, with what differs), by their traces under both versions."""
    origin, places = who
    parted = teller.parting(old, new)
    name = task.maskers.identifier(origin)
    if parted is None:  # the same was decided all along
        text = next((place.message for place in places if place.kind == "content"), "")
        return Example(name, places, f"the text of `{text}` is another" if text else "the same is decided all along", None, None)
    _, one, other = parted
    one, other = task.maskers.optional(one), task.maskers.optional(other)
    return Example(name, places, teller.sentence(one, other), one, other)
