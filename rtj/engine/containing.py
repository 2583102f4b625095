"""What is done where the engine itself fails at one person, by a mistake of ours: that person's part of it is given up and told
of, all others go on.

A run that ended there would end there again at each new start, for its log would bring it to the same place. What is given up
hangs on the state and the instant alone, so that a replay of the log gives up the same.
"""

from __future__ import annotations

from rtj.base.errors import RtjError
from rtj.engine.calendar import INFINITY
from rtj.engine.kernel import Kernel
from rtj.engine.plan import TypePlan
from rtj.engine.state import Instance, Profile
from rtj.engine.timers import earliest
from rtj.ir.records import Event

ERROR = "error"  # the reason with which passages end that cannot go on
BEYOND_US = (RtjError, MemoryError)  # failures of the world: whoever runs decides


class Mishap:
    """Where the engine failed: `event` is the one that was worked, None: time had come; `kind`: what Python calls it."""

    __slots__ = ("at", "event", "kind", "profile")

    def __init__(self, p: Profile, at: int, event: Event | None, error: Exception) -> None:
        self.profile, self.at, self.event, self.kind = p.origin, at, event, type(error).__name__


class ContainingKernel(Kernel):
    """`mishaps`: what failed; whoever drives the kernel takes it away."""

    mishaps: list[Mishap]

    def event(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """As any kernel does; what fails of it is left out."""
        try:
            super().event(p, event, plan)
        except BEYOND_US:
            raise
        except Exception as error:
            self._contain(p, event.at, event, error)

    def business(self, p: Profile, event: Event, plan: TypePlan) -> None:
        """As any kernel does; what fails of it is left out."""
        try:
            super().business(p, event, plan)
        except BEYOND_US:
            raise
        except Exception as error:
            self._contain(p, event.at, event, error)

    def settle(self, p: Profile, at: int) -> None:
        """As any kernel does; what cannot be settled is not tried again."""
        try:
            super().settle(p, at)
        except BEYOND_US:
            raise
        except Exception as error:
            self._contain(p, at, None, error)
            if p.recheck <= at:
                p.recheck = INFINITY  # until an event has it looked at
            self._settle_no_more(p, at)

    def _contain(self, p: Profile, at: int, event: Event | None, error: Exception) -> None:
        """Give up what is half done: passages that stand nowhere, and what was still to be caused."""
        self.mishaps.append(Mishap(p, at, event, error))
        self.queue.clear()
        for inst in [one for one in p.instances.values() if one.node is None]:
            self._end(p, inst, at)

    def _settle_no_more(self, p: Profile, at: int) -> None:
        """Whatever is due ends, and all that is not due stays."""
        p.sends = None
        for inst in [one for one in p.instances.values() if min(one.due, one.expires, one.recheck) <= at]:
            self._end(p, inst, at)
        if p.partials:
            p.partials = {key: one for key, one in p.partials.items() if one.deadline > at} or None
        if p.schedules:
            p.schedules = {gid: one for gid, one in p.schedules.items() if one[0] > at} or None
        p.due = earliest(p)

    def _end(self, p: Profile, inst: Instance, at: int) -> None:
        try:
            self.leave(p, inst, at, ERROR)
        except BEYOND_US:
            raise
        except Exception:  # it cannot even be left in order
            p.instances.pop((inst.journey.slot, inst.key), None)
            inst.node, inst.due = None, INFINITY
