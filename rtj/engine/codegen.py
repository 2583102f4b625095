"""Expressions become Python functions `f(p, at, e, v)`: profile, instant, event under test, bound names.

The source is generated from a checked tree (never from an author's text), so that an event costs straight-line code and no walk.
Null rules are decided here: where the checker proved a value present, the plain operator stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from rtj.engine.calendar import shift, shift_day
from rtj.engine.functions import DATED, OPERATORS, ZONED
from rtj.ir.expr import (
    Attribute,
    Binary,
    Call,
    Choose,
    Const,
    Each,
    Expr,
    Field,
    Held,
    History,
    Item,
    Items,
    JourneyFact,
    Member,
    Name,
    Now,
    Row,
    Shift,
    Unary,
)
from rtj.ir.records import attr_name

Evaluate: TypeAlias = Callable[[Any, int, Any, Any], Any]
DEPTH_MAX = 40  # nested parentheses before a sub-expression becomes a function of its own (CPython takes 200)
FUNCTIONS_MAX = 50_000  # compiled expressions kept by their tree


class Facts(Protocol):
    """What generated code needs to know of the program: slots by name, and how to read them."""

    def attribute_source(self, name: str) -> str: ...
    def member_mask(self, audience: str) -> int: ...
    def tracker_slot(self, tracker: str) -> int: ...
    def namespace(self) -> dict[str, Any]: ...
    def is_mapped_field(self, name: str) -> bool: ...
    def gives_event(self, aggregate: str) -> bool: ...
    def table_row(self, table: str) -> Callable[[Any, int], Any]: ...


class ExprCompiler:
    """Compiles expressions of one program, each tree once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._done: dict[Expr, Evaluate] = {}
        self._globals: dict[str, Any] = {**OPERATORS, "shift": shift, "shift_day": shift_day, **facts.namespace()}
        self._constants = 0

    def function(self, expr: Expr) -> Evaluate:
        """The function of an expression."""
        found = self._done.get(expr)
        if found is None:
            if len(self._done) >= FUNCTIONS_MAX:
                self._done.clear()
            found = self._done[expr] = self._define(_Writer(self, ()).write(expr), ())
        return found

    def condition(self, expr: Expr) -> Evaluate:
        """Like `function`, with null taken as false."""
        if not nullable(expr):
            return self.function(expr)
        return self.function(Binary("==", expr, Const(True, "bool")))

    def add_global(self, name: str, value: object) -> None:
        """Make a value known to generated code under a fixed name."""
        self._globals[name] = value

    def constant(self, value: object) -> str:
        """A name under which generated code finds a value."""
        self._constants += 1
        name = f"c_{self._constants}"
        self._globals[name] = value
        return name

    def define(self, source: str, locals_: tuple[str, ...]) -> str:
        """A helper function of its own for a deep part; returns its name."""
        return self.constant(self._define(source, locals_))

    @property
    def facts(self) -> Facts:
        return self._facts

    def _define(self, source: str, locals_: tuple[str, ...]) -> Evaluate:
        scope: dict[str, Any] = {}
        exec(f"def f({', '.join(('p', 'at', 'e', 'v', *locals_))}): return {source}", self._globals, scope)
        made: Evaluate = scope["f"]
        return made


def nullable(expr: Expr) -> bool:
    """May the value be null? False only where that is certain."""
    match expr:
        case Const(value=value):
            return value is None
        case Now() | Member() | JourneyFact() | Items() | Held():
            return False
        case Name(optional=optional) | Attribute(optional=optional):
            return optional
        case Field(base=base, optional=optional):
            return optional or nullable(base)
        case Unary(op="-"):
            return True
        case Unary():
            return False
        case Binary(op="??", right=right):
            return nullable(right)
        case Binary(op="+" | "-" | "*" | "/"):
            return True
        case Binary():
            return False
        case Choose(then=then, otherwise=otherwise):
            return nullable(then) or nullable(otherwise)
        case Each(kind=kind):
            return kind not in ("any", "all", "count", "sum")
        case _:
            return True


