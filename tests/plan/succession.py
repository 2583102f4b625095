"""A run in which a new version takes over in the middle: the oracle of what is said about people who are inside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rtj.engine.backfill import History
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.succeeding import succeed
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.plan.crossing import crossing
from rtj.plan.linked import Deploying, Unlinkable, drains, linked
from rtj.plan.sides import Side
from tests.oracle.door import Feed, admit

Record = tuple[int, str, int, dict[str, object]]
PLAINLY = Deploying()


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


class Run:
    """A world that goes from one program to the next. `records`: all that has happened."""

    def __init__(self, program: Program) -> None:
        self.recorder = Recorder()
        self.world = World(Machine(program, Level.TRACE), self.recorder)

    @property
    def records(self) -> list[Record]:
        return self.recorder.records

    @property
    def running(self) -> Program:
        return self.world.machine.program

    def until(self, events: list[Event], start: int, stop: int) -> None:
        """Work the events from one instant up to another, which is not worked itself."""
        play(self.world, [event for event in events if start <= event.at < stop])
        self.world.advance(stop)

    def inside(self) -> dict[str, int]:
        """How many are in each journey, by its name in the program."""
        return Counter(inst.journey.spec.name for p in self.world.profiles for inst in p.instances.values())

    def instances(self) -> frozenset[str]:
        """The ids of those inside."""
        return frozenset(self.world.kernel.id_of(p, inst) for p in self.world.profiles for inst in p.instances.values())

    def run(self, program: Program, at: int, history: History | None = None) -> None:
        """Another program takes over, as it is."""
        kernel = Kernel(Machine(program, Level.TRACE), self.recorder, Level.TRACE)
        over = crossing(Side("old", self.running), Side("new", program))
        self.world = succeed(self.world, kernel, over, at, history)

    def deploy(self, new: Program, at: int, deploying: Deploying = PLAINLY, history: History | None = None) -> None:
        """A new project takes over, with those old versions that are still needed. `inside` is counted here."""
        asked = Deploying(self.inside(), deploying.policies, deploying.ramps)
        made = linked(new, drains(self.running, new, asked))
        assert not isinstance(made, Unlinkable), [one.text for one in made.missing]
        self.run(made, at, history)

    def finish(self, events: list[Event], start: int, end: int) -> list[Record]:
        """Work the rest."""
        play(self.world, [event for event in events if event.at >= start])
        self.world.finish(end, drain=False)
        return self.records


def taken_over(old: Program, new: Program, events: list[Event], change: int, end: int) -> tuple[list[Record], frozenset[str]]:
    """Everything that happens when `new` takes over from `old` at the instant `change`, and the ids of those who were inside."""
    run = Run(old)
    run.until(events, 0, change)
    inside = run.instances()
    run.run(new, change)
    return run.finish(events, change, end), inside


def undisturbed(program: Program, events: list[Event], end: int) -> list[Record]:
    """Everything that happens under one program."""
    return Run(program).finish(events, 0, end)


def first_difference(one: Iterable[Record], other: Iterable[Record]) -> str:
    """Where two traces part; "" when they are the same."""
    was, now = (sorted(every, key=lambda record: record[:3]) for every in (one, other))
    for before, after in zip(was, now, strict=False):
        if before != after:
            return f"{before} became {after}"
    return "" if len(was) == len(now) else f"{len(was)} records became {len(now)}: {[*was, *now][min(len(was), len(now)) :][:1]}"
