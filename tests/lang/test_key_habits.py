"""Keys of other tools are told once, at their place, with the key that is meant here, or with what is written instead."""

from __future__ import annotations

import pytest

from rtj.lang import (
    read_delivery,
    read_environments,
    read_gates,
    read_journey,
    read_nodes,
    read_privacy,
    read_sections,
    read_triggers,
    read_versions,
)
from rtj.lang.key_habits import KEYS, NODES, PLACES, plain
from rtj.lang.load import load_text
from rtj.lang.read_project import ProjectReader
from rtj.lint.lint import lint

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
previously: hello | previously | did you mean `formerly`?
renamed: {a: b} | renamed | did you mean `moved`?
mapping: {a: b} | mapping | did you mean `moved`?
removed: {a: exit} | removed | did you mean `dropped`?
versioning: pin | versioning | did you mean `on_deploy`?
timer_policy: keep | timer_policy | did you mean `timers`?
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
channels: {a: {price: 0.06}} | price | did you mean `cost`?
channels: {a: {currency: EUR}} | currency | one for the whole project: `currency: EUR` beside `channels`
costs: {sms: 0.06} | costs | it stands at the channel: `channels: {sms: {cost: 0.06}}`
frequency_cap: {a: {at_most: 2 per 24h}} | frequency_cap | did you mean `caps`?
rule_sets: {a: {at_most: 2 per 24h}} | rule_sets | did you mean `caps`?
do_not_disturb: {from: 22:00, to: 08:00} | do_not_disturb | did you mean `quiet_hours`?
global_control_group: {share: 5%, salt: a} | global_control_group | did you mean `holdout`?
subscription_groups: {news: profile.a} | subscription_groups | subscriptions stand under `consents`: `consents: {subscriptions: {news: profile.news_ok}}`
opt_in: {email: profile.a} | opt_in | consent of a channel stands there: `channels: {email: {consent: profile.email_ok}}`
catalogs: {} | catalogs | did you mean `tables`?
data_retention: {} | data_retention | did you mean `retention`?
campaigns: {a: b} | campaigns | a journey is a file of its own: `welcome.journey.yaml`
consents: {email: profile.a} | email | consent of a channel stands there: `channels: {email: {consent: profile.email_ok}}`
consents: {topics: {}} | topics | did you mean `subscriptions`?
consents: {default: granted} | default | what holds where nothing is known says the channel: `default: granted`
messages: {a: {kind: transactional}} | kind | did you mean `purpose`?
messages: {a: {subject: Hello}} | subject | texts are not kept here: a message is its name and the values of its `with`
messages: {a: {channel: email}} | channel | the channel stands where it is sent: `{send: welcome, by: email}`
caps: {a: {at_most: 2, every: week}} | every | write `per: 7d`, which rolls, or `per: week`, which is the calendar's
caps: {a: {at_most: 2 per 24h, priority: 3}} | priority | who gets the last place says the `priority` of the journeys
channels: {a: {purpose: transactional, double_opt_in: profile.ok}} | double_opt_in | did you mean `confirmed`?
channels: {a: {caps: {at_most: 2 per 24h}}} | caps | it is a section of its own in rtj.yaml, beside `channels`: it names the channels that it concerns
quiet_hours: {from: 22:00, to: 08:00, except: [push]} | except | `channels` names those that it concerns; all others pass
holdout: {percent: 5%, salt: a} | percent | did you mean `share`?
policies: {a: {labels: [x], deny: [y]}} | deny | did you mean `forbid`?
identity: {u: {kind: person, pii: true}} | pii | what a value is says `labels`: `labels: [pii]`
identity: {u: {type: person}} | type | did you mean `kind`?
profile: {a: {formula: count(x)}} | formula | a computed attribute is its expression alone: `orders: count(purchase)`
"""  # noqa: E501


CHOICES = """\
quiet_hours: {from: 22:00, to: 08:00, then: delay} | delay | did you mean `hold`?
quiet_hours: {from: 22:00, to: 08:00, then: burn} | burn | known here: `hold`, `drop`
identity: {cookie_id: {kind: anonymous}} | anonymous | did you mean `cookie`?
channels: {a: {purpose: promotional, default: granted}} | promotional | did you mean `marketing`?
channels: {a: {purpose: marketing, default: opt-in}} | opt-in | did you mean `denied`?
"""


MISTAKES = """\
caps: {a: {at_most: 2.5, per: day}} | E105 | 2.5 |
caps: {a: {per: day}} | E102 | a | for example at_most: 2 per 24h
caps: {a: {at_most: 2 per day, per: day}} | E104 | per |
caps: {a: {at_most: 2 per day, of: entries, channels: [email]}} | E346 | email | `journeys` says which entries it counts
caps: {a: {at_most: 2 per day, zone: user}} | E350 | user | `zone: profile` is the zone of whoever it is
quiet_hours: {from: 22:00, to: 08:00, zone: local} | E350 | local | `zone: profile` is the zone of whoever it is
quiet_hours: {from: 22:00, to: 08:00, days: [mon]} | E301 | mon | did you mean `monday`?
suppressions: {file: list.csv} | E103 | { | for example `suppressions: blocked.csv`, with the columns channel,address
retention: {all: 90d} | E317 | all | all types that are not named are `"*"`
identity: {u: {kind: person, labels: PII}} | E420 | PII | did you mean `pii`?
identity: {u: {kind: person, derive: {x: now()}}} | E330 | now() | `event.ts` is when it happened; a window (`over 30d`) looks back from now
tables: {t: a.csv} | E103 | a.csv | write `{key: item, file: products.csv, fields: {price: number}}`
"""  # noqa: E501


@pytest.mark.parametrize("line", MISTAKES.splitlines())
def test_each_mistake_about_people_is_told_once(line: str) -> None:
    text, code, piece, hint = (part.strip() for part in line.split(" |"))
    found = [f.diagnostic for f in lint(load_text(f"project: p\nevents: {{x: {{}}}}\n{text}\n", HEAD)).findings]

    assert [(d.code, d.span.text, d.hint) for d in found if d.severity == "error"] == [(code, piece, hint)]


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
        *read_gates.QUIET_HOURS, *read_gates.CONSENTS, *read_gates.MESSAGE, *read_privacy.POLICY, *read_sections.TABLE,
        *read_gates.HOLDOUT, *read_sections.ATTRIBUTE, *read_sections.NAMESPACE, *read_versions.MOVE,
        *read_environments.ENVIRONMENT, *read_environments.FEED, *read_environments.SINK, *read_environments.RUN_POLICIES,
        *read_environments.GUARD,
        *ProjectReader(load_text("project: p\n").sources[0], []).readers(),
    }  # fmt: skip

    assert {meant for words in KEYS.values() for meant in words} <= ours
    assert {told.instead for words in PLACES.values() for told in words.values()} <= {"", *ours}
    assert {node.renames for node in NODES.values()} <= {"", *read_nodes.CLAUSES}
    assert not set(NODES) & set(read_nodes.CLAUSES)
    assert all(plain(key) == key for key in (*KEYS, *NODES, *(key for words in PLACES.values() for key in words)))
