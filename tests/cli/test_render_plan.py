"""Plans, status and tables as lines: nothing is wider than the terminal, columns stand under each other in any script, and plain
text has all that colours say."""

from __future__ import annotations

import pytest

from rtj.cli.render import Paper
from rtj.cli.render_plan import render_facts, render_plan, render_table
from rtj.cli.screen import Line, paint, width
from rtj.plan.changes import Diff
from rtj.plan.planned import Base, Bounds, Check, Plan, Told, Undone
from rtj.plan.stages import Carry, HandOver, Publish, Stage, Switch, Timers
from rtj.plan.status import Runner, Status, VersionRow
from rtj.report.plan_status import status_facts, version_table
from rtj.report.plan_text import Shown, told_plan

STAGES: tuple[Stage, ...] = (
    Publish(("4f2a91c0aabbccdd",)),
    Carry(("thanks",), 5_120),
    HandOver("歓迎の旅", "歓迎の旅", "migrate", 5_023, 4_812, 211, dropped=3, stranded=208, renamed=(("nudge", "nudge_sms"),)),
    Timers("歓迎の旅", "rebase", 4_812, 1_204),
    Switch("aaaabbbbcccc", "4f2a91c0aabbccdd"),
)
PLAN = Plan(
    "rollback",
    "prod",
    Base("lineage", 41, "aaaabbbbcccc", "aaaabbbbcccc"),
    Told("anna@host", 0, "why"),
    "4f2a91c0aabbccdd",
    "4f2a91c0aabbccdd",
    STAGES,
    Diff("prod", "deployment 40", "a", "b"),
    "needs-migration",
    (Check("validate", False, "E101 unknown key (journeys/welcome.journey.yaml:3:1)"),),
    ("validate",),
    bounds=Bounds(2, 100, (("歓迎の旅", 1_204),)),
    undone=Undone(0, 1_311, ("1,311 messages already sent since 2026-03-01 10:02 UTC (email 1,200, sms 111)",)),
)
STATUS = Status(
    "prod",
    "lineage",
    42,
    100_000,
    "4f2a91c0aabbccdd",
    "5f2a91c0aabbccdd",
    "anna@host",
    40_000,
    "slower",
    clock=90_000,
    run=Runner("rtj@host", 4_711, "run", 0, 99_000, alive=False, id="abc123"),
    lock=Runner("bob@far", 12, "deploy prod", 0, 0, alive=False, id="def456"),
    waiting=3,
    paused=(("thanks", 41),),
    begun=(43, "ordered"),
    versions=(
        VersionRow("thanks", "1111222233334444", "paused", 5, 1_000, 1),
        VersionRow("歓迎の旅", "5555666677778888", "ramping", 1_204, 2_000, 42, 5),
        VersionRow("歓迎の旅", "9999000011112222", "draining", 37, 500, 40, 0),
    ),
)


def text(lines: list[Line]) -> str:
    return paint(lines, color=False)


@pytest.mark.parametrize("columns", [60, 100])
def test_nothing_is_wider_than_the_terminal(columns: int) -> None:
    lines = render_plan(told_plan(PLAN), Paper(columns)) + render_facts("prod", status_facts(STATUS), Paper(columns))

    assert max(width(line) for line in text(lines).splitlines()) <= columns


def test_a_plan_says_everything_without_colours() -> None:
    said = text(render_plan(told_plan(PLAN, Shown(approved=1)), Paper()))

    assert said.splitlines()[0].startswith("roll back prod  NEEDS-MIGRATION  deployment 42")
    assert "3 hand over  歓迎の旅: migrate 4,812, re-key 211 (nudge -> nudge_sms), dropped 3" in said
    assert "stranded 208: they have no place and leave" in said
    assert "4 timers     歓迎の旅: rebase 4,812" in said and "1,204 are overdue and end at once" in said
    assert "ok  validate: E101" in said and "(waived)" in said
    assert "no  approvals 1 of 2" in said and "no  at once 1,204 messages of at most 100" in said
    assert "cannot undo: 1,311 messages already sent" in said


def test_columns_stand_under_each_other_in_any_script() -> None:
    rows = text(render_table(version_table(STATUS))).splitlines()[1:]
    states = [row.index(word) for row, word in zip(rows, ("state", "paused", "ramping", "draining"), strict=True)]

    assert len({width(row[:place]) for row, place in zip(rows, states, strict=True)}) == 1
    assert "ramping 5 %" in rows[2] and "1,204" in rows[2] and "#42" in rows[2]


def test_status_says_what_to_do_about_what_is_gone() -> None:
    said = text(render_facts("prod", status_facts(STATUS), Paper()))

    assert "`rtj unlock def456` frees it" in said and "(id abc123)" in said
    assert "`rtj deploy --resume` goes on with it" in said
    assert "3 messages waiting" in said and "thanks (deployment 41)" in said
    assert "with old versions that drain as 5f2a91c0" in said
