"""What follows from a save, without files and clocks: what is told, which tests are played, what a simulation says now."""

from __future__ import annotations

import io

import msgspec
import pytest

from rtj.base.diagnostic import Diagnostic, Severity
from rtj.base.finding import Finding
from rtj.base.memory import Memory
from rtj.base.span import Source, Span
from rtj.cli.screen import paint
from rtj.cli.watch_news import Good, Outcome, View, differences, good, mail_of, to_play, together, touched, worth_telling
from rtj.cli.watch_words import FINE, JOURNEYS_MAX, PLAIN, Clocked, signs, status, still, turnout
from rtj.compile import compile_text
from rtj.ir.program import Program
from rtj.report.summary import JourneyRow
from rtj.scenario.check import Script, check_suite
from rtj.scenario.judge import Verdict
from rtj.scenario.known import known_of
from rtj.scenario.play import Played
from rtj.scenario.read import read_suites

PROJECT = """\
project: shop
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  seen: {item: string}
  bought: {total: number}
profile:
  item: {type: string?}
channels:
  email: {purpose: transactional}
"""
A = "journey: a\nenter: {on: seen}\ndo:\n  - {send: hello, by: email}\n"
B = "journey: b\nenter: {on: bought}\ndo:\n  - {send: thanks, by: email}\n"
SETS = "journey: a\nenter: {on: seen as s}\ndo:\n  - {set: profile.item = s.item}\n"
EMITS = "journey: a\nenter: {on: seen as s}\ndo:\n  - {emit: bought, with: total = 1}\n"
LOOKS_BACK = "journey: a\nenter: {on: seen, when: count(bought) > 1}\ndo:\n  - {send: hello, by: email}\n"
TESTS = """\
journey: a
tests:
  - name: who sees is greeted
    events: [{+0s seen: {item: x}}]
    expect: {messages: [hello]}
---
journey: b
tests:
  - name: who buys is thanked
    events: [{+0s bought: {total: 1}}]
    expect: {messages: [thanks]}
"""
RECEIPT = """\
journey: b
tests:
  - name: a receipt
    events: [{+0s seen: {item: x}}, {+1s clicked: {message: hello}}]
    expect: {messages: []}
"""
MEMORY = Memory()


def program(*journeys: str, project: str = PROJECT) -> Program:
    compiled = compile_text(project, *journeys)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def at(clock: str, *journeys: str, project: str = PROJECT) -> Good:
    return good(program(*journeys, project=project), clock, MEMORY)


def scripts(of: Program, text: str = TESTS) -> list[Script]:
    found: list[Diagnostic] = []
    known = known_of(of)
    suites = read_suites(Source("x.test.yaml", text), tuple(space.name for space in known.spaces), found)
    made = [script for suite in suites for script in check_suite(suite, known, found)]
    assert found == []
    return made


def verdict(script: Script, *, passed: bool = True) -> Verdict:
    failures = () if passed else (Diagnostic("unmet", "it did not happen", script.scenario.span),)
    return Verdict(script, Played((), (), 0), failures)


def finding(code: str, path: str, text: str, severity: Severity = "warning") -> Finding:
    source = Source(path, text)
    return Finding(Diagnostic(code, "so it is", Span(source, 0, 1), severity=severity), "", "", f"{code} {path}")


# ---- what is told


def test_at_first_everything_is_told() -> None:
    found = (finding("W204", "a", "x"), finding("E304", "b", "y", "error"))
    assert worth_telling(None, View(found)) == list(found)


def test_later_warnings_are_told_when_they_are_new_or_stand_in_what_was_saved() -> None:
    old, here, new = finding("W204", "a", "x"), finding("W205", "b", "x"), finding("W206", "c", "x")
    before = View((old, here))
    assert worth_telling(before, View((old, here, new), frozenset({"b"}))) == [here, new]
    assert worth_telling(before, View((old, here))) == []


def test_errors_are_told_until_they_are_gone() -> None:
    error = finding("E304", "a", "x", "error")
    assert worth_telling(View((error,)), View((error,), frozenset({"b"}))) == [error]


