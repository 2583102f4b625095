"""Walking over checked expressions: what they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import is_
from typing import Any, TypeVar, cast

import msgspec

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
from rtj.ir.functions import FUNCTIONS

T = TypeVar("T")


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions."""
    match expr:
        case Const() | Now() | Name() | Attribute() | Member() | JourneyFact() | Held():
            return ()
        case Field(base=base):
            return (base,)
        case Item(base=base, index=index):
            return (base, index)
        case Unary(of=of) | Shift(of=of) | Row(key=of):
            return (of,)
        case Binary(left=left, right=right):
            return (left, right)
        case Choose(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case Items(items=args) | Call(args=args):
            return args
        case Each(over=over, body=body, where=where):
            return tuple(x for x in (over, body, where) if x is not None)
        case History(where=where):
            return () if where is None else (where,)


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and all below it."""
    yield expr
    for part in parts(expr):
        yield from walk(part)


def names_read(expr: Expr, own: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names that come from outside the expression: not the items of its own comprehensions, nor the `event` of a `where`
    inside a history expression."""
    match expr:
        case Name(name=name):
            return frozenset() if name in own else frozenset((name,))
        case Each(item=item, over=over, body=body, where=where):
            inside = [names_read(x, own | {item}) for x in (body, where) if x is not None]
            return names_read(over, own).union(*inside)
        case History(where=where):
            return frozenset() if where is None else names_read(where, own | {"event"})
        case _:
            return frozenset().union(*(names_read(part, own) for part in parts(expr)))


def reads_only_event(expr: Expr) -> bool:
    """Does the value depend on nothing but the event tested (and the zone of the profile, and rows of tables as they are when
    it is worked)?"""
    return names_read(expr) <= {"event"} and not any(_reads_now(part) for part in walk(expr))


def _reads_now(expr: Expr) -> bool:
    match expr:
        case Attribute() | Member() | JourneyFact() | Now() | History() | Held():
            return True
        case Call(function=name):
            return name == "chance" or FUNCTIONS[name].reads_clock
        case _:
            return False


def event_fields_read(expr: Expr) -> frozenset[str]:
    """The fields of `event` that the expression reads."""
    return frozenset(part.name for part in walk(expr) if isinstance(part, Field) and part.base == Name("event"))


def conjunction(parts_: list[Expr]) -> Expr | None:
    """All of them; None when there are none."""
    if not parts_:
        return None
    whole = parts_[0]
    for part in parts_[1:]:
        whole = Binary("and", whole, part)
    return whole


def rewrite(value: T, change: Callable[[msgspec.Struct], msgspec.Struct]) -> T:
    """The same tree with `change` applied to every struct in it, from the leaves up."""
    if isinstance(value, tuple):
        items = tuple([rewrite(part, change) for part in value])
        return value if all(map(is_, items, value)) else cast(T, items)
    if not isinstance(value, msgspec.Struct):
        return value
    changed: dict[str, Any] = {}
    for name in value.__struct_fields__:
        old = getattr(value, name)
        if isinstance(old, tuple | msgspec.Struct):
            new = rewrite(old, change)
            if new is not old:
                changed[name] = new
    whole = msgspec.structs.replace(value, **changed) if changed else value
    return cast(T, change(whole))


def renamed(expr: Expr, old: str, new: str) -> Expr:
    """The expression with one name put in the place of another."""

    def change(part: msgspec.Struct) -> msgspec.Struct:
        return Name(new) if isinstance(part, Name) and part.name == old else part

    return rewrite(expr, change)
