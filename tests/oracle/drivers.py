"""Three ways to run a case: the oracle, the engine in the order of work, the engine grouped by connected components."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from rtj.ir.program import Program
from rtj.ir.records import Event
from tests.oracle.door import Feed, admit
from tests.oracle.interpreter import Outcome, Record, run

Run = Callable[[Program, list[Feed], int | None, bool], Outcome]


def ordered(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The engine, one instant after the other."""
    from rtj.engine.machine import Machine
    from rtj.engine.record import Level, Recorder
    from rtj.engine.world import World

    door = admit(program, feeds)
    end = door.last if until is None else until
    recorder = Recorder()
    world = World(Machine(program, Level.TRACE), recorder)
    work = [e for e in door.events if e.at <= end]
    for at in sorted({e.at for e in work}):
        world.advance(at)
        for event in work:
            if event.at == at:
                world.feed(event)
        world.close(at)
    world.finish(end, drain)
    return outcome(recorder.records, Counter(recorder.counts), door.counts)


def grouped(program: Program, feeds: list[Feed], until: int | None = None, drain: bool = False) -> Outcome:
    """The engine, one connected component after the other (S2.6)."""
    from rtj.engine.machine import Machine
    from rtj.engine.record import Level, Recorder
    from rtj.engine.world import World

    door = admit(program, feeds)
    end = door.last if until is None else until
    work = [e for e in door.events if e.at <= end]
    machine = Machine(program, Level.TRACE)
    records: list[Record] = []
    counts: Counter[tuple[str, ...]] = Counter()
    for component in components(work):
        recorder = Recorder()
        mine = [e for e in work if not e.ids or e.ids[0] in component]
        World(machine, recorder).replay(mine, end, drain)
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


RUNS: dict[str, Run] = {"oracle": run, "ordered": ordered, "grouped": grouped}
