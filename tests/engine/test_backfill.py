"""What is new and looks back is filled from the log: the world that is handed over knows what one knows that ran the new program
from its first event on, and nobody joins an audience in which they have been."""

from __future__ import annotations

import random

import msgspec
import pytest

from rtj.engine.backfill import history_of, unfilled
from rtj.engine.machine import Machine
from rtj.engine.state import Profile
from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Audience, Mapping, Program, Window
from rtj.ir.records import Event, event_classes
from tests.oracle.build import MINUTE, NUMBER, attribute, event_type, journey, on, program, that
from tests.oracle.generate import FEATURES, case
from tests.plan.succession import Run, events_of

START = 1_772_359_200_000  # 2026-03-01T10:00Z
FACTS = FEATURES - {"gates", "receipts", "lists"}
replace = msgspec.structs.replace


def still(program: Program) -> Program:
    """The program without journeys: what they write is in no log."""
    return replace(program, journeys=())


def without(program: Program, rnd: random.Random) -> Program:
    """The program before somebody declared some of its audiences, trackers and aggregates: those that nothing else reads."""
    audiences = tuple(one for one in program.audiences if rnd.random() < 0.5)
    kept = {name for one in audiences for name in one.needs} - {one.name for one in audiences}
    audiences = tuple(one for one in program.audiences if one in audiences or one.name in kept)
    return replace(program, audiences=audiences if rnd.random() < 0.7 else ())


def known(program: Program, p: Profile, at: int) -> dict[str, object]:
    """The facts and memberships of a profile, by name."""
    machine = Machine(program)
    found: dict[str, object] = {one.name: p.attributes[slot] for slot, one in enumerate(program.mappings)}
    found |= {f"when {one.name}": (p.stamps or [])[slot] for slot, one in enumerate(program.mappings)}
    found |= {one.name: repr(machine.aggregates[one.name].value(p, at)) for one in program.aggregates}
    found |= {one.name: bool(p.members >> slot & 1) for slot, one in enumerate(program.audiences)}
    held = p.held or [None] * len(program.trackers)
    return found | {one.name: held[slot] for slot, one in enumerate(program.trackers)}


def filled_wrongly(seed: int) -> str:
    made, rnd = case(seed, FACTS), random.Random(seed)
    new = still(made.program)
    old = replace(without(new, rnd), aggregates=(), trackers=()) if rnd.random() < 0.5 else without(new, rnd)
    if not old.aggregates:
        old = replace(old, audiences=())
    if rnd.random() < 0.5:
        old = replace(old, mappings=new.mappings[:1]) if not old.aggregates else old
    events, _ = events_of(new, made.feeds, None)
    if len(events) < 2:
        return ""
    change = rnd.randrange(events[0].at + 1, events[-1].at + 2)
    run, always = Run(old), Run(new)
    run.until(events, 0, change)
    always.until(events, 0, change)
    run.run(new, change, history_of(new, events, change))
    for world in (run.world, always.world):
        world.close(change)
    ours, theirs = ({p.origin: known(new, p, change) for p in each.world.profiles} for each in (run, always))
    who = [{(p.origin, p.identifiers) for p in each.world.profiles} for each in (run, always)]
    # What a program reads tells who is born anew with an identifier that was let go (S2.3): then people are not the same.
    for origin in sorted(origin for origin, _ in who[0] & who[1]):
        if ours[origin] != theirs[origin]:
            wrong = {name: (ours[origin][name], value) for name, value in theirs[origin].items() if ours[origin][name] != value}
            return f"{origin}: {wrong}"
    joined = [one for one in run.records if one[0] == change and one[3]["what"] == "joined"]
    meant = [one for one in always.records if one[0] == change and one[3]["what"] == "joined"]
    return "" if len(joined) <= len(meant) else f"{joined} join"


