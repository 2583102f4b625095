"""What is told of two versions of a small project: names, shifts, costs, reasons, events that fit one version only, bad input."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rtj.base.errors import InputError, UsageError
from rtj.compile import compile_text
from rtj.ir.comparison import Comparison, Place, Tally
from rtj.ir.journey import Moved, Share, Split
from rtj.ir.program import Program
from rtj.run.comparing import compare, compare_one
from rtj.run.options import CompareOptions, SimulateOptions

DAY = 86_400_000
NOW = 1_800_000_000_000
PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user: {kind: person, priority: 1}
  email: {kind: person, priority: 2}
events:
  cart: {value: number, item: string?}
  buy: {total: number}
channels:
  email: {purpose: transactional}
  sms: {purpose: transactional}
profile:
  orders: count(buy)
"""
CART = """\
journey: cart
enter: {on: cart, as: basket, again: never}
goal: {on: buy}
do:
  - id: big_spender
    branch:
      - when: basket.value >= 50
        do:
          - {id: rest, wait: 1d}
          - {send: offer, by: email, with: item = basket.item}
      - else:
          - {send: hello, by: email}
"""


def compiled(project: str = PROJECT, *journeys: str) -> Program:
    found = compile_text(project, *(journeys or (CART,)))
    assert found.program is not None, found.diagnostics
    return found.program


def record(number: int, kind: str, day: int, who: str, **properties: Any) -> dict[str, Any]:
    ts = f"2026-03-{day:02}T09:00:00Z"
    return {"id": f"e{number}", "type": kind, "ts": ts, "user": who, "properties": properties}


STREAM = [
    *(record(n, "cart", 2, f"u{n}", value=20 * n, item="tea") for n in range(1, 6)),  # 20, 40, 60, 80, 100
    record(10, "buy", 20, "u9", total=1),
]


def written(folder: Path, records: list[Any] | bytes = STREAM) -> str:
    path = folder / "events.jsonl"
    path.write_bytes(records if isinstance(records, bytes) else b"".join(msgspec.json.encode(r) + b"\n" for r in records))
    return str(path)


def compared(folder: Path, old: Program, new: Program, records: list[Any] | bytes = STREAM, **options: Any) -> Comparison:
    more = {name: options.pop(name) for name in ("examples", "texts") if name in options}
    replay = SimulateOptions((written(folder, records),), workers=options.pop("workers", 1), now_ms=NOW, **options)
    return compare(old, new, CompareOptions(replay, **more))


def found(comparison: Comparison) -> dict[Place, tuple[int, int]]:
    return {d.place: (d.count, d.people) for d in comparison.differences}


def test_nothing_is_a_result_too(tmp_path: Path) -> None:
    one = compared(tmp_path, compiled(), compiled())
    assert (one.people, one.same, one.differ, one.read.events) == (6, 6, 0, 6)
    assert one.differences == one.examples == ()


def test_a_tighter_condition_is_explained(tmp_path: Path) -> None:
    one = compared(tmp_path, compiled(), compiled(PROJECT, CART.replace(">= 50", ">= 70")))
    assert found(one) == {
        Place("exit", "cart"): (1, 1),
        Place("more", "cart", "hello", after="email"): (1, 1),
        Place("fewer", "cart", "offer", before="email"): (1, 1),
    }
    (example,) = one.examples
    assert example.profile == "user:u3"
    assert example.why == (
        "at node `big_spender` 2026-03-02 10:00: `basket.value >= 70` does not hold, as `basket.value >= 50` did; goes to `else`"
    )
    assert example.old is not None
    assert example.new is not None
    assert (example.old["to"], example.new["to"]) == ("arm 1", "else")
    assert Tally("cart", "entered", (), 5, 5) in one.tallies


