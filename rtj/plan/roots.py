"""A declaration that is different, and what becomes of the journeys that use it without being changed themselves (D171)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import msgspec

from rtj.ir.crossing import heirs
from rtj.ir.journey import Journey
from rtj.plan.both import ONLY_NEW, Both, side_by_side
from rtj.plan.changes import Change, Concerns, Spot, highest
from rtj.plan.lineage import Lineage, Way, lineage
from rtj.plan.sides import Side
from rtj.plan.told import listed, placed, told

replace = msgspec.structs.replace
UNUSED = {"journeys": "nothing in a journey uses it", "readers": "nothing reads it"}


@dataclass(frozen=True, slots=True)
class Root:
    """`change` is as it is where something hangs on it. `starts`: what of the lineage has changed; () for a change that is the
    same whoever uses it. `side`: the version by whose lineage is found who does. `spreads`: is it felt in journeys that are as
    they were? What was declared and is gone is not: whoever used it is another now. `counts`: who must use it for the
    change to matter, journeys or anybody; `unused`: the code where they do not."""

    change: Change
    starts: tuple[Spot, ...] = ()
    side: Literal["old", "new"] = "new"
    spreads: Literal["yes", "no"] = "yes"
    counts: Literal["journeys", "readers"] = "journeys"
    unused: str = ""

    @property
    def declaration(self) -> Spot:
        """The whole declaration in which it lies."""
        spot = self.change.now or self.change.was or ()
        return spot[:2]


@dataclass
class Users:
    """Who uses what, in both versions; worked out when it is first asked for."""

    old: Side
    new: Side
    _both: dict[str, Both] = field(default_factory=dict)

    @cached_property
    def before(self) -> Lineage:
        """The lineage of the old version."""
        return lineage(self.old.program)

    @cached_property
    def after(self) -> Lineage:
        """The lineage of the new version."""
        return lineage(self.new.program)

    def of(self, root: Root) -> Lineage:
        """The lineage that counts for a root."""
        return self.before if root.side == "old" else self.after

    @cached_property
    def pairs(self) -> dict[str, tuple[Journey, Journey]]:
        """The journeys that are in both versions, by their new name."""
        was, now = ({one.name: one for one in side.program.journeys} for side in (self.old, self.new))
        return {name: (was[before], now[name]) for before, name in self.renamed.items()}

    @cached_property
    def renamed(self) -> dict[str, str]:
        """The new name of each journey that is in both versions, by the old one."""
        return heirs(self.old.program.journeys, self.new.program.journeys)

    def both(self, journey: str) -> Both:
        """The two versions of a journey side by side, by its new name."""
        known = self._both.get(journey)
        if known is None:
            known = self._both[journey] = side_by_side(self.old, self.new, *self.pairs[journey])
        return known

    def concerned(self, part: Spot) -> bool:
        """Can people who are inside feel what is different at a part of a journey? Ways in concern those who come (D151)."""
        if part[2] != "node":
            return True
        both = self.both(part[1])
        return part[3] in both.ahead or part[3] in both.occupied


def worked_out(roots: Iterable[Root], users: Users) -> Iterator[Change]:
    """The changes of declarations, each with its level by who uses it; then the journeys that feel them, by name."""
    felt: dict[tuple[str, Spot], list[tuple[Root, dict[Spot, Way]]]] = {}
    for root in roots:
        if not root.starts:
            yield root.change
            continue
        ways = users.of(root).ways(root.starts)
        if root.spreads == "yes":
            for journey, parts in _by_journey(ways, root, users).items():
                felt.setdefault((journey, root.declaration), []).append((root, parts))
        yield _root(root, ways, users)
    for (journey, declaration), found in sorted(felt.items(), key=lambda item: item[0]):
        yield _indirect(journey, declaration, found, users)


def _root(root: Root, ways: dict[Spot, Way], users: Users) -> Change:
    change = root.change
    readers = [placed(reader) for reader in users.of(root).readers(root.starts)]
    if not (readers if root.counts == "readers" else ways):
        return replace(change, code=root.unused or change.code, level="safe", reason=UNUSED[root.counts], concerns="nobody")
    return replace(change, notes=(*change.notes, f"used by {listed(readers)}"))


def _by_journey(ways: dict[Spot, Way], root: Root, users: Users) -> dict[str, dict[Spot, Way]]:
    """By new name: the ways that end in journeys of both versions, at parts that are in the new one."""
    found: dict[str, dict[Spot, Way]] = {}
    for part, way in ways.items():
        name = users.renamed.get(part[1]) if root.side == "old" else part[1]
        if name in users.pairs and _is_there(part, name, users):
            here = ("journey", name, *part[2:])
            found.setdefault(name, {})[here] = (*way[:-1], here)
    return found


def _is_there(part: Spot, journey: str, users: Users) -> bool:
    return part[2] != "node" or part[3] in users.both(journey).now


def _indirect(journey: str, declaration: Spot, found: Sequence[tuple[Root, dict[Spot, Way]]], users: Users) -> Change:
    """What a journey feels of one declaration that is different."""
    ways = {part: way for _, parts in reversed(found) for part, way in parts.items()}
    inside = {part: way for part, way in ways.items() if users.concerned(part)}
    shown = min((inside or ways).values(), key=lambda way: (len(way), way[-1]))
    level = highest(root.change.level for root, parts in found if any(map(users.concerned, parts)))
    others = [told(part) for part in sorted(ways) if part != shown[-1]]
    concerns, node = _whom(inside, users)
    reasons = dict.fromkeys(root.change.reason for root, _ in found if root.change.reason)
    return Change(
        "D171",
        "safe" if level == "none" else level,
        " → ".join(map(told, shown)),
        "; ".join(root.change.before for root, _ in found if root.change.before),
        "; ".join(root.change.after for root, _ in found if root.change.after),
        "; ".join(reasons) if inside else ONLY_NEW,
        journey=journey,
        node=node,
        concerns=concerns,
        was=("journey", users.pairs[journey][0].name, *shown[-1][2:]),
        now=shown[-1],
        notes=(f"also at {listed(others)}",) if others else (),
        causes=tuple(dict.fromkeys(root.change.now or root.change.was or declaration for root, _ in found)),
    )


def _whom(inside: Iterable[Spot], users: Users) -> tuple[Concerns, str]:
    """Whom it concerns, and the old id of the node if it is one alone. Goals and exits are watched wherever people stand."""
    parts = list(inside)
    if all(part[2] == "entry" for part in parts):
        return "entrants", ""
    nodes = {part[3] for part in parts if part[2] == "node"}
    if len(nodes) > 1 or any(part[2] in ("goal", "exit") for part in parts):
        return "inside", ""
    nodes_before = {new: old for old, new in users.both(parts[0][1]).pairing.nodes.items()}
    return "ahead", nodes_before.get(next(iter(nodes)), "")
