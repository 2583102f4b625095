#!/usr/bin/env python3
"""Write events.jsonl: five weeks of a small shop for tea and pottery, the same bytes on every machine.

    python3 generate.py              # writes events.jsonl beside this file
    python3 generate.py --out -      # to stdout

Standard library only. Nothing but `Random.random()` is drawn, whose sequence Python promises to keep. The stream is
made as real ones are: visitors who sign in later, a tablet that a family shares, a crawler, a phone that was offline
for hours, a sender that repeats itself, a few lines that are simply broken. See README.md for what to look for.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
DAYS = 35
PEOPLE = 330
VISITORS = 220
SEED = 20260302

ITEMS = {  # item: price
    "sencha": 14.5, "gyokuro": 29.0, "matcha": 32.0, "genmaicha": 11.9, "hojicha": 12.5, "oolong": 18.0,
    "pu-erh": 24.0, "darjeeling": 16.5, "assam": 9.9, "earl-grey": 9.5, "rooibos": 8.9, "chamomile": 7.5,
    "teapot-small": 39.0, "teapot-large": 58.0, "kyusu": 72.0, "gaiwan": 34.0, "cup-blue": 16.0, "cup-sand": 16.0,
    "bowl": 27.0, "whisk": 21.0, "tray": 45.0, "tin": 12.0, "filter": 6.5, "gift-box": 49.0,
}  # fmt: skip
ITEM_NAMES = list(ITEMS)
NAMES = [
    "Ada", "Jürgen", "Zoë", "さくら", "陳美玲", "김민준", "محمد", "ليلى", "Анна", "Renée", "Łukasz", "Siobhán O’Brien",
    "🌻 Mia", "José", "नेहा", "Ngọc", "Κώστας", "Emre", "Ingeborg", "Noah", "王小明", "Fatima", "Björk", "Sam",
]  # fmt: skip


@dataclass
class Person:
    """Somebody with an account. `leaves_on`: the day after which nobody sees them again."""

    number: int
    zone: str | None
    visits: float
    leaves_on: float
    cookie: str
    signs_up_on: float | None  # None: had an account before the stream begins

    @property
    def user_id(self) -> str:
        return f"u-{self.number:04d}"


@dataclass
class Shop:
    """The stream while it is made: (instant, line as a dict)."""

    draw: Random
    lines: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    carts: int = 0
    orders: int = 0

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.draw.random()

    def pick(self, choices: list[Any]) -> Any:
        return choices[int(self.draw.random() * len(choices))]

    def log(self, at: datetime, type_: str, ids: dict[str, str], **properties: Any) -> None:
        if at < START + timedelta(days=DAYS):
            self.lines.append((at, {"type": type_, **ids, "properties": properties}))


def offset(zone: str | None, at: datetime) -> timedelta:
    """How far the clocks of `zone` stand from UTC: Berlin changes on 29 March 2026, New York on 8 March."""
    if zone == "America/New_York":
        return timedelta(hours=-4 if at >= datetime(2026, 3, 8, 7, tzinfo=UTC) else -5)
    return timedelta(hours=2 if at >= datetime(2026, 3, 29, 1, tzinfo=UTC) else 1)


def visit_time(shop: Shop, day: float, zone: str | None) -> datetime:
    """An instant on that day, most often around lunch or in the evening of the place."""
    hour = shop.between(11, 15) if shop.chance(0.35) else shop.between(17.5, 23)
    if shop.chance(0.12):
        hour = shop.between(0, 11)
    midnight = START + timedelta(days=int(day))
    return midnight + timedelta(seconds=int(hour * 3600), milliseconds=int(shop.between(0, 1000))) - offset(zone, midnight)


def browse(shop: Shop, at: datetime, ids: dict[str, str]) -> tuple[datetime, str]:
    """Pages and products of one visit; returns when it ended and the item that was liked best."""
    liked = shop.pick(ITEM_NAMES)
    shop.log(at, "page_view", ids, path=shop.pick(["/", "/tea", "/pottery", "/sale", "/journal/first-flush"]))
    for _ in range(int(shop.between(0, 2.4))):
        at += timedelta(seconds=int(shop.between(5, 60)))
        shop.log(at, "page_view", ids, path=shop.pick(["/tea", "/pottery", "/shipping", "/about"]), referrer="/")
    looks = [liked] * 3 if shop.chance(0.07) else [liked]
    looks += [shop.pick(ITEM_NAMES) for _ in range(int(shop.between(0, 2.2)))]
    for item in looks:
        at += timedelta(seconds=int(shop.between(15, 150)))
        shop.log(at, "product_view", ids, item=item, price=ITEMS[item], dwell_s=int(shop.between(2, 90)))
    return at, liked


def fill_cart(shop: Shop, at: datetime, ids: dict[str, str], first: str) -> None:
    """One to three items in a cart; a little under half are bought at once, some within two days, the others never."""
    shop.carts += 1
    cart, items, value = f"c-{shop.carts:04d}", [first], 0.0
    items += [shop.pick(ITEM_NAMES) for _ in range(int(shop.between(0, 2.6)))]
    for item in items:
        at += timedelta(seconds=int(shop.between(20, 200)))
        value = round(value + ITEMS[item], 2)
        shop.log(at, "add_to_cart", ids, cart_id=cart, item=item, price=ITEMS[item], value=value)
    fate = shop.draw.random()
    if fate < 0.42:
        at += timedelta(seconds=int(shop.between(90, 1500)))
    elif fate < 0.62:
        at += timedelta(seconds=int(shop.between(5400, 170_000)))
    else:
        return
    shop.orders += 1
    order = f"o-{shop.orders:04d}"
    quantities = [{"sku": item, "qty": items.count(item)} for item in dict.fromkeys(items)]
    shop.log(at, "purchase", ids, order_id=order, cart_id=cart, total=value, items=quantities)
    if shop.chance(0.25):
        later = at + timedelta(days=shop.between(3, 11))
        shop.log(later, "review_written", ids, order_id=order, stars=shop.pick([3, 4, 5, 5]))


def live(shop: Shop, person: Person) -> None:
    """All visits of one person. Before signing up, and at times after it, they carry the cookie alone."""
    days = sorted(shop.between(0, DAYS) for _ in range(max(1, int(person.visits + shop.between(0, 1)))))
    signed_up = person.signs_up_on is None
    for day in (day for day in days if day <= person.leaves_on):
        at = visit_time(shop, day, person.zone)
        ids = {"anonymous_id": person.cookie}
        if signed_up and shop.chance(0.85):
            ids = {"user_id": person.user_id} if shop.chance(0.5) else {"user_id": person.user_id, **ids}
        at, liked = browse(shop, at, ids)
        if person.signs_up_on is not None and not signed_up and day >= person.signs_up_on:
            signed_up = True
            at += timedelta(seconds=int(shop.between(20, 90)))
            sign_up(shop, at, person)
            ids = {"user_id": person.user_id, **ids}
        elif "user_id" not in ids and signed_up and shop.chance(0.6):
            at += timedelta(seconds=int(shop.between(5, 40)))
            ids = {"user_id": person.user_id, **ids}
            shop.log(at, "signed_in", ids)
        if "user_id" in ids and shop.chance(0.34):
            fill_cart(shop, at, ids, liked)
        if signed_up and shop.chance(0.02):
            shop.log(at + timedelta(hours=shop.between(1, 60)), "unsubscribed", {"user_id": person.user_id})


def sign_up(shop: Shop, at: datetime, person: Person) -> None:
    email = f"person.{person.number}@example.com"
    ids = {"user_id": person.user_id, "email": f" {email.title()} " if shop.chance(0.1) else email, "anonymous_id": person.cookie}
    properties: dict[str, Any] = {"first_name": shop.pick(NAMES), "newsletter": shop.chance(0.6)}
    if person.zone is not None:
        properties["timezone"] = person.zone
    if shop.chance(0.15):
        del properties["first_name"]
    shop.log(at, "signed_up", ids, **properties)


def people(shop: Shop) -> list[Person]:
    """Two thirds in Berlin, a third in New York, a few of whom no zone is known, one with a zone that does not exist,
    three pairs who share a tablet."""
    found = []
    for number in range(1, PEOPLE + 1):
        zone = "Europe/Berlin" if shop.chance(0.64) else "America/New_York" if shop.chance(0.92) else None
        signs_up_on = shop.between(0, 24) if shop.chance(0.58) else None
        leaves_on = shop.between(1, 20) if shop.chance(0.3) else DAYS
        visits = shop.between(6, 12) if shop.chance(0.18) else shop.between(1, 4)
        found.append(Person(number, zone, visits, leaves_on, f"a-{number:04d}", signs_up_on))
    lost = found[40]
    lost.zone, lost.signs_up_on, lost.leaves_on, lost.visits = "Europe/Atlantis", 2.0, DAYS, 9
    for tablet, (one, other) in enumerate([(10, 11), (50, 51), (90, 91)], start=1):
        for person, day in ((found[one], 1.0), (found[other], 2.0)):
            person.cookie, person.visits, person.signs_up_on, person.leaves_on = f"tablet-{tablet}", 7, day, DAYS
    return found


def crawl(shop: Shop) -> None:
    """A crawler reads the whole catalogue again and again. It says that it is one."""
    for day, rounds in ((4, 5), (18, 4)):
        at = START + timedelta(days=day, hours=3)
        for item in ITEM_NAMES * rounds:
            at += timedelta(seconds=2)
            shop.log(at, "product_view", {"anonymous_id": "crawler-7"}, item=item, price=ITEMS[item], dwell_s=0, bot=True)


def things(shop: Shop) -> None:
    """What happens to things: they come back, and their prices change."""
    for item, day in (("matcha", 6), ("kyusu", 9), ("gaiwan", 15), ("teapot-small", 20), ("sencha", 27), ("tray", 31)):
        shop.log(START + timedelta(days=day, hours=9), "restocked", {}, item=item)
    for number in range(14):
        item = shop.pick(ITEM_NAMES)
        price = round(ITEMS[item] * (1.1 if shop.chance(0.2) else 0.8), 2)
        shop.log(START + timedelta(days=2 + 2 * number, hours=8), "price_changed", {}, item=item, price=price)


def strays(shop: Shop) -> None:
    """What a stream carries without meaning to: undeclared pings, events of nobody, wrong types, lying clocks."""
    for number in range(18):
        at = START + timedelta(days=shop.between(0, DAYS))
        shop.log(at, "app_heartbeat", {"user_id": f"u-{number + 1:04d}"}, battery=int(shop.between(5, 100)))
    noon = START + timedelta(days=12, hours=12)
    shop.log(noon, "page_view", {"anonymous_id": "undefined"}, path="/")
    shop.log(noon, "product_view", {}, item="bowl", price=27.0)
    shop.log(noon, "add_to_cart", {"user_id": "u-0007"}, cart_id="c-x", item="bowl", price=27.0, value="a lot")
    for odd in ({"ts": "2063-04-05T11:00:00.000Z"}, {"ts": "yesterday"}, {"ts": None}):
        shop.lines.append((noon, {"type": "page_view", **odd, "user_id": "u-0008", "properties": {"path": "/"}}))
    for person in ("u-0005", "u-0006"):
        shop.lines.append((noon, {"id": "e-twice", "type": "page_view", "user_id": person, "properties": {"path": "/"}}))


def spell(at: datetime, how: float) -> str | int:
    """The same instant as three senders write it."""
    milliseconds = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if how < 0.9:
        return milliseconds
    if how < 0.95:
        local = at + offset(None, at)
        hours = offset(None, at) // timedelta(hours=1)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}+{hours:02d}:00"
    return round(at.timestamp() * 1000)


def written(shop: Shop) -> list[str]:
    """The lines in the order in which they reached the file: nearly that of time."""
    arrivals: list[tuple[float, int, str]] = []
    for number, (exact, line) in enumerate(sorted(shop.lines, key=lambda pair: pair[0]), start=1):
        at = exact.replace(microsecond=exact.microsecond // 1000 * 1000)
        event = {"id": f"e-{number:05d}", "type": line["type"], "ts": spell(at, shop.draw.random())}
        event.update(line)
        if event["ts"] is None:
            del event["ts"]
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        arrival = at.timestamp()
        if shop.chance(0.03):
            arrival += shop.between(2, 240)  # a slow network
        elif line.get("user_id") in ("u-0013", "u-0029", "u-0061"):
            arrival += shop.between(3600, 5 * 3600)  # a phone that was offline
        arrivals.append((arrival, number, text))
        if shop.chance(0.014):
            arrivals.append((arrival + shop.between(0.1, 900), number, text))  # a sender that was not sure
    lines = [text for _, _, text in sorted(arrivals)]
    lines.insert(1711, lines[1711][: len(lines[1711]) // 2])
    lines.insert(3001, "-- log rotated --")
    return lines


def generate() -> str:
    """The whole stream as one text."""
    shop = Shop(Random(SEED))
    for person in people(shop):
        live(shop, person)
    for number in range(1, VISITORS + 1):
        ids = {"anonymous_id": f"v-{number:04d}"}
        for _ in range(1 + shop.chance(0.25)):
            browse(shop, visit_time(shop, shop.between(0, DAYS), None), ids)
    crawl(shop)
    things(shop)
    strays(shop)
    return "\n".join(written(shop)) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the shop's stream of events.")
    parser.add_argument("--out", default=str(Path(__file__).with_name("events.jsonl")), help="a file, or - for stdout")
    out = parser.parse_args().out
    if out == "-":
        sys.stdout.buffer.write(generate().encode())
    else:
        Path(out).write_bytes(generate().encode())


if __name__ == "__main__":
    main()
