"""Ways in that are new and let in who is in their audience already (`backfill`), as their program takes over."""

from __future__ import annotations

from collections.abc import Collection

from rtj.engine.journey import EntryMachine
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.state import Profile
from rtj.ir.journey import OnEvents
from rtj.ir.records import Event

JOINING = "joining "  # stands before the audience in the type of a membership event


def newly_open(machine: Machine, known: Collection[int]) -> list[tuple[EntryMachine, int]]:
    """The ways in with `backfill`, by priority, each with the bits of its audiences; not those `known` before, by their gid."""
    found = []
    for place, journey in enumerate(machine.program.journeys):
        for number, entry in enumerate(journey.entries):
            if entry.backfill and isinstance(entry.trigger, OnEvents):
                made = machine.journey(place).entries[number]
                joined = {name.removeprefix(JOINING) for name in entry.trigger.steps[0].events if name.startswith(JOINING)}
                if made.gid not in known:
                    found.append((made, sum(machine.member_mask(audience) for audience in joined)))
    return sorted(found, key=lambda one: one[0].order)


def let_in(k: Kernel, p: Profile, ways: list[tuple[EntryMachine, int]], at: int) -> None:
    """Somebody who was in an audience before comes in as if they joined it now."""
    for entry, mask in ways:
        for item in k.machine.items:
            if item.is_audience and p.members & mask & 1 << item.slot:
                event = Event(at, 0, 0, JOINING + item.name, JOINING + item.name, at, ())
                names = entry.match(p, event, at)
                if names is not None:
                    k.fire(p, entry, event, names, at)
                    k.drain(p, at)
