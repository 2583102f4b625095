"""Compiled programs kept in the cache of this account, so that a project that did not change is not compiled again.

An entry names every file that was read, with the hash of its content; it holds only while all of them are the same, and only
programs without a single finding are kept. A cache that cannot be read or written is no error.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rtj import __version__
from rtj.base.places import cache_dir, code_state
from rtj.base.reading import read_regular
from rtj.compile.compiled import Compiled
from rtj.ir.program import FORMAT, Program, canonical, read_program
from rtj.lang.discover import journey_files, project_file

if TYPE_CHECKING:
    from rtj.lang.load import Loaded

COMPILER_ROOMS = ("base", "ir", "lang", "compile", "_grammar", "../grammar")
READ_MAX = 64 * 1024 * 1024  # bytes of a file that are looked at
ENTRIES_MAX = 64  # programs kept; the one used longest ago goes


class _Entry(msgspec.Struct):
    files: list[tuple[str, str]]
    program: bytes


def compile_cached(journeys: Sequence[Path] = (), project: Path | None = None) -> Compiled:
    """Like `compile_project`; `sources` is empty when the program came from the cache."""
    file = project_file(journeys, project)
    found = list(journey_files(journeys or (file.parent,), file.parent))
    path = cache_dir() / "programs" / f"{_key([file, *found])}.msgpack"
    program = _read(path)
    if program is not None:
        return Compiled(program, (), (), file.parent)
    from rtj.compile.pipeline import compile_loaded
    from rtj.lang.tree_cache import load_kept

    loaded = load_kept(journeys, project)
    compiled = compile_loaded(loaded)
    if compiled.program is not None and not compiled.diagnostics and not _names_files(loaded):
        _write(path, loaded, compiled.program)
    return compiled


def _key(files: Sequence[Path]) -> str:
    """What decides which entry to look at: this very compiler, and the files by name."""
    state = hashlib.sha256(f"{__version__} {FORMAT}".encode() + code_state(*COMPILER_ROOMS))
    for file in files:
        state.update(f"{file.resolve()}\n".encode("utf-8", "surrogateescape"))
    return state.hexdigest()[:32]


def _digest(path: Path) -> str:
    return hashlib.sha256(read_regular(path, READ_MAX)).hexdigest()


def _read(path: Path) -> Program | None:
    try:
        entry = msgspec.msgpack.decode(path.read_bytes(), type=_Entry)
        if any(_digest(Path(name)) != digest for name, digest in entry.files):
            return None
        os.utime(path)
        return read_program(entry.program)
    except (OSError, msgspec.MsgspecError):
        return None


def _names_files(loaded: Loaded) -> bool:
    """Does the project read lists, schemas or tables besides its YAML? Those are not watched, so such a program is not kept."""
    project = loaded.project
    if project is None or project.suppressions is not None or any(t.source is None for t in project.tables):
        return True
    return any(a.members is not None for a in project.audiences) or any(e.schema for e in project.events)


def _write(path: Path, loaded: Loaded, program: Program) -> None:
    with contextlib.suppress(OSError):
        files = [(str(file.resolve()), _digest(file)) for file in loaded.files.values()]
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as out:
            out.write(msgspec.msgpack.encode(_Entry(files, canonical(program))))
        os.replace(out.name, path)
        kept = sorted(path.parent.glob("*.msgpack"), key=lambda p: p.stat().st_mtime_ns)
        for old in kept[:-ENTRIES_MAX]:
            old.unlink()
