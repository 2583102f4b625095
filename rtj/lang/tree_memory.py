"""Syntax trees kept by a process that reads a project again and again: the same text in the same file gives the same tree."""

from __future__ import annotations

from typing import Any

from rtj.base.span import Source
from rtj.lang.tree_cache import TreeCache


class TreeMemory:
    """Trees of this reading and of the one before. `cache`: where those of earlier processes may be, until it is `saved`."""

    def __init__(self, cache: TreeCache | None = None) -> None:
        self._cache = cache
        self._old: dict[tuple[str, Source], Any] = {}
        self._new: dict[tuple[str, Source], Any] = {}

    def turn(self) -> None:
        """The project is read again: forget what the last reading did not need."""
        self._old, self._new = self._new, {}

    def get(self, kind: str, source: Source) -> Any:
        """The tree of this text, None when it is not known. The source of its places may be an equal one."""
        tree = self._old.get((kind, source))
        if tree is None and self._cache is not None:
            tree = self._cache.get(kind, source)
        if tree is not None:
            self._new[kind, source] = tree
        return tree

    def put(self, kind: str, source: Source, tree: Any) -> None:
        """Keep a tree."""
        self._new[kind, source] = tree
        if self._cache is not None:
            self._cache.put(kind, source, tree)

    def save(self) -> None:
        """Leave the trees to later processes; from now on there is only this memory."""
        if self._cache is not None:
            self._cache.save()
        self._cache = None
