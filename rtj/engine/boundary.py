"""The first node of an old version of a journey, for whoever comes to it again: there they go over to another version (S12.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rtj.engine.calendar import shift
from rtj.engine.nodes import NodeMachine, _Rest
from rtj.engine.state import Instance, Profile
from rtj.ir.journey import Boundary

if TYPE_CHECKING:
    from rtj.engine.journey import JourneyMachine
    from rtj.engine.kernel import Kernel


class BoundaryMachine(NodeMachine):
    """Stands in the place of the first node of `old` wherever a way leads back to it. `target` gives the other version."""

    def __init__(self, node_id: str, spec: Boundary, old: JourneyMachine, target: Callable[[], JourneyMachine]) -> None:
        super().__init__(-1, node_id)
        self._spec, self._old, self._target = spec, old, target
        self._numbers: dict[int, int] | None = None

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        new = self._target()
        if self._numbers is None:
            places = {node.id: node.index for node in new.nodes}
            was = {node.id: node.index for node in self._old.nodes}
            self._numbers = {was[old]: places[now] for old, now in self._spec.nodes}
        inst.journey = new
        # Visits count on, and go on being counted, whatever the new version repeats: messages have keys by them.
        numbers, visits = self._numbers, inst.visits or {}
        inst.visits = {numbers[place]: count for place, count in visits.items() if place in numbers}
        inst.rounds = inst.seen = inst.collected = None
        goals, holds = inst.goals, inst.holds
        inst.goals = sum((goals >> was & 1) << now for was, now in self._spec.watches)
        inst.holds = sum((holds >> was & 1) << now for was, now in self._spec.watches)
        if self._old.spec.max_duration != new.spec.max_duration:
            inst.expires = shift(inst.entered, new.spec.max_duration, 1, k.zone(p))
            p.due = min(p.due, max(at, inst.expires))
        if new.conditions:  # whoever meets one takes it now
            inst.recheck = at
            p.recheck = min(p.recheck, at)
            p.due = min(p.due, at)
        if k.fanout is not None:
            k.fanout.entered(p, inst)
        return new.first
