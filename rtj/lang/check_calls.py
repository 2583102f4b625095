"""Calls: functions of the table, `now()`, and questions to every item of a list."""

from __future__ import annotations

import re
from dataclasses import replace

from rtj.ir import expr as ir
from rtj.ir.functions import BOUNDS, FUNCTIONS, Function
from rtj.lang import syntax as s
from rtj.lang.check_base import WRONG, Context, Typed, check_condition, check_ordered, expect, shorten
from rtj.lang.check_history import HISTORY, check_history
from rtj.lang.check_ops import is_now
from rtj.lang.habits import function_meant
from rtj.lang.likeness import nearest
from rtj.lang.scope import Binding, Scope, bind
from rtj.lang.types import (
    BOOL,
    INSTANT,
    NUMBER,
    UNKNOWN,
    call_result,
    is_optional,
    is_unknown,
    optional,
    show,
    show_signature,
    some,
)

WORD = re.compile(r"\w+")
EACH = ("any", "all", "count", "sum", "min", "max", "avg", "first", "last")
WATCHABLE = (
    "compare `now()`, or `now()` and a length, with something that does not read the clock (`x <= now() - 30d`), or ask for "
    "parts of the calendar: `today()`, `weekday(now())`, `hour(now())`"
)


def check_call(cx: Context, scope: Scope, e: s.Call) -> Typed:
    """Type and lower a call of any kind."""
    name = e.function.text
    if name == "now":
        return _now(cx, scope, e)
    if len(e.args) == 1 and e.args[0].item is not None:
        return _each(cx, scope, e, e.args[0])
    if name in HISTORY and (name not in FUNCTIONS or len(e.args) == 1):
        return check_history(cx, scope, e)
    if name in FUNCTIONS:
        return _function(cx, scope, e, FUNCTIONS[name])
    known = {*FUNCTIONS, *HISTORY, *EACH, "now"}
    if name in EACH:
        hint = f"it asks of every item: `{name}(i.… for i in list)`"
    else:
        hint = function_meant(name)
    if hint:
        cx.report.error("E316", f"unknown function `{name}`", e.function.span, hint)
    else:
        near = name.lower() if name.lower() in known else nearest(name, known)
        cx.report.guess("E316", f"unknown function `{name}`", e.function.span, name, near)
    for arg in e.args:
        if arg.item is None and arg.where is None and cx.world.events.keys().isdisjoint(WORD.findall(arg.span.text)):
            cx.check(replace(scope, clock="free"), arg.value)  # what looks back, or at the clock, is judged by the function
    return WRONG


def _now(cx: Context, scope: Scope, e: s.Call) -> Typed:
    if e.args:
        cx.report.error("E324", "`now()` takes no arguments", e.span)
    if scope.clock == "watched":
        cx.report.error("E330", f"when this changes next cannot be computed, and {scope.place} is watched", e.span, WATCHABLE)
    if scope.clock == "still":
        _no_clock(cx, e)
    return Typed(INSTANT, ir.Now())


def _no_clock(cx: Context, e: s.Call) -> None:
    cx.report.error(
        "E330",
        f"`{e.function.text}()` cannot be read here: what counts is decided as the event happens",
        e.span,
        "`event.ts` is when it happened; a window (`over 30d`) looks back from now",
    )


# ---- functions of the table


def _function(cx: Context, scope: Scope, e: s.Call, function: Function) -> Typed:
    if e.window is not None or any(arg.where is not None for arg in e.args):
        span = e.window.span if e.window is not None else e.span
        cx.report.error("E333", f"`{function.name}` does not look back: it takes no window and no `where`", span)
    if function.reads_clock and scope.clock == "still":
        _no_clock(cx, e)
    args: list[Typed] = []
    for arg in e.args:
        inner = scope
        if function.grain and scope.clock == "watched" and is_now(arg.value):
            inner = replace(scope, clock="free")
        if function.name == "quintile" and scope.clock == "watched" and _is_since(e, arg):
            inner = replace(scope, clock="free")
        args.append(cx.check(inner, arg.value))
    return _apply(cx, e, function, args)


def _is_since(e: s.Call, arg: s.Arg) -> bool:
    """Is this how long something is ago, scored against bounds that stand in a list: `quintile(now() - x, [a, b, c, d])`? When
    the score changes can be computed, for each bound is a comparison with the clock."""
    value = arg.value
    if arg is not e.args[0] or not isinstance(value, s.Binary) or value.op != "-" or not is_now(value.left):
        return False
    return len(e.args) > 1 and isinstance(e.args[1].value, s.Items)


