"""What an expression reads, as addresses of declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.ir.expr import Expr, Row
from rtj.ir.facts import Env, Fact, facts_in
from rtj.ir.walk import walk
from rtj.plan.changes import Spot
from rtj.plan.lineage_clock import reads_zone

EVERY_FIELD = "*"  # stands for all fields of an event together
LIFTED = re.compile(r"[ht](\d+|:[0-9a-f]+)")  # what the compiler calls what it has taken out of expressions
ZONE: tuple[Spot, ...] = (("timezone",), ("attribute", "timezone"))  # what says where a person's clock stands (S1.1)


def reads(expr: Expr | None, env: Env) -> Iterator[Spot]:
    """The declarations that an expression reads, directly. `env`: the event types behind its names."""
    if expr is None:
        return
    for fact in facts_in(expr, env):
        spot = _spot_of(fact)
        if spot is not None:
            yield spot
    yield from (("table", part.table) for part in walk(expr) if isinstance(part, Row))
    if reads_zone(expr):
        yield from ZONE


def _spot_of(fact: Fact) -> Spot | None:
    match fact:
        case ("attribute" | "memory", name):
            return called(name)
        case ("audience", name):
            return ("audience", name)
        case ("held", name):
            return ("lifted", name)
        case ("field", event, name):
            return ("event", event, "field", name)
        case ("event", event):
            return ("event", event, "field", EVERY_FIELD)
        case _:
            return None


def called(name: str) -> Spot:
    return ("lifted" if LIFTED.fullmatch(name) else "attribute", name)
