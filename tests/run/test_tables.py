"""Tables that events fill, in a run of files: however it is run, rows are those of the order of work, with the same bytes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from rtj.compile import compile_text
from rtj.engine import tables
from rtj.ir.program import Program
from tests.run.shop import MINUTE, PROJECT, Ran, event, run, stream, write

SHELF = PROJECT.replace("  restocked: {item: string}", "  restocked: {item: string}\n  counted: {item: string, left: number?}")
SHELF = SHELF.replace("channels:", "  wanted: last(product_view.item)\n  worth: sum(shelf[add_to_cart.item].left)\nchannels:")
SHELF += "tables:\n  shelf: {key: item, from: counted, fields: {left: number}}\n"
SHELF += "audiences:\n  lucky: shelf[profile.wanted].left > 5\n"
LUCK = """\
journey: luck
enter: {on: joining lucky, again: always}
goal: {when: "shelf['i1'].left > 8"}
do:
  - {id: w, wait: 3m}
  - {send: left, by: push, with: "n = shelf[profile.wanted].left ?? 0"}
"""
CART = """\
journey: cart
enter: {on: add_to_cart, as: cart, when: "shelf[cart.item].left > 2", again: always}
do:
  - {send: hurry, by: push, with: "n = shelf[cart.item].left ?? 0, worth = profile.worth"}
"""


@pytest.fixture(scope="module")
def program() -> Program:
    compiled = compile_text(SHELF, LUCK, CART)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


def counted(seed: int) -> list[dict[str, Any]]:
    """The stream of the shop, and what was counted on its shelves, at instants of others too."""
    random = Random(seed)
    events = stream(seed, 200)
    for number in range(80):
        at = random.choice(events)["ts"]
        left = random.choice([None, *range(10)])
        events.append(event(f"c{number}", "counted", at, {"item": f"i{random.randrange(3)}", "left": left}))
    return sorted(events, key=lambda e: str(e["ts"]))


def same(one: Ran, other: Ran) -> None:
    assert one.trace == other.trace
    assert one.messages == other.messages
    assert one.result.counts == other.result.counts


@pytest.mark.parametrize("seed", range(4))
def test_ordered_and_grouped_by_any_number_of_workers(tmp_path: Path, program: Program, seed: int) -> None:
    path = write(tmp_path / "events.jsonl", counted(seed))
    alone = run(tmp_path, path, project=program)
    assert any(key[0] == "sent" for key in alone.result.counts)
    same(alone, run(tmp_path, path, project=program, workers=2))
    same(alone, run(tmp_path, path, project=program, order="arrival"))


def test_a_table_keeps_its_bound(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more keys than a table holds, the later ones get no row, and it is counted, by one worker for all."""
    monkeypatch.setattr(tables, "ROWS_MAX", 2)
    events = [event(n, "counted", n * MINUTE, {"item": f"i{n}", "left": 9}) for n in range(5)]
    events.append(event("v", "Product Viewed", 9 * MINUTE, {"item": "i4"}, email="a@x.org"))
    path = write(tmp_path / "events.jsonl", events)
    one = run(tmp_path, path, project=program)
    assert one.result.counts["table_full", "shelf"] == 3
    same(one, run(tmp_path, path, project=program, order="arrival"))
