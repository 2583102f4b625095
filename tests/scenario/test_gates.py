"""Tests of timelines may expect what gates did to messages, and who is in which audience; what is unmet tells gate and rule."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.compile import compile_text
from rtj.ir.program import Program
from rtj.scenario.check import check_suite
from rtj.scenario.judge import judge
from rtj.scenario.known import known_of
from rtj.scenario.play import Stage
from rtj.scenario.read import read_suites
from tests.lang.told import told
from tests.scenario.cases import one

PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  asked: {topic: string}
  wanted: {}
  chose: {news: bool?, push: bool?}
  paid: {total: number}
profile:
  news_ok: {from: chose.news, type: bool?}
  push_ok: {from: chose.push, type: bool?}
  paid: count(paid) over 7d
business_events:
  stock_level: {item: string, stock: number}
tables:
  stock: {key: item, from: stock_level, fields: {stock: number}}
audiences:
  buyers: profile.paid > 0
  regulars: profile.paid > 1
messages:
  receipt: {purpose: transactional}
channels:
  email: {purpose: marketing, consent: profile.news_ok}
  push: {purpose: marketing, consent: profile.push_ok, default: granted}
quiet_hours: {from: "22:00", to: "08:00", zone: profile, then: hold, channels: [push]}
caps: [{name: gentle, at_most: 1, per: day, channels: [email]}]
"""
NEWS = """\
journey: news
enter: {on: wanted, again: always}
goal: {on: paid}
do:
  - {id: letter, send: digest, by: email else push}
"""
PUSHED = """\
journey: pushed
enter: {on: asked}
goal: {on: paid}
do:
  - {id: ping, send: hello, by: push}
"""
STOCKED = """\
journey: stocked
enter:
  on: asked
  as: a
  when: (stock[a.topic].stock ?? 0) > 2
do:
  - {send: receipt, by: email}
"""
LOOSE = """\
journey: loose
enter: {on: asked}
do:
  - {id: mail, send: letter, by: email}
"""


def program() -> Program:
    compiled = compile_text(PROJECT, NEWS, PUSHED, STOCKED, LOOSE)
    assert compiled.program is not None, told(compiled.diagnostics)
    return compiled.program


PROGRAM = program()
KNOWN = known_of(PROGRAM)
STAGE = Stage(PROGRAM)
ASKED = "asked: {topic: tea}"


def outcome(events: str, expect: str, journey: str, head: str = "") -> list[str]:
    """What is wrong with a test, or unmet in it, one line each."""
    text = one(events, expect, journey, head)
    found: list[Diagnostic] = []
    suites = read_suites(Source("t.test.yaml", text), [space.name for space in KNOWN.spaces], found)
    scripts = [script for suite in suites for script in check_suite(suite, KNOWN, found)]
    played = found or [d for script in scripts for d in judge(script, STAGE.play(script), PROGRAM.ranked).failures]
    return told(played).strip().splitlines()


def only(lines: list[str]) -> str:
    """The one line of these."""
    assert len(lines) == 1, lines
    return lines[0]


UNASKED = f"- +0s {ASKED}"
GRANTED = f"- -1d chose: {{news: true, push: true}}\n{UNASKED}"
NIGHT = "start: 2026-03-02T23:00"
PAID = "- +0s paid: {total: 1}"
TWICE = f"{PAID}\n- +1d paid: {{total: 1}}"
WITHDRAWN = f"{GRANTED}\n- +2h paid: {{total: 3}}"


@pytest.mark.parametrize(
    "expect",
    [
        "{messages: [], blocked: [letter]}",
        "blocked: [{at: +0s, gate: consent, rule: unknown, channel: email, node: mail, person: ada}]",
    ],
)
def test_a_gate_and_its_rule(expect: str) -> None:
    assert outcome(UNASKED, expect, "loose") == []


def test_a_withdrawal_is_given_by_an_event_before_the_start() -> None:
    events = f"- -1d chose: {{news: false}}\n{UNASKED}"
    assert outcome(events, "blocked: [{gate: consent, rule: channel}]", "loose") == []


def test_a_cap_that_stands_beside_another_channel() -> None:
    expect = "blocked: [{message: digest, gate: cap, rule: gentle}]\nmessages: [{channel: email}, {channel: push}]"
    events = "- -1d chose: {news: true, push: true}\n- +0s wanted\n- +1h wanted"
    assert outcome(events, expect, "news") == []


def test_messages_of_other_journeys_take_places_in_caps() -> None:
    expect = "blocked: [{message: digest, rule: gentle}]"
    assert outcome(f"{GRANTED}\n- +1h wanted", expect, "news") == []


