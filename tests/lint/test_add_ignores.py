"""Comments are written above the node that they cover, joined to one that is there, and change nothing of what is said."""

from __future__ import annotations

import pytest

from rtj.lang.load import load_text
from rtj.lint.add_ignores import Commented, add_ignores
from rtj.lint.lint import lint
from tests.lint.cases import PROJECT, journey

RULES = PROJECT + (
    "rules:\n"
    "  own: {each: send, require: false, message: sends}\n"
    "  waits: {each: wait, require: false, message: waits}\n"
    "  title: {each: journey, require: journey.title is not missing, message: no title}\n"
    "lint: {select: [own, waits, title, W9]}\n"
)


def commented(text: str, reason: str = "so it is") -> Commented:
    done = lint(load_text(RULES, text))
    mine = [f for f in done.findings if f.diagnostic.span.source.path != "rtj.yaml"]
    return add_ignores(mine, done.sources, done.settings.rulebook, reason)


def after(text: str) -> str:
    return commented(text).texts["1.journey.yaml"]


FLOW = "    do: [{send: m, by: sms}, {id: w, wait: 1h}]\n"
LIST = "  - id: r\n    repeat: 2\n    do: [\n{}      {{send: m, by: sms}},\n{}      {{id: w, wait: 1h}}\n    ]\n"
HEAD = "journey: one\ntitle: One\nenter: {on: add_to_cart, as: cart, key: cart.cart_id}\ndo:\n"


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ("  - {id: a, send: m, by: sms}\n", "  # rtj: ignore[own] -- so it is\n  - {id: a, send: m, by: sms}\n"),
        (
            "  - id: a\n    send: m\n    by: sms\n",
            "  - id: a\n    # rtj: ignore[own] -- so it is\n    send: m\n    by: sms\n",
        ),
        ("  - send: m\n    by: sms\n", "  # rtj: ignore[own] -- so it is\n  - send: m\n    by: sms\n"),
        (
            f"  - id: r\n    repeat: 2\n{FLOW}",
            f"  - id: r\n    repeat: 2\n    # rtj: ignore[own, waits] -- so it is\n{FLOW}",
        ),
        (
            "  # rtj: ignore[waits] -- old\n  - {id: r, repeat: 2, do: [{send: m, by: sms}, {id: w, wait: 1h}]}\n",
            "  # rtj: ignore[waits, own] -- old\n  - {id: r, repeat: 2, do: [{send: m, by: sms}, {id: w, wait: 1h}]}\n",
        ),
        (
            LIST.format("", ""),
            LIST.format("      # rtj: ignore[own] -- so it is\n", "      # rtj: ignore[waits] -- so it is\n"),
        ),
    ],
)
def test_comments_stand_above_their_node(nodes: str, expected: str) -> None:
    for line_end in ("\n", "\r\n"):
        text = (HEAD + nodes).replace("\n", line_end)
        assert after(text) == (HEAD + expected).replace("\n", line_end)
        assert commented(after(text)).added == 0


def test_the_name_of_a_journey_begins_its_line() -> None:
    text = journey("  - {set: profile.tier = 'gold'}\n")

    assert after(text).startswith("# rtj: ignore[title] -- so it is\njourney: one\n")


def test_without_a_reason_the_comment_says_so() -> None:
    done = commented(HEAD + "  - {send: m, by: sms}\n", reason="")

    assert "-- not looked at yet" in done.texts["1.journey.yaml"]


def test_errors_and_what_is_said_of_comments_are_left() -> None:
    done = commented(HEAD + "  - {send: m, by: smss}\n")
    idle = commented(HEAD + "  # rtj: ignore[waits] -- x\n  - {send: m, by: sms}\n")

    assert [f.diagnostic.code for f in done.left] == ["E327"]
    assert done.texts == {}
    assert [f.diagnostic.code for f in idle.left] == ["W901"]
    assert "# rtj: ignore[waits, own] -- x" in idle.texts["1.journey.yaml"]


def test_what_stands_outside_all_nodes_is_covered_for_the_file() -> None:
    project = "# a project\nlint: {select: [nameless]}\nrules:\n  nameless: {each: project, require: false, message: no name}\n"
    done = lint(load_text("events: {}\n" + project))
    findings = [f for f in done.findings if f.diagnostic.code == "nameless"]

    text = add_ignores(findings, done.sources, done.settings.rulebook, "x").texts["rtj.yaml"]

    assert [f.diagnostic.code for f in lint(load_text(text)).findings if f.diagnostic.code == "nameless"] == []
