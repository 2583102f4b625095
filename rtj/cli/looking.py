"""From inputs and options to findings: every project that was asked for, checked whole, and what is told of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rtj.base.diagnostic import Severity
from rtj.base.errors import UsageError
from rtj.base.finding import Finding
from rtj.base.memory import Memory
from rtj.base.span import Source
from rtj.cli.project import checked
from rtj.cli.validate_inputs import Request, Target, targets
from rtj.lang import syntax as s
from rtj.lang.load import Trees
from rtj.lint.lint import Linted, in_order, lint
from rtj.lint.rulebook import Rulebook
from rtj.lint.settings import LintOptions
from rtj.report.moments import counted


@dataclass(frozen=True, slots=True)
class Run:
    """One project: all that was found, and the findings of it that were asked for."""

    target: Target
    linted: Linted
    findings: tuple[Finding, ...]

    @property
    def fail_on(self) -> s.FailOn:
        return self.linted.settings.fail_on


@dataclass(frozen=True, slots=True)
class Looked:
    """All projects together."""

    runs: tuple[Run, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is told, by file, place and code."""
        return in_order(finding for run in self.runs for finding in run.findings)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(source for run in self.runs for source in run.linted.sources)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were read."""
        return tuple(path for run in self.runs for path in run.linted.analysis.loaded.files.values())

    @property
    def elsewhere(self) -> int:
        """How many findings stand where nobody asked."""
        return sum(len(run.linted.findings) - len(run.findings) for run in self.runs)

    @property
    def fail_on(self) -> Severity:
        """The least severity that fails any of the projects; `error` where none says more."""
        return "warning" if any(run.fail_on == "warning" for run in self.runs) else "error"

    @property
    def words(self) -> str:
        """What was checked: `12 journeys in 3 files`."""
        if len(self.runs) == 1:
            return checked(self.runs[0].linted.analysis.compiled, len(self.sources))
        return f"{counted(len(self.sources), 'file')} of {counted(len(self.runs), 'project')}"


def look(request: Request, options: LintOptions) -> Looked:
    """Check every project that was asked for, one after the other. Raises UsageError."""
    return Looked(tuple(run(target, options) for target in targets(request)))


@dataclass(frozen=True, slots=True)
class Known:
    """What a process that looks again and again knows of the last time."""

    trees: Trees
    memory: Memory


def run(target: Target, options: LintOptions, known: Known | None = None) -> Run:
    """Check one project. What is not `known` may yet be in the cache."""
    loaded = target.load() if known is None else target.load_with(known.trees)
    told = target.wanted(loaded)
    linted = lint(loaded, options, None if known is None else known.memory)
    _check_words(linted.settings.rulebook, options)
    return Run(target, linted, tuple(finding for finding in linted.findings if told(finding)))


def _check_words(rulebook: Rulebook, options: LintOptions) -> None:
    for option, words in (("--select", options.select), ("--ignore", options.ignore)):
        for word in words:
            if not rulebook.meant(word):
                hint = rulebook.nearest(word).replace("`", "")
                raise UsageError(f"{option} {word}: no code, no name of a rule and no beginning of a code; {hint}")
