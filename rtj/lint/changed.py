"""From changed files to the files that should be looked at again: what depends on a change may be wrong because of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rtj.base.finding import Finding
from rtj.lang import syntax as s
from rtj.lang.discover import SUFFIXES
from rtj.lang.load import Loaded, named_texts
from rtj.lang.node_ids import statements


def affected(loaded: Loaded, changed: Collection[Path], gone: Collection[Path]) -> frozenset[str] | None:
    """The shown paths of the files that a change concerns; None for all of the project, which is when something changed that
    is no journey: rtj.yaml, what it includes or names, or a journey that is gone, of which nobody knows what named it.

    `changed` and `gone`: resolved paths, of any project."""
    journeys = {journey.span.source.path for journey in loaded.journeys}
    shared = {path.resolve() for name, path in loaded.files.items() if name not in journeys and not _is_journey(path)}
    shared |= {path.resolve() for path in named_files(loaded)}
    if shared & set(changed) or any(_is_journey(path) or path in shared for path in gone if _below(path, loaded.root)):
        return None
    mine = {name for name, path in loaded.files.items() if path.resolve() in changed}
    return frozenset(mine | set(_dependants(loaded, mine)))


def concerned(finding: Finding, files: Collection[str], changed: Collection[str]) -> bool:
    """Does a finding stand in one of these files, or point into a changed one?"""
    d = finding.diagnostic
    return d.span.source.path in files or any(label.span.source.path in changed for label in d.labels)


def _is_journey(path: Path) -> bool:
    return path.name.endswith(SUFFIXES)


def _below(path: Path, root: Path) -> bool:
    return path.is_relative_to(root.resolve())


def named_files(loaded: Loaded) -> Iterator[Path]:
    """Lists, schemas and tables that the project names."""
    if loaded.project is not None:
        yield from (loaded.file_of(name) for name in named_texts(loaded.project))


def _dependants(loaded: Loaded, changed: Collection[str]) -> Iterator[str]:
    """The files of journeys that start a changed one, and of all that a changed one starts, directly or through others: what
    is handed over has types."""
    file_of = {journey.name.text: journey.span.source.path for journey in loaded.journeys}
    starts = {journey.name.text: _starts(journey) for journey in loaded.journeys}
    names = {name for name, file in file_of.items() if file in changed}
    yield from (file_of[name] for name, started in starts.items() if started & names)
    seen: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in seen and name in file_of:
            seen.add(name)
            todo += starts[name]
            yield file_of[name]


def _starts(journey: s.Journey) -> set[str]:
    return {node.journey.text for node in statements(journey.nodes) if isinstance(node, s.StartJourney)}
