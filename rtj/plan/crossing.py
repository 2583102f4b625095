"""Two versions of a project -> how people go over from the one to the other."""

from __future__ import annotations

from rtj.ir import journey as j
from rtj.ir.crossing import Crossing, JourneyCrossing
from rtj.ir.program import canonical
from rtj.plan.aligned import aligned
from rtj.plan.node_ways import matched_cases
from rtj.plan.pairing import pair
from rtj.plan.sides import Side


def crossing(old: Side, new: Side) -> Crossing:
    """The way over for everybody who is in a journey that both versions have."""
    was, now = ({one.name: one for one in program.journeys} for program in aligned(old.program, new.program))
    found: dict[str, JourneyCrossing] = {}
    for journey in now.values():
        before = was.get(journey.name) or (was.get(journey.formerly) if journey.formerly not in now else None)
        if before is not None:
            found[before.name] = _of_journey(before, journey)
    return Crossing(found)


def _of_journey(old: j.Journey, new: j.Journey) -> JourneyCrossing:
    pairing = pair(old, new)
    was, now = {n.id: n for n in old.nodes}, {n.id: n for n in new.nodes}
    cases: dict[tuple[str, int], int] = {}
    for one, other in pairing.nodes.items():
        before, after = was[one], now[other]
        if isinstance(before, j.WaitFor) and isinstance(after, j.WaitFor):
            cases |= {(one, a): b for a, b in matched_cases(before, after)}
    watches = _alike((*old.goals, *old.exits), (*new.goals, *new.exits))
    entries = _alike(old.entries, new.entries)
    names = old.name, new.name
    return JourneyCrossing(*names, dict(pairing.nodes), dict(pairing.dropped), cases, watches, entries, new.timers)


def _alike(old: tuple[j.Watch, ...] | tuple[j.Entry, ...], new: tuple[j.Watch, ...] | tuple[j.Entry, ...]) -> dict[int, int]:
    """Which is which of those that are as they were."""
    left = [canonical(one) for one in new]
    found: dict[int, int] = {}
    for place, one in enumerate(old):
        text = canonical(one)
        if text in left:
            found[place] = left.index(text)
            left[left.index(text)] = b""
    return found
