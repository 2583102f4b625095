"""A world that is what another was when its store was last committed to.

    world = revive(kernel, Stored(store.heads(), store.leftovers(), store.bodies, awake=32_768))
    read_ahead(world, identifiers, clock)                                # before a batch
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
from rtj.engine.layers import PART, Layers, Programs, no_programs, told_of
from rtj.engine.leftovers import Leftovers, Part, ValuePart
from rtj.engine.resting import AWAKE_MAX
from rtj.engine.sieve import Sieve
from rtj.engine.state import Profile
from rtj.engine.stored import generation_of, stub
from rtj.engine.world import World
from rtj.ir.crossing import Crossing
from rtj.ir.kept import ProfileHead

AHEAD_MAX = 32_768  # profiles that are read ahead at once


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store has of a world: heads by number, leftovers in any order. `awake`: the bound of `Keeper`; `parts`: what whoever
    runs the world wants to be remembered beside; `programs`: those of before, by which older records are read."""

    heads: Iterable[ProfileHead]
    leftovers: Iterable[tuple[str, bytes]]
    fetch: Fetch
    awake: int = AWAKE_MAX
    parts: tuple[Part, ...] = ()
    programs: Programs = no_programs


def revive(kernel: Kernel, stored: Stored) -> World:
    """The world of a store, which is kept from now on. `kernel` is new, with a recorder that has counted nothing. Raises
    StoredError when the store has what cannot be read."""
    return keep(World(kernel.machine, kernel.recorder, kernel), stored)


def keep(world: World, stored: Stored) -> World:
    """The same for a world that was just made, to which nothing has happened."""
    leftovers = list(stored.leftovers)
    layers = Layers(world.machine, stored.programs, told_of(leftovers))
    keeper = Keeper(layers, stored.fetch, awake=stored.awake)
    keeper.leftovers = Leftovers(world, (_births(keeper), _layers(keeper), *stored.parts))
    keeper.leftovers.load(leftovers)
    world.keep(keeper)
    profiles, spaces, push = world.profiles, world.owners.spaces, world.timers.push
    for head in stored.heads:
        p = stub(head)
        p.packed = keeper
        if layers.ways and generation_of(head) != layers.generation:
            p.members = layers.members(head, p.members)
            keeper.stale.append(p)
        profiles[p] = None
        for space, value in p.identifiers:
            spaces[space][value] = p
        p.heap_due = INFINITY
        push(p)
    return world


def adopt(heir: World, former: World) -> Iterator[Profile]:
    """Those of a kept world who have changed since the last commit, by birth, awake, as its program reads them: to be handed over
    to an heir that was just made for another program, and is kept from now on by the same store. The heir has who is who and the
    rows of tables by now. All others are as they are (`engine.unmoved`), and keep their timers."""
    old = _kept(former)
    keeper = _heir(heir, former, old.layers.same(heir.machine))
    return keeper.adopt(old, list(heir.profiles))


def sift(heir: World, former: World, crossing: Crossing, sieve: Sieve) -> Iterator[Profile]:
    """The same for a program to which records become others: those whom the change concerns, and those who have changed."""
    old = _kept(former)
    keeper = _heir(heir, former, old.layers.following(heir.machine, crossing))
    return keeper.sift(old, list(heir.profiles), sieve)


def _heir(heir: World, former: World, layers: Layers) -> Keeper:
    old = _kept(former)
    keeper = old.heir(layers)
    keeper.leftovers = Leftovers(heir, (_births(keeper), _layers(keeper), *old.leftovers.more), old.leftovers)
    heir.keep(keeper)
    heir.timers = former.timers
    return keeper


def _kept(world: World) -> Keeper:
    assert world.keeper is not None
    return world.keeper


def read_ahead(world: World, identifiers: Iterable[Identifier], limit: int) -> None:
    """Read back at once who is soon looked at: the owners of these identifiers, and those who have a timer before `limit`, at
    most AHEAD_MAX of them. Whoever is not among them is read when their turn comes: nothing else hangs on it."""
    keeper = world.keeper
    if keeper is None or keeper.awake_most >= len(world.profiles):
        return
    get = keeper.owners.get
    owners = (p for identifier in identifiers if (p := get(identifier)) is not None)
    cold = (p for p in chain(owners, world.timers.listed(limit)) if p.packed is not None)
    keeper.prefetch(dict.fromkeys(islice(cold, AHEAD_MAX)))


def _births(keeper: Keeper) -> ValuePart:
    return ValuePart("births", lambda: {"": keeper.births}, lambda _, count: keeper.resume(count))


def _layers(keeper: Keeper) -> ValuePart:
    return ValuePart(PART, keeper.layers.told, lambda _, __: None)  # which were read before
