"""Test files are read with exact places; what is wrong in their form is told where it stands, all of it at once."""

from __future__ import annotations

import pytest

from tests.scenario.cases import one, read, said

CART = "- +0s cart: {cart_id: c1, item: teapot, value: 39}"


def test_the_forms_of_an_event_say_the_same() -> None:
    short = "- +20m bought: {total: 40}\n  user_id: bob\n  id: x"
    flow = "- {+20m bought: {total: 40}, user_id: bob, id: x}"
    long = "- {at: +20m, type: bought, properties: {total: 40}, user_id: bob, id: x}"
    block = "- at: +20m\n  type: bought\n  properties:\n    total: 40\n  user_id: bob\n  id: x"
    cues = []
    for form in (short, flow, long, block):
        _, (script,), found = read(one(form, "messages: []"))
        assert found == []
        (cue,) = script.cues
        cues.append((cue.at, cue.type, dict(cue.properties), cue.identifiers, cue.id, cue.channel))
    assert cues[0] == (script.clock.start + 1_200_000, "bought", {"total": 40}, ((0, "bob"),), "x", None)
    assert cues == [cues[0]] * 4


def test_an_event_without_properties_is_a_text() -> None:
    _, (script,), found = read(one("- +1 day rated\n- 2026-03-02T09:00Z rated:\n- -1h rated: {}", "messages: []"))
    assert found == []
    assert [(cue.at - script.clock.start) // 60_000 for cue in script.cues] == [-60, 60, 1440]
    assert [cue.id for cue in script.cues] == ["#3", "#2", "#1"]


def test_the_default_start_is_a_monday_morning_of_the_project() -> None:
    _, (script,), _ = read(one(CART, "messages: []"))
    assert script.clock.start == 1_772_438_400_000  # 2026-03-02T08:00Z, 09:00 in Berlin


def test_start_and_person_of_a_test_replace_those_of_the_file() -> None:
    text = one(CART, "messages: []", head="start: 2026-07-01\nperson: {email: A@x.org}")
    _, (script,), found = read(f"start: 2026-03-02T10:00\nperson: bob\n{text}")
    assert found == []
    assert script.clock.start == 1_782_856_800_000  # midnight of 1 July in Berlin
    assert script.cues[0].identifiers == ((1, "A@x.org"),)
    _, (script,), _ = read(f"person: bob\n{one(CART, 'messages: []')}")
    assert script.cues[0].identifiers == ((0, "bob"),)


def test_the_epoch_is_a_start_like_any_other() -> None:
    _, (script,), _ = read(f"start: 1970-01-01T00:00Z\n{one(CART, 'messages: []')}")
    assert script.clock.start == 0


def test_a_bare_line_is_what_it_is_called_by() -> None:
    _, (script,), found = read(
        one(CART, "messages: [reminder]\nleft: [goal]\nrefused: [again]\ninside: [pause]", head="until: +1h")
    )
    assert found == []
    assert [dict(line.facts) for lines in script.wanted.values() for line in lines] == [
        {"message": "reminder"},
        {"reason": "goal"},
        {"reason": "again"},
        {"node": "pause"},
    ]


def test_several_suites_in_one_file() -> None:
    suites, scripts, found = read(one(CART, "messages: []") + "---\n" + one("- +0s rated", "goals: []", "[viewed, friday]"))
    assert found == []
    assert [[name.text for name in suite.journeys] for suite in suites] == [["cart_left"], ["viewed", "friday"]]
    assert len(scripts) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tests: []\n", "1:1 E102 ['tests'] `journey` is missing"),
        ("journey: cart_left\n", "1:1 E102 ['journey'] `tests` is missing"),
        (
            "journey: cart_left\ntests: {}\n",
            "2:8 E103 ['{'] expected a list: tests, each with `name`, `events` and `expect`; found a mapping",
        ),
        ("journey: cart_left\ntests: []\n", "2:1 E102 ['tests'] `tests` is empty -- a list of tests, each with"),
        ("journey: []\ntests: [a]\n", "1:1 E102 ['journey'] `journey` is empty -- a test file begins with"),
        (
            "- name: a\n",
            "1:1 E103 ['-'] expected a mapping: a file of tests; found a list -- write `journey: its_name` and `tests:` above it",
        ),
        ("journey: cart_left\ntests: [a]\n", "2:9 E103 ['a'] expected a mapping: a test; found a text"),
        (
            "journey: cart_left\ntests: []\nstrat: +0s\n",
            "3:1 E101 ['strat'] unknown key `strat` in a file of tests -- did you mean `start`?",
        ),
        (
            one(CART, "messages: []").replace("name: it", "nam: it"),
            "E101 ['nam'] unknown key `nam` in a test -- did you mean `name`?",
        ),
        (one(CART, "messages: []", head="start: +1d"), "E105 ['+1d'] `start` is a moment, such as 2026-03-02T09:00"),
        (one(CART, "message: []"), "E101 ['message'] unknown key `message` in what is expected -- did you mean `messages`?"),
        (one(CART, "more: true"), "E102 ['more'] nothing is expected"),
        (one(CART, "messages: {}"), "E103 ['{'] expected a list: what is expected of `messages`"),
        (one(CART, "messages: [{after: +1m}]"), "E101 ['after'] unknown key `after` in a line of `messages`"),
        (one(CART, "entered: [c1]"), "E103 ['c1'] expected a mapping: a line of `entered`"),
        (one(CART, "messages: [{with: item}]"), "E103 ['item'] expected a mapping: values of the message"),
        (one(CART, "messages: []\nmore: yes"), "E105 ['yes'] expected true or false; found `yes`"),
        (one("- 20m bought: {total: 1}", "messages: []"), "5:9 E105 ['20m'] `20m` is not a time"),
        (one("- 20m bought: {total: 1}", "messages: []"), "did you mean `+20m`?"),
        (one("- +2 hours bought: {total: 1}", "messages: []"), "['+2 hours'] `+2 hours` is not a time"),
        (one("- bought: {total: 1}", "messages: []"), "E101 ['bought'] unknown key `bought` in an event"),
        (one("- +1m", "messages: []"), "E105 ['+1m'] `+1m` is not an event; expected a time and a type"),
        (one("- [a]", "messages: []"), "E103 ['['] expected an event; found a list"),
        (one("- {at: +1m}", "messages: []"), "E102 ['at'] `type` is missing"),
        (one("- {type: bought, at: 2026-02-30}", "messages: []"), "E105 ['2026-02-30'] `2026-02-30` is not a time"),
        (one("- +1m bought: x", "messages: []"), "E103 ['x'] expected a mapping: the properties of the event; found a text"),
        (
            one("- +1m rated:\n  userid: x", "messages: []"),
            "E101 ['userid'] unknown key `userid` in an event -- did you mean `user_id`?",
        ),
        (one(CART, "messages: []", head="person: {usr: x}"), "E101 ['usr'] unknown key `usr` in a person"),
        (one(CART, "messages: []", head="person: [x]"), "E103 ['['] expected an identifier such as ada"),
        ("", "E008"),
        ("[", "E001"),
    ],
)
def test_mistakes_in_the_form(text: str, words: str) -> None:
    assert words in said(text)


