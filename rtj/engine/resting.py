"""Which profiles rest: of many, only those that something has happened to lately are kept unpacked."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import accumulate
from typing import Protocol

from rtj.engine.state import Prefixes, Profile

AWAKE_MAX = 32_768  # profiles that one world keeps awake, give or take those of an instant
PAGE_BYTES = 1 << 16  # all pages have one size, so that each can take the place of another; a longer record has its own
PLACES = tuple(range(1_024))  # one number for each place of a page, which all profiles share
THIN = 5, 8  # the part of its records that a page has left when it is worth moving them


class Home(Protocol):
    """Where profiles rest: who brings back what is unset."""

    def wake(self, p: Profile) -> None: ...


class Page:
    """Records of profiles at rest, one behind the other: none has a head of its own, and the holes of those that wake are won
    back, whatever their size, by moving the others. `keeper` is told of both."""

    __slots__ = ("_ends", "_floor", "_left", "_sleepers", "data", "keeper")

    def __init__(self, keeper: Resting, data: bytearray, sleepers: list[Profile], records: list[bytes]) -> None:
        joined = b"".join(records)
        data[: len(joined)] = joined
        self.keeper, self.data = keeper, data
        self._ends = array("I", accumulate(map(len, records), initial=0))
        self._sleepers: list[Profile | None] = [*sleepers]
        self._left = len(sleepers)
        self._floor = self._left * THIN[0] // THIN[1]
        for place, p in zip(PLACES, sleepers, strict=False):
            p.packed, p.place = self, place

    def stay_open(self) -> None:
        """There is room left: its records are put together with those that come next."""
        self._floor = -1
        self.keeper.thin.append(self)

    def wake(self, p: Profile) -> None:
        """A profile wakes, and takes its record away."""
        place = p.place
        self._sleepers[place] = None
        self._left -= 1
        if self._left == self._floor:
            self.keeper.thin.append(self)
        p.unpack(memoryview(self.data)[self._ends[place] : self._ends[place + 1]], self.keeper.prefixes)
        self.keeper.woken(p)

    def left(self) -> list[tuple[Profile, bytes]]:
        """Who still sleeps, and their records."""
        data, ends = bytes(self.data), self._ends
        return [(p, data[ends[place] : ends[place + 1]]) for place, p in enumerate(self._sleepers) if p is not None]


class Resting:
    """Two generations of profiles that were looked at, `awake` in all. Whoever is in neither rests, in a page. `thin` are pages
    with much room."""

    awake = AWAKE_MAX

    def __init__(self, prefixes: Prefixes) -> None:
        self.prefixes = prefixes
        self._lately: set[Profile] = set()
        self._before: set[Profile] = set()
        self._spare: list[bytearray] = []
        self.thin: list[Page] = []

    def note(self, p: Profile) -> None:
        """Something has happened to a profile, and the instant is closed: nobody holds parts of it."""
        lately = self._lately
        lately.add(p)
        if len(lately) > self.awake // 2:
            self.put(self._before - lately)
            self._before, self._lately = lately, set()

    def woken(self, p: Profile) -> None:
        """A profile was read, by whomever."""
        self._lately.add(p)

    def put(self, profiles: Iterable[Profile]) -> None:
        """Let profiles rest, and move those of thin pages to theirs."""
        sleepers: list[Profile] = []
        records: list[bytes] = []
        size = 0
        for p, record in self._rest(profiles):
            if sleepers and (size + len(record) > PAGE_BYTES or len(sleepers) == len(PLACES)):
                self._page(sleepers, records)
                sleepers, records, size = [], [], 0
            sleepers.append(p)
            records.append(record)
            size += len(record)
        if sleepers:
            self._page(sleepers, records).stay_open()

    def _page(self, sleepers: list[Profile], records: list[bytes]) -> Page:
        return Page(self, self._spare.pop() if self._spare else bytearray(PAGE_BYTES), sleepers, records)

    def _rest(self, profiles: Iterable[Profile]) -> list[tuple[Profile, bytes]]:
        resting: list[tuple[Profile, bytes]] = []
        thin, self.thin = self.thin, []
        for page in thin:
            resting += page.left()
            if len(page.data) == PAGE_BYTES:
                self._spare.append(page.data)
        for p in profiles:
            if not p.gone and (record := p.rest(self.prefixes)) is not None:
                resting.append((p, record))
        return resting
