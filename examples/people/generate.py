#!/usr/bin/env python3
"""Write events.jsonl: a year of a tea club, 60 members, the same bytes on every machine.

    python3 generate.py              # writes events.jsonl beside this file

Standard library only. Nothing but `Random.random()` is drawn, whose sequence Python promises to keep.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

START = datetime(2025, 3, 1, tzinfo=UTC)
DAYS = 365
MEMBERS = 60
SEED = 20250301
PRICES = {"sencha": 14.5, "gyokuro": 29.0, "hojicha": 9.0, "genmaicha": 11.9, "matcha": 32.0, "gaiwan": 34.0, "kyusu": 72.0}
ITEMS = list(PRICES)
NAMES = ["Ada", "さくら", "محمد", "Zoë", "陳美玲", "김민준", "🌻 Mia", "Renée", "Łukasz", "नेहा"]
BORN = ["1992-02-29", "1985-07-04", "2001-11-30", None, "1978-02-28"]


def generate() -> str:
    """The whole file."""
    random = Random(SEED)
    events: list[tuple[datetime, dict[str, Any]]] = []

    def add(at: datetime, kind: str, who: int | None, **properties: Any) -> None:
        event: dict[str, Any] = {"type": kind, "ts": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if who is not None:
            event["user_id"] = f"m-{who:02}"
        events.append((at, {**event, "properties": {k: v for k, v in properties.items() if v is not None}}))

    def some(choices: list[Any]) -> Any:
        return choices[int(random.random() * len(choices))]

    for who in range(MEMBERS):
        pause = 6 + random.random() ** 2 * 90  # days between two visits
        day = random.random() * 60
        leaves = DAYS if random.random() < 0.6 else 60 + random.random() * 250
        add(
            START + timedelta(days=day),
            "joined_club",
            who,
            name=some(NAMES),
            born=some(BORN),
            gender=some(["f", "F", "m", "2", None]),
        )
        while (day := day + pause * (0.4 + 1.2 * random.random())) < leaves:
            at, item = START + timedelta(days=day), some(ITEMS)
            add(at, "item_viewed", who, item=item)
            if random.random() < 0.7:
                units = 1 + int(random.random() * 3)
                add(at + timedelta(minutes=4), "purchase", who, item=item, units=units, total=round(units * PRICES[item], 2))
                if random.random() < 0.08:
                    add(at + timedelta(days=5), "refund", who, item=item, total=PRICES[item])
    for item in ITEMS:
        day = random.random() * 10
        while day < DAYS:
            add(START + timedelta(days=day), "stock_counted", None, item=item, left=int(random.random() * 9))
            day += 3 + random.random() * 20
    events.sort(key=lambda event: event[0])
    return "".join(json.dumps({"id": f"e{n}", **event}, ensure_ascii=False) + "\n" for n, (_, event) in enumerate(events, 1))


if __name__ == "__main__":
    (Path(__file__).parent / "events.jsonl").write_text(generate(), encoding="utf-8", newline="")
