"""Who is inside of an environment, out of its store, as of the last commit: beside a run, which is not disturbed."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rtj.base.errors import InputError
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import Stored, revive
from rtj.engine.whereabouts import Whereabouts
from rtj.ir.program import FORMAT, fingerprint, read_program
from rtj.ir.standing import Standing, Tally
from rtj.live.session import FOLLOWER, WORLD
from rtj.run.following import FollowerState
from rtj.store.port import Store

NEEDED = ("row ", "paused/")  # of what a world knows beside profiles: rows of tables, and which journeys are paused

_followers = msgspec.msgpack.Decoder(FollowerState)


def tallies(store: Store) -> list[Tally]:
    """How many stand where; nobody where nothing has begun. Raises InputError where the store has what cannot be read."""
    with store.still():
        state = state_of(store)
        return [] if state is None else Whereabouts(machine_of(store, state.running)).tallies(store.every_body())


def standings(store: Store) -> list[Standing]:
    """Everybody who is inside, with what they wait for and by which channels they can be reached. Raises as `tallies`."""
    with store.still():
        state = state_of(store)
        if state is None:
            return []
        machine = machine_of(store, state.running)
        revive(Kernel(machine, Recorder(), Level.COUNTS), Stored((), leftovers(store, machine), store.bodies))
        return list(Whereabouts(machine).standings(store.everybody(), state.clock))


def state_of(store: Store) -> FollowerState | None:
    """How far the run has come, and with which program; None where nothing has begun."""
    kept = next((value for name, value in store.leftovers(FOLLOWER) if name == FOLLOWER), b"")
    return _followers.decode(kept) if kept else None


def machine_of(store: Store, running: str) -> Machine:
    """The machine of a program of the store. Raises InputError when this rtj cannot read it, or it is damaged."""
    try:
        program = read_program(store.program(running))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"the program {running} in the store cannot be read by this rtj: {error}") from error
    if program.format != FORMAT or fingerprint(program) != running:
        raise InputError(f"the program {running} in the store is of another rtj, or damaged; `rtj drift` tells more")
    return Machine(program, Level.COUNTS)


def leftovers(store: Store, machine: Machine) -> Iterator[tuple[str, bytes]]:
    """What a world knows beside profiles, as far as whoever looks at one needs it."""
    for prefix in NEEDED:
        if prefix == "row " and not machine.tables.filled:
            continue
        for name, value in store.leftovers(f"{WORLD}{prefix}"):
            yield name.removeprefix(WORLD), value
