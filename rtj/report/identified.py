"""What `rtj identity` found, for programs: plain values, masked where the project labels identifiers pii."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import tzinfo
from typing import Any

from rtj.ir.clusters import Identified, Pairs, Step
from rtj.ir.masking import Masker
from rtj.report.timeline import Happening, Tone, read_moment

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
    for step in values["story"]:
        for name in ("identifier", "profile", "of"):
            step[name] = masker.identifier(step[name])
    values["pairs"] = _rates(found.pairs)
    for share, said in zip(values["shares"], found.shares, strict=True):
        share["without"], share["only"] = _rates(said.without), _rates(said.only)
    return values


def story_of(steps: Iterable[Step], zone: tzinfo, masker: Masker) -> list[Happening]:
    """What happened to the identifiers of one person; under `journey` stands the profile that it happened to."""
    return [_happening(step, zone, masker) for step in steps]


def _happening(step: Step, zone: tzinfo, masker: Masker) -> Happening:
    what, tone = _words(step, masker.identifier(step.identifier), masker.identifier(step.of))
    why = f"{step.type} {step.event}".strip()
    return Happening(read_moment(step.at, zone), masker.identifier(step.profile), what, why, tone)


def _words(step: Step, identifier: str, of: str) -> tuple[str, Tone]:
    match step.what:
        case "born":
            return "is born", "strong"
        case "linked":
            return f"takes {identifier}", ""
        case "merged":
            return f"becomes one with {of}, by {identifier}", "good"
        case "link_refused":
            return f"asks for {identifier}, which stays with {of}", "dim"
        case "moved":
            return f"takes {identifier} from {of}", ""
        case "junk":
            return f"comes with {identifier}, which is junk from now on", "dim"
        case "limit":
            return f"lets go of {identifier}, beyond 50", "dim"
        case "let_go":
            return f"lets go of {identifier} for a newer one", "dim"
        case "erased":
            return "is erased", "strong"
        case _:
            raise AssertionError(step)


def _rates(pairs: Pairs | None) -> dict[str, Any] | None:
    if pairs is None:
        return None
    return asdict(pairs) | {"precision": pairs.precision, "recall": pairs.recall, "f1": pairs.f1}
