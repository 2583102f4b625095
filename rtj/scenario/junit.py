"""Verdicts as JUnit XML, which CI systems show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from rtj.base.diagnostic import Diagnostic
from rtj.scenario.judge import Verdict
from rtj.scenario.suites import Suites

# What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\x09\x0a\x0d\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(suites: Suites, told: Sequence[tuple[Verdict, str]], mistakes: Sequence[str]) -> str:
    """One `testsuite` for each file. `told`: verdicts, each with the text that is shown for it; `mistakes`: the same of the
    diagnostics of the test files, which stand as errors."""
    files: dict[str, list[str]] = {source.path: [] for source in suites.sources}
    numbers: dict[str, list[int]] = {path: [0, 0, 0] for path in files}  # tests, failures, errors
    seconds: dict[str, float] = dict.fromkeys(files, 0.0)
    for diagnostic, text in zip(suites.diagnostics, mistakes, strict=True):
        if diagnostic.severity == "error":
            path = diagnostic.span.source.path
            files[path].append(_mistake(diagnostic, text))
            numbers[path] = [a + b for a, b in zip(numbers[path], (1, 0, 1), strict=True)]
    for verdict, text in told:
        path = verdict.script.suite.source.path
        files[path].append(_case(verdict, text))
        numbers[path] = [a + b for a, b in zip(numbers[path], (1, not verdict.passed, 0), strict=True)]
        seconds[path] += verdict.seconds
    totals = [sum(column) for column in zip(*numbers.values(), strict=True)] if numbers else [0, 0, 0]
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n', f"<testsuites {_numbers(totals, sum(seconds.values()))}>\n"]
    for path, cases in files.items():
        if cases:
            parts.append(f"  <testsuite name={_quoted(path)} {_numbers(numbers[path], seconds[path])}>\n")
            parts += [*cases, "  </testsuite>\n"]
    return "".join(parts) + "</testsuites>\n"


def _numbers(numbers: Sequence[int], seconds: float) -> str:
    tests, failures, errors = numbers
    return f'tests="{tests}" failures="{failures}" errors="{errors}" time="{seconds:.6f}"'


def _case(verdict: Verdict, text: str) -> str:
    scenario = verdict.script.scenario
    head = _head(scenario.name.value, " ".join(verdict.script.journeys), scenario.span.source.path, scenario.span.line)
    head += f' time="{verdict.seconds:.6f}"'
    if verdict.passed:
        return f"    <testcase {head}/>\n"
    message = _quoted("; ".join(failure.message for failure in verdict.failures))
    return f"    <testcase {head}>\n      <failure message={message}>{_text(text)}</failure>\n    </testcase>\n"


def _mistake(diagnostic: Diagnostic, text: str) -> str:
    span = diagnostic.span
    head = _head(f"line {span.line}", diagnostic.code, span.source.path, span.line)
    message = _quoted(f"{diagnostic.code} {diagnostic.message}")
    return f"    <testcase {head}>\n      <error message={message}>{_text(text)}</error>\n    </testcase>\n"


def _head(name: str, group: str, path: str, row: int) -> str:
    return f'name={_quoted(name)} classname={_quoted(group)} file={_quoted(path)} line="{row}"'


def _quoted(text: str) -> str:
    return quoteattr(_NO_XML.sub("?", text))


def _text(text: str) -> str:
    return escape(_NO_XML.sub("?", text))
