"""A plan, a status, a history as lines of a terminal; without one the same text, plain, and nothing wrapped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtj.base.plain import one_line
from rtj.cli.render import Paper
from rtj.cli.render_diff import STYLES
from rtj.cli.screen import Line, Piece, Style, line, width, wrap
from rtj.plan.status import DriftRow
from rtj.report.plan_status import Fact, Table, Tone
from rtj.report.plan_text import PlanReport

TONES: dict[Tone, Style] = {"": "", "good": "good", "warn": "warn", "bad": "bad", "dim": "dim", "strong": "strong"}


def render_plan(report: PlanReport, paper: Paper) -> list[Line]:
    """The stages with their numbers, then what was checked, what cannot be undone, and what to do."""
    head = [Piece(report.title, "strong"), Piece("  "), Piece(report.level.upper(), STYLES[report.level])]
    lines = wrap([*head, Piece("  "), Piece(" · ".join(report.facts), "dim")], paper.columns, 4)
    if not report.stages:
        return [*lines, line(Piece("  nothing to do: this is what runs", "good"))]
    numbers = len(str(len(report.stages)))
    does = max(len(row.do) for row in report.stages)
    for row in report.stages:
        style: Style = "bad" if row.harm else "name"
        pieces = [Piece(f"  {row.number:>{numbers}} ", "dim"), Piece(f"{row.do:<{does}}", style), Piece(f"  {row.what}")]
        lines += wrap(pieces, paper.columns, numbers + does + 5)
    if report.checks:
        lines.append(())
    for words, holds in report.checks:
        mark = Piece("  ok  ", "good") if holds else Piece("  no  ", "bad")
        lines += wrap([mark, Piece(words)], paper.columns, 6)
    for words in report.watched:
        lines += wrap([Piece("  watched by ", "dim"), Piece(words)], paper.columns, 4)
    for words in report.undone:
        lines += wrap([Piece("  cannot undo: ", "warn"), Piece(words)], paper.columns, 4)
    for words in report.next:
        lines += wrap([Piece("next: ", "strong"), Piece(words)], paper.columns, 6)
    return lines


def render_facts(title: str, facts: Iterable[Fact], paper: Paper) -> list[Line]:
    """A heading, and names with their values."""
    told = list(facts)
    names = max((width(fact.name) for fact in told), default=0)
    lines = [line(Piece(title, "strong"))]
    for fact in told:
        pieces = [Piece(f"  {fact.name:<{names}}  ", "dim"), Piece(fact.value, TONES[fact.tone])]
        lines += wrap(pieces, paper.columns, names + 4)
    return lines


def render_table(table: Table) -> list[Line]:
    """Columns as wide as their widest cell; nothing for no rows."""
    if not table.rows:
        return []
    every = [table.headings, *(cells for cells, _ in table.rows)]
    widths = [max(width(cells[place]) for cells in every) for place in range(len(table.headings))]
    lines = [(), line(Piece("  " + _cells(table.headings, widths, table.right), "dim"))]
    for cells, tone in table.rows:
        pieces = [Piece("  ")]
        for place, cell in enumerate(cells):
            text = _cell(cell, widths[place], right=place in table.right)
            pieces.append(Piece(text, TONES[tone] if place == table.toned else ""))
            pieces.append(Piece("  "))
        lines.append(line(*pieces))
    return lines


def _cells(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    return "  ".join(_cell(cell, widths[place], right=place in right) for place, cell in enumerate(cells))


def _cell(text: str, cells: int, *, right: bool) -> str:
    pad = " " * (cells - width(text))
    return pad + text if right else text + pad


def render_drift(found: Sequence[DriftRow], paper: Paper) -> list[Line]:
    """What is not as it was deployed, with the place and the difference."""
    lines: list[Line] = []
    for row in found:
        lines += wrap([Piece(f"{one_line(row.where)}: ", "strong"), Piece(one_line(row.told), "warn")], paper.columns, 4)
        for text in row.lines:
            style: Style = "good" if text.startswith("+") else "bad" if text.startswith("-") else "dim"
            lines.append(line(Piece(f"    {one_line(text) if text.strip() else ''}", style)))
    return lines
