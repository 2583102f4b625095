"""What types mean to the checker: which fits where, what two have in common, how they are shown to authors.

A text literal has the type `one_of` its own value, so that `tier == 'golden'` can be found wrong. `any` marks what could not be
typed because of a mistake that was reported already: it fits everywhere, so that one mistake gives one report.
"""

from __future__ import annotations

from collections.abc import Sequence

from rtj.ir.expr import EventOf, ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.ir.functions import ANY, BOOL, DATE, DURATION, INSTANT, NUMBER, STRING, Many, Param, Pattern, Signature, Var

UNKNOWN: Type = ANY
NULL: Type = Optional(ANY)
ORDERED: tuple[Type, ...] = (NUMBER, INSTANT, DATE, DURATION, STRING)
TYPE_NAMES = ("string", "number", "bool", "instant", "date", "duration", "list", "record", "one_of")
SHOWN_MAX = 3  # fields or values shown before `…4 more`

__all__ = [
    "BOOL",
    "DATE",
    "DURATION",
    "INSTANT",
    "NULL",
    "NUMBER",
    "ORDERED",
    "STRING",
    "TYPE_NAMES",
    "UNKNOWN",
    "call_result",
    "fits",
    "is_optional",
    "is_unknown",
    "join",
    "literal",
    "may_equal",
    "missing",
    "optional",
    "show",
    "show_signature",
    "some",
    "widen",
]


def literal(value: str) -> Type:
    """The type of a text literal."""
    return OneOf((value,))


def optional(kind: Type) -> Type:
    """`T?`, once."""
    return kind if isinstance(kind, Optional) else Optional(kind)


def some(kind: Type) -> Type:
    """T of `T?`."""
    return kind.of if isinstance(kind, Optional) else kind


def is_optional(kind: Type) -> bool:
    return isinstance(kind, Optional)


def is_unknown(kind: Type) -> bool:
    """Was a mistake reported already (or is this a bare null)?"""
    return some(kind) == ANY


def missing(kind: Type) -> bool:
    """Is this the type of `null` itself?"""
    return kind == NULL


def widen(kind: Type) -> Type:
    """The type without knowledge of literals: how a value is kept and printed."""
    match kind:
        case OneOf():
            return STRING
        case Optional(of=of):
            return Optional(widen(of))
        case ListOf(item=item):
            return ListOf(widen(item))
        case Record(fields=fields):
            return Record(tuple((name, widen(of)) for name, of in fields))
        case _:
            return kind


def fits(kind: Type, wanted: Type) -> bool:
    """May a value of `kind` stand where `wanted` is asked for? A `T?` fits only a `T?`."""
    if ANY in (kind, wanted):
        return True
    match wanted, kind:
        case Optional(of=of), _:
            return fits(some(kind), of)
        case _, Optional():
            return False
        case Scalar(name="string"), OneOf():
            return True
        case OneOf(values=allowed), OneOf(values=values):
            return set(values) <= set(allowed)
        case ListOf(item=to), ListOf(item=item):
            return fits(item, to)
        case Record(fields=to_fields), Record(fields=fields):
            known = dict(fields)
            return all(fits(known.get(name, NULL), of) for name, of in to_fields)
        case EventOf(types=to_types), EventOf(types=types):
            return set(types) <= set(to_types)
        case _:
            return kind == wanted