def test_properties_need_their_colon() -> None:
    """Without it YAML sees a text that ends at the first `: `, or a strange key: what was meant is told, and can be mended."""
    for form, fixed in (
        ("- +0s cart {cart_id: c1, item: teapot, value: 39}", True),
        ("- +0s cart {cart_id: c1}", True),
        ('- "+0s cart {cart_id: c1}"', False),
        ("- +1 day cart {cart_id: c1, item: teapot}", True),
    ):
        text = one(form, "messages: []")
        _, _, found = read(text)
        (mistake,) = found
        assert (mistake.code, mistake.span.text) == ("E105", "cart")
        assert (mistake.fix is not None) is fixed
        if mistake.fix is not None:
            (edit,) = mistake.fix.edits
            assert mistake.fix.safe
            assert " cart: {cart_id" in text[: edit.start] + edit.text + text[edit.end :]


def test_two_tests_of_one_name() -> None:
    text = one(CART, "messages: []")
    assert said(text + "\n".join(text.splitlines()[2:]) + "\n") == (
        "t.test.yaml:8:11 E318 ['it'] two tests with one name -- say what differs (the first stands here: 3:11)"
    )


def test_places_are_exact_behind_wide_characters_and_windows_line_ends() -> None:
    text = one(CART, "messages: [{with: {item: 茶, itm: 茶}}]").replace("name: it", "name: 🫖 お茶").replace("\n", "\r\n")
    assert "t.test.yaml:7:35 E601 ['itm'] messages are given no `itm`" in said(text)
