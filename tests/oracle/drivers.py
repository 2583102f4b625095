"""The ways to run a case: the oracle, and the engine in the order of work and grouped by connected components."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from rtj.ir.program import Program
from rtj.ir.records import Event
from tests.oracle.door import Feed, admit
from tests.oracle.interpreter import Outcome, Record, run

Run = Callable[[Program, list[Feed], int | None, bool], Outcome]


def world_of(program: Program) -> tuple[Any, Any]:
    """A world of the engine and what it records."""
    from rtj.engine.machine import Machine
    from rtj.engine.record import Level, Recorder
    from rtj.engine.world import World

    recorder = Recorder()
    return World(Machine(program, Level.TRACE), recorder), recorder


def ordered(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The engine, one instant after the other."""
    door = admit(program, feeds)
    end = door.last if until is None else until
    world, recorder = world_of(program)
    work = [e for e in door.events if e.at <= end]
    for at in sorted({e.at for e in work}):
        world.advance(at)
        for event in work:
            if event.at == at:
                world.feed(event)
        world.close(at)
    world.finish(end, drain)
    return outcome(recorder.records, Counter(recorder.counts), door.counts)


def resting(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The same with every profile packed as soon as something happens to another."""
    from rtj.engine.resting import Resting

    with patch.object(Resting, "awake", 0):
        return ordered(program, feeds, until, drain)


def grouped(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The engine, one connected component after the other (S2.6)."""
    return replayed(program, feeds, (until, drain), apart=True)


def whole(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The engine's replay of everybody at once."""
    return replayed(program, feeds, (until, drain), apart=False)


def spared(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The engine's replay of components, each offered only those business events that may concern it."""
    return among(program, feeds, (until, drain), few=16)


def indexed(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The same where components count as large, which have an index of their own."""
    return among(program, feeds, (until, drain), few=0)


def among(program: Program, feeds: list[Feed], ending: tuple[int | None, bool], *, few: int) -> Outcome:
    from rtj.engine import replaying
    from rtj.engine.business import BusinessLog
    from rtj.engine.machine import Machine
    from rtj.engine.record import Level, Recorder

    door = admit(program, feeds)
    end = door.last if ending[0] is None else ending[0]
    work = [e for e in door.events if e.at <= end]
    business = [e for e in work if not e.ids]
    recorder = Recorder()
    world = replaying.Replay(Machine(program, Level.TRACE), recorder, few=few)
    world.record(business)
    log = BusinessLog(world.machine, business)
    for component in components(work):
        world.replay_among([e for e in work if e.ids and e.ids[0] in component], log, end, ending[1])
    return outcome(recorder.records, Counter(recorder.counts), door.counts)


def replayed(program: Program, feeds: list[Feed], ending: tuple[int | None, bool], *, apart: bool) -> Outcome:
    door = admit(program, feeds)
    end = door.last if ending[0] is None else ending[0]
    work = [e for e in door.events if e.at <= end]
    records: list[Record] = []
    counts: Counter[tuple[str, ...]] = Counter()
    everybody = {e.ids[0] for e in work if e.ids}
    for component in components(work) if apart else [everybody]:
        world, recorder = world_of(program)
        mine = [e for e in work if not e.ids or e.ids[0] in component]
        world.record([e for e in work if not e.ids])
        world.replay(mine, end, ending[1])
        records += recorder.records
        counts.update(recorder.counts)
    return outcome(records, counts, door.counts)


def components(events: list[Event]) -> list[set[tuple[int, str]]]:
    """The identifiers that were ever seen together."""
    found: list[set[tuple[int, str]]] = []
    for event in events:
        if event.ids:
            touched = [c for c in found if c & set(event.ids)]
            found = [c for c in found if c not in touched] + [set(event.ids).union(*touched)]
    return found


def outcome(records: list[Any], counts: Counter[tuple[str, ...]], door: Counter[tuple[str, ...]]) -> Outcome:
    counts.update(door)
    return Outcome(sorted(records, key=lambda r: r[:3]), counts)


ENGINE: dict[str, Run] = {
    "ordered": ordered,
    "resting": resting,
    "grouped": grouped,
    "whole": whole,
    "spared": spared,
    "indexed": indexed,
}
RUNS: dict[str, Run] = {"oracle": run, **ENGINE}