def test_shifts_are_measured_and_fall_into_bins(tmp_path: Path) -> None:
    one = compared(tmp_path, compiled(), compiled(PROJECT, CART.replace("wait: 1d", "wait: 3d")))
    (later,) = [d for d in one.differences if d.place.kind == "later"]
    assert (later.count, later.people, later.least_ms, later.median_ms, later.most_ms) == (3, 3, 2 * DAY, 2 * DAY, 2 * DAY)
    assert [(s.bin, s.later) for s in one.shifts if s.later or s.earlier] == [("3d", 3)]
    assert one.examples[0].why == "at node `rest` 2026-03-02 10:00: waits until 2026-03-05 10:00, before until 2026-03-03 10:00"


def test_other_content_other_channel_and_another_text(tmp_path: Path) -> None:
    edited = CART.replace("item = basket.item", "item = 'tee'").replace("send: hello, by: email", "send: hello, by: sms")
    one = compared(tmp_path, compiled(), compiled(PROJECT, edited))
    assert found(one) == {
        Place("content", "cart", "offer", "email", "email"): (3, 3),
        Place("channel", "cart", "hello", "email", "sms"): (2, 2),
    }
    text = compared(tmp_path, compiled(), compiled(), texts=frozenset(["hello"]))
    assert found(text) == {Place("content", "cart", "hello", "email", "email"): (2, 2)}
    assert {example.why for example in text.examples} == {"the text of `hello` is another"}


def test_another_arm(tmp_path: Path) -> None:
    def drawn(first: int) -> Program:
        base = compiled(PROJECT, "journey: cart\nenter: {on: cart, again: never}\ndo:\n  - {id: lot, wait: 1h}\n")
        lot = Split("lot", "salt", (Share("a", first), Share("b", 1_000_000 - first)))
        (journey,) = base.journeys
        return msgspec.structs.replace(base, journeys=(msgspec.structs.replace(journey, nodes=(lot,)),))

    one = compared(tmp_path, drawn(1_000_000), drawn(0))
    assert found(one) == {Place("arm", "cart", "lot", "a", "b"): (5, 5)}
    assert one.examples[0].why.endswith("is drawn for `b`, before for `a`")


def test_renamed_journeys_and_nodes_are_compared_under_one_name(tmp_path: Path) -> None:
    edited = CART.replace("journey: cart", "journey: basket").replace("id: rest", "id: night").replace("big_spender", "rich")
    new = compiled(PROJECT, edited)
    (journey,) = new.journeys
    assert compared(tmp_path, compiled(), new).differ == 5
    moved = (Moved("rest", "night"), Moved("big_spender", "rich"))
    new = msgspec.structs.replace(new, journeys=(msgspec.structs.replace(journey, formerly="cart", moved=moved),))
    one = compared(tmp_path, compiled(), new)
    assert (one.differ, one.people) == (0, 6)
    assert {tally.journey for tally in one.tallies} == {"basket"}
    assert all(tally.before == tally.after for tally in one.tallies)


def test_what_messages_cost(tmp_path: Path) -> None:
    old, new = compiled(), compiled(PROJECT, CART.replace("send: hello, by: email", "send: hello, by: sms"))
    price = {"email": 0.5, "sms": 2.0}

    def priced(program: Program) -> Program:
        channels = tuple(msgspec.structs.replace(c, cost=price[c.name]) for c in program.channels)
        return msgspec.structs.replace(program, channels=channels, currency="EUR")

    costs = compared(tmp_path, priced(old), priced(new)).costs
    assert (costs.before, costs.after) == (2.5, 5.5)  # five by email; three by email and two by sms
    assert (costs.before_per_1000, costs.after_per_1000) == (round(2500 / 6, 6), round(5500 / 6, 6))
    assert [(c.channel, c.before, c.after) for c in costs.channels] == [("email", 2.5, 1.5), ("sms", 0.0, 4.0)]


NARROW = PROJECT.replace("item: string?", "item: string")


