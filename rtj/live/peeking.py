"""One person out of a store, without a run, and beside one that goes on: what was committed last, and nothing else is read.

look = Look(store)
look.portrait("ada@example.org")
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rtj.base.errors import InputError
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.portrait import Painter, find, named
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import Stored, revive
from rtj.engine.stored import read_identifiers
from rtj.engine.stored_frame import StoredError
from rtj.ir.kept import ProfileHead
from rtj.ir.portraits import Portrait
from rtj.ir.program import FORMAT, Program, fingerprint, read_program
from rtj.live.portraying import with_messages
from rtj.live.session import FOLLOWER, WORLD
from rtj.run.following import FollowerState
from rtj.store.port import Store

LOOKS_MAX = 5  # a run may commit while somebody looks: so often it is looked again; then what was read counts
SEARCHED_MAX = 200_000  # profiles among whose identifiers similar ones are looked for
NEEDED = ("row ", "paused/")  # of what a world knows beside profiles: rows of tables, and which journeys are paused

_followers = msgspec.msgpack.Decoder(FollowerState)


class Look:
    """Looks at people of one store. The program is read once, and again when another one runs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._machine: Machine | None = None
        self._running = ""

    @property
    def program(self) -> Program:
        """What runs. Raises InputError where nothing has begun."""
        return self._current(self._state()).program

    def portrait(self, text: str) -> Portrait | None:
        """Everything about who is called so: a value, `namespace:value`, an origin. None: nobody is. Raises InputError where
        nothing has begun, or the store has what cannot be read."""
        found: Portrait | None = None
        for look in range(LOOKS_MAX):
            before = self._kept()
            try:
                found = self._portrait(text)
            except StoredError:
                if look == LOOKS_MAX - 1 or self._kept() == before:  # no other program took over in between
                    raise
                continue
            if self._kept() == before:
                break
        return found

    def _portrait(self, text: str) -> Portrait | None:
        state = self._state()
        machine = self._current(state)
        head = self._head(machine.program, text)
        if head is None:
            return None
        kernel = Kernel(machine, Recorder(), Level.COUNTS)
        world = revive(kernel, Stored((head,), self._leftovers(machine), self._store.bodies))
        p = find(world.identities.owners, machine.program, text)
        assert p is not None, "it was found by one of its identifiers"
        return with_messages(Painter(machine, max(0, state.clock - 1)).portrait(p), self._store)

    def _head(self, program: Program, text: str) -> ProfileHead | None:
        for space, value in named(program, text):
            number = self._store.owner(space, value)
            if number is not None:
                return self._store.head(number)
        return None

    def _leftovers(self, machine: Machine) -> Iterator[tuple[str, bytes]]:
        for prefix in NEEDED:
            if prefix == "row " and not machine.tables.filled:
                continue
            for name, value in self._store.leftovers(f"{WORLD}{prefix}"):
                yield name.removeprefix(WORLD), value

    # ---- what runs

    def _kept(self) -> bytes:
        return next((value for name, value in self._store.leftovers(FOLLOWER) if name == FOLLOWER), b"")

    def _state(self) -> FollowerState:
        kept = self._kept()
        if not kept:
            raise InputError("nothing runs here yet: `rtj deploy` comes first")
        return _followers.decode(kept)

    def _current(self, state: FollowerState) -> Machine:
        if self._machine is None or self._running != state.running:
            try:
                program = read_program(self._store.program(state.running))
            except (msgspec.MsgspecError, RecursionError) as error:
                raise InputError(f"the program {state.running} in the store cannot be read by this rtj: {error}") from error
            if program.format != FORMAT or fingerprint(program) != state.running:
                raise InputError(
                    f"the program {state.running} in the store is of another rtj, or damaged; `rtj drift` tells more"
                )
            self._machine, self._running = Machine(program, Level.COUNTS), state.running
        return self._machine

    # ---- who is not there

    def names(self) -> Iterator[str]:
        """Identifiers as they are spelled (`namespace:value`), of the first profiles."""
        spaces = [space.name for space in self.program.ranked]
        for count, head in enumerate(self._store.heads()):
            if count == SEARCHED_MAX:
                return
            for place, value in read_identifiers(head.ids):
                yield f"{spaces[place]}:{value}"
