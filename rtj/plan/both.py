"""Two versions of one journey side by side, and how a difference between them is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.ir import journey as j
from rtj.ir.expr import Length
from rtj.plan.changes import Change, Concerns, Level, Spot
from rtj.plan.flow import Ids, ahead, index, reached, resting
from rtj.plan.guards import Guards
from rtj.plan.pairing import Pairing, pair
from rtj.plan.sides import Side
from rtj.plan.words import Words

Reach: TypeAlias = Literal["arrive", "wait"]
"""When a part of a node counts: as people come to it, or as long as they rest there too."""

USUAL = {
    "D104": "people inside who come here meet another node",
    "D106": "people inside who come here go round it otherwise",
    "D111": "people inside who come here can go on this way too",
    "D112": "people inside who come here cannot go on this way any more",
    "D114": "people inside may go on otherwise from here",
    "D115": "of two ways that are open at once the first takes the people: some inside go on otherwise",
    "D131": "people inside who have not come here yet get the new one; nobody gets it anew",
}
"""Why a change of such a kind is felt inside, where nothing more is to be said."""

SAME = "it means the same"
ONLY_NEW = "nobody who is inside can come here: only those who enter from now on meet it"


@dataclass(frozen=True, slots=True)
class Both:
    """One journey in two versions whose programs are aligned. `was`, `now`: their nodes by id. `occupied`: where in the new
    version people of the old one may rest; `ahead`: where they can still come to, both by new ids."""

    old_side: Side
    new_side: Side
    old: j.Journey
    new: j.Journey
    pairing: Pairing
    was: Mapping[str, j.Node]
    now: Mapping[str, j.Node]
    occupied: Ids
    ahead: Ids
    old_words: Words
    new_words: Words
    guards: Guards

    def level(self, node: str, usual: Level, reach: Reach) -> Level:
        """The level of a change of this node (new id) that is `usual` if it concerns somebody inside."""
        met = node in self.ahead or (reach == "wait" and node in self.occupied)
        return usual if met else "safe"

    def change(self, code: str, was: Spot | None, now: Spot | None, told: Told) -> Change:
        """A change of a part of a node. `was` and `now`: the addresses within the journey."""
        node = was[1] if was is not None and was[:1] == ("node",) else ""
        level, concerns, reason = told.level, told.concerns, told.reason
        if level == "safe" and not reason:
            concerns, reason = "entrants", ONLY_NEW
        elif reason == SAME:
            concerns = "nobody"
        elif not reason:
            reason = USUAL.get(code, "")
        return Change(
            code=code,
            level=level,
            what=told.what,
            before=told.before,
            after=told.after,
            reason=reason,
            journey=self.new.name,
            node=node,
            concerns=concerns,
            was=None if was is None else ("journey", self.old.name, *was),
            now=None if now is None else ("journey", self.new.name, *now),
            notes=told.notes,
            suggest=told.suggest,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a change, beside where it stands."""

    what: str
    before: str = ""
    after: str = ""
    level: Level = "behaviour"
    reason: str = ""
    concerns: Concerns = "ahead"
    notes: tuple[str, ...] = ()
    suggest: str = ""


def side_by_side(old_side: Side, new_side: Side, old: j.Journey, new: j.Journey) -> Both:
    """Put two versions of a journey side by side."""
    pairing = pair(old, new)
    was, now = index(old), index(new)
    stood = resting(old_side.program, old)
    occupied = frozenset(pairing.nodes[node] for node in stood if node in pairing.nodes)
    landed = [to for to in pairing.dropped.values() if to is not None]
    coming = ahead(now, occupied) | reached(now, landed)
    words = Words(old_side.program, old_side.texts), Words(new_side.program, new_side.texts)
    guards = Guards(old_side, new_side, old, new)
    return Both(old_side, new_side, old, new, pairing, was, now, occupied, coming, *words, guards)


Direction: TypeAlias = Literal["longer", "shorter", "same", "another"]


def compare_lengths(old: Length, new: Length) -> Direction:
    """Which of two lengths is longer; `another` where that depends on the calendar."""
    if old == new:
        return "same"
    (least, most), (low, high) = _bounds(old), _bounds(new)
    if low >= most:
        return "longer"
    return "shorter" if high <= least else "another"


def _bounds(length: Length) -> tuple[int, int]:
    """The least and the most ms that it can be: days have 23 to 25 hours, months 28 to 31 days."""
    hour = 3_600_000
    if length.months:
        years, months = divmod(length.months, 12)
        least = years * 365 + months * 28
        return least * 24 * hour - hour, (years * 366 + months * 31) * 24 * hour + hour
    if length.days:
        day = 24 * hour * length.days
        return day - hour, day + hour
    return length.ms, length.ms
