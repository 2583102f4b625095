"""Operators of two operands: comparisons, arithmetic, defaults, and the comparisons with the clock that can be watched (S4.2)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lang.check_base import WRONG, Context, Typed, check_condition, ir_length, shorten
from rtj.lang.likeness import one_of_these
from rtj.lang.scope import Scope
from rtj.lang.types import (
    BOOL,
    DATE,
    DURATION,
    INSTANT,
    NUMBER,
    ORDERED,
    STRING,
    fits,
    is_optional,
    is_unknown,
    join,
    may_equal,
    optional,
    show,
    some,
    widen,
)

DAY_MS = 86_400_000
LITERALS = (s.Text, s.Number, s.Truth, s.DateLiteral, s.InstantLiteral, s.Length)


def check_binary(cx: Context, scope: Scope, e: s.Binary) -> Typed:
    """Type and lower an operator."""
    match e.op:
        case "and" | "or":
            left = check_condition(cx, scope, e.left)
            right = _check_half(cx, scope, e) or check_condition(cx, scope, e.right)
            return Typed(BOOL, ir.Binary(e.op, left, right))
        case "in" | "not in":
            return _in(cx, scope, e)
        case "??":
            return _default(cx, scope, e)
        case "+" | "-" | "*" | "/":
            return _arithmetic(cx, scope, e)
        case _:
            return _compare(cx, scope, e)


def _check_half(cx: Context, scope: Scope, e: s.Binary) -> ir.Expr | None:
    """`x == 'a' or 'b'`: report a literal that lacks the left side of a comparison; None when it is no such. Those that follow
    are passed over."""
    if not isinstance(e.right, s.Text | s.Number):
        return None
    before = e.left.right if isinstance(e.left, s.Binary) and e.left.op == e.op else e.left
    value = cx.check(scope, e.right)
    if isinstance(before, s.Text | s.Number) and before is not e.left:
        return value.expr
    if not isinstance(before, s.Binary) or before.op in ("and", "or"):
        return None
    of, text = shorten(before.left), shorten(e.right)
    listed = f", or `{of} in [{shorten(before.right)}, {text}]`" if (e.op, before.op) == ("or", "==") else ""
    cx.report.error("E322", f"`{text}` alone is no condition", e.right.span, f"write `{of} {before.op} {text}`{listed}")
    return value.expr


# ---- comparisons


def _compare(cx: Context, scope: Scope, e: s.Binary) -> Typed:
    if scope.clock == "watched":
        e = _clock_apart(e)
    left = cx.check(_beside(scope, e.left), e.left)
    right = cx.check(_beside(scope, e.right), e.right)
    if not is_unknown(left.type) and not is_unknown(right.type):
        if e.op in ("==", "!="):
            _check_equal(cx, e, left, right)
        else:
            _check_order(cx, e, left, right)
    match e.op:
        case "==" | "!=" | "<" | "<=" | ">" | ">=" as op:
            return Typed(BOOL, ir.Binary(op, left.expr, right.expr))
        case _:
            raise AssertionError(e.op)


def _check_equal(cx: Context, e: s.Binary, left: Typed, right: Typed) -> None:
    a, b = some(left.type), some(right.type)
    if may_equal(a, b):
        return
    if isinstance(a, ir.OneOf) and isinstance(b, ir.OneOf):
        text, allowed, value = (e.left, b, a) if isinstance(e.left, s.Text) else (e.right, a, b)
        written = text.value if isinstance(text, s.Text) else ""
        message = f"{show(value)} is not one of {show(allowed)}"
        cx.report.guess("E323", message, text.span, written, one_of_these(written, allowed.values))
        return
    _no_fit(cx, e, left, right)


def _check_order(cx: Context, e: s.Binary, left: Typed, right: Typed) -> None:
    a, b = some(left.type), some(right.type)
    texts = fits(a, STRING) and fits(b, STRING) and STRING in (a, b)
    if not texts and not (a == b and a in ORDERED):
        _no_fit(cx, e, left, right)


def _no_fit(cx: Context, e: s.Binary, left: Typed, right: Typed) -> None:
    a, b = some(left.type), some(right.type)
    hint = ""
    dated = [side for side in (e.left, e.right) if isinstance(side, s.Text) and re.match(r"\d{4}-\d\d-\d\d", side.value)]
    if dated and (DATE in (a, b) or INSTANT in (a, b)):
        hint = f"it stands without quotes: `{dated[0].value}`"
    elif {a, b} == {DATE, INSTANT}:
        tree = e.left if a == INSTANT else e.right
        hint = f"compare dates: `date({shorten(tree)})`"
    elif {a, b} == {NUMBER, STRING} or (NUMBER in (a, b) and (isinstance(a, ir.OneOf) or isinstance(b, ir.OneOf))):
        text = e.right if isinstance(e.right, s.Text) else e.left
        bare = isinstance(text, s.Text) and re.fullmatch(r"\d+(\.\d+)?", text.value)
        hint = "`number(…)` reads a number from a text, `text(…)` writes one"
        hint = f"a number stands without quotes: `{text.value}`" if isinstance(text, s.Text) and bare else hint
    elif BOOL in (a, b) and any(isinstance(side, s.Text) and side.value in ("true", "false") for side in (e.left, e.right)):
        hint = "`true` and `false` stand without quotes"
    elif DURATION in (a, b) and (INSTANT in (a, b) or DATE in (a, b)):
        moment, length = (e.left, e.right) if b == DURATION else (e.right, e.left)
        present = "today()" if DATE in (a, b) else "now()"
        hint = f"compare two moments: `{shorten(moment)} < {present} - {shorten(length)}` is longer ago than that"
    elif DURATION in (a, b) and NUMBER in (a, b):
        hint = "a length is written with its unit: 30m, 24h, 7d"
    elif isinstance(a, ir.ListOf) and e.op in ("==", "!="):
        hint = f"`{shorten(e.right)} {'in' if e.op == '==' else 'not in'} {shorten(e.left)}` looks into a list"
    types = f"{_shown(e.left, left)} with {_shown(e.right, right)}"
    message = f"`{e.op}` cannot compare {types}: `{shorten(e.left)}` and `{shorten(e.right)}`"
    cx.report.error("E321", message, _blamed(e), hint)


def _blamed(e: s.Binary) -> Span:
    """Where two values meet that do not fit: the literal, if one of them is one, for that is what was just written."""
    literals = [side for side in (e.left, e.right) if isinstance(side, LITERALS)]
    return literals[0].span if len(literals) == 1 else e.op_span


def _shown(tree: s.Expr, typed: Typed) -> str:
    """The type of a value; of a literal without its content, which stands beside it."""
    return show(widen(typed.type) if isinstance(tree, s.Text) else typed.type)


def _in(cx: Context, scope: Scope, e: s.Binary) -> Typed:
    if isinstance(e.left, s.Name) and e.left.text == "profile" and isinstance(e.right, s.Name):
        hint = f"`audience.{e.right.text}` asks whether somebody is in it"
        cx.report.error("E312", "`profile` alone is no value", e.left.span, hint)
        return WRONG
    left, right = cx.check(scope, e.left), cx.check(scope, e.right)
    kind = some(right.type)
    match kind:
        case ir.ListOf(item=item):
            _check_items(cx, scope, e, left, item)
        case _ if not is_unknown(kind):
            hint = f"`contains({shorten(e.right)}, {shorten(e.left)})` looks into a text" if fits(kind, STRING) else ""
            hint = (
                f"write `{shorten(e.left)} over {shorten(e.right)}`" if kind == DURATION and isinstance(e.left, s.Call) else hint
            )
            cx.report.error("E321", f"`{e.op}` looks into a list; `{shorten(e.right)}` is {show(right.type)}", e.right.span, hint)
            return WRONG
    test: ir.Expr = ir.Binary("in", left.expr, right.expr)
    return Typed(BOOL, ir.Unary("not", test) if e.op == "not in" else test)


def _check_items(cx: Context, scope: Scope, e: s.Binary, left: Typed, item: ir.Type) -> None:
    if is_unknown(left.type):
        return
    if isinstance(e.right, s.Items) and isinstance(some(left.type), ir.OneOf):
        for tree in e.right.items:
            one = s.Binary(e.span, "==", e.left, tree, e.op_span)
            value = cx.check(scope, tree)
            if not is_unknown(value.type):
                _check_equal(cx, one, left, value)
        return
    if isinstance(e.left, s.Text) and isinstance(some(item), ir.OneOf):
        _check_equal(cx, e, left, Typed(item, left.expr))
        return
    if not is_unknown(item) and not may_equal(left.type, item):
        cx.report.error("E321", f"`{e.op}` cannot find {show(left.type)} in {show(ir.ListOf(item))}", _blamed(e))


# ---- the clock in watched conditions


def reads_clock(e: s.Expr) -> bool:
    """Is this `now()`, or `now()` and a length?"""
    return is_now(e) or (isinstance(e, s.Binary) and e.op in "+-" and isinstance(e.right, s.Length) and is_now(e.left))


def is_now(e: s.Expr) -> bool:
    return isinstance(e, s.Call) and e.function.text == "now"


def _beside(scope: Scope, side: s.Expr) -> Scope:
    """In a watched comparison one side may be the clock itself."""
    return replace(scope, clock="free") if scope.clock == "watched" and reads_clock(side) else scope


def _clock_apart(e: s.Binary) -> s.Binary:
    """Read `now() - x > d` as `now() > x + d`, and `x - now() > d` as `x - d > now()`: the same, with the clock alone."""
    for side, other, on_left in ((e.left, e.right, True), (e.right, e.left, False)):
        if not isinstance(side, s.Binary) or side.op != "-" or isinstance(side.right, s.Length):
            continue
        if is_now(side.left):
            rest = s.Binary(side.span, "+", side.right, other, side.op_span)
            a, b = (side.left, rest) if on_left else (rest, side.left)
        elif is_now(side.right):
            rest = s.Binary(side.span, "-", side.left, other, side.op_span)
            a, b = (rest, side.right) if on_left else (side.right, rest)
        else:
            continue
        return s.Binary(e.span, e.op, a, b, e.op_span)
    return e


# ---- defaults and arithmetic


def _default(cx: Context, scope: Scope, e: s.Binary) -> Typed:
    left, right = cx.check(scope, e.left), cx.check(scope, e.right)
    kind = join(some(left.type), right.type)
    if kind is None:
        cx.report.error("E320", f"a default is of the same type: {show(left.type)} and {show(right.type)} are not", e.right.span)
        return WRONG
    return Typed(kind, ir.Binary("??", left.expr, right.expr))


def _arithmetic(cx: Context, scope: Scope, e: s.Binary) -> Typed:
    shifted = _shift(cx, scope, e)
    if shifted is not None:
        return shifted
    left, right = cx.check(scope, e.left), cx.check(scope, e.right)
    if is_unknown(left.type) or is_unknown(right.type):
        return WRONG
    kind = _result(e.op, some(left.type), some(right.type))
    if kind is None:
        _no_arithmetic(cx, e, left, right)
        return WRONG
    match e.op:
        case "+" | "-" | "*" | "/" as op:
            expr: ir.Expr = ir.Binary(op, left.expr, right.expr)
        case _:
            raise AssertionError(e.op)
    if some(left.type) == some(right.type) == DATE:  # dates count days, lengths milliseconds
        expr = ir.Binary("*", ir.Call("days_between", (right.expr, left.expr)), ir.Const(DAY_MS, "number"))
    may_miss = is_optional(left.type) or is_optional(right.type) or (e.op == "/" and not _sure_divisor(right.expr))
    return Typed(optional(kind) if may_miss else kind, expr)


def _sure_divisor(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and bool(expr.value)


def _result(op: str, a: ir.Type, b: ir.Type) -> ir.Type | None:
    if a == b == NUMBER:
        return NUMBER
    match op:
        case "+":
            if fits(a, STRING) and fits(b, STRING):
                return STRING
            if {a, b} == {INSTANT, DURATION}:
                return INSTANT
            return DURATION if a == b == DURATION else None
        case "-":
            if a == b and a in (INSTANT, DATE, DURATION):
                return DURATION
            return INSTANT if (a, b) == (INSTANT, DURATION) else None
        case _:
            return None


def _shift(cx: Context, scope: Scope, e: s.Binary) -> Typed | None:
    """Calendar steps, and whole days added to a date: None if this is neither."""
    base, length = e.left, e.right
    if e.op == "+" and isinstance(base, s.Length) and not isinstance(length, s.Length):
        base, length = length, base
    if e.op not in ("+", "-") or not isinstance(length, s.Length) or isinstance(base, s.Length):
        return None
    of = cx.check(scope, base)
    kind = some(of.type)
    sign: Literal[1, -1] = 1 if e.op == "+" else -1
    if kind == DATE:
        if length.ms % DAY_MS:
            cx.report.error("E325", f"a date has no hours: `{shorten(length)}` is not made of whole days", length.span)
            return WRONG
        steps = ir_length(length) if not length.exact else ir.Length(days=length.ms // DAY_MS)
        return Typed(of.type, ir.Shift(of.expr, steps, sign, True))
    if length.exact and kind in (INSTANT, DURATION):
        amount = ir.Const(length.ms, "duration")
        left, right = (of.expr, amount) if base is e.left else (amount, of.expr)
        return Typed(of.type, ir.Binary("+" if sign == 1 else "-", left, right))
    if is_unknown(kind):
        return WRONG
    if kind == INSTANT:
        return Typed(of.type, ir.Shift(of.expr, ir_length(length), sign))
    _no_arithmetic(cx, e, of, Typed(DURATION, of.expr))
    return WRONG


def _no_arithmetic(cx: Context, e: s.Binary, left: Typed, right: Typed) -> None:
    hint = ""
    if e.op == "+" and (fits(some(left.type), STRING) or fits(some(right.type), STRING)):
        hint = "`text(…)` makes a text of a value"
    op = e.op_span.text or e.op  # as it was written: a comparison with the clock may have been turned round
    cx.report.error("E325", f"`{op}` does not work on {show(left.type)} and {show(right.type)}", e.op_span, hint)
