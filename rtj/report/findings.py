"""What all formats of findings share: what was examined, names of rules, the order of gravity, and one line for each finding.

A format is a function from findings and what was examined to a text; `rtj.report.findings_formats` lists them. Lines and columns
count from 1, columns in code points, ends are exclusive, in every format but one: rdjson counts bytes, as its readers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rtj.base.codes import CODES
from rtj.base.diagnostic import Diagnostic, Severity
from rtj.base.finding import Finding
from rtj.base.plain import one_line, safe
from rtj.base.span import Span
from rtj.report.moments import counted

RANK: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_PUBLISHED = re.compile(r"[EW]\d{3}")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")


@dataclass(frozen=True, slots=True)
class Examined:
    """What was looked at. `files`: every file that was read, by the path that findings call it; `fail_on`: the least severity
    that fails the run; `pages`: the Markdown page of a rule by its code, where it has one. `folder` is what relative paths of
    findings are relative to, `root` the repository around it, both absolute and with `/`; empty where nobody knows."""

    files: tuple[str, ...] = ()
    fail_on: Severity = "error"
    pages: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    root: str = ""

    def from_root(self, path: str) -> str:
        """The path as it is called from the root of the repository; one outside of it stays absolute."""
        full = path if _ABSOLUTE.match(path) else f"{self.folder}/{path}"
        inside = self.root.rstrip("/") + "/"
        return full.removeprefix(inside) if self.root and full.startswith(inside) else path


def all_files(findings: Iterable[Finding], examined: Examined) -> dict[str, list[Finding]]:
    """Every examined file with its findings, also none."""
    by_file: dict[str, list[Finding]] = {path: [] for path in examined.files}
    for finding in findings:
        by_file.setdefault(finding.diagnostic.span.source.path, []).append(finding)
    return by_file


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then the rest; within each as they were."""
    return sorted(findings, key=lambda finding: RANK[finding.diagnostic.severity])


def fails(finding: Finding, fail_on: Severity) -> bool:
    """Whether the finding is as bad as `fail_on`, or worse."""
    return RANK[finding.diagnostic.severity] <= RANK[fail_on]


def trimmed(span: Span) -> Span:
    """The span without the line ends at its end, so that it ends on its last line."""
    text = span.source.text
    end = span.end
    while end > span.start + 1 and text[end - 1] in "\r\n":
        end -= 1
    return Span(span.source, span.start, end)


def rule_name(code: str) -> str:
    """The name of a published code; empty for a rule of the project's own, whose code is its name."""
    return CODES[code][0] if code in CODES else ""


def counts(findings: Iterable[Finding]) -> list[tuple[str, Severity]]:
    """How many there are of each severity, worst first: `3 errors`, `1 warning`."""
    numbers: dict[Severity, int] = {}
    for finding in findings:
        numbers[finding.diagnostic.severity] = numbers.get(finding.diagnostic.severity, 0) + 1
    return [(counted(numbers[severity], severity), severity) for severity in RANK if severity in numbers]


def fixable(findings: Sequence[Finding]) -> str:
    """`1 fixable with --fix, 2 more with --unsafe-fixes`, empty when a program can mend nothing."""
    fixes = [finding.diagnostic.fix for finding in findings if finding.diagnostic.fix is not None]
    safe_ones = sum(1 for fix in fixes if fix.safe)
    unsafe = len(fixes) - safe_ones
    if not safe_ones:
        return f"{unsafe:,} fixable with --fix --unsafe-fixes" if unsafe else ""
    return f"{safe_ones:,} fixable with --fix" + (f", {unsafe:,} more with --unsafe-fixes" if unsafe else "")


def advice(diagnostic: Diagnostic) -> str:
    """Message and hint in one line."""
    return one_line(diagnostic.message) + (f"; {one_line(diagnostic.hint)}" if diagnostic.hint else "")


def concise_parts(finding: Finding) -> tuple[str, str, str]:
    """The line of a finding in three parts: `file:line:column: `, the code, and ` [~] message; hint (name-of-the-rule)`, where
    `[*]` marks a safe and `[~]` an unsafe fix. A severity other than the code's own is said: `warning[E304]`."""
    diagnostic = finding.diagnostic
    row, column = diagnostic.span.source.line_col(diagnostic.span.start)
    code = one_line(diagnostic.code)
    own = {"E": "error", "W": "warning"}[code[0]] if _PUBLISHED.fullmatch(code) else ""
    shown = code if own == diagnostic.severity else f"{diagnostic.severity}[{code}]"
    mark = "" if diagnostic.fix is None else " [*]" if diagnostic.fix.safe else " [~]"
    name = rule_name(diagnostic.code)
    named = f" ({name})" if name else ""
    return f"{safe(diagnostic.span.source.path)}:{row}:{column}: ", shown, f"{mark} {advice(diagnostic)}{named}"


def concise_line(finding: Finding) -> str:
    """One physical line: `file:line:column: E304 [~] message; hint (name-of-the-rule)`."""
    return "".join(concise_parts(finding))
