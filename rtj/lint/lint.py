"""Everything that is wrong or doubtful in a project, in one list: what compiling found and what the rules say, less what the
project's settings, ignore comments and baseline leave out.

What reads tests, and what runs rules of a project's own, is imported for projects that have some.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.base.finding import Finding
from rtj.base.memory import Memory
from rtj.base.span import Source
from rtj.compile.pipeline import Analysis, analyse
from rtj.lang.discover import suite_files
from rtj.lang.dsl_spelling import spelt
from rtj.lang.load import Loaded
from rtj.lint.baseline import baseline_file, read_baseline, stale, without_known
from rtj.lint.facts import Facts, gather
from rtj.lint.ground import Ground
from rtj.lint.ignores import SIGN, CommentReader, IgnoreComment, without_reason
from rtj.lint.obey import obey
from rtj.lint.rules import run_program_rules, run_rules
from rtj.lint.settings import LintOptions, Settings, check_settings, path_from, settings_of
from rtj.lint.where import Outlines, Place

if TYPE_CHECKING:
    from rtj.lint.untested import Beside
    from rtj.scenario.check import Script

AS_IT_IS = LintOptions()
TOLD_MAX = 5_000  # findings of one file


@dataclass(frozen=True, slots=True)
class Linted:
    """`findings` are sorted by file, place and code. `ignored`: what ignore comments cover. `known`: how many more findings
    the baseline accepts. `sources`: all texts that were looked at, those of tests included. `scripts`: the tests of the project
    that can be played."""

    findings: tuple[Finding, ...]
    analysis: Analysis
    settings: Settings
    ignored: tuple[Finding, ...] = ()
    known: int = 0
    sources: tuple[Source, ...] = ()
    scripts: tuple[Script, ...] = ()


def lint(loaded: Loaded, options: LintOptions = AS_IT_IS, memory: Memory | None = None) -> Linted:
    """Compile what was read, look at it with every rule, and keep what counts. `memory`: of one who looks again and again."""
    memory = memory or Memory()
    analysis = analyse(loaded, memory)
    settings = settings_of(loaded, options)
    looked = _look(analysis, memory)
    sources = (*loaded.sources, *looked.sources)
    outlines = Outlines(memory)
    comments = _Comments(sources if options.comments else (), settings, outlines)
    found = [*analysis.compiled.diagnostics, *spelt(looked.found), *check_settings(settings, sources), *comments.found]
    obeyed = obey(placed(_bounded(sort_diagnostics(found)), outlines), comments.by_path, options.today, looked.unjudged)
    notes = placed(sort_diagnostics(obeyed.notes), outlines)
    counted = in_order(settings.weighed((*obeyed.kept, *notes)))
    findings, known = _new(counted, loaded, settings) if options.baseline and loaded.files else (counted, 0)
    return Linted(findings, analysis, settings, obeyed.ignored, known, sources, looked.scripts)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What rules found. `unjudged`: codes of which nothing can be said; None: of none, for the project has mistakes.
    `sources`: texts of tests; `scripts`: what can be played of them."""

    found: tuple[Diagnostic, ...] = ()
    unjudged: frozenset[str] | None = None
    sources: tuple[Source, ...] = ()
    scripts: tuple[Script, ...] = ()


def _look(analysis: Analysis, memory: Memory) -> _Looked:
    facts, loaded = gather(analysis, memory), analysis.loaded
    tests = _tests(analysis, facts, memory)
    beside, sources, scripts = (tests.diagnostics, tests.sources, tests.scripts) if tests is not None else ((), (), ())
    if facts is None:
        return _Looked(beside, None, sources)
    own, broken = _own_rules(facts, loaded) if facts.project.rules else ((), frozenset[str]())
    found = (*run_rules(facts, memory), *run_program_rules(facts, analysis.compiled.program), *beside, *own)
    return _Looked(found, broken if facts.complete and loaded.entire else None, sources, scripts)


def _tests(analysis: Analysis, facts: Facts | None, memory: Memory) -> Beside | None:
    root = analysis.loaded.root
    files = list(suite_files((root,), root)) if analysis.loaded.files else []
    if not files:
        return None
    from rtj.lint.untested import look_at_tests

    return look_at_tests(files, analysis.loaded, facts, memory)


def _own_rules(facts: Facts, loaded: Loaded) -> tuple[tuple[Diagnostic, ...], frozenset[str]]:
    """What the project's own rules find, and which of them cannot be run."""
    from rtj.lint.user_rules import check_rules, run_rules_of_project

    own = check_rules(facts)
    found = run_rules_of_project(facts, own, lambda path: path_from(loaded, path, loaded.root))
    return (*own.diagnostics, *found), own.broken


class _Comments:
    """The ignore comments of texts, by path, and what is wrong with them."""

    def __init__(self, sources: Iterable[Source], settings: Settings, outlines: Outlines) -> None:
        self.by_path: dict[str, list[IgnoreComment]] = {}
        self.found: list[Diagnostic] = []
        for source in sources:
            if SIGN in source.text:
                reader = CommentReader(Ground(source, outlines.of(source).documents), settings.rulebook)
                comments = self.by_path[source.path] = reader.comments()
                self.found += reader.found
                if settings.require_reason:
                    self.found += (told for c in comments if (told := without_reason(c)) is not None)


def _new(findings: tuple[Finding, ...], loaded: Loaded, settings: Settings) -> tuple[tuple[Finding, ...], int]:
    """What the baseline does not know, and how much it does. Entries are stale only where all findings were looked for."""
    baseline = read_baseline(baseline_file(loaded))
    if baseline is None:
        return findings, 0
    new, met = without_known(findings, baseline)
    options = settings.options
    whole = options.comments and not options.select and not options.ignore
    if whole and not any(finding.diagnostic.severity == "error" for finding in findings):
        new = in_order((*new, *settings.weighed(stale(baseline, met))))
    return new, len(met)


def _bounded(found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Of each file so many as anybody may look at; what is left out is as bad as the worst of it."""
    counts: Counter[str] = Counter()
    left: dict[str, Diagnostic] = {}
    for diagnostic in found:
        path = diagnostic.span.source.path
        counts[path] += 1
        if counts[path] <= TOLD_MAX:
            yield diagnostic
        elif path not in left or diagnostic.severity == "error":
            left.setdefault(path, diagnostic)
            left[path] = replace(left[path], severity=diagnostic.severity)
    for first in left.values():
        message = f"more than {TOLD_MAX:,} findings in one file: the rest is not told"
        yield Diagnostic("E005", message, first.span, severity=first.severity)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By file, place and code."""
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[str, int, str, str]:
    d = finding.diagnostic
    return d.span.source.path, d.span.start, d.code, d.message


def placed(found: Iterable[Diagnostic], outlines: Outlines) -> tuple[Finding, ...]:
    """Diagnostics with their places and fingerprints."""
    return tuple(_placed(found, outlines))


def _placed(found: Iterable[Diagnostic], outlines: Outlines) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for diagnostic in found:
        place = outlines.of(diagnostic.span.source).place(diagnostic.span.start)
        key = _key(diagnostic, place)
        seen[key] += 1
        print_ = hashlib.sha256(f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        yield Finding(diagnostic, place.journey, place.path, print_)


def _key(diagnostic: Diagnostic, place: Place) -> str:
    """What a finding is about, without lines. Outside a journey the file tells findings apart."""
    home = place.journey or diagnostic.span.source.path.rsplit("/", 1)[-1]
    return "\0".join((diagnostic.code, home, place.stable, " ".join(diagnostic.span.text.split())))