class _Writer:
    """Writes the source of one function. `locals` are comprehension items in scope; `events` those of them that are events."""

    def __init__(
        self, compiler: ExprCompiler, locals_: tuple[str, ...], events: frozenset[str] = frozenset(), depth: int = 0
    ) -> None:
        self.compiler, self.locals, self.events, self.depth = compiler, locals_, events, depth
        self.temps = 0

    def write(self, expr: Expr) -> str:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            inner = _Writer(self.compiler, self.locals, self.events)
            name = self.compiler.define(inner.write(expr), self._locals("i_"))
            source = f"{name}({', '.join(('p', 'at', 'e', 'v', *self._locals('i_')))})"
        else:
            source = self._source(expr)
        self.depth -= 1
        return source

    def _locals(self, prefix: str) -> tuple[str, ...]:
        return tuple(prefix + n for n in self.locals)

    def temp(self) -> str:
        self.temps += 1
        return f"t_{self.depth}_{self.temps}"

    def _source(self, expr: Expr) -> str:
        match expr:
            case Const(value=value):
                return self.compiler.constant(value) if isinstance(value, float) and not math.isfinite(value) else repr(value)
            case Now():
                return "at"
            case Name(name=name, optional=optional):
                return self._name(name, optional=optional)
            case Attribute() | Member() | Row() | Held():
                return self._fact(expr)
            case JourneyFact(field=field):
                return f"v['journey'].{field}"
            case Field():
                return self._field(expr)
            case Item(base=base, index=index):
                return f"item({self.write(base)}, {self.write(index)})"
            case Unary(op=op, of=of):
                return self._unary(op, of)
            case Binary():
                return self._binary(expr)
            case Shift(of=of, length=length, sign=sign, date=is_date):
                return self._shift(self.write(of), self.compiler.constant(length), sign, is_date)
            case Choose(test=test, then=then, otherwise=otherwise):
                return f"({self.write(then)} if {self._test(test)} else {self.write(otherwise)})"
            case Items(items=items):
                return "(" + "".join(self.write(i) + ", " for i in items) + ")"
            case Call():
                return self._call(expr)
            case Each():
                return self._each(expr)
            case History(aggregate=aggregate, where=where):
                return self._history(aggregate, where)

    def _fact(self, expr: Attribute | Member | Row | Held) -> str:
        facts = self.compiler.facts
        match expr:
            case Attribute(name=name):
                return facts.attribute_source(name)
            case Member(audience=audience):
                return f"(p.members & {facts.member_mask(audience)} != 0)"
            case Row(table=table, key=key):
                return f"{self.compiler.constant(facts.table_row(table))}({self.write(key)}, at)"
            case Held(tracker=tracker, length=length):
                return f"held(p, at, {facts.tracker_slot(tracker)}, {self.compiler.constant(length)})"

    def _name(self, name: str, *, optional: bool) -> str:
        if name in self.locals:
            return f"i_{name}"
        if name == "event":
            return "e"
        return f"v.get({name!r})" if optional else f"v[{name!r}]"  # another entry may have brought it

    def _is_event(self, expr: Expr) -> bool:
        match expr:
            case Name(name=name):
                return name not in self.locals or name in self.events
            case Item(base=base):
                return self._holds_events(base)
            case Each(kind="first" | "last", body=None, over=over):
                return self._holds_events(over)
            case Attribute(name=name) | History(aggregate=name):
                return self.compiler.facts.gives_event(name)
            case Choose(then=then):
                return self._is_event(then)
            case Binary(op="??", left=left):
                return self._is_event(left)
            case _:
                return False

    def _holds_events(self, expr: Expr) -> bool:
        return isinstance(expr, Name) and expr.name not in self.locals

    def _field(self, expr: Field) -> str:
        if expr.envelope:
            path = "." + expr.name
        elif self._is_event(expr.base):
            path = ".props." + attr_name(expr.name)
        else:
            path = "." + attr_name(expr.name)
        base = self.write(expr.base)
        if nullable(expr.base):
            temp = self.temp()
            read = f"({temp}{path} if ({temp} := {base}) is not None else None)"
        else:
            read = base + path
        mapped = expr.optional and not expr.envelope and self.compiler.facts.is_mapped_field(expr.name)
        return f"unset({read})" if mapped else read

    def _test(self, expr: Expr) -> str:
        return f"({self.write(expr)} is True)" if nullable(expr) else self.write(expr)

    def _unary(self, op: str, of: Expr) -> str:
        match op:
            case "not":
                return f"(not {self._test(of)})"
            case "missing" if isinstance(of, Const):
                return repr(of.value is None)
            case "missing":
                return f"({self.write(of)} is None)"
            case "empty":
                return f"is_empty({self.write(of)})"
            case _:
                return f"negate({self.write(of)})"

    def _binary(self, expr: Binary) -> str:
        op, left, right = expr.op, expr.left, expr.right
        if op in ("and", "or"):
            return f"({self._test(left)} {op} {self._test(right)})"
        a, b = self.write(left), self.write(right)
        sure = not nullable(left) and not nullable(right)
        match op:
            case "==" | "!=":
                return f"({a} {op} {b})"
            case "<" | "<=" | ">" | ">=" if sure:
                return f"({a} {op} {b})"
            case "<":
                return f"less({a}, {b})"
            case "<=":
                return f"at_most({a}, {b})"
            case ">":
                return f"less({b}, {a})"
            case ">=":
                return f"at_most({b}, {a})"
            case "in":
                return f"within({a}, {b})"
            case "??":
                temp = self.temp()
                return f"({temp} if ({temp} := {a}) is not None else {b})"
            case "+":
                return f"add({a}, {b})"
            case "-":
                return f"subtract({a}, {b})"
            case "*":
                return f"multiply({a}, {b})"
            case _:
                return f"divide({a}, {b})"

    def _shift(self, of: str, length: str, sign: int, is_date: bool) -> str:
        temp = self.temp()
        moved = f"shift_day({temp}, {length}, {sign})" if is_date else f"shift({temp}, {length}, {sign}, zone(p))"
        return f"({moved} if ({temp} := {of}) is not None else None)"

    def _call(self, expr: Call) -> str:
        if expr.function == "today":
            return "day_of(at, zone(p))"
        args = [self.write(a) for a in expr.args]
        if expr.function == "chance":
            return f"chance({args[0]}, p.origin)"
        if expr.function in ZONED:
            args.append("zone(p)")
        elif expr.function in DATED:
            args.append("day_of(at, zone(p))")
        return f"call_{expr.function}({', '.join(args)})"

    def _each(self, expr: Each) -> str:
        events = self.events | {expr.item} if self._holds_events(expr.over) else self.events
        inner = _Writer(self.compiler, (*self.locals, expr.item), events, self.depth)
        over = self.write(expr.over)
        if ":=" in over:  # not allowed in the iterable of a comprehension
            over = f"{self.compiler.define(over, self._locals('i_'))}({', '.join(('p', 'at', 'e', 'v', *self._locals('i_')))})"
        loop = f"for i_{expr.item} in ({over} or ())"
        keep = f" if {inner._test(expr.where)}" if expr.where is not None else ""
        if expr.kind in ("any", "all", "count"):
            body = inner._test(expr.body) if expr.body is not None else "True"
            if expr.kind == "count":
                return f"sum(1 {loop}{keep}{f' if {body}' if expr.body is not None else ''})"
            return f"{expr.kind}({body} {loop}{keep})"
        body = inner.write(expr.body) if expr.body is not None else f"i_{expr.item}"
        if expr.kind in ("first", "last"):
            return f"item([{body} {loop}{keep}], {0 if expr.kind == 'first' else -1})"
        reduce = {"sum": "total", "avg": "mean", "min": "smallest", "max": "largest"}[expr.kind]
        return f"{reduce}([{body} {loop}{keep}])"

    def _history(self, aggregate: str, where: Expr | None) -> str:
        read = f"history(p, at, {aggregate!r}, "
        if where is None:
            return read + "None)"
        inner = _Writer(self.compiler, (*self.locals, "event"), self.events | {"event"}, self.depth)
        return read + f"lambda i_event: {inner._test(where)})"
