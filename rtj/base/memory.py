"""What one process remembers between two looks at a project: a result holds as long as all that it was made of is the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Is:
    """An object as a key: it is equal to itself alone, and is kept, so that no other takes its place."""

    __slots__ = ("it",)

    def __init__(self, it: object) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Is) and self.it is other.it

    def __hash__(self) -> int:
        return id(self.it)


class Memory:
    """Results of this turn and of the one before; what a turn does not ask for is forgotten at its end, which bounds it by what
    two turns make."""

    def __init__(self) -> None:
        self._old: dict[Hashable, Any] = {}
        self._new: dict[Hashable, Any] = {}
        self._old_values: dict[str, list[Any]] = {}
        self._new_values: dict[str, list[Any]] = {}

    def turn(self) -> None:
        """A new turn begins."""
        self._old, self._new = self._new, {}
        self._old_values, self._new_values = self._new_values, {}

    def recall(self, what: str, parts: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """What `make` gives. `parts` are all that it depends on, `what` tells apart what is made of the same parts."""
        key = (what, *parts)
        if key not in self._new:
            self._new[key] = self._old[key] if key in self._old else make()
        found: T = self._new[key]
        return found

    def same(self, what: str, value: T) -> T:
        """The object that is known already if it is equal to this one, so that whether it is the same says if it has changed."""
        mine = self._new_values.setdefault(what, [])
        for known in (*mine, *self._old_values.get(what, ())):
            if known is value or known == value:
                if not any(known is one for one in mine):
                    mine.append(known)
                same: T = known
                return same
        mine.append(value)
        return value
