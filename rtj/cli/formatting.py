"""`rtj fmt` and `rtj convert`: files in their one layout, and journeys in the other spelling.

Files with errors are left alone and reported. What is written is written whole, and only when it was proven that it means the
same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtj.base.diagnostic import Diagnostic
from rtj.base.errors import InputError, OutputError, UsageError
from rtj.base.finding import Finding
from rtj.base.plain import one_line, safe
from rtj.base.reading import read_regular
from rtj.base.span import Source
from rtj.cli.diagnostics import full
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.outputs import STDIO, same_file, write_file
from rtj.cli.patches import Change, show_changes, write_changes
from rtj.cli.screen import Line, Piece, Screen, columns, line
from rtj.lang.discover import PROJECT_FILE, TEST_SUFFIXES, project_file
from rtj.lang.discover import SUFFIXES as JOURNEYS
from rtj.lang.load import read_source, shown
from rtj.lang.read_project import read_project
from rtj.lang.yaml_nodes import MAX_BYTES
from rtj.layout.formatting import SUFFIXES, Laid, Spelling, convert_text, format_text, spelling_of
from rtj.layout.yaml_files import stops
from rtj.report.moments import counted

__all__ = ["Asked", "Conversion", "Screen", "convert", "fmt"]

YAML = (".yaml", ".yml")
FILES_MAX = 10_000
SKIPPED = ("node_modules",)


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line of `rtj fmt`; see `rtj.cli.arguments` for the meaning of each."""

    paths: tuple[str, ...] = ()
    project: Path | None = None
    check: bool = False
    diff: bool = False
    stdin_filename: str | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """That of `rtj convert`. `to`: None for the other spelling."""

    file: str
    to: Spelling | None = None
    output: str | None = None
    write: bool = False
    stdin_filename: str | None = None


@dataclass(slots=True)
class _Done:
    """What came of the files that were looked at."""

    files: int = 0
    changes: list[Change] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


# ---- rtj fmt


def fmt(asked: Asked, screen: Screen) -> int:
    """Lay files out. FINDINGS when a file was left alone, or with `check` and `diff` when one would change."""
    if STDIO in asked.paths or asked.stdin_filename is not None:
        return _fmt_stdin(asked, screen)
    done = _Done()
    for path in _files(asked.paths, asked.project):
        done.files += 1
        _lay(done, path, _read(path), given=False)
    if asked.diff:
        show_changes(done.changes, screen)
    elif asked.check:
        screen.answer([line(safe(change.shown)) for change in done.changes])
    else:
        write_changes(done.changes)
    _tell(done, asked, screen)
    failed = done.found or done.left
    return FINDINGS if failed or (done.changes and (asked.check or asked.diff)) else OK


def _fmt_stdin(asked: Asked, screen: Screen) -> int:
    """The text of stdin in its layout goes to stdout; nothing does when it cannot be laid out."""
    if asked.paths not in ((), (STDIO,)):
        raise UsageError("- stands alone: what comes from stdin is one file")
    name = _stdin_name(asked.stdin_filename)
    done = _Done(files=1)
    content = _stdin()
    text = _lay(done, name, content, given=True)
    if asked.diff:
        show_changes(done.changes, screen)
    elif not asked.check and text is not None:
        screen.exact(text.encode("utf-8"))
    _complain(done, screen)
    failed = done.found or done.left
    return FINDINGS if failed or (done.changes and (asked.check or asked.diff)) else OK


def _stdin_name(name: str | None) -> Path:
    if name is None:
        raise UsageError("- needs --stdin-filename: the end of the name says what the text is, such as welcome.journey")
    path = Path(name)
    if spelling_of(path.name) is None and path.suffix not in YAML:
        raise UsageError(f"--stdin-filename {name}: no file of a project; its name ends in .journey or .yaml")
    return path


def _stdin() -> bytes:
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(f"stdin is larger than {MAX_BYTES // 2**20} MiB")
    return content


def _lay(done: _Done, path: Path, content: bytes, *, given: bool) -> str | None:
    """Lay out one file; what came of it goes to `done`."""
    found: list[Diagnostic] = []
    source, usable = read_source(path, found, content)
    laid = format_text(source) if usable else Laid(None, tuple(found))
    if laid.text is None:
        _left(done, source, laid)
        return None
    before = content.decode("utf-8")
    if before != laid.text:
        done.changes.append(Change(path, source.path, before, laid.text, given, marked=False))
    return laid.text


def _left(done: _Done, source: Source, laid: Laid) -> None:
    errors = [d for d in laid.found if stops(d)]
    done.found += errors
    if not errors:
        done.left.append((source.path, laid.reason))


def _tell(done: _Done, asked: Asked, screen: Screen) -> None:
    _complain(done, screen)
    number = len(done.changes)
    verb = "would be formatted" if asked.check or asked.diff else "formatted"
    lines: list[Line] = []
    if not asked.check and not asked.diff:
        lines += [line(Piece("formatted", "good"), f" {safe(change.shown)}") for change in done.changes]
    if number:
        lines.append(line(f"{number:,} of {counted(done.files, 'file')} ", Piece(verb, "good")))
    else:
        nothing = "nothing to format" if done.found or done.left else "all is formatted"
        lines.append(line(Piece(nothing, "good"), f" in {counted(done.files, 'file')}"))
    screen.talk(lines)


