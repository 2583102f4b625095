"""Two versions of a project -> how people go over from the one to the other."""

from __future__ import annotations

from dataclasses import replace

from rtj.ir import journey as j
from rtj.ir.crossing import Crossing, JourneyCrossing, heirs
from rtj.ir.aligned import aligned
from rtj.plan.node_ways import matched_cases
from rtj.plan.pairing import pair
from rtj.plan.sides import Side
from rtj.plan.ways_in_base import Ways
from rtj.plan.ways_in_entries import unchanged_entries
from rtj.plan.ways_in_watches import unchanged


def crossing(old: Side, new: Side) -> Crossing:
    """The way over for everybody who is in a journey that both versions have."""
    ours, theirs = aligned(old.program, new.program)
    sides = replace(old, program=ours), replace(new, program=theirs)
    was, now = ({one.name: one for one in side.program.journeys} for side in sides)
    names = heirs(ours.journeys, theirs.journeys)
    return Crossing({name: _of_journey(sides, was[name], now[heir]) for name, heir in names.items()})


def _of_journey(sides: tuple[Side, Side], old: j.Journey, new: j.Journey) -> JourneyCrossing:
    pairing = pair(old, new)
    was, now = {n.id: n for n in old.nodes}, {n.id: n for n in new.nodes}
    cases: dict[tuple[str, int], int] = {}
    for one, other in pairing.nodes.items():
        before, after = was[one], now[other]
        if isinstance(before, j.WaitFor) and isinstance(after, j.WaitFor):
            cases |= {(one, a): b for a, b in matched_cases(before, after)}
    ways = Ways(*sides, old, new)
    watches = unchanged(ways, "goal")
    watches |= {len(old.goals) + a: len(new.goals) + b for a, b in unchanged(ways, "exit").items()}
    nodes, dropped, entries = dict(pairing.nodes), dict(pairing.dropped), unchanged_entries(ways)
    return JourneyCrossing(old.name, new.name, nodes, dropped, cases, watches, entries, new.timers)
