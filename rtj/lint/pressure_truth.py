"""Whether conditions that were assumed on one way can hold together, by what the project says of their parts."""

from __future__ import annotations

from rtj.ir import expr as ir
from rtj.lint.facts import Facts
from rtj.lint.pressure_ways import Possible
from rtj.logic.bare import Barer
from rtj.logic.formulas import Reader
from rtj.logic.terms import Ground
from rtj.logic.truth import possible


def judge(facts: Facts) -> Possible:
    """May these conditions of a journey all hold at once?"""
    ground = Ground(facts.checked, {})
    reader, barer = Reader(ground), Barer(facts.checked.attributes)

    def may_hold(conditions: tuple[ir.Expr, ...]) -> bool:
        return possible(ground, [reader.holds(barer.bare(condition)) for condition in conditions])

    return may_hold
