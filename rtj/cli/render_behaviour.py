"""What people get otherwise, as lines of a terminal: a sentence, tables by journey, bars where there is room, examples.

Columns in which nothing stands go first where there is little room; where there is still too little, rows become sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rtj.cli.render import Paper
from rtj.cli.screen import Line, Piece, Style, line, width, wrap
from rtj.ir.comparison import Shift
from rtj.report.diff_behaviour import COLUMNS, Behaviour, Message, Price, bin_words
from rtj.report.diff_numbers import Number

_BAR_MIN, _BAR_MAX = 6, 20  # cells
_STYLES: dict[str, Style] = {
    "more": "good", "fewer": "bad", "earlier": "name", "later": "warn", "other": "name", "change": "strong",
}  # fmt: skip
_ALWAYS = ("before", "after")
_NONE = "·"


def render_behaviour(found: Behaviour, paper: Paper) -> list[Line]:
    """The whole section; where nothing differs, one line, and what is to be known of how it was compared."""
    style: Style = "good" if found.same else ""
    lines = wrap([Piece("behaviour  ", "strong"), Piece(found.headline, style or "strong")], paper.columns, 11)
    if found.scope:
        lines += wrap([Piece(f"{'':11}{found.scope}", "dim")], paper.columns, 11)
    for block in (_messages(found, paper), _numbers(found, paper), _shifts(found.shifts, paper), _costs(found.costs, paper)):
        lines += [(), *block] if block else []
    if found.examples:
        lines.append(())
        for profile, why in found.examples:
            lines += wrap([Piece(f"  {profile}  ", "name"), Piece(why)], paper.columns, 4)
        lines += wrap([Piece(f"  {found.seen}", "strong"), Piece("  shows both timelines", "dim")], paper.columns, 4)
    remarks = [row for text in found.remarks for row in wrap([Piece("note: ", "warn"), Piece(text)], paper.columns, 6)]
    return lines + ([(), *remarks] if remarks and not found.same else remarks)


# ---- tables


@dataclass(frozen=True, slots=True)
class _Row:
    """A row below the heading of its journey: names, a cell for each column, and how long its bar is, of 1."""

    journey: str
    names: tuple[str, ...]
    cells: tuple[str, ...]
    share: float = 0.0


def _messages(found: Behaviour, paper: Paper) -> list[Line]:
    most = max((message.differ for message in found.messages), default=0) or 1
    rows = [_message(message, most) for message in found.messages]
    return _table("messages", COLUMNS, rows, paper) + _more(found.more_messages, paper)


def _message(message: Message, most: int) -> _Row:
    cells = tuple(f"{number:,}" if number or place < len(_ALWAYS) else _NONE for place, number in enumerate(message.numbers))
    return _Row(message.journey, (message.message, message.channel), cells, message.differ / most)


def _numbers(found: Behaviour, paper: Paper) -> list[Line]:
    rows = [_number(number) for number in found.numbers]
    return _table("passages", ("before", "after", "change", "other"), rows, paper) + _more(found.more_numbers, paper)


def _number(number: Number) -> _Row:
    was, now = (_NONE if value is None else f"{value:,}" for value in (number.before, number.after))
    cells = (was, now, f"{number.change:+,}" if number.change else _NONE, f"{number.other:,}" if number.other else _NONE)
    return _Row(number.journey, (f"  {number.what}" if number.part else number.what,), cells)


def _costs(costs: Sequence[Price], paper: Paper) -> list[Line]:
    rows = [
        _Row(
            "", (price.name if not place else f"  {price.name}",), (price.before, price.after, price.change or _NONE, price.share)
        )
        for place, price in enumerate(costs)
    ]
    return _table("cost", ("before", "after", "change", "share"), rows, paper)


def _more(text: str, paper: Paper) -> list[Line]:
    return wrap([Piece(f"  {text}", "dim")], paper.columns, 2) if text else []


def _table(title: str, heads: tuple[str, ...], rows: Sequence[_Row], paper: Paper) -> list[Line]:
    """A heading, and for each journey its name and its rows; names are never cut."""
    if not rows:
        return []
    names = [max(width(row.names[place]) for row in rows) for place in range(len(rows[0].names))]
    wide = max(4 + sum(names) + 2 * (len(names) - 1), 2 + width(title))
    sizes = [max(width(head), *(width(row.cells[place]) for row in rows)) for place, head in enumerate(heads)]
    shown = [place for place, head in enumerate(heads) if head != "share" or any(row.cells[place] for row in rows)]
    if _total(wide, sizes, shown) > (paper.columns or 1 << 30):
        shown = [place for place in shown if heads[place] in _ALWAYS or any(row.cells[place] not in ("", _NONE) for row in rows)]
    total = _total(wide, sizes, shown)
    if paper.columns and total > paper.columns:
        return _sentences(title, heads, rows, paper)
    room = min(_BAR_MAX, paper.columns - total - 2) if paper.blocks and paper.columns else 0
    lines = [line(Piece(f"  {title}{'':{wide - 2 - width(title)}}", "dim"), Piece(_right(heads, sizes, shown), "dim"))]
    for journey, group in groupby(rows, key=lambda row: row.journey):
        lines += [line(Piece(f"  {journey}", "strong"))] if journey else []
        for row in group:
            told = "  ".join(name + " " * (size - width(name)) for name, size in zip(row.names, names, strict=True))
            pieces = [Piece(f"    {told}{'':{wide - 4 - width(told)}}"), *_cells(heads, row, sizes, shown)]
            if room >= _BAR_MIN and row.share:
                pieces.append(Piece(f"  {'█' * max(1, round(room * row.share))}", "name"))
            lines.append(tuple(pieces))
    return lines


def _total(names: int, sizes: Sequence[int], shown: Sequence[int]) -> int:
    return names + sum(2 + sizes[place] for place in shown)


def _right(texts: Sequence[str], sizes: Sequence[int], shown: Sequence[int]) -> str:
    return "".join(f"  {'':{sizes[place] - width(texts[place])}}{texts[place]}" for place in shown)


def _cells(heads: Sequence[str], row: _Row, sizes: Sequence[int], shown: Sequence[int]) -> Iterator[Piece]:
    for place in shown:
        text = row.cells[place]
        style: Style = "dim" if text == _NONE else _STYLES.get(heads[place], "")
        yield Piece(f"  {'':{sizes[place] - width(text)}}{text}", style)


def _sentences(title: str, heads: Sequence[str], rows: Sequence[_Row], paper: Paper) -> list[Line]:
    """The same where there is no room for columns."""
    lines = [line(Piece(f"  {title}", "dim"))]
    for journey, group in groupby(rows, key=lambda row: row.journey):
        lines += wrap([Piece(f"  {journey}", "strong")], paper.columns, 4) if journey else []
        for row in group:
            pieces = [Piece(f"    {' '.join(row.names)}: {row.cells[0]} -> {row.cells[1]}")]
            for head, cell in list(zip(heads, row.cells, strict=True))[2:]:
                if cell not in ("", _NONE):
                    words = cell if head in ("change", "share") else f"{cell} {head}"
                    pieces.append(Piece(f", {words}", _STYLES.get(head, "")))
            lines += wrap(pieces, paper.columns, 6)
    return lines


# ---- shifts


def _shifts(shifts: Sequence[Shift], paper: Paper) -> list[Line]:
    """Earlier to the left, later to the right, a row for each length."""
    if not shifts:
        return []
    labels = [bin_words(shift) for shift in shifts]
    wide = max(len("earlier or later"), *map(len, labels))
    counts = [(f"{shift.earlier:,}", f"{shift.later:,}") for shift in shifts]
    sizes = [max(len(pair[side]) for pair in counts) for side in (0, 1)]
    most = max(max(shift.earlier, shift.later) for shift in shifts)
    room = min(_BAR_MAX, ((paper.columns or 120) - wide - 11 - sum(sizes)) // 2) if paper.blocks else 0
    room = room if room >= _BAR_MIN else 0
    half = max(room + 1 + sizes[0], len("earlier"))
    lines = [line(Piece(f"  {'earlier or later':<{wide}}  {'earlier':>{half}} │ later", "dim"))]
    for label, shift, (early, late) in zip(labels, shifts, counts, strict=True):
        left, right = (_bar(number, most, room) for number in (shift.earlier, shift.later))
        drawn = f"{left} " if left else ""
        lines.append(
            line(
                f"    {label:<{wide - 2}}  {'':{half - len(drawn) - len(early)}}",
                Piece(drawn, "name"),
                Piece(early, "" if shift.earlier else "dim"),
                Piece(" │ ", "dim"),
                Piece(late, "" if shift.later else "dim"),
                Piece(f" {right}" if right else "", "warn"),
            )
        )
    return lines


def _bar(number: int, most: int, room: int) -> str:
    return "█" * max(1, round(room * number / most)) if number and room else ""
