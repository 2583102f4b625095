"""Circles at one instant are refused, and only those that run away: each case says what is reported and what the engine does."""

from __future__ import annotations

from dataclasses import dataclass
from unittest import mock

import pytest

from rtj.compile import compile_text
from tests.lang.told import told
from tests.oracle.build import Maker, feed
from tests.oracle.drivers import whole

PROJECT = """\
project: shop
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  login: {}
  ping: {n: number, tier: {one_of: [low, high]}}
  pong: {n: number}
profile:
  level: {type: number, default: 0}
audiences:
  high: profile.level > 3
channels:
  email: {purpose: transactional}
"""


@dataclass(frozen=True)
class Case:
    """`said`: what is reported of the circle. `runs_away`: what the engine does when it is let."""

    what: str
    journeys: str
    said: str = ""
    runs_away: bool = False


def journey(name: str, enter: str, nodes: str) -> str:
    return f"journey: {name}\nenter: {enter}\ndo: [{nodes}]\n---\n"


LOGIN = "{on: login, again: always}"
ALWAYS = "{by: start, again: always}"
START_ONE = journey("first", LOGIN, "{start: one}")
PING = "{emit: ping, with: \"n = 1, tier = 'low'\"}"
HINT = " -- a `wait` on the way, or `again: after …` where people come in, breaks the circle"
COUNTS_NOW = " -- `wait: until …` counts now, so it holds nobody on the next round: `until next …` or a length does"