@pytest.mark.parametrize("workers", [1, 2])
def test_events_that_fit_one_version_only(tmp_path: Path, workers: int) -> None:
    """They are counted, with a reason and an example, and take part where they fit."""
    records = [*STREAM[:4], record(5, "cart", 2, "u5", value=100), record(6, "cart", 3, "u6", value=10), *STREAM[5:]]
    one = compared(tmp_path, compiled(), compiled(NARROW), records, workers=workers)
    assert found(one) == {
        Place("entry", "cart"): (2, 2),
        Place("exit", "cart"): (2, 2),
        Place("fewer", "cart", "offer", before="email"): (1, 1),
        Place("fewer", "cart", "hello", before="email"): (1, 1),
    }
    (misfit,) = one.read.misfits
    assert (misfit.side, misfit.type, misfit.count) == ("new", "cart", 2)
    assert misfit.why == "Object missing required field `item`"
    assert json.loads(misfit.example)["id"] == "e5"
    assert (one.read.old_dead, one.read.new_dead) == ((), (("properties", 2),))
    assert one.remarks
    back = compared(tmp_path, compiled(NARROW), compiled(), records, workers=workers)
    assert (back.read.misfits[0].side, back.read.old_dead) == ("old", (("properties", 2),))
    with pytest.raises(InputError, match="does not fit the new version"):
        compared(tmp_path, compiled(), compiled(NARROW), records, workers=workers, strict=True)


def test_a_stream_that_fails_the_new_schema_entirely(tmp_path: Path) -> None:
    one = compared(
        tmp_path, compiled(), compiled(PROJECT.replace("value: number", "value: string"), CART.replace(">= 50", "== 'a'"))
    )
    assert sum(t.before for t in one.tallies if t.what == "entered") == 5
    assert sum(t.after for t in one.tallies if t.what == "entered") == 0
    assert one.read.misfits[0].count == 5
    assert "100" in one.read.misfits[0].example or "20" in one.read.misfits[0].example


def test_a_type_that_one_version_declares(tmp_path: Path) -> None:
    news = PROJECT.replace("  buy:", "  gift: {to: string}\n  buy:")
    journey = "journey: gift\nenter: {on: gift, again: never}\ndo:\n  - {send: thanks, by: email}\n"
    records = [*STREAM, record(20, "gift", 4, "u1", to="ada"), record(21, "gift", 5, "u2"), record(22, "odd", 6, "u2")]
    one = compared(tmp_path, compiled(), compiled(news, CART, journey), records)
    assert one.read.old_unknown == (("gift", 2), ("odd", 1))
    assert one.read.new_unknown == (("odd", 1),)
    assert [(m.side, m.type, m.count) for m in one.read.misfits] == [("new", "gift", 1)]
    assert found(one)[Place("more", "gift", "thanks", after="email")] == (1, 1)


def test_versions_that_tell_people_apart_otherwise_are_replayed_apart(tmp_path: Path) -> None:
    new = compiled(PROJECT.replace("email: {kind: person, priority: 2}", "email: {kind: person, priority: 2, unique: true}"))
    records = [*STREAM, {**record(30, "cart", 3, "u8", value=90), "email": "a@x.org"}]
    one = compared(tmp_path, compiled(), new, records)
    assert one.apart == ("namespaces of identifiers are declared otherwise",)
    assert (one.people, one.differ) == (7, 0)
    shorter = compiled(PROJECT + "dedupe: 1m\n", CART.replace("wait: 1d", "wait: 2d"))
    two = compared(tmp_path, compiled(), shorter, records)
    assert len(two.apart) == 1
    assert found(two)[Place("later", "cart", "offer", "email", "email")] == (4, 4)
    assert two.examples[0].why.startswith("at node `rest`")


