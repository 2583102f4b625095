"""Pictures say what the author said, lose no node, and come out the same, byte for byte, as text, mermaid and dot."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from rich.cells import cell_len

from rtj.report.picture import END, Picture, boxes, goes_on, links, sketch, stops
from rtj.report.picture_dot import dot
from rtj.report.picture_fold import fold
from rtj.report.picture_map import map_of, map_text
from rtj.report.picture_mermaid import mermaid, too_large
from rtj.report.picture_text import plain, text
from rtj.report.picture_words import spelled_out
from tests.report.pictures import EVERYTHING, SEQUEL, everything, generated, pictures

TINY = """\
journey: tiny
enter: {on: booked}
do: [{send: hello, by: email}]
"""


@pytest.mark.parametrize(("written", "words"), [
    ("30m", "30 minutes"), ("1h", "1 hour"), ("1h30m", "1 hour 30 minutes"), ("90s", "90 seconds"), ("2w", "2 weeks"),
    ("1 day", "1 day"), ("trip.length * 2", "trip.length * 2"), ("1500ms", "1,500 milliseconds"),
])  # fmt: skip
def test_lengths_are_spelled_out_in_the_units_of_the_author(written: str, words: str) -> None:
    """24 hours are not a day when clocks change, so no unit turns into another."""
    assert spelled_out(written) == words


def test_every_node_is_drawn_with_the_words_of_the_author() -> None:
    picture = everything()
    by_id = {box.id: box for box in boxes(picture)}
    assert [box.id for box in boxes(picture)][:4] == ["enter:1", "enter:2", "pause", "eve"]
    assert by_id["pause"].title == "1 hour 30 minutes"
    assert by_id["eve"].word == "Wait until" and by_id["eve"].title == "10:00 on now() + 1 day"
    assert by_id["ask"].tags == ("push", "wechat", "email")
    assert [line.whole for line in by_id["enter:1"].lines] == [
        "when trip.seats >= 2", "key trip.item", "again after 7 days", "while inside starts anew",
    ]  # fmt: skip
    assert [line.whole for line in by_id["set"].lines] == ["profile.tier = 'مميز'", "profile.points = 3"]
    assert [line.whole for line in by_id["promoted"].lines] == ["lets into sequel"]
    ways = {(link.tail, link.head): link.way.whole for link in links(picture) if link.way is not None}
    assert ways["answer", "exit_2"] == "on ask.clicked"
    assert ways["answer", "set"] == "on paid as bill when bill.total > 10 and bill.total < 1000"
    assert ways["answer", "half_a_day"] == "until friday at 18:00"
    assert ways["test", "short_mail"] == "49.5% short"
    assert [box.title for box in picture.watches] == ["on paid within 2d", "when profile.tier == '金卡'"]


def test_who_is_started_by_whom_stands_at_the_entry() -> None:
    entry = pictures(EVERYTHING, SEQUEL)["sequel"].entries[0]
    assert [line.whole for line in entry.lines] == ["by everything"]


def test_a_round_leads_back_and_an_exit_nowhere() -> None:
    found = links(everything())
    assert [(link.tail, link.head) for link in found if link.back] == [("nudge", "again")]
    assert not [link for link in found if link.tail.startswith(("exit", "holdout"))]
    assert ("sequel", END) in {(link.tail, link.head) for link in found}


def test_what_nobody_reaches_is_told_and_not_drawn() -> None:
    lost = TINY.replace("[{send", "[{exit: away}, {send")
    picture = pictures(lost)["tiny"]
    assert [stop.box.kind for stop in stops(picture.flow)] == ["exit"]
    assert picture.facts[-1].whole == "not drawn: 1 node that nobody reaches"
    assert all(box.id != END for box in boxes(picture))


def test_a_journey_without_nodes_is_an_entry_and_an_end() -> None:
    picture = pictures("journey: empty\nenter: {on: booked}\n")["empty"]
    assert [(link.tail, link.head) for link in links(picture)] == [("enter:1", END)]
    assert "╭──┴" in plain(text(picture))


@pytest.mark.parametrize("seed", range(6))
def test_generated_journeys_lose_no_node(seed: int) -> None:
    """Every node that can be reached is a box, every arrow joins boxes, and no box hangs in the air."""
    picture = generated(60, seed)
    names = {box.id for box in boxes(picture)}
    assert len(names) == len(boxes(picture))
    assert {end for link in links(picture) for end in (link.tail, link.head)} == names
    told = plain(text(picture, 100))
    for stop in stops(picture.flow):
        assert f"@{stop.box.name}" in told
    heads = {link.head for link in links(picture) if not link.back}
    assert {box.id for box in boxes(picture)} - heads == {entry.id for entry in picture.entries}


@pytest.mark.parametrize("form", ["text", "mermaid", "dot"])
def test_everything_as_text(form: str, golden: Callable[[str, str], None]) -> None:
    picture = everything()
    drawn = {
        "text": lambda: plain(text(picture, 72)),
        "mermaid": lambda: mermaid(sketch(picture)),
        "dot": lambda: dot(sketch(picture)),
    }[form]()  # fmt: skip
    golden(f"graph/everything.{form}", drawn)


@pytest.mark.parametrize("wide", [40, 56, 80, 100])
@pytest.mark.parametrize("seed", range(4))
def test_text_is_as_narrow_as_asked_for(wide: int, seed: int) -> None:
    """In cells, as terminals count: a Chinese character has two."""
    for picture in (everything(), generated(40, seed)):
        rows = plain(text(picture, wide)).splitlines()
        assert max(map(cell_len, rows)) <= wide


def test_what_is_too_deep_for_the_terminal_is_drawn_further_down() -> None:
    told = plain(text(everything(), 40))
    assert "↓ see [1]" not in plain(text(everything(), 100))
    deep = plain(text(generated(60, 2), 40))
    marks = re.findall(r"↓ see (\[\d+\])", deep)
    assert marks and all(f"\n{mark} " in deep for mark in marks)
    assert "联系不上" in told


def test_frames_are_straight() -> None:
    """Right edges of a box stand below each other, whatever is written in it."""
    for picture in (everything(), *(generated(60, seed) for seed in range(3))):
        open_: dict[int, int] = {}
        for row in plain(text(picture, 80)).splitlines():
            for found in re.finditer(r"[╭╰]─*[┬┴─]─*[╮╯]|│ .* │", row):
                left, right = cell_len(row[: found.start()]), cell_len(row[: found.end()])
                if found[0].startswith("╭"):
                    open_[left] = right
                elif found[0].startswith("╰") and left in open_:
                    assert open_.pop(left) == right, row


def test_labels_of_mermaid_and_dot_are_never_code() -> None:
    """Quotes, angles, backslashes and comments in an author's text stay text."""
    nasty = TINY.replace("journey: tiny", 'journey: tiny\ntitle: "a \\"b\\" <script> #35; \\\\l `x` %% ]"')
    drawn = mermaid(sketch(pictures(nasty)["tiny"]))
    assert 'title: "a \\"b\\" <script> #35; \\\\l `x` %% ]"' in drawn
    exit_ = TINY.replace("[{send: hello, by: email}]", "[{exit: 'say \"no\" <b> & #1; \\N'}]")
    assert '"Exit: say #quot;no#quot; #lt;b#gt; #amp; #35;1; \\N"' in mermaid(sketch(pictures(exit_)["tiny"]))
    assert 'label="Exit: say \\"no\\" <b> & #1; \\\\N\\l"' in dot(sketch(pictures(exit_)["tiny"]))


