"""Diagnostics for people (`full`) and for editors, grep and problem matchers (`concise`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rtj.base.codes import CODES
from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.cli.screen import Line, Piece, Style, line, one_line, safe, width
from rtj.report.moments import counted

ABOVE_MAX = 2  # lines of context above the marked one
MARKED_MAX = 6  # lines of one span that are shown; the rest is told
CELLS_MAX = 140  # of a source line; a longer one is cut around the mark
CELLS_MIN = 40  # however narrow the terminal
AFTER_MIN = 16  # cells that are left for what follows the mark
SHOWN_MAX = 50  # diagnostics of one file in `full`
_CUT = "..."


def full(found: Sequence[Diagnostic], columns: int = 0) -> list[Line]:
    """Every diagnostic with its place in the text, the culprit underlined, and help. `columns` of the terminal; 0: none."""
    lines: list[Line] = []
    shown: dict[str, int] = {}
    for diagnostic in found:
        path = diagnostic.span.source.path
        shown[path] = shown.get(path, 0) + 1
        if shown[path] <= SHOWN_MAX:
            lines += [*_explain(diagnostic, columns), ()]
    for path, number in shown.items():
        if number > SHOWN_MAX:
            lines += [line(f"{safe(path)}: {number - SHOWN_MAX:,} more; --format concise shows all"), ()]
    return lines


def concise(found: Sequence[Diagnostic]) -> list[Line]:
    """One physical line for each: `file:line:column: CODE message; hint (name-of-the-code)`."""
    lines: list[Line] = []
    for diagnostic in found:
        style: Style = "bad" if diagnostic.severity == "error" else "warn"
        hint = f"; {one_line(diagnostic.hint)}" if diagnostic.hint else ""
        name = _name(diagnostic.code)
        text = f" {one_line(diagnostic.message)}{hint}" + (f" ({name})" if name else "")
        lines.append(line(f"{_place(diagnostic.span)}: ", Piece(diagnostic.code, style), text))
    return lines


def footer(found: Sequence[Diagnostic], checked: str) -> Line:
    """`3 errors, 1 warning in 2 files; checked 14 files`, or that all is well."""
    errors = sum(1 for d in found if d.severity == "error")
    numbers: tuple[tuple[int, str, Style], ...] = ((errors, "error", "bad"), (len(found) - errors, "warning", "warn"))
    pieces = [Piece(counted(number, noun), style) for number, noun, style in numbers if number]
    if not pieces:
        return line(Piece("no errors", "good"), f" in {checked}")
    files = len({d.span.source.path for d in found})
    both = [pieces[0], Piece(", "), pieces[1]] if len(pieces) == 2 else pieces
    return line(*both, f" in {counted(files, 'file')}; checked {checked}")


def _title(diagnostic: Diagnostic) -> tuple[Piece, ...]:
    """`error[E304]` and the name of the code."""
    style: Style = "bad" if diagnostic.severity == "error" else "warn"
    name = _name(diagnostic.code)
    return Piece(f"{diagnostic.severity}[{diagnostic.code}]", style), Piece(f" {name}" if name else "")


def _name(code: str) -> str:
    return CODES[code][0] if code in CODES else ""


def _place(span: Span) -> str:
    row, column = span.source.line_col(span.start)
    return f"{safe(span.source.path)}:{row}:{column}"


def _explain(diagnostic: Diagnostic, columns: int) -> list[Line]:
    spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
    gutter = max(len(str(_last_row(span))) for span in spans)
    style: Style = "bad" if diagnostic.severity == "error" else "warn"
    room = min(max(columns - gutter - len(" | "), CELLS_MIN), CELLS_MAX) if columns else CELLS_MAX
    lines = [line(*_title(diagnostic), Piece(f": {one_line(diagnostic.message)}", "strong"))]
    lines += _excerpt(diagnostic.span, Page(gutter, room, "-->", "^", style), "")
    for label in diagnostic.labels:
        lines += _excerpt(label.span, Page(gutter, room, ":::", "-", "mark"), one_line(label.text))
    if diagnostic.hint:
        lines.append(line(" " * gutter, Piece(" = ", "mark"), Piece("help", "strong"), f": {one_line(diagnostic.hint)}"))
    return lines


class Page(NamedTuple):
    """How an excerpt is laid out: width of the line numbers, cells for a line of text, and what marks a place."""

    gutter: int
    room: int
    arrow: str
    under: str
    style: Style


def _excerpt(span: Span, page: Page, text: str) -> list[Line]:
    """The place, up to two lines above it (of the culprit, not of labels), and the lines of the span, each underlined."""
    source = span.source
    blank = " " * page.gutter
    lines = [line(blank, Piece(page.arrow, "mark"), f" {_place(span)}"), line(blank, Piece(" |", "mark"))]
    first, last = span.line, _last_row(span)
    if page.under == "^":
        above = range(max(1, first - ABOVE_MAX), first)
        while above and not source.line_text(above[0]).strip():
            above = above[1:]
        lines += [_numbered(row, page.gutter, _fit(source.line_text(row), (0, 0), page.room)[0]) for row in above]
    shown_last = min(last, first + MARKED_MAX - 1)
    for row in range(first, shown_last + 1):
        shown, left, size = _fit(source.line_text(row), _marked(span, row), page.room)
        remark = f" {text}" if text and row == shown_last else ""
        lines.append(_numbered(row, page.gutter, shown))
        lines.append(line(blank, Piece(" |", "mark"), " " * (left + 1), Piece(page.under * size + remark, page.style)))
    if last > shown_last:
        lines.append(line(blank, Piece(" |", "mark"), Piece(f" {_CUT} to line {last}", "dim")))
    return lines


def _numbered(row: int, gutter: int, text: str) -> Line:
    return line(Piece(f"{row:>{gutter}} | ", "mark"), text)


def _last_row(span: Span) -> int:
    """The line of the last character of the span; a line end at its end does not count."""
    end = span.end
    text = span.source.text
    while end > span.start + 1 and text[end - 1 : end] in ("\n", "\r"):
        end -= 1
    return span.source.line_col(max(end - 1, span.start))[0]


def _marked(span: Span, row: int) -> tuple[int, int]:
    """The columns (from 0, end not included) of `row` that belong to the span, without the indentation of later lines."""
    source: Source = span.source
    begin = source.line_starts()[row - 1]
    text = source.line_text(row)
    start = max(span.start - begin, 0)
    if span.start < begin:
        start = len(text) - len(text.lstrip())
    return start, max(start, min(span.end - begin, len(text)))


def _fit(text: str, mark: tuple[int, int], room: int) -> tuple[str, int, int]:
    """The line as it is shown in `room` cells, and where the mark of its characters begins and how many cells it has. What
    stands before the mark is kept if it can be: an indented line reads best from its start."""
    start, end = mark
    before, marked, after = safe(text[:start]), safe(text[start:end]), safe(text[end:])
    if width(before + marked + after) > room:
        marked = _head(marked, room - 2 * AFTER_MIN)  # as much again is for what stands before
        after = _head(after, max(room - width(before + marked), AFTER_MIN))
        before = _tail(before, max(room - width(marked + after), AFTER_MIN))
    # Emoji may be one glyph over several characters: cells are measured from the start of the line.
    left = width(before)
    return before + marked + after, left, max(width(before + marked) - left, 1)


def _head(text: str, cells: int) -> str:
    if width(text) <= cells:
        return text
    kept = text[:cells]
    while width(kept) > cells - len(_CUT):
        kept = kept[:-1]
    return kept + _CUT


def _tail(text: str, cells: int) -> str:
    if width(text) <= cells:
        return text
    kept = text[-cells:]
    while width(kept) > cells - len(_CUT):
        kept = kept[1:]
    return _CUT + kept
