"""Tests are played by the engine of every simulation: what they expect is met exactly when a simulation would do it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from rtj.scenario import play
from tests.scenario.cases import PROGRAM, STAGE, one, read, unmet, verdicts

CART = "- +0s cart: {cart_id: c1, item: teapot, value: 39}\n"


def test_a_reminder_and_its_values() -> None:
    line = "{at: +30m, message: reminder, channel: email, node: nudge, key: c1, with: {item: teapot, value: 39, tags: [a, b]}}"
    assert unmet(one(CART, f"messages: [{line}, {{at: +1d30m, message: last_call}}]")) == ""


def test_events_of_one_instant_come_before_what_is_due_at_it() -> None:
    assert unmet(one(CART + "- +30m bought: {cart_id: c1, total: 39}", "messages: []\nleft: [{at: +30m, reason: goal}]")) == ""


def test_events_are_played_in_the_order_of_time() -> None:
    events = "- +20m bought: {cart_id: c1, total: 39}\n" + CART
    assert unmet(one(events, "messages: []\nleft: [{at: +20m}]")) == ""


def test_a_receipt_names_a_message_or_the_node_that_sent_it() -> None:
    for name in ("reminder", "nudge"):
        events = CART + f"- +1h clicked: {{message: {name}}}"
        assert unmet(one(events, "left: [{at: +1h, reason: came back}]")) == ""


def test_a_receipt_of_what_was_not_sent_yet_fails_at_the_name() -> None:
    told = unmet(one(CART + "- +30m clicked: {message: reminder}", "messages: []\nmore: true"))
    assert told == ("t.test.yaml:6:33 unmet ['reminder'] nobody can have clicked `reminder` at +30m: it was not sent before")


def test_a_receipt_belongs_to_the_person_who_got_the_message() -> None:
    events = CART + "- {at: +1h, type: clicked, properties: {message: reminder}, user_id: bob}"
    assert "it was not sent before" in unmet(one(events, "messages: [reminder]\nmore: true"))


def test_a_receipt_of_another_identifier_of_that_person() -> None:
    events = (
        "- +0s cart: {cart_id: c1, item: teapot, value: 39}\n  user_id: ada\n  email: Ada@Example.org\n"
        "- +1h clicked: {message: reminder}\n  email: ada@example.org"
    )
    assert unmet(one(events, "left: [{reason: came back}]")) == ""


def test_a_business_event_is_offered_to_everybody() -> None:
    events = CART + "- +40m restocked: {item: teapot}"
    assert unmet(one(events, "messages: [reminder, {at: +40m, message: back, with: {item: teapot}}]")) == ""


def test_a_schedule_needs_an_end() -> None:
    """Nobody is admitted once a test only waits for those inside to leave."""
    bought = "- +0s bought: {total: 5}"
    assert unmet(one(bought, "messages: []", "friday")) == ""
    expect = "messages: [{at: 2026-03-06T10:00, with: {orders: 1, day: 2026-03-06, at: +4d1h, lasts: 2h, none: null}}]"
    assert unmet(one(bought, expect, "friday", "until: +1 week")) == ""


def test_offsets_may_be_days_of_the_calendar_over_a_change_of_clocks() -> None:
    """Germany loses an hour on 29 March 2026."""
    head = "start: 2026-03-27T09:00\nuntil: +20d"
    events = "- +0s bought: {total: 5}\n- +1 week bought: {total: 5}"
    assert unmet(one(events, "messages: [{at: +7d1h, with: {orders: 2, at: 2026-04-03T10:00}}, {}, {}]", "friday", head)) != ""
    told = unmet(one(events, "messages: [{at: +1h}, {at: 2026-04-03T10:00}, {at: 2026-04-10T10:00}]", "friday", head))
    assert told == ""


def test_instants_of_events_may_count_from_the_start() -> None:
    booked = "- +0s booked: {starts_at: +3d, day: +3d, kind: talk}"
    expect = "messages: [{at: 2026-03-04T18:00, message: tomorrow, with: {starts: +3d}}]\nleft: [{reason: completed}]"
    assert unmet(one(booked, expect, "booking")) == ""


def test_journeys_that_are_started_can_be_judged_together() -> None:
    booked = "- +0s booked: {starts_at: +3d, day: +3d, kind: talk}"
    expect = (
        "messages: [tomorrow, {message: started, journey: friday_start, with: {kind: talk}}]\nentered: [{journey: booking}, {}]"
    )
    assert unmet(one(booked, expect, "[booking, friday_start]", "until: +3d")) == ""
    assert unmet(one(booked, "messages: [started]", "friday_start", "until: +3d")) == ""
    assert "`until: …` lets the test go on" in unmet(one(booked, "messages: [started]", "friday_start"))


def test_foreign_spellings_and_goals_that_stay() -> None:
    events = "- +0s seen: {item: tea}\n- +1h rated: {stars: 4}"
    assert unmet(one(events, "goals: [{at: +1h}]\nleft: [{at: +1d, reason: completed}]", "viewed")) == ""


def test_inside_is_who_is_left_at_the_end() -> None:
    events = CART + "- {at: +5m, type: cart, properties: {cart_id: c2, item: cup, value: 40}, user_id: bob}"
    expect = "inside: [{node: answer, person: ada, key: c1}, {node: pause, person: bob, journey: cart_left}]"
    assert unmet(one(events, expect, head="until: +31m")) == ""


def test_a_line_may_name_a_person_by_any_identifier() -> None:
    events = "- +0s cart: {cart_id: c1, item: cup, value: 40}\n  user_id: ada\n  email: ada@example.org"
    for person in ("ada", "ADA@example.org", "{email: ada@example.org}", "user_id:ada", "{user_id: ada, email: ada@example.org}"):
        assert unmet(one(events, f"messages: [{{person: '{person}'}}, last_call]".replace("'{", "{").replace("}'", "}"))) == ""
    assert unmet(one(events, "messages: [{person: bob, message: reminder}, last_call]")) != ""


def test_nothing_of_one_test_is_seen_by_the_next() -> None:
    text = one(CART, "messages: [reminder, last_call]").replace("name: it", "name: first")
    again = "\n".join(text.splitlines()[2:]).replace("first", "second")
    first, second = verdicts(text + again + "\n")
    assert first.passed and second.passed
    assert first.played.records == second.played.records


def test_it_is_what_a_simulation_does(tmp_path: Path) -> None:
    """The same events through `rtj simulate` give the same trace."""
    events = (
        CART
        + "- +10m cart: {cart_id: c2, item: cup, value: 31}\n  user_id: bob\n- +2h restocked: {item: cup}\n- +3h seen: {item: x}"
    )
    _, (script,), found = read(one(events, "messages: []"))
    assert found == []
    lines = [
        {
            "id": cue.id,
            "type": cue.type,
            "ts": cue.at,
            "properties": dict(cue.properties),
            **{PROGRAM.ranked[place].name: value for place, value in cue.identifiers},
        }
        for cue in script.cues
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    out = Outputs(trace=str(tmp_path / "trace.jsonl"))
    simulate(PROGRAM, SimulateOptions((str(tmp_path / "events.jsonl"),), drain=True, now_ms=2**42), None, out)
    trace = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text(encoding="utf-8").splitlines()[1:]]

    played = STAGE.play(script)

    assert [(origin, n, record) for _, origin, n, record in played.records] == [
        (row.pop("profile"), row.pop("n"), {k: v for k, v in row.items() if k != "at"}) for row in trace
    ]
    assert len(trace) > 10


@pytest.mark.parametrize("value", ["'null'", "anonymous", "'0'"])
def test_who_is_nobody_is_told_before_anything_is_played(value: str) -> None:
    _, _, found = read(one(CART + f"  user_id: {value}", "messages: []"))
    assert [d.code for d in found] == ["E602"]


def test_a_test_that_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "RECORDS_MAX", 5)
    told = unmet(one(CART, "messages: [reminder]"))
    assert told.startswith("t.test.yaml:3:11 unmet ['it'] more than 5 things happen in this test")