def test_ids_of_mermaid_are_no_words_of_it() -> None:
    drawn = mermaid(sketch(pictures(TINY.replace("{send: hello", "{id: end, send: hello"))["tiny"]))
    assert "  enter_1 --> end_\n  end_ --> end__\n" in drawn


def test_a_large_mermaid_is_said_to_be_large() -> None:
    assert not too_large(mermaid(sketch(generated(60, 1))))
    assert "500 unless `maxEdges`" in too_large(mermaid(sketch(generated(700, 1))))


def _boxes(picture: Picture) -> int:
    return sum(1 for _ in stops(picture.flow))


@pytest.mark.parametrize("seed", range(3))
def test_large_pictures_fold(seed: int) -> None:
    """What is left out is counted, and who went on goes on."""
    whole = generated(300, seed)
    small, left_out = fold(whole, 100)
    folded = [stop for stop in stops(small.flow) if stop.box.kind == "more"]
    assert 0 < _boxes(small) <= 100
    assert left_out == _boxes(whole) - (_boxes(small) - len(folded))
    told = [int(match[1].replace(",", "")) for stop in folded if (match := re.match(r"([\d,]+) nodes?", stop.box.title))]
    assert sum(told) == left_out
    assert goes_on(small.flow) == goes_on(whole.flow)
    assert fold(whole, 10_000) == (whole, 0)


def test_a_long_row_of_nodes_is_cut() -> None:
    many = TINY.replace("[{send: hello, by: email}]", "[" + ", ".join(f"{{id: n{n}, wait: 1h}}" for n in range(500)) + "]")
    small, left_out = fold(pictures(many)["tiny"], 50)
    assert _boxes(small) <= 50 and left_out == 500 - (_boxes(small) - 1)
    assert small.flow[-1].box.title == f"{left_out} nodes"
    assert goes_on(small.flow)


def test_the_map_tells_who_starts_whom_and_whose_events_let_in() -> None:
    from rtj.compile.pipeline import compile_text
    from tests.report.pictures import PROJECT

    program = compile_text(PROJECT, EVERYTHING, SEQUEL, TINY).program
    assert program is not None
    drawn = map_of(program, tuple(pictures(EVERYTHING, SEQUEL, TINY).values()))
    assert drawn.told == "3 journeys, 2 links between them"
    assert map_text(drawn) == ["everything → sequel   emit promoted", "everything → sequel   start"]
    assert [box.id for box in drawn.boxes] == ["everything", "sequel", "tiny"]


def test_a_circle_of_journeys_has_one_arrow_up() -> None:
    from rtj.compile.pipeline import compile_text
    from tests.report.pictures import PROJECT

    one = "journey: one\nenter: {on: booked}\ndo: [{id: w, wait: 1h}, {emit: promoted}]\n"
    booked = "{emit: booked, with: \"item = 'x', seats = 1, starts_at = now()\"}"
    two = f"journey: two\nenter: {{on: promoted}}\ndo: [{{id: w, wait: 1h}}, {booked}]\n"
    program = compile_text(PROJECT, one, two).program
    assert program is not None
    drawn = map_of(program, tuple(pictures(one, two).values()))
    assert [(link.tail, link.head, link.back) for link in drawn.links] == [("one", "two", False), ("two", "one", True)]
