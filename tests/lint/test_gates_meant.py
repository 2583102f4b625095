"""What gates promise and cannot keep: nobody can agree (W413), nobody can confirm (W415), nothing is held back (W416)."""

from __future__ import annotations

import pytest

from tests.lint.cases import found, said

HEAD = """\
project: shop
events:
  login: {}
  answered: {ok: bool, yes: bool}
profile:
  ok: {from: answered.ok}
  sure: {from: answered.yes}
  lost: {type: bool?}
  asked: {type: bool?}
  opted: {type: bool, default: true}
"""
NEWS = "journey: news\nenter: {on: login, again: never}\ndo: [{send: news, by: email}]\n"


def told(sections: str, *journeys: str, code: str) -> list[str]:
    """What a code says, by place and first words; no error may stand beside it."""
    every = found(HEAD + sections, *(journeys or (NEWS,)))
    assert [d for d in every if d.severity == "error"] == []
    return [f"{d.span.text}: {d.message}" for d in every if d.code == code]


# ---- W413

MEMBER = "messages: {news: {subscription: tips}}\n"
DENIED = "email: {purpose: marketing, default: denied}"


@pytest.mark.parametrize(
    "sections",
    [
        f"channels:\n  {DENIED}\n",
        "channels:\n  email: {default: denied}\n",
        "channels:\n  email: {purpose: transactional, default: denied}\nmessages: {news: {purpose: marketing}}\n",
        "channels:\n  email: {purpose: marketing, consent: profile.lost}\n",
        f"channels:\n  {DENIED}\nconsents: {{any: profile.lost}}\n",
        f"channels:\n  {DENIED}\nconsents: {{subscriptions: {{tips: profile.ok}}}}\nmessages: {{tips: {{subscription: tips}}}}\n",
        f"channels:\n  {DENIED}\nconsents: {{subscriptions: {{tips: profile.lost}}}}\n{MEMBER}",
    ],
)
def test_nobody_can_ever_agree(sections: str) -> None:
    assert [one.split(" by ")[0] for one in told(sections, code="W413")] == ["email: nobody can ever get `news`"]


@pytest.mark.parametrize(
    "sections",
    [
        "channels:\n  email: {purpose: marketing, default: granted}\n",
        "channels:\n  email: {purpose: marketing, default: denied, consent: profile.ok}\n",
        "channels:\n  email: {purpose: marketing, consent: profile.opted}\n",
        "channels:\n  email: {purpose: marketing, consent: profile.lost or profile.ok}\n",
        "channels:\n  email: {purpose: marketing, consent: profile.lost is missing}\n",
        f"channels:\n  {DENIED}\nconsents: {{any: profile.ok}}\n",
        f"channels:\n  {DENIED}\nconsents: {{subscriptions: {{tips: profile.ok}}}}\n{MEMBER}",
        f"channels:\n  {DENIED}\nmessages: {{news: {{purpose: transactional}}}}\n",
        "channels:\n  email: {}\n",
        "channels:\n  email: {purpose: transactional}\n",
    ],
)
def test_somebody_can(sections: str) -> None:
    assert told(sections, code="W413") == []


def test_what_a_journey_sets_counts_unless_it_is_no() -> None:
    sections = "channels:\n  email: {purpose: marketing, consent: profile.lost}\n"
    for value, many in (("true", 0), ("false", 1), ("null", 1), ("entry.ok", 0)):
        other = f"journey: other\nenter: {{on: answered}}\ndo: [{{set: profile.lost = {value}}}]\n"
        assert len(told(sections, NEWS, other, code="W413")) == many, value


def test_it_points_at_the_messages_and_the_sources() -> None:
    (d,) = [
        d for d in found(HEAD + "channels:\n  email: {purpose: marketing, consent: profile.lost}\n", NEWS) if d.code == "W413"
    ]
    assert [label.span.text for label in d.labels] == ["profile.lost", "news"]


# ---- W415

DOUBLE = (
    "channels:\n  email: {purpose: marketing, consent: profile.ok, confirmed: profile.asked}\n  sms: {purpose: transactional}\n"
)
ASK = """\
journey: ask
enter: {{on: login, again: never}}
do:
  - {{id: please, send: please_confirm, by: {by}}}
  - id: answer
    wait_for:
      - {{on: {on}, do: [{{set: profile.asked = true}}]}}
      - {{after: 7d}}
"""


def test_who_is_to_confirm_is_never_asked() -> None:
    (one,) = told(DOUBLE, ASK.format(by="email", on="please.clicked"), code="W415")
    assert one == "please_confirm: nobody can confirm: `please_confirm`, which asks for it, is sent only to those who have"


def test_nothing_sets_what_confirms() -> None:
    assert told(DOUBLE, code="W415") == ["asked: nobody can confirm: nothing ever sets `profile.asked` to true"]


