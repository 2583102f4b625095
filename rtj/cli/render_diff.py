"""A difference as lines of a terminal: worst first, a heading for each journey, what is said of a change indented below it."""

from __future__ import annotations

from collections.abc import Sequence

from rtj.cli.render import Paper
from rtj.cli.screen import Line, Piece, Style, line, width, wrap
from rtj.plan.changes import Level
from rtj.report.diff_sections import LEVEL_WORDS
from rtj.report.diff_text import Branch, Note, Part, Report, Row

STYLES: dict[Level, Style] = {"breaking": "bad", "needs-migration": "warn", "behaviour": "name", "safe": "good", "none": "dim"}
_SIGNS: dict[str, Style] = {"+": "good", "-": "bad", "~": "warn", ">": "name"}
_INDENT = 9  # of what stands below a change: under its level
_LEVEL_CELLS = len("needs-migration")
_ROWS_MAX = 4  # of one text, where there is a width; the rest is told
_ARROW = " -> "
_FORK, _LAST = "├─ ", "└─ "


def render_diff(report: Report, paper: Paper) -> list[Line]:
    """The whole difference; where there is none, one line."""
    lines: list[Line] = []
    if report.same:
        lines.append(line(Piece("no difference", "good"), f" from {report.old} to {report.new}"))
        return lines + _remarks(report, paper)
    lines += wrap([Piece(f"{report.old}{_ARROW}{report.new}", "strong")], paper.columns, 2)
    for part in report.parts:
        lines += [(), *_part(part, paper)]
    if report.lineage:
        lines += [(), *_lineage(report.lineage, paper)]
    if report.more:
        lines += [(), *wrap([Piece(report.more, "dim")], paper.columns, 2)]
    remarks = _remarks(report, paper)
    return lines + ([(), *remarks] if remarks else [])


def render_end(report: Report, paper: Paper) -> list[Line]:
    """The summary, and what to do next."""
    if report.same:
        return []
    pieces: list[Piece] = []
    for words, level in report.counts:
        style: Style = "dim" if words.startswith("0 ") else STYLES[level]
        pieces += [Piece(", "), Piece(words, style)]
    pieces += [Piece(", "), Piece(report.lost, STYLES["breaking"])] if report.lost else []
    lines: list[Line] = [(), *wrap([Piece("summary: ", "strong"), *pieces[1:]], paper.columns, 9)]
    for words in report.todo:
        lines += wrap([Piece("next: ", "strong"), Piece(words)], paper.columns, 6)
    return lines


def _remarks(report: Report, paper: Paper) -> list[Line]:
    return [part for text in report.remarks for part in wrap([Piece("note: ", "warn"), Piece(text)], paper.columns, 6)]


def _part(part: Part, paper: Paper) -> list[Line]:
    head = [Piece(f"{part.title} ", "dim")] if part.name else []
    head += [Piece(part.name or part.title, "strong"), Piece("  ")]
    if part.status != "lost":
        head.append(Piece(LEVEL_WORDS[part.level].upper(), STYLES[part.level]))
    else:
        head.append(Piece("LOST", "bad"))
    if part.facts:
        head += [Piece("  "), Piece(" · ".join(part.facts), "dim")]
    lines = wrap(head, paper.columns, 4)
    whats = _what_cells(part.rows, paper)
    for row in part.rows:
        lines += _row(row, whats, paper)
    if part.more:
        lines += wrap([Piece(f"    {part.more}", "dim")], paper.columns, 4)
    return lines