# ---- which tests are played


def test_a_journey_on_its_own_concerns_only_its_tests() -> None:
    assert touched(at("1", A, B), at("2", A.replace("hello", "hi"), B)) == {"a"}
    assert touched(at("1", A, B), at("2", A, B)) == frozenset()
    assert touched(at("1", A, B), at("2", A)) == {"b"}
    assert touched(at("1", A), at("2", A, B)) == {"b"}


@pytest.mark.parametrize("other", [SETS, EMITS])
def test_what_a_journey_emits_or_sets_concerns_everybody(other: str) -> None:
    assert touched(at("1", A, B), at("2", other, B)) is None
    assert touched(at("1", other, B), at("2", A, B)) is None


def test_declarations_concern_everybody() -> None:
    assert touched(None, at("1", A)) is None
    assert touched(at("1", A), at("2", A, project=PROJECT.replace("total: number", "total: number?"))) is None
    assert touched(at("1", A, B), at("2", LOOKS_BACK, B)) is None


def test_only_tests_that_may_come_out_otherwise_are_played() -> None:
    of_a, of_b = scripts(program(A, B))
    known = [verdict(of_a), verdict(of_b)]
    assert to_play([of_a, of_b], known, frozenset({"a"})) == [of_a]
    assert to_play([of_a, of_b], known, frozenset()) == []
    assert to_play([of_a, of_b], known, None) == [of_a, of_b]
    assert to_play([of_a, of_b], known[:1], frozenset()) == [of_b]


def test_tests_of_a_changed_file_are_played_again() -> None:
    before = [verdict(script) for script in scripts(program(A, B))]
    after = scripts(program(A, B), TESTS + "# a word more\n")
    assert to_play(after, before, frozenset()) == after


def test_a_receipt_may_be_about_a_message_of_another_journey() -> None:
    (script,) = scripts(program(A, B), RECEIPT)
    known = [verdict(script)]
    assert to_play([script], known, frozenset({"a"})) == [script]
    assert to_play([script], known, frozenset()) == []


def test_verdicts_stand_until_a_test_is_played_again() -> None:
    of_a, of_b = scripts(program(A, B))
    first = together([of_a, of_b], (), [verdict(of_a, passed=False), verdict(of_b)])
    assert [one.passed for one in first] == [False, True]
    second = together([of_a, of_b], first, [verdict(of_b, passed=False)])
    assert [one.passed for one in second] == [False, False]
    assert [one.script for one in together([of_b], second, [])] == [of_b]


# ---- the status line


def said(view: View, good_: Good | None, verdicts: list[Verdict] | None = None) -> str:
    return paint([status(view, good_, verdicts, Clocked("10:02:31", 18), FINE)], color=False).rstrip("\n")


def test_the_status_says_what_was_looked_at_and_how_long_it_took() -> None:
    of = program(A, B)
    view = View(program=of)
    of_a, of_b = scripts(of)
    assert said(view, at("1", A, B)) == "✓ 2 journeys · 18 ms · 10:02:31"
    assert said(view, None, [verdict(of_a), verdict(of_b)]) == "✓ 2 journeys · 2 tests · 18 ms · 10:02:31"
    failed = [verdict(of_a, passed=False), verdict(of_b)]
    assert said(view, None, failed) == "✗ 1 of 2 tests failed · 2 journeys · 18 ms · 10:02:31"


def test_the_status_counts_findings() -> None:
    warned = View((finding("W204", "a", "x"),), program=program(A))
    assert said(warned, None) == "✓ 1 warning · 1 journey · 18 ms · 10:02:31"
    wrong = View((finding("E601", "a.test.yaml", "x", "error"),), program=program(A))
    assert said(wrong, None) == "✗ 1 error · 1 journey · 18 ms · 10:02:31"


