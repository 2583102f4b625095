"""A policy finds what a labelled fact reaches by any detour, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.lang.load import load_project, load_text
from rtj.lint.lint import lint

PROJECT = """
project: clinic
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  seen: {condition: string?, city: string?}
  noted: {text: string?}
profile:
  condition: {from: seen.condition, labels: [sensitive]}
  city: {from: seen.city}
  seen_often: count(seen where event.condition == 'asthma') > 3
  latest: last(seen.condition)
  copy: {type: string?}
audiences:
  ill: profile.condition == 'asthma'
  near: audience.ill and profile.city == 'Rome'
channels:
  email: {purpose: marketing, default: granted}
  post: {purpose: transactional}
messages:
  notice: {purpose: transactional}
webhooks:
  partner: {post: "https://partner.example/hook", returns: {ok: bool?}}
policies:
  no_ads: {labels: [sensitive], forbid: [marketing, partner]}
"""


def found(*journeys: str) -> list[str]:
    return found_in(PROJECT, *journeys)


def found_in(project: str, *journeys: str) -> list[str]:
    linted = lint(load_text(project, *journeys))
    wrong = [f.diagnostic for f in linted.findings if f.diagnostic.severity == "error"]
    assert all(d.code == "E422" for d in wrong), wrong
    return [d.message.rsplit(": ", 1)[1] for d in wrong]


SEND = "do: [{send: news, by: email}]\n"
SEEN, NOTED = "enter: {on: seen, as: s}\n", "enter: {on: noted}\n"


@pytest.mark.parametrize(
    ("journey", "way"),
    [
        (SEEN + "do: [{send: news, by: email, with: what = s.condition ?? ''}]\n", "seen.condition -> with what"),
        ("enter: {on: noted, when: profile.seen_often}\n" + SEND, "seen.condition -> "),
        ("enter: {on: noted, when: profile.latest == 'asthma'}\n" + SEND, "seen.condition -> profile.latest -> entry"),
        ("enter: {when: audience.near}\n" + SEND, "profile.condition -> audience.ill -> audience.near -> entry"),
        ("enter: {on: noted where event.text == profile.condition}\n" + SEND, "profile.condition -> entry"),
        (NOTED + "do: [{set: profile.copy = profile.condition}, {send: news, by: email, with: a = profile.copy ?? ''}]\n",
         "profile.condition -> "),
        (NOTED + "do: [{call: partner, with: a = profile.condition ?? '', else: [{exit: no}]}]\n", "with a -> partner"),
    ],
)  # fmt: skip
def test_every_way_is_found(journey: str, way: str) -> None:
    told = found("journey: one\n" + journey)
    assert len(told) == 1 and way in told[0]


def test_what_is_handed_to_another_journey_stays_labelled() -> None:
    one = "journey: one\nenter: {on: seen}\ndo: [{start: two, with: a = profile.condition}]\n"
    two = "journey: two\nenter: {by: start, as: s}\ndo: [{send: news, by: email, with: b = s.a ?? ''}]\n"
    assert len(found(one, two)) == 1


@pytest.mark.parametrize(
    "journey",
    [
        "enter: {on: seen, as: s, when: s.city == 'Rome'}\n" + SEND,
        SEEN + "do: [{send: notice, by: email, with: what = s.condition ?? ''}]\n",
        "enter: {when: audience.ill}\ndo: [{send: letter, by: post}]\n",
        NOTED + "do:\n  - branch:\n      - {when: audience.ill, do: [{send: letter, by: post}]}\n  - {send: news, by: email}\n",
    ],
)  # fmt: skip
def test_other_uses_pass(journey: str) -> None:
    assert found("journey: one\n" + journey) == []


FIELDS = """
project: clinic
events:
  seen: {note: {type: string?, labels: [sensitive]}, city: string, kind: {one_of: [a, b], labels: sensitive}}
  asked: {text: string?, seen_note: string?}
profile:
  latest: last(seen)
  city: {from: seen.city}
  ill: count(seen where event.note == 'asthma') > 0
channels:
  email: {purpose: marketing, default: granted}
policies:
  no_ads: {labels: [sensitive], forbid: [marketing]}
"""
ASKED, TWICE = "enter: {on: asked, as: a}\n", "enter: {on: 2 seen, as: s}\n"
SEEN_FIELDS = "{note: {type: string?, labels: [sensitive]}, city: string, kind: {one_of: [a, b], labels: sensitive}}"


@pytest.mark.parametrize(
    ("journey", "way"),
    [
        (SEEN + "do: [{send: news, by: email, with: w = s.note ?? ''}]\n", "seen.note -> with w -> news"),
        (SEEN + "do: [{send: news, by: email, with: w = s}]\n", "the whole of seen -> with w"),
        (SEEN + "do: [{send: news, by: email, with: w = s.kind}]\n", "seen.kind -> with w"),
        (ASKED + "do: [{send: news, by: email, with: w = last(seen).note ?? ''}]\n", "seen.note -> with w"),
        (ASKED + "do: [{send: news, by: email, with: w = (previous(seen) ?? last(seen)).note ?? ''}]\n", "seen.note -> with w"),
        (ASKED + "do: [{send: news, by: email, with: w = profile.latest.note ?? ''}]\n", "seen.note -> with w"),
        (ASKED + "do: [{send: news, by: email, with: w = distinct(seen.note)}]\n", "seen.note -> "),
        (TWICE + "do: [{send: news, by: email, with: \"w = s[0].note ?? ''\"}]\n", "seen.note -> with w"),
        (TWICE + "do: [{send: news, by: email, with: w = first(i.note for i in s) ?? ''}]\n", "seen.note"),
        ("enter: {on: seen where event.note == 'x'}\n" + SEND, "seen.note -> entry"),
        ("enter: {on: asked, when: profile.ill}\n" + SEND, "seen.note -> "),
        (ASKED + "do: [{id: c, collect: seen, for: 1d, as: all}, {send: news, by: email, with: \"w = all[-1].note ?? ''\"}]\n",
         "seen.note -> with w"),
        (SEEN + "do:\n  - branch: [{when: s.note == 'x', do: [{send: news, by: email}]}]\n", "seen.note -> branch"),
    ],
)  # fmt: skip
def test_a_labelled_field_of_an_event_is_followed_everywhere(journey: str, way: str) -> None:
    told = found_in(FIELDS, "journey: one\n" + journey)
    assert len(told) == 1 and way in told[0], told


SHOP = """
project: shop
events:
  asked: {item: string}
