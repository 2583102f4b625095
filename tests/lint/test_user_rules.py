"""Rules of a project's own: checked like any expression, told at the thing, quoting its values; nothing living can be read."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, journey, said

NODES = """\
  - {id: a, send: hello, by: sms}
  - {id: b, send: hello, by: email}
  - {id: hold, wait: 2h}
"""


def rule(*lines: str, name: str = "own") -> str:
    return PROJECT + f"rules:\n  {name}:\n" + "".join(f"    {line}\n" for line in lines)


def told(*lines: str, nodes: str = NODES, codes: str = "own E W9") -> str:
    return said(rule(*lines), journey(nodes), codes=codes)


def test_a_rule_is_told_at_the_thing_with_its_values() -> None:
    found = told(
        "each: send",
        "when: \"'sms' in send.channels\"",
        "require: send.has_else",
        "message: '`{send.id}` of {journey.name} goes by {send.channels}: {{say}} else'",
        codes="own",
    )

    assert found == ("1.journey.yaml:4:13 own ['send'] `a` of one goes by sms: {say} else (the project's own rule: 28:3)\n")


def test_without_require_there_must_be_no_such_thing() -> None:
    found = told("each: wait", "when: wait.length > 1h", "message: '{wait.length}, as {wait.text}'", codes="own")

    assert "['wait'] 2h, as 2h" in found


def test_without_when_all_must() -> None:
    assert told("each: journey", "require: journey.goals > 0", "message: no goal", codes="own").count("no goal") == 1


def test_a_rule_with_a_name_in_its_event_place() -> None:
    found = said(rule("each: event", "require: event.fields is not empty", "message: '{event.name}'"), codes="own")

    assert "own ['login'] login" in found


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("each: sned", "require: true", "message: x"), "E105 ['sned'] `sned` is nothing that a rule can look at"),
        (("each: send", "require: send.chanels is empty", "message: x"), "E311 ['chanels']"),
        (("each: send", "require: \"'smss' in send.channels\"", "message: x"), "'email' | 'sms' -- did you mean `sms`?"),
        (("each: send", "require: journey.stability == 'darft'", "message: x"), "did you mean `draft`?"),
        (("each: send", "require: send.id", "message: x"), "E322 ['send.id']"),
        (("each: channel", "require: journey.name == 'x'", "message: x"), "E312 ['name']"),
        (("each: send", "require: profile.tier == 'gold'", "message: x"), "`profile.tier` is not known in a rule"),
        (("each: send", "require: audience.loyal", "message: x"), "E312 ['audience.loyal']"),
        (("each: send", "require: now() > 2026-01-01T10:00", "message: x"), "E312 ['now()']"),
        (("each: send", "require: chance('x') > 1", "message: x"), "E312 [\"chance('x')\"]"),
        (("each: send", "require: count(purchase) > 1", "message: x"), "E312 ['count(purchase)']"),
        (("each: send", "require: true", "message: '{send.idd}'"), "E311 ['idd']"),
        (("each: send", "require: true", "message: '{send}'"), "E312 ['send'] `send` alone is no value"),
        (("each: send", "require: text(journey) == 'x'", "message: x"), "E312 ['journey'] `journey` alone is no value"),
        (("each: send", "require: true", "message: '{send.id'"), "E105 ['{'] this `{` is not closed"),
        (("each: send", "require: true", "message: 'a } b'"), "E105 ['}'] this `}` closes nothing"),
        (("each: send", "require: true", "message: '{send.}'"), "E301"),
        (("each: send", "require: true"), "E102 ['own'] `message` is missing"),
        (("each: send", "message: x"), "E102 ['own'] a rule needs `require`, `when` or both"),
        (("each: send", "require: true", "message: x", "severity: fatal"), "E105 ['fatal'] expected error, warning or info"),
        (("each: send", "requires: true", "message: x"), "E101 ['requires'] unknown key `requires` in a rule"),
    ],
)  # fmt: skip
def test_mistakes_of_rules_are_told_where_they_stand(lines: tuple[str, ...], words: str) -> None:
    found = told(*lines, codes="E own")

    assert words in found
    assert found.count("\n") == 1


def test_a_misspelt_value_in_a_folded_message_has_its_place() -> None:
    found = told("each: send", "require: true", "message: >-", "  日本 🎉 says", "  {send.idd}", codes="E")

    assert found.startswith("rtj.yaml:33:13 E311 ['idd']")


@pytest.mark.parametrize("name", ["W204", "E", "no-timeout", "a b", "W2"])
def test_a_rule_needs_a_name_of_its_own(name: str) -> None:
    found = said(rule("each: send", "require: true", "message: x", name=name), codes="E")

    assert "E106" in found


def test_rules_of_two_names_that_meet_are_reported() -> None:
    text = rule("each: send", "require: true", "message: x") + "  own: {each: send, require: true, message: y}\n"

    assert "E002 ['own'] the key `own` stands twice" in said(text, codes="E")


def test_nothing_is_told_of_a_journey_with_errors() -> None:
    lines = ("each: send", "require: false", "message: x")

    assert "own" not in told(*lines, nodes=NODES + "  - {send: x, by: emial}\n", codes="own")


def test_severity_and_default() -> None:
    from tests.lint.cases import found

    loud = found(rule("each: wait", "require: false", "message: x", "severity: error"), journey(NODES))
    usual = found(rule("each: wait", "require: false", "message: x"), journey(NODES))

    assert [d.severity for d in loud if d.code == "own"] == ["error"]
    assert [d.severity for d in usual if d.code == "own"] == ["warning"]


def test_a_long_value_is_cut() -> None:
    found = told("each: wait", "require: false", f"message: \"{{'{'x' * 300}'}}\"", codes="own")

    assert "x" * 199 + "…" in found
    assert "x" * 200 not in found


def test_lists_of_records_can_be_asked() -> None:
    nodes = "  - id: s\n    split: salt\n    arms: [{arm: a, share: 99%}, {arm: b, share: 1%}]\n"
    lines = ("each: split", "require: all(arm.percent >= 5 for arm in split.arms)", "message: '{split.arms}'")

    assert "{name: a, percent: 99}, {name: b, percent: 1}" in told(*lines, nodes=nodes, codes="own")
