"""How a condition of a node has changed, as it is told."""

from __future__ import annotations

from dataclasses import dataclass

from rtj.ir import journey as j
from rtj.ir.expr import Expr
from rtj.plan.both import Both


@dataclass(frozen=True, slots=True)
class Turn:
    """`word`: looser, tighter or another condition; "" where it means the same. `notes`: the proof's worth, and an example."""

    word: str
    notes: tuple[str, ...] = ()


def turn(_both: Both, before: Expr | None, after: Expr | None, _events: tuple[str, ...] = ()) -> Turn:
    """Compare two conditions of a journey; None always holds. `_events`: the types that `event` may be of."""
    if before == after:
        return Turn("")
    return Turn("another")


def overlap(_both: Both, _node: j.WaitFor | j.Branch, _first: int, _second: int) -> tuple[str, ...] | None:
    """Can two ways out of a node (of the old version) be taken by the same people? Notes with an example; None: it is proven that
    they cannot."""
    return ()
