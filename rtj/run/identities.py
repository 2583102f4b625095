"""Who is who in recorded events: the rules of identity alone, without journeys (S2), measured against labels if there are any.

Events are read, grouped, freed of copies, and brought to disk where they are larger than memory, as by every replay of files.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from rtj.connect.intake import Door
from rtj.engine.machine import Machine
from rtj.ir.clusters import Cluster, Identified, Incident, Pairs, Share, Step
from rtj.ir.program import Program
from rtj.run.found import Found
from rtj.run.grouped import Job
from rtj.run.identity_people import BIGGEST, PLAIN, Surveyor
from rtj.run.memory import quiet_collector
from rtj.run.meter import OnProgress
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.output import Wanted, opened
from rtj.run.recorded import opened_records
from rtj.run.simulate import replay
from rtj.run.stop import stoppable
from rtj.run.truth import Truth, pairs, read_truth

INCIDENTS_MAX = 1_000  # of each kind that are kept; all are counted
STEPS_MAX = 10_000  # of a person's story that are kept
CHUNK_BYTES = 1 << 20

_Counts = Mapping[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which files, in which format (None: found out), of which event type the rows of a CSV are, where labels stand, whose story
    is wanted (`namespace:value` or the bare value), by how many processes (None: the cores)."""

    paths: tuple[str, ...]
    format: str | None = None
    event: str | None = None
    truth: Path | None = None
    now_ms: int = 0
    profile: str | None = None
    workers: int | None = None


class _Told(msgspec.Struct):
    """A record of the survey."""

    what: str
    at: str
    profile: str
    identifier: str = ""
    identifiers: tuple[str, ...] = ()
    merged: int = 0
    born: tuple[int, bool, int, int] = (0, True, 0, 0)
    owner: str = ""
    other: str = ""
    source: str = msgspec.field(default="", name="from")
    why: str = ""
    event: str = ""
    type: str = ""
    mine: bool = False


def identify(program: Program, asked: Asked, on_progress: OnProgress | None = None) -> Identified:
    """Read recorded files and say who is who. Raises InputError, UsageError as reading does."""
    truth = None if asked.truth is None else read_truth(asked.truth, program.ranked)
    options = SimulateOptions(
        asked.paths, profile=asked.profile, workers=asked.workers, now_ms=asked.now_ms, format=asked.format, show_pii=True
    )
    with quiet_collector(), stoppable() as stop, tempfile.TemporaryDirectory(prefix="rtj-") as name:
        folder = Path(name)
        told = folder / "told.jsonl"
        with opened(Outputs(trace=str(told))) as sinks, opened_records(program, asked, folder) as files:
            door = Door(program, Machine(program), asked.now_ms)
            kind = partial(Surveyor, truth=truth)
            job = Job(program, door, files, options, folder, Wanted(trace=True), letters=False, kind=kind)
            found, _ = replay(job, sinks, on_progress, stop)
        noted = _Noted(asked.profile is not None)
        for record in _records(told):
            noted.take(record)
    return _identified(program, found, noted, truth)


class _Noted:
    """What the records of a survey tell."""

    def __init__(self, tells: bool) -> None:
        self._tells = tells
        self._clusters: list[tuple[tuple[int, Any], Cluster]] = []
        self._kept: dict[str, int] = {}
        self.incidents: list[Incident] = []
        self.story: list[Step] = []

    def take(self, told: _Told) -> None:
        """One record; they come in the order of time."""
        if told.what == "cluster":
            key = (-len(told.identifiers), told.born)
            self._clusters.append((key, Cluster(told.profile, told.identifiers, told.merged)))
            return
        what, of = "limit" if told.why == "limit" else told.what, told.owner or told.source
        if what not in PLAIN and self._kept.setdefault(what, 0) < INCIDENTS_MAX:
            self._kept[what] += 1
            self.incidents.append(Incident(what, told.identifier, told.profile, of))
        if self._tells and told.mine and len(self.story) < STEPS_MAX:
            step = Step(told.at, what, told.profile, told.identifier, of or told.other, told.event, told.type)
            self.story.append(step)

    def biggest(self) -> tuple[Cluster, ...]:
        """The largest clusters, those born first before others of their size."""
        self._clusters.sort(key=lambda pair: pair[0])
        return tuple(cluster for _, cluster in self._clusters[:BIGGEST])


def _records(path: Path) -> Iterator[_Told]:
    decode = msgspec.json.Decoder(_Told).decode_lines
    with path.open("rb") as file:
        while lines := file.readlines(CHUNK_BYTES):
            yield from decode(b"".join(lines))


def _identified(program: Program, found: Found, noted: _Noted, truth: Truth | None) -> Identified:
    counts = found.counts
    sizes = {int(key[1]): number for key, number in counts.items() if key[0] == "size"}
    steps = {key[1]: number for key, number in counts.items() if key[0] == "step" and key[1] not in PLAIN}
    shares = tuple(_share(program, place, counts, truth) for place in range(len(program.ranked)))
    labelled = 0 if truth is None else len(truth.persons)
    return Identified(
        events=found.read,
        dead=dict(sorted(found.dead.items())),
        identifiers=sum(share.values for share in shares),
        profiles=sum(sizes.values()),
        merged=sum(share.merges for share in shares),
        sizes=tuple(sorted(sizes.items())),
        biggest=noted.biggest(),
        shares=shares,
        counts=dict(sorted(steps.items())),
        incidents=tuple(noted.incidents),
        pairs=None if truth is None else _pairs(counts, truth, "pairs"),
        labelled=labelled,
        unseen=0 if truth is None else labelled - counts.get(("labelled", "seen"), 0),
        duplicates=found.duplicates,
        interrupted=found.interrupted,
        story=tuple(noted.story),
    )


def _share(program: Program, place: int, counts: _Counts, truth: Truth | None) -> Share:
    name = program.ranked[place].name
    values = counts.get(("values", name), 0)
    tried = place > 0 and values > 0 and not (truth is not None and place in truth.namespaces)
    share = Share(
        name, values, counts.get(("merges", name), 0), counts.get(("alone", name), 0) if tried else None,
        refused=counts.get(("link_refused", name), 0), moved=counts.get(("moved", name), 0),
        disagree=counts.get(("disagree", name), 0),
    )  # fmt: skip
    if truth is None or not tried:
        return share
    return replace(share, without=_pairs(counts, truth, "without", name), only=_pairs(counts, truth, "only", name))


def _pairs(counts: _Counts, truth: Truth, *key: str) -> Pairs:
    both, together = counts.get((*key, "both"), 0), counts.get((*key, "found"), 0)
    return Pairs(both, together, pairs({}, truth).true)
