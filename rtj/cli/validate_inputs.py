"""What `rtj validate` was asked to look at: files, folders, patterns and names become projects and places within them.

A file belongs to the nearest rtj.yaml above it. Always whole projects are checked, for only so can references be judged; what was
named decides which findings are told.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from rtj.base.errors import UsageError
from rtj.base.finding import Finding
from rtj.cli.git import Changes, changes_since
from rtj.lang.discover import ENDINGS, PROJECT_FILE, SUFFIXES, TEST_SUFFIXES, project_file
from rtj.lang.load import Loaded, Trees, load_project, shown
from rtj.lang.tree_cache import TreeCache
from rtj.lang.yaml_nodes import MAX_BYTES
from rtj.lint.changed import affected, concerned
from rtj.lint.globs import matches

STDIN = "-"
MAGIC = re.compile(r"[*?\[]")
ENTRIES_MAX = 1_000_000  # files that a pattern may be compared with
SKIPPED = ("node_modules",)


@dataclass(frozen=True, slots=True)
class Request:
    """The inputs as they were typed. `changed`: the ref, None when nobody asked for changes."""

    arguments: tuple[str, ...] = ()
    project: Path | None = None
    stdin_filename: str | None = None
    changed: str | None = None

    @property
    def reads_stdin(self) -> bool:
        return STDIN in self.arguments or self.stdin_filename is not None


@dataclass(frozen=True, slots=True)
class Target:
    """One project and what is told of it. `places`: resolved files and folders, none for all; `names`: of journeys; `texts`:
    what stands in for files, by resolved path; `changes`: narrows it to what they concern."""

    project: Path
    places: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    texts: Mapping[Path, bytes] = field(default_factory=dict)
    changes: Changes | None = None

    def load(self) -> Loaded:
        """Read it with what this account has kept of former times, and keep what is new."""
        trees = TreeCache(self.project)
        loaded = self.load_with(trees)
        trees.save()
        return loaded

    def load_with(self, trees: Trees) -> Loaded:
        """Read the whole project, and journeys that were named though they are not found by their place or name."""
        loaded = load_project((), self.project, trees, self.texts)
        known = {path.resolve() for path in loaded.files.values()} if self.places else set()
        more = [path for place in self.places for path in self._unfound(place) if path not in known]
        if not more:
            return loaded
        return load_project((self.project.parent, *more), self.project, trees, self.texts)

    def _unfound(self, place: Path) -> Iterator[Path]:
        """The journeys that a place names, though they may lie in a hidden folder or be called otherwise."""
        if not place.is_dir():
            if not place.name.endswith(TEST_SUFFIXES) and place.name != PROJECT_FILE:
                yield place
            return
        for path in _below(place, "**"):
            if path.name.endswith(SUFFIXES) and project_file((path,), None).resolve() == self.project.resolve():
                yield path

    def wanted(self, loaded: Loaded) -> Callable[[Finding], bool]:
        """Which findings are told: those that stand where was asked for, and errors in what all journeys share. Raises
        UsageError for a name that no journey has."""
        tests = [self._by_place(loaded), self._by_name(loaded), self._by_change(loaded)]
        journeys = {journey.span.source.path for journey in loaded.journeys}

        def told(finding: Finding) -> bool:
            d = finding.diagnostic
            path = d.span.source.path
            shared = d.severity == "error" and path in loaded.files and path not in journeys and not path.endswith(SUFFIXES)
            return shared or all(test(finding) for test in tests)

        return told

    def _by_place(self, loaded: Loaded) -> Callable[[Finding], bool]:
        if not self.places or (self.project.resolve() in self.places and not self.texts):
            return lambda _: True
        kept: dict[str, bool] = {}

        def stands(finding: Finding) -> bool:
            path = finding.diagnostic.span.source.path
            if path not in kept:
                full = loaded.files.get(path, Path(path)).resolve()
                kept[path] = any(full == place or full.is_relative_to(place) for place in self.places)
            return kept[path]

        return stands

    def _by_name(self, loaded: Loaded) -> Callable[[Finding], bool]:
        names = {journey.name.text for journey in loaded.journeys}
        unknown = [name for name in self.names if name not in names]
        broken = any(d.severity == "error" for d in loaded.diagnostics)
        if unknown and not broken:
            raise UsageError(f"{unknown[0]}: neither a file nor a journey of the project{_nearest(unknown[0], sorted(names))}")
        if not self.names or unknown:  # what could not be read may be what was meant
            return lambda _: True
        return lambda finding: finding.journey in self.names

    def _by_change(self, loaded: Loaded) -> Callable[[Finding], bool]:
        if self.changes is None:
            return lambda _: True
        files = affected(loaded, self.changes.changed, self.changes.gone)
        if files is None:
            return lambda _: True
        changed = frozenset(shown(path) for path in self.changes.changed if path.is_relative_to(self.project.resolve().parent))

        def told(finding: Finding) -> bool:
            # Tests speak of journeys that they do not start: what changed may be what they name.
            of_tests = bool(files) and finding.diagnostic.span.source.path.endswith(TEST_SUFFIXES)
            return of_tests or concerned(finding, files | changed, changed)

        return told


def targets(request: Request) -> tuple[Target, ...]:
    """The projects that were asked for, in the order of their names. Raises UsageError for what names nothing."""
    if request.reads_stdin:
        return (_from_stdin(request),)
    found = tuple(_named(request.arguments, request.project))
    if request.changed is None:
        return found
    asked = [(one, changes_since(one.project.resolve().parent, request.changed)) for one in found]
    return tuple(Target(one.project, one.places, one.names, changes=changes) for one, changes in asked)


def _named(arguments: Sequence[str], project: Path | None) -> Iterator[Target]:
    places: list[Path] = []
    names: list[str] = []
    for argument in arguments:
        found = list(_places(argument))
        places += found
        if not found:
            names.append(argument)
    if places and names:
        raise UsageError(f"{names[0]}: no such file; name either files or journeys of the project, not both")
    if not places:
        yield Target(project_file((), project), names=tuple(names))
        return
    by_project: dict[Path, list[Path]] = {}
    for place in dict.fromkeys(path.resolve() for path in places):
        for file in (project_file((), project),) if project is not None else _projects(place):
            by_project.setdefault(file, []).append(place)
    for file in sorted(by_project):
        yield Target(file, tuple(by_project[file]))


def _places(argument: str) -> Iterator[Path]:
    """The files and folders that an argument names; nothing for a name. Raises UsageError for a path or pattern without any."""
    path = Path(argument)
    if path.is_dir():
        if next(_below(path, "**"), None) is None:
            raise UsageError(f"{argument}: no *.journey or *.journey.yaml in this folder")
        yield path
    elif path.exists():
        if not path.name.endswith(ENDINGS):
            raise UsageError(
                f"{argument}: no file of a project; name rtj.yaml, *.journey, *.journey.yaml, *.test.yaml or folders"
            )
        yield path
    elif MAGIC.search(argument):
        found = list(_matching(argument))
        if not found:
            raise UsageError(f"{argument}: no file matches this pattern")
        yield from found
    elif "/" in argument or "\\" in argument or argument.endswith(ENDINGS):
        raise UsageError(f"{argument}: no such file")


def _matching(pattern: str) -> Iterator[Path]:
    """The files of projects that a pattern names: its part before the first sign of a pattern is a folder."""
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if MAGIC.search(part))
    folder = Path(*parts[:fixed])
    if folder.is_dir():
        yield from _below(folder, "/".join(parts[fixed:]))


def _below(folder: Path, pattern: str) -> Iterator[Path]:
    """YAML files below a folder that rtj reads by their names and that the pattern names, in order. Hidden folders are left
    out, links to folders are not followed."""
    seen = 0
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED)
        seen += len(files)
        if seen > ENTRIES_MAX:
            raise UsageError(f"more than {ENTRIES_MAX:,} files below {folder}")
        for name in sorted(files):
            path = Path(where, name)
            if _is_ours(name) and matches(pattern, path.relative_to(folder).as_posix()):
                yield path


def _is_ours(name: str) -> bool:
    return name.endswith((*SUFFIXES, *TEST_SUFFIXES)) or name == PROJECT_FILE


def _projects(place: Path) -> Iterable[Path]:
    """The project to which a place belongs; of a folder also the projects below it."""
    if not place.is_dir():
        return (project_file((place,), None),)
    files = {project_file((path,), None) for path in _below(place, "**")}
    return sorted(files)


def _from_stdin(request: Request) -> Target:
    """The text of stdin in the place of a file. Raises UsageError when it is not clear of which."""
    if request.stdin_filename is None:
        raise UsageError(f"`{STDIN}` reads a file from stdin: say which with --stdin-filename PATH")
    if request.arguments not in ((), (STDIN,)) or request.changed is not None:
        raise UsageError(f"--stdin-filename checks one file, that of stdin: name nothing else but `{STDIN}`")
    path = Path(request.stdin_filename)
    if path.is_dir():
        raise UsageError(f"--stdin-filename {path}: this is a folder")
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    return Target(project_file((path,), request.project), (path.resolve(),), texts={path.resolve(): content})


def _nearest(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; it has {', '.join(known[:8])}" if known else ", which has none"
