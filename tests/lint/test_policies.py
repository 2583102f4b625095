"""A policy finds what a labelled fact reaches by any detour, and nothing else."""

from __future__ import annotations

import pytest

from rtj.lang.load import load_text
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
    linted = lint(load_text(PROJECT, *journeys))
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
