"""Differences told for terminals: worst first, folded and counted, within the width, plain where it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from rtj.cli.render import Paper
from rtj.cli.render_diff import render_diff, render_end
from rtj.cli.screen import paint, width
from rtj.plan.changes import Change, Diff, JourneyDiff, Judged
from rtj.report.diff_places import NOWHERE, Places, Where
from rtj.report.diff_text import told
from tests.report.diff_case import NASTY_PLACES, PLACES, many, nasty, rich, same

Golden = Callable[[str, str], None]


def shown(diff: Diff, places: Places, columns: int, color: str = "plain") -> str:
    report, paper = told(diff, places), Paper(columns, True)
    return paint([*render_diff(report, paper), *render_end(report, paper)], color == "colour")


@pytest.mark.parametrize("color", ["plain", "colour"])
@pytest.mark.parametrize("columns", [0, 80, 120])
def test_a_rich_one_is_told(golden: Golden, columns: int, color: str) -> None:
    golden(f"diff/rich-{columns}-{color}.out", shown(rich(), PLACES, columns, color))


def test_no_difference_is_one_line() -> None:
    assert shown(same(), NOWHERE, 80) == "no difference from main to working tree\n"


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_row_is_wider_than_the_terminal(columns: int) -> None:
    for diff, places in ((rich(), PLACES), (nasty(), NASTY_PLACES)):
        wide = [row for row in shown(diff, places, columns).splitlines() if width(row) > columns]
        assert wide == []


def test_millions_of_changes_are_counted_and_folded_at_once() -> None:
    diff = many(2_000_000)
    began = time.process_time()
    text = shown(diff, NOWHERE, 80)

    assert time.process_time() - began < 20
    assert "and 1,999,992 more of D114; --format json has all" in text
    assert "2,000,000 behaviour" in text
    assert len(text.splitlines()) < 20


def test_many_journeys_are_folded_and_counted_by_level() -> None:
    change = Judged(Change("D114", "behaviour", "entry 1 when"), "behaviour")
    worse = Judged(Change("D102", "breaking", "gone"), "breaking")
    journeys = tuple(JourneyDiff(f"j{number}", "changed", (worse if number == 4999 else change,)) for number in range(5000))
    text = shown(Diff("a", "b", "", "", (), journeys), NOWHERE, 80)

    assert text.splitlines()[2] == "journey j4999  BREAKING"
    assert "and 4,960 more journeys: 4,960 behaviour; --format json has all" in text
    assert "1 breaking, 0 needs migration, 4,999 behaviour, 0 safe" in text


def test_nothing_in_names_and_texts_reaches_the_terminal_as_a_command() -> None:
    text = shown(nasty(), NASTY_PLACES, 80)
    assert not {char for char in text if ord(char) < 32 and char != "\n"}
    assert "\u202e" not in text


def test_a_text_that_is_very_long_is_cut_and_says_so() -> None:
    change = Judged(Change("D114", "behaviour", "entry 1 when", "x " * 9000, "y"), "behaviour")
    text = shown(Diff("a", "b", "", "", (), (JourneyDiff("j", "changed", (change,)),)), NOWHERE, 80)

    assert "more rows" in text
    assert len(text) < 4000


def test_a_place_is_that_of_the_smallest_part_that_is_known() -> None:
    offer = ("journey", "welcome", "node", "offer")
    assert (found := PLACES.new((*offer, "case", "2", "after"))) is not None
    assert found.line == 31
    assert (found := PLACES.new((*offer, "case", "1"))) is not None
    assert found.line == 1
    assert PLACES.old(None) is None
    assert PLACES.new(("audience", "vip")) is None


@pytest.mark.parametrize(
    ("file", "suggest", "shown_as"),
    [
        ("a.journey", "moved: {nudge: nudge_sms}", "moved nudge to nudge_sms"),
        ("a.journey", "dropped: {nudge: exit}", "dropped nudge to exit"),
        ("a.journey", "timers: restart", "timers restart"),
        ("a.journey", "formerly: hello in welcome", "formerly hello in welcome"),
        ("a.journey.yaml", "moved: {nudge: nudge_sms}", "moved: {nudge: nudge_sms}"),
    ],
)
def test_what_could_be_written_is_in_the_spelling_of_the_file(file: str, suggest: str, shown_as: str) -> None:
    spot = "journey", "welcome"
    change = Change("D102", "breaking", "nudge", journey="welcome", was=(*spot, "node", "nudge"), suggest=suggest)
    diff = Diff("a", "b", "", "", (), (JourneyDiff("welcome", "changed", (Judged(change, "breaking"),)),))

    assert f"write: {shown_as}\n" in shown(diff, Places({}, {spot: Where(file, 1, 1, 1, 2)}), 80)


@pytest.mark.parametrize(("codes", "told_to"), [(("D103", "D107"), "look whether that is meant"), (("D103", "D142"), "say what")])
def test_who_has_said_what_becomes_of_people_is_not_asked_again(codes: tuple[str, ...], told_to: str) -> None:
    rows = tuple(Judged(Change(code, "needs-migration", code, journey="one"), "needs-migration") for code in codes)
    text = shown(Diff("a", "b", "", "", (), (JourneyDiff("one", "changed", rows),)), NOWHERE, 0)

    assert told_to in text


@pytest.mark.parametrize(("code", "told_to"), [("D102", "have no place"), ("D154", "take it back"), ("D155", "take it back")])
def test_a_place_is_offered_only_where_one_is_gone(code: str, told_to: str) -> None:
    row = Judged(Change(code, "breaking", "one", journey="one"), "breaking")
    text = shown(Diff("a", "b", "", "", (), (JourneyDiff("one", "changed", (row,)),)), NOWHERE, 0)

    assert told_to in text
    assert ("`moved`" in text) == (code == "D102")
