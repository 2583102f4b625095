"""A world that goes on in memory and one that is put to bytes and revived do not differ, whatever versions come: pinned,
migrated, at a boundary, in a ramp, paused in between, with events that are declared otherwise."""

from __future__ import annotations

import random

import msgspec
import pytest

from rtj.ir.expr import Optional
from rtj.ir.journey import known_as
from rtj.ir.program import EventField, Program
from rtj.plan.linked import Deploying
from tests.engine.kept import MemoryStore
from tests.oracle.build import STRING
from tests.oracle.generate import FEATURES, case
from tests.plan.edits import EDITS
from tests.plan.succession import Run, events_of, first_difference

replace = msgspec.structs.replace
SEEDS = 12


def edited(program: Program, rnd: random.Random) -> Program:
    """Some edit, and now and then another field of an event."""
    if rnd.random() < 0.4:
        events = tuple(
            replace(one, fields=(*one.fields, EventField("more", Optional(STRING)))) if rnd.random() < 0.5 else one
            for one in program.events
        )
        program = replace(program, events=events)
    for name in rnd.sample(sorted(EDITS), len(EDITS)):
        changed = EDITS[name](program, rnd)
        if changed is not None and changed.namespaces == program.namespaces:
            return changed
    return program


class KeptRun(Run):
    """The same, with a store; `rest` puts the world to bytes, and takes it up from there."""

    def __init__(self, program: Program, awake: int) -> None:
        self.store, self.awake = MemoryStore(), awake
        self.world = self.store.world(program, awake)
        self.recorder = self.world.kernel.recorder

    def rest(self) -> None:
        self.store.keep(self.world)
        records = self.recorder.records
        self.world = self.store.world(self.running, self.awake)
        self.recorder = self.world.kernel.recorder
        self.recorder.records[:0] = records


def story(run: Run, seed: int) -> str:
    rnd, made = random.Random(seed), case(seed, FEATURES - {"erase"})
    program = made.program
    events, end = events_of(program, made.feeds, made.until)
    if len(events) < 4:
        return ""
    times = sorted(rnd.randrange(events[0].at + 1, events[-1].at + 2) for _ in range(rnd.choice((2, 3))))
    last = 0
    for at in times:
        run.until(events, last, at)
        if isinstance(run, KeptRun):
            run.rest()
        names = [known_as(journey) for journey in program.journeys]
        paused = rnd.choice(names)
        match rnd.randrange(4):
            case 0:
                run.world.pause(paused, at)
            case 1:
                run.world.resume_journey(paused, at, rnd.choice(("go", "leave")), 600_000)
            case _:
                pass
        new = edited(program, rnd)
        policies = {name: rnd.choice(("pin", "migrate", "boundary")) for name in names}
        ramps = {name: rnd.choice((0, 300_000, 1_000_000)) for name in names if rnd.random() < 0.3}
        try:
            run.deploy(new, at, Deploying(policies=policies, ramps=ramps))
        except AssertionError as problem:
            if "on_deploy: migrate" not in str(problem):
                raise
            run.deploy(new, at)
        run.world.close(at)
        program, last = new, at
        if isinstance(run, KeptRun):
            run.rest()
    run.finish(events, last, end)
    return ""


def differing(seed: int) -> str:
    rnd, made = random.Random(seed), case(seed, FEATURES - {"erase"})
    plain, kept = Run(made.program), KeptRun(made.program, rnd.choice((0, 2, 1_000)))
    story(plain, seed)
    story(kept, seed)
    return first_difference(plain.records, kept.records)


@pytest.mark.parametrize("start", [0, SEEDS, *(pytest.param(n, marks=pytest.mark.long) for n in range(2 * SEEDS, 60, SEEDS))])
def test_a_revived_world_goes_through_versions_as_one_that_went_on(start: int) -> None:
    found = [f"seed {seed}: {told}" for seed in range(start, start + SEEDS) if (told := differing(seed))]
    assert not found, "\n".join(found[:3])
