"""A waiver counts for the very change that was agreed to, and for no other; the file keeps what people wrote into it."""

from __future__ import annotations

import msgspec
import pytest

from rtj.plan.changes import Change, Diff, JourneyDiff, Judged, Level
from rtj.plan.waivers import HEADING, PROJECT, Waiver, accepted, faulty, read_waivers, waive, written

WHEN = Change("D114", "behaviour", "entry 1 when", "a > 1", "a > 2", journey="welcome", was=("journey", "welcome", "entry", "0"))
GONE = Change("D102", "breaking", "node survey", "survey", "", journey="welcome", was=("journey", "welcome", "node", "survey"))
QUIET = Change("D162", "behaviour", "quiet hours", "21:00", "22:00", was=("quiet_hours",), now=("quiet_hours",))
TITLE = Change("D001", "safe", "title", "a", "b", journey="welcome")
REASON = "agreed with CRM 2026-11-20"


def diff(*changes: Change) -> Diff:
    judged = [Judged(change, change.level) for change in changes]
    project = tuple(one for one in judged if not one.change.journey)
    journey = JourneyDiff("welcome", "changed", tuple(one for one in judged if one.change.journey))
    return Diff("main", "working tree", "a", "b", project, (journey,))


def line(change: Change, reason: str = REASON) -> str:
    return f"{change.journey or PROJECT} {change.code} {change.what} {change.content} -- {reason}"


def test_a_change_that_is_accepted_is_waived() -> None:
    found = read_waivers(f"# agreed\n\n{line(WHEN)}\n  {line(QUIET, 'law  says so')}  \n")

    result = waive(diff(WHEN, GONE, QUIET), found.waivers)

    assert found.faults == result.stale == ()
    assert [(judged.change.code, judged.waived) for judged in result.diff.every] == [
        ("D162", "law  says so"),
        ("D114", REASON),
        ("D102", ""),
    ]
    assert result.diff.level == "breaking"
    assert waive(diff(WHEN, QUIET), found.waivers).diff.level == "none"


def test_any_further_edit_makes_a_waiver_stale() -> None:
    edited = msgspec.structs.replace(WHEN, after="a > 3")
    waivers = read_waivers(line(WHEN)).waivers

    result = waive(diff(edited), waivers)

    assert [judged.waived for judged in result.diff.every] == [""]
    assert [stale.message for stale in result.stale] == [
        "D114 entry 1 when of `welcome` has been edited since: it is `a > 1` -> `a > 3` now"
    ]


def test_a_waiver_without_its_change_says_so() -> None:
    other = msgspec.structs.replace(WHEN, what="entry 2 when", after="b")
    waivers = read_waivers(f"{line(WHEN)}\n{line(GONE)}\n").waivers

    assert [stale.message for stale in waive(diff(other), waivers).stale] == [
        "D114 of `welcome` is about something else now: entry 2 when",
        "D102 node survey of `welcome` is no change any more: the line can go",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("welcome D114 entry 1 when 3f9a3f9a", "the reason is missing"),
        ("welcome D114 entry 1 when 3f9a3f9a --  ", "the reason is missing"),
        ("welcome d114 entry 1 when 3f9a3f9a -- so", "unknown code `d114`; did you mean `D114`?"),
        ("welcome X entry 1 when 3f9a3f9a -- so", "unknown code `X`"),
        ("welcome D114 entry 1 when -- so", "the hash of the content is missing"),
        ("welcome", "the hash of the content is missing"),
        ("3f9a3f9a -- so", "expected `JOURNEY CODE WHAT HASH -- REASON`"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, told: str) -> None:
    found = read_waivers(f"# one\r\n{text}\r\n{line(GONE)}\r\n")

    assert [one.partition(": ")[0] for one in faulty(found, "rtj.accept")] == ["rtj.accept:2"]
    assert found.faults[0].message.startswith(told)
    assert [waiver.code for waiver in found.waivers] == ["D102"], "the other lines count"


def test_the_same_change_is_accepted_once() -> None:
    found = read_waivers(f"{line(WHEN)}\n{line(WHEN, 'again')}\n")

    assert [fault.message for fault in found.faults] == ["the same change is accepted in line 1 already"]
    assert [waiver.reason for waiver in found.waivers] == [REASON]


def test_many_faults_are_counted() -> None:
    found = read_waivers("nonsense\n" * 200)

    assert len(found.faults) == 51
    assert found.faults[-1].message == "from here on 150 more lines are wrong"


@pytest.mark.parametrize(("bound", "codes"), [("behaviour", ["D162", "D114", "D102"]), ("breaking", ["D102"]), ("safe", 4)])
def test_what_is_at_or_above_a_level_is_accepted(bound: Level, codes: list[str] | int) -> None:
    found = accepted(diff(WHEN, GONE, QUIET, TITLE), bound, f" {REASON}\n")

    assert (len(found) if isinstance(codes, int) else [waiver.code for waiver in found]) == codes
    assert {waiver.reason for waiver in found} == {REASON}


def test_a_reason_must_say_something() -> None:
    with pytest.raises(ValueError, match="who agreed"):
        accepted(diff(WHEN), "safe", " \n")


def test_what_was_written_is_read_again() -> None:
    odd = msgspec.structs.replace(WHEN, what="with -- 名前 \u202e x\ny")
    everything = diff(odd, GONE, QUIET)

    text = written("", accepted(everything, "behaviour", "so -- it is"))

    assert text.startswith(HEADING)
    assert text.count("\n") == 4
    result = waive(everything, read_waivers(text).waivers)
    assert result.stale == ()
    assert {judged.waived for judged in result.diff.every} == {"so -- it is"}


def test_comments_order_and_ends_of_lines_stay() -> None:
    edited = msgspec.structs.replace(WHEN, after="a > 3")
    text = f"# ours\r\n{line(QUIET)}\r\n\r\n{line(WHEN)}\r\n# the end"
    waivers = read_waivers(text).waivers
    result = waive(diff(edited, QUIET, GONE), waivers)

    new = written(text, accepted(result.diff, "behaviour", "new"), result.stale)

    assert new == f"# ours\r\n{line(QUIET)}\r\n\r\n{line(edited, 'new')}\r\n# the end\r\n{line(GONE, 'new')}\r\n"
    again = waive(diff(edited, QUIET, GONE), read_waivers(new).waivers)
    assert (again.stale, again.diff.level) == ((), "none")
    assert written(new, accepted(again.diff, "safe", "x"), again.stale) == new


def test_a_journey_called_project_is_told_apart_by_content() -> None:
    mine = msgspec.structs.replace(WHEN, journey=PROJECT)

    result = waive(diff(mine, QUIET), read_waivers(line(mine)).waivers)

    assert [judged.waived for judged in result.diff.every] == ["", REASON]


def test_a_waiver_is_one_line() -> None:
    assert Waiver("welcome", "D114", "entry 1 when", "3f9a", REASON).text == f"welcome D114 entry 1 when 3f9a -- {REASON}"
