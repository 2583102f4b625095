"""A list or mapping where one text belongs, or the other way round: told with what to write, and mended where it is sure."""

from __future__ import annotations

import pytest

from rtj.lang.load import load_text
from rtj.lang.mending import Change, changed

NODES = """\
{send: a, by: [push, email]} | write `push else email` | {send: a, by: push else email}
{send: a, with: {n: 1, m: profile.x}} | write `"n = 1, m = profile.x"` | {send: a, with: 'n = 1, m = profile.x'}
{send: a, with: [n = 1]} | write `n = 1` | {send: a, with: 'n = 1'}
{send: a, with: {名: 1}} | quote it if it is a text that begins with a bracket or brace |
{set: {ok: true}} | write `profile.ok = true` | {set: 'profile.ok = true'}
{id: w, wait: {hours: 1, minutes: 30}} | write `1h30m` | {id: w, wait: 1h30m}
{id: w, wait: {day: 2}} | write `2d` | {id: w, wait: 2d}
{id: w, wait_for: [{on: [login, purchase]}, {after: 1d}]} | write `login or purchase` | {id: w, wait_for: [{on: login or purchase}, {after: 1d}]}
{id: w, wait_for: [{on: x, do: {send: a}}, {after: 1d}]} | a list has brackets, `[…]` | {id: w, wait_for: [{on: x, do: [{send: a}]}, {after: 1d}]}
{id: w, wait_for: [{on: x, do: exit}, {after: 1d}]} | a list has brackets, `[…]` | {id: w, wait_for: [{on: x, do: [exit]}, {after: 1d}]}
{id: w, wait_for: {on: x}} | a list has brackets, `[…]` | {id: w, wait_for: [{on: x}]}
{branch: [{when: [profile.a > 3, not profile.b], do: [exit]}]} | write `profile.a > 3 and not profile.b` | {branch: [{when: 'profile.a > 3 and not profile.b', do: [exit]}]}
{branch: [{when: [profile.a, profile.b], do: [exit]}]} | quote it if it is a text that begins with a bracket or brace |
{id: w, wait_for: purchase} | begin each item with `- ` |
{send: a, by: [{x: y}]} | quote it if it is a text that begins with a bracket or brace |
{id: w, wait: {years: 1}} | quote it if it is a text that begins with a bracket or brace |
"""  # noqa: E501
SECTIONS = """\
caps: {a: 2 per day} | write `{at_most: 2 per 24h}`
quiet_hours: 22:00-08:00 | write `{from: 22:00, to: 08:00}`
holdout: 5% | write `{share: 5%, salt: holdout-2026}`
identity: {user_id: 1} | write `{kind: person, priority: 1}`
"""


@pytest.mark.parametrize("row", NODES.splitlines())
def test_in_a_node(row: str) -> None:
    node, hint, mended = (cell.strip() for cell in row.split(" |"))
    text = f"# 日本 😀\r\njourney: j\r\nenter: {{on: x}}\r\ndo:\r\n  - {node}\r\n"

    (found,) = load_text("project: p\n", text).diagnostics

    assert (found.code, found.hint) == ("E103", hint)
    assert (found.fix is not None) == bool(mended)
    if found.fix is not None:
        assert not found.fix.safe
        assert changed(text, [Change(e.start, e.end, e.text) for e in found.fix.edits]) == text.replace(node, mended)
        assert load_text("project: p\n", text.replace(node, mended)).diagnostics == ()


@pytest.mark.parametrize("row", SECTIONS.splitlines())
def test_in_a_project(row: str) -> None:
    section, hint = row.split(" | ")

    assert [(d.code, d.hint) for d in load_text(f"project: p\n{section}\n").diagnostics] == [("E103", hint)]


@pytest.mark.parametrize(
    ("section", "more"),
    [
        ("events: {Logged In: {}}", ": `logged_in`; how sources spell it stands under `foreign_names`"),
        ("foreign_names: {Product Viewed: seen}", ": `product_viewed`; the name comes first: `seen: Product Viewed`"),
        ("audiences: {big-spenders: profile.x > 3}", ": `big_spenders`"),
        ("audiences: {日本: profile.x > 3}", ""),
        ("audiences: {größte_kunden: profile.x > 3}", ": `grosste_kunden`"),
    ],
)  # fmt: skip
def test_names(section: str, more: str) -> None:
    letters = "letters" if section.isascii() else "letters from a to z"
    hint = f"names have {letters}, digits and `_`{more}"

    assert [(d.code, d.hint) for d in load_text(f"project: p\n{section}\n").diagnostics] == [("E106", hint)]


TYPES = """\
optional string | string?
string or null | string?
Optional[str] | string?
str | None | string?
string (optional) | string?
nullable int | number?
list of strings | [string]
list[string] | [string]
array<number> | [number]
boolean[] | [bool]
"""


@pytest.mark.parametrize("row", TYPES.splitlines())
def test_types_of_other_languages(row: str) -> None:
    written, meant = row.rsplit(" | ", 1)

    assert [(d.code, d.hint) for d in load_text(f"project: p\nevents: {{a: {{b: '{written}'}}}}\n").diagnostics] == [
        ("E105", f"write `{meant}`")
    ]


@pytest.mark.parametrize("key", ["enum", "values", "choices", "one_fo"])
def test_a_set_of_texts_by_another_name(key: str) -> None:
    found = load_text(f"project: p\nevents: {{a: {{plan: {{{key}: [free, pro]}}}}}}\n").diagnostics

    assert [(d.code, d.span.text, d.hint) for d in found] == [("E101", key, "did you mean `one_of`?")]


def test_a_field_without_a_type() -> None:
    (found,) = load_text("project: p\nevents: {a: {b: null, c: string}}\n").diagnostics

    assert (found.code, found.message, found.hint) == ("E102", "`b` has no type", "for example `b: string?`")
