"""One person out of a store, without a run, and beside one that goes on: what was committed last, and nothing else is read.

look = Look(store)
look.portrait("ada@example.org")
"""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.errors import InputError
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.portrait import Painter, find, named
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import revive
from rtj.engine.stored import read_identifiers
from rtj.ir.kept import ProfileHead
from rtj.ir.portraits import Portrait
from rtj.ir.program import Program
from rtj.live.counting import machine_of, state_of, stored
from rtj.live.portraying import with_messages
from rtj.run.following import FollowerState
from rtj.store.port import Store

SEARCHED_MAX = 200_000  # profiles among whose identifiers similar ones are looked for


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
        with self._store.still():
            return self._portrait(text)

    def named(self, text: str) -> tuple[str, str, str] | None:
        """The origin of who is called so, and the identifier that is meant: (origin, namespace, value). None: nobody is. Raises
        as `portrait`."""
        with self._store.still():
            found = self._portrait(text)
            if found is None:
                return None
            program = self.program
            for space, value in named(program, text):
                if self._store.owner(space, value) is not None:
                    return found.profile, program.ranked[space].name, value
        raise AssertionError("it was found by one of its identifiers")

    def _portrait(self, text: str) -> Portrait | None:
        state = self._state()
        machine = self._current(state)
        head = self._head(machine.program, text)
        if head is None:
            return None
        kernel = Kernel(machine, Recorder(), Level.COUNTS)
        world = revive(kernel, stored(self._store, machine, (head,)))
        p = find(world.identities.owners, machine.program, text)
        assert p is not None, "it was found by one of its identifiers"
        return with_messages(Painter(machine, max(0, state.clock - 1)).portrait(p), self._store)

    def _head(self, program: Program, text: str) -> ProfileHead | None:
        for space, value in named(program, text):
            number = self._store.owner(space, value)
            if number is not None:
                return self._store.head(number)
        return None

    # ---- what runs

    def _state(self) -> FollowerState:
        found = state_of(self._store)
        if found is None:
            raise InputError("nothing runs here yet: `rtj deploy` comes first")
        return found

    def _current(self, state: FollowerState) -> Machine:
        if self._machine is None or self._running != state.running:
            self._machine, self._running = machine_of(self._store, state.running), state.running
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
