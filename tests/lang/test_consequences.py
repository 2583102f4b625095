"""One mistake, one report: what only follows from another mistake is not said, and what stands on its own still is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtj.lang.load import load_project, load_text
from rtj.lint.lint import lint
from tests.conftest import GOLDEN

PROJECT = """\
project: shop
events:
  signed_up: {plan: string}
  add_to_cart: {item: string, price: number}
  promoted: {tier: string}
profile:
  plan: {from: signed_up.plan}
  tier: {from: promoted.tier}
audiences:
  loyal: profile.tier == 'gold'
channels:
  email: {purpose: transactional}
  sms: {purpose: transactional}
webhooks:
  book: {post: "https://crm.example/book"}
"""
HEAD = "journey: one\nenter: {on: add_to_cart, as: cart}\ndo:\n"
TWO = "journey: two\nenter: {by: start, as: link}\ndo: [{send: m, by: sms, with: t = link.price}]\n"


def said(project: str, *journeys: str) -> str:
    """The codes of all errors with the pieces that they mark."""
    found = [finding.diagnostic for finding in lint(load_text(project, *journeys)).findings]
    return ", ".join(f"{d.code} {d.span.text}" for d in found if d.severity == "error")


@pytest.mark.parametrize(
    ("nodes", "only"),
    [
        ("  - {send: m, by: email or sms}", "E301 or"),
        ("  - {send: m, by: *all}", "E004 *all"),
        ("  - {emit: promoted, with: tier == 'gold'}", "E301 ="),
        ("  - &m {send: m, by: email}\n  - {<<: *m, id: n}", "E004 <<"),
        ("  - {id: w, wait: 1d, send: m, by: email}", "E104 send"),
        ("  - id: s\n    split: s\n    arms: [{arm: a, share: 0.5}, {arm: b, share: 50%}]", "E105 0.5"),
        ("  - {send: m, by: sms, with: t == 3, id: n}\n  - {id: w, wait_for: [{on: n.clicked}]}", "E301 ="),
        ("  - {sned: m, by: sms, id: n}\n  - {id: w, wait_for: [{on: n.clicked}]}", "E101 sned"),
    ],
)
def test_what_follows_from_a_node_that_could_not_be_read_is_not_said(nodes: str, only: str) -> None:
    assert said(PROJECT, HEAD + nodes + "\n") == only


def test_names_that_an_unread_way_in_may_bring_are_not_missed_but_others_are() -> None:
    text = (
        "journey: one\nenter: {on: add_to_cart when, as: cart}\ndo: [{send: m, by: sms, with: 'a = cart.item, b = crat.item'}]\n"
    )

    assert said(PROJECT, text) == "E301 when, E310 crat"


def test_a_key_twice_hides_no_other_mistake() -> None:
    text = "journey: one\nenter: {on: add_to_cart, as: cart}\nenter: {on: signed_up, as: new}\ndo:\n"
    nodes = "  - {send: m, by: sms, with: 'a = new.plan, b = crat.item, c = cart.itm'}\n"

    assert said(PROJECT, text + nodes) == "E002 enter, E310 crat, E311 itm"


def test_a_declaration_that_could_not_be_read_is_not_missed_but_others_are() -> None:
    project = PROJECT.replace("plan: {from: signed_up.plan}", "plan: {form: signed_up.plan}")
    text = HEAD + "  - branch: [{when: profile.plan == profile.tire, do: []}]\n"

    assert said(project, text) == "E314 tire, E101 form"


def test_a_journey_in_a_file_that_could_not_be_read_is_not_missed() -> None:
    start = "  - {start: two, with: price = cart.price}\n  - {start: three}\n"

    assert said(PROJECT, HEAD + start, TWO.replace("as: link}", "as: link")) == "E345 three, E001 {"


def test_what_an_unread_journey_may_hand_over_is_not_missed() -> None:
    assert said(PROJECT, HEAD + "  - {start: two, with: price == cart.price}\n", TWO) == "E301 ="
    assert said(PROJECT, TWO, HEAD.replace("cart}", "cart")) == "E001 {"


def test_a_missing_file_hides_what_it_may_declare(tmp_path: Path) -> None:
    (tmp_path / "rtj.yaml").write_text(PROJECT + "include: [more.yaml]\n", encoding="utf-8")
    text = HEAD + "  - branch: [{when: profile.points > 3, do: []}]\n"
    (tmp_path / "one.journey.yaml").write_text(text, encoding="utf-8")

    found = [finding.diagnostic for finding in lint(load_project((), tmp_path)).findings]

    assert [(d.code, d.span.text) for d in found if d.severity == "error"] == [("E107", "more.yaml")]


def test_an_empty_file_is_told_whatever_else_is_wrong() -> None:
    assert said(PROJECT, HEAD + "  - {send: m, by: smz}\n", "# moved\n") == "E327 smz, E008 "


def test_a_misspelt_name_is_one_mistake() -> None:
    assert said(PROJECT, HEAD + "  - {emit: promoted, with: teir = 'gold'}\n") == "E311 teir"
    assert said(PROJECT, HEAD + "  - {start: tow, with: price = cart.price}\n", TWO) == "E345 tow"
    assert said(PROJECT, "journey: one\nenter: {on: 3 login same event.itm}\n") == "E317 login"


def test_a_type_that_is_none_is_one_mistake() -> None:
    use = HEAD + "  - branch: [{when: profile.points > 3 and profile.state == 'new', do: []}]\n"
    for slip, only in (
        ("points: {type: nubmer, default: 0}\n  state: {one_of: [new, old]}", "E105 nubmer"),
        ("points: {type: money, default: 0}\n  state: {one_of: [new, old]}", "E105 money"),
        ("points: {type: number}\n  state: {type: {one_fo: [new, old]}, default: new}", "E101 one_fo"),
        ("points: {from: purchse.total, default: 0}\n  state: {one_of: [new, old]}", "E317 purchse"),
    ):
        assert said(PROJECT.replace("profile:\n", f"profile:\n  {slip}\n"), use) == only


def misspelt(word: str) -> str:
    """Two letters in the middle changed round, or one left out of two equal ones."""
    i = len(word) // 2
    return word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :] if word[i] != word[i - 1] else word[:i] + word[i + 1 :]


def every_slip(each: int) -> Iterator[tuple[str, str, str]]:
    """Project and journey with one misspelt word, and the word; each word that is the `each`-th of its file."""
    project = (GOLDEN / "ok" / "rtj.yaml").read_text(encoding="utf-8")
    for file in sorted((GOLDEN / "ok").glob("*.journey.yaml")):
        text = file.read_text(encoding="utf-8")
        for match in list(re.finditer(r"[A-Za-z_]{4,}", text))[::each]:
            yield project, text[: match.start()] + misspelt(match[0]) + text[match.end() :], f"{file.name}: {match[0]}"


def several(project: str, journey: str) -> set[tuple[str, str]]:
    """What is wrong, if it is more than one thing. A name that many read is one."""
    found = [finding.diagnostic for finding in lint(load_text(project, journey)).findings]
    wrong = {(d.code, d.span.text) for d in found if d.severity == "error"}
    return wrong if len(wrong) > 1 else set()


@pytest.mark.parametrize("each", [61, pytest.param(3, marks=pytest.mark.long)])
def test_one_misspelt_word_is_one_mistake(each: int) -> None:
    tried = [(slip, several(project, text)) for project, text, slip in every_slip(each)]

    assert len(tried) > 20
    assert [(slip, wrong) for slip, wrong in tried if wrong] == []
