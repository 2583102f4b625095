"""Findings as JSON: one record each, in an array or line by line. `schema` is raised when a reader would have to change."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from rtj.base.diagnostic import Fix
from rtj.base.finding import Finding
from rtj.base.span import Source, Span
from rtj.report.findings import rule_name

SCHEMA = 1

# Legal in JSON, and yet line ends to many a reader of lines.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_SURROGATES = re.compile("[\ud800-\udfff]")


def encoded(value: object) -> str:
    """The value as JSON on one line, which any encoding of Unicode can take: half a surrogate pair becomes U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATES.sub("\ufffd", text.translate(_LINE_ENDS))


def as_json(findings: Sequence[Finding]) -> str:
    """An array of records, one on each line."""
    rows = ",\n".join(f"  {encoded(record(finding))}" for finding in findings)
    return f"[\n{rows}\n]\n" if rows else "[]\n"


def as_json_lines(findings: Sequence[Finding]) -> str:
    """A record on each line."""
    return "".join(encoded(record(finding)) + "\n" for finding in findings)


def record(finding: Finding) -> dict[str, Any]:
    """All that is known of a finding."""
    diagnostic = finding.diagnostic
    span = diagnostic.span
    labels = [
        {"file": label.span.source.path, **_ends(label.span.source, label.span.start, label.span.end), "text": label.text}
        for label in diagnostic.labels
    ]
    return {
        "schema": SCHEMA,
        "code": diagnostic.code,
        "name": rule_name(diagnostic.code) or diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "help": diagnostic.hint or None,
        "file": span.source.path,
        **_ends(span.source, span.start, span.end),
        "journey": finding.journey or None,
        "path": finding.path,
        "labels": labels,
        "fix": None if diagnostic.fix is None else _fix(diagnostic.fix, span),
        "fingerprint": finding.fingerprint,
    }


def _fix(fix: Fix, span: Span) -> dict[str, Any]:
    edits = [{**_ends(span.source, edit.start, edit.end), "text": edit.text} for edit in fix.edits]
    return {"applicability": "safe" if fix.safe else "unsafe", "title": fix.title, "edits": edits}


def _ends(source: Source, start: int, end: int) -> dict[str, Any]:
    """Both ends of a piece, the second one behind it. Offsets count code points of the text without its BOM."""
    places = {}
    for name, offset in (("start", start), ("end", end)):
        row, column = source.line_col(offset)
        places[name] = {"line": row, "column": column, "offset": offset}
    return places
