"""Findings for people (`full`) and for editors, grep and problem matchers (`concise`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rtj.base.codes import CODES
from rtj.base.diagnostic import Diagnostic, Severity
from rtj.base.finding import Finding
from rtj.base.plain import one_line, safe
from rtj.base.span import Source, Span
from rtj.cli.screen import Line, Piece, Style, line, width
from rtj.report.findings import concise_parts, counts, rule_name, trimmed
from rtj.report.moments import counted

ABOVE_MAX = 2  # lines of context above the marked one
MARKED_MAX = 6  # lines of one span that are shown; the rest is told
CELLS_MAX = 140  # of a source line; a longer one is cut around the mark
CELLS_MIN = 40  # however narrow the terminal
AFTER_MIN = 16  # cells that are left for what follows the mark
SHOWN_MAX = 50  # findings of one file in `full`
_CUT = "..."
STYLES: dict[Severity, Style] = {"error": "bad", "warning": "warn", "info": "name"}
_PLAIN_KEY = re.compile(r"[\w-]+")


def full(found: Sequence[Finding], columns: int = 0) -> list[Line]:
    """Every finding with its place in the text, the culprit underlined, and help. `columns` of the terminal; 0: none."""
    lines: list[Line] = []
    shown: dict[str, int] = {}
    told: set[str] = set()
    for finding in found:
        path = finding.diagnostic.span.source.path
        shown[path] = shown.get(path, 0) + 1
        if shown[path] <= SHOWN_MAX:
            lines += [*_explain(finding, columns, told), ()]
    for path, number in shown.items():
        if number > SHOWN_MAX:
            lines += [line(f"{safe(path)}: {number - SHOWN_MAX:,} more; --format concise shows all"), ()]
    return lines


def concise(found: Sequence[Finding]) -> list[Line]:
    """One physical line for each: `file:line:column: CODE [~] message; hint (name-of-the-rule)`."""
    lines: list[Line] = []
    for finding in found:
        place, code, text = concise_parts(finding)
        lines.append(line(place, Piece(code, STYLES[finding.diagnostic.severity]), text))
    return lines


def footer(found: Sequence[Finding], files: int, checked: str) -> Line:
    """`3 errors, 1 warning in 2 of 14 files`, or that all is well in what was checked."""
    numbers = counts(found)
    if not numbers:
        return line(Piece("no errors", "good"), f" in {checked}")
    pieces: list[Piece] = []
    for words, severity in numbers:
        pieces += [Piece(", "), Piece(words, STYLES[severity])]
    wrong = len({finding.diagnostic.span.source.path for finding in found})
    return line(*pieces[1:], f" in {wrong:,} of {counted(files, 'file')}")


def _title(diagnostic: Diagnostic) -> tuple[Piece, ...]:
    """`error[E304]` and the name of the rule."""
    name = rule_name(diagnostic.code)
    code = Piece(f"{diagnostic.severity}[{one_line(diagnostic.code)}]", STYLES[diagnostic.severity])
    return code, Piece(f" {name}" if name else "")


def _place(span: Span) -> str:
    row, column = span.source.line_col(span.start)
    return f"{safe(span.source.path)}:{row}:{column}"


def _explain(finding: Finding, columns: int, told: set[str]) -> list[Line]:
    """`told`: the codes whose page was pointed at already; once is enough."""
    diagnostic = finding.diagnostic
    spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
    gutter = max(len(str(_last_row(span))) for span in spans)
    room = min(max(columns - gutter - len(" | "), CELLS_MIN), CELLS_MAX) if columns else CELLS_MAX
    title = [*_title(diagnostic), Piece(f": {one_line(diagnostic.message)}", "strong")]
    if _is_plain(diagnostic):
        return [line(*title, f" ({_place(diagnostic.span)})")]
    lines = [line(*title)]
    lines += _excerpt(diagnostic.span, Page(gutter, room, "-->", "^", STYLES[diagnostic.severity]), "")
    for label in diagnostic.labels:
        lines += _excerpt(label.span, Page(gutter, room, ":::", "-", "mark"), one_line(label.text))
    return lines + [
        line(" " * gutter, Piece(" = ", "mark"), Piece(name, "strong"), f": {text}") for name, text in _notes(finding, told)
    ]


def _is_plain(diagnostic: Diagnostic) -> bool:
    """Does it only inform, with nothing to point at and nothing to do?"""
    return diagnostic.severity == "info" and not (diagnostic.hint or diagnostic.labels or diagnostic.fix)


def _notes(finding: Finding, told: set[str]) -> Iterator[tuple[str, str]]:
    """What is said below the excerpt: where in the structure, what helps, what a program can do, where to read more."""
    diagnostic = finding.diagnostic
    where = " / ".join(part for part in (one_line(finding.journey), _spoken(finding.path)) if part)
    if where:
        yield "at", where
    yield from _ways_out(diagnostic)
    if diagnostic.code in CODES and diagnostic.code not in told:
        told.add(diagnostic.code)
        yield "more", f"rtj rule {diagnostic.code}"


def _ways_out(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    """The hint and the fix; one line where the fix does what the hint says."""
    hint, fix = one_line(diagnostic.hint), diagnostic.fix
    if fix is None:
        if hint:
            yield "help", hint
        return
    way = "[rtj validate --fix]" if fix.safe else "[unsafe: rtj validate --fix --unsafe-fixes]"
    if hint and len(fix.edits) == 1 and f"`{fix.edits[0].text}`" in hint:
        yield "help", f"{hint}  {way}"
        return
    if hint:
        yield "help", hint
    yield "fix", f"{one_line(fix.title)}  {way}"


def _spoken(pointer: str) -> str:
    """A JSON pointer as people write a path: `do[1].wait_for[0].when`."""
    spoken = ""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if name.isdecimal() and spoken:
            spoken += f"[{name}]"
        else:
            name = one_line(name)
            spoken += ("." if spoken else "") + (name if _PLAIN_KEY.fullmatch(name) else f'"{name}"')
    return spoken


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
    return span.source.line_col(max(trimmed(span).end - 1, span.start))[0]


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
