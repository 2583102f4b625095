"""Expressions: every name resolved, every part typed, lowered to the program's own form in the same walk."""

from __future__ import annotations

import datetime
from bisect import bisect_left

from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lang.check_base import NOTHING, WRONG, Context, Typed, check_condition, instant_ms, shorten
from rtj.lang.check_calls import check_call
from rtj.lang.check_history import check_has_been
from rtj.lang.check_names import check_field, check_index, check_name
from rtj.lang.check_ops import check_binary
from rtj.lang.scope import Scope
from rtj.lang.types import (
    BOOL,
    DATE,
    DURATION,
    INSTANT,
    NULL,
    NUMBER,
    STRING,
    UNKNOWN,
    fits,
    is_unknown,
    join,
    join_all,
    literal,
    show,
    some,
)

EPOCH = datetime.date(1970, 1, 1)


def check_expr(cx: Context, scope: Scope, e: s.Expr) -> Typed:
    """Type and lower one expression. Mistakes are reported once and give the type that fits everywhere."""

    match e:
        case s.Name():
            return check_name(cx, scope, e)
        case s.Text(value=text):
            return Typed(literal(text), ir.Const(text, "string"))
        case s.Number(value=number):
            return Typed(NUMBER, ir.Const(number, "number"))
        case s.Truth(value=truth):
            return Typed(BOOL, ir.Const(truth, "bool"))
        case s.Null():
            return Typed(NULL, NOTHING)
        case s.Length():
            return _length(cx, e)
        case s.DateLiteral(value=day):
            return Typed(DATE, ir.Const((day - EPOCH).days, "date"))
        case s.InstantLiteral(value=moment):
            return Typed(INSTANT, ir.Const(instant_ms(moment, cx.world.timezone), "instant"))
        case s.Field():
            return check_field(cx, scope, e)
        case s.Index():
            return check_index(cx, scope, e)
        case s.Unary():
            return _unary(cx, scope, e)
        case s.Is():
            return _is(cx, scope, e)
        case s.Binary():
            return check_binary(cx, scope, e)
        case s.Choose():
            return _choose(cx, scope, e)
        case s.HasBeen():
            return check_has_been(cx, scope, e)
        case s.Items():
            return _items(cx, scope, e)
        case s.Call():
            return check_call(cx, scope, e)


def _length(cx: Context, e: s.Length) -> Typed:
    if e.exact:
        return Typed(DURATION, ir.Const(e.ms, "duration"))
    cx.report.error(
        "E331",
        f"`{shorten(e)}` is a calendar length, not an exact one",
        e.span,
        "it stands after `+` or `-` of an instant or date; exact lengths are letters: 24h, 30d",
    )
    return WRONG


def _unary(cx: Context, scope: Scope, e: s.Unary) -> Typed:
    if e.op == "not":
        return Typed(BOOL, ir.Unary("not", check_condition(cx, scope, e.of)))
    of = cx.check(scope, e.of)
    if some(of.type) not in (NUMBER, DURATION, UNKNOWN):
        cx.report.error("E325", f"`-` needs a number or a duration; `{shorten(e.of)}` is {show(of.type)}", e.of.span)
        return WRONG
    if isinstance(of.expr, ir.Const) and isinstance(of.expr.value, int | float):
        return Typed(of.type, ir.Const(-of.expr.value, of.expr.type))
    return Typed(of.type, ir.Unary("-", of.expr))


def _is(cx: Context, scope: Scope, e: s.Is) -> Typed:
    of = cx.check(scope, e.of)
    if e.what == "empty":
        kind = some(of.type)
        if not is_unknown(kind) and not fits(kind, STRING) and not isinstance(kind, ir.ListOf):
            message = f"only a text or a list can be empty; `{shorten(e.of)}` is {show(of.type)}"
            cx.report.error("E325", message, e.of.span, "`is missing` asks for null")
    test: ir.Expr = ir.Unary(e.what, of.expr)
    return Typed(BOOL, ir.Unary("not", test) if e.negated else test)


def _choose(cx: Context, scope: Scope, e: s.Choose) -> Typed:
    test = check_condition(cx, scope, e.test)
    then, otherwise = cx.check(scope, e.then), cx.check(scope, e.otherwise)
    kind = join(then.type, otherwise.type)
    if kind is None:
        cx.report.error("E320", f"both values must be of one type: {show(then.type)} and {show(otherwise.type)} are not", e.span)
        return WRONG
    return Typed(kind, ir.Choose(test, then.expr, otherwise.expr))


def _items(cx: Context, scope: Scope, e: s.Items) -> Typed:
    items = [cx.check(scope, item) for item in e.items]
    kinds = [item.type for item in items]
    kind = join_all(kinds)
    if kind is None:
        number = bisect_left(range(len(kinds)), True, key=lambda n: join_all(kinds[: n + 1]) is None)
        before = show(join_all(kinds[:number]) or UNKNOWN)
        tree = e.items[number]
        message = f"items of a list are of one type: `{shorten(tree)}` is {show(kinds[number])}, not {before}"
        cx.report.error("E320", message, tree.span)
        return WRONG
    return Typed(ir.ListOf(kind), ir.Items(tuple(item.expr for item in items)))
