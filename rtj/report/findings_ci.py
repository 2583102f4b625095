"""Findings for the two forges that show them beside the changed lines: GitHub's workflow commands, GitLab's code quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rtj.base.diagnostic import Severity
from rtj.base.finding import Finding
from rtj.base.plain import one_line, safe
from rtj.report.findings import Examined, advice, concise_parts, rule_name, trimmed, worst_first
from rtj.report.findings_json import encoded
from rtj.report.moments import counted
from rtj.report.workflow_commands import ANNOTATIONS_MAX, workflow_command

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_GRADES: dict[Severity, str] = {"error": "major", "warning": "minor", "info": "info"}


def as_github(findings: Sequence[Finding], examined: Examined) -> str:
    """A workflow command on each line, worst first, for GitHub shows but the first ones."""
    return "".join(_command(finding, examined) + "\n" for finding in worst_first(findings))


def first_commands(findings: Sequence[Finding], examined: Examined) -> tuple[list[str], str]:
    """As many commands as GitHub shows, worst first, and in words what is left out, empty when that is nothing."""
    shown: dict[Severity, list[Finding]] = {"error": [], "warning": [], "info": []}
    for finding in findings:
        shown[finding.diagnostic.severity].append(finding)
    rest = [
        counted(len(those) - ANNOTATIONS_MAX, f"more {severity}")
        for severity, those in shown.items()
        if len(those) > ANNOTATIONS_MAX
    ]
    commands = [_command(finding, examined) for those in shown.values() for finding in those[:ANNOTATIONS_MAX]]
    return commands, f"{', '.join(rest)} without an annotation: GitHub shows {ANNOTATIONS_MAX} of each" if rest else ""


def as_gitlab(findings: Sequence[Finding], examined: Examined) -> str:
    """A code quality report: an array of issues."""
    rows = ",\n".join(f"  {encoded(_issue(finding, examined))}" for finding in findings)
    return f"[\n{rows}\n]\n" if rows else "[]\n"


def _command(finding: Finding, examined: Examined) -> str:
    """GitHub refuses columns of what goes over several lines; the message begins with the place in any case."""
    diagnostic = finding.diagnostic
    span = trimmed(diagnostic.span)
    (row, column), (last, behind) = span.source.line_col(span.start), span.end_line_col
    name = rule_name(diagnostic.code)
    title = f"rtj {one_line(diagnostic.code)}" + (f" ({name})" if name else "")
    properties = {"title": title, "file": safe(examined.from_root(span.source.path)), "line": row}
    if last == row:
        properties |= {"col": column, "endLine": last, "endColumn": behind}
    else:
        properties |= {"endLine": last}
    place, code, _ = concise_parts(finding)
    message = f"{place}{code} {one_line(diagnostic.message)}" + (
        f"\nhelp: {one_line(diagnostic.hint)}" if diagnostic.hint else ""
    )
    return workflow_command(_COMMANDS[diagnostic.severity], properties, message)


def _issue(finding: Finding, examined: Examined) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    span = trimmed(diagnostic.span)
    (row, column), (last, behind) = span.source.line_col(span.start), span.end_line_col
    return {
        "description": f"{diagnostic.code}: {advice(diagnostic)}",
        "check_name": rule_name(diagnostic.code) or diagnostic.code,
        "fingerprint": finding.fingerprint,
        "severity": _GRADES[diagnostic.severity],
        "location": {
            "path": examined.from_root(span.source.path),
            "lines": {"begin": row, "end": last},
            "positions": {"begin": {"line": row, "column": column}, "end": {"line": last, "column": behind}},
        },
    }