def test_what_is_pii_is_masked(tmp_path: Path) -> None:
    labelled = PROJECT.replace("user: {kind: person, priority: 1}", "user: {kind: person, priority: 1, labels: [pii]}")
    labelled = labelled.replace("item: string?", "item: {type: string?, labels: [pii]}")
    old, new = compiled(labelled), compiled(labelled, CART.replace("item = basket.item", '"item = basket.item, more = 1"'))
    one = compared(tmp_path, old, new)
    assert one.differ == 3
    for text in (msgspec.json.encode(one), msgspec.json.encode(lives(tmp_path, old, new, "user:u3"))):
        assert b"tea" not in text
        assert b'u3"' not in text
    shown = compared(tmp_path, old, new, show_pii=True)
    assert b"tea" in msgspec.json.encode(shown)
    narrow = compiled(labelled.replace("string?, labels", "string, labels"))
    records = [record(40, "cart", 2, "u5", value=987654321), *STREAM]
    assert "u5" not in compared(tmp_path, old, narrow, records).read.misfits[0].example


def lives(folder: Path, old: Program, new: Program, who: str) -> Any:
    return compare_one(old, new, CompareOptions(SimulateOptions((written(folder),), workers=1, now_ms=NOW)), who)


def test_two_lives_beside_each_other(tmp_path: Path) -> None:
    one = lives(tmp_path, compiled(), compiled(PROJECT, CART.replace(">= 50", ">= 70")), "u3")
    assert one.first == 2
    told = [(p.old and p.old["what"], p.new and p.new["what"], p.same) for p in one.pairs]
    assert told[:3] == [("born", "born", True), ("entered", "entered", True), ("goes", "goes", False)]
    assert ("sent", None, False) in told
    assert "does not hold" in one.why
    same = lives(tmp_path, compiled(), compiled(), "user:u3")
    assert same.first is None
    assert all(p.same for p in same.pairs)
    assert lives(tmp_path, compiled(), compiled(), "nobody").pairs == ()


def test_examples_are_bounded_and_do_not_depend_on_workers(tmp_path: Path) -> None:
    records = [record(n, "cart", 1 + n % 28, f"u{n}", value=60) for n in range(400)]
    old, new = compiled(), compiled(PROJECT, CART.replace("wait: 1d", "wait: 2d"))
    one = compared(tmp_path, old, new, records, examples=3, drain=True)
    assert one.differ == 400
    assert len(one.examples) == 3
    assert compared(tmp_path, old, new, records, examples=3, drain=True, workers=4) == one
    assert len(compared(tmp_path, old, new, records, examples=0, drain=True).examples) == 0


@pytest.mark.parametrize("text", [b"", b"\n\n"])
def test_an_empty_stream(tmp_path: Path, text: bytes) -> None:
    one = compared(tmp_path, compiled(), compiled(PROJECT, CART.replace(">= 50", ">= 70")), text)
    assert (one.people, one.differences, one.read.end) == (0, (), None)
    assert one.costs.after_per_1000 == 0


def test_dead_letters_count_for_both(tmp_path: Path) -> None:
    text = b"".join(msgspec.json.encode(r) + b"\n" for r in STREAM) + b'{"type": 3}\nno json\n'
    one = compared(tmp_path, compiled(), compiled(), text)
    assert one.read.old_dead == one.read.new_dead
    assert sum(n for _, n in one.read.old_dead) == 2
    with pytest.raises(InputError):
        compared(tmp_path, compiled(), compiled(), text, strict=True)
    with pytest.raises(InputError):
        compare(compiled(), compiled(), CompareOptions(SimulateOptions((str(tmp_path / "none.jsonl"),))))
    with pytest.raises(UsageError):
        compared(tmp_path, compiled(), compiled(), order="arrival")


@pytest.mark.parametrize("project", [PROJECT, PROJECT + "dedupe: 1m\n"])
def test_a_pipe_is_read_once(tmp_path: Path, project: str) -> None:
    text = Path(written(tmp_path)).read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=lambda: pipe.write_bytes(text), daemon=True)
    feeder.start()
    replay = SimulateOptions((str(pipe),), workers=1, now_ms=NOW)
    one = compare(compiled(), compiled(project, CART.replace(">= 50", ">= 70")), CompareOptions(replay))
    feeder.join()
    assert one.differ == 1
