"""What counts in a project and how much: the sections `lint:` and `stability:`, and the options of one run."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath

from rtj.base.diagnostic import Diagnostic, Severity
from rtj.base.finding import Finding
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang.load import Loaded
from rtj.lint.globs import matches
from rtj.lint.rulebook import Rulebook, exactness, keeps_from_compiling

UNKNOWN_WORD = "W904"  # speaks of the settings themselves, so `select` never leaves it out


@dataclass(frozen=True, slots=True)
class LintOptions:
    """How one run differs from what the project says. `select` takes the place of the project's `select` and `ignore`,
    `ignore` comes on top. `today` is the clock of `until=`; None: nothing expires. `comments`: obey ignore comments.
    `baseline`: leave out what the project's baseline knows."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    today: datetime.date | None = None
    comments: bool = True
    baseline: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """What the project and the run say together. `drafts`: journeys in which warnings only inform."""

    lint: s.Lint
    options: LintOptions
    rulebook: Rulebook
    drafts: frozenset[str]
    path_of: Callable[[str, s.Text], str]

    @property
    def require_reason(self) -> bool:
        return self.lint.require_reason.value if self.lint.require_reason is not None else True

    @property
    def fail_on(self) -> s.FailOn:
        return self.lint.fail_on.value if self.lint.fail_on is not None else "error"

    def weighed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that count, each with its severity."""
        found: list[Finding] = []
        known: dict[tuple[str, Severity, str, bool], Severity | None] = {}
        for finding in findings:
            d = finding.diagnostic
            kind = (d.code, d.severity, d.span.source.path, finding.journey in self.drafts)
            if kind not in known:
                known[kind] = self.severity(finding)
            severity = known[kind]
            if severity is not None:
                same = severity == finding.diagnostic.severity
                found.append(finding if same else replace(finding, diagnostic=replace(finding.diagnostic, severity=severity)))
        return tuple(found)

    def severity(self, finding: Finding) -> Severity | None:
        """How much a finding weighs here; None: nothing. What keeps the project from compiling is always an error."""
        diagnostic = finding.diagnostic
        code = diagnostic.code
        if keeps_from_compiling(code):
            return diagnostic.severity
        level = self._level(code, diagnostic.severity)
        for path in self.lint.paths:
            if matches(path.name.value, self.path_of(diagnostic.span.source.path, path.name)):
                level = _graded(path.severity, code) or ("off" if _named(path.ignore, code) else level)
        if not self._asked_for(code):
            level = "off"
        if level == "warning" and finding.journey in self.drafts:
            level = "info"
        return None if level == "off" else level

    def _level(self, code: str, default: Severity) -> s.Level:
        """What the project says about a code, wherever it is found. Who says it most exactly is heard."""
        level = _graded(self.lint.severity, code)
        if self.options.select:  # the run asks for it, whatever the project says
            return default if level is None or level == "off" else level
        selected = _named(self.lint.select, code) if self.lint.select and code != UNKNOWN_WORD else 0.5
        if selected == 0 or _named(self.lint.ignore, code) >= selected:
            return "off"
        return level or default

    def _asked_for(self, code: str) -> bool:
        asked = max((exactness(word, code) for word in self.options.select), default=0) if self.options.select else 0.5
        return asked > 0 and max((exactness(word, code) for word in self.options.ignore), default=0) < asked


def settings_of(loaded: Loaded, options: LintOptions) -> Settings:
    """The settings of what was read."""
    project = loaded.project
    nowhere = s.Lint(_beginning(loaded))
    lint = project.lint if project is not None and project.lint is not None else nowhere
    own = frozenset(rule.name.text for rule in project.rules) if project is not None else frozenset()
    drafts = frozenset(journey.name.text for journey in loaded.journeys if journey.stability == "draft")
    return Settings(lint, options, Rulebook(own), drafts, _paths(loaded))


def _paths(loaded: Loaded) -> Callable[[str, s.Text], str]:
    """The path of a source, relative to the folder of the file in which a text stands."""

    @cache  # for the sources of one run: links are followed, which asks the system
    def relative(path: str, home: str) -> str:
        file = loaded.files.get(home)
        return path if file is None else path_from(loaded, path, file.parent)

    return lambda path, where: relative(path, where.span.source.path)


def path_from(loaded: Loaded, path: str, folder: Path) -> str:
    """The path of a source as it is called from a folder. Texts that were not files keep theirs."""
    if not loaded.files:
        return path
    try:
        relative = os.path.relpath(loaded.files.get(path, Path(path)).resolve(), folder.resolve())
    except ValueError:  # on another drive
        return path
    return PurePath(relative).as_posix()


def _beginning(loaded: Loaded) -> Span:
    assert loaded.sources, "a project file was read, or loading would have failed"
    return Span(loaded.sources[0], 0, 0)


def _named(words: Iterable[s.Text], code: str) -> int:
    return max((exactness(word.value, code) for word in words), default=0)


def _graded(severity: Iterable[s.Graded], code: str) -> s.Level | None:
    """The level that is told for the code, by the word that names it most exactly."""
    told = [(exactness(graded.name.value, code), graded.level) for graded in severity]
    best = max(told, key=lambda one: one[0], default=(0, None))
    return best[1] if best[0] else None


# ---- what is wrong with the settings


def check_settings(settings: Settings, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    """Words that name nothing, patterns that match nothing, and errors that cannot be ignored."""
    lint = settings.lint
    for word in (*lint.select, *lint.ignore, *(word for path in lint.paths for word in path.ignore)):
        yield from _check_word(settings.rulebook, word)
    for word in (*lint.ignore, *(word for path in lint.paths for word in path.ignore)):
        yield from _check_ignorable(settings.rulebook, word, "ignored")
    for graded in (*lint.severity, *(graded for path in lint.paths for graded in path.severity)):
        yield from _check_word(settings.rulebook, graded.name)
        if graded.level != "error":
            yield from _check_ignorable(settings.rulebook, graded.name, f"lowered to `{graded.level}`")
    for path in lint.paths:
        if not any(matches(path.name.value, settings.path_of(source.path, path.name)) for source in sources):
            hint = "it is relative to the folder of this file; `**` stands for any folders"
            yield Diagnostic("W904", f"`{path.name.value}` matches no file of the project", path.name.span, hint, (), "warning")


def _check_word(rulebook: Rulebook, word: s.Text) -> Iterator[Diagnostic]:
    if not rulebook.meant(word.value):
        message = f"`{word.value}` is no code, no name of a rule and no beginning of a code"
        yield Diagnostic("W904", message, word.span, rulebook.nearest(word.value), (), "warning")


def _check_ignorable(rulebook: Rulebook, word: s.Text, what: str) -> Iterator[Diagnostic]:
    fixed = [code for code in rulebook.meant(word.value) if keeps_from_compiling(code)]
    if fixed:
        these = f"`{word.value}` keeps" if fixed == [word.value] else f"`{word.value}` has {fixed[0]}, which keeps"
        yield Diagnostic("E105", f"{these} a project from compiling: it cannot be {what}", word.span)


# ---- the settings as they are


@dataclass(frozen=True, slots=True)
class Effective:
    """One value and where it comes from: a place in a file, an option, or `default`."""

    name: str
    value: str
    origin: str


def effective(settings: Settings) -> Iterator[Effective]:
    """Every setting in force."""
    lint, options = settings.lint, settings.options
    if options.select:
        yield Effective("select", ", ".join(options.select), "--select")
    else:
        yield _listed("select", lint.select, "all")
        yield _listed("ignore", lint.ignore, "none")
    if options.ignore:
        yield Effective("ignore", ", ".join(options.ignore), "--ignore")
    for graded in lint.severity:
        yield Effective(f"severity.{graded.name.value}", graded.level, _place(graded))
    for path in lint.paths:
        for word in path.ignore:
            yield Effective(f"paths.{path.name.value}.ignore", word.value, _place(word))
        for graded in path.severity:
            yield Effective(f"paths.{path.name.value}.severity.{graded.name.value}", graded.level, _place(graded))
    yield Effective("require_reason", str(settings.require_reason).lower(), _place(lint.require_reason))
    yield Effective("fail_on", settings.fail_on, _place(lint.fail_on))


def _listed(name: str, words: tuple[s.Text, ...], without: str) -> Effective:
    places = ", ".join(dict.fromkeys(_place(word) for word in words))
    return Effective(name, ", ".join(word.value for word in words) or without, places or "default")


def _place(tree: s.Spanned | None) -> str:
    return "default" if tree is None else f"{tree.span.source.path}:{tree.span.line}"
