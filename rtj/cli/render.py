"""The summary as lines: aligned by cells, so that names in any script stand in their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtj.base.plain import one_line
from rtj.cli.screen import Line, Piece, line, width, wrap
from rtj.report.moments import WEEKDAYS, clock_words, day_words
from rtj.report.summary import JourneyRow, Summary, name_some
from rtj.report.timeline import Happening

BAR_CELLS = 8
WHAT_CELLS_MAX = 48  # a longer one pushes its reason to the right
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_DOT = " · "


@dataclass(frozen=True, slots=True)
class Paper:
    """What the lines are for: `columns` of a terminal (0: none, wrap nothing), `blocks`: can it show block characters?"""

    columns: int = 0
    blocks: bool = False


def render_summary(summary: Summary, paper: Paper) -> list[Line]:
    """The whole summary."""
    lines: list[Line] = [*_prose([Piece(summary.headline, "strong")], paper, 0), ()]
    names = max((width(fact.name) for fact in summary.facts), default=0)
    values = max((width(f.value) for f in summary.facts if f.value[:1].isdigit() and len(f.value) < 16), default=0)
    for fact in summary.facts:
        value = fact.value if len(fact.value) >= 16 else _right(fact.value, values)
        head = [Piece(f"  {_left(fact.name, names)}  ", "dim"), Piece(value)]
        if fact.remarks:
            head += [Piece("  "), Piece(one_line(_DOT.join(fact.remarks)), "dim")]
        lines += wrap(head, paper.columns, names + values + 6)
    if summary.journeys:
        lines += [(), *_journeys(summary.journeys, paper)]
    if summary.quiet:
        number = len(summary.quiet)
        who = "1 journey that nobody entered" if number == 1 else f"{number:,} journeys that nobody entered"
        lines += [(), *_prose([Piece(f"{who}: {one_line(name_some(summary.quiet))}", "dim")], paper, 2)]
    if summary.warnings:
        lines.append(())
    for warning in summary.warnings:
        lines += _prose([Piece("note: ", "warn"), Piece(one_line(warning))], paper, 6)
    return lines


def render_story(who: str, zone: str, story: Sequence[Happening]) -> list[Line]:
    """What happened to one person: a heading per day, then time, journey, what, why."""
    clocks = max((len(clock_words(h.at)) for h in story), default=0)
    names = max((width(one_line(h.journey)) for h in story), default=0)
    whats = min(max((width(one_line(h.what)) for h in story), default=0), WHAT_CELLS_MAX)
    lines = [line(Piece(who, "strong"), Piece(f"  times in {one_line(zone)}", "dim"))]
    day = None
    for happening in story:
        if happening.at.date() != day:
            day = happening.at.date()
            lines += [(), line(Piece(f"{WEEKDAYS[day.weekday()]} {day_words(happening.at)}", "strong"))]
        lines.append(
            line(
                Piece(f"  {clock_words(happening.at):<{clocks}}  ", "dim"),
                Piece(_left(one_line(happening.journey), names), "name"),
                Piece("  "),
                Piece(_left(one_line(happening.what), whats) + "  ", happening.tone),
                Piece(one_line(happening.why), "dim"),
            )
        )
    return lines


def _journeys(rows: Sequence[JourneyRow], paper: Paper) -> list[Line]:
    """A table with one line of numbers for each journey, and under it why people left or were not let in, and what was sent."""
    heads = ("entered", "inside", "goal", "")
    cells = [
        (f"{r.entered:,}", f"{r.inside:,}", "" if r.goals is None else f"{r.goals:,}", _percent(r) if r.goals else "")
        for r in rows
    ]
    sizes = [max(len(heads[i]), *(len(c[i]) for c in cells)) for i in range(4)]
    names = max(width("journey"), *(width(one_line(r.name)) for r in rows))
    titles = "  ".join(_right(head, size) for head, size in zip(heads, sizes, strict=True))
    lines = [line(Piece(f"{_left('journey', names)}  {titles}", "dim"))]
    for row, numbers in zip(rows, cells, strict=True):
        shown = [Piece(_right(text, size) + "  ") for text, size in zip(numbers, sizes, strict=True)]
        bar = Piece(_bar(row.goal_share), "good") if paper.blocks and row.goals else Piece("")
        lines.append(line(Piece(_left(one_line(row.name), names), "name"), "  ", *shown, bar))
        lines += _details(row, paper)
    return lines


def _details(row: JourneyRow, paper: Paper) -> list[Line]:
    lines = wrap([Piece(f"  {one_line(row.title)}", "dim")], paper.columns, 2) if row.title else []
    for label, pairs in _details_of(row):
        if pairs:
            by = "by " if label in ("sent", "not sent", "held") else ""
            text = _DOT.join(f"{n:,} {by}{one_line(words)}" for words, n in pairs)
            lines += wrap([Piece(f"  {label:<10}  ", "dim"), Piece(text)], paper.columns, 14)
    return lines


def _details_of(row: JourneyRow) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    sent = (("sent", row.sent), ("held", row.held), ("not sent", row.blocked))
    return (*sent, ("left", row.left), ("not let in", row.refused))


def _percent(row: JourneyRow) -> str:
    share = 100 * row.goal_share
    return f"{share:.0f}%" if share >= 9.95 else f"{share:.1f}%"


def _bar(share: float) -> str:
    """A bar of eighths of a cell; something is never shown as nothing."""
    eighths = min(max(round(share * BAR_CELLS * 8), 1), BAR_CELLS * 8)
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _prose(pieces: Sequence[Piece], paper: Paper, indent: int) -> list[Line]:
    return wrap(pieces, min(paper.columns, 100), indent)


def _left(text: str, cells: int) -> str:
    return text + " " * (cells - width(text))


def _right(text: str, cells: int) -> str:
    return " " * (cells - width(text)) + text
