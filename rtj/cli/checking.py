"""`rtj validate`: what was asked for -> findings -> one answer on stdout, others in files, and an exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtj.base.diagnostic import Severity
from rtj.base.errors import OutputError
from rtj.base.finding import Finding
from rtj.cli.diagnostics import concise, footer, full
from rtj.cli.github_actions import annotate, in_actions, summarize_step
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.outputs import PLAIN, Outputs, read_outputs, refuse_overwriting, write_file
from rtj.cli.project import checked, narrow, sort_out
from rtj.cli.screen import Line, Piece, Screen, columns, line, paint
from rtj.lang.load import load_project
from rtj.lint.lint import Linted, lint
from rtj.report.findings import Examined, fails, fixable

__all__ = ["Asked", "Screen", "validate"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.arguments` for the meaning of each."""

    journeys: tuple[str, ...] = ()
    project: Path | None = None
    format: str | None = None
    outputs: tuple[str, ...] = ()
    fail_on: Severity = "error"
    exit_zero: bool = False


def validate(asked: Asked, screen: Screen) -> int:
    """Tell what is wrong with the named files or the whole project. FINDINGS when something is as bad as `fail_on`."""
    begin = time.perf_counter()
    outputs = read_outputs(asked.format, asked.outputs)
    linted = _look(asked)
    refuse_overwriting(outputs, linted.analysis.loaded.files.values())
    findings = linted.findings
    _answer(outputs, findings, _examined(asked, outputs, linted), screen)
    screen.talk([_footer(linted, time.perf_counter() - begin)])
    failed = any(fails(finding, asked.fail_on) for finding in findings)
    return FINDINGS if failed and not asked.exit_zero else OK


def _look(asked: Asked) -> Linted:
    """Load and lint what was named."""
    named = sort_out(asked.journeys)
    linted = lint(load_project(named.files, asked.project or named.project))
    program = linted.analysis.compiled.program
    if program is not None:
        narrow(program, named.names)  # a name that does not exist is a wrong call
    return linted


def _answer(outputs: Outputs, findings: Sequence[Finding], examined: Examined, screen: Screen) -> None:
    """Files first, for a reader may close stdout early. What cannot be written keeps nothing else from being written; the
    first failure is raised at the end."""
    failed: list[OutputError] = []
    for name, path in outputs.files:
        try:
            write_file(path, _text(name, findings, examined).encode("utf-8"))
        except OutputError as error:
            failed.append(error)
    if in_actions():
        if not outputs.chosen and not outputs.names("github"):
            annotate(findings, examined, screen)
        if not outputs.chosen or outputs.names("github"):
            summarize_step(findings, examined, screen)
    if outputs.stdout in PLAIN:
        screen.answer(_lines(outputs.stdout, findings, columns(sys.stdout)))
    else:  # what programs read is UTF-8, whatever the terminal speaks
        screen.exact(_text(outputs.stdout, findings, examined).encode("utf-8"))
    if failed:
        raise failed[0]


def _text(name: str, findings: Sequence[Finding], examined: Examined) -> str:
    if name in PLAIN:
        return paint(_lines(name, findings, 0), color=False)
    from rtj.report.findings_formats import WRITERS  # here: most calls are by people

    return WRITERS[name](findings, examined)


def _lines(name: str, findings: Sequence[Finding], width: int) -> list[Line]:
    return concise(findings) if name == "concise" else full(findings, width)


def _examined(asked: Asked, outputs: Outputs, linted: Linted) -> Examined:
    """What formats say besides findings. Pages are read only for the format that carries them."""
    folder = Path.cwd()
    root = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
    return Examined(
        files=tuple(source.path for source in linted.sources),
        fail_on=asked.fail_on,
        pages=_pages(linted.findings) if outputs.names("sarif") else {},
        folder=folder.as_posix(),
        root=root.as_posix(),
    )


def _pages(findings: Sequence[Finding]) -> dict[str, str]:
    from rtj.lint.pages import page

    codes = sorted({finding.diagnostic.code for finding in findings})
    return {code: found.markdown for code in codes if (found := page(code)) is not None}


def _footer(linted: Linted, seconds: float) -> Line:
    """`3 errors, 1 warning in 2 of 14 files (0.21 s). 1 fixable with --fix, 1 more with --unsafe-fixes.`"""
    compiled = linted.analysis.compiled
    mend = fixable(linted.findings)
    words = footer(linted.findings, len(linted.sources), checked(compiled))
    return line(*words, Piece(f" ({seconds:.2f} s)", "dim"), f". {mend}." if mend else "")
