"""Keys of other tools are told once, at their place, with the key that is meant here, or with what is written instead."""

from __future__ import annotations

import pytest

from rtj.lang import read_delivery, read_gates, read_journey, read_nodes, read_sections, read_triggers
from rtj.lang.key_habits import KEYS, NODES, PLACES, plain
from rtj.lang.load import load_text
from rtj.lang.read_project import ProjectReader

HEAD = "journey: j\nenter: {on: x}\n"


def reported(text: str) -> list[tuple[str, str, str]]:
    """Code, piece and hint of what reading says about a journey."""
    return [(d.code, d.span.text, d.hint) for d in load_text("project: p\n", text).diagnostics]


JOURNEYS = """\
name: j | name | did you mean `journey`?
trigger: {on: x} | trigger | did you mean `enter`?
steps: [{send: a}] | steps | did you mean `do`?
timeout: 30d | timeout | did you mean `max_duration`?
description: about | description | `title` is what people call it; for more there are comments: `# …`
version: 3 | version | versions are kept by git, not by the file
"""
NODE_LINES = """\
{send: a, channel: email} | channel | did you mean `by`?
{send: a, via: email} | via | did you mean `by`?
{send: a, data: n = 1} | data | did you mean `with`?
{send: a, template: b} | template | a message is its name, `send: welcome`; what it says is its template's
{id: w, wait: 2h, timeout: 3h} | timeout | only `wait_for` has a timeout: a case `- {after: 2h}`
{id: w, wait: 2h, until: 09:00} | until | write `wait: until 09:00`
{id: w, wait_until: 09:00} | wait_until | the word is `wait`: `wait: until 09:00`
{send: a, to: profile.email} | to | it goes to the person of the journey, by the `address` of the channel
{id: w, wait: 2h, next: b} | next | nodes follow each other as they stand; other ways are blocks (`do`, `else`)
{name: w, wait: 2h} | name | did you mean `id`?
{id: w, wait_for: [{event: login}, {after: 1d}]} | event | did you mean `on`?
{id: w, wait_for: [{on: login}, {timeout: 1d}]} | timeout | did you mean `after`?
{id: w, timeout: 1d, wait_for: [{on: login}]} | timeout | it belongs to a case: `- {on: login, do: […]}`; a timeout is a case as well: `- {after: 3d, do: […]}`
{branch: [{if: profile.a, do: [exit]}]} | if | did you mean `when`?
{branch: [{when: profile.a, then: [exit]}]} | then | did you mean `do`?
{branch: [{when: profile.a, do: [exit]}, {default: [exit]}]} | default | did you mean `else`?
{branch: [{when: profile.a, do: [exit]}], else: [exit]} | else | `else` is the last item of the list: `- else: […]`
{id: s, split: t, arms: [{variant: a, share: 100%}]} | variant | did you mean `arm`?
{id: s, split: t, arms: [{arm: a, weight: 100%}]} | weight | did you mean `share`?
{id: s, split: t, variants: [{arm: a, share: 100%}]} | variants | did you mean `arms`?
{send: a, bye: email} | bye | did you mean `by`?
{send: a, nonsense: 1} | nonsense | known here: `id`, `by`, `with`, `as`, `else`
{type: wait, id: w, duration: 30m} | type | a node begins with its word: `wait: 2h`, `send: welcome`
{uses: send, with: n = 1} | uses | a node begins with its word: `wait: 2h`, `send: welcome`
{if: profile.a, then: [exit]} | if | `branch` asks: `branch: [{when: …, do: […]}, {else: […]}]`
{delay: 30m, id: w} | delay | the word is `wait`
{id: w, wait:3d} | wait:3d | `:` needs a blank behind it
"""  # noqa: E501
ENTRIES = """\
{event: login} | event | did you mean `on`?
{on: login, if: event.x > 3} | if | did you mean `when`?
{on: login, where: event.x > 3} | where | did you mean `when`?
{on: login, reentry: after 7d} | reentry | did you mean `again`?
{cron: day at 09:00, for: everyone} | cron | did you mean `every`?
{every: day at 09:00, audience: loyal} | audience | `on: joining loyal` lets in who joins it; `for: loyal` says for whom a schedule is
{segment: loyal} | segment | `on: joining loyal` lets in who joins it; `for: loyal` says for whom a schedule is
"""  # noqa: E501
SECTIONS = """\
segments: {a: profile.x > 3} | segments | did you mean `audiences`?
user: {a: {type: string?}} | user | did you mean `profile`?
attributes: {a: {type: string?}} | attributes | did you mean `profile`?
templates: {a: b} | templates | texts are not kept here: a message is its name and the values of its `with`
tz: Europe/Berlin | tz | did you mean `timezone`?
caps: {a: {max: 2, per: 24h}} | max | did you mean `at_most`?
caps: {a: {at_most: 2, window: 24h}} | window | did you mean `per`?
channels: {a: {type: transactional}} | type | did you mean `purpose`?
webhooks: {a: {url: "https://x.example"}} | url | did you mean `post`?
quiet_hours: {start: 22:00, to: 08:00} | start | did you mean `from`?
profile: {a: {source: x.a, type: string?}} | source | did you mean `from`?
profile: {a: {formula: count(x)}} | formula | a computed attribute is its expression alone: `orders: count(purchase)`
"""


