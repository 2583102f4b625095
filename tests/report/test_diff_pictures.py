"""Pictures of a difference are drawn from compiled programs alone, and stand in the page."""

from __future__ import annotations

import pytest

from rtj.compile.pipeline import analyse
from rtj.ir.program import Program
from rtj.lang.load import load_text
from rtj.plan.changes import Change, Diff, Evidence, JourneyDiff, Judged
from rtj.plan.sides import Side
from rtj.report.diff_html import page
from rtj.report.diff_pictures import overlaid
from rtj.report.diff_places import NOWHERE
from rtj.report.picture import boxes, sketch
from tests.report.pictures import EVERYTHING, PROJECT, SEQUEL


def compiled(journey: str) -> Program:
    program = analyse(load_text(PROJECT, journey, SEQUEL)).compiled.program
    assert program is not None
    return program


def test_a_journey_with_every_node_is_drawn_with_what_is_gone_and_who_stands_there() -> None:
    old = Side("old", compiled(EVERYTHING))
    new = Side("new", compiled(EVERYTHING.replace("  - {id: pause, wait: 1h30m}\n", "")))
    gone = Judged(Change("D102", "breaking", "pause", node="pause", concerns="here"), "breaking", Evidence(7, 9))
    diff = Diff("old", "new", "", "", (), (JourneyDiff("everything", "changed", (gone,), standing={"pause": 7, "ask": 2}),))
    picture = overlaid(diff, old, new)["everything"]
    marked = {box.id: (box.mark, [tally.whole for tally in box.tallies]) for box in boxes(picture) if box.mark}

    assert marked == {"was:pause": ("removed", ["7 stand here"])}
    pytest.importorskip("pygraphviz")
    from rtj.report.picture_svg import draw_svg

    text = page(diff, None, NOWHERE, {"everything": draw_svg(sketch(picture))}).decode()
    assert "m-removed" in text and "7" in text
