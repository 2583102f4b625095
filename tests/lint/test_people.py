"""Rules about people as projects declare them: W402, W403, W404, W405, W406, W407, W412, W421. Each case says all or nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lint.cases import said

HEAD = """\
project: shop
timezone: Europe/Berlin
events:
  login: {}
  purchase: {total: number}
  signed_up: {starts_at: instant, tz: string?}
profile:
  orders: count(purchase)
audiences:
  loyal: profile.orders > 3
"""
BOTH = "channels:\n  email: {purpose: marketing, default: granted}\n  push: {purpose: marketing, default: granted}\n"
PROJECT = HEAD + BOTH


def channels(*lines: str) -> str:
    return HEAD + "channels:\n" + "".join(f"  {line}\n" for line in lines)


def sends(*names: str, by: str = "email", header: str = "") -> str:
    """One journey for each name, which sends one message."""
    return "---\n".join(
        f"journey: {name}\nenter: {{on: signed_up, again: never}}\n{header}do: [{{send: m, by: {by}}}]\n" for name in names
    )


def journey(nodes: str, header: str = "") -> str:
    return f"journey: j\nenter: {{on: signed_up, as: e, again: never}}\n{header}do:\n{nodes}"


def split(*arms: str, salt: str = "s", name: str = "x") -> str:
    return f"  - id: {name}\n    split: {salt}\n    arms:\n" + "".join(f"      - {{{arm}}}\n" for arm in arms)


SEND = "  - {send: m, by: email}\n"
CAP = "caps:\n  gentle: {at_most: 2 per 24h}\n"
NEWS = "messages: {m: {category: news}}\ncaps:\n  x: {at_most: 2 per day, categories: [news]}\n"
QUIET = "quiet_hours: {from: 22:00, to: 08:00}\n"
TENTH = "arm: holdout, share: 10%"
REST = "arm: rest, share: 90%"
MISSPELT = "rtj.yaml:12:11 E101 ['purpos'] unknown key `purpos` in a channel -- did you mean `purpose`?"
EVERYONE = "journey: j\nenter: {once: 2026-12-31 08:00, for: everyone}\ndo:\n"

FOUND = {
    "W402 in use": (
        channels("email: {}", "push: {purpose: marketing, default: granted}"),
        sends("a"),
    ),
    "W402 second choice": (
        channels("email: {purpose: transactional}", "push: {}"),
        sends("a", by="email else push"),
    ),
    "W402 the only channel": (
        channels("email:"),
        "journey: a\nenter: {on: login}\ndo: [{send: m}]\n",
    ),
    "W403 no caps": (
        PROJECT,
        sends("a", "b") + "---\n" + sends("c", "d", by="push"),
    ),
    "W403 another category": (
        PROJECT + NEWS.replace("{m:", "{n:"),
        sends("a", "b"),
    ),
    "W404 one category": (
        PROJECT + NEWS,
        sends("a", "b"),
    ),
    "W403 a channel left out": (
        PROJECT + "caps:\n  gentle: {at_most: 2 per 24h, channels: [email]}\n",
        sends("a", header="priority: 1\n") + "---\n" + sends("c", "d", by="push"),
    ),
    "W403 journeys left out": (
        PROJECT + "caps:\n  gentle: {at_most: 2 per 24h, journeys: [a]}\n",
        sends("a", "b", "c"),
    ),
    "W404 by default": (
        PROJECT + CAP,
        sends("b", "a") + "---\n" + sends("c", header="priority: 5\n"),
    ),
    "W404 many": (
        PROJECT + CAP,
        sends(*(f"j{n}" for n in range(7)), header="priority: 3\n"),
    ),
    "W404 the same under two caps": (
        PROJECT + CAP + "  weekly: {at_most: 3 per 7d}\n",
        sends("a", "b", header="priority: 40\n"),
    ),
    "W404 entries": (
        PROJECT + "caps:\n  one: {at_most: 1 per week, of: entries, journeys: [a, b]}\n",
        sends("a", "b", "c"),
    ),
    "W405 goal": (
        PROJECT + QUIET,
        sends("a", header="goal: {on: purchase within 8h}\n"),
    ),
    "W405 goal after a wait": (
        PROJECT + QUIET,
        journey("  - {id: w, wait: 20h}\n" + SEND, "goal: {when: profile.orders > 1, within: 1d}\n"),
    ),
    "W405 max_duration": (
        PROJECT + QUIET,
        sends("a", header="max_duration: 6h\n"),
    ),
    "W406 another name": (
        PROJECT,
        journey(split("arm: hold_out, share: 10%", REST) + SEND),
    ),
    "W406 control": (
        PROJECT,
        journey(split("arm: control, share: 10%", REST) + SEND),
    ),
    "W406 a small control in German": (
        PROJECT,
        journey(split("arm: kontrollgruppe, share: 10%", "arm: new, share: 90%, do: [{send: n, by: email}]")),
    ),
    "W406 nobody": (
        PROJECT,
        journey(split("arm: holdout, share: 0%", "arm: rest, share: 100%") + SEND),
    ),
    "W406 everybody": (
        PROJECT,
        journey(split("arm: holdout, share: 100%") + SEND),
    ),
    "W406 from nothing": (
        PROJECT,
        journey(SEND + split(TENTH, REST) + "  - {id: w, wait: 1d}\n"),
    ),
    "W406 project": (
        PROJECT + "holdout: {share: 0%, salt: g}\n",
        sends("a"),
    ),
    "W406 project's salt": (
        PROJECT + "holdout: {share: 5%, salt: s}\n",
        journey(split(TENTH, REST) + SEND),
    ),
    "W407 other arms": (
        PROJECT,
        journey(
            split("arm: a, share: 50%, do: [exit]", "arm: b, share: 50%")
            + split("arm: c, share: 50%", "arm: d, share: 50%", name="y")
            + SEND
        ),
    ),
    "W412 of the profile": (
        PROJECT + "quiet_hours: {from: 22:00, to: 08:00, zone: profile}\n",
        sends("a"),
    ),
    "W412 another name": (
        PROJECT.replace("  orders:", "  tz: {from: signed_up.tz}\n  orders:"),
        "journey: j\nenter: {every: day at 09:00, for: loyal}\ndo:\n" + SEND,
    ),
    "W421 once": (
        PROJECT,
        EVERYONE + SEND,
    ),
    "W421 a date": (
        PROJECT,
        journey("  - {id: eve, wait: until 2026-12-24T18:00}\n  - branch: [{when: profile.orders > 1, do: [exit]}]\n" + SEND),
    ),
}

SILENT = {
    "W402 not in use": (
        channels("email: {}", "push: {purpose: transactional}"),
        sends("a", by="push"),
    ),
    "W402 misspelt": (
        channels("email: {purpos: marketing}"),
        sends("a"),
    ),
    "W403 one journey": (
        PROJECT,
        sends("a"),
    ),
    "W403 transactional": (
        channels("email: {purpose: transactional}"),
        sends("a", "b"),
    ),
    "W403 covered": (
        PROJECT + CAP,
        sends("a", header="priority: 1\n") + "---\n" + sends("b"),
    ),
    "W403 covered by two": (
        PROJECT + "caps:\n  x: {at_most: 2 per day, journeys: [a]}\n  y: {at_most: 2 per day, journeys: [b]}\n",
        sends("a", "b"),
    ),
    "W403 a category that is theirs": (
        PROJECT + NEWS,
        sends("a", header="priority: 1\n") + "---\n" + sends("b"),
    ),
    "W403 messages that are transactional": (
        PROJECT + "messages: {m: {purpose: transactional}}\n",
        sends("a", "b"),
    ),
    "W402 messages that say it themselves": (
        channels("email: {}", "push: {purpose: marketing, default: granted}") + "messages: {m: {purpose: transactional}}\n",
        sends("a"),
    ),
    "W404 messages of no category": (
        PROJECT + "messages: {n: {category: news}}\ncaps:\n  x: {at_most: 2 per day, categories: [news]}\n",
        sends("a", "b"),
    ),
    "W405 other channels are quiet": (
        PROJECT + "quiet_hours: {from: 22:00, to: 08:00, channels: [push]}\n",
        sends("a", header="goal: {on: purchase within 8h}\n"),
    ),
    "W405 transactional messages are not held": (
        PROJECT + QUIET + "messages: {m: {purpose: transactional}}\n",
        sends("a", header="goal: {on: purchase within 8h}\n"),
    ),
    "W404 one each": (
        PROJECT + CAP,
        sends("a", header="priority: 1\n") + "---\n" + sends("b"),
    ),
    "W404 other channels": (
        PROJECT + "caps:\n  x: {at_most: 2 per day, channels: [push]}\n",
        sends("a", header="priority: 1\n") + "---\n" + sends("b", by="push"),
    ),
    "W404 transactional": (
        channels("email: {purpose: transactional}") + CAP,
        sends("a", "b"),
    ),
    "W405 longer": (
        PROJECT + QUIET,
        sends("a", header="goal: {on: purchase within 11h}\nmax_duration: 12h\n"),
    ),
    "W405 no end": (
        PROJECT + QUIET,
        sends("a", header="goal: {on: purchase}\n"),
    ),
    "W405 dropped": (
        PROJECT + "quiet_hours: {from: 22:00, to: 08:00, then: drop}\n",
        sends("a", header="goal: {on: purchase within 8h}\n"),
    ),
    "W405 by the clock": (
        PROJECT + QUIET,
        "journey: j\nenter: {every: day at 09:00, for: loyal}\ngoal: {on: purchase within 8h}\ndo:\n" + SEND,
    ),
    "W405 by another clock": (
        PROJECT + QUIET,
        "journey: j\nenter: {every: \"day at 09:00 zone 'Europe/Paris'\", for: loyal}\ngoal: {on: purchase within 8h}\ndo:\n"
        + SEND,
    ),
    "W405 after the goal": (
        PROJECT + QUIET,
        journey("  - {id: w, wait: 2d}\n" + SEND, "goal: {on: purchase within 8h}\n"),
    ),
    "W406 holdout": (
        PROJECT,
        journey(split(TENTH, REST) + SEND),
    ),
    "W406 below a message": (
        PROJECT,
        journey(SEND + split(TENTH, "arm: more, share: 90%, do: [{send: n, by: email}]")),
    ),
    "W406 control with a message": (
        PROJECT,
        journey(
            split("arm: control, share: 50%, do: [{send: m, by: email}]", "arm: new, share: 50%, do: [{send: n, by: email}]")
        ),
    ),
    "W406 control of the last message": (
        PROJECT,
        journey(split("arm: control, share: 50%", "arm: new, share: 50%, do: [{send: n, by: email}]")),
    ),
    "W406 in a round before": (
        PROJECT,
        journey(
            "  - id: r\n    repeat: 2 times\n    do:\n      - {send: m, by: email}\n"
            "      - {id: x, split: s, arms: [{arm: holdout, share: 10%}, {arm: rest, share: 90%}]}\n      - {id: w, wait: 1d}\n"
        ),
    ),
    "W407 the same experiment": (
        PROJECT,
        journey(
            split("arm: a, share: 50%", "arm: b, share: 50%, do: [{send: n, by: email}]")
            + "  - {id: w, wait: 1d}\n"
            + split("arm: a, share: 50%", "arm: b, share: 50%, do: [{send: o, by: email}]", name="y")
        ),
    ),
    "W407 per entry": (
        PROJECT,
        journey(
            split("arm: a, share: 50%", "arm: b, share: 50%").replace("split: s", "split: s\n    per: entry")
            + split("arm: c, share: 50%", "arm: d, share: 50%", name="y")
            + SEND
        ),
    ),
    "W412 known": (
        PROJECT.replace("  orders:", "  timezone: {from: signed_up.tz}\n  orders:") + QUIET[:-2] + ", zone: profile}\n",
        sends("a"),
    ),
    "W412 the project's": (
        PROJECT + "quiet_hours: {from: 22:00, to: 08:00, zone: Europe/Paris}\n",
        sends("a"),
    ),
    "W412 not said": (
        PROJECT + QUIET,
        sends("a"),
    ),
    "W412 read": (
        PROJECT.replace("  orders:", "  tz: {from: signed_up.tz}\n  orders:"),
        journey("  - {id: w, wait: until 09:00 zone profile.tz}\n" + SEND),
    ),
    "W412 no clock": (
        PROJECT.replace("  orders:", "  tz: {from: signed_up.tz}\n  orders:"),
        journey("  - {id: w, wait: 2h}\n" + SEND),
    ),
    "W421 an audience": (
        PROJECT,
        EVERYONE.replace("everyone", "loyal") + SEND,
    ),
    "W421 a rate": (
        channels("email: {purpose: transactional, rate: 100 per 1s}"),
        EVERYONE + SEND,
    ),
    "W421 later": (
        PROJECT,
        EVERYONE + "  - {id: w, wait_for: [{on: login}, {after: 1d}]}\n" + SEND,
    ),
    "W421 a date of theirs": (
        PROJECT,
        journey("  - {id: w, wait: until 10:00 on e.starts_at}\n" + SEND),
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_it_is_said(case: str, golden: Callable[[str, str], None]) -> None:
    """The code in the name of the case, with its place and words; nothing is wrong with the texts."""
    code, _, name = case.partition(" ")
    told = said(*FOUND[case], codes=f"E {code}")

    assert told.count(f" {code} [") == 1
    golden(f"lint/{code}/{name.replace(' ', '_')}.out", told)


@pytest.mark.parametrize("case", SILENT)
def test_it_is_not_said(case: str) -> None:
    """Not a word of that code, nor of a mistake, which would prove nothing."""
    assert said(*SILENT[case], codes=f"E {case.partition(' ')[0]}").strip() in ("", MISSPELT)


def test_every_group_of_one_priority_is_told() -> None:
    told = said(PROJECT + CAP, sends("a", "b", header="priority: 4\n") + "---\n" + sends("c", "d", "e"), codes="W404")

    assert [line.split("W404 ['gentle'] ")[1].split(":")[0] for line in told.splitlines()] == [
        "2 journeys of priority 4 compete for `gentle`",
        "3 journeys of priority 0 compete for `gentle`",
    ]
