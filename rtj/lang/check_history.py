"""History: aggregates over past events, and `has been`. What must be kept about a profile is lifted out of the expression."""

from __future__ import annotations

import dataclasses

from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.ir.functions import NUMBER
from rtj.ir.program import Aggregate, Tracker, Window, fingerprint
from rtj.ir.walk import conjunction, event_fields_read, names_read, reads_only_event, walk
from rtj.lang import syntax as s
from rtj.lang.check_base import WRONG, Context, Typed, check_condition, check_ordered, expect, ir_length, shorten
from rtj.lang.check_ops import check_binary
from rtj.lang.likeness import nearest
from rtj.lang.scope import Scope
from rtj.lang.types import BOOL, UNKNOWN, optional, some, widen

HISTORY = ("count", "sum", "avg", "min", "max", "first", "last", "previous", "distinct", "top")


def check_history(cx: Context, scope: Scope, e: s.Call) -> Typed:
    """`count(purchase where event.total > 50) over 30d`, and its like."""
    if len(e.args) != 1:
        function = e.function.text
        cx.report.error("E324", f"`{function}` looks back over one kind of event: `{function}(purchase.total)`", e.span)
        return WRONG
    arg = e.args[0]
    types = _event_types(cx, scope, e, arg.value)
    window = _window(cx, e.window)
    if types is None:
        return WRONG
    inner = scope.testing(ir.EventOf(types))
    value = _value(cx, inner, e, types)
    closed, opened = _where(cx, inner, arg.where)
    if value is None:
        return WRONG
    kind = _result(cx, e, value)
    return Typed(kind, _lift(cx, e.function.text, types, (kind, value.expr, conjunction(closed), window), opened))


def _lift(
    cx: Context,
    function: str,
    types: tuple[str, ...],
    shape: tuple[ir.Type, ir.Expr, ir.Expr | None, Window],
    opened: list[ir.Expr],
) -> ir.Expr:
    kind, value, where, window = shape
    counts_all = function == "count" and value == ir.Name("event")
    assert function in HISTORY
    draft = Aggregate("", function, types, widen(kind), where, None if counts_all else value, window)  # type: ignore[arg-type]
    test = conjunction(opened)
    key = f"#{'open' if test is not None else ''}{fingerprint(draft)}"
    cx.lifted.aggregates[key] = draft
    keep = cx.lifted.keep.setdefault(key, set())
    if test is not None:
        keep |= event_fields_read(test) or {"ts"}
    return ir.History(key, test)


# ---- which events


def event_names(cx: Context, scope: Scope, e: s.Expr) -> tuple[str, ...] | None:
    """`purchase`, `any`, or `purchase or refund`: the event types, if the expression is nothing else."""
    match e:
        case s.Name(text=name):
            is_event = name not in scope.names and (name in cx.world.events or name == "any")
            return (name,) if is_event else None
        case s.Binary(op="or", left=left, right=right):
            a, b = event_names(cx, scope, left), event_names(cx, scope, right)
            return None if a is None or b is None else tuple(sorted({*a, *b}))
        case _:
            return None


def _event_types(cx: Context, scope: Scope, call: s.Call, e: s.Expr) -> tuple[str, ...] | None:
    found: list[tuple[str, ...]] = []
    _collect(cx, scope, e, found)
    if not found:
        head = _head(cx, e)
        name = head.text if isinstance(head, s.Name) else ""
        function = call.function.text
        message = f"`{function}` looks back over events; `{shorten(head)}` is no event type"
        if name not in scope.names and (near := nearest(name, cx.world.events)) is not None:
            cx.report.guess("E317", message, head.span, name, near)
        else:
            cx.report.error("E317", message, head.span, _of_list(cx, scope, function, e))
        return None
    if len(set(found)) > 1:
        cx.report.error("E333", "one history expression reads one kind of event", e.span, "write two, or `a or b` for either")
        return None
    if any(name in cx.world.events and cx.world.events[name].business for name in found[0]):
        message = f"`{shorten(_head(cx, e))}` is about no person: no profile has a history of it"
        cx.report.error("E333", message, e.span)
        return None
    return found[0]


def _of_list(cx: Context, scope: Scope, function: str, e: s.Expr) -> str:
    """A hint: how a list, not past events, is asked."""
    if function == "count":
        for asked in (e, _head(cx, e)):  # of `seen.item` the list is `seen`
            if isinstance(some(_type_known(cx, scope, asked)), ir.ListOf):
                return f"`length({shorten(asked)})` counts the items of a list"
        return "`length(list)` counts the items of a list, `count(i.… > 0 for i in list)` those for which it is so"
    return f"`{function}(i.… for i in list)` asks a list"


def _type_known(cx: Context, scope: Scope, e: s.Expr) -> ir.Type:
    """The type of a name, an attribute or a field of an event, without a report."""
    match e:
        case s.Name(text=name) if name in scope.names:
            return scope.names[name].type
        case s.Name(text="entry") if scope.entry is not None:
            return scope.entry
        case s.Name(text="event") if scope.event is not None:
            return scope.event
        case s.Field(base=s.Name(text="profile"), name=s.Name(text=name)) if name in cx.world.attributes:
            return cx.world.attributes[name].type
        case s.Field(base=base, name=s.Name(text=name)):
            match some(_type_known(cx, scope, base)):
                case ir.EventOf(types=types):
                    return cx.world.event_fields(types).get(name, UNKNOWN)
                case ir.Record(fields=fields):
                    return dict(fields).get(name, UNKNOWN)
                case _:
                    return UNKNOWN
        case _:
            return UNKNOWN