def _complain(done: _Done, screen: Screen) -> None:
    """Why files were left alone."""
    if done.found:
        screen.complain(full([Finding(d) for d in done.found], columns(sys.stderr)))
        files = len({d.span.source.path for d in done.found})
        screen.complain(
            [
                line(
                    Piece("error", "bad"),
                    f": {counted(files, 'file')} with mistakes left as {'it is' if files == 1 else 'they are'}",
                )
            ]
        )
    screen.complain([line(Piece("error", "bad"), f": {safe(path)}: left as it is: {one_line(why)}") for path, why in done.left])


# ---- which files


def _files(arguments: Sequence[str], project: Path | None) -> list[Path]:
    """The files that were named, or all of the project. Raises UsageError, InputError."""
    found: dict[str, Path] = {}
    for place in [Path(argument) for argument in arguments] or [project_file((), project).parent]:
        if place.is_dir():
            inside = list(_below(place))
            if not inside:
                raise UsageError(f"{place}: no file of a project in this folder")
        elif not place.exists():
            raise UsageError(f"{place}: no such file")
        elif place.suffix not in YAML and spelling_of(place.name) is None:
            raise UsageError(f"{place}: no file of a project; name *.journey, *.yaml or folders")
        else:
            inside = [place]
        for path in inside:
            found.setdefault(os.path.realpath(path), path)
        if len(found) > FILES_MAX:
            raise UsageError(f"more than {FILES_MAX:,} files: name fewer folders")
    return sorted(found.values(), key=str)


def _below(folder: Path) -> Iterator[Path]:
    """Journeys, tests and project files below a folder, with what these include."""
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED)
        for name in sorted(files):
            if name == PROJECT_FILE:
                yield Path(where, name)
                yield from _included(Path(where, name))
            elif name.endswith((*JOURNEYS, *TEST_SUFFIXES)) and not name.startswith("."):
                yield Path(where, name)


def _included(file: Path) -> Iterable[Path]:
    """The files that a project includes and that are there, also by way of others."""
    todo, seen = [file], {os.path.realpath(file)}
    while todo and len(seen) <= FILES_MAX:
        one = todo.pop()
        source, usable = read_source(one, [])
        project = read_project(source, []) if usable else None
        for name in project.includes if project is not None else ():
            path = one.parent / name.value
            real = os.path.realpath(path)
            if real not in seen and path.suffix in YAML and path.is_file():
                seen.add(real)
                todo.append(path)
                yield path


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, MAX_BYTES)
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error


# ---- rtj convert


def convert(asked: Conversion, screen: Screen) -> int:
    """Give a file of journeys in the other spelling: to stdout, to a file, or in the place of the file."""
    if asked.write and (asked.output is not None or asked.file == STDIO):
        raise UsageError("--write puts the new file beside the old one and removes that: leave --output and - out")
    path = _stdin_name(asked.stdin_filename) if asked.file == STDIO else Path(asked.file)
    if asked.file != STDIO and not path.exists():
        raise UsageError(f"{path}: no such file")
    spelling = spelling_of(path.name)
    if spelling is None:
        raise UsageError(f"{path}: no file of journeys: their names end in .journey or .journey.yaml")
    to: Spelling = asked.to or ("yaml" if spelling == "dsl" else "dsl")
    content = _stdin() if asked.file == STDIO else _read(path)
    found: list[Diagnostic] = []
    source, usable = read_source(path, found, content)
    laid = convert_text(source, to) if usable else Laid(None, tuple(found))
    if laid.text is None:
        done = _Done(1)
        _left(done, source, laid)
        _complain(done, screen)
        return FINDINGS
    if laid.remark:
        screen.talk([line(Piece("note", "strong"), f": {laid.remark}")])
    if asked.write:
        _replace(path, content, spelling, to, laid.text, screen)
    elif asked.output is not None and asked.output != STDIO:
        if same_file(asked.output, str(path)) and spelling != to:
            raise UsageError(f"--output {asked.output}: this is the file that is read; --write takes its place")
        write_file(asked.output, laid.text.encode("utf-8"))
    else:
        screen.exact(laid.text.encode("utf-8"))
    return OK


def _replace(path: Path, content: bytes, spelling: Spelling, to: Spelling, text: str, screen: Screen) -> None:
    """Write the new file beside the old one and remove that, so that no journey is declared twice."""
    if spelling == to:
        write_changes([Change(path, shown(path), content.decode("utf-8"), text, False, False)])
        return
    ending = next(suffix for suffix in JOURNEYS if path.name.endswith(suffix))
    new = path.with_name(path.name.removesuffix(ending) + SUFFIXES[to])
    if new.exists():
        raise OutputError(f"{new}: is there already; nothing was written")
    write_file(str(new), text.encode("utf-8"))
    path.unlink()
    screen.talk([line(Piece("converted", "good"), f" {safe(shown(path))} to {safe(shown(new))}")])
