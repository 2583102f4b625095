"""Which conditions time alone may turn: those that read the clock, a window or `has been`, also through what they read."""

from __future__ import annotations

from rtj.ir import expr as ir
from rtj.ir.functions import FUNCTIONS
from rtj.ir.walk import walk
from rtj.lint.facts import Facts


class Clockwork:
    """Looks conditions of a project up; what an audience reads is looked up once."""

    def __init__(self, facts: Facts) -> None:
        self._checked = facts.checked
        declared = facts.checked.declared
        self._audiences = {audience.name: audience.condition for audience in declared.audiences} if declared is not None else {}
        self._known: dict[str, bool] = {}

    def turns(self, expr: ir.Expr) -> bool:
        """May it become true or false though nothing happens?"""
        return any(self._follows(part) for part in walk(expr))

    def _follows(self, part: ir.Expr) -> bool:
        match part:
            case ir.Now() | ir.Held():
                return True
            case ir.Call(function=name):
                return FUNCTIONS[name].reads_clock
            case ir.History(aggregate=key):
                return self._slides(key)
            case ir.Attribute(name=name):
                formula = self._checked.attributes.get(name)
                return formula is not None and self._slides(formula)
            case ir.Member(audience=name):
                return self._member(name)
            case _:
                return False

    def _slides(self, key: str) -> bool:
        window = self._checked.aggregates[key].window
        return window.over is not None or window.this is not None

    def _member(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = False  # audiences that read each other are a mistake of their own
            condition = self._audiences.get(name)
            self._known[name] = condition is not None and self.turns(condition)
        return self._known[name]