CASES = (
    Case(
        "two that start each other",
        START_ONE + journey("one", ALWAYS, "{start: two}") + journey("two", ALWAYS, "{start: one}"),
        "1.journey.yaml:7:14 E201 ['two'] journeys start each other without end at one instant: one -> two -> one"
        + HINT
        + " (and from here on: 11:14)",
        runs_away=True,
    ),
    Case(
        "one that starts itself",
        START_ONE + journey("one", ALWAYS, "{start: one}"),
        "1.journey.yaml:7:14 E201 ['one'] journey `one` starts itself without end at one instant: one -> one" + HINT,
        runs_away=True,
    ),
    Case(
        "sends take no time",
        START_ONE + journey("one", ALWAYS, "{send: m}, {start: one}"),
        "1.journey.yaml:7:25 E201 ['one'] journey `one` starts itself without end at one instant: one -> one" + HINT,
        runs_away=True,
    ),
    Case(
        "nor does a wait for nothing",
        START_ONE + journey("one", ALWAYS, "{id: w, wait: 0s}, {start: one}"),
        "1.journey.yaml:7:33 E201 ['one'] journey `one` starts itself without end at one instant: one -> one" + HINT,
        runs_away=True,
    ),
    Case(
        "a clock time counts now",
        START_ONE + journey("one", ALWAYS, '{id: w, wait: "until 12:00"}, {start: one}'),
        "1.journey.yaml:7:44 E201 ['one'] journey `one` starts itself without end at one instant: one -> one" + COUNTS_NOW,
        runs_away=True,
    ),
    Case(
        "in an arm",
        START_ONE + journey("one", ALWAYS, "{branch: [{when: profile.level < 3, do: [{start: one}]}]}"),
        "1.journey.yaml:7:55 E201 ['one'] journey `one` starts itself without end at one instant: one -> one" + HINT,
        runs_away=True,
    ),
    Case(
        "who is inside is restarted",
        START_ONE + journey("one", "{by: start, while_inside: restart}", "{start: one}, {id: w, wait: 1d}"),
        "1.journey.yaml:7:14 E201 ['one'] journey `one` starts itself without end at one instant: one -> one" + HINT,
        runs_away=True,
    ),
    Case(
        "again after the exit, which is now",
        START_ONE + journey("one", "{by: start, again: after exit}", "{start: one}"),
        "1.journey.yaml:7:14 E201 ['one'] journey `one` starts itself without end at one instant: one -> one" + HINT,
        runs_away=True,
    ),
    Case(
        "an event that lets in and is emitted",
        journey("one", "{on: login or pong, again: always}", "{emit: pong, with: n = 1}"),
        "1.journey.yaml:3:13 E202 ['pong'] journey `one` sets itself off without end at one instant: one -> emit pong -> one"
        + HINT,
        runs_away=True,
    ),
    Case(
        "starts and emitted events",
        journey("one", "{on: login or ping, again: always}", "{start: two}") + journey("two", ALWAYS, PING),
        "1.journey.yaml:3:14 E202 ['two'] journeys set each other off without end at one instant: one -> two -> emit ping -> one"
        + HINT
        + " (and from here on: 7:13)",
        runs_away=True,
    ),
    Case(
        "what is emitted meets the condition",
        journey("one", "{on: login or ping, again: always}", "{start: two}")
        + journey("two", ALWAYS, PING)
        + journey("solo", "{on: ping where event.tier == 'low' and profile.level < 9, again: always}", PING),
        "1.journey.yaml:3:14 E202 ['two'] journeys set each other off without end at one instant: one -> two -> emit ping -> one"
        + HINT
        + " (and from here on: 7:13)\n"
        "1.journey.yaml:11:13 E202 ['ping'] journey `solo` sets itself off without end at one instant: solo -> emit ping -> solo"
        + HINT,
        runs_away=True,
    ),
    # what stays silent, because the engine stops it
    Case("again after five minutes, if nothing is said", START_ONE + journey("one", "{by: start}", "{start: one}")),
    Case("never again", START_ONE + journey("one", "{by: start, again: never}", "{start: one}")),
    Case("who is inside is not let in", START_ONE + journey("one", ALWAYS, "{start: one}, {id: w, wait: 1d}")),
    Case("who rests at a send is inside", START_ONE + journey("one", ALWAYS, "{start: one}, {send: m}")),
    Case("a restart needs somebody inside", START_ONE + journey("one", "{by: start, while_inside: restart}", "{start: one}")),
    Case("time passes", START_ONE + journey("one", ALWAYS, "{id: w, wait: 1d}, {start: one}")),
    Case(
        "the next nine o'clock", START_ONE + journey("one", ALWAYS, '{id: w, wait: "until next monday at 12:00"}, {start: one}')
    ),
    Case(
        "two clock times",
        START_ONE + journey("one", ALWAYS, '{id: v, wait: "until 12:00"}, {id: w, wait: "until 13:00"}, {start: one}'),
    ),
    Case(
        "one of two is closed",
        START_ONE + journey("one", ALWAYS, "{start: two}") + journey("two", "{by: start}", "{start: one}"),
    ),
    Case(
        "what is emitted does not meet the condition",
        journey("one", "{on: ping where event.tier == 'high', again: always}", PING) + journey("two", LOGIN, PING),
    ),
    Case(
        "a condition on what is handed over",
        START_ONE
        + journey(
            "one",
            "{by: start, as: link, again: always, when: link.go ?? true}",
            "{send: m}, {start: one, with: go = profile.level > 3}",
        ),
    ),
    Case(
        "a round that counts",
        journey("one", "{on: ping where event.n < 3, as: p, again: always}", "{emit: ping, with: \"n = p.n + 1, tier = 'low'\"}")
        + journey("two", LOGIN, PING),
    ),
    Case("any is no emitted event", journey("one", "{on: any, again: always}", PING)),
    Case("three of them are needed", journey("one", "{on: 3 ping, again: always}", PING) + journey("two", LOGIN, PING)),
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.what) for case in CASES])
def test_circles(case: Case) -> None:
    found = [d for d in compile_text(PROJECT, case.journeys).diagnostics if d.code in ("E201", "E202")]
    assert told(found).rstrip("\n") == case.said


@pytest.mark.parametrize("case", [pytest.param(case, id=case.what) for case in CASES])
def test_the_engine_agrees(case: Case) -> None:
    with mock.patch("rtj.compile.pipeline.check_circles", return_value=()):
        program = compile_text(PROJECT, case.journeys).program
    assert program is not None
    make = Maker(program)
    events = [make("login", 0, "user_id:ada"), make("login", 10, "user_id:ada")]

    records = whole(program, [feed(*events)], until=make.at(180)).records

    reasons = {str(payload.get("reason")) for _, _, _, payload in records if payload["what"] == "left"}
    assert ("runaway" in reasons) == case.runs_away
