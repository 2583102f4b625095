"""Whom a boundary holds back goes over to the new version where they come to the first node again, with what they have counted;
who does not come there finishes on the old one, who enters anew is on the new one. Names, ids and keys stay the journey's."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Mapping, Program
from rtj.ir.records import Event, event_classes
from rtj.plan.linked import Deploying, Drain, Unlinkable, drains, linked
from tests.oracle.build import (
    HOUR,
    MINUTE,
    NUMBER,
    STRING,
    attribute,
    const,
    event_type,
    journey,
    minutes,
    on,
    program,
    that,
)
from tests.plan.succession import Record, Run

START = 1_772_359_200_000  # 2026-03-01T10:00Z
EVENTS = (event_type("sign"), event_type("buy"))


def chasing(template: str, gap: float, rounds: int = 4, **more: object) -> Program:
    """Round by round a wait, then a message."""
    again = j.Repeat("again", rounds, body="pause", next="bye")
    pause, hello = j.Wait("pause", minutes(gap), next="hello"), j.Send("hello", template, ("email",), next="again")
    always = j.Entry(on("sign"), again=j.Again("always"), while_inside="restart")
    return program(EVENTS, journey("chase", always, again, pause, hello, j.Send("bye", "bye", ("email",)), **more))


OLD, NEW = chasing("old", 10), chasing("new", 30)


def signs(*at: float) -> list[Event]:
    made = event_classes(OLD)["sign"]
    return [
        Event(START + int(m * MINUTE), 1, n, "sign", f"e{n}", START + int(m * MINUTE), ((0, "ada"),), made())
        for n, m in enumerate(at)
    ]


def ran(policy: j.OnDeploy, *at: float, change: float = 15, new: Program = NEW, end: float = 600) -> Run:
    events, run, moment = signs(*at), Run(OLD), START + int(change * MINUTE)
    run.until(events, 0, moment)
    run.deploy(new, moment, Deploying(policies={"chase": policy}))
    run.finish(events, moment, START + int(end * MINUTE))
    return run


def sent(records: list[Record]) -> list[tuple[int, object]]:
    return [((at - START) // MINUTE, told["template"]) for at, _, _, told in records if told["what"] == "sent"]


def test_pinned_they_finish_on_the_version_that_they_entered() -> None:
    assert sent(ran("pin", 0).records) == [(10, "old"), (20, "old"), (30, "old"), (40, "old"), (40, "bye")]


def test_at_a_boundary_they_go_over_as_they_come_to_the_first_node() -> None:
    assert sent(ran("boundary", 0).records) == [
        (10, "old"),
        (20, "old"),
        (50, "new"),
        (80, "new"),
        (110, "new"),
        (140, "new"),
        (140, "bye"),
    ]


def test_who_enters_anew_is_on_the_new_version() -> None:
    run = ran("pin", 0, 16)
    assert sent(run.records)[:2] == [(10, "old"), (46, "new")]
    left = [told["reason"] for _, _, _, told in run.records if told["what"] == "left"]
    assert left == ["restarted", "completed"]


def test_no_key_is_minted_twice_and_all_are_of_one_journey() -> None:
    run = ran("boundary", 0)
    keys = [told["key"] for _, _, _, told in run.records if told["what"] == "sent"]
    assert len(set(keys)) == len(keys)
    named = [told for _, _, _, told in run.records if "journey" in told]
    assert {told["journey"] for told in named} == {"chase"}
    assert len({told["instance"] for told in named}) == 1


def test_a_version_that_repeats_nothing_sends_what_an_earlier_round_sent_again() -> None:
    once = program(
        EVENTS, journey("chase", on("sign"), j.Wait("pause", minutes(5), next="hello"), j.Send("hello", "new", ("email",)))
    )
    run = ran("boundary", 0, new=once)
    keys = [told["key"] for _, _, _, told in run.records if told["what"] == "sent"]
    assert sent(run.records) == [(10, "old"), (20, "old"), (25, "new")]
    assert len(set(keys)) == 3


def test_a_goal_that_is_new_ends_whoever_meets_it_when_they_go_over() -> None:
    met = j.Watch(j.OnCondition(that("==", const(1), 1)))
    run = ran("boundary", 0, new=chasing("new", 30, goals=(met,)))
    assert [(told["reason"], (at - START) // MINUTE) for at, _, _, told in run.records if told["what"] == "left"] == [
        ("goal", 20)
    ]


def test_pinned_twice_and_then_migrated_everybody_is_on_the_newest() -> None:
    third, events, run = chasing("third", 60), signs(0, 12), Run(OLD)
    times = [START + m * MINUTE for m in (5, 14, 18)]
    run.until(events, 0, times[0])
    run.deploy(NEW, times[0], Deploying(policies={"chase": "pin"}))
    run.until(events, times[0], times[1])
    run.deploy(third, times[1], Deploying(policies={"chase": "pin"}))
    assert sorted(run.inside()) == sorted(name for name in run.inside() if name.startswith("chase@"))
    run.until(events, times[1], times[2])
    run.deploy(third, times[2], Deploying(policies={"chase": "migrate"}))
    assert run.running == third and run.inside() == {"chase": 1}


def test_in_a_ramp_each_person_has_one_version_and_a_larger_share_takes_nobody_back() -> None:
    made = event_classes(OLD)["sign"]
    people = [f"user{n}" for n in range(300)]

    def entered(share: int) -> set[str]:
        run = Run(OLD)
        run.deploy(NEW, START, Deploying(ramps={"chase": share}))
        events = [
            Event(START + MINUTE, 1, n, "sign", f"e{n}", START + MINUTE, ((0, who),), made()) for n, who in enumerate(people)
        ]
        records = run.finish(events, START, START + HOUR)
        first: dict[str, object] = {}
        for _, who, _, told in sorted(records, key=lambda record: record[:3]):
            if told["what"] == "sent":
                first.setdefault(who, told["template"])
        assert len(first) == len(people) and [told["what"] for _, _, _, told in records].count("entered") == len(people)
        return {who for who, template in first.items() if template == "new"}

    none, some, more, every = (entered(share) for share in (0, 100_000, 500_000, 1_000_000))
    assert not none and none <= some < more < every and len(every) == len(people)
    assert 10 < len(some) < 60 and 110 < len(more) < 190


def test_what_an_old_version_reads_must_still_be_there() -> None:
    shows = j.Send("hello", "old", ("email",), pairs=(j.Pair("tier", attribute("tier"), STRING),))
    tier, number = (Mapping("tier", x.Optional(kind)) for kind in (STRING, NUMBER))
    old = program(EVENTS, journey("chase", on("sign"), j.Wait("pause", minutes(9), next="hello"), shows), mappings=(tier,))
    for new, word in (
        (NEW, "is not there any more"),
        (program(EVENTS, *NEW.journeys, mappings=(number,)), "has another type now"),
    ):
        made = linked(new, (Drain(old, "chase", "chase"),))
        assert isinstance(made, Unlinkable)
        [one] = made.missing
        assert (one.kind, one.name) == ("attribute", "profile.tier")
        assert word in one.text and "on_deploy: migrate" in one.text and "keep" in one.text


def test_a_version_that_still_admits_waits_one_deployment_for_those_who_enter_before_it_is_taken() -> None:
    pin = Deploying(policies={"chase": "pin"})
    [old] = drains(OLD, NEW, pin)
    assert not old.needed
    made = linked(NEW, (old,))
    assert isinstance(made, Program) and len(made.journeys) == 2
    assert linked(NEW, drains(made, NEW, pin)) == NEW


def test_where_it_cannot_run_and_nobody_is_in_it_it_is_left_out() -> None:
    chase = journey("chase", on("gone"), j.Wait("pause", minutes(5)), goals=(j.Watch(on("gone")),))
    heard = program((*EVENTS, event_type("gone")), chase)
    assert linked(NEW, drains(heard, NEW, Deploying(policies={"chase": "pin"}))) == NEW
    assert isinstance(linked(NEW, drains(heard, NEW, Deploying({"chase": 1}, {"chase": "pin"}))), Unlinkable)
