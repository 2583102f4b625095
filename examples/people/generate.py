#!/usr/bin/env python3
"""Write events.jsonl: a year of a tea club, 60 members on phones, laptops and shared tablets, the same bytes on every machine.

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

ZONES = [None, None, None, None, "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Asia/Edo"]


def generate() -> str:
    """The whole file."""
    random = Random(SEED)
    events: list[tuple[datetime, dict[str, Any]]] = []

    def add(at: datetime, kind: str, who: dict[str, str], **properties: Any) -> None:
        event: dict[str, Any] = {"type": kind, "ts": at.strftime("%Y-%m-%dT%H:%M:%SZ"), **who}
        events.append((at, {**event, "properties": {k: v for k, v in properties.items() if v is not None}}))

    def some(choices: list[Any]) -> Any:
        return choices[int(random.random() * len(choices))]

    for who in range(MEMBERS):
        pause = 6 + random.random() ** 2 * 90  # days between two visits
        day = random.random() * 60
        leaves = DAYS if random.random() < 0.6 else 60 + random.random() * 250
        member, phone, laptop = {"user_id": f"m-{who:02}"}, {"device": f"phone-{who:02}"}, {"device": f"laptop-{who:02}"}
        address = some([f"member{who:02}@example.org", f" Member{who:02}@Example.org", f"MEMBER{who:02}@EXAMPLE.ORG"])
        joined = START + timedelta(days=day)
        add(joined - timedelta(minutes=9), "item_viewed", laptop, item=some(ITEMS))  # before anybody knows who that is
        add(
            joined,
            "joined_club",
            {**member, "email": address, **phone},
            name=some(NAMES),
            born=some(BORN),
            gender=some(["f", "F", "m", "2", None]),
            timezone=some(ZONES),
            news=some([True, True, True, True, False, None]),
            greetings=some([True, True, False, None]),
        )
        if random.random() < 0.8:
            add(joined + timedelta(minutes=3), "email_confirmed", {"email": address})
        while (day := day + pause * (0.4 + 1.2 * random.random())) < leaves:
            at, item = START + timedelta(days=day), some(ITEMS)
            shared = {**member, "device": f"tablet-{who // 4:02}"} if who % 4 < 2 and who < 24 else {**member, **laptop}
            add(at, "item_viewed", some([phone, laptop, member, shared]), item=item)
            if random.random() < 0.7:
                units = 1 + int(random.random() * 3)
                buyer = some([{**member, **laptop}, {**member, **phone}, {"email": address}])
                add(at + timedelta(minutes=4), "purchase", buyer, item=item, units=units, total=round(units * PRICES[item], 2))
                if random.random() < 0.08:
                    add(at + timedelta(days=5), "refund", member, item=item, total=PRICES[item])
        if random.random() < 0.1:
            add(START + timedelta(days=min(day - pause / 2, DAYS - 1)), "unsubscribed", member)
        if random.random() < 0.05:
            moved = {**member, "email": f"moved{who:02}@example.net"}
            add(START + timedelta(days=min(day, DAYS - 1) - 1), "email_changed", moved)
    for item in ITEMS:
        day = random.random() * 10
        while day < DAYS:
            add(START + timedelta(days=day), "stock_counted", {}, item=item, left=int(random.random() * 9))
            day += 3 + random.random() * 20
    events.sort(key=lambda event: event[0])
    return "".join(json.dumps({"id": f"e{n}", **event}, ensure_ascii=False) + "\n" for n, (_, event) in enumerate(events, 1))


if __name__ == "__main__":
    (Path(__file__).parent / "events.jsonl").write_text(generate(), encoding="utf-8", newline="")
