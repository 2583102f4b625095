"""Two versions of a project -> how people go over from the one to the other."""

from __future__ import annotations

from dataclasses import replace

from rtj.ir import journey as j
from rtj.ir.aligned import aligned
from rtj.ir.crossing import Crossing, JourneyCrossing
from rtj.ir.journey import known_as
from rtj.plan.node_ways import matched_cases
from rtj.plan.pairing import pair
from rtj.plan.sides import Side
from rtj.plan.versions import destinations
from rtj.plan.ways_in_base import Ways
from rtj.plan.ways_in_entries import unchanged_entries
from rtj.plan.ways_in_watches import unchanged


def crossing(old: Side, new: Side) -> Crossing:
    """The way over for everybody who is in a journey that both versions have. Of several versions of a journey in the new program
    people go to their own, if it is there, else to the newest."""
    ours, theirs = aligned(old.program, new.program)
    sides = replace(old, program=ours), replace(new, program=theirs)
    was, now = ({one.name: one for one in side.program.journeys} for side in sides)
    found = {name: _of_journey(sides, was[name], now[heir]) for name, heir in destinations(old.program, new.program).items()}
    for name, one in found.items():
        for other in theirs.journeys:
            if known_as(other) == known_as(now[one.new]) and other.name != one.new and other.entries:
                one.others[other.name] = unchanged_entries(Ways(*sides, was[name], other))
    return Crossing(found)


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
