"""A store in memory, and the engine over it: put to bytes and begun anew at random instants of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from unittest.mock import patch

from rtj.engine.keeping import Changes
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import Stored, revive
from rtj.engine.world import World
from rtj.ir.kept import ProfileHead, ProfileRow
from rtj.ir.program import Program, fingerprint
from tests.oracle.door import Feed, admit
from tests.oracle.drivers import outcome
from tests.oracle.interpreter import Outcome, Record


@dataclass
class MemoryStore:
    """What was committed. `asked`: how often bodies were asked for."""

    rows: dict[int, ProfileRow] = field(default_factory=dict)
    leftovers: dict[str, bytes] = field(default_factory=dict)
    owners: dict[tuple[int, str], int] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    asked: int = 0

    def commit(self, changes: Changes) -> None:
        for row in changes.profiles:
            self.rows[row.number] = row
        for number in changes.gone:
            del self.rows[number]
        for name, value in changes.leftovers.items():
            self.leftovers.pop(name, None)
            if value is not None:
                self.leftovers[name] = value
        for identifier, owner in changes.owners.items():
            self.owners.pop(identifier, None)
            if owner is not None:
                self.owners[identifier] = owner

    def heads(self) -> list[ProfileHead]:
        return [ProfileHead(r.number, r.due, r.recheck, r.members, r.ids) for _, r in sorted(self.rows.items())]

    def bodies(self, numbers: object) -> dict[int, bytes]:
        self.asked += 1
        return {n: self.rows[n].body for n in numbers if n in self.rows}  # type: ignore[attr-defined]

    def world(self, program: Program, awake: int, kernel: type[Kernel] = Kernel) -> World:
        machine = Machine(program, Level.TRACE)
        self.publish(program)
        stored = Stored(self.heads(), list(self.leftovers.items()), self.bodies, awake, programs=self.programs.__getitem__)
        return revive(kernel(machine, Recorder(), Level.TRACE), stored)

    def publish(self, program: Program) -> None:
        self.programs[fingerprint(program)] = program

    def keep(self, world: World) -> None:
        """Commit what a world has changed; the store is then what the world is."""
        keeper = world.keeper
        assert keeper is not None
        self.publish(world.machine.program)
        self.commit(keeper.changes())
        keeper.committed()
        assert {identifier: p.place for identifier, p in world.owners.items()} == self.owners
        assert [p.place for p in world.profiles] == sorted(self.rows)


def kept(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False, seed: int = 0) -> Outcome:
    """The engine, one instant after the other, with a commit after many of them, and a new process after some."""
    rnd = Random(seed)
    with patch("rtj.engine.keeping.CHUNK", rnd.choice((1, 2, 512))):
        return _kept(program, feeds, (until, drain), rnd)


def _kept(program: Program, feeds: list[Feed], ending: tuple[int | None, bool], rnd: Random) -> Outcome:
    until, drain = ending
    awake = rnd.choice((0, 1, 5, 1_000))
    door = admit(program, feeds)
    end = door.last if until is None else until
    store = MemoryStore()
    records: list[Record] = []
    world = store.world(program, awake)
    work = [e for e in door.events if e.at <= end]
    for at in sorted({e.at for e in work}):
        world.advance(at)
        for event in work:
            if event.at == at:
                world.feed(event)
        world.close(at)
        if rnd.random() < 0.7:
            store.keep(world)
            if rnd.random() < 0.4:
                records += world.kernel.recorder.records
                world = store.world(program, awake)
    world.finish(end, drain)
    recorder = world.kernel.recorder
    return outcome([*records, *recorder.records], Counter(recorder.counts), door.counts)