@pytest.mark.parametrize("until", ["+9h", "2026-03-03T08:00", "2026-03-03T07:00Z"])
def test_a_message_is_held_until_the_morning(until: str) -> None:
    expect = f"held: [{{message: hello, until: '{until}', channel: push}}]\nmessages: [{{at: +9h}}]\nwithdrawn: []"
    assert outcome(GRANTED, expect, "pushed", NIGHT) == []


def test_what_is_held_in_the_night_in_which_clocks_change() -> None:
    assert outcome(GRANTED, "held: [{until: +8h}]", "pushed", "start: 2026-03-28T23:00") == []


def test_what_is_held_is_withdrawn() -> None:
    expect = "{held: [hello], withdrawn: [{at: +2h, message: hello, node: ping}], messages: []}"
    assert outcome(WITHDRAWN, expect, "pushed", NIGHT) == []


def test_joining_and_leaving_by_events_and_by_time() -> None:
    joins = "joins: [{audience: buyers, at: +0s}, {audience: regulars, at: +1d}]"
    leaves = "leaves: [{audience: regulars, at: +7d}, {audience: buyers, at: +8d}]"
    assert outcome(TWICE, f"{joins}\n{leaves}", "news", "until: +9d") == []


def test_members_at_the_end() -> None:
    assert outcome(TWICE, "members: [buyers, regulars]", "news", "until: +6d") == []
    assert outcome(TWICE, "members: [{audience: buyers, person: ada}]", "news", "until: +7d") == []
    assert outcome(TWICE, "members: []", "news", "until: +8d") == []


@pytest.mark.parametrize(("stock", "messages"), [(3, "[receipt]"), (1, "[]")])
def test_a_row_of_a_table_is_given_by_a_business_event(stock: int, messages: str) -> None:
    events = f"- -2d stock_level: {{item: tea, stock: {stock}}}\n{UNASKED}"
    assert outcome(events, f"messages: {messages}", "stocked") == []


def test_a_message_that_was_stopped_tells_gate_and_rule() -> None:
    words = "`letter` was not sent -- there was none at all; blocked: `letter` at +0s by email: consent, rule `unknown`"
    assert words in only(outcome(UNASKED, "messages: [letter]", "loose"))


def test_another_gate_is_told() -> None:
    words = "`letter` was blocked otherwise: gate `consent` instead of `cap`, rule `unknown` instead of `gentle`"
    assert words in only(outcome(UNASKED, "blocked: [{message: letter, gate: cap, rule: gentle}]", "loose"))


def test_a_message_that_was_sent_though_a_gate_should_stop_it() -> None:
    words = "`letter` was not blocked -- there was none at all; sent: `letter` at +0s"
    assert words in only(outcome(GRANTED, "blocked: [letter]", "loose"))


def test_another_end_of_quiet_hours_is_told_at_the_end() -> None:
    words = "['+8h'] `hello` was held otherwise: until +9h instead of +8h"
    assert words in only(outcome(GRANTED, "held: [{message: hello, until: +8h}]", "pushed", NIGHT))


def test_what_became_of_a_held_message() -> None:
    words = "; held: `hello` at +0s by push until +9h; withdrawn: `hello` at +2h"
    assert words in only(outcome(WITHDRAWN, "messages: [hello]", "pushed", NIGHT))


def test_audiences_that_were_otherwise() -> None:
    assert "1 joining that no line expects: `buyers` at +0s" in only(outcome(PAID, "joins: []", "news"))
    words = "nobody is a member of `regulars` -- there was `buyers`"
    assert any(words in line for line in outcome(PAID, "members: [regulars]", "news", "until: +1d"))


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("members: []", "`members` needs `until`"),
        ("blocked: [{gate: caps}]", "there is no gate `caps` -- did you mean `cap`?"),
        ("blocked: [{gate: cap, rule: gentel}]", "the gate `cap` is never shut by a rule `gentel` -- did you mean `gentle`?"),
        ("blocked: [{gate: consent, rule: gentle}]", "the gate `consent` is never shut by a rule `gentle`"),
        ("blocked: [{rule: nightly}]", "no gate is shut by a rule `nightly`"),
        ("joins: [buyer]", "there is no audience `buyer` -- did you mean `buyers`?"),
        ("members: [buyer]", "there is no audience `buyer` -- did you mean `buyers`?"),
        ("held: [leter]", "nothing sends `leter`"),
        ("withdrawn: [{channel: emial}]", "there is no channel `emial` -- did you mean `email`?"),
        ("refused: [{reason: capped, cap: gentel}]", "there is no cap `gentel` -- did you mean `gentle`?"),
    ],
)
def test_names_are_looked_up(expect: str, words: str) -> None:
    assert any(words in line for line in outcome(UNASKED, expect, "loose"))
