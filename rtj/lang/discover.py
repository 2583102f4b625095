"""Which files make a project: found by name and place, nothing is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rtj.base.errors import UsageError
from rtj.base.span import Span

PROJECT_FILE = "rtj.yaml"
YAML_SUFFIXES = (".journey.yaml", ".journey.yml")
DSL_SUFFIX = ".journey"  # the journey language
SUFFIXES = (*YAML_SUFFIXES, DSL_SUFFIX)
ENDINGS = (".yaml", ".yml", DSL_SUFFIX)  # of everything that authors write
TEST_SUFFIXES = (".test.yaml", ".test.yml")
MAX_FILES = 10_000


def is_dsl(path: str) -> bool:
    """Is a file of that name in the journey language?"""
    return path.endswith(DSL_SUFFIX)


def in_dsl(span: Span) -> bool:
    """Does it stand in a file of the journey language?"""
    return is_dsl(span.source.path)


def project_file(journeys: Sequence[Path], project: Path | None) -> Path:
    """The project file of these journeys. Raises UsageError when there is none."""
    if project is not None:
        file = project / PROJECT_FILE if project.is_dir() else project
        if not file.is_file():
            raise UsageError(f"{file}: no such file; a project is a folder with {PROJECT_FILE}")
        return file
    start = journeys[0] if journeys else Path()
    above = start.resolve() if start.is_dir() else start.resolve().parent
    for folder in (above, *above.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder / PROJECT_FILE
    where = f"above {start}" if journeys else "here or above"
    raise UsageError(f"no {PROJECT_FILE} {where}; name the project's folder with `--project`")


def journey_files(places: Sequence[Path], root: Path) -> Iterator[Path]:
    """Files as given, folders searched in order; each file once."""
    return _files(places, root, SUFFIXES)


def suite_files(places: Sequence[Path], root: Path) -> Iterator[Path]:
    """The same for the tests of journeys."""
    return _files(places, root, TEST_SUFFIXES)


def _files(places: Sequence[Path], root: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    seen: set[str] = set()
    for place in places:
        for path in _below(place, root, suffixes) if place.is_dir() else (place,):
            real = os.path.realpath(path)  # Path.resolve() raises where links go round in a circle
            if real not in seen:
                seen.add(real)
                yield path


def _below(folder: Path, root: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Files of one kind below a folder, sorted. Hidden folders and projects within the project are left out; links to folders
    are not followed."""
    paths: list[Path] = []
    own = {os.path.realpath(folder), os.path.realpath(root)}
    for where, folders, files in os.walk(folder):
        inner = PROJECT_FILE in files and os.path.realpath(where) not in own
        folders[:] = [] if inner else sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        paths.extend(Path(where, f) for f in files if f.endswith(suffixes) and not f.startswith(".") and not inner)
        if len(paths) > MAX_FILES:
            raise UsageError(f"more than {MAX_FILES} files {suffixes[0]} below {folder}")
    return iter(sorted(paths))
