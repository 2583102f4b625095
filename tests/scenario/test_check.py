"""What tests name is looked up in the project; events must fit their types, at the property."""

from __future__ import annotations

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.scenario.check import check_suite
from rtj.scenario.known import Known, known_of
from rtj.scenario.read import read_suites
from tests.scenario.cases import KNOWN, PROGRAM, one, said

CART = "- +0s cart: {cart_id: c1, item: teapot, value: 39}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            one(CART, "messages: []", "cart_lefd"),
            "1:10 E601 ['cart_lefd'] there is no journey `cart_lefd` -- did you mean `cart_left`?",
        ),
        (one("- +0s card: {}", "messages: []"), "['card'] there is no event type `card` -- did you mean `cart`?"),
        (one(CART, "messages: [remindr]"), "['remindr'] nothing sends `remindr` -- did you mean `reminder`?"),
        (
            one(CART, "messages: [picks]"),
            "no journey that is judged here sends `picks` -- `friday` sends it: name that journey too",
        ),
        (one(CART, "messages: [{channel: sms}]"), "E601 ['sms'] there is no channel `sms` -- known here: `email`, `push`"),
        (one(CART, "messages: [{node: nugde}]"), "E601 ['nugde'] there is no node `nugde` -- did you mean `nudge`?"),
        (one(CART, "messages: [{journey: friday}]"), "E601 ['friday'] `friday` is not judged here"),
        (one(CART, "messages: [{message: reminder, with: {itm: x}}]"), "`reminder` is given no `itm` -- did you mean `item`?"),
        (one(CART, "messages: [{message: reminder, with: {value: x}}]"), "E601 ['x'] `value` is of type number; found `x`"),
        (one(CART, "left: [{reason: gaol}]"), "E601 ['gaol'] nobody leaves for `gaol` -- did you mean `goal`?"),
        (one(CART, "left: [cam back]"), "['cam back'] nobody leaves for `cam back` -- did you mean `came back`?"),
        (one(CART, "refused: [goal]"), "E601 ['goal'] nobody is refused for `goal`"),
        (one(CART, "inside: [pause]"), "E102 ['inside'] `inside` needs `until`"),
        (
            one(CART + "\n- +1h clicked: {message: remider}", "left: []"),
            "['remider'] nothing sends `remider` -- did you mean `reminder`?",
        ),
        (one(CART + "\n  channel: sms", "left: []"), "E601 ['sms'] there is no channel `sms`"),
        (one(CART + "\n- +2h rated", "left: []", head="until: +1h"), "E105 ['+2h'] this event lies after `until`"),
        (
            one("- +0s cart: {cart_id: c1, itm: x, value: 1}", "left: []"),
            "E602 ['itm'] `cart` has no field `itm` -- did you mean `item`?",
        ),
        (one("- +0s cart: {cart_id: c1, value: 1}", "left: []"), "E602 ['cart'] `cart` needs `item`"),
        (one("- +0s cart", "left: []"), "E602 ['cart'] `cart` needs `cart_id`, `item`, `value`"),
        (
            one("- +0s rated: {stars: many}", "left: []"),
            "E602 ['many'] `stars` is of type number; found `many` -- for example 39 or 2.5",
        ),
        (one("- +0s rated: {stars: [1]}", "left: []"), "E602 ['['] `stars` is of type number"),
        (one("- +0s rated: {x: 1}", "left: []"), "E602 ['x'] `rated` has no field `x` -- known here: `stars`"),
        (one("- +0s rated: {user_id: bob}", "left: []"), "-- it is an identifier, which is no field: write it beside them"),
        (
            one("- +0s restocked: {item: x}\n  user_id: bob", "left: []"),
            "`restocked` is about no person -- everybody is offered it",
        ),
        (
            one("- +9999w cart: {cart_id: c, item: x, value: 1}\n- +418000w rated", "left: []"),
            "`+9999w` lies more than 20 years from the start",
        ),
        (one("- +0s rated", "left: []", head="start: 0001-01-01T00:00+14:00"), "lies outside the years"),
        (one("- +0s rated", "left: []", head="until: +21 years"), "E105 ['+21 years'] `+21 years` lies more than 20 years"),
        (one("- +0s rated", "left: []", head="person: 'null'"), "E602 [\"'null'\"] `null` is no identifier"),
    ],
)
def test_mistakes_are_told_where_they_stand(text: str, words: str) -> None:
    assert words in said(text)


def test_all_mistakes_of_a_test_are_told_at_once() -> None:
    events = "- +0s card: {}\n- +1m cart: {itm: x}\n- 2m rated"
    assert len(said(one(events, "messages: [remindr, {channel: sms}]\nleft: [gaol]")).splitlines()) == 6


def test_an_unknown_journey_brings_no_other_mistakes() -> None:
    assert (
        len(said(one(CART, "messages: [x, {with: {y: 1}}]\nleft: [z]\ninside: [a]", "nowhere", "until: +1h")).splitlines()) == 1
    )


def test_where_the_project_is_not_known_whole_only_the_sure_is_told() -> None:
    """A journey with a mistake is not looked into; journeys that were not read may well exist."""
    unsure = Known({"cart_left": None}, KNOWN.events, KNOWN.spaces, KNOWN.channels, KNOWN.timezone, complete=False)
    events = CART + "\n- +1h clicked: {message: xx}\n- +2h card: {}"
    text = one(events, "messages: [x, {channel: sms}]\nleft: [z]", "[cart_left, other]")
    found: list[Diagnostic] = []
    for suite in read_suites(Source("t.test.yaml", text), None, found):
        check_suite(suite, unsure, found)
    assert sorted(d.span.text for d in found) == ["card", "sms"]


def test_what_is_known_of_a_program() -> None:
    known = known_of(PROGRAM)
    assert not known.unsure
    assert {"reminder", "nudge", "picks"} <= known.messages
    assert known.sender("tomorrow") == "booking"
    assert known.sender("nothing") == ""
    judged = known.judged(["cart_left", "viewed"])
    assert judged is not None
    assert {"came back", "goal", "max_duration"} <= judged.reasons
    assert "rest" in judged.nodes
    assert known.judged(["cart_left", "nowhere"]) is None
