"""What is unmet is told at the line that expected it, with what came instead."""

from __future__ import annotations

import pytest

from tests.scenario.cases import one, unmet, verdicts

BOTH = "`reminder` at +30m, `last_call` at +1d30m"
MORE = " -- `more: true` allows what no line expects"
CART = "- +0s cart: {cart_id: c1, item: teapot, value: 39}\n"
BOB = "- +5m cart: {cart_id: c2, item: 茶, value: 40}\n  user_id: bob\n"


def told(expect: str, events: str = CART, head: str = "") -> list[str]:
    return [line.split(" unmet ", 1)[1] for line in unmet(one(events, expect, head=head)).splitlines()]


def test_another_time_is_told_at_the_time() -> None:
    assert told("messages: [{at: +35m, message: reminder}, last_call]") == [
        "['+35m'] `reminder` was sent otherwise: at +30m instead of +35m"
    ]


def test_several_differences_are_told_at_the_line() -> None:
    line = "{at: +35m, message: reminder, channel: push, with: {item: cup, value: 39}}"
    differences = ("at +30m instead of +35m", "channel `email` instead of `push`", "item `teapot` instead of `cup`")
    assert told(f"messages: [{line}, last_call]") == [f"['{line}'] `reminder` was sent otherwise: {', '.join(differences)}"]


def test_a_message_that_did_not_come() -> None:
    assert told("messages: [reminder, back, last_call]") == ["['back'] `back` was not sent -- there were " + BOTH]
    assert told("messages: [{at: +1m, message: back}]", "- +0s cart: {cart_id: c1, item: cup, value: 1}") == [
        "['{at: +1m, message: back}'] `back` was not sent at +1m -- there was none at all"
    ]


def test_a_message_that_no_line_expects() -> None:
    assert told("messages: [reminder]") == [f"['messages'] 1 message that no line expects: `last_call` at +1d30m{MORE}"]
    assert told("messages: []") == [
        f"['messages'] 2 messages that no line expects: `reminder` at +30m, `last_call` at +1d30m{MORE}"
    ]


def test_more_allows_others_but_keeps_the_order() -> None:
    assert told("messages: [last_call]\nmore: true") == []
    assert told("messages: []\nmore: true") == []
    assert len(told("messages: [last_call, reminder]\nmore: true")) == 1


def test_people_are_told_apart_where_there_are_several() -> None:
    assert told("messages: [{message: reminder, person: bob}]\nmore: true", CART) == [
        "['{message: reminder, person: bob}'] `reminder` was not sent (bob) -- there were " + BOTH
    ]
    assert told("messages: []", CART + BOB, "until: +1h") == [
        f"['messages'] 2 messages that no line expects: `reminder` at +30m (ada), `reminder` at +35m (bob){MORE}"
    ]


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("left: [{at: +1h, reason: goal}]", "left otherwise: at +1d30m instead of +1h, reason `completed` instead of `goal`"),
        ("left: [completed, goal]", "nobody left for `goal` -- there was `completed` at +1d30m"),
        ("left: []", "1 end that no line expects: `completed` at +1d30m"),
        ("entered: [{at: +0s}, {at: +1h, key: c2}]", "nobody entered at +1h -- there was at +0s"),
        ("entered: [{key: c2}]", "somebody entered otherwise: key `c1` instead of `c2`"),
        ("goals: [{at: +1h}]", "no goal was reached at +1h -- there was none at all"),
        ("refused: [again]", "nobody was refused for `again` -- there was none at all"),
        ("messages: [{}, {}, {}]", f"no message was sent -- there were {BOTH}"),
    ],
)
def test_other_happenings(expect: str, words: str) -> None:
    (line,) = told(expect)
    assert words in line


def test_who_is_inside() -> None:
    assert told("inside: [{node: answer}]", head="until: +10m") == [
        "['answer'] somebody is inside otherwise: node `pause` instead of `answer`"
    ]
    assert told("inside: []", head="until: +10m") == [f"['inside'] 1 person inside that no line expects: `pause`{MORE}"]


def test_numbers_are_compared_as_numbers_and_texts_as_texts() -> None:
    assert told("messages: [{with: {value: 39.0}}, {}]") == []
    assert told("messages: [{with: {value: 38}}, {}]") == ["['38'] `reminder` was sent otherwise: value `39` instead of `38`"]


def test_lists_that_are_not_named_are_not_judged() -> None:
    (verdict,) = verdicts(one(CART, "messages: [reminder, last_call]"))
    assert verdict.passed
    assert set(verdict.script.wanted) == {"messages"}
