"""What is told of a running environment: which versions people are in, what was deployed, what is not as it was deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Tally
from rtj.plan.versions import version_of

Struct = msgspec.Struct

SEEN = 20  # one in so many has to have left before it is said how fast they leave
Phase: TypeAlias = Literal["current", "ramping", "admitting", "draining", "drained", "paused"]


class VersionRow(Struct, frozen=True):
    """One version of a journey. `people` are inside; the `oldest` of them entered then (ms since the epoch). `serial`: the first
    deployment that brought it; `percent` of those who enter do so in it. `drained_ms`: about when the last will have left, by the
    clock of the machine, if it goes on as since the last deployment; None: it cannot be said."""

    journey: str
    version: str
    phase: Phase
    people: int = 0
    oldest: int | None = None
    serial: int = 0
    percent: float = 100
    drained_ms: int | None = None


class Runner(Struct, frozen=True):
    """A process that holds something: who, which, since when it lives and when it last told so; `id`: by which it is let go."""

    who: str
    pid: int
    operation: str
    since_ms: int
    beat_ms: int
    alive: bool
    id: str = ""


class Status(Struct, frozen=True):
    """An environment at the instant `at_ms` of the machine. `serial` 0: nothing was deployed. `clock`: of its people;
    `committed_ms`: when something was last taken into the log; `waiting`: messages and calls that have not gone out; `letters`:
    lines that were no event; `begun`: a deployment that is not in force yet; `paused`: by journey, the deployment that did it;
    `halted`: those that a guardrail has halted, and what it measured."""

    environment: str
    lineage: str
    serial: int
    at_ms: int
    project: str = ""
    running: str = ""
    who: str = ""
    deployed_ms: int = 0
    message: str = ""
    clock: int | None = None
    committed_ms: int | None = None
    run: Runner | None = None
    lock: Runner | None = None
    waiting: int = 0
    letters: int = 0
    paused: tuple[tuple[str, int], ...] = ()
    halted: tuple[tuple[str, int, str], ...] = ()
    begun: tuple[int, str] | None = None
    versions: tuple[VersionRow, ...] = ()
    unknown: str = ""


class HistoryRow(Struct, frozen=True):
    """A line of the audit log; `serial`, `kind`, `state`, `old`, `new`, `plan` of the deployment that it tells of."""

    number: int
    at_ms: int
    who: str
    action: str
    detail: str
    hash: str


class DeployedRow(Struct, frozen=True):
    """One deployment: from which project to which, by which plan, and what was waived or accepted."""

    serial: int
    at_ms: int
    who: str
    kind: str
    state: str
    old: str
    new: str
    plan: str
    message: str
    accepted: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()


class History(Struct, frozen=True):
    """`deployments`, newest first, and the audit log, which was verified from its first line to the last."""

    environment: str
    deployments: tuple[DeployedRow, ...]
    audit: tuple[HistoryRow, ...]


class DriftRow(Struct, frozen=True):
    """Something that is not as it was deployed. `where`: the file or the row; `told`: what is different."""

    kind: Literal["project", "program", "settings"]
    where: str
    told: str
    lines: tuple[str, ...] = ()


class Count(Struct):
    """Who is inside a version of a journey."""

    people: int = 0
    oldest: int | None = None


def counted_versions(tallies: Iterable[Tally]) -> dict[tuple[str, str], Count]:
    """By journey and version (its fingerprint), who is inside."""
    found: dict[tuple[str, str], Count] = {}
    for one in tallies:
        count = found.setdefault((one.journey, one.version), Count())
        count.people += one.people
        count.oldest = one.oldest if count.oldest is None else min(count.oldest, one.oldest)
    return found


@dataclass(frozen=True, slots=True)
class Olds:
    """Old versions that run, by journey and by what the version is called beside others. `began`: how many were in one, and when
    that was, by the clock of the machine, as `now` is; `admits`: the share of those who enter that still enters one."""

    began: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    admits: Mapping[tuple[str, str], float] = field(default_factory=dict)
    now: int = 0

    def drained(self, key: tuple[str, str], people: int) -> int | None:
        """About when the last of so many will have left."""
        before, at = self.began.get(key, (0, 0))
        gone = before - people
        if not people or gone < max(1, before // SEEN):
            return None
        return self.now + people * (self.now - at) // gone


def version_rows(
    history: Sequence[tuple[int, Program]],
    inside: Mapping[tuple[str, str], Count],
    shares: Mapping[str, float],
    paused: Iterable[str],
    olds: Olds = Olds(),
) -> tuple[VersionRow, ...]:
    """Every version of a journey that runs, or that somebody is in; of the others the last that has drained. `history`: serial
    and project of each deployment, newest first; `shares` of those who enter the newest version, where it is not all."""
    firsts: dict[tuple[str, str], int] = {}
    called: dict[tuple[str, str], str] = {}  # what a version is called beside another one -> alone
    for serial, project in history:
        for one in project.journeys:
            firsts[one.name, fingerprint(one)] = serial
            called[one.name, version_of(project, one)] = fingerprint(one)
    olds = Olds(
        {(name, called.get((name, version), version)): one for (name, version), one in olds.began.items()},
        {(name, called.get((name, version), version)): one for (name, version), one in olds.admits.items()},
        olds.now,
    )
    inside = {(name, called.get((name, version), version)): count for (name, version), count in inside.items()}
    now = {one.name: fingerprint(one) for one in history[0][1].journeys} if history else {}
    stopped = set(paused)
    rows: list[VersionRow] = []
    told: set[str] = set()
    for key in sorted(firsts.keys() | inside.keys(), key=lambda k: (k[0], -firsts.get(k, 0), k[1])):
        journey, version = key
        count = inside.get(key, Count())
        current = now.get(journey) == version
        if not current and not count.people and key not in olds.admits:
            if journey in told or journey not in now:
                continue
            told.add(journey)
        phase: Phase = "admitting" if key in olds.admits and journey not in stopped else "draining" if count.people else "drained"
        if current:
            phase = "paused" if journey in stopped else "ramping" if journey in shares else "current"
        share = shares.get(journey, 100) if current else olds.admits.get(key, 0)
        drained = olds.drained(key, count.people) if phase == "draining" else None
        rows.append(VersionRow(journey, version, phase, count.people, count.oldest, firsts.get(key, 0), share, drained))
    return tuple(rows)
