"""`--profile`: the records of one person, by any identifier that this person ever had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtj.ir.identifiers import normalise
from rtj.ir.program import Namespace
from rtj.run.components import Identifier
from rtj.run.output import Record


class Person:
    """Who is meant by `namespace:value` or a bare value; values are taken as written and as their namespace normalises them."""

    def __init__(self, text: str, spaces: Sequence[Namespace]) -> None:
        self.identifiers: frozenset[Identifier] = frozenset(
            (index, form)
            for index, space in enumerate(spaces)
            for value in (text, text.removeprefix(f"{space.name}:"))
            for form in (value, normalise(space, value))
        )
        self._mine: set[str] = set()
        self._merged: list[tuple[str, str]] = []
        self._names = frozenset(f"{spaces[index].name}:{value}" for index, value in self.identifiers)

    def among(self, identifiers: Iterable[Identifier]) -> bool:
        """Is one of these the person's?"""
        return not self.identifiers.isdisjoint(identifiers)

    def note(self, records: Iterable[Record]) -> None:
        """Learn from records, at the level of the trace, which profiles held one of the identifiers."""
        for _, origin, _, payload in records:
            match payload["what"]:
                case "born" if origin in self._names or origin.rpartition("#")[0] in self._names:
                    self._mine.add(origin)
                case "linked" | "moved" if payload["identifier"] in self._names:
                    self._mine.add(origin)
                case "merged":
                    self._merged.append((origin, str(payload["other"])))

    def origins(self) -> frozenset[str]:
        """The profiles that held one of the identifiers, or that merged with one that did, among those noted so far."""
        grown = True
        while grown:
            grown = False
            for one, other in self._merged:
                if (one in self._mine) != (other in self._mine):
                    self._mine |= {one, other}
                    grown = True
        return frozenset(self._mine)
