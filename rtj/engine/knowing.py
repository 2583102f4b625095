"""Somebody who is known before the first event: a profile with facts that no event of this run has told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtj.engine.world import World
from rtj.ir.records import Event

BEFORE = -1  # stands for the source of what was known before: older than whatever an event of that instant says


def know(world: World, at: int, identifiers: tuple[tuple[int, str], ...], values: Mapping[str, Any]) -> None:
    """Let a person be there at an instant, before all its events, with these attributes: mapped ones, by name, as the engine
    keeps them. Who is in an audience then has been in it before: nobody joins it, and no journey is entered by it.
    `identifiers`: as those of an event, at least one."""
    kernel, recorder = world.kernel, world.kernel.recorder
    event = Event(at, BEFORE, 0, "", "", at, identifiers)
    first = len(recorder.records)
    p = world.identities.link(world.identities.born(event), event)
    for name, value in values.items():
        slot = world.machine.attribute_slots[name]
        assert p.stamps is not None
        p.attributes[slot] = value
        p.stamps[slot] = (at, BEFORE, 0)
        if slot == world.machine.zone_slot:
            kernel.zone_changed(p, at)
    kernel.look(p, at, tuple(range(len(kernel.items))))
    kernel.queue.clear()
    recorder.records[first:] = [record for record in recorder.records[first:] if record[3]["what"] != "joined"]
    world.touch(p)
    world.close(at)