def _collect(cx: Context, scope: Scope, e: s.Expr, found: list[tuple[str, ...]]) -> None:
    names = event_names(cx, scope, e)
    if names is not None:
        found.append(names)
        return
    match e:
        case s.Field(base=base):
            _collect(cx, scope, base, found)
        case s.Index(base=base, index=index):  # `products[purchase.item].price`: the key is what the event brings
            _collect(cx, scope, base, found)
            _collect(cx, scope, index, found)
        case s.Unary(of=of) | s.Is(of=of):
            _collect(cx, scope, of, found)
        case s.Binary(left=left, right=right):
            _collect(cx, scope, left, found)
            _collect(cx, scope, right, found)
        case s.Choose(test=test, then=then, otherwise=otherwise):
            for part in (test, then, otherwise):
                _collect(cx, scope, part, found)
        case s.Call(args=args):
            for arg in args:
                _collect(cx, scope, arg.over if arg.over is not None else arg.value, found)
        case _:
            pass


def _head(cx: Context, e: s.Expr) -> s.Expr:
    """What an expression begins with; of a row of a table what its key begins with."""
    while isinstance(e, s.Field | s.Index):
        row = isinstance(e, s.Index) and isinstance(e.base, s.Name) and e.base.text in cx.world.tables
        e = e.index if isinstance(e, s.Index) and row else e.base
    return e


# ---- value, where, window


def _value(cx: Context, inner: Scope, e: s.Call, types: tuple[str, ...]) -> Typed | None:
    """What is counted, summed … of each event. It may read nothing else."""
    tree = e.args[0].value
    scope = dataclasses.replace(inner, of_events=types, clock="still").at("the value of a history expression")
    if event_names(cx, inner, tree) is not None:
        return Typed(ir.EventOf(types), ir.Name("event"))
    if isinstance(tree, s.Field) and event_names(cx, inner, tree.base) is not None:
        scope_name = s.Name(tree.base.span, "event")
        value = cx.check(inner.at(scope.place), s.Field(tree.span, scope_name, tree.name))
    else:
        value = cx.check(scope, tree)
    if not reads_only_event(value.expr):
        cx.report.error("E333", f"`{shorten(tree)}` reads more than the event: its value is kept as the event happens", tree.span)
        return None
    return value


def _where(cx: Context, inner: Scope, e: s.Expr | None) -> tuple[list[ir.Expr], list[ir.Expr]]:
    """The conditions that need only the event, tested as it happens, and the others, tested when somebody asks."""
    closed: list[ir.Expr] = []
    opened: list[ir.Expr] = []
    scope = dataclasses.replace(inner, clock="free" if inner.clock == "free" else "still").at("this `where`")
    for part in conjuncts(e):
        test = check_condition(cx, scope, part)
        (closed if reads_only_event(test) else opened).append(test)
    return closed, opened


def conjuncts(e: s.Expr | None) -> list[s.Expr]:
    """The conditions that `and` joins."""
    if e is None:
        return []
    if isinstance(e, s.Binary) and e.op == "and":
        return [*conjuncts(e.left), *conjuncts(e.right)]
    return [e]


def _window(cx: Context, window: s.Window | None) -> Window:
    if window is None:
        return Window()
    if window.since is not None:
        name = window.since
        if name.text not in cx.world.events:
            cx.report.unknown("E317", "event type", name.text, name.span, cx.world.events)
        elif cx.world.events[name.text].business:
            cx.report.error("E333", f"`{name.text}` is about no person: no profile has a history of it", name.span)
        return Window(since=name.text)
    if window.over is not None:
        if not (window.over.ms or window.over.days or window.over.months):
            cx.report.error("E331", "a window of no length holds nothing", window.over.span)
        return Window(over=ir_length(window.over))
    return Window(this=window.this)


def _result(cx: Context, e: s.Call, value: Typed) -> ir.Type:
    name, tree = e.function.text, e.args[0].value
    is_event = isinstance(some(value.type), ir.EventOf)
    if is_event and name not in ("count", "first", "last", "previous"):
        cx.report.error("E333", f"`{name}` needs a field of the event: `{name}({shorten(tree)}.…)`", tree.span)
        return NUMBER
    match name:
        case "count":
            return NUMBER
        case "sum" | "avg":
            expect(cx, value, optional(NUMBER), tree, f"`{name}` adds: its value")
            return NUMBER if name == "sum" else optional(NUMBER)
        case "min" | "max":
            check_ordered(cx, value, tree, name)
            return optional(value.type)
        case "distinct":
            return ir.ListOf(some(value.type))
        case _:
            return optional(value.type)


# ---- has been


def check_has_been(cx: Context, scope: Scope, e: s.HasBeen) -> Typed:
    """`profile.tier has been 'gold' for 7d`: watched from the first event on, so it may read only the profile."""
    inner = scope.watched().at("`has been`")
    equal = check_binary(cx, inner, s.Binary(e.span, "==", e.of, e.value, Span(e.span.source, e.of.span.end, e.value.span.start)))
    test = equal.expr
    if names_read(test) or _reads_journey(test):
        cx.report.error("E334", f"`has been` watches the profile; `{shorten(e)}` reads names of the journey", e.span)
        return WRONG
    key = f"#t{fingerprint(test)}"
    cx.lifted.trackers[key] = Tracker("", test)
    return Typed(BOOL, ir.Held(key, ir_length(e.length)))


def _reads_journey(test: ir.Expr) -> bool:
    return any(isinstance(part, ir.JourneyFact) for part in walk(test))
