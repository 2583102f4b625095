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

_SIGNS = (*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_ESCAPES = {sign: f"\\u{sign:04x}" for sign in _SIGNS}


def _escaped(written: str) -> str:
    """JSON in which nothing moves a cursor, turns a line round or ends one: such signs stand in texts alone, as escapes."""
    return written.translate(_ESCAPES)


WRITERS: Mapping[str, Writer] = {
    "json": lambda findings, _: _escaped(as_json(findings)),
    "json-lines": lambda findings, _: _escaped(as_json_lines(findings)),
    "sarif": lambda findings, examined: _escaped(as_sarif(findings, examined)),
    "github": as_github,
    "gitlab": lambda findings, examined: _escaped(as_gitlab(findings, examined)),
    "junit": as_junit,
    "checkstyle": as_checkstyle,
    "rdjson": lambda findings, _: _escaped(as_rdjson(findings)),
    "markdown": as_markdown,
}
