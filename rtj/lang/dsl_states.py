"""The states of the LALR parser without the trees: what it could take, tried without taking it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class States:
    """A stack of states, such as the parser of lark has."""

    def __init__(self, table: Mapping[Any, Mapping[str, tuple[Any, Any]]], end: Any, stack: Sequence[Any]) -> None:
        self._table = table
        self._end = end
        self._stack = list(stack)

    @property
    def position(self) -> Any:
        """The state on top, by which lark's lexer knows which terminals may come."""
        return self._stack[-1]

    def copy(self) -> States:
        return States(self._table, self._end, self._stack)

    def legal(self) -> list[str]:
        """The terminals that it takes."""
        return [t for t in self._table[self.position] if (t.isupper() or t == "$END") and self.takes(t)]

    def takes(self, terminal: str) -> bool:
        return self.copy().take(terminal)

    def take(self, terminal: str) -> bool:
        """Shift a terminal after any reductions; False when it is not taken."""
        stack = self._stack
        while True:
            action = self._table[stack[-1]].get(terminal)
            if action is None:
                return False
            if action[0].name == "Shift":
                stack.append(action[1])
                return True
            rule = action[1]
            if rule.expansion:
                del stack[-len(rule.expansion) :]
            after = self._table[stack[-1]].get(rule.origin.name) if stack else None
            if after is None:
                return False
            stack.append(after[1])
            if terminal == "$END" and stack[-1] == self._end:
                return True
