"""From what was named on the command line to a compiled program, or to findings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import msgspec

from rtj.base.errors import UsageError
from rtj.base.finding import Finding
from rtj.cli.diagnostics import footer, full
from rtj.cli.screen import Piece, Screen, columns, line
from rtj.compile.cache import compile_cached
from rtj.compile.compiled import Compiled
from rtj.ir.journey import Journey, StartJourney
from rtj.ir.program import Program
from rtj.lang.discover import ENDINGS, PROJECT_FILE, SUFFIXES, TEST_SUFFIXES, project_file
from rtj.report.moments import counted


@dataclass(frozen=True, slots=True)
class Named:
    """What the command line named: files (folders are taken apart), names of journeys, and a project file."""

    files: tuple[Path, ...]
    names: tuple[str, ...]
    project: Path | None = None


def sort_out(arguments: Sequence[str]) -> Named:
    """Tell files from names: what exists or looks like a path is a file. Raises UsageError for a path that is not there."""
    files: list[Path] = []
    names: list[str] = []
    project: Path | None = None
    for argument in arguments:
        path = Path(argument)
        if path.name == PROJECT_FILE and path.is_file():
            project = path
        elif path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.name.endswith(SUFFIXES) and p.is_file())
            if not inside:
                raise UsageError(f"{argument}: no *.journey or *.journey.yaml in this folder")
            files += inside
        elif path.name.endswith(TEST_SUFFIXES) and path.is_file():
            project = project or project_file((path,), None)  # tests belong to the whole project
        elif path.exists():
            files.append(path)
        elif "/" in argument or "\\" in argument or argument.endswith(ENDINGS):
            raise UsageError(f"{argument}: no such file")
        else:
            names.append(argument)
    if files and names:
        raise UsageError(f"{names[0]}: no such file; name either files or journeys of the project, not both")
    return Named(tuple(files), tuple(names), project)


def compile_named(named: Named, project: Path | None) -> Compiled:
    """Compile the files, or the whole project when there are none. Raises UsageError when there is no project."""
    from rtj.compile import compile_project  # here: who takes a program from the cache needs no compiler

    return compile_project(named.files, project or named.project)


def program_named(named: Named, project: Path | None) -> Compiled:
    """The same for those who want the program alone: one without findings that did not change comes from the cache."""
    return compile_cached(named.files, project or named.project)


def narrow(program: Program, names: Sequence[str]) -> Program:
    """The program with only these journeys, and those that they start. No names: all. Raises UsageError for an unknown name."""
    if not names:
        return program
    known = {journey.name: journey for journey in program.journeys}
    wanted: list[str] = []
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name not in known:
            raise UsageError(f"{name}: neither a file nor a journey of the project{_nearest(name, sorted(known))}")
        if name not in wanted:
            wanted.append(name)
            todo += [node.journey for node in known[name].nodes if isinstance(node, StartJourney)]
    return msgspec.structs.replace(program, journeys=tuple(j for j in program.journeys if j.name in wanted))


def one_journey(program: Program, names: Sequence[str]) -> Journey:
    """The journey of that name, or the only one. Raises UsageError."""
    if names:
        return next(j for j in narrow(program, names).journeys if j.name == names[0])
    if len(program.journeys) == 1:
        return program.journeys[0]
    if not program.journeys:
        raise UsageError("the project has no journeys")
    raise UsageError(f"the project has {len(program.journeys):,} journeys: name one, or ask for --all" + _list(program))


def usable(compiled: Compiled, screen: Screen) -> Program | None:
    """The program. None when there are errors: they go to stderr. Warnings are only counted."""
    found = compiled.diagnostics
    if compiled.program is None:
        findings = [Finding(diagnostic) for diagnostic in found]
        screen.complain([*full(findings, columns(sys.stderr)), footer(findings, len(compiled.sources), checked(compiled))])
        return None
    if found:
        them = "it" if len(found) == 1 else "them"
        screen.talk([line(Piece(counted(len(found), "warning"), "warn"), f" in the project; `rtj validate` shows {them}")])
    return compiled.program


def checked(compiled: Compiled, files: int | None = None) -> str:
    """What was looked at: `3 files`, and `12 journeys` when they could be counted. `files`: if more were read than compiled."""
    told = counted(len(compiled.sources) if files is None else files, "file")
    if compiled.program is None:
        return told
    return f"{counted(len(compiled.program.journeys), 'journey')} in {told}"


def _list(program: Program) -> str:
    shown = ", ".join(j.name for j in program.journeys[:8])
    more = len(program.journeys) - 8
    return f" ({shown}{f' and {more:,} more' if more > 0 else ''})"


def _nearest(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; it has {', '.join(known[:8])}" if known else ", which has none"
