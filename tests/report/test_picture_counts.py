"""A trace on a picture: every count is that of the trace, and what comes in goes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rtj.base.errors import InputError
from rtj.cli.graph_words import wordings
from rtj.compile.pipeline import analyse
from rtj.ir.program import Program
from rtj.lang.load import load_project
from rtj.report.picture import END, Picture, boxes, links, sketch, stops
from rtj.report.picture_build import draw
from rtj.report.picture_counts import Census, Traffic, read_counts, strangers, with_counts
from rtj.report.picture_text import plain, text
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.report.pictures import everything, pictures

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"


def lines(*records: dict[str, object]) -> list[bytes]:
    return [json.dumps(record).encode() for record in records]


def counted(*records: dict[str, object]) -> Census:
    return read_counts(lines(*({"journey": "tiny", "instance": str(record.get("i", 1)), **record} for record in records)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, dict[str, Picture], Census, Path]:
    """The shop, what is drawn of it, and a trace of its events."""
    analysis = analyse(load_project((), SHOP))
    program = analysis.compiled.program
    assert program is not None
    words = wordings(analysis)
    trace = tmp_path_factory.mktemp("shop") / "trace.jsonl"
    simulate(
        program,
        SimulateOptions((str(SHOP / "events.jsonl"),), workers=1, now_ms=1_800_000_000_000),
        lambda _: None,
        Outputs(trace=str(trace)),
    )
    with trace.open("rb") as rows:
        census = read_counts(rows)
    return program, {one.name: draw(program, one, words[one.name]) for one in program.journeys}, census, trace


def test_the_shop_adds_up(shop: tuple[Program, dict[str, Picture], Census, Path]) -> None:
    """At every box: who came is who stands, left or went on. Nobody is lost between the entry and the ends."""
    _, drawn, census, _ = shop
    for name, picture in drawn.items():
        traffic = census.journeys[name]
        counts = with_counts(picture, traffic)
        arrived: dict[str, int] = {}
        for link in links(counts):
            arrived[link.head] = arrived.get(link.head, 0) + (link.count or 0)
        for stop in stops(counts.flow):
            if stop.box.kind in ("exit", "holdout"):
                assert stop.box.tallies[0].count == arrived[stop.box.id]
                continue
            out = sum(way.count or 0 for way in stop.ways) + (stop.box.went or 0)
            here = sum(t.count for t in stop.box.tallies if t.words == "stand here" or t.words.startswith("left: "))
            assert arrived[stop.box.id] == out + here, (name, stop.box.id)
        end = next((box for box in boxes(counts) if box.id == END), None)
        assert end is None or end.tallies[0].count == arrived[END]


def test_the_shop_has_the_counts_of_its_trace(shop: tuple[Program, dict[str, Picture], Census, Path]) -> None:
    """Counted again in the plainest way."""
    _, drawn, census, trace = shop
    records = [json.loads(row) for row in trace.read_bytes().splitlines()]
    mine = [record for record in records if record.get("journey") == "abandoned_cart"]
    counts = with_counts(drawn["abandoned_cart"], census.journeys["abandoned_cart"])
    by_id = {box.id: box for box in (*counts.watches, *boxes(counts))}
    sent = sum(r["what"] == "sent" and r["node"] == "nudge" for r in mine)
    assert by_id["nudge"].tallies[0].whole == f"{sent} sent"
    goals = sum(r["what"] == "goal" for r in mine)
    entered = sum(r["what"] == "entered" for r in mine)
    assert by_id["goal:1"].tallies[0].whole == f"{goals} reached it ({100 * goals / entered:.0f}%)"
    assert counts.entered == entered
    gone = sum(r["what"] == "goes" and r["to"] == "voucher" for r in mine)
    assert next(link.count for link in links(counts) if link.head == "cart_voucher") == gone
    still = len({r["instance"] for r in mine if r.get("instance")} - {r["instance"] for r in mine if r["what"] == "left"})
    assert f"{still} still inside" in [tally.whole for tally in counts.tallies]


TINY = """\
journey: tiny
enter: {on: booked}
exit: {on: paid}
do:
  - id: ask
    send: ask
    by: push
    else: [{exit: unreachable}]
  - {id: again, repeat: 3, do: [{id: pause, wait: 1h}]}
"""


def test_rounds_refusals_gates_and_those_who_stand() -> None:
    census = counted(
        {"what": "entered"},
        {"what": "sent", "node": "ask", "channel": "push"},
        {"what": "goes", "node": "again", "to": "round 1"},
        {"what": "waits", "node": "pause"},
        {"what": "goes", "node": "again", "to": "round 2"},
        {"what": "waits", "node": "pause"},
        {"what": "entered", "i": 2},
        {"what": "blocked", "node": "ask", "channel": "push", "gate": "cap", "i": 2},
        {"what": "goes", "node": "ask", "to": "else", "i": 2},
        {"what": "left", "node": "exit", "reason": "unreachable", "i": 2},
        {"what": "entered", "i": 3},
        {"what": "held", "node": "ask", "channel": "push", "i": 3},
        {"what": "left", "node": "ask", "reason": "exit", "i": 3},
        {"what": "refused", "reason": "again", "instance": ""},
    )
    picture = with_counts(pictures(TINY)["tiny"], census.journeys["tiny"])
    told = plain(text(picture, 80))
    for said in ("3 entered", "1 not let in: entered before", "1 sent", "1 not sent: over a cap", "1 held in quiet hours",
                 "1 stand here", "each round   2", "1 left here", "1 left so", "1 still inside"):  # fmt: skip
        assert said in told, said
    assert sketch(picture).counts == "3 entered · 1 still inside"
    assert strangers(picture, census.journeys["tiny"]) == 0


def test_nodes_that_are_not_there_any_more_are_counted() -> None:
    census = counted({"what": "goes", "node": "gone", "to": "case 1"}, {"what": "left", "node": "gone", "reason": "exit"})
    assert strangers(everything(), census.journeys["tiny"]) == 2


def test_a_journey_that_nobody_entered_has_noughts() -> None:
    picture = with_counts(everything(), Traffic())
    assert picture.tallies[0].whole == "0 entered"
    assert all((link.count or 0) == 0 for link in links(picture))


@pytest.mark.parametrize("row", [b"no json", b'{"what": 3}', b'{"at": "x"}', b"[1]", b'{"what": "\xff"}'])
def test_what_is_no_trace_is_named_by_its_line(row: bytes) -> None:
    with pytest.raises(InputError, match=r"t\.jsonl, line 2: not a record of a trace"):
        read_counts([b'{"what":"header","program":"abc"}\n', row], "t.jsonl")


def test_audiences_and_people_are_no_journeys() -> None:
    census = read_counts(lines({"what": "joined", "audience": "x"}, {"what": "left", "audience": "x"}, {"what": "born"}))
    assert census.journeys == {}
