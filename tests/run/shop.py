"""A small project, streams for it, and a call of `simulate` that answers with what was written."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from rtj.compile import compile_text
from rtj.connect.instants import instant_text
from rtj.ir.program import Program
from rtj.ir.result import SimulateResult
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
NOW = START + 400 * 86_400_000
MINUTE = 60_000

PROJECT = """\
project: shop
timezone: Europe/Berlin
dedupe: 1h
identity:
  email:   {kind: person, priority: 1, unique: true, normalize: [trim, lower]}
  user_id: {kind: person, priority: 2}
  device:  {kind: device, priority: 3}
events:
  page_view: {path: string}
  product_view: {item: string, price: number?}
  add_to_cart: {item: string, value: number}
  purchase: {total: number}
business_events:
  restocked: {item: string}
foreign_names: {product_view: Product Viewed}
late: {purchase: reject}
profile:
  items:  distinct(product_view.item) over 30d
  orders: count(purchase)
channels:
  push: {purpose: marketing, default: granted}
sources:
  crm:
    lateness: 10m
    map:
      id: [key, {hash: [who, when]}]
      type: {path: what, table: {bought: purchase}}
      time: {path: when, cast: epoch_s}
      identities: [{ns: email, path: who.mail}, {ns: user_id, path: who.number}]
      properties: {from: facts, rename: {sum: total}, drop: [debug]}
"""

JOURNEYS = (
    """\
journey: cart
enter: {on: add_to_cart, as: cart, when: cart.value > 20, again: after 1h}
goal: {on: purchase within 2d}
do:
  - {id: rest, wait: 30m}
  - {send: reminder, by: push, with: item = cart.item}
  - {id: day, wait: 1d}
""",
    """\
journey: views
enter: {on: 3 product_view within 10m, again: after 1h}
do:
  - {send: still_looking, by: push}
  - {id: rest, wait: 2h}
""",
    """\
journey: back
enter: {on: restocked where event.item in profile.items, as: news, again: after 1h}
do:
  - {send: back_on_the_shelf, by: push, with: item = news.item}
""",
)


@cache
def program(project: str = PROJECT) -> Program:
    compiled = compile_text(project, *JOURNEYS)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def event(number: int | str, kind: str, ts: int | str, /, properties: dict[str, Any] | None = None, **ids: Any) -> dict[str, Any]:
    """A record of format rtj; `ts` is in ms since START when it is a number."""
    when = instant_text(START + ts) if isinstance(ts, int) else ts
    return {"id": str(number), "type": kind, "ts": when, **ids, "properties": properties or {}}


def stream(seed: int, size: int = 300, step: int = 2 * MINUTE) -> list[dict[str, Any]]:
    """Random events in the order of time, many at the same instant; people change their identifiers, some ids are used twice."""
    random = Random(seed)
    found: list[dict[str, Any]] = []
    at = 0
    for number in range(size):
        at += random.choice((0, 0, 1, step // 7, step))
        who = random.randrange(12)
        ids: dict[str, Any] = {}
        if random.random() < 0.4:
            ids["email"] = random.choice((f"p{who}@x.org", f" P{who}@X.org"))
        if random.random() < 0.5:
            ids["user_id"] = random.choice((f"user-number-{who}", who + 1))
        if not ids or random.random() < 0.3:
            ids["device"] = f"device-{random.randrange(9)}"
        item = f"i{random.randrange(3)}"
        kind, properties = random.choice(
            (
                ("page_view", {"path": "/"}),
                ("Product Viewed", {"item": item}),
                ("Product Viewed", {"item": item, "price": 3}),
                ("add_to_cart", {"item": item, "value": random.randrange(60)}),
                ("purchase", {"total": 9.5}),
                ("nobody_knows", {"a": [1]}),
                ("restocked", {"item": item}),
            )
        )
        if kind == "restocked":
            ids = {}
        name = f"e{number}" if random.random() < 0.95 else f"e{random.randrange(number + 1)}"
        found.append(event(name, kind, at, properties, **ids))
        if random.random() < 0.05:
            found.append(dict(found[-1]))
    return found


def write(path: Path, records: list[dict[str, Any]] | bytes) -> str:
    if isinstance(records, bytes):
        path.write_bytes(records)
    else:
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


@dataclass(frozen=True)
class Ran:
    result: SimulateResult
    trace: bytes
    messages: list[dict[str, Any]]
    dead: list[dict[str, Any]]


def run(folder: Path, *events: str, project: Program | None = None, **options: Any) -> Ran:
    """Simulate, with all outputs written."""
    out = Outputs(str(folder / "messages"), str(folder / "trace"), str(folder / "dead"))
    asked = replace(SimulateOptions(events=events, now_ms=NOW, workers=1), **options)
    result = simulate(project or program(), asked, None, out)
    return Ran(
        result,
        (folder / "trace").read_bytes(),
        [json.loads(line) for line in (folder / "messages").read_bytes().splitlines()],
        [json.loads(line) for line in (folder / "dead").read_bytes().splitlines()],
    )