def join_all(kinds: Sequence[Type]) -> Type | None:
    """The narrowest type that all fit; two by two, for a list may have thousands of items."""
    row: list[Type] = list(kinds) or [UNKNOWN]
    while len(row) > 1:
        pairs = [join(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        if None in pairs:
            return None
        row = [*(kind for kind in pairs if kind is not None), *row[len(pairs) * 2 :]]
    return row[0]


def join(left: Type, right: Type) -> Type | None:
    """The narrowest type both fit, or None when they have nothing in common."""
    if isinstance(left, Optional) or isinstance(right, Optional):
        inner = join(some(left), some(right))
        return None if inner is None else optional(inner)
    if ANY in (left, right):
        return right if left == ANY else left
    match left, right:
        case OneOf(values=a), OneOf(values=b):
            return OneOf(tuple(sorted({*a, *b})))
        case ListOf(item=a), ListOf(item=b):
            item = join(a, b)
            return None if item is None else ListOf(item)
        case EventOf(types=a), EventOf(types=b):
            return EventOf(tuple(sorted({*a, *b})))
        case Record(), Record():
            return _join_records(left, right)
    if fits(left, right):
        return right
    return left if fits(right, left) else None


def _join_records(left: Record, right: Record) -> Type | None:
    mine, others = dict(left.fields), dict(right.fields)
    fields: list[tuple[str, Type]] = []
    for name in sorted({*mine, *others}):
        both = join(mine.get(name, NULL), others.get(name, NULL))
        if both is None:
            return None
        fields.append((name, both))
    return Record(tuple(fields))


def may_equal(left: Type, right: Type) -> bool:
    """Can `==` between them ever hold? Null equals null; a one_of meets another one if they share a value."""
    a, b = some(left), some(right)
    match a, b:
        case OneOf(values=mine), OneOf(values=others):
            return bool(set(mine) & set(others))
        case ListOf(item=mine_item), ListOf(item=other_item):
            return join(mine_item, other_item) is not None
        case EventOf(), EventOf():
            return False
        case _:
            return join(a, b) is not None


# ---- calls


def call_result(signature: Signature, args: Sequence[Type]) -> Type | None:
    """The result of a call with arguments of these types, or None if the signature does not take them. A `T?` is taken
    where T is asked for: what null does is the function's null rule."""
    params = signature.params
    fewest = len(params) - signature.omittable
    if len(args) < fewest or (len(args) > len(params) and not signature.variadic):
        return None
    bound: dict[str, Type] = {}
    for number, arg in enumerate(args):
        param = params[min(number, len(params) - 1)]
        if not _bind(param, some(arg), bound):
            return None
    return _result(signature.result, bound)


def _bind(param: Param, arg: Type, bound: dict[str, Type]) -> bool:
    match param.type:
        case Var() as var:
            return _bind_var(var, arg, bound)
        case Many(of=var):
            if arg == ANY:
                return True
            return isinstance(arg, ListOf) and _bind_var(var, some(arg.item), bound)
        case wanted:
            return wanted == ANY or fits(arg, wanted)


def _bind_var(var: Var, arg: Type, bound: dict[str, Type]) -> bool:
    if var.among and not any(fits(arg, of) for of in var.among):
        return False
    if arg == ANY:
        return True
    both = join(bound[var.name], arg) if var.name in bound else arg
    if both is None:
        return False
    bound[var.name] = both
    return True


def _result(result: Pattern, bound: dict[str, Type]) -> Type:
    match result:
        case Var(name=name):
            return bound.get(name, ANY)
        case Many(of=var):
            return ListOf(bound.get(var.name, ANY))
        case kind:
            return kind


# ---- as text


def show(kind: Type) -> str:
    """The type as an author would write it, long ones cut: `{country: string, tier: 'gold' | 'silver', …4 more}`."""
    match kind:
        case Scalar(name="any"):
            return "null"
        case Scalar(name=name):
            return name
        case OneOf(values=values):
            return " | ".join(_cut([f"'{v}'" for v in values]))
        case ListOf(item=item):
            return f"[{show(item)}]"
        case Record(fields=fields):
            return "{" + ", ".join(_cut([f"{name}: {show(of)}" for name, of in fields])) + "}"
        case Optional(of=Scalar(name="any")):
            return "null"
        case Optional(of=OneOf() as of) if len(of.values) > 1:
            return f"({show(of)})?"
        case Optional(of=of):
            return f"{show(of)}?"
        case EventOf(types=types):
            return "event " + " or ".join(_cut(list(types)))


def _cut(parts: list[str]) -> list[str]:
    if len(parts) <= SHOWN_MAX + 1:
        return parts
    return [*parts[:SHOWN_MAX], f"…{len(parts) - SHOWN_MAX} more"]


def show_signature(name: str, signature: Signature) -> str:
    """`round(number: number, digits: number) -> number`; `[digits]` when it may be left out."""
    first_left_out = len(signature.params) - signature.omittable
    parts = [
        f"[{p.name}: {_show_pattern(p.type)}]" if number >= first_left_out else f"{p.name}: {_show_pattern(p.type)}"
        for number, p in enumerate(signature.params)
    ]
    return f"{name}({', '.join(parts)}{', …' if signature.variadic else ''}) -> {_show_pattern(signature.result)}"


def _show_pattern(pattern: Pattern) -> str:
    match pattern:
        case Var(name=name, among=among):
            return " or ".join(show(of) for of in among) if among and name not in ("T",) else name
        case Many(of=var):
            return f"[{_show_pattern(var)}]"
        case Scalar(name="any"):
            return "any"
        case kind:
            return show(kind)
