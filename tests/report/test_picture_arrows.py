"""Arrows of two versions: none is lost, each is marked as what it is, and what lies between two boxes is drawn once."""

from __future__ import annotations

import pytest

from rtj.report.picture import Line, Link, Way
from rtj.report.picture_arrows import arrows

Told = set[tuple[str, str, str]]


def flow(*names: str) -> list[Link]:
    """Boxes one behind the other; `a>x=words` leads from a box to another by a way."""
    found = []
    for name in names:
        tail, _, head = name.partition(">")
        head, _, words = head.partition("=")
        found.append(Link(tail, head, Way((Line("when", words),), words[:1]) if words else None))
    return found


def both_of(old: list[Link], new: list[Link]) -> tuple[Link, ...]:
    """The arrows of both, of boxes that stand below each other as they come in the new version."""
    ends = [end for link in (*new, *old) for end in (link.tail, link.head)]
    return arrows(old, new, {name: place for place, name in enumerate(dict.fromkeys(ends))})


def told(old: list[Link], new: list[Link]) -> Told:
    return {(f"{link.tail}>{link.head}", link.mark, link.way.whole if link.way else "") for link in both_of(old, new)}


@pytest.mark.parametrize(("old", "new", "both"), [
    (("a>b",), ("a>b",), {("a>b", "")}),
    (("a>b",), ("a>n", "n>b"), {("a>n", ""), ("n>b", "added")}),
    (("a>was:x", "was:x>b"), ("a>b",), {("a>was:x", ""), ("was:x>b", "removed")}),
    (
        ("a>was:x", "was:x>b"), ("a>n", "n>b"),
        {("a>was:x", "removed"), ("was:x>b", "removed"), ("a>n", "added"), ("n>b", "added")},
    ),
    (("a>b", "b>c"), ("a>c", "c>b"), {("a>b", "removed"), ("b>c", "removed"), ("a>c", "added"), ("c>b", "added")}),
], ids=["same", "put between", "taken from between", "put in its place", "order"])  # fmt: skip
def test_straight_ways(old: tuple[str, ...], new: tuple[str, ...], both: set[tuple[str, str]]) -> None:
    assert {(ends, mark) for ends, mark, _ in told(flow(*old), flow(*new))} == both


def test_a_branch_that_is_gone_and_let_nobody_by_is_beside_the_way_on() -> None:
    old = flow("a>was:which", "was:which>was:left=yes", "was:which>was:right=no")
    assert told(old, flow("a>b")) == {
        ("a>was:which", "removed", ""), ("was:which>was:left", "removed", "when yes"),
        ("was:which>was:right", "removed", "when no"), ("a>b", "added", ""),
    }  # fmt: skip


def test_a_branch_that_is_gone_and_let_only_some_by_is_beside_the_way_on_too() -> None:
    old = flow("a>was:which", "was:which>b=yes", "was:which>c=no", "b>c")
    assert ("a>b", "added", "") in told(old, flow("a>b", "b>c"))


def test_other_words_between_the_same_boxes_are_told_with_what_they_were() -> None:
    assert told(flow("a>b=1d", "a>c=2"), flow("a>b=12h", "a>c=2")) == {
        ("a>b", "changed", "when 12h was when 1d"), ("a>c", "", "when 2"),
    }  # fmt: skip


def test_what_was_is_seen_from_the_other_side_as_what_is() -> None:
    old, new = flow("a>b=x", "b>c", "c>d=y", "a>e=z"), flow("a>b=x", "b>d", "a>e=1", "e>d")
    turn = {"added": "removed", "removed": "added", "": ""}
    forth = {(ends, mark) for ends, mark, _ in told(old, new) if mark != "changed"}
    back = {(ends, turn[mark]) for ends, mark, _ in told(new, old) if mark != "changed"}

    assert forth == back


def test_what_led_to_a_box_that_now_comes_before_leads_back() -> None:
    back = {(link.tail, link.head): link.back for link in both_of(flow("a>b", "b>c"), flow("a>c", "c>b"))}
    assert back == {("a", "c"): False, ("c", "b"): False, ("a", "b"): False, ("b", "c"): True}
