"""Two versions in one picture: what is new, gone and changed is marked, everything once, and every format draws the marks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from rtj.report.picture import END, STAND, Box, Flow, Line, Picture, Stop, Tally, Way, boxes, links, sketch, stops
from rtj.report.picture_dot import dot
from rtj.report.picture_fold import fold
from rtj.report.picture_mermaid import mermaid
from rtj.report.picture_overlay import overlay
from rtj.report.picture_text import plain, text


def box(name: str, title: str = "") -> Stop:
    return Stop(Box(name, "send", "Send", title or name))


def journey(*flow: Stop) -> Picture:
    entry = Box("enter:1", "enter", "Enter", "on signup")
    return Picture("welcome", "", (entry,), (), flow, Box(END, "end", "End", ""))


def choice(name: str, *ways: tuple[str, Flow]) -> Stop:
    arms = tuple(Way((Line("when", said),), f"arm {place}", flow) for place, (said, flow) in enumerate(ways, 1))
    return Stop(Box(name, "branch", "Branch", "does it hold?"), arms, straight=False)


OLD = journey(box("hello"), choice("which", ("a", (box("one"),)), ("b", (box("two"), box("three")))), box("survey"), box("bye"))
NEW = journey(box("hello", "hallo 你好"), choice("which", ("a", (box("one"), box("more"))), ("c", ())), box("ciao"))
NAMES = {"hello": "hello", "which": "which", "one": "one", "bye": "ciao"}


def marks(picture: Picture) -> dict[str, str]:
    return {one.id: one.mark for one in boxes(picture) if one.mark}


def test_what_is_new_gone_and_changed_is_marked_where_it_stands() -> None:
    union = overlay(OLD, NEW, NAMES)

    assert marks(union) == {
        "hello": "changed", "more": "added", "was:two": "removed", "was:three": "removed", "was:survey": "removed",
        "ciao": "changed",
    }  # fmt: skip
    assert [stop.box.id for stop in union.flow] == ["hello", "which", "was:survey", "ciao"]


def test_a_picture_over_itself_is_itself() -> None:
    union = overlay(OLD, OLD, {stop.box.id: stop.box.id for stop in stops(OLD.flow)})

    assert replace(union, arrows=()) == OLD
    assert sorted((link.tail, link.head) for link in union.arrows) == sorted((link.tail, link.head) for link in links(OLD))
    assert not any(link.mark for link in union.arrows)


def test_each_box_is_drawn_once_also_of_what_has_moved_into_another_block() -> None:
    moved = journey(choice("which", ("a", (box("bye"),)), ("b", (box("hello"),))), box("one"))
    union = overlay(OLD, moved, {name: name for name in ("which", "bye", "hello", "one")})

    assert [name for name, number in Counter(stop.box.id for stop in stops(union.flow)).items() if number > 1] == []


def test_entries_pair_by_what_they_say() -> None:
    other = replace(NEW, entries=(Box("enter:1", "enter", "Enter", "on invited"),))
    assert [one.mark for one in overlay(NEW, other, NAMES).entries] == ["changed"]
    assert [one.mark for one in overlay(NEW, replace(NEW, entries=()), NAMES).entries] == ["removed"]


def test_every_format_draws_the_marks() -> None:
    union = overlay(OLD, NEW, NAMES)
    drawn = sketch(union)

    assert "stroke-dasharray:5 5" in mermaid(drawn)
    assert "  class hello,ciao changed" in mermaid(drawn)
    assert 'style="rounded,filled,dashed" penwidth=3' in dot(drawn)
    assert "- Send  survey" in plain(text(union))
    assert "+ Send  more" in plain(text(union))


def test_svg_draws_the_marks() -> None:
    pytest.importorskip("pygraphviz")
    from rtj.report.picture_svg import svg

    assert 'class="k-send m-removed"' in svg(sketch(overlay(OLD, NEW, NAMES)))


def test_a_box_that_has_changed_says_what_it_was() -> None:
    first = overlay(OLD, NEW, NAMES).flow[0].box
    assert [line.whole for line in first.lines] == ["was hello"]


def test_a_node_that_has_moved_says_its_old_name() -> None:
    old, new = (journey(Stop(Box(name, "wait", "Wait", "1 day", name))) for name in ("nudge", "nudge_sms"))
    moved = overlay(old, new, {"nudge": "nudge_sms"}).flow[0].box

    assert (moved.mark, [line.whole for line in moved.lines]) == ("changed", ["was @nudge"])


def test_what_is_gone_deep_inside_has_one_id_by_which_arrows_find_it() -> None:
    deep = journey(choice("which", ("a", (choice("again", ("b", (choice("third", ("c", (box("last"),))),))),))), box("bye"))
    union = overlay(deep, journey(box("bye")), {"bye": "bye"})
    ids = {one.id for one in boxes(union)}

    assert "was:last" in ids
    assert {end for link in union.arrows for end in (link.tail, link.head)} <= ids


def test_people_go_on_beside_a_branch_that_is_gone_and_let_nobody_by() -> None:
    gone = Stop(Box("out", "exit", "Exit", "done"), straight=False)
    other = Stop(Box("off", "exit", "Exit", "over"), straight=False)
    old = journey(box("hello"), choice("which", ("a", (gone,)), ("b", (other,))))
    union = overlay(old, journey(box("hello")), {"hello": "hello"})
    onward = {(link.tail, link.head): link.mark for link in union.arrows}

    assert onward["hello", "was:which"] == "removed"
    assert onward["hello", END] == "added"
    assert not any(tail in ("was:which", "was:out", "was:off") and head == END for tail, head in onward)


def test_a_way_with_other_words_is_marked_in_every_format() -> None:
    new = journey(
        box("hello"), choice("which", ("z", (box("one"),)), ("b", (box("two"), box("three")))), box("survey"), box("bye")
    )
    union = overlay(OLD, new, {stop.box.id: stop.box.id for stop in stops(OLD.flow)})
    drawn = sketch(union)

    assert '-->|"~ when z<br/>was when a"|' in mermaid(drawn)
    assert '[label="~ when z\\lwas when a\\l" color="#d08700" fontcolor="#d08700" penwidth=2]' in dot(drawn)
    assert "├─ ~ when z" in plain(text(union))


def test_a_large_union_folds_with_its_arrows() -> None:
    many = journey(*(choice(f"c{n}", ("a", tuple(box(f"b{n}_{m}") for m in range(8)))) for n in range(12)))
    small, left_out = fold(overlay(many, journey(), {}), 40)
    ids = {one.id for one in boxes(small)}

    assert left_out > 50
    assert {one.mark for one in boxes(small) if one.kind == "more"} == {"changed"}
    assert {end for link in small.arrows for end in (link.tail, link.head)} == ids
    assert len(small.arrows) == len(set(small.arrows)) < 60


def test_what_looks_like_an_item_of_a_list_is_none_in_mermaid() -> None:
    union = sketch(overlay(OLD, NEW, NAMES))
    assert '["-\u00a0Send: survey"]' in mermaid(union)


def test_of_a_large_union_that_stays_in_which_something_differs() -> None:
    steps = [f"b{n}" for n in range(200)]
    old, new = (journey(*(box(name, "other" if name == changed else name) for name in steps)) for changed in ("", "b120"))
    union = overlay(old, new, {name: name for name in steps})
    some = tuple(replace(stop, box=replace(stop.box, tallies=(Tally(3, STAND),))) for stop in union.flow)
    small, left_out = fold(replace(union, flow=some), 40)

    assert [one.id for one in boxes(small)] == ["enter:1", "more:b0", "b120", "more:b121", END]
    assert left_out == 199
    assert [tally.whole for one in boxes(small) for tally in one.tallies] == ["360 stand here", "3 stand here", "237 stand here"]
    assert [(link.tail, link.head) for link in small.arrows] == [
        ("enter:1", "more:b0"), ("more:b0", "b120"), ("b120", "more:b121"), ("more:b121", END),
    ]  # fmt: skip
