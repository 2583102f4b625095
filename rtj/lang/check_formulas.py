"""Computed attributes: each is checked once, behind those that it reads, and put in the place of its name where it is read.

What formulas grow to in this way is bounded, for a few lines that read each other twice would unfold to more than any machine
can hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtj.ir import expr as ir
from rtj.ir.walk import parts
from rtj.lang import syntax as s
from rtj.lang.check_base import WRONG, Context, Typed
from rtj.lang.reading_order import around, in_order
from rtj.lang.scope import AttributeKind, Scope
from rtj.lang.types import is_optional

READS = re.compile(r"\bprofile\s*\.\s*(\w+)")
LEVELS_MAX = 200  # of an expression with all that it reads put in its place
PARTS_MAX = 2_000  # of a formula, likewise
READ_MAX = 100_000  # parts of formulas that one journey, or the project file, may read
CIRCLE_MAX = 20  # attributes of a circle that are followed one by one
CIRCLES_MAX = 50  # that are told


def check_formulas(cx: Context) -> None:
    """Check the computed attributes of the project."""
    formulas = {name: kind for name, kind in cx.world.attributes.items() if kind.formula is not None}
    reads = {name: READS.findall(kind.formula.span.text) for name, kind in formulas.items() if kind.formula is not None}
    for _ in range(CIRCLES_MAX):
        order = in_order({name: reads[name] for name in formulas if name not in cx.computed})
        for name in order.names:
            _computed(cx, name, formulas[name])
        if not order.circle:
            return
        first = order.circle[0]
        if len(order.circle) > CIRCLE_MAX:
            _reads_itself(cx, order.circle, formulas[first])
            cx.computed.update(dict.fromkeys(order.circle, WRONG))
        else:
            _computed(cx, first, formulas[first])
    cx.computed.update({name: WRONG for name in formulas if name not in cx.computed})


def read_formula(cx: Context, name: s.Name, kind: AttributeKind) -> Typed:
    """What stands for `profile.NAME`. What is too much is told once; who reads it is not told again."""
    typed, grown = _computed(cx, name.text, kind), cx.unfolded
    size, levels = grown.sizes.get(id(typed.expr), (1, 1))
    before, grown.read = grown.read, grown.read + size
    refused = name.text in grown.refused
    if not refused and cx.depth + levels <= LEVELS_MAX and grown.read <= READ_MAX:
        return typed
    if not refused and cx.depth + levels > LEVELS_MAX:
        message = f"with what `{name.text}` stands for, an expression of more than {LEVELS_MAX} levels"
        cx.report.error("E302", message, name.span, "read attributes that read fewer others")
    elif before <= READ_MAX < grown.read:
        message = f"the formulas of the attributes that are read here have more than {READ_MAX:,} parts"
        cx.report.error("E005", message, name.span, "read simpler attributes, or fewer")
    grown.refusing = True
    return WRONG


def _computed(cx: Context, name: str, kind: AttributeKind) -> Typed:
    """The type and the expression of a computed attribute: `Attribute` when it is one aggregate."""
    if name in cx.computed:
        return cx.computed[name]
    assert kind.formula is not None
    if name in cx.computing:
        _reads_itself(cx, cx.computing[cx.computing.index(name) :], kind)
        return WRONG
    cx.computing.append(name)
    scope = Scope(place="a computed attribute", clock="watched", no_entry="only a journey has one")
    grown = cx.unfolded
    of_reader, grown.refusing = grown.refusing, False
    typed = cx.check(scope, kind.formula)
    refused, grown.refusing = grown.refusing, of_reader
    cx.computing.pop()
    if isinstance(typed.expr, ir.History) and typed.expr.where is None:
        cx.aggregated[name] = typed.expr.aggregate
        typed = Typed(typed.type, ir.Attribute(name, is_optional(typed.type)))
    size, levels = _measure(cx, typed.expr)
    if size > PARTS_MAX and not refused:
        message = f"with the attributes that it reads, `{name}` has more than {PARTS_MAX:,} parts"
        cx.report.error("E005", message, kind.span, "read fewer attributes that read others")
    if size > PARTS_MAX or refused:
        grown.refused.add(name)
        typed = WRONG
    else:
        grown.sizes[id(typed.expr)] = size, levels
    cx.computed[name] = typed
    return typed


def _reads_itself(cx: Context, circle: Sequence[str], kind: AttributeKind) -> None:
    cx.report.error("E336", f"attribute `{circle[0]}` reads itself: {around(circle)}", kind.span)


def _measure(cx: Context, expr: ir.Expr) -> tuple[int, int]:
    """How many parts and levels an expression has. Those of the formulas in it are known."""
    size, levels = 1, 0
    for part in parts(expr):
        known = cx.unfolded.sizes.get(id(part)) or _measure(cx, part)
        size += known[0]
        levels = max(levels, known[1])
    return size, levels + 1
