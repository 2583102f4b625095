"""The journey language gives the very tree that YAML gives; its mistakes are told where they stand, and reading goes on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.compile import compile_text
from rtj.lang import syntax as s
from rtj.lang.dsl_spelling import respelt_hint
from rtj.lang.read_dsl import read_dsl
from rtj.lang.read_journey import read_journeys
from tests.lang.blocks import FENCE, with_sections

PAGE = (Path(__file__).parent / "both_spellings.md").read_text(encoding="utf-8")
BLOCKS = [body for _, body in FENCE.findall(PAGE)]
BOTH = list(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))


def read(text: str) -> tuple[list[s.Journey], list[Diagnostic]]:
    found: list[Diagnostic] = []
    return read_dsl(Source("a.journey", text), found), found


def shown(found: list[Diagnostic]) -> list[str]:
    return [f"{d.code} {d.span.line}:{d.span.column} {d.span.text}" for d in sorted(found, key=lambda d: d.span.start)]


@pytest.mark.parametrize(("dsl", "yaml"), BOTH)
def test_both_spellings_give_one_tree(dsl: str, yaml: str) -> None:
    wrong: list[Diagnostic] = []
    journeys, found = read(dsl)

    assert shown(found) == []
    assert journeys == read_journeys(Source("a.journey.yaml", yaml), wrong)
    assert wrong == []


def test_both_spellings_compile_to_the_same_bytes() -> None:
    project = with_sections("")
    dsl = "journey a {\n  enter on add_to_cart as cart\n  wait 30m @hold\n  send nudge by push else email\n}\n"
    yaml = (
        "journey: a\nenter: {on: add_to_cart, as: cart}\ndo:\n  - {id: hold, wait: 30m}\n  - {send: nudge, by: push else email}\n"
    )

    one, other = (compile_text(project, text) for text in (dsl, yaml))

    assert one.program is not None
    assert one.program == other.program


# One mistake a line, each alone; the place is what is told, the rest of the file is read.
MISTAKES = {
    "priority high": "E010 high",
    "enter on login when profile.points = 30": "E301 =",
    "goal on purchase when profile.points > 5 && true": "E301 &&",
    "sned hello by email": "E010 sned",
    "send hello by push, email": "E301 ,",
    "wait until 9:00 @nine": "E301 :",
    "if profile.vip { send vip by email } else { send plain by email }": "E010 if",
    "branch { when true { exit } else send plain by email }": "E010 else",
    "wait_for @w { on login { exit } afetr 3d { } }": "E010 afetr",
    'split "x" @x { 50 a { } 50% b { } }': "E010 50",
    "send next by email with a = 'open": "E301 'open",
    "wait 3 dyas": "E301 dyas",
    "exit when profile.paid": "E010 when",
    "set profile.tier == 'gold'": "E301 =",
    "call hook else exit": "E010 else",
    "wait ，": "E010 ，",
    "send hello by “email”": "E010 “",
    "repeat until true @r { exit }": "E010 until",
    "delay 2h": "E010 delay",
    "send 'hello' by email": "E010 'hello'",
    "wait: 2h": "E301 :",
    "split @x { 50% a {} 50% b {} }": "E010 {",
}


HEADS = ("priority", "enter", "goal")


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_told_where_it_stands_and_the_rest_is_read(line: str) -> None:
    code, _, piece = MISTAKES[line].partition(" ")
    head, body = (line, "") if line.startswith(HEADS) else ("", line)
    before, behind = f"journey a {{\n{head}\n enter on signed_up\n send before by email\n", "\n send behind by sms\n}\n"
    text = before + body + behind + "journey b { enter on x }\n"

    journeys, found = read(text)

    first = min(found, key=lambda d: d.span.start)
    assert (first.code, first.span.text, first.span.line) == (code, piece, 2 if head else 5)
    assert [j.name.text for j in journeys] == ["a", "b"]
    assert not journeys[0].whole
    assert journeys[1].whole
    sent = [n.message.text for n in journeys[0].nodes if isinstance(n, s.Send)]
    assert {"before", "behind"} <= set(sent)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    lines = [
        line for line in MISTAKES if line.split()[0] not in ("priority", "enter", "goal") and "“" not in line and "，" not in line
    ]
    text = "journey a {\n enter on signed_up\n" + "\n".join(lines) + "\n}\n"

    found = read(text)[1]

    assert {d.span.line for d in found} == set(range(3, 3 + len(lines)))


def test_signs_of_other_keyboards_are_named_with_their_fix_and_read_as_meant() -> None:
    head = "journey a “标题，好” ｛\n  enter on signed_up　when profile.tier == ‘gold’；\n"
    text = head + "  wait 2h @hold　# 等，一下\n  send hello by email\n｝\n"

    journeys, found = read(text)

    fixes = [d.fix for d in found if d.fix is not None]
    assert all(fix.safe for fix in fixes)
    mended = list(text)
    for fix in fixes:
        for edit in fix.edits:
            mended[edit.start : edit.end] = edit.text
    assert "".join(mended).startswith(
        "journey a \"标题，好\" {\n  enter on signed_up when profile.tier == 'gold';\n  wait 2h @hold # 等，一下"
    )
    assert journeys[0].title is not None
    assert journeys[0].title.value == "标题，好"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("journey a {\n  enter on x\n  branch {\n    when true { exit\n  }\n  send y by email\n}\n", 4),
        (
            "journey a {\n  enter on x\n  wait_for @w {\n    on login { exit }\n  send y by email\n}\njourney b { enter on x }\n",
            3,
        ),
        ("journey a {\n  enter on x\n  send y by email\njourney b { enter on x }\n", 1),
    ],
)
def test_a_bracket_that_is_not_closed_is_found_by_the_indentation(text: str, place: int) -> None:
    journeys, found = read(text)

    assert [(d.code, d.span.line, d.span.text) for d in found] == [("E010", place, "{")]
    assert "a" in [j.name.text for j in journeys]


def test_clauses_of_a_statement_come_in_any_order_each_once() -> None:
    usual = "wait 2d @x wait until 09:00 @y send z by email with a = 1 as m @z repeat 3 times until profile.ok @r { exit @e }"
    other = "wait @x 2d wait @y until 09:00 send @z z with a = 1 as m by email repeat @r 3 times until profile.ok { exit @e }"
    more = "collect login until 18:00 max 3 as items @c split 's' per entry @s { 50% a 50% b } exit 'done' @end"
    again = "collect @c login as items max 3 until 18:00 split @s 's' per entry { 50% a 50% b } exit @end 'done'"

    (one,), found = read(f"journey a {{ enter on x {usual} {more} }}")
    (two,), told = read(f"journey a {{ enter on x {other} {again} }}")
    twice = read("journey a { enter on x send y by email by push as m as n @a @b }")[1]

    assert (found, told) == ([], [])
    assert one == two
    assert [(d.code, d.message) for d in twice] == [("E304", f"{word} stands twice") for word in ("`by`", "`as`", "`@id`")]


def test_limits_are_told() -> None:
    deep = "journey a { enter on x " + "branch { when true { " * 40 + "}} " * 40 + "}"
    long = "journey a { enter on x when " + "(" * 300 + "true" + ")" * 300 + " }"
    many = "journey a { enter on x " + "sned y by z\n" * 300 + "}"

    assert [d.code for d in read(deep)[1]] == ["E005"]
    assert [d.code for d in read("journey a { enter on x when " + "not " * 300 + "true }")[1]] == ["E302"]
    assert read(long)[1] == [] or [d.code for d in read(long)[1]] == ["E302"]
    assert [d.code for d in read(many)[1]].count("E005") == 1
    assert [d.code for d in read("")[1]] == ["E008"]
    assert [d.code for d in read("# only a comment\n")[1]] == ["E008"]
    assert [d.code for d in read("journey a {\x00}")[1]] == ["E007"]


def test_what_stands_twice_is_told_with_both_places() -> None:
    found = read("journey a { priority 1 priority 2 enter on x again never again always }")[1]

    assert [(d.code, d.span.text, d.labels[0].span.text) for d in found] == [
        ("E304", "again always", "again never"),
        ("E304", "priority 2", "priority 1"),
    ]


def examples() -> list[Path]:
    root = Path(__file__).parents[2]
    return [
        path for folder in ("examples", "journeys", "tests/golden/ok") for path in sorted((root / folder).glob("**/*.journey"))
    ]


def test_every_prefix_of_a_journey_is_read_without_a_fault() -> None:
    texts = ["".join(dsl for dsl, _ in BOTH), *(path.read_text(encoding="utf-8") for path in examples()[:1])]
    slowest = 0.0
    for whole in texts:
        for end in range(0, len(whole), 11):
            begin = time.process_time()
            journeys, found = read(whole[:end])
            slowest = max(slowest, time.process_time() - begin)
            assert found or journeys
            assert all(0 <= d.span.start <= d.span.end <= end for d in found)

    assert slowest < 2  # a bound against growing without one, far above the 50 ms that it takes


def test_five_thousand_statements_are_read_in_one_go() -> None:
    text = "journey a { enter on x\n" + "".join(f"  send m{n} by email\n" for n in range(5_000)) + "}\n"

    journeys, found = read(text)

    assert found == []
    assert len(journeys[0].nodes) == 5_000


@pytest.mark.parametrize(
    ("hint", "meant"),
    [
        ("add a case such as `- {after: 3d}`", "add a case such as `after 3d { … }`"),
        ("give it `enter: {by: start, as: link}`", "give it `enter by start as link`"),
        ("`else: []` goes on below, `else: [exit]` leaves", "`else { }` goes on below, `else { exit }` leaves"),
        ("`again: after 7d` keeps them apart", "`again after 7d` keeps them apart"),
        ("a condition is a key of its own: `when: …`", "a condition is a clause of its own: `when …`"),
        ("for example `caps: {gentle: {at_most: 2}}`", "for example `caps: {gentle: {at_most: 2}}`"),
        ("`consent: profile.newsletter` says how it is known", "`consent: profile.newsletter` says how it is known"),
    ],
)
def test_hints_are_spelt_as_the_file_is(hint: str, meant: str) -> None:
    assert respelt_hint(hint) == meant


# What newcomers guessed -> a piece of what they are told.
GUESSES = {
    "enter on login exit after 3 months": "max_duration 3 months",
    "enter when count(login) >= 3 within 10m": "count(login) over 10m",
    "enter on login once per customer": "again never",
    "enter on login at most once": "again never",
    "enter once on login": "again never",
    "enter every monday at 09:00 when profile.ok": "for everyone",
    "enter every monday at 09:00 for audience readers": "without `audience`",
    "enter every day at 09:00 in profile.timezone for everyone": "zone 'Europe/Paris'",
    "wait until r.starts_at - 1d at 10:00 @x": "10:00 on r.starts_at - 1d",
    "wait until 1d before r.starts_at @x": "r.starts_at - 1d",
    "call f with a = 1 as b { exit }": "else { … }",
    "control 10%": "10% holdout",
    "branch { if profile.ok { exit } }": "when profile.tier",
    "branch { unless profile.ok { exit } }": "when not (…)",
    "wait_for @x { on login { } timeout 2d { } }": "after 2d { … }",
    "wait for login": "wait_for @id { on",
    "send hello via email": "by",
}


@pytest.mark.parametrize("line", GUESSES)
def test_what_newcomers_guess_is_answered(line: str) -> None:
    head, body = (line, "") if line.startswith("enter") else ("enter on login", line)

    found = read(f"journey a {{\n  {head}\n  {body}\n  send y by email\n}}\n")[1]

    assert len(found) == 1
    assert GUESSES[line] in found[0].hint
