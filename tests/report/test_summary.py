"""A result becomes a sentence, facts and rows; what a reader must know is said, and what did not happen is not."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from rtj.ir.expr import Const
from rtj.ir.journey import Journey, OnCondition, Watch
from rtj.ir.program import Program
from rtj.ir.result import SimulateResult
from rtj.report.moments import length_words, period_words, wall_clock
from rtj.report.summary import name_some, summarize

GOAL = Watch(OnCondition(Const(True, "bool")))
MARCH_1 = 1_772_355_600_000  # 2026-03-01T09:00:00Z
DAY = 86_400_000


def program(*names: str) -> Program:
    journeys = tuple(Journey(name=name, entries=(), nodes=(), first=None, goals=(GOAL,)) for name in names)
    return Program("shop", "Europe/Berlin", (), (), (), (), (), (), journeys)


def facts_of(result: SimulateResult, *names: str) -> dict[str, str]:
    return {fact.name: " ".join((fact.value, *fact.remarks)) for fact in summarize(result, program(*names), UTC).facts}


def test_the_headline_counts_events_people_entries_goals_and_messages() -> None:
    counts = {("entered", "a"): 3, ("entered", "b"): 1, ("goal", "a"): 1, ("sent", "a", "email"): 2, ("sent", "b", "push"): 1}
    result = SimulateResult(counts, read=12, first_ts=MARCH_1, last_ts=MARCH_1 + 13 * DAY, profiles=1)
    summary = summarize(result, program("a", "b", "c"), UTC)
    assert summary.headline == (
        "12 events of 1 person from 1 to 14 March 2026: 4 entries into 2 journeys, 1 goal reached, 3 messages sent."
    )
    assert [row.name for row in summary.journeys] == ["a", "b"]
    assert summary.quiet == ("c",)


@pytest.mark.parametrize(
    ("result", "headline"),
    [
        (SimulateResult(), "No events: there was nothing to read."),
        (SimulateResult(interrupted=True), "Interrupted before an event was read."),
        (SimulateResult(read=2, dead={"json": 2}), "2 lines read, and none of them is an event."),
        (
            SimulateResult(read=1, first_ts=MARCH_1, last_ts=MARCH_1, profiles=1),
            "1 event of 1 person on 1 March 2026, 09:00: nobody entered a journey.",
        ),
        (
            SimulateResult(read=1, first_ts=MARCH_1, last_ts=MARCH_1, profiles=1, interrupted=True),
            "Interrupted; so far 1 event of 1 person on 1 March 2026, 09:00: nobody entered a journey.",
        ),
    ],
)
def test_the_headline_of_a_run_in_which_little_happened(result: SimulateResult, headline: str) -> None:
    assert summarize(result, program("a"), UTC).headline == headline


def test_what_entered_is_inside_or_has_left() -> None:
    counts = {("entered", "a"): 9, ("inside", "a"): 2, ("left", "a", "completed"): 6, ("left", "a", "max_duration"): 1}
    row = summarize(SimulateResult(counts, read=1), program("a"), UTC).journeys[0]
    assert row.left == (("completed", 6), ("max duration", 1))
    assert row.entered == row.inside + sum(n for _, n in row.left)


def test_reasons_of_two_journeys_do_not_mix() -> None:
    counts = {
        ("entered", "a"): 1,
        ("entered", "left"): 1,
        ("left", "a", "x"): 1,
        ("left", "left", "y"): 1,
        ("refused", "a", "full"): 4,
    }
    rows = {row.name: row for row in summarize(SimulateResult(counts, read=1), program("a", "left"), UTC).journeys}
    assert rows["a"].left == (("x", 1),)
    assert rows["left"].left == (("y", 1),)
    assert rows["a"].refused == (("ten at once", 4),)


def test_facts_tell_what_was_read_and_what_was_not_used() -> None:
    result = SimulateResult(
        {("merged",): 2, ("late_rejected",): 1},
        read=1000,
        late=3,
        dead={"identifier": 1, "json": 3},
        unknown_types={f"kind_{i}": i for i in range(1, 9)},
        unread=7,
        profiles=20,
        component=3,
        seconds=0.5,
        workers=2,
    )
    facts = facts_of(result)
    assert facts["events read"] == "1,000 0.5 s, 2,000 a second 2 workers"
    assert facts["late"] == "3 1 rejected"
    assert facts["dead letters"] == "4 3 not JSON 1 about nobody"
    assert facts["unknown types"] == "36 8 kind_8 7 kind_7 6 kind_6 5 kind_5 4 kind_4 3 kind_3 and 2 more types"
    assert facts["people"] == "20 2 merged at most 3 connected by identifiers"


def test_a_warning_stands_only_where_there_is_a_reason() -> None:
    assert summarize(SimulateResult(read=1), program("a"), UTC).warnings == ()
    counts = {
        ("called_without_answer", "book"): 2,
        ("sent", "a", "email"): 1,
        ("link_refused",): 1,
        ("bad_value", "tier"): 5,
        ("bad_zone",): 1,
        ("folded", "viewed"): 1,
        ("left", "a", "runaway"): 1,
    }
    warnings = " | ".join(summarize(SimulateResult(counts, read=1, id_reused=2, spilled=True), program("a"), UTC).warnings)
    for expected in (
        "2 calls",
        "book",
        "1 link refused",
        "5 values of profile.tier",
        "zone",
        "runaway",
        "2 events",
        "disk",
    ):
        assert expected in warnings


def test_times_are_told_in_the_zone_that_was_asked_for() -> None:
    result = SimulateResult(read=1, first_ts=MARCH_1, last_ts=MARCH_1 + 90 * DAY, end=MARCH_1 + 91 * DAY)
    fact = next(f for f in summarize(result, program(), ZoneInfo("Europe/Berlin")).facts if f.name == "time")
    assert fact.value == "1 March 2026 10:00 to 30 May 2026 11:00"
    assert fact.remarks == ("90 days", "worked until 31 May 2026 11:00")


def test_instants_beyond_the_calendar_are_held_at_its_ends() -> None:
    assert wall_clock(1 << 62, UTC).year == 9999
    assert wall_clock(-(1 << 62), UTC).year == 1


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0 seconds"),
        (400, "0.4 seconds"),
        (1000, "1 second"),
        (59_999, "59 seconds"),
        (60_000, "1 minute"),
        (5_400_000, "1 hour 30 minutes"),
        (DAY + 3_600_000, "1 day 1 hour"),
        (41 * DAY + 3_600_000, "41 days"),
    ],
)
def test_lengths_in_words(ms: int, words: str) -> None:
    assert length_words(ms) == words


def test_a_period_says_no_more_than_is_needed() -> None:
    first = wall_clock(MARCH_1, UTC)
    assert period_words(first, wall_clock(MARCH_1 + 7_200_000, UTC)) == "on 1 March 2026, 09:00 to 11:00"
    assert period_words(first, wall_clock(MARCH_1 + 40 * DAY, UTC)) == "from 1 March to 10 April 2026"
    assert period_words(first, wall_clock(MARCH_1 + 400 * DAY, UTC)) == "from 1 March 2026 to 5 April 2027"


def test_many_names_are_counted() -> None:
    assert name_some(("a", "b")) == "a, b"
    assert name_some(tuple("abcdefgh")) == "a, b, c, d, e, f and 2 more"
