"""The stages of a deployment: what is in the list, in which order, for how many people; that the order does exactly what the
stages say; and that a plan in a file is what was written, names no folder, and has one hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest

from rtj.base.errors import InputError
from rtj.compile.pipeline import compile_text
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Paused, Resumed, decode_entries, encode_entries
from rtj.ir.program import Program, fingerprint
from rtj.ir.records import Instant
from rtj.ir.standing import Standing, StandingInstance, StandingProfile
from rtj.plan.changes import Diff
from rtj.plan.crossing import crossing
from rtj.plan.diff import diff
from rtj.plan.linked import Deploying, drains, linked
from rtj.plan.order import disagreements, order_of
from rtj.plan.planned import Accepted, Base, Plan, Told, bundle, read_plan, unaccepted, whose, written_plan
from rtj.plan.sides import Side
from rtj.plan.stages import (
    Begin,
    Carry,
    Drain,
    Fill,
    HandOver,
    Pause,
    Publish,
    Ramp,
    Resume,
    Stage,
    Strand,
    Switch,
    Timers,
    people,
)
from rtj.plan.staging import Facts, Linked, Step, news, stages
from rtj.plan.weighed import weighed_by
from rtj.report.plan_text import Shown, stage_row, told_plan

PROJECT = """\
project: shop
timezone: UTC
events:
  signed_up: {plan: string}
  bought: {total: number}
channels:
  email: {purpose: transactional}
"""
WELCOME = """\
journey: welcome
enter: {on: signed_up}
do:
  - {id: pause, wait: 2 days}
  - {id: ask, wait: 5 days}
  - {id: hello, send: hello, by: email}
"""
THANKS = """\
journey: thanks
enter: {on: bought}
do:
  - {id: later, wait: 1 day}
  - {send: thanks, by: email}