business_events:
  priced: {item: string, price: number, cost: {type: number, labels: [secret]}}
tables:
  prices: {key: item, from: priced, fields: {price: number, cost: number}}
profile:
  worth: sum(prices[asked.item].cost)
  paid: sum(prices[asked.item].price)
audiences:
  dear: prices['a'].cost > 5
channels:
  email: {purpose: marketing, default: granted}
policies:
  no_costs: {labels: [secret], forbid: [marketing]}
"""


@pytest.mark.parametrize(
    ("journey", "many"),
    [
        (ASKED + "do: [{send: news, by: email, with: \"w = prices['a'].cost ?? 0\"}]\n", 1),
        (ASKED + "do: [{send: news, by: email, with: w = profile.worth}]\n", 1),
        ("enter: {on: joining dear}\n" + SEND, 1),
        ("enter: {on: priced, as: p}\ndo: [{send: news, by: email, with: w = p.cost}]\n", 1),
        (ASKED + "do: [{send: news, by: email, with: \"w = prices['a'].price ?? 0, v = profile.paid\"}]\n", 0),
        (ASKED + "do:\n  - branch: [{when: \"prices['a'] is missing\", do: [{send: news, by: email}]}]\n", 0),
    ],
)  # fmt: skip
def test_rows_that_events_bring_are_labelled_as_their_fields(journey: str, many: int) -> None:
    assert len(found_in(SHOP, "journey: one\n" + journey)) == many


@pytest.mark.parametrize(
    "journey",
    [
        SEEN + "do: [{send: news, by: email, with: w = s.city}]\n",
        ASKED + "do: [{send: news, by: email, with: w = last(seen).city ?? ''}]\n",
        ASKED + "do: [{send: news, by: email, with: w = profile.latest.city ?? ''}]\n",
        "enter: {on: asked, when: last(seen) is not missing}\n" + SEND,
        "enter: {on: 2 seen, as: s}\ndo: [{send: news, by: email, with: w = count(i for i in s)}]\n",
    ],
)
def test_the_other_fields_of_that_event_pass(journey: str) -> None:
    assert found_in(FIELDS, "journey: one\n" + journey) == []


def test_labels_beside_a_schema(tmp_path: Path) -> None:
    project = FIELDS.replace(SEEN_FIELDS, "{schema: seen.json, labels: {note: [sensitive], notes: [sensitive]}}")
    schema = '{"type": "object", "required": ["city"], "properties": {"note": {"type": "string"}, "city": {"type": "string"}}}'
    (tmp_path / "rtj.yaml").write_text(project)
    (tmp_path / "seen.json").write_text(schema)
    (tmp_path / "a.journey.yaml").write_text("journey: one\n" + SEEN + "do: [{send: news, by: email, with: w = s.note ?? ''}]\n")
    told = [f.diagnostic for f in lint(load_project((), tmp_path)).findings if f.diagnostic.severity == "error"]
    assert [(d.code, d.hint) for d in told] == [("E311", "did you mean `note`?")]
    (tmp_path / "rtj.yaml").write_text(project.replace(", notes: [sensitive]", ""))
    told = [f.diagnostic for f in lint(load_project((), tmp_path)).findings if f.diagnostic.severity == "error"]
    assert [d.code for d in told] == ["E422"]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("lines: [{to: {type: string, labels: [pii]}}]", [("E346", "labels")]),
        ("to: {type: string, labels: []}", [("E102", "[")]),
        ("to: {type: string, lables: [pii]}", [("E101", "lables")]),
        ("to: {type: strng, labels: [pii]}", [("E105", "strng")]),
        ("to: {type: string, labels: [PII]}", [("E420", "PII")]),
        ("to: {type: string, labels: [string]}", []),  # a record of two fields
        ("{type: string, labels: [string]}", []),
        ("to: {type: {a: string, b: [number]}, labels: [pii]}", []),
        ("to?: {type: number, labels: pii}", []),
    ],
)
def test_what_is_no_label_is_said_where_it_stands(field: str, told: list[tuple[str, str]]) -> None:
    project = f"project: a\nsecret: abc\nevents:\n  e: {field if field.startswith('{') else '{' + field + '}'}\n"
    linted = lint(load_text(project, "journey: j\nenter: {on: e}\ndo: [{exit: x}]\n"))
    errors = [f.diagnostic for f in linted.findings if f.diagnostic.severity == "error"]
    assert [(d.code, d.span.text) for d in errors] == told, errors
