"""Options of `rtj validate` that write: a baseline, or ignore comments. And the settings as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rtj.base.errors import InputError, UsageError
from rtj.base.finding import Finding
from rtj.cli.looking import Looked, look
from rtj.cli.outputs import write_file
from rtj.cli.screen import Line, Piece, Screen, line
from rtj.cli.validate_inputs import Request
from rtj.lang.load import shown
from rtj.lint.add_ignores import add_ignores
from rtj.lint.baseline import baseline_file, baseline_text
from rtj.lint.rulebook import keeps_from_compiling
from rtj.lint.settings import Effective, LintOptions, effective, path_from
from rtj.report.moments import counted


@dataclass(frozen=True, slots=True)
class Accept:
    """What is written before findings are told: comments with this reason, a baseline to this file. None: no; empty: with what
    is usual."""

    comments: str | None = None
    baseline: str | None = None


def accept(what: Accept, request: Request, options: LintOptions, screen: Screen) -> None:
    """Write what was asked for. Raises UsageError when that makes no sense together."""
    if what.comments is None and what.baseline is None:
        return
    if request.reads_stdin:
        raise UsageError("what stands in stdin cannot be written to: name files")
    if what.comments is not None and what.baseline is not None:
        raise UsageError("--add-ignores and --write-baseline both accept what is there: choose one")
    if what.comments is not None:
        _comment(what.comments, look(request, options), screen)
    elif what.baseline is not None:
        _write_baseline(what.baseline, request, options, screen)


# ---- ignore comments


def _comment(reason: str, looked: Looked, screen: Screen) -> None:
    reason = " ".join(reason.split())
    for run in looked.runs:
        linted = run.linted
        done = add_ignores(run.findings, linted.sources, linted.settings.rulebook, reason)
        texts = {source.path: source.text for source in linted.sources}
        for path, text in done.texts.items():
            _rewrite(linted.analysis.loaded.files.get(path, Path(path)), texts[path], text)
        words = f"{counted(done.added, 'finding')} in {counted(len(done.texts), 'file')} ignored by comments"
        words = words if done.added else "nothing to ignore"
        screen.talk([line(words, f"; {_left(done.left)}" if done.left else "")])


def _rewrite(path: Path, before: str, after: str) -> None:
    """Write a text in the place of the one that was checked, marks at its beginning kept."""
    content = path.read_bytes()
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    if content.removeprefix(mark) != before.encode("utf-8"):
        raise InputError(f"{path}: changed while it was checked; nothing was written to it")
    write_file(str(path), mark + after.encode("utf-8"))


def _left(findings: tuple[Finding, ...]) -> str:
    """What could not be accepted, and why."""
    errors = sum(keeps_from_compiling(finding.diagnostic.code) for finding in findings)
    parts = [f"{counted(errors, 'error')} cannot be ignored"] if errors else []
    if len(findings) > errors:
        parts.append(f"{counted(len(findings) - errors, 'other')} left")
    return ", ".join(parts)


# ---- the baseline


def _write_baseline(name: str, request: Request, options: LintOptions, screen: Screen) -> None:
    if request.arguments or request.changed is not None or options.select or options.ignore:
        raise UsageError("--write-baseline accepts all findings of a project: name no files, changes or rules beside it")
    run = look(request, replace(options, baseline=False)).runs[0]
    loaded = run.linted.analysis.loaded
    usual = baseline_file(loaded)
    path = Path(name) if name else usual
    text = baseline_text(run.linted.findings, lambda source: path_from(loaded, source, loaded.root))
    write_file(str(path), text.encode("utf-8"))
    left = tuple(finding for finding in run.linted.findings if keeps_from_compiling(finding.diagnostic.code))
    accepted = counted(len(run.linted.findings) - len(left), "finding")
    screen.talk([line(f"{accepted} accepted in {shown(path)}", f"; {_left(left)}" if left else "")])
    if path.resolve() != usual.resolve():
        place = f"{shown(path)} is read once rtj.yaml names it: `lint: {{baseline: …}}`, relative to rtj.yaml"
        screen.talk([line(Piece("note", "strong"), f": {place}")])


# ---- the settings


def settings_lines(looked: Looked) -> list[Line]:
    """Every setting in force, with its value and its origin, in columns."""
    lines: list[Line] = []
    for run in looked.runs:
        settings, loaded = run.linted.settings, run.linted.analysis.loaded
        path = baseline_file(loaded)
        place = settings.lint.baseline
        origin = f"{place.span.source.path}:{place.span.line}" if place is not None else "default"
        there = shown(path) if path.is_file() else f"{shown(path)} (not there)"
        off = "" if settings.options.baseline else "--no-baseline"
        today = settings.options.today
        rows = [
            Effective("project", shown(run.target.project), "the nearest, or --project"),
            *effective(settings),
            Effective("baseline", "off" if off else there, off or origin),
            Effective("comments", *(("on", "default") if settings.options.comments else ("off", "--no-ignores"))),
            Effective("now", today.isoformat() if today is not None else "never", "the clock or --now"),
        ]
        rules = loaded.project.rules if loaded.project is not None else ()
        rows += (Effective(f"rules.{r.name.text}", r.severity, f"{r.span.source.path}:{r.span.line}") for r in rules)
        rows += (Effective(f"stability.{name}", "draft", "its header") for name in sorted(settings.drafts))
        names, values = max(len(row.name) for row in rows), max(len(row.value) for row in rows)
        lines += (line(f"{row.name:<{names}}  {row.value:<{values}}  ", Piece(row.origin, "dim")) for row in rows)
    return lines
