"""A paused journey admits nobody and its people stop before a send or a call; goals, exits and the end go on; a pause during
which nothing comes is nothing but two records; whoever goes on does so within the time given, or leaves."""

from __future__ import annotations

import random

import pytest

from rtj.engine.pausing import STOPPED, Then
from rtj.ir import journey as j
from rtj.ir.journey import known_as
from rtj.ir.program import Webhook
from rtj.ir.records import Event, event_classes
from rtj.plan.linked import Deploying
from tests.oracle.build import HOUR, MINUTE, event_type, journey, minutes, on, program
from tests.oracle.generate import FEATURES, case
from tests.plan.succession import Record, Run, events_of, first_difference, undisturbed

START = 1_772_359_200_000  # 2026-03-01T10:00Z
EVENTS = (event_type("sign"), event_type("stop"), event_type("buy"))
NUDGE = journey(
    "nudge",
    on("sign"),
    j.Wait("pause", minutes(10), next="hello"),
    j.Send("hello", "hello", ("email",), next="ask"),
    j.CallWebhook("ask", "shop", next="bye"),
    j.Send("bye", "bye", ("email",)),
    goals=(j.Watch(on("buy")),),
    exits=(j.Watch(on("stop")),),
    max_duration=minutes(600),
)
PROGRAM = program(EVENTS, NUDGE, webhooks=(Webhook("shop", "https://example.org"),))


