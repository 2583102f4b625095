"""Findings as XML for build servers: JUnit, where every file is a test that passes or fails, and Checkstyle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rtj.base.finding import Finding
from rtj.base.plain import one_line, safe
from rtj.report.findings import Examined, advice, all_files, concise_line, counts, fails

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def as_junit(findings: Sequence[Finding], examined: Examined) -> str:
    """A test for each file, so that those in order are seen too. What fails the run fails the test, in one `failure`, for not
    all readers take several; the rest is what the test prints."""
    files = all_files(findings, examined)
    cases = [_case(path, those, examined) for path, those in files.items()]
    failed = sum(1 for those in files.values() if any(fails(finding, examined.fail_on) for finding in those))
    numbers = {"tests": str(len(files)), "failures": str(failed), "errors": "0"}
    suite = _element("testsuite", {"name": "rtj validate", **numbers, "skipped": "0"}, cases)
    return _HEAD + _element("testsuites", {"name": "rtj", **numbers}, [suite])


def _case(path: str, findings: Sequence[Finding], examined: Examined) -> str:
    bad = [finding for finding in findings if fails(finding, examined.fail_on)]
    inside = []
    if bad:
        numbers = counts(bad)
        message = ", ".join(words for words, _ in numbers)
        inside.append(_text_element("failure", {"message": message, "type": numbers[0][1]}, bad))
    rest = [finding for finding in findings if not fails(finding, examined.fail_on)]
    if rest:
        inside.append(_text_element("system-out", {}, rest))
    return _element("testcase", {"classname": "rtj.validate", "name": safe(path), "file": safe(path)}, inside)


def as_checkstyle(findings: Sequence[Finding], examined: Examined) -> str:
    """A `file` for each file, an `error` for each finding."""
    files = [
        _element("file", {"name": safe(path)}, [_error(finding) for finding in those])
        for path, those in all_files(findings, examined).items()
    ]
    return _HEAD + _element("checkstyle", {"version": "4.3"}, files)


def _error(finding: Finding) -> str:
    diagnostic = finding.diagnostic
    row, column = diagnostic.span.source.line_col(diagnostic.span.start)
    attributes = {
        "line": str(row),
        "column": str(column),
        "severity": diagnostic.severity,
        "message": advice(diagnostic),
        "source": f"rtj.{one_line(diagnostic.code)}",
    }
    return _element("error", attributes, [])


def _element(name: str, attributes: Mapping[str, str], inside: Sequence[str]) -> str:
    """An element on lines of its own; what is inside is indented below it."""
    head = name + "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items())
    if not inside:
        return f"<{head}/>\n"
    # Texts keep their lines at the margin: blanks before them would be a part of them.
    body = "".join(re.sub(r"^(?= *<)", "  ", part, flags=re.MULTILINE) for part in inside)
    return f"<{head}>\n{body}</{name}>\n"


def _text_element(name: str, attributes: Mapping[str, str], findings: Sequence[Finding]) -> str:
    head = name + "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items())
    text = "\n".join(_escaped(concise_line(finding)) for finding in findings)
    return f"<{head}>{text}</{name}>\n"


def _escaped(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text).translate(_ENTITIES)
