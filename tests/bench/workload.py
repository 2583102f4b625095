"""The reference workload: a seeded stream of events and the projects that are run over it.

A shop with 100 people per 1,000 events. Out of a hundred events 60 are page views that nobody reads, 27 are of a type that
some journey reads. Lines are about 210 bytes. The same seed and size give the same bytes.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from random import Random

SEED = 7
START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
DAYS = 30
SIDELINES = 995  # types that only the journeys of the large project read

PROJECT = """\
project: bench
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  page_view:      {path: string, referrer: string, screen: string}
  product_view:   {item: string, price: number, dwell_s: number}
  add_to_cart:    {cart_id: string, item: string, price: number, value: number}
  purchase:       {order_id: string, cart_id: string, total: number}
  signed_up:      {first_name: string, plan: string}
  review_written: {order_id: string, stars: number}
  search:         {words: string}
  app_opened:     {version: string}
SIDELINES
profile:
  first_name: {from: signed_up.first_name, type: string?}
  orders:     count(purchase)
  spend_30d:  sum(purchase.total) over 30d
audiences:
  regulars:   profile.spend_30d > 400
channels:
  email: {purpose: marketing, default: granted}
  push:  {purpose: marketing, default: granted}
"""

JOURNEYS = {
    "abandoned_cart": """\
journey: abandoned_cart
enter: {on: add_to_cart, as: cart, when: cart.value >= 30, key: cart.cart_id, again: never}
goal: {on: purchase, when: event.cart_id == cart.cart_id}
do:
  - {id: cooling_off, wait: 30m}
  - {send: cart_reminder, by: email, with: item = cart.item}
  - {id: a_day, wait: 24h}
  - {send: cart_last_call, by: email}
""",
    "three_views": """\
journey: three_views
enter: {on: 3 product_view within 10m where event.dwell_s > 5, as: views, again: after 7d}
do:
  - {send: still_looking, by: push}
""",
    "welcome": """\
journey: welcome
enter: {on: signed_up, as: member, again: never}
goal: {on: purchase within 14d}
do:
  - {send: welcome, by: email, with: name = member.first_name}
  - {id: settle, wait: 2d}
  - {send: tour, by: email}
  - {id: think, wait: 5d}
  - branch:
      - {when: profile.orders == 0, do: [{send: first_offer, by: email}]}
""",
    "lapse": """\
journey: lapse
enter: {on: purchase then not purchase within 14d, again: always}
do:
  - {send: we_miss_you, by: email, with: orders = profile.orders}
""",
    "post_purchase": """\
journey: post_purchase
enter: {on: purchase, as: order, key: order.order_id, again: never}
do:
  - {id: delivery, wait: 3d}
  - {send: ask_review, by: email}
  - id: review
    wait_for:
      - {on: review_written, when: event.order_id == order.order_id, do: [{send: thanks, by: email}]}
      - {after: 7d, do: [{send: ask_again, by: email}]}