def test_the_status_names_the_program_that_still_runs() -> None:
    broken = View((finding("E304", "a", "x", "error"),))
    assert said(broken, at("10:02:14", A)) == "! 1 error; still running the program of 10:02:14 · 18 ms · 10:02:31"
    assert said(broken, None) == "! 1 error · 18 ms · 10:02:31"


def test_a_project_that_cannot_be_read_is_one_line() -> None:
    told = paint([still("rtj.yaml:\nno such file", at("9:00:00", A), Clocked("9:01:00", 1), FINE)], color=False)
    assert told == "! rtj.yaml: no such file; still running the program of 9:00:00 · 1 ms · 9:01:00\n"


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", FINE), ("ascii", PLAIN), ("cp1252", PLAIN), ("latin-1", PLAIN)])
def test_marks_are_those_that_the_terminal_can_show(encoding: str, expected: object) -> None:
    assert signs(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) == expected


def test_plain_marks_are_ascii() -> None:
    assert "".join(PLAIN).isascii()


# ---- simulations


def row(name: str, entered: int, goals: int | None = None, inside: int = 0) -> JourneyRow:
    return JourneyRow(name, "", entered, inside, goals, (), (("completed", entered),), ())


def sent(journey: str, template: str, **vars_: object) -> bytes:
    line = {"ts": "2026-03-01T10:00:00Z", "key": "k", "profile": "user_id:ada", "journey": journey, "node": template}
    return msgspec.json.encode({**line, "channel": "email", "template": template, "status": "sent", "vars": vars_})


def outcome(*rows: JourneyRow, mail: tuple[bytes, ...] = ()) -> Outcome:
    return Outcome("10 events of 5 people", {one.name: one for one in rows}, mail_of(mail))


def shown(before: Outcome | None, now: Outcome) -> str:
    return paint(turnout(before, now), color=False)


def test_the_first_time_the_whole_is_told() -> None:
    assert shown(None, outcome(row("a", 3))) == "10 events of 5 people\n"


def test_later_only_what_comes_out_otherwise_is_told() -> None:
    before = outcome(row("a", 3), row("b", 2), mail=(sent("a", "hello"),) * 3 + (sent("b", "b"),))
    now = outcome(row("a", 5, goals=1), row("b", 2), mail=(sent("b", "b"), sent("a", "bye")) + (sent("a", "hello"),) * 2)
    assert [one.name for one in differences(before, now)] == ["a"]
    assert shown(before, now) == (
        "  a: entered 5 (+2), goals 1 (+1)\n    bye 1 (+1), hello 2 (-1), left by completed 5 (+2)\n"
    )  # as many messages as before, but others


def test_one_message_may_take_the_place_of_another() -> None:
    before, now = outcome(row("a", 3), mail=(sent("a", "hello"),)), outcome(row("a", 3), mail=(sent("a", "hi"),))
    assert shown(before, now) == "  a: as many as before, but otherwise\n    hi 1 (+1), hello 0 (-1)\n"


def test_a_message_may_say_something_else() -> None:
    before = outcome(row("a", 3), row("b", 1), mail=(sent("a", "hello", plan="free"), sent("b", "hello")))
    now = outcome(row("a", 3), row("b", 1), mail=(sent("a", "hello", plan="paid"), sent("b", "hello")))
    assert shown(before, now) == "  a: as many as before, but messages at other times or with other values\n"


def test_journeys_come_and_go() -> None:
    before, now = outcome(row("a", 3)), outcome(row("b", 4), mail=(sent("b", "x"),))
    assert shown(before, now) == "  a: gone\n  b: new; entered 4, messages 1\n"


def test_nothing_new_is_said_in_a_line() -> None:
    assert shown(outcome(row("a", 3)), outcome(row("a", 3))) == "  the events come out in the same numbers as before\n"


def test_many_journeys_are_counted() -> None:
    many = [row(f"j{number:02}", 1) for number in range(40)]
    lines = shown(outcome(), outcome(*many)).splitlines()
    assert len(lines) == JOURNEYS_MAX + 1
    assert lines[-1] == f"  and {40 - JOURNEYS_MAX} more journeys"
