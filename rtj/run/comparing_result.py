"""From what was counted and noted while two versions were compared to the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rtj.ir.comparison import Comparison, Example, Misfit, Place, Read, Side
from rtj.run.comparing_examples import Task
from rtj.run.comparing_names import Maskers
from rtj.run.comparing_sums import costs_of, differences_of, median_of, people_of, sent_of, shifts_of, tallies_of
from rtj.run.found import Found


@dataclass(frozen=True, slots=True)
class Besides:
    """What a result says beside numbers."""

    examples: tuple[Example, ...]
    apart: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class _Note(msgspec.Struct):
    """A line that a worker left: an example, or the first event it met that fits one version only."""

    example: Example | None = None
    misfit: tuple[Side, str, str] | None = None
    id: str = ""
    ts: str = ""
    properties: str = ""


def read_notes(path: Path, most: int) -> tuple[tuple[Example, ...], dict[tuple[Side, str, str], _Note]]:
    """The examples, so many of each place, and the first misfits by what they are. Lines come by rank, or by position."""
    taken: Counter[Place] = Counter()
    examples: list[Example] = []
    firsts: dict[tuple[Side, str, str], _Note] = {}
    decode = msgspec.json.Decoder(_Note).decode
    with path.open("rb") as lines:
        for line in lines:
            note = decode(line)
            if note.example is not None:
                if any(taken[place] < most for place in note.example.places):
                    examples.append(note.example)
                taken.update(note.example.places)
            elif note.misfit is not None:
                firsts.setdefault(note.misfit, note)
    return tuple(examples), firsts


def misfits_of(found: Found, firsts: Mapping[tuple[Side, str, str], _Note], maskers: Maskers) -> tuple[Misfit, ...]:
    misfits = []
    for (side, kind, why), note in sorted(firsts.items()):
        envelope = msgspec.json.encode({"id": note.id, "type": kind, "ts": note.ts}).decode()
        line = f'{envelope[:-1]},"properties":{note.properties}}}'
        misfits.append(Misfit(side, kind, why, found.counts["misfit", side, kind, why], maskers.line(line)))
    return tuple(misfits)


def read_of(found: Found, misfits: tuple[Misfit, ...]) -> Read:
    """What was read, as each version sees it."""
    dead, unknown = ([Counter(known), Counter(known)] for known in (found.dead, found.unknown))
    for misfit in misfits:
        dead[misfit.side == "new"]["properties"] += misfit.count
    for key, count in found.counts.items():
        if key[0] == "undeclared":
            unknown[key[1] == "new"][key[2]] += count
    total = found.read + sum(found.dead.values())
    a, b, c, d = (tuple(sorted(each.items())) for each in (*dead, *unknown))
    ends = found.first_ts, found.last_ts, found.end
    return Read(total, found.duplicates, *ends, a, b, c, d, misfits, interrupted=found.interrupted)


def result(task: Task, counts: Mapping[tuple[str, ...], int], read: Read, besides: Besides) -> Comparison:
    """Put together what was counted, read and besides."""
    people, differ = people_of(counts), counts.get(("differ",), 0)
    versions = task.versions
    return Comparison(
        people=people,
        same=people - differ,
        differ=differ,
        differences=differences_of(counts),
        shifts=shifts_of(counts),
        sent=sent_of(counts),
        tallies=tallies_of(counts),
        costs=costs_of(counts, versions.old, versions.new, people),
        read=read,
        examples=besides.examples,
        apart=besides.apart,
        remarks=besides.remarks,
        median_earlier_ms=median_of(counts, "earlier"),
        median_later_ms=median_of(counts, "later"),
    )
