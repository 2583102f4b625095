"""A test may say what is known of its person when it begins: it is so then, and nobody joins, enters or gets anything by it."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.compile import compile_text
from rtj.scenario.check import check_suite
from rtj.scenario.judge import judge
from rtj.scenario.known import known_of
from rtj.scenario.play import Stage
from rtj.scenario.read import read_suites
from tests.lang.told import told

PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  device: {kind: device, priority: 2}
events:
  came: {page: string?}
  joined: {tier: string, born: date?, at: instant?, mail: string?, ok: bool?, tags: [string], zone: string?}
profile:
  tier: {from: joined.tier, one_of: [basic, gold], default: basic, codes: {"2": gold}}
  born: {from: joined.born}
  since: {from: joined.at}
  mail: {from: joined.mail}
  ok: {from: joined.ok}
  tags: {from: joined.tags}
  timezone: {from: joined.zone, type: string?}
  points: {type: number?}
  visits: count(came)
audiences:
  golden: profile.tier == 'gold'
  faithful: profile.tier has been 'gold' for 7d
  fresh: profile.visits == 0
channels:
  email: {address: profile.mail, purpose: marketing, consent: profile.ok}
"""
HELLO = """\
journey: hello
enter: {on: came, as: visit, again: after 1d}
do:
  - branch:
      - when: profile.tier == 'gold'
        do: [{send: gold, by: email, with: "since = profile.since ?? now(), tags = profile.tags ?? ['none']"}]
      - else: [{send: plain, by: email}]
"""
CLUB = """\
journey: club
enter: [{on: joining golden}, {when: profile.points > 100}]
do: [{send: club, by: email}]
"""
BIRTHDAY = """\
journey: birthday
enter: {every: day at 09:00, for: everyone, when: anniversary(profile.born) == today()}
do: [{send: happy_birthday, by: email}]
"""
compiled = compile_text(PROJECT, HELLO, CLUB, BIRTHDAY)
assert compiled.program is not None, compiled.diagnostics
PROGRAM = compiled.program
KNOWN, STAGE = known_of(PROGRAM), Stage(PROGRAM)
REACHED = "mail: a@b.de, ok: true"


def suite(profile: str, expect: str, body: str = "events: [+1h came]", journey: str = "[hello, club, birthday]") -> str:
    head = f"journey: {journey}\nstart: 2026-03-02T09:00\ntests:\n"
    return f"{head}  - name: one\n    profile: {{{profile}}}\n    {body}\n    expect: {expect}\n"


def unmet(text: str) -> str:
    """What one test says; "" when it passes. Asserts that nothing is wrong with it."""
    found: list[Diagnostic] = []
    suites = read_suites(Source("t.test.yaml", text), tuple(n.name for n in KNOWN.spaces), found)
    scripts = [script for one in suites for script in check_suite(one, KNOWN, found)]
    assert found == [], [told([d]) for d in found]
    return "\n".join(told([d]) for script in scripts for d in judge(script, STAGE.play(script), KNOWN.spaces).failures)


def said(text: str) -> list[str]:
    found: list[Diagnostic] = []
    for one in read_suites(Source("t.test.yaml", text), tuple(n.name for n in KNOWN.spaces), found):
        check_suite(one, KNOWN, found)
    return [told([d]) for d in found]


@pytest.mark.parametrize(
    ("profile", "expect"),
    [
        (f"tier: gold, {REACHED}", "{messages: [{at: +1h, message: gold}], leaves: [fresh]}"),
        (f"tier: gold, {REACHED}, since: 2026-01-01T10:00Z", "{messages: [{message: gold, with: {since: 2026-01-01T10:00Z}}]}"),
        (f"tier: gold, {REACHED}, since: -1d, tags: [a, ü]", "{messages: [{with: {since: -1d, tags: [a, ü]}}]}"),
        (REACHED, "{messages: [plain]}"),
        (f"tier: basic, {REACHED}", "{messages: [plain]}"),
        (f"points: 500, {REACHED}", "{messages: [plain], entered: [{journey: hello}]}"),  # it held before
        ("tier: gold, ok: true", "{messages: [], blocked: [{gate: address, rule: missing}]}"),
        ("mail: a@b.de, ok: false", "{blocked: [{gate: consent, rule: channel}]}"),
        ("mail: a@b.de, ok: ", "{blocked: [{gate: consent, rule: unknown}]}"),
    ],
)
def test_it_is_so_when_the_test_begins(profile: str, expect: str) -> None:
    assert unmet(suite(profile, expect)) == ""


