"""The summary and the story on paper: columns stand in any script, nothing is cut when piped, bars only on terminals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rtj.cli.render import BAR_CELLS, Paper, render_story, render_summary
from rtj.cli.screen import paint, width
from rtj.ir.expr import Const
from rtj.ir.journey import Journey, OnCondition, Watch
from rtj.ir.program import Program
from rtj.ir.result import SimulateResult
from rtj.report.summary import Summary, summarize
from rtj.report.timeline import Happening

GOAL = Watch(OnCondition(Const(True, "bool")))
BERLIN = ZoneInfo("Europe/Berlin")
JOURNEYS = {"cart_abandonment": "Win back abandoned carts", "ようこそ": "歓迎 👨‍👩‍👧 メール", "lapse": "", "never": ""}


def summary() -> Summary:
    journeys = tuple(
        Journey(name=name, entries=(), nodes=(), first=None, title=title, goals=() if name == "lapse" else (GOAL,))
        for name, title in JOURNEYS.items()
    )
    counts = {
        ("entered", "cart_abandonment"): 1200,
        ("inside", "cart_abandonment"): 3,
        ("goal", "cart_abandonment"): 450,
        ("left", "cart_abandonment", "completed"): 700,
        ("left", "cart_abandonment", "goal"): 450,
        ("left", "cart_abandonment", "said [bold]no[/bold] :no:"): 47,
        ("sent", "cart_abandonment", "email"): 1100,
        ("sent", "cart_abandonment", "push"): 120,
        ("refused", "cart_abandonment", "inside"): 30,
        ("refused", "cart_abandonment", "again"): 12,
        ("entered", "ようこそ"): 40,
        ("goal", "ようこそ"): 1,
        ("left", "ようこそ", "completed"): 40,
        ("refused", "lapse", "again"): 3,
        ("merged",): 4,
        ("called_without_answer", "book"): 7,
    }
    result = SimulateResult(
        counts,
        read=48_120,
        out_of_order=312,
        duplicates=12,
        dead={"identifier": 5, "json": 3},
        unknown_types={"heartbeat": 40, "foo": 2},
        unread=20_000,
        first_ts=1_772_355_600_000,
        last_ts=1_775_984_340_000,
        end=1_775_984_340_000,
        profiles=212,
        component=4,
        seconds=0.41,
        workers=2,
    )
    return summarize(result, Program("shop", "Europe/Berlin", (), (), (), (), (), (), journeys), BERLIN)


def test_piped_it_is_plain_and_whole(golden: Callable[[str, str], None]) -> None:
    text = paint(render_summary(summary(), Paper()), color=False)
    golden("cli/summary_piped.out", text)
    assert text.isprintable() or "\x1b" not in text
    assert "[bold]no[/bold] :no:" in text


def test_on_a_terminal_it_has_colours_and_bars(golden: Callable[[str, str], None]) -> None:
    golden("cli/summary_terminal.out", paint(render_summary(summary(), Paper(columns=100, blocks=True)), color=True))


@pytest.mark.parametrize("columns", [50, 60, 80, 120])
def test_a_narrow_terminal_wraps_between_words_and_loses_none(columns: int) -> None:
    wide = paint(render_summary(summary(), Paper()), color=False)
    narrow = paint(render_summary(summary(), Paper(columns=columns)), color=False)
    assert narrow.split() == wide.split()
    assert all(width(row) <= columns for row in narrow.splitlines())


def test_a_bar_is_as_long_as_its_share() -> None:
    rows = paint(render_summary(summary(), Paper(columns=100, blocks=True)), color=False).splitlines()
    full_cells = next(row for row in rows if row.startswith("cart")).count("█")
    assert full_cells == round(450 / 1200 * BAR_CELLS)
    assert next(row for row in rows if row.startswith("ようこそ")).endswith("▎")


def test_a_story_has_days_times_and_reasons(golden: Callable[[str, str], None]) -> None:
    first = datetime(2026, 2, 28, 23, 30, tzinfo=BERLIN)
    story = [
        Happening(first, "", "appears", "event e1", "dim"),
        Happening(first, "ようこそ", "enters with key c9", "event e1", "strong"),
        Happening(first + timedelta(hours=1, seconds=5), "cart_abandonment", "gets hi by email", "at nudge, x = [b]", "good"),
        Happening(first + timedelta(days=2, milliseconds=7), "cart_abandonment", "leaves", "nothing was left to do", "strong"),
    ]
    golden("cli/story_piped.out", paint(render_story("ada", "Europe/Berlin", story), color=False))