@pytest.mark.parametrize("start", [0, 40, *(pytest.param(n, marks=pytest.mark.long) for n in range(80, 240, 40))])
def test_who_is_filled_in_knows_what_the_new_program_would_have_known(start: int) -> None:
    found = [f"seed {seed}: {told}" for seed in range(start, start + 40) if (told := filled_wrongly(seed))]
    assert not found, "\n".join(found[:3])


# ---- journeys and audiences that are filled

EVENTS = (event_type("buy", total="number"), event_type("sign"))
SPENT = Aggregate("spent", "sum", ("buy",), NUMBER, None, x.Field(x.Name("event"), "total"), Window())
RICH = Audience("rich", that(">=", x.Attribute("spent"), 100))
SEND = j.Send("hello", "hello", ("email",))
BEFORE = program(EVENTS, journey("other", on("sign"), SEND))


def welcome(*, backfill: bool) -> Program:
    enter = j.Entry(on("joining rich"), backfill=backfill)
    return program(
        EVENTS, journey("other", on("sign"), SEND), journey("welcome", enter, SEND), aggregates=(SPENT,), audiences=(RICH,)
    )


def bought(*totals: tuple[int, str, int]) -> list[Event]:
    buy = event_classes(welcome(backfill=False))["buy"]
    return [
        Event(START + at * MINUTE, 1, n, "buy", f"e{n}", START + at * MINUTE, ((0, who),), buy(total=total))
        for n, (at, who, total) in enumerate(totals)
    ]


def deployed(new: Program, *, log: bool) -> list[tuple[int, str, object]]:
    events, run = bought((0, "ada", 150), (1, "bob", 60), (20, "bob", 60)), Run(BEFORE)
    run.until(events, 0, START + 10 * MINUTE)
    run.run(new, START + 10 * MINUTE, history_of(new, events, START + 10 * MINUTE) if log else None)
    records = run.finish(events, START + 10 * MINUTE, START + 60 * MINUTE)
    wanted = ("joined", "entered")
    return [((at - START) // MINUTE, who, told["what"]) for at, who, _, told in records if told["what"] in wanted]


def test_who_was_in_an_audience_before_it_was_declared_does_not_join_it() -> None:
    assert deployed(welcome(backfill=False), log=True) == [(20, "user:bob", "joined"), (20, "user:bob", "entered")]


def test_without_a_log_it_counts_from_then_on() -> None:
    assert deployed(welcome(backfill=False), log=False) == []


def test_a_way_in_with_backfill_lets_in_who_is_there_already() -> None:
    told = deployed(welcome(backfill=True), log=True)
    assert told == [(10, "user:ada", "entered"), (20, "user:bob", "joined"), (20, "user:bob", "entered")]


def test_and_so_does_one_that_is_new_for_an_audience_that_was_known() -> None:
    known_before = program(EVENTS, journey("other", on("sign"), SEND), aggregates=(SPENT,), audiences=(RICH,))
    events, run = bought((0, "ada", 150)), Run(known_before)
    run.until(events, 0, START + 10 * MINUTE)
    run.run(welcome(backfill=True), START + 10 * MINUTE)
    again = run.inside(), [told["what"] for _, _, _, told in run.records]
    run.run(welcome(backfill=True), START + 11 * MINUTE)
    assert again[1].count("entered") == 1 and [told["what"] for _, _, _, told in run.records].count("entered") == 1


def test_what_journeys_write_or_emit_is_named_for_no_log_tells_it() -> None:
    writes = j.SetAttributes("note", (j.Pair("score", x.Const(1, "number"), NUMBER),), next="tell")
    tells = j.Emit("tell", "buy", (j.Pair("total", x.Const(1, "number"), NUMBER),))
    score = Mapping("score", x.Optional(NUMBER))
    high = Audience("high", that(">", attribute("score"), 3))
    made = program(
        EVENTS, journey("a", on("sign"), writes, tells), mappings=(score,), aggregates=(SPENT,), audiences=(RICH, high)
    )
    assert unfilled(made) == {"score", "spent", "rich", "high"}
    assert unfilled(welcome(backfill=True)) == frozenset()
