"""`rtj validate`: what was asked for -> findings -> one answer on stdout, others in files, and an exit code."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtj.base.diagnostic import Severity
from rtj.base.errors import OutputError, UsageError
from rtj.base.finding import Finding
from rtj.cli.accepting import Accept, accept, settings_lines
from rtj.cli.diagnostics import concise, footer, full
from rtj.cli.fixing import Wish, check_wish, given_text, mend_all, show_patch, tell
from rtj.cli.git import repository_above
from rtj.cli.github_actions import annotate, in_actions, summarize_step
from rtj.cli.looking import Looked, look
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.outputs import PLAIN, Outputs, read_outputs, refuse_overwriting, write_file
from rtj.cli.patches import write_changes
from rtj.cli.screen import Line, Piece, Screen, columns, line, paint
from rtj.cli.validate_inputs import Request
from rtj.lint.settings import LintOptions
from rtj.report.findings import Examined, fails, fixable

__all__ = ["Accept", "Asked", "Audit", "Request", "Screen", "Wish", "options", "validate"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.arguments` for the meaning of each."""

    inputs: Request = field(default_factory=Request)
    options: LintOptions = field(default_factory=LintOptions)
    accept: Accept = field(default_factory=Accept)
    wish: Wish = field(default_factory=Wish)
    show_config: bool = False
    format: str | None = None
    outputs: tuple[str, ...] = ()
    fail_on: Severity | None = None
    exit_zero: bool = False


@dataclass(frozen=True, slots=True)
class Audit:
    """What is told though it was accepted."""

    ignored: bool = False
    known: bool = False


def options(select: Sequence[str], ignore: Sequence[str], audit: Audit, now: str | None) -> LintOptions:
    """The options of one run as the linter takes them. Raises UsageError for a day that does not exist."""
    try:
        moment = datetime.datetime.now().astimezone() if now is None else datetime.datetime.fromisoformat(now)
    except ValueError:
        raise UsageError(f"--now {now}: expected a date such as 2026-03-01") from None
    return LintOptions(_words(select), _words(ignore), moment.date(), comments=not audit.ignored, baseline=not audit.known)


def _words(lists: Sequence[str]) -> tuple[str, ...]:
    """The words of options that may be given several times and hold several, with commas."""
    return tuple(word.strip() for words in lists for word in words.split(",") if word.strip())


def validate(asked: Asked, screen: Screen) -> int:
    """Tell what is wrong with the named files or the whole project. FINDINGS when something is as bad as `fail_on`."""
    begin = time.perf_counter()
    outputs = read_outputs(asked.format, asked.outputs)
    check_wish(asked.wish, accepting=asked.accept != Accept())
    accept(asked.accept, asked.inputs, asked.options, screen)
    looked = look(asked.inputs, asked.options)
    if asked.show_config:
        screen.answer(settings_lines(looked))
        return OK
    refuse_overwriting(outputs, looked.files)
    if asked.wish.diff:
        return show_patch(looked, asked.wish, screen, exit_zero=asked.exit_zero)
    if asked.wish.fix:
        looked = _mended(asked, outputs, looked, screen)
    if asked.wish.fix and asked.inputs.reads_stdin:
        screen.complain(_lines(outputs.stdout, looked.findings, columns(sys.stderr)))
    else:
        _answer(outputs, looked.findings, _examined(asked, outputs, looked), screen)
    screen.talk([_footer(looked, time.perf_counter() - begin)])
    return FINDINGS if _failed(asked, looked) and not asked.exit_zero else OK


def _mended(asked: Asked, outputs: Outputs, looked: Looked, screen: Screen) -> Looked:
    """Mend the files, or the text of stdin, which goes to stdout then; what is left to tell."""
    if asked.inputs.reads_stdin and (outputs.stdout not in PLAIN or outputs.files):
        raise UsageError("--fix with `-`: stdout is the text, and findings go to stderr; leave --format and --output out")
    fixed = mend_all(looked, asked.wish)
    write_changes(fixed.changes)
    if asked.inputs.reads_stdin:
        screen.exact(given_text(looked, fixed.changes))
    tell(fixed, asked.wish, screen)
    return fixed.looked


def _failed(asked: Asked, looked: Looked) -> bool:
    """Is something as bad as the call says, else as its project says?"""
    for run in looked.runs:
        level = asked.fail_on or run.fail_on
        if level != "never" and any(fails(finding, level) for finding in run.findings):
            return True
    return False


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


def _examined(asked: Asked, outputs: Outputs, looked: Looked) -> Examined:
    """What formats say besides findings. Pages are read only for the format that carries them."""
    folder = Path.cwd()
    return Examined(
        files=tuple(source.path for source in looked.sources),
        fail_on=asked.fail_on or looked.fail_on,
        pages=_pages(looked.findings) if outputs.names("sarif") else {},
        folder=folder.as_posix(),
        root=repository_above(folder).as_posix(),
    )


def _pages(findings: Sequence[Finding]) -> dict[str, str]:
    from rtj.lint.pages import page

    codes = sorted({finding.diagnostic.code for finding in findings})
    return {code: found.markdown for code in codes if (found := page(code)) is not None}


def _footer(looked: Looked, seconds: float) -> Line:
    """`3 errors, 1 warning in 2 of 14 files (0.21 s). 1 fixable with --fix, 1 more with --unsafe-fixes.`"""
    mend = fixable(looked.findings)
    words = footer(looked.findings, len(looked.sources), looked.words)
    remarks = [f"{mend}."] if mend else []
    remarks += [f"{looked.elsewhere:,} more elsewhere in the project."] if looked.elsewhere else []
    return line(
        *words, Piece(f" ({seconds:.2f} s)", "dim"), "".join(f"{'. ' if n == 0 else ' '}{r}" for n, r in enumerate(remarks))
    )
