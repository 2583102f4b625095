"""A run in which a new version takes over in the middle: the oracle of what is said about people who are inside."""

from __future__ import annotations

from rtj.engine.handover import succeed
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.plan.crossing import crossing
from rtj.plan.sides import Side
from tests.oracle.door import Feed, admit

Record = tuple[int, str, int, dict[str, object]]


def events_of(program: Program, feeds: tuple[Feed, ...], until: int | None) -> tuple[list[Event], int]:
    """The events that are worked, in order, and the end."""
    door = admit(program, list(feeds))
    end = door.last if until is None else until
    return [event for event in door.events if event.at <= end], end


def play(world: World, events: list[Event]) -> None:
    """Work events instant by instant."""
    for at in sorted({event.at for event in events}):
        world.advance(at)
        for event in events:
            if event.at == at:
                world.feed(event)
        world.close(at)


def taken_over(old: Program, new: Program, events: list[Event], change: int, end: int) -> tuple[list[Record], frozenset[str]]:
    """Everything that happens when `new` takes over from `old` at the instant `change`, and the ids of those who were inside."""
    first, second = Recorder(), Recorder()
    world = World(Machine(old, Level.TRACE), first)
    play(world, [event for event in events if event.at < change])
    world.advance(change)
    inside = frozenset(world.kernel.id_of(p, inst) for p in world.profiles for inst in p.instances.values())
    machine = Machine(new, Level.TRACE)
    heir = succeed(world, Kernel(machine, second, Level.TRACE), crossing(Side("old", old), Side("new", new)), change)
    play(heir, [event for event in events if event.at >= change])
    heir.finish(end, drain=False)
    return first.records + second.records, inside


def undisturbed(program: Program, events: list[Event], end: int) -> list[Record]:
    """Everything that happens under one program."""
    recorder = Recorder()
    world = World(Machine(program, Level.TRACE), recorder)
    play(world, events)
    world.finish(end, drain=False)
    return recorder.records