@pytest.mark.parametrize(
    ("sections", "by", "on"),
    [
        (DOUBLE + "messages: {please_confirm: {purpose: transactional}}\n", "email", "please.clicked"),
        (DOUBLE, "sms", "please.clicked"),
        (DOUBLE, "email else sms", "please.clicked"),
        (DOUBLE, "email", "answered"),  # by another way
        (DOUBLE.replace("profile.asked", "profile.sure"), "email", "please.clicked"),
        (DOUBLE.replace("confirmed: profile.asked", "confirmed: profile.asked or profile.sure"), "email", "please.clicked"),
        (DOUBLE.replace(", confirmed: profile.asked", ""), "email", "please.clicked"),
    ],
)
def test_who_is_to_confirm_can(sections: str, by: str, on: str) -> None:
    assert told(sections, ASK.format(by=by, on=on), code="W415") == []


def test_one_other_way_to_confirm_is_enough() -> None:
    other = "journey: other\nenter: {on: answered, as: a}\ndo: [{set: profile.asked = a.yes}]\n"
    assert told(DOUBLE, ASK.format(by="email", on="please.clicked"), other, code="W415") == []


# ---- W416

OPEN = "channels:\n  email: {purpose: marketing, default: granted}\n  bill: {purpose: transactional}\n"
BOTH = "journey: both\nenter: {on: login, again: never}\ndo: [{send: news, by: email}, {send: bill, by: bill}]\n"
BILLS = "journey: bills\nenter: {on: answered, again: never}\ndo: [{send: bill, by: bill}]\n"
QUIET = "journey: quiet\nenter: {on: answered, again: never}\ndo: [{emit: login}]\n"


@pytest.mark.parametrize(
    ("sections", "journeys", "words"),
    [
        ("caps: {c: {at_most: 1 per day, channels: [bill]}}\n", (BOTH,), "the cap `c` counts no message: transactional messages"),
        (
            "caps: {c: {at_most: 1 per day, journeys: [quiet]}}\n",
            (BOTH, QUIET),
            "the cap `c` counts no message: `quiet` sends nothing",
        ),
        (
            "caps: {c: {at_most: 1 per day, journeys: [bills], channels: [email]}}\n",
            (BOTH, BILLS),
            "none is of all that it names at once",
        ),
        ("messages: {bill: {category: bills}}\ncaps: {c: {at_most: 1 per day, categories: bills}}\n", (BOTH,), "transactional"),
        ("quiet_hours: {from: 22:00, to: 08:00, channels: [bill]}\n", (BOTH,), "quiet hours hold no message"),
        ("quiet_hours: {from: 22:00, to: 08:00}\n", (BILLS,), "quiet hours hold no message"),
        ("holdout: {share: 5%, salt: s}\n", (BILLS,), "the holdout keeps nothing from anybody"),
    ],
)
def test_what_concerns_no_message(sections: str, journeys: tuple[str, ...], words: str) -> None:
    (one,) = told(OPEN + sections, *journeys, code="W416")
    assert words in one


@pytest.mark.parametrize(
    ("sections", "journeys"),
    [
        ("caps: {c: {at_most: 1 per day}}\nquiet_hours: {from: 22:00, to: 08:00}\nholdout: {share: 5%, salt: s}\n", (BOTH,)),
        ("caps: {c: {at_most: 1 per day, channels: [bill]}}\nmessages: {bill: {purpose: marketing}}\n", (BOTH,)),
        ("caps: {c: {at_most: 1 per day, channels: [email, bill]}}\n", (BOTH,)),
        ("caps: {c: {at_most: 1 per day, of: entries, journeys: [quiet]}}\n", (BOTH, QUIET)),
        ("caps: {c: {at_most: 1 per day, channels: [email]}}\n", (BILLS,)),  # W910 tells of the channel
        ("caps: {c: {at_most: 1 per day}}\n", (QUIET,)),  # nothing is sent at all, yet
        ("messages: {tips: {category: tips}}\ncaps: {c: {at_most: 1 per day, categories: tips}}\n", (BOTH,)),  # W910 as well
        ("caps: {c: {at_most: 1 per day}}\n", (BOTH.replace(", by: bill", ", by: email else bill"),)),
    ],
)
def test_what_concerns_some(sections: str, journeys: tuple[str, ...]) -> None:
    assert told(OPEN + sections, *journeys, code="W416") == []


def test_nothing_is_said_while_a_journey_cannot_be_read() -> None:
    broken = "journey: two\nenter: {on: login}\ndo: [{sned: m}]\n"
    for sections in ("channels:\n  " + DENIED + "\n", DOUBLE, OPEN + "caps: {c: {at_most: 1 per day, channels: [bill]}}\n"):
        assert said(HEAD + sections, NEWS, BILLS, broken, codes="W413 W415 W416").strip() == ""
