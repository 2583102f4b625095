"""The formats of findings that programs read, by name. What people read on a terminal is laid out by `cli`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from rtj.base.finding import Finding
from rtj.report.findings import Examined
from rtj.report.findings_ci import as_github, as_gitlab
from rtj.report.findings_json import as_json, as_json_lines
from rtj.report.findings_review import as_markdown, as_rdjson
from rtj.report.findings_sarif import as_sarif
from rtj.report.findings_xml import as_checkstyle, as_junit

Writer: TypeAlias = Callable[[Sequence[Finding], Examined], str]

WRITERS: Mapping[str, Writer] = {
    "json": lambda findings, _: as_json(findings),
    "json-lines": lambda findings, _: as_json_lines(findings),
    "sarif": as_sarif,
    "github": as_github,
    "gitlab": as_gitlab,
    "junit": as_junit,
    "checkstyle": as_checkstyle,
    "rdjson": lambda findings, _: as_rdjson(findings),
    "markdown": as_markdown,
}