def _check_bounds(cx: Context, e: s.Call, bounds: Typed) -> None:
    """Bounds that are written down must be four, and rise or fall."""
    match bounds.expr:
        case ir.Items(items=items) if len(items) != BOUNDS:
            message = f"a score from 1 to 5 has {BOUNDS} bounds, those of 2, 3, 4 and 5; here are {len(items)}"
            cx.report.error("E324", message, e.args[1].span)
        case ir.Items(items=items):
            known = [item.value for item in items if isinstance(item, ir.Const) and isinstance(item.value, int | float)]
            if len(known) == BOUNDS and known not in (sorted(known), sorted(known, reverse=True)):
                hint = "rising: more is better; falling: less is better"
                cx.report.error("E348", "bounds of a score must rise or fall", e.args[1].span, hint)
        case _:
            pass


def _apply(cx: Context, e: s.Call, function: Function, args: list[Typed]) -> Typed:
    shown = " or ".join(f"`{show_signature(function.name, signature)}`" for signature in function.signatures)
    taken = {n for sig in function.signatures for n in range(len(sig.params) - sig.omittable, len(sig.params) + 1)}
    if len(args) not in taken and not (function.signatures[0].variadic and len(args) > max(taken)):
        count = f"{len(args)} argument{'s' * (len(args) != 1)}"
        cx.report.error("E324", f"`{function.name}` does not take {count}; it is {shown}", e.span)
        return WRONG
    types = [arg.type for arg in args]
    expr = ir.Call(function.name, _lowered(function.name, args))
    if function.name == "quintile":
        _check_bounds(cx, e, args[1])
    for signature in function.signatures:
        kind = call_result(signature, types)
        if kind is not None:
            misses = function.null == "null" and any(is_optional(t) for t in types)
            return Typed(optional(kind) if misses and kind != UNKNOWN else kind, expr)
    got = ", ".join(show(t) for t in types)
    cx.report.error("E320", f"`{function.name}` does not take ({got}); it is {shown}", e.span)
    return WRONG


def _lowered(name: str, args: list[Typed]) -> tuple[ir.Expr, ...]:
    """Arguments as the evaluator takes them: calendar functions get dates alone, `text` is told what it prints."""
    if name in ("weekday", "day", "month", "year", "days_between"):
        return tuple(ir.Call("date", (arg.expr,)) if some(arg.type) == INSTANT else arg.expr for arg in args)
    if name == "text" and len(args) == 1:
        match some(args[0].type):
            case ir.Scalar(name=scalar):
                printed: str = scalar
            case ir.OneOf():
                printed = "string"
            case ir.ListOf():
                printed = "list"
            case _:
                printed = "record"
        return args[0].expr, ir.Const(printed, "string")
    return tuple(arg.expr for arg in args)


# ---- lists


def _each(cx: Context, scope: Scope, e: s.Call, arg: s.Arg) -> Typed:
    name = e.function.text
    assert arg.item is not None
    assert arg.over is not None
    over = cx.check(scope, arg.over)
    item: ir.Type = UNKNOWN
    match some(over.type):
        case ir.ListOf(item=item):
            pass
        case kind if not is_unknown(kind):
            cx.report.error("E320", f"`for … in` goes through a list; `{shorten(arg.over)}` is {show(over.type)}", arg.over.span)
    if e.window is not None:
        cx.report.error("E333", "a list has no window: windows look back over events", e.window.span)
    inner = bind(cx.report, cx.world, scope, arg.item.text, Binding(item, arg.item.span))
    where = check_condition(cx, inner, arg.where) if arg.where is not None else None
    match name:
        case "any" | "all":
            body = check_condition(cx, inner, arg.value)
            return Typed(BOOL, ir.Each(name, arg.item.text, over.expr, body, where))
        case "count":
            return Typed(NUMBER, ir.Each(name, arg.item.text, over.expr, _counted(cx, inner, arg), where))
        case "sum" | "avg":
            value = expect(cx, cx.check(inner, arg.value), optional(NUMBER), arg.value, f"`{name}` adds: its value")
            kind = NUMBER if name == "sum" else optional(NUMBER)
            return Typed(kind, ir.Each(name, arg.item.text, over.expr, value.expr, where))
        case "min" | "max" | "first" | "last":
            value = cx.check(inner, arg.value)
            if name in ("min", "max"):
                check_ordered(cx, value, arg.value, name)
            body_or_item = None if value.expr == ir.Name(arg.item.text) else value.expr
            return Typed(optional(value.type), ir.Each(name, arg.item.text, over.expr, body_or_item, where))
        case _:
            hint = f"these do: {', '.join(EACH)}"
            cx.report.error("E316", f"`{name}` does not ask every item of a list", e.function.span, hint)
            return WRONG


def _counted(cx: Context, inner: Scope, arg: s.Arg) -> ir.Expr | None:
    """`count(i for i in list)` counts items, `count(i.qty > 1 for i in list)` those for which it is true."""
    assert arg.item is not None
    if isinstance(arg.value, s.Name) and arg.value.text == arg.item.text:
        return None
    return check_condition(cx, inner, arg.value)
