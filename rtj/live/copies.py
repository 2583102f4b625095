"""What is remembered of copies, kept in a store piece by piece: ids that are new since the last commit, a few rows a commit."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from rtj.run.duplicates import Duplicates, Known

PREFIX = "ids/"
PIECE_IDS = 256  # of one row: what is rewritten at a commit is no more than that
KEPT = 3  # generations that copies are looked for in


class CopyBook:
    """Follows the ids that a run remembers. Names of rows are `ids/GENERATION/NUMBER`."""

    def __init__(self, duplicates: Duplicates) -> None:
        self._duplicates = duplicates
        duplicates.further = []
        self._saved: dict[int, int] = {}  # generation -> how many of its first uses are in rows
        self._pieces: dict[int, int] = {}  # generation -> how many rows are full
        self._open: dict[int, list[Known]] = {}  # generation -> what stands in its last row

    def load(self, rows: Mapping[str, bytes]) -> Iterator[Known]:
        """All that stands in rows, to be recalled; rows are then added to these."""
        for name in sorted(rows, key=_place):
            generation, number = _place(name)
            known: list[Known] = marshal.loads(rows[name])  # written by this module, under a checksum
            self._pieces[generation] = number
            self._open[generation] = known
            if len(known) >= PIECE_IDS:
                self._pieces[generation], self._open[generation] = number + 1, []
            yield from known

    def loaded(self) -> None:
        """What was loaded is recalled now: it is not news."""
        duplicates = self._duplicates
        for age, uses in enumerate((duplicates.fresh, duplicates.aged, duplicates.oldest)):
            self._saved[duplicates.generation - age] = len(uses)
        duplicates.further = []

    def rewrite(self, hashed: Callable[[list[Known]], list[Known]]) -> None:
        """Have rows that are not full yet say something else of the same."""
        for generation, known in self._open.items():
            self._open[generation] = hashed(known)

    def changed(self) -> dict[str, bytes | None]:
        """Rows that are new or longer since the last time, and those that nobody needs any more."""
        duplicates = self._duplicates
        now = duplicates.generation
        news: list[Known] = []
        for age, uses in reversed(list(enumerate((duplicates.fresh, duplicates.aged, duplicates.oldest)))):
            generation = now - age
            count = len(uses) - self._saved.get(generation, 0)
            if count > 0:
                latest = [(generation, name, use.best, use.ts) for name, use in islice(reversed(uses.items()), count)]
                news += reversed(latest)
                self._saved[generation] = len(uses)
        further = duplicates.further or []
        news += further
        further.clear()
        rows = dict.fromkeys(self._forgotten(now))
        return {**rows, **self._written(news)}

    def _written(self, news: list[Known]) -> dict[str, bytes | None]:
        rows: dict[str, bytes | None] = {}
        touched: set[int] = set()
        for known in news:
            generation = known[0]
            piece = self._open.setdefault(generation, [])
            piece.append(known)
            touched.add(generation)
            if len(piece) >= PIECE_IDS:
                rows[self._name(generation)] = marshal.dumps(piece, 4)
                self._pieces[generation] = self._pieces.get(generation, 0) + 1
                self._open[generation] = []
        for generation in touched:
            if self._open[generation]:
                rows[self._name(generation)] = marshal.dumps(self._open[generation], 4)
        return rows

    def _name(self, generation: int) -> str:
        return f"{PREFIX}{generation}/{self._pieces.get(generation, 0)}"

    def _forgotten(self, now: int) -> Iterator[str]:
        for generation in [one for one in self._open if one <= now - KEPT]:
            for number in range(self._pieces.pop(generation, 0) + 1):
                yield f"{PREFIX}{generation}/{number}"
            del self._open[generation]
            self._saved.pop(generation, None)


def _place(name: str) -> tuple[int, int]:
    generation, number = name.removeprefix(PREFIX).split("/")
    return int(generation), int(number)
