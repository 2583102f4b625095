"""A small project for tests of tests, and what becomes of a test file in it."""

from __future__ import annotations

from pathlib import Path

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.base.span import Source
from rtj.compile import compile_text
from rtj.ir.program import Program
from rtj.scenario.check import Script, check_suite
from rtj.scenario.judge import Verdict, judge
from rtj.scenario.known import known_of
from rtj.scenario.play import Stage
from rtj.scenario.read import read_suites
from rtj.scenario.script import Suite
from tests.lang.told import told

ROOT = Path(__file__).resolve().parents[2]
PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  email: {kind: person, priority: 2, unique: true, normalize: [trim, lower]}
events:
  cart: {cart_id: string, item: string, value: number}
  bought: {cart_id: string?, total: number, at: instant?, lines?: [{sku: string, qty: number}]}
  booked: {starts_at: instant, day: date, lasts: duration?, kind: {one_of: [talk, walk]}, free: bool?}
  seen: {item: string}
  rated: {stars: number?}
  promoted: {tier: string}
foreign_names:
  seen: Product Viewed
business_events:
  restocked: {item: string}
profile:
  stars: {from: rated.stars, type: number?}
  orders: count(bought)
audiences:
  buyers: profile.orders > 0
channels:
  email: {purpose: transactional}
  push: {purpose: transactional}
"""
CART = """\
journey: cart_left
enter: {on: cart, as: c, when: c.value >= 30, key: c.cart_id, again: after 7d}
goal: {on: bought within 7d, when: event.cart_id == c.cart_id}
do:
  - {id: pause, wait: 30m}
  - {id: nudge, send: reminder, by: email, with: "item = c.item, value = c.value, tags = ['a', 'b']"}
  - id: answer
    wait_for:
      - {on: nudge.clicked, do: [{exit: came back}]}
      - {on: restocked, when: event.item == c.item, do: [{send: back, by: push, with: item = c.item}]}
      - {after: 1d, do: [{send: last_call, by: push}]}
"""
FRIDAY = """\
journey: friday
enter: {every: friday at 10:00, for: buyers}
do:
  - {send: picks, by: email, with: "orders = profile.orders, at = now(), day = today(), lasts = 2h, none = profile.stars"}
"""
BOOKED = """\
journey: booking
enter: {on: booked, as: b}
do:
  - {id: eve, wait: until 18:00 on b.starts_at - 1 day, do: [{send: tomorrow, by: email, with: starts = b.starts_at}], else: []}
  - {start: friday_start, with: kind = b.kind}
"""
STARTED = """\
journey: friday_start
enter: {by: start, as: link}
do:
  - {send: started, by: email, with: kind = link.kind}
"""
VIEWED = """\
journey: viewed
enter: {on: seen, as: v}
goal: {on: rated, stay: true}
do:
  - {id: rest, wait: 1d}
"""


def program() -> Program:
    compiled = compile_text(PROJECT, CART, FRIDAY, BOOKED, STARTED, VIEWED)
    assert compiled.program is not None, told(compiled.diagnostics)
    return compiled.program


PROGRAM = program()
KNOWN = known_of(PROGRAM)
STAGE = Stage(PROGRAM)


def read(text: str) -> tuple[list[Suite], list[Script], list[Diagnostic]]:
    """A test file: its suites, what can be played, what is wrong."""
    found: list[Diagnostic] = []
    suites = read_suites(Source("t.test.yaml", text), [space.name for space in KNOWN.spaces], found)
    scripts = [script for suite in suites for script in check_suite(suite, KNOWN, found)]
    return suites, scripts, sort_diagnostics(found)


def said(text: str) -> str:
    """What is wrong with a test file, one line each."""
    return told(read(text)[2]).strip()


def verdicts(text: str) -> list[Verdict]:
    """What becomes of the tests of a file without mistakes."""
    _, scripts, found = read(text)
    assert found == [], told(found)
    return [judge(script, STAGE.play(script), PROGRAM.ranked) for script in scripts]


def unmet(text: str) -> str:
    """What the tests of a file say, one line each; empty when all passed."""
    return told(failure for verdict in verdicts(text) for failure in verdict.failures).strip()


def one(events: str, expect: str, journey: str = "cart_left", head: str = "") -> str:
    """A file with one test: events and expectations as lines of YAML, indented by nothing."""
    rows = [f"journey: {journey}", "tests:", "  - name: it", *[f"    {row}" for row in head.splitlines()]]
    rows += ["    events:", *[f"      {row}" for row in events.splitlines()]]
    return "\n".join([*rows, "    expect:", *[f"      {row}" for row in expect.splitlines()]]) + "\n"
