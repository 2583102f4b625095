"""What was read from the files of a project, kept in the cache of this account by content.

Reading is most of the work of `rtj validate`. One file holds the trees of one project; it is read at the start and written when
something in it is new. Only texts in which nothing is wrong are kept. A cache that cannot be read or written is no error, and
what was made by another version of the reader is not looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from rtj.base.diagnostic import Diagnostic
from rtj.base.places import cache_dir, code_state
from rtj.base.span import Source
from rtj.lang.discover import project_file
from rtj.lang.load import Loaded, load_project
from rtj.lang.tree_code import Unkept, from_lists, to_lists

READER_ROOMS = ("base", "lang", "_grammar", "../grammar")
PROJECTS_MAX = 32  # files kept; the one used longest ago goes
TREES_MAX = 20_000  # of one project: its present files, and former states of them
BYTES_MAX = 64 * 1024 * 1024  # of one file; a larger one is not kept


def load_kept(journeys: Sequence[Path] = (), project: Path | None = None) -> Loaded:
    """Like `load_project`, reading only what is new since the last time."""
    trees = TreeCache(project_file(journeys, project))
    loaded = load_project(journeys, project, trees)
    trees.save()
    return loaded


class TreeCache:
    """The trees of one project."""

    def __init__(self, project: Path) -> None:
        state = code_state(*READER_ROOMS)
        name = hashlib.sha256(state + str(project.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.path = cache_dir() / "trees" / f"{name}.msgpack"
        self.old = _read(self.path)
        self.new: dict[bytes, bytes] = {}

    def get(self, kind: str, source: Source) -> tuple[Any, tuple[Diagnostic, ...]] | None:
        """The tree of this text, read as `kind`, in which nothing is wrong; None when it is not there."""
        key = _key(kind, source)
        packed = self.new.get(key) or self.old.get(key)
        if packed is None:
            return None
        try:
            tree = from_lists(msgspec.msgpack.decode(packed), source)
        except (Unkept, msgspec.MsgspecError):
            return None
        self.new[key] = packed
        return tree, ()

    def put(self, kind: str, source: Source, tree: Any, found: tuple[Diagnostic, ...] = ()) -> None:
        """Keep a tree in which nothing was found wrong."""
        if not found:
            self.new[_key(kind, source)] = msgspec.msgpack.encode(to_lists(tree))

    def save(self) -> None:
        """Write what is there now, if this run brought anything new. What was used last stands last; too much goes from the
        front."""
        if self.new.keys() <= self.old.keys():
            return
        unused = [item for item in self.old.items() if item[0] not in self.new]
        room = max(TREES_MAX - len(self.new), 0)
        content = msgspec.msgpack.encode({**dict(unused[len(unused) - min(room, len(unused)) :]), **self.new})
        if len(content) > BYTES_MAX:
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix="new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                os.replace(name, self.path)
            except OSError:
                os.unlink(name)
                raise
            kept = sorted(self.path.parent.glob("*.msgpack"), key=lambda p: p.stat().st_mtime_ns)
            for old in kept[:-PROJECTS_MAX]:
                old.unlink()


def _key(kind: str, source: Source) -> bytes:
    return hashlib.blake2b(f"{kind}\0{source.text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _read(path: Path) -> dict[bytes, bytes]:
    try:
        if path.stat().st_size > BYTES_MAX:
            return {}
        return msgspec.msgpack.decode(path.read_bytes(), type=dict[bytes, bytes])
    except (OSError, msgspec.MsgspecError):
        return {}
