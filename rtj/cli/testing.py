"""`rtj test`: scripted timelines are played, and what they promise is compared with what happened."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtj.base.diagnostic import Diagnostic
from rtj.base.errors import OutputError, UsageError
from rtj.base.finding import Finding
from rtj.cli.diagnostics import concise, full
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.project import program_named, sort_out, usable
from rtj.cli.screen import Line, Piece, Screen, columns, line, paint
from rtj.cli.verdicts import render_verdict, verdict_title
from rtj.ir.program import Program
from rtj.lang.discover import SUFFIXES, TEST_SUFFIXES, project_file, suite_files
from rtj.report.moments import counted
from rtj.scenario.check import Script
from rtj.scenario.judge import Verdict, judge
from rtj.scenario.junit import junit
from rtj.scenario.known import known_of
from rtj.scenario.play import Stage
from rtj.scenario.suites import Suites, load_suites

__all__ = ["Asked", "Screen", "test"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.arguments` for the meaning of each."""

    tests: tuple[str, ...] = ()
    project: Path | None = None
    pattern: str | None = None
    junit: str | None = None
    format: str = "full"
    verbose: bool = False


def test(asked: Asked, screen: Screen) -> int:
    """Run the tests and print what did not come out as expected. FINDINGS when something did not."""
    began = time.perf_counter()
    wanted = _pattern(asked.pattern)
    files, project = _files(asked)
    if asked.junit is not None:
        _refuse_overwriting(Path(asked.junit), files)
    program = usable(program_named(sort_out(()), project), screen)
    if program is None:
        return FINDINGS
    suites = load_suites(files, known_of(program))
    chosen = [script for script in suites.scripts if wanted is None or wanted.search(label(script))]
    if not chosen and not suites.diagnostics:
        raise UsageError(f"no test matches {asked.pattern!r}" if asked.pattern else f"no tests in {_some(files)}")
    verdicts = run(program, chosen)
    screen.answer(_answer(suites, verdicts, asked, program))
    if asked.junit is not None:
        _write_junit(asked.junit, suites, verdicts, program)
    screen.talk([_footer(verdicts, suites, time.perf_counter() - began)])
    wrong = any(d.severity == "error" for d in suites.diagnostics)
    return FINDINGS if wrong or any(not verdict.passed for verdict in verdicts) else OK


def run(program: Program, scripts: Sequence[Script]) -> list[Verdict]:
    """Play and judge tests, one after the other, each on its own."""
    stage = Stage(program)
    verdicts: list[Verdict] = []
    for script in scripts:
        began = time.perf_counter()
        verdict = judge(script, stage.play(script), program.ranked)
        verdicts.append(replace(verdict, seconds=time.perf_counter() - began))
    return verdicts


def label(script: Script) -> str:
    """What `-k` looks at: file, journeys and name."""
    return f"{script.suite.source.path} {' '.join(script.journeys)} {script.scenario.name.value}"


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"-k: {text!r} is no regular expression: {error}") from None


def _files(asked: Asked) -> tuple[list[Path], Path]:
    """The test files that are meant, and the project file. Raises UsageError when there are none."""
    places = [Path(argument) for argument in asked.tests]
    for place in places:
        if not place.exists():
            raise UsageError(f"{place}: no such file or folder")
        if place.is_file() and not place.name.endswith(TEST_SUFFIXES):
            raise UsageError(f"{place}: not a test file; they end in {TEST_SUFFIXES[0]}")
    project = project_file(places, asked.project)
    root = project.parent
    files = list(suite_files(places or [root], root))
    if not files:
        where = _some(places) if places else os.fspath(root)
        raise UsageError(f"no *{TEST_SUFFIXES[0]} in {where}")
    return files, project


def _refuse_overwriting(junit: Path, files: Sequence[Path]) -> None:
    """A slip of the shell (`--junit *.yaml`) must not cost a file that is read. Raises UsageError."""
    if junit.name.endswith((*TEST_SUFFIXES, *SUFFIXES)) or junit.resolve() in {file.resolve() for file in files}:
        raise UsageError(f"--junit: {junit} is a file of the project and would be overwritten")


def _some(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - 3:,} more" if len(paths) > 3 else ""
    return ", ".join(os.fspath(path) for path in paths[:3]) + more


def _answer(suites: Suites, verdicts: Sequence[Verdict], asked: Asked, program: Program) -> list[Line]:
    """Mistakes in test files, then what each failed test says; with --verbose also the names of the others."""
    if asked.format == "concise":
        failed = [_named(failure, verdict) for verdict in verdicts for failure in verdict.failures]
        return concise([Finding(diagnostic) for diagnostic in (*suites.diagnostics, *failed)])
    lines = full([Finding(diagnostic) for diagnostic in suites.diagnostics], columns(sys.stdout))
    for verdict in verdicts:
        if not verdict.passed:
            lines += [*render_verdict(verdict, program, columns(sys.stdout)), ()]
        elif asked.verbose:
            lines.append(verdict_title(verdict))
    return lines


def _named(diagnostic: Diagnostic, verdict: Verdict) -> Diagnostic:
    """A failure that is told without its test around it."""
    return replace(diagnostic, message=f"{verdict.script.scenario.name.value}: {diagnostic.message}")


def _footer(verdicts: Sequence[Verdict], suites: Suites, seconds: float) -> Line:
    """`12 passed, 1 failed (0.2 s)`."""
    failed = sum(1 for verdict in verdicts if not verdict.passed)
    errors = sum(1 for d in suites.diagnostics if d.severity == "error")
    pieces = [Piece(f"{len(verdicts) - failed:,} passed", "" if failed or errors else "good")]
    if failed:
        pieces += [Piece(", "), Piece(f"{failed:,} failed", "bad")]
    if suites.unplayed:
        pieces += [Piece(", "), Piece(f"{suites.unplayed:,} not run", "bad")]
    if errors:
        pieces += [Piece("; "), Piece(counted(errors, "error") + " in test files", "bad")]
    return line(*pieces, Piece(f" ({seconds:.2f} s)", "dim"))


def _write_junit(path: str, suites: Suites, verdicts: Sequence[Verdict], program: Program) -> None:
    stories = [paint(render_verdict(verdict, program, 0), color=False) for verdict in verdicts]
    mistakes = [paint(full([Finding(diagnostic)]), color=False) for diagnostic in suites.diagnostics]
    text = junit(suites, list(zip(verdicts, stories, strict=True)), mistakes)
    try:
        if path == "-":
            Screen().exact(text.encode("utf-8"))
        else:
            Path(path).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
