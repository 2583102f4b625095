"""Profiles of a world that a store keeps: which have changed since the last commit, and which are in memory at all.

A `Keeper` stands in the place of `Resting`. Whoever runs the world does, after each micro-batch,

    changes = world.keeper.changes()   # rows, numbers that are gone, owners, leftovers
    ...                                # commit them; when that fails, the same may be tried again
    world.keeper.committed()           # now clean profiles beyond the bound go cold

and nothing else happens to the world between the two. A cold profile is a stub (identifiers, due, recheck, members, number); the
rest is read back by `fetch` when any of it is read. What has changed never goes cold before it is committed.

Whom a deployment does not concern keeps their record as it is, of the layout of before, until it is next read
(`engine.layers`), or until `freshen` comes by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from rtj.engine.identity import Identifier, Owners
from rtj.engine.layers import Layers
from rtj.engine.resting import AWAKE_MAX
from rtj.engine.sieve import Reads, Sieve
from rtj.engine.state import Profile
from rtj.engine.stored_frame import StoredError
from rtj.ir.kept import ProfileRow
from rtj.ir.standing import Takeover

if TYPE_CHECKING:
    from rtj.engine.leftovers import Leftovers

CHUNK = 512  # profiles that are read back at once where everybody is looked at

Fetch: TypeAlias = Callable[[Sequence[int]], dict[int, bytes]]
"""The bodies of profiles by their numbers, as of the last commit; whose number is unknown is missing."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since the last commit: profiles in the order of birth, numbers of those who are no more (merged, erased),
    owners by (namespace index, value), None: nobody any more, and leftovers by name, None: no more."""

    profiles: list[ProfileRow]
    gone: list[int]
    owners: dict[tuple[int, str], int | None]
    leftovers: dict[str, bytes | None]


class KeptOwners(Owners):
    """Owners that note whose identifiers have changed hands."""

    __slots__ = ("changed",)

    def __init__(self, namespaces: int) -> None:
        super().__init__(namespaces)
        self.changed: set[Identifier] = set()

    def __setitem__(self, identifier: Identifier, p: Profile) -> None:
        self.spaces[identifier[0]][identifier[1]] = p
        self.changed.add(identifier)

    def __delitem__(self, identifier: Identifier) -> None:
        del self.spaces[identifier[0]][identifier[1]]
        self.changed.add(identifier)


class Keeper:
    """`awake`: so many profiles stay in memory after a commit. `births`: the number of the newest profile; none is given twice.
    `leftovers` is what else the world knows, once it is known which world that is."""

    leftovers: Leftovers

    def __init__(self, layers: Layers, fetch: Fetch, *, awake: int = AWAKE_MAX) -> None:
        self.layers, self.codec, self.awake = layers, layers.codec, awake
        self.owners = KeptOwners(len(self.codec.machine.program.ranked))
        self.births = 0
        self.takeover = Takeover(0, 0, 0)  # what it took to begin
        self.reads = 0  # bodies that were read back, over handovers
        self._committed = 0  # `births` as of the last commit
        self._fetch = fetch
        self._fetched: dict[int, bytes] = {}  # read ahead
        self._dirty: dict[Profile, None] = {}
        self._lately: set[Profile] = set()  # clean and awake, in two generations, nobody in both
        self._before: set[Profile] = set()
        self._staged: dict[int, ProfileRow] = {}  # changed, written, and cold until they are committed
        self._gone: list[int] = []
        self.stale: list[Profile] = []  # whose records may be of a layout of before
        self.touched: list[Profile] = []  # whom the world has touched and not closed yet

    # ---- what the world tells

    def resume(self, births: int) -> None:
        """So many were born before."""
        self.births = self._committed = births

    def born(self, p: Profile) -> None:
        """A profile is born, with its first identifier."""
        self.births += 1
        p.place = self.births
        self._dirty[p] = None
        self.owners.changed.update(p.identifiers)

    def gone(self, p: Profile) -> None:
        """A profile is no more: it was merged into another, or erased."""
        self._dirty.pop(p, None)
        self._lately.discard(p)
        self._before.discard(p)
        self._staged.pop(p.place, None)
        if p.place <= self._committed:
            self._gone.append(p.place)

    def note(self, p: Profile) -> None:
        """Something has happened to a profile, and the instant is closed. Of who is cold nothing was even read."""
        if p.packed is None and not p.gone:
            self._dirty[p] = None

    def wake(self, p: Profile) -> None:
        """Something of a cold profile is read: read all of it. It counts as changed, for reading may drop what left a window."""
        self._read(p, self._body(p))
        self._dirty[p] = None

    def everybody(self, profiles: Iterable[Profile]) -> Iterator[Profile]:
        """Go through profiles, of whom most may be cold, with few of them awake at once. Whoever was not changed meanwhile is
        cold again, unless they are few in all."""
        waiting = iter(profiles)
        are_few = None
        while chunk := list(islice(waiting, CHUNK)):
            are_few = len(chunk) < CHUNK if are_few is None else are_few
            bodies = self._bodies([p for p in chunk if p.packed is not None])
            first, woken = len(self.touched), []
            for p in chunk:
                if p.packed is None:
                    self.note(p)
                elif p.place in bodies:
                    self._read(p, bodies[p.place])
                    woken.append(p)
                yield p
            if are_few:
                for p in woken:
                    self.note(p)
                return
            touched = set(self.touched[first:])
            for p in woken:
                self._settle(p, bodies[p.place], touched)

    def _settle(self, p: Profile, body: bytes, touched: Collection[Profile]) -> None:
        """Somebody was looked at. The world tells of those it has touched itself, when it closes the instant."""
        if p.gone or p in self._dirty:
            return
        if p not in touched and p.sends is None and self.codec.encode(p) == body:
            self._cool(p)
        else:
            self._dirty[p] = None

    # ---- what whoever runs the world asks

    def changes(self) -> Changes:
        """What has changed since the last commit. Asked again without one, the answer is the same."""
        row = self.codec.row
        owners: dict[tuple[int, str], int | None] = {}
        for identifier in self.owners.changed:
            p = self.owners.get(identifier)
            owners[identifier] = None if p is None else p.place
        rows = {**self._staged, **{p.place: row(p) for p in self._dirty if not p.gone}}
        return Changes([rows[number] for number in sorted(rows)], self._gone, owners, self.leftovers.changes())

    def committed(self) -> None:
        """A store has what `changes` told. Clean profiles beyond the bound go cold, those first to whom nothing has happened for
        longest."""
        self._committed, self._gone = self.births, []
        self.owners.changed.clear()
        self.leftovers.committed()
        self._fetched.clear()
        self._staged.clear()
        lately = self._lately
        lately.update(self._dirty)
        self._before.difference_update(self._dirty)
        self._dirty = {}
        if len(lately) + len(self._before) > self.awake:
            for p in self._before:
                self._cool(p)
            self._before, self._lately = lately, set()
            if len(lately) > self.awake:
                for p in lately:
                    self._cool(p)
                self._before = set()

    def prefetch(self, profiles: Iterable[Profile]) -> None:
        """Read back at once what is soon read of these profiles: the owners of a batch's identifiers, those whose time comes."""
        known = self._fetched.keys() | self._staged.keys()
        wanted = [p.place for p in profiles if p.packed is not None and p.place not in known]
        if wanted:
            self._fetched.update(self._fetch(wanted))
            self.reads += len(wanted)

    def peek(self, p: Profile) -> Profile:
        """A copy of a profile, to be looked at: it belongs to no world, and the profile stays as cold as it is."""
        return self._copy(p, self._body(p) if p.packed is not None else self.codec.encode(p))

    def _copy(self, p: Profile, body: bytes) -> Profile:
        copy = self._bare(p)
        self.codec.decode(copy, body)
        return copy

    @staticmethod
    def _bare(p: Profile) -> Profile:
        copy = Profile.__new__(Profile)
        copy.packed, copy.place, copy.gone, copy.heap_due = None, p.place, p.gone, p.heap_due
        copy.due, copy.recheck, copy.members = p.due, p.recheck, p.members
        copy.identifiers = p.identifiers
        return copy

    @property
    def awake_count(self) -> int:
        """How many profiles are in memory now."""
        known = len(self._lately) + len(self._before)
        return known + sum(p not in self._lately and p not in self._before for p in self._dirty)

    @property
    def awake_most(self) -> int:
        """No more than so many are in memory now: the sooner told."""
        return len(self._dirty) + len(self._lately) + len(self._before)

    # ---- another program

    def heir(self, layers: Layers) -> Keeper:
        """Who keeps the same profiles for another program."""
        heir = Keeper(layers, self._fetch, awake=self.awake)
        heir.reads = self.reads
        heir.births, heir._committed, heir._gone, heir.owners = self.births, self._committed, self._gone, self.owners
        heir._fetched, heir._staged = self._fetched, self._staged
        return heir

    def adopt(self, former: Keeper, profiles: Collection[Profile]) -> Iterator[Profile]:
        """Go through those profiles of a former keeper of whom the store does not know all yet, to be changed for this one's
        program; the records of the others are those of this one's, and they are cold from now on, unread."""
        self.stale = former.stale
        dirty = former._dirty
        self.takeover = Takeover(len(profiles), 0, len(dirty))
        for p in profiles:
            if p.packed is not None:
                p.packed = self
            elif p in dirty:
                yield p
                self.note(p)
            else:
                self._cool(p)

    def sift(self, former: Keeper, profiles: Collection[Profile], sieve: Sieve) -> Iterator[Profile]:
        """Go through those profiles of a former keeper whom another program concerns, and those of whom the store does not know
        all yet, each awake, as its program reads them, to be changed for this one's. They are written at once where they are too
        many to stay awake until the next commit. All others are cold from now on, and their records are those of before."""
        waiting, handed = iter(profiles), 0
        while chunk := list(islice(waiting, CHUNK)):
            for p in chunk:
                if p.packed is None and p not in former._dirty:
                    former._cool(p)
            members = [sieve.members(p.members) for p in chunk]
            bodies = former._bodies([p for p in chunk if p.packed is not None]) if sieve.reads else {}
            told = [p.packed is None or sieve.by_head(p, those) for p, those in zip(chunk, members, strict=True)]
            if not sieve.reads:
                bodies = former._bodies([p for p, is_told in zip(chunk, told, strict=True) if is_told and p.packed is not None])
            for p, those, is_told in zip(chunk, members, told, strict=True):
                if is_told or (sieve.reads and former._concerns(p, bodies[p.place], those, sieve)):
                    if p.packed is not None:
                        former._read(p, bodies[p.place])
                    yield p
                    self.note(p)
                    handed += 1
                else:
                    p.packed, p.members = self, those
                    self.stale.append(p)
            if len(self._dirty) > self.awake:
                self._stage()
        self.takeover = Takeover(len(profiles), len(profiles) if sieve.reads else 0, handed)

    def _concerns(self, p: Profile, body: bytes, members: int, sieve: Sieve) -> bool:
        if sieve.reads == Reads.PASSAGES and not self.layers.has_passages(body):
            return False
        copy = self._bare(p)
        (self.codec.decode if sieve.needs_passages else self.codec.decode_facts)(copy, body)
        return sieve.by_facts(copy, members)

    def freshen(self, most: int) -> int:
        """Bring records of a layout of before up to date, of so many profiles that are cold; they are written by the next commit.
        Returns of how many that was looked at; 0: there are no others, and what they needed is let go with the next commit."""
        self._fetched.clear()  # for it may be of a layout that is let go
        if not self.stale:
            self.layers.drop()
            return 0
        chosen = self.stale[-most:]
        cold = [p for p in chosen if not p.gone and p.packed is not None]
        bodies = self._raw([p.place for p in cold])
        for p in cold:
            body = bodies[p.place]
            if self.layers.is_older(body):
                self._staged[p.place] = self.codec.row_of(p, self.layers.current(p, body))
        del self.stale[-most:]  # last, for whoever could not be read is stale still
        return len(chosen)

    def _stage(self) -> None:
        for p in self._dirty:
            if not p.gone:
                self._staged[p.place] = self.codec.row(p)
                self._fetched.pop(p.place, None)
                self._cool(p)
        self._dirty = {}

    # ---- cold profiles

    def _cool(self, p: Profile) -> None:
        if not p.gone:
            p.cool(self)

    def _read(self, p: Profile, body: bytes) -> None:
        p.packed = None
        self.codec.decode(p, body)

    def _body(self, p: Profile) -> bytes:
        number = p.place
        body = self._fetched.pop(number, None)
        return self.layers.current(p, body) if body is not None else self._bodies([p])[number]

    def _bodies(self, profiles: Sequence[Profile]) -> dict[int, bytes]:
        """The records of profiles, as the program of now reads them."""
        found = self._raw([p.place for p in profiles])
        if self.layers.ways:
            for p in profiles:
                found[p.place] = self.layers.current(p, found[p.place])
        return found

    def _raw(self, numbers: Sequence[int]) -> dict[int, bytes]:
        found = {number: self._fetched[number] for number in numbers if number in self._fetched}
        found |= {number: self._staged[number].body for number in numbers if number in self._staged}
        missing = [number for number in numbers if number not in found]
        if missing:
            found |= self._fetch(missing)
            self.reads += len(missing)
        for number in missing:
            if number not in found:
                raise StoredError(f"the store has no profile with number {number}, which somebody still owns identifiers of")
        return found
