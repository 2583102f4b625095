"""What is weighed as safe is safe: with the snapshot of the very instant at which an edit takes over, nobody of whom nothing but
`safe` is said gets another trace than without the edit. The replay is the oracle."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TypeAlias

import pytest
from msgspec.structs import replace

from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.standing import Onlooker
from rtj.engine.world import World
from rtj.ir import journey as j
from rtj.ir.expr import Length
from rtj.ir.program import Program
from rtj.ir.standing import Standing
from rtj.plan.changes import at_least
from rtj.plan.diff import diff
from rtj.plan.evidence import weigh
from rtj.plan.sides import Side
from tests.oracle.generate import FEATURES, case
from tests.plan import succession

Record: TypeAlias = tuple[int, str, int, dict[str, object]]

# Who enters from now on may meet those inside by what they emit, write and are sent: left out, so that an edit has one effect.
APART = FEATURES - {"erase", "gates", "acts", "receipts"}


def edited(node: j.Node, rnd: random.Random) -> j.Node | None:
    """The same node, but for one thing; None: there is nothing about it to edit."""
    match node:
        case j.Wait(length=Length() as length):
            return replace(node, length=replace(length, ms=length.ms + rnd.choice((-1, 1, 7)) * 60_000))
        case j.WaitFor(cases=cases):
            place = rnd.randrange(len(cases))
            if cases[place].after is not None and rnd.random() < 0.6:
                longer = Length(ms=cases[place].after.ms + 60_000 * rnd.choice((1, 90)))
                return replace(node, cases=(*cases[:place], replace(cases[place], after=longer), *cases[place + 1 :]))
            return replace(node, cases=cases[:place] + cases[place + 1 :]) if len(cases) > 1 else None
        case j.Send(message=message):
            return replace(node, message=f"{message}_anew")
        case j.Exit():
            return replace(node, reason="another")
        case j.Branch(arms=arms) if len(arms) > 1:
            return replace(node, arms=arms[::-1])
        case j.Split(arms=arms) if len(arms) > 1:
            return replace(node, arms=(replace(arms[0], share=arms[1].share), replace(arms[1], share=arms[0].share), *arms[2:]))
        case j.Repeat(times=times):
            return replace(node, times=times + 1)
        case _:
            return None


def edits(program: Program, rnd: random.Random) -> Iterator[tuple[str, Program]]:
    """Versions of a program, each with one node that is another, by journey."""
    for place, journey in enumerate(program.journeys):
        for number, node in enumerate(journey.nodes):
            other = edited(node, rnd)
            if other is not None and other != node:
                timers = rnd.choice(("keep", "rebase", "restart"))
                nodes = (*journey.nodes[:number], other, *journey.nodes[number + 1 :])
                before, after = program.journeys[:place], program.journeys[place + 1 :]
                yield journey.name, replace(program, journeys=(*before, replace(journey, nodes=nodes, timers=timers), *after))


def standings(program: Program, events: list, change: int) -> list[Standing]:  # type: ignore[type-arg]
    """Who stands where as the edit takes over."""
    world = World(Machine(program, Level.TRACE), Recorder())
    succession.play(world, [event for event in events if event.at < change])
    world.advance(change)
    return list(Onlooker(world.machine, change).standings(world.profiles))


def lives(records: list[Record], ids: frozenset[str]) -> dict[str, list[tuple[int, dict[str, object]]]]:
    """What happened to each of these instances."""
    found: dict[str, list[tuple[int, dict[str, object]]]] = {name: [] for name in ids}
    for at, _, _, payload in records:
        name = str(payload.get("instance", ""))
        if name in ids:
            found[name].append((at, payload))
    return found


def wrong(seed: int) -> tuple[list[str], int]:
    """What was called safe and was not, and how many people were called safe though the static level is higher."""
    rnd = random.Random(seed)
    made = case(seed, APART)
    events, end = succession.events_of(made.program, made.feeds, made.until)
    if len(events) < 2:
        return [], 0
    change = rnd.randrange(events[0].at + 1, events[-1].at + 2)
    there = standings(made.program, events, change)
    before, _ = succession.taken_over(made.program, made.program, events, change, end)
    found, spared = [], 0
    for name, program in list(edits(made.program, rnd))[:6]:
        old, new = Side("old", made.program), Side("new", program)
        changes = [one.change for one in diff(old, new).every if one.change.code != "D181"]
        safe = []
        for person in there:
            judged = weigh(changes, old, new, [person], change).judged
            if not any(at_least(one.effective, "behaviour") for one in judged):
                safe += [one.id for one in person.instances if one.journey == name]
                spared += any(one.effective != one.change.level for one in judged)
        ids = frozenset(safe)
        after, _ = succession.taken_over(made.program, program, events, change, end)
        was, now = lives(before, ids), lives(after, ids)
        found += [
            f"seed {seed}, {name} at {change}, {one}: {was[one]} became {now[one]} by {[c.what for c in changes]}"
            for one in sorted(ids)
            if was[one] != now[one]
        ]
    return found, spared


@pytest.mark.parametrize("start", range(0, 180, 60))
def test_who_is_called_safe_notices_nothing(start: int) -> None:
    results = [wrong(seed) for seed in range(start, start + 60)]
    found = [text for texts, _ in results for text in texts]
    assert not found, "\n".join(found[:3])
    assert sum(spared for _, spared in results) > 5  # evidence has lowered levels at all


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 1_400, 100))
def test_who_is_called_safe_notices_nothing_at_length(start: int) -> None:
    found = [text for seed in range(start, start + 100) for text in wrong(seed)[0]]
    assert not found, "\n".join(found[:3])