""",
}


def sideline(number: int) -> str:
    return f"side_{number:04d}"


def write_project(folder: Path, journeys: int) -> None:
    """Write the five journeys, and simple ones about the sideline types up to `journeys` in all."""
    folder.mkdir(parents=True, exist_ok=True)
    types = "\n".join(f"  {sideline(number)}: {{mark: string, level: number}}" for number in range(SIDELINES))
    (folder / "rtj.yaml").write_text(PROJECT.replace("SIDELINES", types), encoding="utf-8")
    for name, text in JOURNEYS.items():
        (folder / f"{name}.journey.yaml").write_text(text, encoding="utf-8")
    for number in range(max(0, journeys - len(JOURNEYS))):
        (folder / f"about_{number:04d}.journey.yaml").write_text(
            f"journey: about_{number:04d}\n"
            f"enter: {{on: {sideline(number)}, as: note, when: note.level > 3, again: after 1d}}\n"
            "do:\n  - {id: rest, wait: 1h}\n  - {send: noted, by: push, with: mark = note.mark}\n",
            encoding="utf-8",
        )


class Shopper:
    """One visit in progress: whose it is and what is in the cart."""

    __slots__ = ("cart", "number", "value")

    def __init__(self, number: int) -> None:
        self.number = number
        self.cart = ""
        self.value = 0.0


class Stream:
    """Draws what happens next. Some forty visits are in progress at any time; orders are reviewed after five days or so."""

    def __init__(self, events: int) -> None:
        self.draw = Random(SEED).random
        self.people = max(10, events // 10)
        self.visits = [self.arrive() for _ in range(max(3, events // 25_000))]
        self.orders: deque[tuple[int, int, str]] = deque()

    def arrive(self) -> Shopper:
        return Shopper(int(self.draw() * self.people))

    def next(self, at: int, serial: int) -> tuple[int, str, str]:
        """The person, the type, and the properties as JSON without the braces."""
        draw = self.draw
        place = int(draw() * len(self.visits))
        if draw() < 0.12:
            self.visits[place] = self.arrive()
        what, how = draw(), draw()
        if 0.86 <= what < 0.87 and self.orders and self.orders[0][0] < at - 5 * 86_400_000:
            _, person, order = self.orders.popleft()
            return person, "review_written", f'"order_id":"{order}","stars":{1 + int(how * 5)},"words":"just as I had hoped for"'
        shopper = self.visits[place]
        kind, properties = browse(serial, what, how) or self.buy(shopper, at, serial, (what, how))
        return shopper.number, kind, properties

    def buy(self, shopper: Shopper, at: int, serial: int, luck: tuple[float, float]) -> tuple[str, str]:
        """Fill the cart; now and then buy it."""
        what, how = luck
        if what < 0.815 or not shopper.cart:
            price = 5 + int(how * 9000) / 100
            if not shopper.cart:
                shopper.cart, shopper.value = f"cart-{serial:08x}", 0.0
            shopper.value = round(shopper.value + price, 2)
            item = f"item-{int(how * 5000):05d}"
            return "add_to_cart", f'"cart_id":"{shopper.cart}","item":"{item}","price":{price:.2f},"value":{shopper.value:.2f}'
        order, cart, shopper.cart = f"order-{serial:08x}", shopper.cart, ""
        if how < 0.7:  # the others never say what they think
            self.orders.append((at, shopper.number, order))
        return "purchase", f'"order_id":"{order}","cart_id":"{cart}","total":{shopper.value:.2f},"currency":"EUR"'


def browse(serial: int, what: float, how: float) -> tuple[str, str] | None:
    """Everything that leaves no cart behind; None for the rest."""
    if what < 0.60:
        screen = 390 + serial % 5 * 200
        return (
            "page_view",
            f'"path":"/category/{int(how * 400):03d}/page-{serial % 97:02d}","referrer":"/","screen":"{screen}x844"',
        )
    if what < 0.78:
        price = 5 + int(how * 9000) / 100
        item = f"item-{int(how * 5000):05d}"
        return (
            "product_view",
            f'"item":"{item}","price":{price:.2f},"dwell_s":{int(how * 60)},"list":"category-{serial % 31:02d}"',
        )
    if what < 0.85:
        return None
    if what < 0.86:
        return "signed_up", f'"first_name":"Name{int(how * 3000):04d}","plan":"{"free" if how < 0.7 else "paid"}","consent":true'
    if what < 0.88:
        return sideline(int(how * SIDELINES)), f'"mark":"mark-{serial % 1009:04d}","level":{serial % 10},"note":"told by a shelf"'
    if what < 0.95:
        return "search", f'"words":"blue {int(how * 5000)}","results":{int(how * 200)},"locale":"de-DE","sort":"best"'
    return "app_opened", f'"version":"4.{int(how * 30)}.0","build":{serial % 5000},"network":"wifi","cold":true'


def who(person: int, serial: int, *, pairs: bool) -> str:
    """The identifiers of an event as JSON. With `pairs` everybody has two devices; a third of the events name only the device,
    the others the person too, so that a device met before its owner is merged."""
    named = f'"user_id":"user-{person:07d}"'
    if not pairs:
        return named
    draw = serial * 2654435761 >> 7 & 0xFFFF
    device = f'"device_id":"device-{person:07d}-{draw & 1}"'
    return device if draw % 3 == 0 else f"{named},{device}"


def write_events(path: Path, events: int, *, pairs: bool = False) -> int:
    """Write `events` lines sorted by time; returns the bytes written. About one line in 500 is a copy of the line before.
    `pairs`: the same events, said to come from devices of the same people."""
    stream = Stream(events)
    gap = DAYS * 86_400_000 / events
    written, line = 0, ""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for serial in range(events):
            if line and stream.draw() < 0.002:
                written += out.write(line)
                continue
            at = START + int(serial * gap)
            person, kind, properties = stream.next(at, serial)
            stamp = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            line = (
                f'{{"id":"{serial:08x}-5b1d-4c7e-9a30-{serial * 2654435761 & 0xFFFFFFFFFFFF:012x}","type":"{kind}",'
                f'"ts":"{stamp}.{at % 1000:03d}Z",{who(person, serial, pairs=pairs)},"properties":{{{properties}}}}}\n'
            )
            written += out.write(line)
    return written
