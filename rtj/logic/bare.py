"""The bare form of an expression: what is constant is computed, and two ways to read one thing become one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from rtj.engine.functions import OPERATORS, PLAIN, TOTAL, ZONED
from rtj.ir import expr as ir
from rtj.ir.functions import FUNCTIONS

NULL = ir.Const(None, "null")
ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}


class Barer:
    """Makes expressions bare, each once. `aggregated`: computed attributes that are one aggregate, by name. `renames`: names that
    mean another one where the expressions stand.

    Marks of what may be missing are taken off, for they tell one reading of a name from another; who asks for bare forms knows
    them from the types."""

    def __init__(self, aggregated: Mapping[str, str], renames: Mapping[str, str] | None = None) -> None:
        self._aggregated = aggregated
        self._renames = renames or {}
        self._done: dict[int, tuple[ir.Expr, ir.Expr]] = {}

    def bare(self, e: ir.Expr) -> ir.Expr:
        """The bare form. Expressions are told apart by identity, and kept."""
        found = self._done.get(id(e))
        if found is None:
            found = self._done[id(e)] = (e, self._bare(e))
        return found[1]

    def _bare(self, e: ir.Expr) -> ir.Expr:
        match e:
            case ir.Const() | ir.Now() | ir.Member() | ir.JourneyFact() | ir.Held():
                return e
            case ir.Name(name=name, optional=optional):
                return ir.Name(self._renames.get(name, name)) if optional or name in self._renames else e
            case ir.Attribute(name=name):
                key = self._aggregated.get(name)
                return ir.History(key) if key is not None else ir.Attribute(name)
            case ir.History():
                return e
            case ir.Field(base=base, name=name, envelope=envelope):
                return ir.Field(self.bare(base), name, envelope)
            case ir.Item(base=base, index=index):
                return _item(self.bare(base), self.bare(index))
            case ir.Unary(op=op, of=of):
                return _unary(op, self.bare(of))
            case ir.Binary(op=op, left=left, right=right):
                return _binary(op, self.bare(left), self.bare(right))
            case ir.Shift(of=of, length=length, sign=sign, date=date):
                inner = self.bare(of)
                return NULL if inner == NULL else ir.Shift(inner, length, sign, date)
            case ir.Choose(test=test, then=then, otherwise=otherwise):
                return ir.Choose(self.bare(test), self.bare(then), self.bare(otherwise))
            case ir.Row(table=table, key=key):
                return ir.Row(table, self.bare(key))
            case ir.Items(items=items):
                return ir.Items(tuple(self.bare(item) for item in items))
            case ir.Call(function=function, args=args):
                return _call(function, tuple(self.bare(arg) for arg in args))
            case ir.Each(kind=kind, item=item, over=over, body=body, where=where):
                inner_body = self.bare(body) if body is not None else None
                return ir.Each(kind, item, self.bare(over), inner_body, self.bare(where) if where is not None else None)


def constant(value: Any, like: ir.Expr | None = None) -> ir.Expr:
    """A literal of a value; of a time, as its model says."""
    if value is None:
        return NULL
    if isinstance(value, tuple):
        return ir.Items(tuple(constant(item) for item in value))
    if isinstance(value, bool):
        return ir.Const(value, "bool")
    if isinstance(value, str):
        return ir.Const(value, "string")
    return ir.Const(value, like.type if isinstance(like, ir.Const) and like.type != "null" else "number")


def is_constant(e: ir.Expr) -> bool:
    return isinstance(e, ir.Const) or (isinstance(e, ir.Items) and all(map(is_constant, e.items)))


def value_of(e: ir.Expr) -> Any:
    """The value of a constant."""
    if isinstance(e, ir.Items):
        return tuple(value_of(item) for item in e.items)
    assert isinstance(e, ir.Const)
    return e.value


def _unary(op: Any, of: ir.Expr) -> ir.Expr:
    if op == "-" and isinstance(of, ir.Const):
        return constant(OPERATORS["negate"](of.value), of)
    return ir.Unary(op, of)


def _binary(op: Any, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    if op in ARITHMETIC:
        if NULL in (left, right) or (op == "/" and isinstance(right, ir.Const) and right.value == 0):
            return NULL
        if isinstance(left, ir.Const) and isinstance(right, ir.Const):
            like = right if left.type == "duration" else left
            return constant(OPERATORS[ARITHMETIC[op]](left.value, right.value), _difference(op, left, right) or like)
    if op == "??" and is_constant(left):
        return right if left == NULL else left
    return ir.Binary(op, left, right)


def _difference(op: str, left: ir.Const, right: ir.Const) -> ir.Const | None:
    """Two places in time are a length apart."""
    return ir.Const(0, "duration") if op == "-" and left.type == right.type and left.type in ("instant", "date") else None


def _item(base: ir.Expr, index: ir.Expr) -> ir.Expr:
    if NULL in (base, index):
        return NULL
    if isinstance(base, ir.Items) and isinstance(index, ir.Const):
        at = index.value
        return base.items[at] if type(at) is int and -len(base.items) <= at < len(base.items) else NULL
    return ir.Item(base, index)


def _call(name: str, args: tuple[ir.Expr, ...]) -> ir.Expr:
    if FUNCTIONS[name].null == "null" and NULL in args:
        return NULL
    if args and all(map(is_constant, args)):
        values = [value_of(arg) for arg in args]
        if name in PLAIN or name in TOTAL:
            function = PLAIN.get(name) or TOTAL[name]
            return constant(function(*values), args[0] if name in ("min", "max", "abs") else None)
        if name == "date" and isinstance(values[0], str):
            return constant(ZONED["date"](values[0], UTC), ir.Const(0, "date"))
    return ir.Call(name, args)
