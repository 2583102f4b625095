"""A timeline that W408 tells can be lived through: given its events, a project without caps sends these messages at these times,
and the cap stops some of them."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from rtj.compile import compile_text
from rtj.connect.instants import instant_text
from rtj.engine.functions import duration_text
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.lint.cases import found

START = 1_780_272_000_000  # Monday 2026-06-01T00:00Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PROJECT = """\
project: shop
timezone: UTC
events:
  login: {}
  purchase: {total: number}
  signed_up: {plan: string}
  add_to_cart: {cart_id: string}
profile:
  plan: {from: signed_up.plan}
  last_seen: last(login.ts)
audiences:
  seen: profile.last_seen is not missing
channels:
  email: {purpose: marketing, default: granted}
caps:
"""
SIGNED = "journey: j\nenter: {on: signed_up, again: never}\ndo:\n"
CASES = {
    "one passage": (
        "  c: {at_most: 2 per 24h}\n",
        SIGNED + "  - {send: a}\n  - {id: w, wait: 2h}\n  - {send: b}\n  - {id: x, wait: 18h}\n  - {send: c}\n",
        [("signed_up", 0, {"plan": "pro"})],
    ),
    "an event and an arm": (
        "  c: {at_most: 2 per 24h}\n",
        SIGNED
        + "  - {send: a}\n  - {id: w, wait_for: [{on: login, do: [{send: b}]}, {after: 3d}]}\n"
        + "  - branch: [{when: profile.plan == 'pro', do: [{id: x, wait: 1h}]}, {else: [{id: y, wait: 2d}]}]\n  - {send: c}\n",
        [("signed_up", 0, {"plan": "pro"}), ("login", 1, {})],
    ),
    "clocks of one day": (
        "  c: {at_most: 1 per day}\n",
        SIGNED + "  - {id: m, wait: until 09:00}\n  - {send: a}\n  - {id: e, wait: until 18:00}\n  - {send: b}\n",
        [("signed_up", 8 * HOUR, {"plan": "pro"})],
    ),
    "the last round and what follows": (
        "  c: {at_most: 1 per 24h}\n",
        SIGNED + "  - {id: r, repeat: 3 times, do: [{id: w, wait: 30h}, {send: a}]}\n  - {id: x, wait: 1h}\n  - {send: b}\n",
        [("signed_up", 0, {"plan": "pro"})],
    ),
    "again": (
        "  c: {at_most: 2 per 24h}\n",
        "journey: j\nenter: {on: login, again: after 6h}\ndo:\n  - {send: a}\n",
        [("login", n * 6 * HOUR, {}) for n in range(3)],
    ),
    "a goal between": (
        "  c: {at_most: 1 per 24h}\n",
        "journey: j\nenter: {on: login, again: after 2h}\ngoal: {on: purchase}\ndo:\n  - {send: a}\n  - {id: w, wait: 7d}\n",
        [("login", 0, {}), ("purchase", 1, {"total": 3}), ("login", 2 * HOUR, {})],
    ),
    "restart": (
        "  c: {at_most: 2 per 24h}\n",
        (
            "journey: j\nenter: {on: add_to_cart, as: cart, key: cart.cart_id, again: after 7d, while_inside: restart}\n"
            "do:\n  - {id: w, wait: 30m}\n  - {send: a}\n  - {id: x, wait: 24h}\n  - {send: b}\n"
        ),
        [("add_to_cart", n * (30 * MINUTE + 1), {"cart_id": "c1"}) for n in range(3)],
    ),
    "schedule": (
        "  c: {at_most: 2 per 7d}\n",
        "journey: j\nenter: {every: day at 09:00, for: seen}\ndo: [{send: a}]\n",
        [("login", 0, {}), ("login", 3 * DAY, {})],
    ),
}


def lived(folder: Path, journey: str, caps: str, events: list[tuple[str, int, dict[str, object]]]) -> list[tuple[str, str]]:
    """What is asked for: the time since the first message of the window, and the message."""
    program = compile_text(PROJECT + caps if caps else PROJECT.removesuffix("caps:\n"), journey).program
    assert program is not None
    lines = [
        {"id": f"e{n}", "type": kind, "ts": instant_text(START + at), "user_id": "ada", "properties": given}
        for n, (kind, at, given) in enumerate(events)
    ]
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    options = SimulateOptions((str(path),), until=START + 30 * DAY, now_ms=START + 40 * DAY, workers=1)
    simulate(program, options, None, Outputs(messages=str(folder / "messages.jsonl")))
    asked = [json.loads(line) for line in (folder / "messages.jsonl").read_text(encoding="utf-8").splitlines()]
    return [(m["ts"], m["node"]) for m in asked]


@pytest.mark.parametrize("case", CASES)
def test_it_can_be_lived_through(case: str, tmp_path: Path) -> None:
    """Some messages in a row, one more than the cap allows, come at the times that the finding tells."""
    caps, journey, events = CASES[case]
    (finding,) = [d for d in found(PROJECT + caps, journey) if d.code == "W408"]
    told = re.findall(r"\+(\S+) `(\w+)`", finding.message)

    asked = [(int(datetime.fromisoformat(ts).timestamp() * 1000), node) for ts, node in lived(tmp_path, journey, "", events)]
    rows = [asked[n : n + len(told)] for n in range(len(asked) - len(told) + 1)]
    assert told in [[(duration_text((at - row[0][0]) // 1000 * 1000), node) for at, node in row] for row in rows], asked
    assert len(lived(tmp_path, journey, caps, events)) < len(asked)
