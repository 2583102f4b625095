"""Recency, frequency, monetary value and lifetime value over a year of invoices, against plain Python that knows nothing of rtj:
every change of every audience of every customer, at its very millisecond."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from rtj.compile import compile_text
from tests.real.conftest import DATA
from tests.real.recorded import DAY
from tests.run.shop import run

FILE = DATA / "online_retail_invoices.jsonl.gz"
YEAR = 365 * DAY
RECENCY = (180 * DAY, 90 * DAY, 30 * DAY, 7 * DAY)
FREQUENCY = (2, 4, 8, 16)
MONETARY = (250, 500, 1000, 2500)
PROJECT = """\
project: retail
identity:
  user_id: {kind: person, priority: 1, unique: true}
  anonymous_id: {kind: cookie, priority: 2}
events:
  order_completed: {total: number}
  order_cancelled: {total: number}
profile:
  recency:   quintile(now() - last(order_completed.ts), [180d, 90d, 30d, 7d])
  frequency: quintile(count(order_completed) over 365d, [2, 4, 8, 16])
  monetary:  quintile(sum((order_completed or order_cancelled).total) over 365d, [250, 500, 1000, 2500])
  lifetime:  sum((order_completed or order_cancelled).total)
  average_order: profile.lifetime / count(order_completed)
audiences:
  champions: profile.recency >= 4 and profile.frequency >= 4 and profile.monetary >= 4
  slipping:  profile.recency <= 2 and profile.frequency >= 3
  lost:      profile.recency == 1
  valuable:  profile.lifetime >= 5000 and profile.average_order >= 300
channels: {email: {purpose: transactional}}
"""
JOURNEY = "journey: thanks\nenter: {on: joining champions}\ndo:\n  - {send: thanks, by: email}\n"


class Order(NamedTuple):
    at: int
    total: float
    completed: bool


Change = tuple[int, str, str, str]


@pytest.fixture(scope="module")
def people() -> dict[str, list[Order]]:
    found: dict[str, list[Order]] = defaultdict(list)
    with gzip.open(FILE, "rt") as lines:
        for line in lines:
            event = json.loads(line)
            if event["type"] in ("order_completed", "order_cancelled"):
                person = f"user_id:{event['user_id']}" if "user_id" in event else f"anonymous_id:{event['anonymous_id']}"
                at = round(datetime.fromisoformat(event["ts"]).timestamp() * 1000)
                found[person].append(Order(at, event["properties"]["total"], event["type"] == "order_completed"))
    return found


def score(value: float, bounds: tuple[float, ...]) -> int:
    rises = bounds[0] < bounds[-1]
    return 1 + sum(value >= bound if rises else value <= bound for bound in bounds)


def audiences(orders: list[Order], now: int) -> set[str]:
    """Who is where after these orders, at this instant."""
    bought = [o for o in orders if o.completed]
    recent = [o for o in orders if o.at > now - YEAR]
    lifetime = math.fsum(o.total for o in orders)
    recency = score(now - bought[-1].at, RECENCY) if bought else None
    frequency = score(sum(o.completed for o in recent), FREQUENCY)
    monetary = score(math.fsum(o.total for o in recent), MONETARY)
    tests: dict[str, Callable[[], bool]] = {
        "champions": lambda: recency is not None and min(recency, frequency, monetary) >= 4,
        "slipping": lambda: recency is not None and recency <= 2 and frequency >= 3,
        "lost": lambda: recency == 1,
        "valuable": lambda: bool(bought) and lifetime >= 5000 and lifetime / len(bought) >= 300,
    }
    return {name for name, holds in tests.items() if holds()}


def changes(person: str, orders: list[Order], end: int) -> list[Change]:
    """Look after every order, and whenever a bound or the year may be passed."""
    moments = {o.at + d + one for o in orders for d in (*RECENCY, YEAR) for one in (0, 1)} - {o.at for o in orders}
    looks = [(o.at, n + 1) for n, o in enumerate(orders)] + [(at, -1) for at in moments if orders[0].at < at <= end]
    found: list[Change] = []
    inside: set[str] = set()
    known = 0
    for at, number in sorted(looks):
        known = max(known, number)
        now = audiences(orders[:known], at)
        found += [(at, person, "joined", name) for name in sorted(now - inside)]
        found += [(at, person, "left_audience", name) for name in sorted(inside - now)]
        inside = now
    return found


@pytest.mark.skipif(not FILE.is_file(), reason=f"the recorded stream is not here: {FILE}")
@pytest.mark.long
def test_every_change_of_every_audience(people: dict[str, list[Order]], tmp_path: Path) -> None:
    compiled = compile_text(PROJECT, JOURNEY)
    assert compiled.program is not None, compiled.diagnostics

    ran = run(tmp_path, str(FILE), project=compiled.program, workers=2)

    end = ran.result.end
    assert end is not None
    expected = Counter(change for person, orders in people.items() for change in changes(person, orders, end))
    told = [json.loads(line) for line in ran.trace.splitlines()]
    moved = [r for r in told if r.get("what") in ("joined", "left_audience")]
    got = Counter((ms(r["ts"] if "ts" in r else r["at"]), r["profile"], r["what"], r["audience"]) for r in moved)
    assert got == expected
    joined = Counter(name for _, _, what, name in got.elements() if what == "joined")
    assert min(joined.values()) > 100, joined


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