def told(records: list[Record], *kinds: str) -> list[tuple[int, object, object]]:
    """Minutes since the start, what, and where or why."""
    return [
        ((at - START) // MINUTE, one["what"], one.get("node", one.get("reason")))
        for at, _, _, one in sorted(records, key=lambda record: record[:3])
        if one["what"] in kinds
    ]


def feed(*lines: tuple[float, str, str]) -> list[Event]:
    """Events as (minutes since the start, type, user)."""
    classes, found = event_classes(PROGRAM), []
    for number, (at, kind, who) in enumerate(lines):
        ts = START + int(at * MINUTE)
        found.append(Event(ts, 1, number, kind, f"e{number}", ts, ((0, who),), classes[kind]()))
    return found


def paused_from(start: int, stop: int, then: Then, over: int, *lines: tuple[float, str, str]) -> Run:
    events, run = feed(*lines), Run(PROGRAM)
    run.until(events, 0, START + start * MINUTE)
    run.world.pause("nudge", START + start * MINUTE)
    run.until(events, START + start * MINUTE, START + stop * MINUTE)
    run.world.resume_journey("nudge", START + stop * MINUTE, then, over)
    run.finish(events, START + stop * MINUTE, START + 20 * HOUR)
    return run


def test_people_stop_before_a_send_and_go_on_when_the_pause_is_over() -> None:
    run = paused_from(5, 60, "go", 0, (0, "sign", "ada"), (20, "sign", "bob"))
    assert told(run.records, "sent", "refused", "stopped", "paused", "resumed", "goes_on", "left") == [
        (5, "paused", None),
        (10, "stopped", "hello"),
        (20, "refused", "paused"),
        (60, "resumed", None),
        (60, "goes_on", "hello"),
        (60, "sent", "hello"),
        (60, "sent", "bye"),
        (60, "left", "completed"),
    ]


def test_they_go_on_within_the_time_given_and_not_all_at_once() -> None:
    people = [(0.0, "sign", f"user{n}") for n in range(40)]
    run = paused_from(5, 60, "go", 30 * MINUTE, *people)
    sent = {at for at, _, node in told(run.records, "sent") if node == "hello"}
    assert len(sent) > 10 and min(sent) >= 60 and max(sent) < 90


def test_or_they_leave_and_the_reason_says_so() -> None:
    run = paused_from(5, 60, "leave", 0, (0, "sign", "ada"), (55, "sign", "bob"))
    assert told(run.records, "left", "sent", "refused") == [(55, "refused", "paused"), (60, "left", "hello")]
    assert [one["reason"] for _, _, _, one in run.records if one["what"] == "left"] == ["paused"]


@pytest.mark.parametrize(("kind", "reason"), [("buy", "goal"), ("stop", "exit")])
def test_goals_and_exits_apply_to_whoever_has_stopped(kind: str, reason: str) -> None:
    run = paused_from(5, 60, "go", 0, (0, "sign", "ada"), (30, kind, "ada"))
    left = [(at, one["reason"]) for at, _, _, one in run.records if one["what"] == "left"]
    assert left == [(START + 30 * MINUTE, reason)]


def test_and_so_does_the_end_of_the_longest_stay() -> None:
    run = paused_from(5, 700, "go", 0, (0, "sign", "ada"))
    assert [one["reason"] for _, _, _, one in run.records if one["what"] == "left"] == ["max_duration"]


def test_a_call_is_stopped_like_a_send() -> None:
    wait, ask = j.Wait("pause", minutes(10), next="ask"), j.CallWebhook("ask", "shop", next="bye")
    asks = journey("nudge", on("sign"), wait, ask, j.Send("bye", "bye", ("email",)))
    events, run = feed((0, "sign", "ada")), Run(program(EVENTS, asks, webhooks=PROGRAM.webhooks))
    run.until(events, 0, START + 5 * MINUTE)
    run.world.pause("nudge", START + 5 * MINUTE)
    run.until(events, START + 5 * MINUTE, START + 30 * MINUTE)
    run.world.resume_journey("nudge", START + 30 * MINUTE, "go", 0)
    run.finish(events, START + 30 * MINUTE, START + HOUR)
    assert told(run.records, "stopped", "called", "sent") == [(10, "stopped", "ask"), (30, "called", "ask"), (30, "sent", "bye")]


def test_people_of_all_versions_stop_and_the_pause_outlives_a_deployment() -> None:
    longer = journey("nudge", on("sign"), j.Wait("pause", minutes(20), next="hello"), j.Send("hello", "hello", ("email",)))
    new = program(EVENTS, longer, webhooks=PROGRAM.webhooks)
    events, run = feed((0, "sign", "ada"), (6, "sign", "bob")), Run(PROGRAM)
    run.until(events, 0, START + 5 * MINUTE)
    run.deploy(new, START + 5 * MINUTE, Deploying(policies={"nudge": "pin"}))
    run.until(events, START + 5 * MINUTE, START + 7 * MINUTE)
    run.world.pause("nudge", START + 7 * MINUTE)
    run.until(events, START + 7 * MINUTE, START + 50 * MINUTE)
    run.deploy(new, START + 50 * MINUTE, Deploying(policies={"nudge": "pin"}))
    stopped = [inst.journey.spec.name for p in run.world.profiles for inst in p.instances.values() if inst.case == STOPPED]
    assert len(set(stopped)) == 2
    assert {inst.journey.name for p in run.world.profiles for inst in p.instances.values()} == {"nudge"}
    run.world.resume_journey("nudge", START + 60 * MINUTE, "go", 0)
    run.finish(events, START + 60 * MINUTE, START + 2 * HOUR)
    assert told(run.records, "stopped", "goes_on") == [
        (10, "stopped", "hello"), (26, "stopped", "hello"), (60, "goes_on", "hello"), (60, "goes_on", "hello"),
    ]  # fmt: skip
    assert [at for at, _, node in told(run.records, "sent") if node == "hello"] == [60, 60]


def nothing_but_two_records(seed: int) -> str:
    made = case(seed, FEATURES)
    events, end = events_of(made.program, made.feeds, made.until)
    if len(events) < 2:
        return ""
    change = random.Random(seed).randrange(events[0].at + 1, events[-1].at + 2)
    run = Run(made.program)
    run.until(events, 0, change)
    for name in map(known_as, made.program.journeys):
        run.world.pause(name, change)
        run.world.resume_journey(name, change, "go", 0)
    records = run.finish(events, change, end)
    about = [one for one in records if one[1] == ""]
    if len(about) != 2 * len(made.program.journeys) or [number for _, _, number, _ in about] != [*range(1, len(about) + 1)]:
        return f"told {about}"
    return first_difference(undisturbed(made.program, events, end), [one for one in records if one[1]])


@pytest.mark.parametrize("start", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(20, 60, 20))])
def test_a_pause_in_which_nothing_comes_is_nothing_but_two_records(start: int) -> None:
    found = [f"seed {seed}: {one}" for seed in range(start, start + 20) if (one := nothing_but_two_records(seed))]
    assert not found, "\n".join(found[:3])
