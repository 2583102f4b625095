"""What `rtj identity` found, for programs: plain values, masked where the project labels identifiers pii."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rtj.ir.clusters import Identified, Pairs
from rtj.ir.masking import Masker

RANGES = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 25), (26, 50))
WORDS = {
    "link_refused": "refused: it stays with the person who had it first",
    "moved": "moved to another person",
    "junk": "found out to be junk: seen with more than 50 people",
    "limit": "let go by profiles of more than 50",
    "let_go": "let go for a newer one",
}


def histogram(sizes: tuple[tuple[int, int], ...]) -> tuple[tuple[str, int], ...]:
    """How many profiles have so many identifiers, in ranges; empty ranges are left out, as are profiles that lost all."""
    found = []
    for low, high in RANGES:
        count = sum(n for size, n in sizes if low <= size <= high)
        if count:
            found.append((str(low) if low == high else f"{low}-{high}", count))
    return tuple(found)


def as_values(found: Identified, masker: Masker) -> dict[str, Any]:
    """Everything, as it is written in JSON. Rates are null where there is nothing to divide by."""
    values = asdict(found)
    values["sizes"] = {str(size): count for size, count in found.sizes}
    for cluster in values["biggest"]:
        cluster["origin"] = masker.identifier(cluster["origin"])
        cluster["identifiers"] = [masker.identifier(i) for i in cluster["identifiers"]]
    for incident in values["incidents"]:
        for name in ("identifier", "profile", "of"):
            incident[name] = masker.identifier(incident[name])
    values["pairs"] = _rates(found.pairs)
    for share, said in zip(values["shares"], found.shares, strict=True):
        share["without"], share["only"] = _rates(said.without), _rates(said.only)
    return values


def _rates(pairs: Pairs | None) -> dict[str, Any] | None:
    if pairs is None:
        return None
    return asdict(pairs) | {"precision": pairs.precision, "recall": pairs.recall, "f1": pairs.f1}
