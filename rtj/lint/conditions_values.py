"""W316, W318: computed numbers compared with a fraction for equality, and values that are always missing."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lint.conditions_place import Place, Reading, joined, parts, shorten
from rtj.logic.bare import NULL, is_constant

ORDERS = ("<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/")
EQUALS = ("==", "!=", "in", "not in")
INEXACT = ("mod", "hours_between")
PASSED_ON = ("abs", "min", "max")
PLAIN = (s.Name, s.Text, s.Number, s.Truth, s.Null, s.Length, s.DateLiteral, s.InstantLiteral, s.HasBeen)
DYADIC = 1024  # fractions of it are exact, whatever is computed


def values(tree: s.Expr, place: Place) -> Iterator[Diagnostic]:
    """What is odd about an expression and all below it; of what is always missing only the smallest part."""
    if isinstance(tree, PLAIN):
        return
    below = [found for part, where in _below(tree, place) for found in values(part, where)]
    yield from below
    if not below and isinstance(tree, s.Binary) and tree.op in ARITHMETIC and _has_null(tree):
        yield Diagnostic("W318", f"`{shorten(tree)}` is always missing: one side is `null`", tree.span, severity="warning")
    elif not below and isinstance(tree, s.Binary | s.Call | s.Index | s.Unary):
        reading = place.read(tree)
        if reading is not None:
            yield from _missing(reading, tree)
            yield from _fraction(reading, tree)


def _below(tree: s.Expr, place: Place) -> Iterator[tuple[s.Expr, Place]]:
    """The parts, with the places where they stand: what is asked of past events knows nothing of what is so here."""
    expr = place.trees.expr(tree) or NULL
    if isinstance(tree, s.Call) and isinstance(expr, ir.History):
        for arg in tree.args:
            yield from ((part, place.only(())) for part in (joined(arg.where, "and") if arg.where is not None else ()))
        return
    yield from ((part, place) for part in parts(tree, expr))


# ---- always missing


def _has_null(tree: s.Binary) -> bool:
    """Is one side written as `null`? Then the whole has no type of its own."""
    return isinstance(tree.left, s.Null) or isinstance(tree.right, s.Null)


def _missing(reading: Reading, tree: s.Expr) -> Iterator[Diagnostic]:
    if isinstance(tree, s.Binary) and tree.op in ORDERS and NULL in (reading.bare(tree.left), reading.bare(tree.right)):
        message = f"`{shorten(tree)}` is never true: what is missing is not below, above or beside anything"
        yield Diagnostic("W318", message, tree.span, "`… is missing` asks for it", severity="warning")
    elif reading.place.trees.expr(tree) is not None and reading.bare(tree) == NULL:
        yield Diagnostic("W318", f"`{shorten(tree)}` is always missing{_why(reading, tree)}", tree.span, severity="warning")
    elif isinstance(tree, s.Index):
        yield from _outside(reading, tree)


def _why(reading: Reading, tree: s.Expr) -> str:
    match tree:
        case s.Binary(op="/", right=right) if reading.bare(right) != NULL:
            return ": nothing can be divided by 0"
        case s.Binary(left=left, right=right) if NULL in (reading.bare(left), reading.bare(right)):
            return ": one side of it is"
        case s.Call(function=function, args=(s.Arg(value=s.Text() as text), *_)) if function.text in ("date", "number"):
            return f": `{shorten(text)}` is no {function.text}"
        case s.Call():
            return ": so it is when an argument is"
        case _:
            return ""


def _outside(reading: Reading, tree: s.Index) -> Iterator[Diagnostic]:
    """An item behind the end of a list whose length is known."""
    base, index = reading.bare(tree.base), reading.bare(tree.index)
    known = reading.ground.names.get(base.name) if isinstance(base, ir.Name) else None
    most = known.most if known is not None else None
    at = index.value if isinstance(index, ir.Const) else None
    if most is None or type(at) is not int or -most <= at < most:
        return
    items = f"`{shorten(tree.base)}` has {'' if known is not None and known.least == most else 'at most '}{most:,} items"
    message = f"`{shorten(tree)}` is always missing: {items}, counted from 0"
    yield Diagnostic("W318", message, tree.span, f"the last is `{shorten(tree.base)}[-1]`", severity="warning")


# ---- fractions


def _fraction(reading: Reading, tree: s.Expr) -> Iterator[Diagnostic]:
    if not isinstance(tree, s.Binary) or tree.op not in EQUALS:
        return
    for one, other in ((tree.left, tree.right), (tree.right, tree.left)):
        literal = next((item for item in _literals(other) if _is_fraction(reading.bare(item))), None)
        if literal is None or not _is_inexact(reading, reading.bare(one)):
            continue
        message = f"`{shorten(one)}` is computed and rounded: it may come close to `{shorten(literal)}` and never be equal to it"
        yield Diagnostic("W316", message, tree.op_span, "compare with `<` and `>`, or `round(…, 2)` first", severity="warning")
        return


def _literals(tree: s.Expr) -> tuple[s.Expr, ...]:
    return tree.items if isinstance(tree, s.Items) else (tree,)


def _is_fraction(e: ir.Expr) -> bool:
    return isinstance(e, ir.Const) and isinstance(e.value, float) and not (e.value * DYADIC).is_integer()


def _is_inexact(reading: Reading, e: ir.Expr) -> bool:
    """Is this a number that comes out of sums, products or divisions?"""
    if is_constant(e):
        return False
    match e:
        case ir.Binary(op="+" | "-" | "*" | "/"):
            return True
        case ir.History(aggregate=key):
            aggregate = reading.ground.declared.aggregates.get(key)
            return aggregate is not None and aggregate.function in ("sum", "avg")
        case ir.Each(kind="sum" | "avg"):
            return True
        case ir.Call(function=name, args=args):
            return name in INEXACT or (name in PASSED_ON and any(_is_inexact(reading, arg) for arg in args))
        case ir.Unary(op="-", of=of):
            return _is_inexact(reading, of)
        case ir.Binary(op="??", left=left, right=right) | ir.Choose(then=left, otherwise=right):
            return _is_inexact(reading, left) or _is_inexact(reading, right)
        case _:
            return False
