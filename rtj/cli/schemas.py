"""`rtj schema`: JSON Schemas for editors, printed or written beside the project, with the project's own names to propose."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rtj.base.errors import InputError, OutputError, UsageError
from rtj.base.plain import one_line
from rtj.cli.outcome import OK
from rtj.cli.outputs import write_file
from rtj.cli.screen import Line, Piece, Screen, line
from rtj.lang.discover import is_dsl, project_file, suite_files
from rtj.lang.load import Loaded, load_project
from rtj.report.moments import counted
from rtj.schema.names import Names, names_of
from rtj.schema.schemas import FOLDER, KINDS, MODELINE, as_json, file_name, kind_of, schema

__all__ = ["Asked", "Screen", "schemas"]

PLACES_MAX = 12  # places that are told to lack the comment; the rest is counted
HEAD_MAX = 4096  # bytes of a file in which its comment is looked for

_NAMED = re.compile(rb"^(?:\xef\xbb\xbf)?#\s+(?:yaml-language-server\s*:.*\$schema=|\$schema:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed. `write`: None for printing, else the folder, empty for the usual one."""

    kind: str | None = None
    project: Path | None = None
    write: str | None = None
    generic: bool = False


def schemas(asked: Asked, screen: Screen) -> int:
    """List the kinds of schemas, print one, or write all. Raises UsageError, InputError, OutputError."""
    if asked.kind is not None and asked.kind not in KINDS:
        close = get_close_matches(asked.kind, KINDS, n=1)
        raise UsageError(f"there is no schema `{asked.kind}`; " + (f"did you mean {close[0]}?" if close else _kinds()))
    if asked.write is not None:
        if asked.kind is not None:
            raise UsageError("--write writes all schemas; name none, or print one without it")
        screen.answer(_written(asked))
    elif asked.kind is None:
        width = max(map(len, KINDS))
        screen.answer(line(Piece(f"{kind:<{width}}", "name"), f"  {what}") for kind, what in KINDS.items())
    else:
        loaded = _loaded(asked)
        screen.exact(as_json(schema(asked.kind, _names(asked, loaded))).encode())
    return OK


def _kinds() -> str:
    return f"there are {', '.join(KINDS)}"


def _loaded(asked: Asked) -> Loaded | None:
    """The project; None where there is none and none was named."""
    if asked.project is None:
        try:
            project_file((), None)
        except UsageError:
            return None
    return load_project((), asked.project)


def _names(asked: Asked, loaded: Loaded | None) -> Names:
    return Names() if loaded is None or asked.generic else names_of(loaded.project, loaded.journeys)


def _written(asked: Asked) -> Iterator[Line]:
    """Write all schemas, and tell where, and which files do not name theirs."""
    loaded = load_project((), asked.project) if not asked.write else _loaded(asked)
    folder = Path(asked.write) if asked.write else _root(loaded) / FOLDER
    names = _names(asked, loaded)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {(error.strerror or str(error)).lower()}") from error
    for kind in KINDS:
        write_file(os.fspath(folder / file_name(kind)), as_json(schema(kind, names)).encode())
    told = f", with {counted(names.count(), 'name')} of the project" if names.count() else ""
    yield line(Piece(one_line(_shown(folder)), "strong"), f": {', '.join(map(file_name, KINDS))}{told}")
    if loaded is not None:
        yield from _unnamed(loaded, folder)


def _root(loaded: Loaded | None) -> Path:
    assert loaded is not None
    return loaded.root


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.resolve().is_relative_to(Path.cwd()) else os.fspath(path)


# ---- comments that name a schema


def _unnamed(loaded: Loaded, folder: Path) -> Iterator[Line]:
    """Which files do not name their schema, by folder and kind, each with the comment that does."""
    lacking: dict[tuple[str, str], int] = {}
    for path in sorted({*loaded.files.values(), *suite_files((loaded.root,), loaded.root)}):
        if is_dsl(path.name) or _names_schema(path):  # the journey language has a grammar, no schema
            continue
        kind = kind_of(path.name) or "project"
        where = os.path.relpath(path.parent, loaded.root).replace(os.sep, "/")
        name = path.name if kind == "project" else KINDS[kind]
        place = name if where == "." else f"{where}/{name}"
        up = os.path.relpath(folder.resolve(), path.parent.resolve()).replace(os.sep, "/")
        comment = f"{MODELINE}{up}/{file_name(kind)}"
        lacking[place, comment] = lacking.get((place, comment), 0) + 1
    if not lacking:
        yield line("every file names its schema in its first lines", Piece("; editors find it there", "dim"))
        return
    total = sum(lacking.values())
    yield line(
        f"{counted(total, 'file')} {'names' if total == 1 else 'name'} no schema; editors find it by a comment on the first line:"
    )
    width = max(len(place) for place, _ in list(lacking)[:PLACES_MAX])
    for place, comment in list(lacking)[:PLACES_MAX]:
        yield line(f"  {one_line(place):<{width}}  ", Piece(one_line(comment), "name"))
    if len(lacking) > PLACES_MAX:
        yield line(Piece(f"  and {len(lacking) - PLACES_MAX:,} more places", "dim"))


def _names_schema(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _NAMED.search(file.read(HEAD_MAX)) is not None
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