"""
NOW = Instant(1_700_000_000_000)
DAY = 86_400_000
NOTHING_MORE = Facts()


def program(*journeys: str, project: str = PROJECT) -> Program:
    compiled = compile_text(project, *journeys)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def inside(of: Program, journey: str, node: str, number: int, days: int = 1) -> list[Standing]:
    version = fingerprint(next(one for one in of.journeys if one.name == journey))
    since = Instant(NOW - days * DAY)
    return [
        Standing(
            StandingProfile(f"{journey}-{node}-{n}"),
            (
                StandingInstance(
                    f"{journey}-{node}-{n}", journey, version, f"{journey}{node}{n}", node, since, since, Instant(NOW + DAY)
                ),
            ),
        )
        for n in range(number)
    ]


def planned(
    old: Program, new: Program, standings: list[Standing], facts: Facts = NOTHING_MORE
) -> tuple[tuple[Stage, ...], Crossing]:
    sides = Side("prod", old), Side("working tree", new)
    found = weighed_by(diff(*sides), *sides, standings, int(NOW))
    there: dict[str, dict[str, int]] = {}
    for standing in standings:
        for each in standing.instances:
            nodes = there.setdefault(each.journey, {})
            nodes[each.node] = nodes.get(each.node, 0) + 1
    numbers = {name: sum(nodes.values()) for name, nodes in there.items()}
    made = linked(new, drains(old, new, Deploying(numbers, facts.policies, ramped(facts.ramps))))
    assert isinstance(made, Program)
    ways = crossing(sides[0], Side("what is to run", made))
    step = Step(old, old, new, Linked(made, ways), fingerprint(old), fingerprint(new), fingerprint(made))
    return stages(step, found, replace(facts, inside=there)), ways


def ramped(percents: Mapping[str, float]) -> dict[str, int]:
    return {name: round(percent * 10_000) for name, percent in percents.items()}


def one(kind: type[Stage], found: tuple[Stage, ...]) -> Stage:
    (only,) = [stage for stage in found if isinstance(stage, kind)]
    return only


def test_nothing_different_is_nothing_to_do() -> None:
    same = program(WELCOME)

    assert planned(same, same, [])[0] == ()


def test_the_first_deployment_publishes_and_switches() -> None:
    new = program(WELCOME)
    name = fingerprint(new)
    step = Step(None, None, new, Linked(new, Crossing({})), "", name, name)

    found = stages(step, Diff("prod", "working tree", "", name), Facts())

    assert found == (Publish((name,)), Switch("", name))
    assert order_of(found, Crossing({}), 1) == (Deployed(1, name, Crossing({})),)


def test_each_journey_says_how_many_go_where() -> None:
    old = program(WELCOME, THANKS)
    new = program(WELCOME.replace("id: ask, wait: 5 days", "id: ask_again, wait: 5 days") + "moved: {ask: ask_again}\n", THANKS)
    standings = inside(old, "welcome", "pause", 3) + inside(old, "welcome", "ask", 2) + inside(old, "thanks", "later", 4)

    found, ways = planned(old, new, standings)

    moved = (("ask", "ask_again"),)
    assert one(HandOver, found) == HandOver("welcome", "welcome", "migrate", 5, migrate=5, moved=2, renamed=moved)
    assert one(Carry, found) == Carry(("thanks",), 4)
    assert [type(stage) for stage in found] == [Publish, Carry, HandOver, Switch]
    assert [people(stage) for stage in found] == [0, 4, 5, 0]
    assert ways.journeys.keys() == {"welcome", "thanks"}


def test_who_has_no_place_is_stranded_and_who_is_dropped_is_not() -> None:
    old = program(WELCOME)
    gone = WELCOME.replace("  - {id: ask, wait: 5 days}\n", "")
    standings = inside(old, "welcome", "pause", 3) + inside(old, "welcome", "ask", 2)

    stranded = one(HandOver, planned(old, program(gone), standings)[0])
    dropped = one(HandOver, planned(old, program(gone + "dropped: {ask: exit}\n"), standings)[0])

    assert isinstance(stranded, HandOver) and isinstance(dropped, HandOver)
    assert (stranded.migrate, stranded.stranded, stranded.dropped) == (3, 2, 0)
    assert (dropped.migrate, dropped.stranded, dropped.dropped) == (3, 0, 2)
    assert stage_row(1, stranded).harm and not stage_row(1, dropped).harm


def test_a_journey_that_is_gone_strands_its_people() -> None:
    old = program(WELCOME, THANKS)

    found, _ = planned(old, program(WELCOME), inside(old, "thanks", "later", 4))

    assert one(Strand, found) == Strand("thanks", 4)


@pytest.mark.parametrize("policy", ["pin", "boundary"])
def test_the_call_decides_over_people_where_it_says_so(policy: str) -> None:
    old = program(WELCOME)
    new = program(WELCOME.replace("2 days", "3 days"))

    found, _ = planned(old, new, inside(old, "welcome", "pause", 3), Facts(policies={"welcome": policy}))  # type: ignore[dict-item]

    stage, drain = one(HandOver, found), one(Drain, found)
    assert isinstance(stage, HandOver) and isinstance(drain, Drain)
    assert getattr(stage, policy) == 3 and stage.migrate == 0
    assert (drain.journey, drain.people) == ("welcome", 3) and drain.version.startswith("welcome@")
    assert any(isinstance(each, Timers) for each in found) == (policy != "pin")


def test_in_a_ramp_people_stay_where_they_are_and_some_of_the_new_ones_come_elsewhere() -> None:
    old = program(WELCOME)
    new = program(WELCOME.replace("2 days", "3 days"))

    found, ways = planned(old, new, inside(old, "welcome", "pause", 3), Facts(ramps={"welcome": 5}))

    stage = one(HandOver, found)
    assert isinstance(stage, HandOver) and (stage.pin, stage.migrate) == (3, 0)
    assert one(Ramp, found) == Ramp("welcome", 5)
    assert disagreements(found, order_of(found, ways, 2)) == []


def test_timers_are_told_with_those_that_are_overdue() -> None:
    old = program(WELCOME)
    new = program(WELCOME.replace("5 days", "12h") + "timers: rebase\n")

    found, _ = planned(old, new, inside(old, "welcome", "ask", 2) + inside(old, "welcome", "pause", 1))

    assert one(Timers, found) == Timers("welcome", "rebase", 2, 2)
    assert "2 are overdue and end at once" in stage_row(1, one(Timers, found)).what


def test_what_looks_back_is_filled_from_the_log_or_begins_now() -> None:
    old = program(WELCOME)
    new = program(WELCOME, project=PROJECT + "audiences:\n  buyers: count(bought) over 30d >= 1\n")

    begun, _ = planned(old, new, [])
    filled, ways = planned(old, new, [], Facts(log_since=5))

    assert news(old, new) == ("buyers",)
    month = 30 * DAY
    assert one(Begin, begun) == Begin(("buyers",), right=(("buyers", month),))
    assert one(Fill, filled) == Fill(("buyers",), 5, (("buyers", 5 + month),))
    assert "right from 1970-01-31 00:00 UTC on: buyers" in stage_row(1, one(Fill, filled)).what
    (entry,) = order_of(filled, ways, 7)
    assert isinstance(entry, Deployed) and entry.filled == ("buyers",) and entry.serial == 7


def test_what_journeys_write_is_in_no_log() -> None:
    more = "profile:\n  stage: {type: string}\n  plan: {type: string, from: signed_up.plan}\n"
    more += "audiences:\n  fresh: profile.stage == 'new'\n"
    old = program(WELCOME)
    new = program(WELCOME.replace("do:\n", "do:\n  - {set: profile.stage = 'new'}\n"), project=PROJECT + more)

    found, _ = planned(old, new, [], Facts(log_since=5))

    assert one(Fill, found) == Fill(("plan",), 5)
    begun = one(Begin, found)
    assert isinstance(begun, Begin) and (begun.names, begun.why) == (("fresh",), "written")


def test_what_is_published_already_is_not_published_again() -> None:
    old, new = program(WELCOME), program(WELCOME.replace("2 days", "3 days"))

    found, _ = planned(old, new, [], Facts(published=frozenset({fingerprint(new)})))

    assert not any(isinstance(stage, Publish) for stage in found)


def test_the_order_does_what_the_stages_say_and_nothing_else() -> None:
    old = program(WELCOME, THANKS)
    new = program(WELCOME.replace("2 days", "3 days"), THANKS)
    found, ways = planned(old, new, inside(old, "welcome", "pause", 1))
    entries = order_of(found, ways, 3)

    assert disagreements(found, entries) == []
    assert decode_entries(encode_entries(entries)) == entries
    without = tuple(stage for stage in found if not isinstance(stage, HandOver))
    assert disagreements(without, entries) == ["no stage says crossing of welcome"]
    assert disagreements((*found, Pause("thanks", 0)), entries) == ["nothing does pause thanks"]
    switch = tuple(stage for stage in found if not isinstance(stage, Switch))
    assert disagreements(switch, entries) == [f"no stage says switch to {fingerprint(new)}"]


def test_pause_and_resume_are_entries_of_their_own() -> None:
    found: tuple[Stage, ...] = (Pause("thanks", 4), Resume("welcome", "leave", 1_000, 2))

    entries = order_of(found, Crossing({}), 9)

    assert entries == (Paused(9, "thanks"), Resumed(9, "welcome", "leave", 1_000))
    assert disagreements(found, entries) == []


# ---- the file


def plan_of(old: Program, new: Program, standings: list[Standing]) -> Plan:
    sides = Side("prod", old), Side("working tree", new)
    weighed = weighed_by(diff(*sides), *sides, standings, int(NOW))
    found, ways = planned(old, new, standings)
    name = fingerprint(new)
    return Plan(
        "deploy",
        "prod",
        Base("lineage", 41, fingerprint(old), fingerprint(old), int(NOW)),
        Told("anna@host", int(NOW), "why"),
        name,
        name,
        found,
        weighed,
        weighed.level,
        order=encode_entries(order_of(found, ways, 42)),
        programs=(bundle(new, name),),
    )


def test_a_plan_in_a_file_is_what_was_written() -> None:
    old, new = program(WELCOME, THANKS), program(WELCOME.replace("2 days", "3 days"), THANKS)
    plan = plan_of(old, new, inside(old, "welcome", "pause", 3))

    again = read_plan(written_plan(plan), "plan.rtjplan")

    assert again == msgspec.structs.replace(plan, programs=again.programs)
    assert again.hash == plan.hash and again.serial == 42
    assert again.programs[0].read() == new
    assert written_plan(again) == written_plan(plan)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"serial":41', b'"serial":40', "not what was written"),
        (b'"environment":"prod"', b'"environment":"dev!"', "not what was written"),
        (b'"format":1,"guardrails"', b'"format":9,"guardrails"', "another version of rtj|format 9"),
        (b'{"hash"', b'{"what"', "no plan"),
        (b'"plan":', b'"plan"', "no plan"),
    ],
)
def test_a_plan_that_was_edited_is_refused(old: bytes, new: bytes, words: str) -> None:
    before = program(WELCOME)
    content = written_plan(plan_of(before, program(WELCOME.replace("2 days", "3 days")), []))
    assert old in content

    with pytest.raises(InputError, match=words):
        read_plan(content.replace(old, new), "plan.rtjplan")


def test_what_breaks_is_accepted_by_its_content_alone() -> None:
    old = program(WELCOME)
    plan = plan_of(old, program(WELCOME.replace("  - {id: ask, wait: 5 days}\n", "")), inside(old, "welcome", "ask", 2))
    bad = unaccepted(plan)
    assert bad and all(whose(judged) == "welcome" for judged in bad)
    accepted = tuple(Accepted(judged.change.code, "welcome", judged.change.content) for judged in bad)

    assert unaccepted(msgspec.structs.replace(plan, accepted=accepted)) == ()
    other = tuple(msgspec.structs.replace(one, content="0" * 16) for one in accepted)
    assert unaccepted(msgspec.structs.replace(plan, accepted=other)) == bad


def test_every_stage_has_words() -> None:
    every: tuple[Stage, ...] = (
        Publish(("4f2a91c0aa",)),
        Fill(("buyers",), int(NOW)),
        Begin(("buyers",)),
        Carry(("a", "b"), 7),
        HandOver("nudge", "nudge", "migrate", 211, migrate=211, moved=211, renamed=(("nudge", "nudge_sms"),)),
        Timers("welcome", "rebase", 4_812, 1_204),
        Strand("old", 1),
        Switch("aaaa", "bbbb"),
        Drain("welcome", "welcome@9a7c", 37),
        Ramp("welcome", 5),
        Pause("歓迎", 2),
        Resume("welcome", "go", 3_600_000, 2),
    )
    rows = [stage_row(number, stage) for number, stage in enumerate(every, 1)]

    does = "publish,fill,begin,carry,hand over,timers,strand,switch,drain,ramp,pause,resume"
    assert [row.do for row in rows] == does.split(",")
    assert rows[4].what == "nudge: migrate 211, re-key 211 (nudge -> nudge_sms)"
    assert rows[9].what.startswith("welcome: 5 %")
    assert all(row.what for row in rows)


def test_a_plan_is_told_with_what_is_missing() -> None:
    old = program(WELCOME)
    plan = plan_of(old, program(WELCOME.replace("  - {id: ask, wait: 5 days}\n", "")), inside(old, "welcome", "ask", 2))

    report = told_plan(plan, Shown(file="plan.rtjplan"))

    assert report.level == "breaking"
    assert any("--accept" in words and "@welcome" in words for words in report.next)
    assert report.next[-1] == "then make this plan anew: it is refused as it is"
