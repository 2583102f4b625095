"""A year of real orders under a whole project with everything on: the laws that `tests/run/laws.py` counts hold, in every way of
running. What nobody recorded (consents, addresses, complaints, erasures, who shares a device) is drawn beside the orders."""

from __future__ import annotations

import gzip
import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.real.conftest import DATA
from tests.run.everything import ITEMS, KINDS, Streams, make
from tests.run.laws import ms
from tests.run.test_everything import Case, judge

ORDERS = 600


def orders(rnd: random.Random) -> list[dict[str, Any]]:
    """Orders of the winter, an instant each; the number of an order stands for what was bought."""
    found = []
    with gzip.open(DATA / "online_retail_invoices.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(islice(lines, ORDERS)):
            record = json.loads(line)
            who = {"user": record["user_id"]} if record.get("user_id") else {"device": f"till-{number % 40}"}
            if rnd.random() < 0.2:
                who["device"] = f"till-{rnd.randrange(40)}"
            properties = {"item": rnd.choice(ITEMS), "total": record["properties"]["total"]}
            at = ms(record["ts"]) + number + 1
            found.append({"id": record["id"], "type": "purchase", "ts": at, **who, "properties": properties})
    return found


@pytest.mark.long
@pytest.mark.parametrize("seed", [4])
def test_laws_hold_over_real_orders(seed: int, tmp_path: Path) -> None:
    whole, rnd = make(seed, size=1), random.Random(seed)
    bought = orders(rnd)
    drawn = Streams(rnd, 0)
    told = []
    for number in range(ORDERS // 2):
        near = rnd.choice(bought)
        kind = rnd.choice([kind for kind in KINDS if kind not in ("purchase", "email_changed")])
        ids = {} if kind == "restocked" else {name: near[name] for name in ("user", "device") if name in near}
        at = near["ts"] + 60_000 * rnd.randrange(-300, 900) * 7 + 10_000 + ORDERS + 1 + number
        told.append({"id": f"n{number}", "type": kind, "ts": at, **ids, "properties": drawn.properties(kind)})
    streams = {"shop": bought, "app": told}
    whole.streams = {name: [json.dumps(r) for r in sorted(found, key=lambda r: r["ts"])] for name, found in streams.items()}
    instants = [record["ts"] for found in streams.values() for record in found]
    assert len(set(instants)) == len(instants), "laws about what was said need instants apart"
    one = Case(whole, whole.compiled(tmp_path), tmp_path, None)
    grouped = one.run()
    assert sum(r["what"] == "sent" for r in grouped.trace) > 100
    judge(one, grouped, in_time=True)
    assert one.run(workers=2).files == grouped.files
    assert one.run(order="arrival").files == grouped.files
