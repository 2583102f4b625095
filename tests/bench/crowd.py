"""Many people of whom little is known: a seeded stream in which everybody signs up once, buys once and looks at two things within
28 days, and the project that keeps ten attributes, two windows and five audiences of each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

SEED = 11
START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
DAYS = 28
EACH = 4  # events of a person
COUNTRIES = ("DE", "AT", "CH", "FR", "NL", "PL", "IT", "ES")

PROJECT = """\
project: crowd
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  signed_up:
    first_name: string
    last_name: string
    email: string
    country: string
    city: string
    plan: string
    born: date
    stars: number
    height: number
    newsletter: bool
  product_view: {item: string, price: number}
  purchase: {order_id: string, total: number}
profile:
  first_name: {from: signed_up.first_name, type: string?}
  last_name:  {from: signed_up.last_name, type: string?}
  email:      {from: signed_up.email, type: string?}
  country:    {from: signed_up.country, type: string?}
  city:       {from: signed_up.city, type: string?}
  plan:       {from: signed_up.plan, type: string?}
  born:       {from: signed_up.born, type: date?}
  stars:      {from: signed_up.stars, type: number?}
  height:     {from: signed_up.height, type: number?}
  newsletter: {from: signed_up.newsletter, type: bool?}
  spend_30d:  sum(purchase.total) over 30d
  views_30d:  count(product_view) over 30d
audiences:
  spenders:  profile.spend_30d > 190
  lookers:   profile.views_30d >= 2
  germans:   profile.country == 'DE'
  payers:    profile.plan == 'paid' and profile.spend_30d > 0
  readers:   profile.newsletter and audience.lookers
channels:
  email: {purpose: marketing, default: granted}
"""
JOURNEY = """\
journey: thanks
enter: {on: joining spenders, again: never}
do:
  - {send: thanks, by: email, with: name = profile.first_name}
"""


def write_crowd_project(folder: Path) -> None:
    """Write the project."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "thanks.journey.yaml").write_text(JOURNEY, encoding="utf-8")


def write_crowd(path: Path, people: int) -> int:
    """Write the stream sorted by time; returns how many events it holds. The same number of people gives the same bytes."""
    draw = Random(SEED).random
    count = people * EACH
    gap = DAYS * 86_400_000 / count
    order = list(range(people))
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for serial in range(count):
            turn, place = divmod(serial, people)
            if place == 0:  # everybody once, in a new order
                Random(SEED + turn).shuffle(order)
            person = order[place]
            at = START + int(serial * gap)
            stamp = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            if turn == 0:
                kind, properties = "signed_up", sign_up(person, draw())
            elif turn == 2:
                kind, properties = "purchase", f'"order_id":"order-{serial:08x}","total":{int(draw() * 20000) / 100:.2f}'
            else:
                price = int(draw() * 9000) / 100
                kind, properties = "product_view", f'"item":"item-{serial % 5000:05d}","price":{price:.2f}'
            out.write(
                f'{{"id":"{serial:08x}-5b1d-4c7e-9a30-{serial * 2654435761 & 0xFFFFFFFFFFFF:012x}","type":"{kind}",'
                f'"ts":"{stamp}.{at % 1000:03d}Z","user_id":"user-{person:07d}","properties":{{{properties}}}}}\n'
            )
    return count


def sign_up(person: int, luck: float) -> str:
    """The ten properties, as JSON without the braces."""
    some = int(luck * 1_000_000)
    return (
        f'"first_name":"Name{some % 3000:04d}","last_name":"Family{some % 20011:05d}","email":"user.{person:07d}@example.com",'
        f'"country":"{COUNTRIES[some % 8]}","city":"City{some % 997:03d}","plan":"{"paid" if luck < 0.3 else "free"}",'
        f'"born":"{1950 + some % 60}-{1 + some % 12:02d}-{1 + some % 28:02d}","stars":{some % 6},'
        f'"height":{1.5 + some % 50 / 100:.2f},"newsletter":{"true" if luck < 0.6 else "false"}'
    )
