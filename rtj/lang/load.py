"""Finding and reading the files of a project: rtj.yaml, what it includes, journeys."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rtj.base.diagnostic import Diagnostic, Label, sort_diagnostics
from rtj.base.errors import InputError
from rtj.base.reading import read_regular
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang.discover import DSL_SUFFIX, PROJECT_FILE, YAML_SUFFIXES, is_dsl, journey_files, project_file
from rtj.lang.dsl_words import BLANKS
from rtj.lang.read_dsl import read_dsl
from rtj.lang.read_journey import read_journeys
from rtj.lang.read_lint import merged_lint
from rtj.lang.read_project import read_project
from rtj.lang.yaml_nodes import MAX_BYTES

T = TypeVar("T")
INCLUDED_MAX = 500  # files of one project
DSL_BEGINS = re.compile(rf"\ufeff?{BLANKS}journey\s+\w")  # a text in the journey language
INCLUDED_DEPTH_MAX = 50  # files that include each other


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. `files`: where the source with a shown path really is; empty when texts were loaded. `entire`: all journeys
    of the project were read, not just some that were named."""

    root: Path
    project: s.Project | None
    journeys: tuple[s.Journey, ...]
    sources: tuple[Source, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: Mapping[str, Path] = field(default_factory=dict)
    entire: bool = True

    def file_of(self, name: s.Text) -> Path:
        """The file that an author's text names, relative to the file in which it stands."""
        home = self.files.get(name.span.source.path)
        return (home.parent if home is not None else self.root) / name.value


class Trees(Protocol):
    """Where trees of texts that were read before may be found. `kind` tells a project file from journeys."""

    def get(self, kind: str, source: Source) -> tuple[Any, tuple[Diagnostic, ...]] | None:
        """The tree of this text with positions in it, and what is wrong in it; None when it is not there."""

    def put(self, kind: str, source: Source, tree: Any, found: tuple[Diagnostic, ...]) -> None:
        """Keep the tree of a text, if it is worth it."""


def load_project(
    journeys: Sequence[Path] = (),
    project: Path | None = None,
    trees: Trees | None = None,
    texts: Mapping[Path, bytes] | None = None,
    called: Callable[[Path], str] | None = None,
) -> Loaded:
    """Read a project and its journeys. `journeys`: files or folders, none for all below the project. `project`: the project
    file or its folder, None for the nearest one above the journeys, else above the working directory. `trees`: what need not be
    read again. `texts`: what is read in the place of files, by their resolved paths; such a file need not exist. `called`: how
    reports show the path of a file, else as `shown` does.

    Authors' mistakes are in `diagnostics`. Raises UsageError when there is no project, InputError when a file is missing or
    cannot be read."""
    for path in journeys:
        if not path.exists() and path.resolve() not in (texts or {}):
            raise InputError(f"{path}: no such file or folder")
    file = project_file(journeys, project)
    loading = _Loading(file.parent, trees, texts, called)
    declared = loading.project(file)
    for path in journey_files(journeys or (file.parent,), file.parent):
        loading.journeys_of(path)
    loaded = loading.loaded(declared)
    if not journeys:
        return loaded
    every = {path.resolve() for path in journey_files((file.parent,), file.parent)}
    return replace(loaded, entire=every <= {path.resolve() for path in loading.files.values()})


def load_declarations(project: Path | None = None) -> Loaded:
    """Read what a project declares, without its journeys. `project` and errors as of `load_project`."""
    file = project_file((), project)
    loading = _Loading(file.parent)
    return replace(loading.loaded(loading.project(file)), entire=False)


def load_text(project: str, *journeys: str) -> Loaded:
    """Read a project and journeys from texts; their shown paths are rtj.yaml, 1.journey.yaml, 2.journey.yaml … or 1.journey where
    a text is in the journey language."""
    loading = _Loading(Path.cwd())
    source = loading.keep(Source(PROJECT_FILE, project.removeprefix("\ufeff")))
    declared = read_project(source, loading.found)
    for number, text in enumerate(journeys, 1):
        suffix = DSL_SUFFIX if DSL_BEGINS.match(text) else YAML_SUFFIXES[0]
        source = loading.keep(Source(f"{number}{suffix}", text.removeprefix("\ufeff")))
        loading.journeys.extend(loading.journey_trees(source))
    return loading.loaded(declared)


def shown(path: Path) -> str:
    """A path as reports show it: relative to the working directory where it lies below, with `/`."""
    full = os.path.realpath(path)
    return full.removeprefix(os.path.join(os.getcwd(), "")).replace(os.sep, "/")


def named_texts(project: s.Project) -> Iterator[s.Text]:
    """Where a project names lists, schemas and tables that are files."""
    yield from (audience.members for audience in project.audiences if audience.members is not None)
    yield from (event.schema for event in project.events if event.schema is not None)
    yield from (table.file for table in project.tables if table.file is not None)
    if project.suppressions is not None:
        yield project.suppressions


def read_source(path: Path, found: list[Diagnostic], content: bytes | None = None, name: str = "") -> tuple[Source, bool]:
    """The text of a file, and whether it can be read on: not when it is too big or no text, which goes to `found`. `content`:
    what is taken for that of the file; `name`: how its path is shown. Raises InputError."""
    try:
        if content is None:
            content = read_regular(path, MAX_BYTES)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    name = name or shown(path)
    if len(content) > MAX_BYTES:
        source = Source(name, content[:200].decode("utf-8", "replace"))
        hint = "split it into several files"
        found.append(Diagnostic("E005", f"the file is larger than {MAX_BYTES // 2**20} MiB", Span(source, 0, 0), hint))
        return source, False
    try:
        return Source(name, content.decode("utf-8-sig")), True
    except UnicodeDecodeError as error:
        source = Source(name, content.decode("utf-8", "replace"))
        at = len(content[: error.start].decode("utf-8"))
        utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        hint = "it looks like UTF-16: save it as UTF-8" if utf_16 else "save it as UTF-8"
        byte = content[error.start]
        found.append(Diagnostic("E007", f"the byte 0x{byte:02X} is not UTF-8", Span(source, at, at + 1), hint))
        return source, False


class _Loading:
    """What has been read so far."""

    def __init__(
        self,
        root: Path,
        trees: Trees | None = None,
        texts: Mapping[Path, bytes] | None = None,
        called: Callable[[Path], str] | None = None,
    ) -> None:
        self.root = root
        self.called = called or shown
        self.trees = trees
        self.texts = texts or {}
        self.found: list[Diagnostic] = []
        self.sources: list[Source] = []
        self.files: dict[str, Path] = {}
        self.journeys: list[s.Journey] = []

    def loaded(self, project: s.Project | None) -> Loaded:
        diagnostics = tuple(sort_diagnostics(self.found))
        return Loaded(self.root, project, tuple(self.journeys), tuple(self.sources), diagnostics, self.files)

    def keep(self, source: Source) -> Source:
        self.sources.append(source)
        return source

    def read(self, path: Path) -> Source | None:
        """The text of a file; None when it is too big or no text, which is reported."""
        content = self.texts.get(path.resolve()) if self.texts else None
        source, usable = read_source(path, self.found, content, self.called(path))
        self.files[source.path] = path
        self.keep(source)
        return source if usable else None

    def journeys_of(self, path: Path) -> None:
        source = self.read(path)
        if source is not None:
            self.journeys.extend(self.journey_trees(source))

    def journey_trees(self, source: Source) -> tuple[s.Journey, ...]:
        """The journeys of a text, in the language that its name tells."""
        if is_dsl(source.path):
            return self.tree("dsl", source, lambda text, found: tuple(read_dsl(text, found)))
        return self.tree("journeys", source, lambda text, found: tuple(read_journeys(text, found)))

    def tree(self, kind: str, source: Source, read: Callable[[Source, list[Diagnostic]], T]) -> T:
        """The tree of a text: one that is kept, or read now."""
        kept: tuple[T, tuple[Diagnostic, ...]] | None = self.trees.get(kind, source) if self.trees is not None else None
        if kept is not None:
            self.found += kept[1]
            return kept[0]
        before = len(self.found)
        tree = read(source, self.found)
        if self.trees is not None and tree is not None:
            self.trees.put(kind, source, tree, tuple(self.found[before:]))
        return tree

    # ---- the project and what it includes

    def project(self, file: Path) -> s.Project | None:
        source = self.read(file)
        first = self.tree("project", source, read_project) if source is not None else None
        return self.with_includes(first, file, (file.resolve(),), {file.resolve()}) if first is not None else None

    def with_includes(self, project: s.Project, file: Path, chain: tuple[Path, ...], seen: set[Path]) -> s.Project:
        """The project and, depth first, what it includes; a file that two others include is read once."""
        for name in project.includes:
            path = file.parent / name.value
            full, why = _included(path, chain, seen)
            if full is None:
                self.found.append(Diagnostic("E107", f"`{name.value}` {why}", name.span))
                project = replace(project, whole=False)
            elif full not in seen:
                seen.add(full)
                source = self.read(path)
                part = self.tree("project", source, read_project) if source is not None else None
                if part is None:
                    project = replace(project, whole=False)
                else:
                    project = self.merged(project, self.with_includes(part, path, (*chain, full), seen))
        return project

    def merged(self, project: s.Project, part: s.Project) -> s.Project:
        """Lists are joined; what can be said once must not be said twice."""
        values: dict[str, Any] = {"whole": project.whole and part.whole}
        for column in fields(s.Project):
            mine, theirs = getattr(project, column.name), getattr(part, column.name)
            if column.name in ("span", "includes", "whole"):
                continue
            if isinstance(mine, tuple):
                new = self.not_twice(mine, theirs)
                values["whole"] = values["whole"] and len(new) == len(theirs)
                values[column.name] = mine + new
            elif isinstance(mine, s.Lint) and isinstance(theirs, s.Lint):
                values[column.name] = merged_lint(mine, theirs, self.found)
            elif mine is None:
                values[column.name] = theirs
            elif theirs is not None:
                shown_name = "project" if column.name == "name" else column.name
                label = Label(mine.span, "the first stands here")
                self.found.append(Diagnostic("E104", f"`{shown_name}` is said twice", theirs.span, "", (label,)))
        return replace(project, **values)

    def not_twice(self, mine: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
        """What is declared in `theirs` alone; names of both are reported. Rules about an event have no name of their own and
        are told apart by it."""
        names = {_name_of(one): one for one in mine}
        for one in theirs:
            if (before := names.get(_name_of(one))) is not None:
                label = Label(before.span, "the first stands here")
                self.found.append(Diagnostic("E002", f"`{_name_of(one)}` is declared twice", one.span, "", (label,)))
        return tuple([one for one in theirs if _name_of(one) not in names])


def _included(path: Path, chain: Sequence[Path], seen: Collection[Path]) -> tuple[Path | None, str]:
    """The file that an `include` names; None and the reason why it is not read."""
    try:
        full = Path(os.path.realpath(path))  # Path.resolve() raises where links go round in a circle
        there = path.is_file()
    except (OSError, ValueError):  # too long, or with signs that no path can have
        return None, "is no file"
    if full in chain:
        return None, "includes itself"
    if not there:
        return None, "is no file"
    if len(chain) > INCLUDED_DEPTH_MAX:
        return None, f"is included more than {INCLUDED_DEPTH_MAX} files deep"
    if full not in seen and len(seen) > INCLUDED_MAX:
        return None, f"is one file too many: a project includes {INCLUDED_MAX} at most"
    return full, ""


def _name_of(declared: Any) -> str:
    name: s.Name = declared.event if isinstance(declared, s.LateRule | s.ReplacesRule) else declared.name
    return name.text
