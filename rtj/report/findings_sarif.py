"""Findings as SARIF 2.1.0, as code scanning services read it: rules with their pages, places, fixes, fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rtj import __version__
from rtj.base.codes import CODES
from rtj.base.diagnostic import Fix, Severity
from rtj.base.finding import Finding
from rtj.base.plain import one_line
from rtj.base.span import Source, Span
from rtj.report.findings import Examined, advice, all_files, rule_name, worst_first
from rtj.report.findings_json import encoded

RESULTS_MAX = 5_000  # code scanning keeps no more of one run
BASE = "SRCROOT"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_SUBJECTS = {
    "0": "yaml",
    "1": "structure",
    "2": "graph",
    "3": "names-and-types",
    "4": "messages",
    "5": "change",
    "6": "tests",
    "7": "not-applied-yet",
    "8": "yaml",
    "9": "hygiene",
}


def as_sarif(findings: Sequence[Finding], examined: Examined) -> str:
    """One run. Of more findings than services take the worst are kept, and a notification says so."""
    kept = list(findings) if len(findings) <= RESULTS_MAX else worst_first(findings)[:RESULTS_MAX]
    codes = sorted({finding.diagnostic.code for finding in kept})
    numbers = {code: number for number, code in enumerate(codes)}
    run = {
        "tool": {"driver": {"name": "rtj", "version": __version__, "rules": [_rule(code, kept, examined) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "originalUriBaseIds": {BASE: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(len(findings))],
        "artifacts": [
            {"location": _artifact(path, examined), "roles": ["analysisTarget"]} for path in all_files(findings, examined)
        ],
        "results": [_result(finding, numbers, examined) for finding in kept],
    }
    return encoded({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _invocation(number: int) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if number > RESULTS_MAX:
        text = f"{number:,} findings; only the {RESULTS_MAX:,} worst are in this file. The formats json and json-lines have all."
        notification = {"level": "warning", "message": {"text": text}, "descriptor": {"id": "results-cut"}}
        invocation["toolExecutionNotifications"] = [notification]
    return invocation


def _rule(code: str, findings: Sequence[Finding], examined: Examined) -> dict[str, Any]:
    meaning = CODES[code][1] if code in CODES else "a rule of this project"
    page = examined.pages.get(code, "")
    # What a rule weighs when no setting says otherwise; a project's own rule weighs what its findings do.
    own: Severity = next(finding.diagnostic.severity for finding in findings if finding.diagnostic.code == code)
    level = {"E": "error", "W": "warning"}[code[0]] if code in CODES else _LEVELS[own]
    more = f"\n\nMore: `rtj rule {code}`" if code in CODES else ""
    return {
        "id": code,
        "name": rule_name(code) or code,
        "shortDescription": {"text": _sentence(meaning)},
        "fullDescription": {"text": _summary(page) or _sentence(meaning)},
        "help": {"text": page or _sentence(meaning) + more, "markdown": page or _sentence(meaning) + more},
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": [_SUBJECTS[code[1]] if code in CODES else "project"],
            "problem.severity": "recommendation" if level == "note" else level,
        },
    }


def _summary(page: str) -> str:
    """The paragraph below the heading of a page."""
    return " ".join(page.partition("\n\n")[2].partition("\n\n")[0].split())


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _result(finding: Finding, numbers: dict[str, int], examined: Examined) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    place: dict[str, Any] = {"physicalLocation": _physical(diagnostic.span, examined)}
    if finding.journey or finding.path:
        name = f"{finding.journey}{finding.path}" if finding.journey else finding.path
        place["logicalLocations"] = [{"name": finding.journey or finding.path, "fullyQualifiedName": name}]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": numbers[diagnostic.code],
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": advice(diagnostic)},
        "locations": [place],
        "partialFingerprints": {"rtjFingerprint/v1": finding.fingerprint},
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(label.span, examined), "message": {"text": one_line(label.text)}}
            for number, label in enumerate(diagnostic.labels)
        ]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix, diagnostic.span, examined)]
    return result


def _fix(fix: Fix, span: Span, examined: Examined) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(span.source, edit.start, edit.end), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    change = {"artifactLocation": _artifact(span.source.path, examined), "replacements": replacements}
    return {"description": {"text": _sentence(one_line(fix.title))}, "artifactChanges": [change]}


def _physical(span: Span, examined: Examined) -> dict[str, Any]:
    return {
        "artifactLocation": _artifact(span.source.path, examined),
        "region": _region(span.source, span.start, span.end),
    }


def _region(source: Source, start: int, end: int) -> dict[str, int]:
    (row, column), (last, behind) = source.line_col(start), source.line_col(end)
    return {"startLine": row, "startColumn": column, "endLine": last, "endColumn": behind}


def _artifact(path: str, examined: Examined) -> dict[str, str]:
    """Relative to the root of the repository, which is what services go by; a file elsewhere has a URI of its own."""
    name = examined.from_root(path)
    written = quote(name.encode("utf-8", "surrogateescape"), safe="/:@!$&'()*+,;=~-._")
    if name.startswith("/"):
        return {"uri": f"file://{written}"}
    if name[1:3] == ":/":
        return {"uri": f"file:///{written}"}
    # A first step with a colon would be read as a scheme.
    return {"uri": f"./{written}" if ":" in written.partition("/")[0] else written, "uriBaseId": BASE}
