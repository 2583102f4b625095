"""Several versions of a journey in one program: who is pinned notices no edit of journeys; a version without people is dropped,
and what is left is the new project to the byte; the way back is no change; a ramp of nobody is the old version."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest

from rtj.ir.journey import OnDeploy, Version, known_as
from rtj.ir.program import Program, canonical, fingerprint
from rtj.ir.records import Event
from rtj.plan.linked import Deploying, drains, linked
from tests.oracle.generate import FEATURES, Case, case
from tests.plan.edits import EDITS
from tests.plan.succession import Record, Run, events_of, first_difference, undisturbed

replace = msgspec.structs.replace
PLAIN = FEATURES - {"erase"}
SEEDS = 15
BLOCKS = [*range(0, 2 * SEEDS, SEEDS), *(pytest.param(n, marks=pytest.mark.long) for n in range(2 * SEEDS, 120, SEEDS))]
Law = Callable[[int], str]


def holds(law: Law, start: int) -> None:
    found = [f"seed {seed}: {told}" for seed in range(start, start + SEEDS) if (told := law(seed))]
    assert not found, "\n".join(found[:3])


def edited(made: Case, rnd: random.Random, count: int = 2) -> Program | None:
    """The program with other journeys, and nothing else changed."""
    program = made.program
    for name in rnd.sample(sorted(EDITS), len(EDITS)):
        changed = EDITS[name](program, rnd)
        if changed is not None and replace(changed, journeys=program.journeys) == program and changed != program:
            program, count = changed, count - 1
            if not count:
                return program
    return None if program == made.program else program


def pinning(program: Program) -> dict[str, OnDeploy]:
    return {known_as(journey): "pin" for journey in program.journeys}


def scene(seed: int, features: frozenset[str] = PLAIN) -> tuple[Case, Program, list[Event], int, int] | None:
    """A case, an edit of it, its events, an instant among them, and the end."""
    made, rnd = case(seed, features), random.Random(seed)
    events, end = events_of(made.program, made.feeds, made.until)
    new = edited(made, rnd)
    if len(events) < 2 or new is None:
        return None
    return made, new, events, rnd.randrange(events[0].at + 1, events[-1].at + 2), end


def of(records: list[Record], ids: frozenset[str]) -> list[Record]:
    """What is told of these instances, without the numbers of the records: those count what others do, too."""
    return [(at, who, 0, told) for at, who, _, told in records if told.get("instance") in ids]


def unnoticed(seed: int) -> str:
    found = scene(seed, PLAIN - {"gates", "restart", "goals"})  # by which what one does in a journey is noticed in another
    if found is None:
        return ""
    made, new, events, change, end = found
    run = Run(made.program)
    run.until(events, 0, change)
    inside = run.instances()
    run.deploy(new, change, Deploying(policies=pinning(new)))
    was = of(undisturbed(made.program, events, end), inside)
    now = of(run.finish(events, change, end), inside)
    return first_difference(was, now)


@pytest.mark.parametrize("start", BLOCKS)
def test_who_is_pinned_notices_no_edit_of_journeys(start: int) -> None:
    holds(unnoticed, start)


def dropped(seed: int) -> str:
    found = scene(seed)
    if found is None:
        return ""
    made, new, events, change, _ = found
    run = Run(made.program)
    run.until(events, 0, change)
    run.deploy(new, change, Deploying(policies=pinning(new)))
    inside = run.inside()
    if any(isinstance(one, Version) for one in run.running.journeys) and run.running == new:
        return "nobody was linked"
    again = linked(new, drains(run.running, new, Deploying({}, pinning(new))))
    kept = linked(new, drains(run.running, new, Deploying(inside, pinning(new))))
    if again is not new:
        return "something of the old version is left"
    assert isinstance(kept, Program)
    there = {one.name for one in new.journeys} | inside.keys()  # and what was there for those who might have entered is gone
    left = replace(run.running, journeys=tuple(one for one in run.running.journeys if one.name in there))
    if there >= {one.name for one in run.running.journeys}:
        return "" if canonical(kept) == canonical(run.running) else "deploying the same again changes the program"
    return "" if kept.journeys == left.journeys else "another version is left than those with people"


@pytest.mark.parametrize("start", BLOCKS)
def test_a_version_without_people_is_dropped_and_the_rest_is_the_project(start: int) -> None:
    holds(dropped, start)


def returned(seed: int) -> str:
    found = scene(seed)
    if found is None:
        return ""
    made, new, events, change, end = found
    if [one.entries for one in made.program.journeys] != [one.entries for one in new.journeys]:
        return ""  # a way in that means something else begins anew (S12.6), there and back
    run = Run(made.program)
    run.until(events, 0, change)
    run.deploy(new, change, Deploying(policies=pinning(new)))
    run.deploy(made.program, change)
    if fingerprint(run.running) != fingerprint(made.program):
        return "the old project does not run alone"
    return first_difference(undisturbed(made.program, events, end), run.finish(events, change, end))


@pytest.mark.parametrize("start", BLOCKS)
def test_the_way_back_is_no_change_for_those_at_rest(start: int) -> None:
    holds(returned, start)


def ramped(seed: int) -> str:
    found = scene(seed)
    if found is None:
        return ""
    made, new, events, change, end = found
    run = Run(made.program)
    run.until(events, 0, change)
    run.deploy(new, change, Deploying(ramps=dict.fromkeys(pinning(new), 0)))
    return first_difference(undisturbed(made.program, events, end), run.finish(events, change, end))


@pytest.mark.parametrize("start", BLOCKS)
def test_a_ramp_of_nobody_is_the_old_version(start: int) -> None:
    holds(ramped, start)
