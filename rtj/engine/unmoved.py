"""Does a deployment leave everybody exactly as they are? Then nobody has to be read, handed over and written.

It does where every fact, window, audience, way in, node, case, condition and message that somebody's record may name is there
under the same number and means the same for whoever is inside. Texts, lengths of waits that are kept, what is asked when somebody
comes by, addresses and sources may be others. Whatever is not sure counts as a difference.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from rtj.engine.heirs import fits_still, goes_on, is_same, items, slots
from rtj.engine.machine import Machine
from rtj.engine.stored import ProfileCodec
from rtj.ir.aligned import aligned
from rtj.ir.crossing import Crossing, JourneyCrossing
from rtj.ir.journey import Journey, Send, WaitFor
from rtj.ir.program import Program


def stays(old: Machine, new: Machine, crossing: Crossing) -> bool:
    """Are records of the old machine those of the new one, and does `engine.handover` change nothing of them?"""
    before, now = old.program, new.program
    if ProfileCodec(old).layout != ProfileCodec(new).layout:
        return False
    return (
        (before.events, before.webhooks) == (now.events, now.webhooks)
        and [one.type for one in before.mappings] == [one.type for one in now.mappings]
        and _places_in_caps(before) == _places_in_caps(now)
        and all(_journey_stays(a, b, crossing.journeys.get(a.name)) for a, b in zip(before.journeys, now.journeys, strict=True))
        and all(_starts_alike(old, new, one.name) for one in before.journeys)
        and _facts_stay(old, new)
    )


def _places_in_caps(program: Program) -> tuple[object, ...]:
    """By what a message counts in caps."""
    messages = {one.name: (one.category, one.purpose) for one in program.messages}
    return program.caps, messages, {one.name: one.purpose for one in program.channels}


def _facts_stay(old: Machine, new: Machine) -> bool:
    """What profiles know and watch. A schedule of a way in was set when its person came into the audience, and stays known."""
    ours, theirs = aligned(old.program, new.program)
    return (
        old.has_conditions == new.has_conditions
        and _is_one_to_one(slots(ours.mappings, theirs.mappings, fits_still), range(len(ours.mappings)))
        and _is_one_to_one(slots(ours.aggregates, theirs.aggregates, goes_on), range(len(ours.aggregates)))
        and _is_one_to_one(slots(ours.trackers, theirs.trackers, is_same), range(len(ours.trackers)))
        and items(old, new, (ours, theirs)) == tuple(range(len(old.items)))
    )


def _starts_alike(old: Machine, new: Machine, journey: str) -> bool:
    return old.start_record(journey).__struct_fields__ == new.start_record(journey).__struct_fields__


def _journey_stays(old: Journey, new: Journey, way: JourneyCrossing | None) -> bool:
    """Nobody inside, or on their way in, has to be touched."""
    if way is None or way.new != old.name or way.others or way.dropped or old.max_duration != new.max_duration:
        return False
    if (len(old.entries), len(old.goals), len(old.exits)) != (len(new.entries), len(new.goals), len(new.exits)):
        return False
    cases = {(node.id, number): number for node in old.nodes if isinstance(node, WaitFor) for number in range(len(node.cases))}
    return (
        _is_one_to_one(way.nodes, [node.id for node in old.nodes])
        and _is_one_to_one(way.entries, range(len(old.entries)))
        and _is_one_to_one(way.watches, range(len(old.goals) + len(old.exits)))
        and way.cases == cases
        and _waits_stay(old, new, way)
        and _messages(old) == _messages(new)
    )


def _waits_stay(old: Journey, new: Journey, way: JourneyCrossing) -> bool:
    """Does everybody keep their date? Cases that are new count from now on."""
    numbers = [
        (len(a.cases), len(b.cases))
        for a, b in zip(old.nodes, new.nodes, strict=True)
        if isinstance(a, WaitFor) and isinstance(b, WaitFor)
    ]
    if any(a != b for a, b in numbers):
        return False
    return way.timers == "keep" or (not numbers and old.nodes == new.nodes)


def _messages(journey: Journey) -> list[tuple[str, str]]:
    """Which message is sent where: receipts and caps remember it."""
    return [(node.id, node.message) for node in journey.nodes if isinstance(node, Send)]


def _is_one_to_one(places: Mapping[str, str] | Mapping[int, int], every: Iterable[Hashable]) -> bool:
    return dict(places) == {one: one for one in every}
