"""Who is inside of an environment, out of its store, as of the last commit: beside a run, which is not disturbed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from rtj.base.errors import InputError
from rtj.engine.kernel import Kernel
from rtj.engine.layers import PREFIX, Layers, needed, told_of
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import Stored, revive
from rtj.engine.unmoved import stays
from rtj.engine.whereabouts import Whereabouts
from rtj.ir.entries import Deployed, Entry
from rtj.ir.kept import ProfileHead
from rtj.ir.program import FORMAT, Program, fingerprint, read_program
from rtj.ir.standing import Standing, Tally
from rtj.live.session import FOLLOWER, WORLD
from rtj.run.following import FollowerState
from rtj.store.port import Store

NEEDED = ("row ", "paused/", PREFIX)  # of what a world knows beside profiles: rows of tables, which journeys are paused, layouts

_followers = msgspec.msgpack.Decoder(FollowerState)


class Counting:
    """Counts people of one store. Asked several things within one `still`, it goes through everybody once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._at = -1  # commits of the store when it was counted
        self._found: tuple[list[Tally], list[int]] = [], []

    def tallies(self) -> list[Tally]:
        """How many stand where; nobody where nothing has begun. Raises InputError where the store has what cannot be read."""
        store = self._store
        with store.still():
            state, now = state_of(store), store.commits()
            if state is not None and now != self._at:
                machine = machine_of(store, state.running)
                self._found = Whereabouts(machine, layers_of(store, machine)).tallies(store.every_body())
                self._at = now
            return self._found[0]

    def standings(self) -> list[Standing]:
        """Everybody who is inside, with what they wait for and by which channels they can be reached. Raises as `tallies`."""
        store = self._store
        with store.still():
            self.tallies()
            state = state_of(store)
            if state is None:
                return []
            machine = machine_of(store, state.running)
            revive(Kernel(machine, Recorder(), Level.COUNTS), stored(store, machine, ()))
            return list(Whereabouts(machine, layers_of(store, machine)).standings(store.these(self._found[1]), state.clock))


def concerns_nobody(store: Store, entries: Sequence[Entry]) -> bool:
    """Is it sure that nobody's record is another once these entries are taken, so that nothing happens to anybody?"""
    state = state_of(store)
    if state is None or len(entries) != 1 or not isinstance(entries[0], Deployed):
        return False
    old, new = (machine_of(store, name) for name in (state.running, entries[0].program))
    return stays(old, new, entries[0].crossing)


def state_of(store: Store) -> FollowerState | None:
    """How far the run has come, and with which program; None where nothing has begun."""
    kept = next((value for name, value in store.leftovers(FOLLOWER) if name == FOLLOWER), b"")
    return _followers.decode(kept) if kept else None


def machine_of(store: Store, running: str) -> Machine:
    """The machine of a program of the store. Raises as `program_of`."""
    return Machine(program_of(store, running), Level.COUNTS)


def program_of(store: Store, running: str) -> Program:
    """A program of the store. Raises InputError when this rtj cannot read it, or it is damaged."""
    try:
        program = read_program(store.program(running))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"the program {running} in the store cannot be read by this rtj: {error}") from error
    if program.format != FORMAT or fingerprint(program) != running:
        raise InputError(f"the program {running} in the store is of another rtj, or damaged; `rtj drift` tells more")
    return program


def layers_of(store: Store, machine: Machine) -> Layers:
    """Which layouts records of the store have, and how they are read by the machine of what runs."""
    kept = ((name.removeprefix(WORLD), value) for name, value in store.leftovers(WORLD + PREFIX))
    return Layers(machine, partial(program_of, store), told_of(kept))


def programs_of_records(store: Store) -> set[str]:
    """The fingerprints of programs without which some record of the store could not be read."""
    return needed((name.removeprefix(WORLD), value) for name, value in store.leftovers(WORLD + PREFIX))


def stored(store: Store, machine: Machine, heads: Iterable[ProfileHead]) -> Stored:
    """These people, to be looked at, and what else is needed for that."""
    return Stored(heads, leftovers(store, machine), store.bodies, programs=partial(program_of, store))


def leftovers(store: Store, machine: Machine) -> Iterator[tuple[str, bytes]]:
    """What a world knows beside profiles, as far as whoever looks at one needs it."""
    for prefix in NEEDED:
        if prefix == "row " and not machine.tables.filled:
            continue
        for name, value in store.leftovers(f"{WORLD}{prefix}"):
            yield name.removeprefix(WORLD), value
