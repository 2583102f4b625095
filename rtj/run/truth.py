"""A truth file: which labelled identifiers are of one person, and how well clusters agree with it, counted in pairs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtj.base.errors import InputError
from rtj.connect.identify import Reader
from rtj.ir.clusters import Pairs
from rtj.ir.program import Namespace
from rtj.run.components import Identifier

COLUMNS = ("identifier", "person")


@dataclass(frozen=True, slots=True)
class Truth:
    """The person of each labelled identifier."""

    persons: Mapping[Identifier, str]

    @property
    def namespaces(self) -> frozenset[int]:
        """The kinds of identifiers that are labelled."""
        return frozenset(space for space, _ in self.persons)


def read_truth(path: Path, spaces: Sequence[Namespace]) -> Truth:
    """Read a CSV with the columns `identifier` (`namespace:value`, or a value of the best namespace) and `person` (any text).
    Identifiers are normalised as those of events are. Raises InputError where the file cannot be read or says nothing."""
    reader = Reader(tuple(spaces))
    places = {space.name: place for place, space in enumerate(spaces)}
    persons: dict[Identifier, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, skipinitialspace=True, strict=True)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise InputError(f"{path}: the first line must name the columns `identifier` and `person`")
            for row in rows:
                spelled, person = (row["identifier"] or "").strip(), (row["person"] or "").strip()
                space, colon, value = spelled.partition(":")
                key = (places[space], value) if colon and space in places else (0, spelled)
                for identifier in reader.several((key,)) if person else ():
                    persons[identifier] = person
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if not persons:
        raise InputError(f"{path}: no row has an identifier and a person")
    return Truth(persons)


def pairs(clusters: Mapping[Identifier, Hashable], truth: Truth) -> Pairs:
    """Compare pairs of labelled identifiers. One without a cluster stands alone."""
    cells: Counter[tuple[Hashable, str]] = Counter()
    for identifier, person in truth.persons.items():
        cells[clusters.get(identifier, identifier), person] += 1
    found: Counter[Hashable] = Counter()
    true: Counter[str] = Counter()
    for (cluster, person), count in cells.items():
        found[cluster] += count
        true[person] += count
    return Pairs(_two_of(cells.values()), _two_of(found.values()), _two_of(true.values()))


def _two_of(counts: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts)
