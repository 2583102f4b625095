"""Whose an event is (S10): that of the profile which owned its best identifier at its place in the order of work, and of whoever
that one has become since.

`Attribution` works events of few people, in the order of work, in a world of its own. Whoever wants to know of files or of a log
brings them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Generic, TypeAlias, TypeVar

from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.plan import TypePlan
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Profile
from rtj.engine.watching import WatchItem
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.components import Identifier
from rtj.run.duplicates import Duplicates

P = TypeVar("P")
Owners: TypeAlias = dict[Identifier, Profile | None]


class Witness(Kernel):
    """A kernel that remembers which profile went into which, who was erased, and since when memberships hold."""

    def __init__(self, machine: Machine, recorder: Recorder) -> None:
        super().__init__(machine, recorder, Level.TRACE)
        self.into: dict[Profile, Profile] = {}
        self.was: dict[Profile, tuple[Identifier, ...]] = {}
        self.since: dict[tuple[Profile, int], int] = {}

    def _audience(self, p: Profile, at: int, item: WatchItem) -> None:
        before = p.members
        super()._audience(p, at, item)
        if p.members >> item.slot & 1 and not before >> item.slot & 1:
            self.since[p, item.slot] = at

    def merged(self, stays: Profile, goes: Profile, at: int) -> None:
        """One profile has taken over all that was another's; a membership began with the one that began first."""
        super().merged(stays, goes, at)
        self.into[goes] = stays
        for (p, slot), since in list(self.since.items()):
            if p is goes:
                self.since[stays, slot] = min(since, self.since.get((stays, slot), since))

    def erased(self, p: Profile, at: int) -> None:
        """A profile is about to be forgotten."""
        super().erased(p, at)
        self.was[p] = p.identifiers

    def now(self, p: Profile) -> Profile:
        """The profile that holds what was this one's."""
        while p in self.into:
            p = self.into[p]
        return p


class Onlooker(Witness):
    """The same for whoever wants to know who is who, and nothing of what events say."""

    def event(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """No fact changes."""


class Attribution(Generic[P]):
    """`whose`: each event that was worked, with its place and its owner; `ever`: the last owner of each identifier."""

    def __init__(self, machine: Machine, program: Program, witness: type[Witness] = Witness) -> None:
        self.recorder = Recorder()
        self.witness = witness(machine, self.recorder)
        self.world = World(machine, self.recorder, self.witness)
        self.whose: list[tuple[Event, P, Profile]] = []
        self.ever: dict[Identifier, Profile] = {}
        self.nobodys: list[tuple[Event, P]] = []  # events of whoever owns nothing: they brought nobody into being
        self._duplicates = Duplicates(program.dedupe_ms)

    def work(self, events: Iterable[tuple[Event, P]], fed: Callable[[Event, Owners], None] = lambda *_: None) -> None:
        """Work events that are in the order of work. `fed` is told of each that is no copy, with who owned its identifiers before
        it."""
        world, owners = self.world, self.world.identities.owners
        for at, group in groupby(events, key=lambda pair: pair[0].at):
            world.advance(at)
            self._duplicates.turn(at)
            for event, place in group:
                best = event.ids[0] if event.ids else None
                before = owners.get(best) if best is not None else None
                if self._duplicates.judge(event.id, best, event.ts) != "copy":
                    held: Owners = {i: owners.get(i) for i in event.ids}
                    world.feed(event)
                    fed(event, held)
                if best is not None:
                    self._note(event, place, owners.get(best) or before)
            world.close(at)

    def _note(self, event: Event, place: P, owner: Profile | None) -> None:
        if owner is None:
            self.nobodys.append((event, place))
            return
        self.whose.append((event, place, owner))
        owners = self.world.identities.owners
        self.ever.update({i: p for i in event.ids if (p := owners.get(i)) is not None})

    def holders(self, wanted: Iterable[Identifier]) -> set[Profile]:
        """The profiles that are meant: who owns an identifier now, else who had it last, and whoever had it and was erased."""
        found: set[Profile] = set()
        for identifier in wanted:
            owner = self.world.identities.owners.get(identifier) or self.ever.get(identifier)
            if owner is not None:
                found.add(self.witness.now(owner))
            found.update(p for p, names in self.witness.was.items() if identifier in names)
        return found
