"""Schedules that let somebody in only on days which a condition picks: a birthday, three days before a contract ends."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.ir.functions import FUNCTIONS
from rtj.ir.walk import walk
from rtj.lint.facts import Facts

COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">=", "in"))
EXACT = frozenset(("==", "!=", "in"))


def picks_days(facts: Facts, entry: irj.Entry) -> bool:
    """Does a schedule fire for the same person only on some of its days? It does if its `when` or its audience asks the clock for
    a certain moment (`anniversary(profile.birthday) == today()`), or twice (after one moment and before another). Once with `<`
    is a beginning without an end, and the other way round: who has been away for a month is away on the next day too."""
    if not isinstance(entry.trigger, irj.OnSchedule):
        return False
    asked = [entry.when] if entry.when is not None else []
    asked += _conditions(facts, entry.trigger.audience)
    clocked = [part for condition in asked for part in walk(condition) if _asks_the_clock(part)]
    return len(clocked) > 1 or any(isinstance(part, ir.Binary) and part.op in EXACT for part in clocked)


def _conditions(facts: Facts, audience: str) -> Iterator[ir.Expr]:
    """The conditions of an audience and of those that it reads."""
    declared = {one.name: one for one in facts.checked.declared.audiences} if facts.checked.declared is not None else {}
    todo, seen = [audience], set[str]()
    while todo:
        name = todo.pop()
        found = declared.get(name)
        if found is None or name in seen:
            continue
        seen.add(name)
        todo += found.needs
        if found.condition is not None:
            yield found.condition


def _asks_the_clock(part: ir.Expr) -> bool:
    return isinstance(part, ir.Binary) and part.op in COMPARISONS and any(_reads_clock(inner) for inner in walk(part))


def _reads_clock(part: ir.Expr) -> bool:
    return isinstance(part, ir.Now) or (isinstance(part, ir.Call) and FUNCTIONS[part.function].reads_clock)
