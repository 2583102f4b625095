"""One world after another: everybody goes on under a new program (S12.3), those whom that concerns at once, and those whom it
does not when they are next read."""

from __future__ import annotations

from collections.abc import Iterable

from rtj.engine.backfill import History
from rtj.engine.handover import Handover
from rtj.engine.kernel import Kernel
from rtj.engine.reviving import adopt, sift
from rtj.engine.sieve import Sieve
from rtj.engine.state import Profile
from rtj.engine.unmoved import stays
from rtj.engine.world import World
from rtj.ir.crossing import Crossing


def succeed(old: World, kernel: Kernel, crossing: Crossing, at: int, history: History | None = None) -> World:
    """A world in which everybody of another goes on under a new program, that of `kernel`, from this instant on. The old one is
    left empty: it has closed every instant before `at`. Both programs identify people alike. Facts that are new are filled from
    `history`. Of profiles that a store keeps only those are handed over whom the change concerns, a few at a time."""
    new = World(kernel.machine, kernel.recorder, kernel)
    kernel.machine.tables.take_over(old.machine.tables)
    old.bequeath(new)
    handover = Handover(old.machine, kernel, crossing, history)
    kernel.told_at, kernel.told = old.kernel.told_at, old.kernel.told
    kernel.paused.update((handover.named_now(journey), since) for journey, since in old.kernel.paused.items())
    for p in _concerned(new, old, crossing, handover, at):
        handover.take(p, at)
        new.take_up(p)
    old.forget_all()
    return new


def _concerned(new: World, old: World, crossing: Crossing, handover: Handover, at: int) -> Iterable[Profile]:
    """Everybody of a world that no store keeps."""
    if old.keeper is None:
        return list(new.profiles)
    if stays(old.machine, new.machine, crossing):
        return adopt(new, old)
    return sift(new, old, crossing, Sieve((old.machine, new.machine), crossing, handover, at))
