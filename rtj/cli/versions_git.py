"""A project as it was at a commit: its files are laid out in a folder of their own, and read there like any other project."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rtj.base.diagnostic import Diagnostic
from rtj.base.errors import InputError, UsageError
from rtj.base.reading import read_regular
from rtj.base.span import Source
from rtj.cli.git_tree import BYTES_MAX, LINK, Tree
from rtj.lang import syntax as s
from rtj.lang.discover import MAX_FILES, PROJECT_FILE, SUFFIXES
from rtj.lang.load import Loaded, Trees, load_project, named_texts
from rtj.lang.read_project import read_project
from rtj.lang.yaml_nodes import MAX_BYTES

TEMPLATES = "templates"
PROJECTS_MAX = 200  # project files of a commit that are looked through for one that has moved
INCLUDED_MAX = 1_000  # files with declarations


@dataclass(frozen=True, slots=True)
class Past:
    """A commit: its files, what it is called in paths (`HEAD` in `HEAD:rtj.yaml`), and the working tree beside it, if any.
    `others`: files of the version with which it is compared, by their paths in the repository; those that are the same are called
    as there, and are worked through once."""

    tree: Tree
    label: str
    top: Path | None
    others: Mapping[str, Source] = field(default_factory=dict)


def home_of(past: Past, folder: str | None, file: Path | None) -> str | None:
    """The folder of the project in a commit. `folder`: where it is now, None where nobody knows; `file`: its project file as it
    is now. None: the commit has no such project. Raises UsageError when several might be meant."""
    if folder is not None and past.tree.follow(_in(folder, PROJECT_FILE))[1] is not None:
        return folder
    every = [path for path in past.tree.entries if posixpath.basename(path) == PROJECT_FILE]
    if folder is None:
        if PROJECT_FILE in every or len(every) == 1:
            return posixpath.dirname(PROJECT_FILE if PROJECT_FILE in every else every[0])
        if every:
            shown = ", ".join(posixpath.dirname(path) for path in sorted(every)[:8])
            raise UsageError(f"{past.label} has {len(every):,} projects ({shown}): name the folder of one with `--project`")
        return None
    try:
        name = _name(read_regular(file, MAX_BYTES)) if file is not None else ""
    except OSError:
        name = ""
    known = [path for path in every if past.tree.entries[path].mode != LINK][:PROJECTS_MAX]
    called = [path for path, text in past.tree.contents(known).items() if name and _name(text) == name]
    if len(called) != 1:
        return None
    found = posixpath.dirname(called[0])
    past.tree.remark(f"in `{past.label}` the project `{name}` stands in `{found or '.'}`, now in `{folder or '.'}`")
    return found


def load_past(past: Past, home: str, into: Path, trees: Trees | None = None) -> Loaded:
    """Lay out in the empty folder `into` what the project in the folder `home` reads, and read it."""
    layout = _Layout(past, into)
    below = [path for path in past.tree.below(home) if _is_read(path[len(home) :].lstrip("/"))]
    if len(below) > MAX_FILES:
        raise UsageError(f"more than {MAX_FILES:,} files of journeys below `{home or '.'}` in {past.label}")
    layout.take(below)
    layout.take_named(_in(home, PROJECT_FILE), trees)
    root = into.resolve()

    def called(path: Path) -> str:
        real = os.path.abspath(path)  # links keep the name by which they are known
        inside = os.path.relpath(real, root)
        if inside.startswith(".."):
            return path.as_posix()
        inside = inside.replace(os.sep, "/")
        other = past.others.get(inside)
        return other.path if other is not None and _says(path, other.text) else f"{past.label}:{inside}"

    return load_project((), root / home, trees, None, called)


@dataclass
class _Layout:
    """Writes files of a commit into a folder."""

    past: Past
    into: Path

    def take(self, paths: Iterable[str]) -> None:
        """Write these files, and what links among them lead to."""
        files: dict[str, str] = {}
        for path in paths:
            links, real = self.past.tree.follow(path)
            if real is None:
                self._from_now(path)
                continue
            for link, target in self.past.tree.contents(links).items():
                self._write(link, None, os.fsdecode(target))
            files[real] = real
        for path, content in self.past.tree.contents(files).items():
            self._write(path, content)

    def take_named(self, first: str, trees: Trees | None) -> None:
        """Write what a project file names: other files with declarations, lists, schemas, tables, and what those name."""
        todo, seen = [first], {first}
        while todo:
            path = todo.pop()
            project = self._declared(path, trees)
            if project is None:
                continue
            if len(seen) > INCLUDED_MAX:
                raise UsageError(f"{self.past.label}: more than {INCLUDED_MAX:,} files with declarations")
            parts = [part for part in self._inside(path, project.includes) if part not in seen]
            self.take(parts)
            self.take(self._inside(path, named_texts(project)))
            todo += parts
            seen |= set(parts)

    def _inside(self, path: str, names: Iterable[s.Text]) -> Iterator[str]:
        """The paths that a file names, those out of the repository left out: they are no part of any commit."""
        for name in names:
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), name.value))
            if there.startswith(("/", "..")) or "\0" in there:
                self.past.tree.remark(f"`{name.value}` lies outside of the repository: no commit says what it was like")
            else:
                yield there

    def _declared(self, path: str, trees: Trees | None) -> s.Project | None:
        file = self.into / path
        if not file.is_file():
            return None
        try:
            source = Source(path, file.read_bytes().decode("utf-8-sig"))
        except UnicodeDecodeError:
            return None
        kept = trees.get("project", source) if trees is not None else None
        if kept is not None:
            tree: s.Project = kept[0]
            return tree
        found: list[Diagnostic] = []
        project = read_project(source, found)
        if trees is not None and project is not None:
            trees.put("project", source, project, tuple(found))
        return project

    def _from_now(self, path: str) -> None:
        """What no commit has, such as a table that git ignores, is taken as it is now; that is said."""
        tree = self.past.tree
        now = self.past.top / path if self.past.top is not None else None
        try:
            there = now is not None and now.is_file()
        except OSError:  # links that go round in a circle
            there = False
        if now is None or not there or path in tree.entries:
            if path in tree.entries and not tree.is_told(path):
                tree.remark(f"`{path}` is a link that leads nowhere: it is left out")
            return
        content = read_regular(now, BYTES_MAX)
        if len(content) > BYTES_MAX:
            raise InputError(f"{now}: larger than {BYTES_MAX // 2**20} MiB")
        tree.remark(f"`{path}` is not in git at `{self.past.label}`: it is taken as it is in the working tree")
        self._write(path, content)

    def _write(self, path: str, content: bytes | None, target: str = "") -> None:
        file = self.into / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                if not file.exists():
                    file.write_bytes(content)
            elif not os.path.lexists(file):
                os.symlink(target, file)
        except FileExistsError:
            self.past.tree.remark(f"`{path}` of `{self.past.label}` cannot stand beside another file here: it is left out")


def sources_by_place(loaded: Loaded, top: Path) -> dict[str, Source]:
    """The files of a version by their paths in the repository, whose folder is `top`."""
    root = os.path.realpath(top)
    found: dict[str, Source] = {}
    for source in loaded.sources:
        if (file := loaded.files.get(source.path)) is not None:
            inside = os.path.relpath(os.path.realpath(file), root).replace(os.sep, "/")
            if not inside.startswith(".."):
                found[inside] = source
    return found


def _says(path: Path, text: str) -> bool:
    try:
        return read_regular(path, MAX_BYTES).decode("utf-8-sig") == text
    except (OSError, UnicodeDecodeError):
        return False


def _is_read(path: str) -> bool:
    """Is a file, by its path in the project, read whoever names it?"""
    *folders, name = path.split("/")
    if any(folder.startswith(".") or folder == "node_modules" for folder in folders):
        return False
    return name == PROJECT_FILE or (name.endswith(SUFFIXES) and not name.startswith(".")) or folders == [TEMPLATES]


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _name(text: bytes) -> str:
    project = read_project(Source("", text.decode("utf-8", "replace")), [])
    return project.name.text if project is not None and project.name is not None else ""
