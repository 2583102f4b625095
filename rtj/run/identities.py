"""Who is who in recorded events: the rules of identity alone, without journeys (S2), measured against labels if there are any."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rtj.connect.intake import Door
from rtj.engine.erasing import ERASE
from rtj.engine.identity import Identifier, Identities
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Profile
from rtj.ir.clusters import Cluster, Identified, Incident, Pairs, Share
from rtj.ir.program import Program
from rtj.ir.records import Event
from rtj.run.recorded import read_recorded
from rtj.run.truth import Truth, pairs, read_truth

INCIDENTS_MAX = 1_000  # of each kind that are kept; all are counted
BIGGEST = 10
TRIED_MAX = 2_000_000  # events that are worked again without each kind of identifier; of more only a truth file makes us


@dataclass(frozen=True, slots=True)
class Asked:
    """Which files, in which format (None: found out), of which event type the rows of a CSV are, and where labels stand."""

    paths: tuple[str, ...]
    format: str | None = None
    event: str | None = None
    truth: Path | None = None
    now_ms: int = 0


class Surveyed(Identities):
    """Identities that keep an account: who became one by what, which links were refused."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel, [])
        self.merges: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()
        self.incidents: list[Incident] = []
        self.fused: Counter[Profile] = Counter()

    def take(self, event: Event, ids: tuple[Identifier, ...]) -> None:
        """Work one event, as far as identity goes."""
        ids = tuple(i for i in ids if i not in self.junk) if self.junk else ids
        if not ids:
            return
        if ids != event.ids:
            event = msgspec.structs.replace(event, ids=ids)
        p = self.owners.get(ids[0])
        if p is None and event.type == ERASE:
            meant = self.meant(event)
            if meant is None:
                return
            event, ids, p = meant, meant.ids, self.owners[meant.ids[0]]
        if p is None:
            p = self.born(event)
        if len(ids) > 1:
            p = self.link(p, event)
        if event.type == ERASE:
            self.erase(p, event)

    def _merge(self, both: tuple[Profile, Profile], by: Identifier, event: Event) -> Profile:
        self.merges[by[0]] += 1
        stays = super()._merge(both, by, event)
        goes = both[0] if both[1] is stays else both[1]
        self.fused[stays] += 1 + self.fused.pop(goes, 0)
        return stays

    def _say(self, p: Profile, event: Event, what: str, **payload: str | int) -> None:
        if what == "linked":
            return
        what = "limit" if payload.get("why") == "limit" else what
        self.counts[what] += 1
        if self.counts[what] <= INCIDENTS_MAX:
            of = payload.get("owner", payload.get("from", ""))
            self.incidents.append(Incident(what, str(payload["identifier"]), p.origin, str(of)))


def identify(program: Program, asked: Asked) -> Identified:
    """Read recorded files and say who is who. Raises InputError, UsageError as reading does."""
    program = only_identity(program)
    machine = Machine(program)
    truth = None if asked.truth is None else read_truth(asked.truth, program.ranked)
    with tempfile.TemporaryDirectory(prefix="rtj-") as folder:
        door = Door(program, machine, asked.now_ms)
        recorded = read_recorded(door, asked.paths, asked.format, asked.event, Path(folder))
    whole = run(machine, recorded.events)
    shares = _shares(machine, recorded.events, whole, truth)
    sizes = Counter(len(p.identifiers) for p in whole.profiles)
    biggest = sorted(whole.profiles, key=lambda p: (-len(p.identifiers), p.born))[:BIGGEST]
    seen = {i for event in recorded.events for i in event.ids}
    return Identified(
        events=recorded.read,
        dead=recorded.dead,
        identifiers=len(seen),
        profiles=len(whole.profiles),
        merged=sum(whole.merges.values()),
        sizes=tuple(sorted(sizes.items())),
        biggest=tuple(Cluster(p.origin, tuple(map(whole.spell, p.identifiers)), whole.fused[p]) for p in biggest),
        shares=shares,
        counts=dict(sorted(whole.counts.items())),
        incidents=tuple(whole.incidents),
        pairs=None if truth is None else _compared(whole, truth),
        labelled=0 if truth is None else len(truth.persons),
        unseen=0 if truth is None else len(truth.persons.keys() - seen),
    )


def only_identity(program: Program) -> Program:
    """The program without all that is not needed to tell people apart."""
    found = Program(program.project, program.timezone, program.namespaces, program.events, (), (), (), (), ())
    return msgspec.structs.replace(
        found, sources=program.sources, dedupe_ms=program.dedupe_ms, max_skew_ms=program.max_skew_ms, secret=program.secret
    )


def run(machine: Machine, events: Sequence[Event], keep: frozenset[int] | None = None) -> Surveyed:
    """Work events in their order, with some kinds of identifiers only (None: all)."""
    world = Surveyed(Kernel(machine, Recorder(), Level.COUNTS))
    for event in events:
        world.take(event, event.ids if keep is None else tuple(i for i in event.ids if i[0] in keep))
    return world


def _compared(world: Surveyed, truth: Truth) -> Pairs:
    clusters: Mapping[Identifier, Profile] = {i: world.owners[i] for i in truth.persons if i in world.owners}
    return pairs(clusters, truth)


def _shares(machine: Machine, events: Sequence[Event], whole: Surveyed, truth: Truth | None) -> tuple[Share, ...]:
    """What each kind of identifier does: by what it did, and by what would be without it."""
    spaces = machine.program.ranked
    everything = frozenset(range(len(spaces)))
    values = Counter(space for space, _ in {i for event in events for i in event.ids})
    labelled = truth.namespaces if truth is not None else frozenset[int]()
    found: list[Share] = []
    for place, space in enumerate(spaces):
        tried = len(spaces) > 1 and (len(events) <= TRIED_MAX or truth is not None)
        alone: int | None = None
        without = only = None
        if tried and values[place] and place not in labelled | {0}:
            world = run(machine, events, everything - {place})
            alone = sum(whole.merges.values()) - sum(world.merges.values())
            if truth is not None:
                without = _compared(world, truth)
                only = _compared(run(machine, events, labelled | {place}), truth)
        found.append(Share(space.name, values[place], whole.merges[place], alone, without, only))
    return tuple(found)
