"""Environments by name: what was named on the command line becomes what a run needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rtj.base.diagnostic import Diagnostic
from rtj.base.errors import InputError, UsageError
from rtj.base.plain import one_line
from rtj.ir.environments import Environment
from rtj.ir.records import RECEIPTS
from rtj.lang import syntax as s
from rtj.lang.check_environments import check_environment, shared_stores
from rtj.lang.likeness import nearest
from rtj.lang.load import Loaded, load_declarations
from rtj.lang.lower_environments import environment_of
from rtj.lang.scope import Report

SHOWN_MAX = 8  # names that a message lists
EXAMPLE = "`environments: {dev: {}}` in rtj.yaml makes one"


def find_environment(name: str | None, project: Path | None = None) -> Environment:
    """The environment of that name, of the project in or above this folder or of `project` (its file or folder); None: the only
    one. Paths are absolute; what begins with `env:` is as it stands.

    Raises UsageError where there is none such, InputError where the project or this environment cannot be read."""
    return environment_in(load_declarations(project), name)


def environment_in(loaded: Loaded, name: str | None) -> Environment:
    """The same of a project that was read already."""
    decl = declared(loaded, name)
    wrong = _wrong(loaded, decl)
    if wrong:
        more = f", and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise InputError(f"the environment {decl.name.text} cannot be used: {_told(wrong[0])}{more}; `rtj validate` shows it")
    return environment_of(loaded, decl)


def declared(loaded: Loaded, name: str | None, asked: str = "") -> s.EnvironmentDecl:
    """The declaration of that name, None: the only one. `asked`: what messages call it. Raises UsageError."""
    if loaded.project is None:
        first = next((d for d in loaded.diagnostics if d.severity == "error"), None)
        raise InputError(f"the project cannot be read{f': {_told(first)}' if first is not None else ''}; `rtj validate` shows it")
    known = {decl.name.text: decl for decl in loaded.project.environments}
    if name is None:
        if len(known) == 1:
            return next(iter(known.values()))
        if not known:
            raise UsageError(f"the project has no environments; {EXAMPLE}")
        raise UsageError(f"the project has {len(known):,} environments: name one with --env ({_listed(sorted(known))})")
    if name in known:
        return known[name]
    asked = asked or name
    near = nearest(name, known)
    if near is not None:
        raise UsageError(f"{asked}: no such environment; did you mean {asked.removesuffix(name)}{near}?")
    told = f"; it has {_listed(sorted(known))}" if known else f": the project has none; {EXAMPLE}"
    raise UsageError(f"{asked}: no such environment{told}")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_MAX
    return ", ".join(names[:SHOWN_MAX]) + (f" and {more:,} more" if more > 0 else "")


def _wrong(loaded: Loaded, decl: s.EnvironmentDecl) -> list[Diagnostic]:
    """What keeps an environment from being used: mistakes of its own, and those that it has in common with others."""
    assert loaded.project is not None
    if not decl.whole:
        # Which of them are its own is not recorded: the nearest behind its name is.
        behind = [
            d
            for d in loaded.diagnostics
            if d.severity == "error" and d.span.source == decl.span.source and d.span.start >= decl.span.start
        ]
        return behind or [d for d in loaded.diagnostics if d.severity == "error"]
    report = Report()
    check_environment(report, loaded.project, decl, _event_types(loaded.project))
    return report.found + [clash.told for clash in shared_stores(loaded.project) if decl in (clash.one, clash.other)]


def _event_types(project: s.Project) -> set[str]:
    names = (*[event.name.text for event in project.events], *[spelled.name.text for spelled in project.foreign_names])
    return {*names, *RECEIPTS}


def _told(diagnostic: Diagnostic) -> str:
    """A diagnostic on one line, with its place."""
    span = diagnostic.span
    return one_line(f"{diagnostic.code} {diagnostic.message} ({span.source.path}:{span.line}:{span.column})")
