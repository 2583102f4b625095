"""Streams that are made to hurt: one person with everything, one identifier of everybody, everything at one instant. Each is done
in a time that grows with the stream and no faster, in both ways of running."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import msgspec
import pytest

from rtj.compile import compile_text
from rtj.ir.program import Program
from rtj.ir.result import SimulateResult
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate

START = 1_767_261_600_000  # 2026-01-01T10:00Z
MINUTE, DAY = 60_000, 86_400_000
PROJECT = """\
project: bombs
timezone: Europe/Berlin
identity:
  user:   {kind: person, priority: 1, unique: true}
  email:  {kind: person, priority: 2}
  device: {kind: device, priority: 3}
  cookie: {kind: cookie, priority: 4}
events:
  view: {item: string?, n: number?}
  buy:  {total: number}
profile:
  items: distinct(view.item) over 30d
  spent: sum(buy.total) over 30d
  views: count(view) over 3650d
  sum:   sum(view.n) over 3650d
  most:  max(view.n) over 3650d
audiences:
  rich:  profile.spent > 100
  loyal: profile.views > 50 and profile.sum > 10
channels:
  push: {purpose: marketing, default: granted}
caps:
  week: {at_most: 2, per: 7d}
quiet_hours: {from: "22:00", to: "08:00"}
holdout: {share: 5%, salt: x}
"""
BOUGHT = """\
journey: bought
enter: {on: buy, again: always}
goal: {on: buy within 2d}
do:
  - {id: rest, wait: until 2026-02-01T09:00}
  - {send: hello, by: push}
"""
VIEWED = """\
journey: viewed
enter: {on: 3 view within 1h same event.item, again: always}
do:
  - {send: hi, by: push}
  - {id: things, collect: view, for: 1d, max: 50, as: things}
"""
Record = dict[str, Any]


@cache
def program(many: int = 1) -> Program:
    journeys = [BOUGHT.replace("journey: bought", f"journey: bought_{number}") for number in range(many)]
    compiled = compile_text(PROJECT, VIEWED, *journeys)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def event(number: int, ts: int, **ids: str) -> Record:
    kind = ("view", "buy", "view")[number % 3]
    return {"id": str(number), "type": kind, "ts": ts, **ids, "properties": {"item": f"i{number % 500}", "n": 1, "total": 1}}


def one_person(count: int) -> Iterator[Record]:
    return (event(n, START + n * MINUTE, user="u") for n in range(count))


def at_once(count: int) -> Iterator[Record]:
    return (event(n, START, user=f"u{n}") for n in range(count))


def ten_years(count: int) -> Iterator[Record]:
    return (event(n, START - 3650 * DAY + n * (3650 * DAY // count), user="u") for n in range(count))


def shared_device(count: int) -> Iterator[Record]:
    return (event(n, START + n, user=f"u{n}", device="d") for n in range(count))


def many_devices(count: int) -> Iterator[Record]:
    return (event(n, START + n, user="u", device=f"d{n}") for n in range(count))


def linked_by_one(count: int) -> Iterator[Record]:
    """Everybody was there before the address came that they all have."""
    yield from (event(n, START + n, cookie=f"c{n}") for n in range(count))
    yield from (event(count + n, START + count + n, cookie=f"c{n}", email="x@x.org") for n in range(count))


def one_id(count: int) -> Iterator[Record]:
    return ({**event(n, START + n, user=f"u{n}"), "id": "0"} for n in range(count))


BOMBS = {
    one_person: 15_000,
    at_once: 30_000,
    ten_years: 12_000,
    shared_device: 20_000,
    many_devices: 10_000,
    linked_by_one: 8_000,
    one_id: 30_000,
}
SECONDS = 30  # of a busy machine; what grows with the square takes minutes


def timed(folder: Path, records: Iterator[Record], order: Any, made: Program | None = None) -> SimulateResult:
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    begin = process_time()
    asked = SimulateOptions((str(path),), order, until=START + 40 * DAY, now_ms=START + 400 * DAY, workers=1)
    result = simulate(made or program(), asked, None, Outputs(messages=str(folder / "messages")))
    assert process_time() - begin < SECONDS
    return result


@pytest.mark.long
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_a_bomb(bomb: Any, tmp_path: Path) -> None:
    grouped, ordered = (timed(tmp_path, bomb(BOMBS[bomb]), order) for order in ("ts", "arrival"))
    assert grouped.counts == ordered.counts
    assert grouped.profiles == ordered.profiles


@pytest.mark.long
def test_hundreds_of_journeys_entered_by_one_event(tmp_path: Path) -> None:
    done = timed(tmp_path, (event(n, START + n * MINUTE, user=f"u{n % 3}") for n in range(30)), "ts", program(300))
    assert sum(n for key, n in done.counts.items() if key[0] == "entered") >= 900
