"""Differences for programs and forges: json keeps its schema, no text breaks out of a format, comments stay in bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from jsonschema import Draft7Validator

from rtj.base.places import grammar_file
from rtj.cli.render import Paper
from rtj.cli.render_behaviour import render_behaviour
from rtj.cli.screen import paint, width
from rtj.ir.comparison import Comparison, Cost, Costs, Difference, Example, Misfit, Place, Read, Sent, Shift, Tally
from rtj.plan.changes import Change, Diff, JourneyDiff, Judged
from rtj.report.diff_behaviour import behaviour
from rtj.report.diff_github import diff_github
from rtj.report.diff_html import page
from rtj.report.diff_json import diff_json
from rtj.report.diff_markdown import CHARS_MAX, diff_markdown
from rtj.report.diff_places import NOWHERE, Places
from rtj.report.findings import Examined
from rtj.report.picture import END, Box, Picture, Stop, links
from tests.report.diff_case import NASTY, NASTY_PLACES, PLACES, many, nasty, rich, same

Golden = Callable[[str, str], None]
DAY = 86_400_000
READ = Read(1_300_000, 12, 0, 30 * DAY, 30 * DAY, (), (), (), ())
COSTS = Costs(1820.4, 1702.1, 100.0, 93.5, "EUR", "EUR", (Cost("sms", 1820.4, 1702.1),))


def compared(name: str = "welcome", why: str = "`entry 1 when` does not hold any more") -> Comparison:
    fewer, earlier = Place("fewer", name, "offer", "sms", ""), Place("earlier", name, "offer", "sms", "sms")
    arm, ends = Place("arm", name, "try", "plain", "voucher"), Place("exit", name)
    return Comparison(
        18_204, 17_991, 213,
        (Difference(fewer, 118, 118), Difference(earlier, 95, 95, DAY, 2 * DAY, 3 * DAY), Difference(Place("goal", name), 7, 7),
         Difference(arm, 1, 1), Difference(ends, 2, 2)),
        (Shift("1d", 20, 0), Shift("3d", 75, 3)),
        (Sent(name, "offer", "sms", 4120, 4002), Sent("winback", "back", "email", 5, 5)),
        (Tally(name, "goal", (), 310, 303), Tally(name, "left", ("completed",), 90, 91), Tally(name, "left", ("goal",), 310, 303),
         Tally(name, "blocked", ("sms", "consent"), 40, 158)),
        COSTS, READ, (Example("p_8812", (fewer,), why, None, None),),
        remarks=("read once for both",), median_earlier_ms=2 * DAY,
    )  # fmt: skip


def small() -> Comparison:
    """One person, one of everything."""
    places = (Place("more", "a", "m", "", "email"), Place("blocked", "a", "m"))
    return Comparison(
        1, 0, 1, tuple(Difference(place, 1, 1) for place in places), (), (Sent("a", "m", "email", 0, 1),),
        (Tally("a", "blocked", ("email", "cap"), 1, 0),), Costs(0, 0, 0, 0, "", "", ()), READ, (),
    )  # fmt: skip


def crowded() -> Comparison:
    """Many journeys, wide and right-to-left names, two currencies."""
    names = ["会员欢迎旅程", "سلة متروكة", *(f"journey_{number}" for number in range(100))]
    later = tuple(Difference(Place("later", name, "每周精选推荐", "whatsapp", "whatsapp"), 3, 2, DAY, DAY, DAY) for name in names)
    gone = Difference(Place("channel", names[1], "رسالة", "sms", "email"), 1_204, 1_204)
    sent = tuple(Sent(name, "每周精选推荐", "whatsapp", 9, 9) for name in names)
    tallies = tuple(Tally(name, "left", ("exit", "已售罄"), 4, 5) for name in names)
    costs = Costs(10, 20, 0.5, 1, "EUR", "CNY", (Cost("sms", 10, 5), Cost("whatsapp", 0, 15)))
    return Comparison(20_000, 18_000, 2_000, (*later, gone), (Shift("1d", 0, 306),), sent, tallies, costs, READ,
                      (Example("user_id:ليلى", (gone.place,), "at node `x`: gets `رسالة` by `email`", None, None),),
                      median_later_ms=DAY)  # fmt: skip


COMPARED = {"rich": compared, "small": small, "crowded": crowded}
NO_DIFFERENCE = Comparison(18_204, 18_204, 0, (), (), (), (), COSTS, READ, ())


@pytest.mark.parametrize("case", ["rich", "same", "nasty"])
@pytest.mark.parametrize("replayed", [compared(), None], ids=["replayed", "not replayed"])
def test_json_is_what_its_schema_says(case: str, replayed: Comparison | None) -> None:
    diff = {"rich": rich, "same": same, "nasty": nasty}[case]()
    schema = json.loads((grammar_file("schemas") / "diff.schema.json").read_text("utf-8"))
    Draft7Validator.check_schema(schema)
    answer = json.loads(diff_json(diff, replayed, PLACES))

    assert [error.message for error in Draft7Validator(schema).iter_errors(answer)] == []
    assert sum(answer["counts"].values()) + answer["waived"] == len(diff.every)


def test_json_markdown_and_commands_of_a_rich_one(golden: Golden) -> None:
    golden("diff/rich.json", json.dumps(json.loads(diff_json(rich(), compared(), PLACES)), indent=1, ensure_ascii=False) + "\n")
    golden("diff/rich.md", diff_markdown(rich(), compared(), PLACES))
    golden("diff/rich.github", diff_github(rich(), PLACES, Examined()))
    golden("diff/rich.html", page(rich(), compared(), PLACES).decode())


@pytest.mark.parametrize("columns", [0, 40, 80, 120])
@pytest.mark.parametrize("name", COMPARED)
def test_what_people_get_is_a_table(golden: Golden, name: str, columns: int) -> None:
    text = paint(render_behaviour(behaviour(COMPARED[name]()), Paper(columns, columns > 0)), color=False)

    golden(f"diff/behaviour-{name}-{columns}.out", text)
    assert not columns or max(map(width, text.splitlines())) <= columns


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("rich", "213 of 18,204 people go another way: 118 messages fewer, 95 earlier (median 2 days)"),
        ("small", "1 of 1 person goes another way: 1 message more"),
        ("crowded", "2,000 of 20,000 people go another way: 306 messages later (by 1 day), 1,204 by another channel"),
    ],
)
def test_a_sentence_says_it_all(name: str, headline: str) -> None:
    assert behaviour(COMPARED[name]()).headline == headline


def test_the_same_messages_by_another_way_are_told_as_such() -> None:
    found = msgspec.structs.replace(small(), differences=(Difference(Place("exit", "a"), 1, 1),), sent=())
    assert behaviour(found).headline == "1 of 1 person goes another way, and gets the same messages"


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        (["email:~94c98cf6f23eed72", "user_id:王芳"], "--profile user_id:王芳"),
        (["user_id:a b"], "--profile 'user_id:a b'"),
        (["email:~94c98cf6f23eed72"], "--profile NAME, with a name from --show-pii,"),
        ([], ""),
    ],
)
def test_the_first_who_can_be_named_is_proposed(names: list[str], seen: str) -> None:
    examples = tuple(Example(name, (), "why", None, None) for name in names)
    assert behaviour(msgspec.structs.replace(compared(), examples=examples)).seen == seen


def test_examples_are_of_different_decisions() -> None:
    def one(name: str, node: str) -> Example:
        record = {"journey": "welcome", "node": node, "what": "waits"}
        return Example(name, (), f"at {node}", record, record)

    many = (*(one(f"a{number}", "pause") for number in range(9)), one("b", "offer"), Example("c", (), "gone", None, None))
    found = behaviour(msgspec.structs.replace(compared(), examples=many))
    assert [name for name, _ in found.examples] == ["a0", "b", "c"]
    alike = behaviour(msgspec.structs.replace(compared(), examples=many[:9]))
    assert [name for name, _ in alike.examples] == ["a0", "a1"]


def test_lines_of_no_use_and_types_that_are_not_declared_are_counted() -> None:
    misfit = Misfit("new", "bought", "total: expected number", 4, "")
    read = msgspec.structs.replace(
        READ,
        old_dead=(("json", 3),),
        new_dead=(("json", 3), ("properties", 4)),
        old_unknown=(("opened", 1),),
        misfits=(misfit,),
    )
    remarks = behaviour(msgspec.structs.replace(NO_DIFFERENCE, read=read)).remarks
    assert remarks == (
        "4 events of bought do not fit the new version: total: expected number",
        "3 lines of no use to either version: 3 not JSON",
        "1 event of types that the old version does not declare: opened (1)",
    )


def test_long_lists_are_folded_and_counted() -> None:
    found = behaviour(crowded())
    assert (len(found.messages), found.more_messages) == (20, "and 83 more rows; --format json has all")
    assert (len(found.numbers), found.more_numbers) == (20, "and 82 more rows; --format json has all")


def test_what_an_author_wrote_is_cut_and_harmless() -> None:
    text = paint(render_behaviour(behaviour(compared(NASTY, "x" * 10_000_000)), Paper(80, True)), color=False)
    assert len(text) < 6_000
    assert "\x1b" not in text and "\u202e" not in text


def test_no_difference_in_what_people_get_is_a_result_too() -> None:
    assert behaviour(NO_DIFFERENCE).headline == "no difference in 1,300,000 events of 18,204 people"


def test_a_comment_has_room_whatever_is_different() -> None:
    long = Judged(Change("D114", "behaviour", "entry", "x`|" * 900, "y<" * 900, "z" * 3000), "behaviour")
    journeys = tuple(JourneyDiff(f"j{number}", "changed", (long,) * 30) for number in range(60))
    for diff in (Diff("a", "b", "", "", (), journeys), many(100_000), nasty()):
        assert len(diff_markdown(diff, compared(), NOWHERE)) <= CHARS_MAX
    assert "without room here" in diff_markdown(Diff("a", "b", "", "", (), journeys), None, NOWHERE)


def test_nobody_is_called_and_no_markup_is_made_in_a_comment() -> None:
    text = diff_markdown(nasty(), compared(NASTY, NASTY), NASTY_PLACES)
    spans = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", text)

    assert "@everyone" not in spans
    assert not re.search(r"(?<!\\)<img", spans)
    assert text.count("</details>") - len(re.findall(r"`[^\n]*</details>", text)) >= text.count("\n<details>")
    for row in re.findall(r"^\| .*$", text, re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) in (4, 6, 7, 8, 11), row


def drawn(name: str, boxes: int) -> Picture:
    """A journey in which every node is new."""
    flow = tuple(Stop(Box(f"{name}_{n}", "send", "Send", "hello", mark="added")) for n in range(boxes))
    return Picture(name, "", (Box("enter:1", "enter", "Enter", "on x"),), (), flow, Box(END, "end", "End", ""))


def test_graphs_get_the_room_that_the_rest_leaves() -> None:
    change = Judged(Change("D114", "behaviour", "entry", "x" * 100, "y" * 100), "behaviour")
    diff = Diff("a", "b", "", "", (), tuple(JourneyDiff(f"j{number}", "changed", (change,) * 8) for number in range(15)))
    pictures = {f"j{number}": drawn(f"j{number}", 60) for number in range(15)}
    text = diff_markdown(diff, None, NOWHERE, pictures)
    graphs = text.count("```mermaid\n")

    assert len(text) <= CHARS_MAX
    assert text.count("| D114 |") == 15 * 8
    assert 0 < graphs < 15
    assert f"\n{15 - graphs} graphs without room here" in text
    shown = re.findall(r"Graph of <b>(j\d+)</b>", text)
    assert len(shown) == graphs and all(re.search(rf"journey <b>{name}</b>[^G]*Graph of <b>{name}</b>", text) for name in shown)


def test_what_is_not_compared_stands_in_the_headline() -> None:
    lost = JourneyDiff("spring", "lost", (), why="it cannot be read: unknown key `else`")
    diff = Diff("a", "b", "", "", (), (lost,))
    text = diff_markdown(diff, None, NOWHERE)

    assert text.startswith("### rtj diff: 🔴 **1 journey not compared**\n")
    assert "unknown key <code>else</code>" in text
    assert "1 journey not compared" in page(diff, None, NOWHERE).decode()
    assert diff_markdown(rich(), None, NOWHERE).startswith("### rtj diff: 🔴 **breaking**, 1 journey not compared\n")


def test_a_graph_that_nobody_could_read_in_a_comment_is_counted_alone() -> None:
    text = diff_markdown(many(3), None, NOWHERE, {"huge": drawn("huge", 400)})
    assert "mermaid" not in text and "1 graph without room here" in text and "more part" not in text


def test_a_graph_in_which_nothing_differs_is_none() -> None:
    same_flow = replace(drawn("huge", 3), flow=())
    assert "raph" not in diff_markdown(many(3), None, NOWHERE, {"huge": same_flow})


def test_a_graph_of_a_large_journey_shows_what_differs() -> None:
    whole = drawn("huge", 400)
    flow = tuple(
        replace(stop, box=replace(stop.box, mark="added" if place == 200 else "")) for place, stop in enumerate(whole.flow)
    )
    text = diff_markdown(many(3), None, NOWHERE, {"huge": replace(whole, flow=flow, arrows=links(replace(whole, flow=flow)))})

    assert '["+\u00a0Send: hello<br/>' in text or '["+\u00a0Send: hello"]' in text
    assert text.count("More: ") == 2 and "without room" not in text


def test_paths_are_those_from_the_root_of_the_repository() -> None:
    lines = diff_github(rich(), PLACES, Examined(folder="/repo/shops/one", root="/repo")).splitlines()
    found = {match[1] for line in lines if (match := re.search(r"file=([^,]*)", line))}

    assert found == {"shops/one/journeys/welcome.journey.yaml", "shops/one/project.yaml"}


def test_each_command_is_one_line() -> None:
    text = diff_github(nasty(), NASTY_PLACES, Examined())
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in text.splitlines()[:1])
    assert "\x1b" not in text
    assert len(text.splitlines()) == 4


def test_more_commands_than_are_shown_are_counted() -> None:
    lines = diff_github(many(5000), Places(), Examined()).splitlines()
    assert lines[-1] == "4,992 more changes without an annotation: GitHub shows 10 of each"


def test_a_page_needs_nothing_else_and_runs_nothing() -> None:
    text = page(nasty(), compared(NASTY, NASTY), NASTY_PLACES).decode()
    assert not re.search(r"<(script|img|link|iframe)|\b(src|href)=\"", text)
    assert "http:" not in text and "https:" not in text
    assert "<img" not in text