CHOICES = """\
quiet_hours: {from: 22:00, to: 08:00, then: delay} | delay | did you mean `hold`?
quiet_hours: {from: 22:00, to: 08:00, then: burn} | burn | known here: `hold`, `drop`
identity: {cookie_id: {kind: anonymous}} | anonymous | did you mean `cookie`?
channels: {a: {purpose: promotional, default: granted}} | promotional | did you mean `marketing`?
channels: {a: {purpose: marketing, default: opt-in}} | opt-in | did you mean `denied`?
"""


def rows(table: str) -> list[tuple[str, str, str]]:
    split = [tuple(part.strip() for part in line.split(" | ")) for line in table.splitlines()]
    assert all(len(row) == 3 for row in split)
    return [(row[0], row[1], row[2]) for row in split]


@pytest.mark.parametrize(("line", "piece", "hint"), rows(JOURNEYS))
def test_of_a_journey(line: str, piece: str, hint: str) -> None:
    head = HEAD.replace("journey: j\n", "") if piece == "name" else HEAD
    head = head.replace("enter: {on: x}\n", "") if piece == "trigger" else head

    assert reported(f"{head}{line}\n") == [("E101", piece, hint)]


@pytest.mark.parametrize(("line", "piece", "hint"), rows(NODE_LINES))
def test_of_a_node(line: str, piece: str, hint: str) -> None:
    assert reported(f"{HEAD}do:\n  - {line}\n") == [("E101", piece, hint)]


@pytest.mark.parametrize(("line", "piece", "hint"), rows(ENTRIES))
def test_of_a_way_in(line: str, piece: str, hint: str) -> None:
    said = reported(f"journey: j\nenter: {line}\n")

    assert ("E101", piece, hint) in said
    assert [code for code, _, _ in said if code != "E101"] == (["E102"] if line.startswith("{every") else [])  # `for` is missing


@pytest.mark.parametrize(("line", "piece", "hint"), rows(SECTIONS))
def test_of_a_project(line: str, piece: str, hint: str) -> None:
    found = load_text(f"project: p\n{line}\n").diagnostics

    assert [(d.code, d.span.text, d.hint) for d in found] == [("E101", piece, hint)]


@pytest.mark.parametrize(("line", "piece", "hint"), rows(CHOICES))
def test_choices(line: str, piece: str, hint: str) -> None:
    found = load_text(f"project: p\n{line}\n").diagnostics

    assert [(d.code, d.span.text, d.hint) for d in found] == [("E105", piece, hint)]


def test_arms_and_salt_of_a_split() -> None:
    arms = "[{arm: a, share: 100%}]"
    listed = reported(HEAD + f"do:\n  - {{id: s, split: {arms}}}\n")
    bare = reported(HEAD + f"do:\n  - id: s\n    split:\n    arms: {arms}\n")

    assert listed == [("E103", "[", "behind `split` stands the name of the test, below it `arms:`")]
    assert [(code, piece) for code, piece, _ in bare] == [("E102", "split")]


def test_a_value_that_a_comma_cut_is_told_once() -> None:
    found = load_text("project: p\n", HEAD + "do:\n  - {set: profile.a = min(profile.b, 1.0)}\n").diagnostics

    assert [(d.code, d.span.text) for d in found] == [("E101", "1.0)")]


def test_within_beside_the_event_of_a_goal() -> None:
    assert reported(HEAD + "goal: {on: purchased, within: 14d}\n") == [("E104", "within", "write `on: purchased within 14d`")]


def test_what_is_proposed_exists() -> None:
    """Every key that a habit leads to may stand somewhere, and no key of our own is taken for a foreign one at its own place."""
    ours = {
        *read_journey.HEADERS, *read_triggers.ENTER, *read_triggers.GOAL, *read_nodes.CASE, *read_nodes.ARM,
        *read_nodes.SHARE_ARM, *read_nodes.CLAUSE_WORDS, *read_gates.CHANNEL, *read_gates.CAP, *read_delivery.WEBHOOK,
        *read_gates.QUIET_HOURS, *read_gates.HOLDOUT, *read_sections.ATTRIBUTE, *read_sections.NAMESPACE,
        *ProjectReader(load_text("project: p\n").sources[0], []).readers(),
    }  # fmt: skip

    assert {meant for words in KEYS.values() for meant in words} <= ours
    assert {told.instead for words in PLACES.values() for told in words.values()} <= {"", *ours}
    assert {node.renames for node in NODES.values()} <= {"", *read_nodes.CLAUSES}
    assert not set(NODES) & set(read_nodes.CLAUSES)
    assert all(plain(key) == key for key in (*KEYS, *NODES, *(key for words in PLACES.values() for key in words)))