def _what_cells(rows: Sequence[Row], paper: Paper) -> int:
    """How wide the column of parts is: no wider than leaves room for what they were and are."""
    most = max(16, (paper.columns or 120) // 3 - 4)
    return max((width(row.what) for row in rows if width(row.what) <= most), default=0)


def _row(row: Row, whats: int, paper: Paper) -> list[Line]:
    """Sign, code, level, what, what it was and is; then where; below it what is known."""
    sign = Piece(f"  {row.sign} ", _SIGNS[row.sign])
    level = Piece(f"{row.level:<{_LEVEL_CELLS}}  ", "dim" if row.waived else STYLES[row.level])
    head = [sign, Piece(f"{row.code} "), level]
    texts = _texts(row)
    what = row.what + " " * (whats - width(row.what)) if texts else row.what
    place = _place(row)
    used = 4 + len(row.code) + 1 + _LEVEL_CELLS + 2 + width(what)
    whole = used + 2 + _cells(texts)
    lines: list[Line] = []
    if not paper.columns or whole + (2 + width(place) if place else 0) <= paper.columns:
        gap = max(2, min(paper.columns, 120) - whole - width(place)) if paper.columns else 2
        tail = [Piece(" " * gap), Piece(place, "dim")] if place else []
        lines.append(line(*head, Piece(what, "strong"), "  ", *texts, *tail))
    elif whole <= paper.columns:
        lines.append(line(*head, Piece(what, "strong"), "  ", *texts))
        lines += _below(place, paper)
    else:
        lines += _bounded(wrap([*head, Piece(row.what, "strong")], paper.columns, _INDENT))
        lines += [*_side("was", row.before, "bad", paper), *_side("now", row.after, "good", paper)]
        lines += _below(place, paper)
    for note in row.notes:
        lines += _bounded(wrap(_note(note), paper.columns, _INDENT + 2))
    return lines


def _side(word: str, text: str, style: Style, paper: Paper) -> list[Line]:
    """What it was, or is, on rows of its own."""
    pieces = [Piece(f"{'':{_INDENT}}{word}  ", style), Piece(text)]
    return _bounded(wrap(pieces, paper.columns, _INDENT + 5)) if text else []


def _texts(row: Row) -> list[Piece]:
    """What it was and what it is, on one line."""
    if row.before and row.after:
        return [Piece(row.before), Piece(_ARROW, "dim"), Piece(row.after)]
    return [Piece(row.before or row.after)] if row.before or row.after else []


def _cells(pieces: Sequence[Piece]) -> int:
    return sum(width(piece.text) for piece in pieces)


def _place(row: Row) -> str:
    if row.place is None:
        return ""
    return f"(was {row.place.text})" if row.was else row.place.text


def _below(place: str, paper: Paper) -> list[Line]:
    return wrap([Piece(f"{'':{_INDENT}}{place}", "dim")], paper.columns, _INDENT) if place else []


def _note(note: Note) -> list[Piece]:
    pad = Piece(" " * _INDENT)
    match note.kind:
        case "evidence":
            return [pad, Piece(note.text, "strong")]
        case "reason":
            return [pad, Piece(note.text)]
        case "note":
            return [pad, Piece(note.text, "dim")]
        case "write":
            return [pad, Piece("write: ", "good"), Piece(note.text)]
        case "waived":
            return [pad, Piece("waived: ", "good"), Piece(note.text, "dim")]


def _bounded(lines: list[Line]) -> list[Line]:
    """The first rows of what is very long."""
    if len(lines) <= _ROWS_MAX:
        return lines
    return [*lines[:_ROWS_MAX], line(Piece(f"{'':{_INDENT}}… {len(lines) - _ROWS_MAX:,} more rows", "dim"))]


def _lineage(branches: Sequence[Branch], paper: Paper) -> list[Line]:
    """What has changed, and below it those who use it."""
    lines: list[Line] = [line(Piece("indirectly", "strong"), Piece("  journeys that use what has changed", "dim"))]
    for branch in branches:
        lines += wrap([Piece("  "), Piece(branch.cause, "strong")], paper.columns, 4)
        names = max((width(name) for name, _ in branch.uses), default=0)
        for place, (name, row) in enumerate(branch.uses):
            last = place + 1 == len(branch.uses) and not branch.more
            said = [Piece(f"  {_LAST if last else _FORK}", "dim"), Piece(name + " " * (names - width(name)), "name")]
            said += [Piece("  "), Piece(row.level, STYLES[row.level])]
            reason = next((note.text for note in row.notes if note.kind in ("reason", "waived")), "")
            evidence = next((note.text for note in row.notes if note.kind == "evidence"), "")
            words = " · ".join(filter(None, (f"{row.code} {row.what}", evidence, reason)))
            lines += _bounded(wrap([*said, Piece("  "), Piece(words, "dim")], paper.columns, 9))
        if branch.more:
            lines.append(line(Piece(f"  {_LAST}{branch.more}", "dim")))
    return lines
