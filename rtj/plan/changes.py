"""One difference between two versions of a project, as a value; all of them, in the order in which people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

from rtj.ir.program import fingerprint

Struct = msgspec.Struct

Level: TypeAlias = Literal["none", "safe", "behaviour", "needs-migration", "breaking"]
LEVELS: tuple[Level, ...] = ("none", "safe", "behaviour", "needs-migration", "breaking")
"""From harmless to harmful. `safe`: nobody who is inside notices; `behaviour`: their data fit, but they get something else;
`needs-migration`: somebody must say what becomes of them; `breaking`: they have no place in the new version."""

Spot: TypeAlias = tuple[str, ...]
"""The address of a part of a program: ("journey", its name), then ("entry" | "goal" | "exit", number) or ("node", id), then a
part of it such as ("case", number), ("arm", number), ("share", name), ("with", name) or a word (`when`, `again`, `channels`); or
(kind, name) of a declaration (`event`, `audience`, `cap` …), then a part of it. Longer addresses lie inside shorter ones."""

Concerns: TypeAlias = Literal["here", "ahead", "inside", "entrants", "everybody", "nobody"]
"""Whom a change concerns: those who rest at its node; those who rest there or can still come to it; all who are inside the
journey; only those who enter from now on; everybody; nobody at all."""

Sign: TypeAlias = Literal["+", "-", "~", ">"]


class Change(Struct, frozen=True):
    """One difference. `code` is published once and never reused (`rtj.plan.catalogue`); `level` is the static one, by what the
    versions say alone; `what` names the part for people (`wait_offer after`, `entry 1 when`), `before` and `after` are its texts
    as an author would write them ("" for none). `reason`: one sentence on why it has this level. `notes`: further sentences, such
    as an event that tells two conditions apart. `journey`: its name in the new version ("" for what belongs to the project);
    `node`: the id, in the old version, of the node concerned ("" for none).

    `was` and `now` are the addresses in both versions, None where there is none. `causes`: the declarations whose change is the
    reason for an indirect one. `suggest`: what an author could write (`moved: …`), "" for nothing."""

    code: str
    level: Level
    what: str
    before: str = ""
    after: str = ""
    reason: str = ""
    journey: str = ""
    node: str = ""
    concerns: Concerns = "nobody"
    was: Spot | None = None
    now: Spot | None = None
    notes: tuple[str, ...] = ()
    causes: tuple[Spot, ...] = ()
    suggest: str = ""

    @property
    def sign(self) -> Sign:
        """Added, removed, renamed or changed."""
        if self.was is None or self.now is None:
            return "+" if self.was is None else "-"
        return ">" if self.code in RENAMES else "~"

    @property
    def content(self) -> str:
        """The hash of what is different, to which a waiver is bound: any further edit gives another (S12.1)."""
        return fingerprint((self.code, self.journey, self.was, self.now, self.before, self.after))


RENAMES = ("D004", "D103")


class Evidence(Struct, frozen=True):
    """What is known of people who are inside, for one change. `here`: how many it concerns, of `inside` in the journey;
    `overdue`: how many timers would be due at once; `blocked`: by gate, how many could not be sent to any more. `told`:
    sentences."""

    here: int = 0
    inside: int = 0
    overdue: int = 0
    blocked: tuple[tuple[str, int], ...] = ()
    told: tuple[str, ...] = ()


class Judged(Struct, frozen=True):
    """A change with its `effective` level, after the evidence (None: none was given, and the level is the static one), and the
    reason by which it was `waived` ("" for not)."""

    change: Change
    effective: Level
    evidence: Evidence | None = None
    waived: str = ""


Status: TypeAlias = Literal["added", "removed", "changed", "indirect", "lost"]


class JourneyDiff(Struct, frozen=True):
    """What is different in one journey. `formerly`: its name in the old version where it is another. `indirect`: nothing but
    declarations that it uses; `lost`: one of the two versions of it cannot be read, as `why` says. `inside`: how many are in it,
    and `standing` how many at each node of the old version, by its id; None and empty where nobody has counted."""

    name: str
    status: Status
    changes: tuple[Judged, ...]
    formerly: str = ""
    inside: int | None = None
    why: str = ""
    standing: Mapping[str, int] = {}


class Diff(Struct, frozen=True):
    """Everything that is different from `old` to `new` (what they are called for people, with their fingerprints, "" where a
    version does not compile). `project`: changes that belong to no journey; `remarks`: what could not be compared, and why."""

    old: str
    new: str
    old_program: str
    new_program: str
    project: tuple[Judged, ...] = ()
    journeys: tuple[JourneyDiff, ...] = ()
    remarks: tuple[str, ...] = ()
    instances: int | None = None

    @property
    def every(self) -> tuple[Judged, ...]:
        """All changes: those of the project, then those of the journeys by name."""
        return (*self.project, *(judged for journey in self.journeys for judged in journey.changes))

    @property
    def level(self) -> Level:
        """The highest effective level of what is not waived."""
        return highest(judged.effective for judged in self.every if not judged.waived)


def highest(levels: Iterable[Level]) -> Level:
    """The most harmful of some levels; `none` of none."""
    return max(levels, key=LEVELS.index, default="none")


def at_least(level: Level, bound: Level) -> bool:
    """Is a level as harmful as another, or more?"""
    return LEVELS.index(level) >= LEVELS.index(bound)
