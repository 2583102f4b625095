"""A world that is what another was when its store was last committed to.

    world = revive(kernel, Stored(store.heads(), store.leftovers(), store.bodies, awake=32_768))
    read_ahead(world, identifiers, clock)                                # before a batch, if the store is far away
    world.keeper.changes(), .committed(), .peek(...)                     # see `engine.keeping`

An empty store gives an empty world. No body is read: timers are set from the heads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from rtj.engine.calendar import INFINITY
from rtj.engine.identity import Identifier
from rtj.engine.keeping import Fetch, Keeper
from rtj.engine.kernel import Kernel
from rtj.engine.leftovers import Leftovers, Part, ValuePart
from rtj.engine.resting import AWAKE_MAX
from rtj.engine.state import Profile
from rtj.engine.stored import ProfileCodec, stub
from rtj.engine.world import World
from rtj.ir.kept import ProfileHead

AHEAD_MAX = 4_096  # profiles that are read ahead at once


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store has of a world: heads by number, leftovers in any order. `awake`: the bound of `Keeper`; `parts`: what whoever
    runs the world wants to be remembered beside."""

    heads: Iterable[ProfileHead]
    leftovers: Iterable[tuple[str, bytes]]
    fetch: Fetch
    awake: int = AWAKE_MAX
    parts: tuple[Part, ...] = ()


def revive(kernel: Kernel, stored: Stored) -> World:
    """The world of a store, which is kept from now on. `kernel` is new, with a recorder that has counted nothing. Raises
    StoredError when the store has what cannot be read."""
    return keep(World(kernel.machine, kernel.recorder, kernel), stored)


def keep(world: World, stored: Stored) -> World:
    """The same for a world that was just made, to which nothing has happened."""
    keeper = Keeper(ProfileCodec(world.machine), stored.fetch, awake=stored.awake)
    keeper.leftovers = Leftovers(world, (_births(keeper), *stored.parts))
    keeper.leftovers.load(stored.leftovers)
    world.keep(keeper)
    profiles, spaces, push = world.profiles, world.owners.spaces, world.timers.push
    for head in stored.heads:
        p = stub(head)
        p.packed = keeper
        profiles[p] = None
        for space, value in p.identifiers:
            spaces[space][value] = p
        p.heap_due = INFINITY
        push(p)
    return world


def inherit(heir: World, former: World, *, stays: bool = False) -> Iterator[Profile]:
    """Everybody of a kept world, by birth, awake, as its program reads them: to be handed over, one after the other, to an heir
    that was just made for another program, and is kept from now on by the same store. The heir has who is who and the rows of
    tables by now. Whoever hands over sets the timers. `stays` (`engine.unmoved`): only those who have changed since the last
    commit; all others are as they are, and keep their timers."""
    old = former.keeper
    assert old is not None
    keeper = old.heir(ProfileCodec(heir.machine))
    keeper.leftovers = Leftovers(heir, (_births(keeper), *old.leftovers.more), old.leftovers)
    profiles = list(former.profiles)
    heir.keep(keeper)
    if stays:
        heir.timers = former.timers
        yield from keeper.adopt(old, profiles)
    else:
        yield from keeper.inherit(old, profiles)


def read_ahead(world: World, identifiers: Iterable[Identifier], limit: int) -> None:
    """Read back at once who is soon looked at: the owners of these identifiers, and those who have a timer before `limit`, at
    most AHEAD_MAX of them. Whoever is not among them is read when their turn comes."""
    keeper = world.keeper
    if keeper is not None:
        owners = (p for identifier in identifiers if (p := keeper.owners.get(identifier)) is not None)
        cold = (p for p in chain(owners, world.timers.listed(limit)) if p.packed is not None)
        keeper.prefetch(islice(dict.fromkeys(islice(cold, 2 * AHEAD_MAX)), AHEAD_MAX))


def _births(keeper: Keeper) -> ValuePart:
    return ValuePart("births", lambda: {"": keeper.births}, lambda _, count: keeper.resume(count))
