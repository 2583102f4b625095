"""Findings for reviews: rdjson, from which reviewdog makes comments with suggestions, and Markdown for a comment or a summary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rtj.base.diagnostic import Fix, Severity
from rtj.base.finding import Finding
from rtj.base.plain import one_line, safe
from rtj.base.span import Source
from rtj.report.findings import Examined, advice, all_files, concise_line, counts, fixable, rule_name, worst_first
from rtj.report.findings_json import encoded
from rtj.report.moments import counted

OPEN_ROWS = 20  # of a table; more are folded away
_WEIGHTS: dict[Severity, str] = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#~|&])")


def as_rdjson(findings: Sequence[Finding]) -> str:
    """A result of reviewdog's diagnostic format, a diagnostic on each line."""
    rows = ",\n".join(f"  {encoded(_diagnostic(finding))}" for finding in findings)
    worst: Severity = next((finding.diagnostic.severity for finding in worst_first(findings)), "info")
    return f'{{"source":{{"name":"rtj"}},"severity":"{_WEIGHTS[worst]}","diagnostics":[\n{rows}\n]}}\n'


def _diagnostic(finding: Finding) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    span = diagnostic.span
    shown: dict[str, Any] = {
        "message": advice(diagnostic),
        "location": {"path": span.source.path, "range": _range(span.source, span.start, span.end)},
        "severity": _WEIGHTS[diagnostic.severity],
        "code": {"value": diagnostic.code},
    }
    if diagnostic.fix is not None:
        shown["suggestions"] = [_suggestion(diagnostic.fix, span.source)]
    shown["original_output"] = concise_line(finding)
    return shown


def _suggestion(fix: Fix, source: Source) -> dict[str, Any]:
    """All edits in one, with what stands between them: suggestions are taken one by one, half a fix would be wrong."""
    edits = sorted(fix.edits, key=lambda edit: edit.start)
    text = ""
    at = edits[0].start
    for edit in edits:
        text += source.text[at : edit.start] + edit.text
        at = edit.end
    return {"range": _range(source, edits[0].start, at), "text": text}


def _range(source: Source, start: int, end: int) -> dict[str, Any]:
    return {"start": _position(source, start), "end": _position(source, end)}


def _position(source: Source, offset: int) -> dict[str, int]:
    """Columns of this format are bytes of UTF-8."""
    row, column = source.line_col(offset)
    before = source.text[offset - column + 1 : offset]
    return {"line": row, "column": len(before.encode("utf-8", "replace")) + 1}


def as_markdown(findings: Sequence[Finding], examined: Examined) -> str:
    """A sentence and a table; what a reader would have to scroll through is folded."""
    return _headline(findings, examined) + _table(findings)


def summary(findings: Sequence[Finding], examined: Examined, bytes_max: int) -> str:
    """The same in at most so many bytes: rows that have no room are counted."""
    text = as_markdown(findings, examined)
    kept = len(findings)
    while len(text.encode("utf-8")) > bytes_max and kept:
        kept = kept * max(bytes_max, 0) // (2 * len(text.encode("utf-8")))
        left = f"\n{counted(len(findings) - kept, 'more finding')} without room here.\n"
        text = _headline(findings, examined) + _table(findings[:kept]) + left
    return text


def _headline(findings: Sequence[Finding], examined: Examined) -> str:
    numbers = ", ".join(words for words, _ in counts(findings)) or "no findings"
    files = all_files(findings, examined)
    wrong = sum(1 for those in files.values() if those)
    where = f"{wrong:,} of {counted(len(files), 'file')}" if wrong else counted(len(files), "file")
    mend = fixable(findings)
    return f"**rtj validate**: {numbers} in {where}." + (f" {mend}." if mend else "") + "\n"


def _table(findings: Sequence[Finding]) -> str:
    rows = [_row(finding) for finding in findings]
    if not rows:
        return ""
    head = "\n| | Place | Rule | Message |\n|---|---|---|---|\n"
    text = head + "".join(rows[:OPEN_ROWS])
    if len(rows) > OPEN_ROWS:
        more = f"{len(rows) - OPEN_ROWS:,} more"
        text += f"\n<details><summary>{more}</summary>\n{head}{''.join(rows[OPEN_ROWS:])}\n</details>\n"
    return text


def _row(finding: Finding) -> str:
    diagnostic = finding.diagnostic
    row, column = diagnostic.span.source.line_col(diagnostic.span.start)
    place = code_span(f"{safe(diagnostic.span.source.path)}:{row}:{column}")
    name = rule_name(diagnostic.code)
    rule = code_span(one_line(diagnostic.code)) + (f" {name}" if name else "")
    return f"| {diagnostic.severity} | {place} | {rule} | {prose(advice(diagnostic))} |\n"


def code_span(text: str) -> str:
    """A code span that holds any text, in a cell of a table: there a bar must be escaped, also inside the span."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def prose(text: str) -> str:
    """Quoted pieces as code, and whatever else Markdown or HTML would take for its own as what it is."""
    return "".join(code_span(piece) if number % 2 else _MARKUP.sub(r"\\\1", piece) for number, piece in enumerate(quoted(text)))


def quoted(text: str) -> list[str]:
    """A text in pieces, of which every second one stands in backquotes."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # a lone quote
        pieces[-2:] = ["`".join(pieces[-2:])]
    return pieces