def test_what_an_event_says_later_is_what_counts_then() -> None:
    body = "events:\n      - +1h came\n      - +2h joined: {tier: basic, tags: []}\n      - +2d came"
    assert (
        unmet(suite(f"tier: gold, {REACHED}", "{messages: [gold, plain], leaves: [{at: +1h, audience: fresh}, golden]}", body))
        == ""
    )


def test_events_before_the_start_come_after_it() -> None:
    body = "events:\n      - -9d joined: {tier: basic, tags: []}\n      - +1h came"
    assert unmet(suite(f"tier: gold, {REACHED}", "{messages: [plain], leaves: [{at: -9d}, {at: +1h}]}", body)) == ""


def test_how_long_counts_from_the_beginning() -> None:
    body = "until: +8d\n    events: [+1h came]"
    expect = "{joins: [{at: +7d, audience: faithful}], members: [everyone, faithful, golden]}"
    assert unmet(suite(f"tier: gold, {REACHED}", expect, body)) == ""


def test_a_schedule_needs_no_event() -> None:
    expect = "{messages: [{at: 2026-03-05T17:00, message: happy_birthday, person: {user_id: ada}}]}"
    told_ = unmet(
        suite(f"born: 1990-03-05, timezone: America/Los_Angeles, {REACHED}", expect.replace("17:00", "18:00"), "until: +1 week")
    )
    assert told_ == ""


def test_all_identifiers_are_the_persons() -> None:
    body = "person: {user_id: bo, device: d-1}\n    events:\n      - +1h came:\n        device: d-1"
    assert unmet(suite(f"tier: gold, {REACHED}", "{messages: [{message: gold, person: bo}]}", body)) == ""


def test_what_the_file_says_holds_for_all_its_tests_one_by_one() -> None:
    text = suite("tier: gold", "{messages: [gold]}").replace("tests:\n", f"profile: {{tier: basic, {REACHED}}}\ntests:\n")
    assert unmet(text) == ""
    assert unmet(text.replace("    profile: {tier: gold}\n", "").replace("[gold]", "[plain]")) == ""


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("teir: gold", ["5:15 E601 ['teir'] there is no attribute `teir` -- did you mean `tier`?"]),
        ("tier: golden", ["E602 ['golden'] `tier` is not `golden` -- did you mean `gold`?"]),
        ("tier: '2'", ["E602 [\"'2'\"] `tier` is not `2`"]),
        ("born: yesterday", ["E602 ['yesterday'] `born` is of type date; found `yesterday`"]),
        ("visits: 3", ["E601 ['visits'] `visits` is computed: it cannot be given -- script the events that it comes from"]),
        (
            "device: d-1",
            ["E601 ['device'] `device` is an identifier, no attribute -- write it beside the others, under `person`"],
        ),
        ("tags: a", ["E602 ['a'] `tags` is of type"]),
        ("tier: gold, tier: basic", ["E002"]),
    ],
)
def test_it_is_checked(profile: str, words: list[str]) -> None:
    found = said(suite(profile, "{messages: []}"))
    assert len(found) == len(words) and all(word in one for word, one in zip(words, found, strict=True)), found


def test_what_the_file_says_wrongly_is_told_once() -> None:
    one = suite("tier: gold", "{messages: []}").replace("tests:\n", "profile: {teir: gold, born: soon}\ntests:\n")
    two = one + one[one.index("  - name") :].replace("name: one", "name: two")
    assert len(said(one)) == len(said(two)) == 2


def test_the_form_is_checked() -> None:
    text = suite("tier: gold", "{messages: []}")
    assert "expected a mapping" in said(text.replace("{tier: gold}", "gold"))[0]
    assert "`until`" in said(suite("tier: gold", "{messages: []}", "start: 2026-03-02"))[0]
    assert "`events`" in said(text.replace("    profile: {tier: gold}\n", "").replace("    events: [+1h came]\n", ""))[0]
