"""Journeys that are paused (S6.6): nobody enters, and whoever comes to a `send` or a `call` stops there until the pause ends.

Goals, exits and the end of `max_duration` apply as ever. A message that was held and is released stops too. The pause is of a
journey, in whichever of its versions people are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from rtj.engine.calendar import INFINITY, iso
from rtj.engine.functions import chance
from rtj.engine.state import Instance, Profile

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel

STOPPED = -2  # `case` of an instance that has stopped at a node because its journey is paused
REASON = "paused"  # of a refusal, and of whoever leaves at the end of a pause

Then: TypeAlias = Literal["go", "leave"]


def stop(k: Kernel, p: Profile, inst: Instance, at: int) -> None:
    """Somebody rests before a send or a call, without an end."""
    inst.due = INFINITY
    inst.case = STOPPED
    k.count("stopped", inst.journey.name)
    if k.tracing and inst.node is not None:
        k.report(p, at, what="stopped", **k.place(p, inst, inst.node.id))


def stopped(p: Profile, journey: str) -> list[Instance]:
    """The instances of a journey that have stopped, in the order of entry."""
    return [inst for inst in p.instances.values() if inst.case == STOPPED and inst.journey.name == journey]


def go_on(k: Kernel, p: Profile, inst: Instance, at: int, over_ms: int) -> None:
    """The pause is over: somebody asks for the send again within `over_ms`, when a hash of the instance says."""
    name = k.id_of(p, inst)
    inst.due = at + int(chance("catch_up", name) * over_ms)
    p.due = min(p.due, inst.due)
    if k.tracing and inst.node is not None:
        k.report(p, at, what="goes_on", **k.place(p, inst, inst.node.id), until=iso(inst.due))


def tell(k: Kernel, journey: str, at: int, what: Literal["paused", "resumed"], **more: object) -> None:
    """A record about a journey, and about nobody."""
    k.count(what, journey)
    if k.tracing:
        if k.told_at != at:
            k.told_at, k.told = at, 0
        k.told += 1
        k.recorder.records.append((at, "", k.told, {"what": what, "journey": journey, **more}))
