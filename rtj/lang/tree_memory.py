"""Syntax trees kept by a process that reads a project again and again: the same text in the same file gives the same tree."""

from __future__ import annotations

from typing import Any, TypeAlias

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang.tree_cache import TreeCache

Read: TypeAlias = tuple[Any, tuple[Diagnostic, ...]]
"""A tree, and what was found wrong in its text."""


class TreeMemory:
    """Trees of this reading and of the one before. `cache`: where those of earlier processes may be, until it is `saved`."""

    def __init__(self, cache: TreeCache | None = None) -> None:
        self._cache = cache
        self._old: dict[tuple[str, Source], Read] = {}
        self._new: dict[tuple[str, Source], Read] = {}

    def turn(self) -> None:
        """The project is read again: forget what the last reading did not need."""
        self._old, self._new = self._new, {}

    def get(self, kind: str, source: Source) -> Read | None:
        """The tree of this text and what is wrong in it, None when it is not known. Its places may be in an equal text."""
        read = self._new.get((kind, source)) or self._old.get((kind, source))
        if read is None and self._cache is not None:
            read = self._cache.get(kind, source)
        if read is not None:
            self._new[kind, source] = read
        return read

    def put(self, kind: str, source: Source, tree: Any, found: tuple[Diagnostic, ...]) -> None:
        """Keep a tree."""
        self._new[kind, source] = (tree, found)
        if self._cache is not None:
            self._cache.put(kind, source, tree, found)

    def save(self) -> None:
        """Leave the trees to later processes; from now on there is only this memory."""
        if self._cache is not None:
            self._cache.save()
        self._cache = None
