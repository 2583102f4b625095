"""What types mean: which fits where, what two have in common, how they are shown to authors.

A text literal has the type `one_of` its own value, so that `tier == 'golden'` can be found wrong. `any` marks what could not be
typed because of a mistake that was reported already: it fits everywhere, so that one mistake gives one report.
"""

from __future__ import annotations

from collections.abc import Sequence

from rtj.ir.expr import EventOf, ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.ir.signatures import ANY, INSTANT, STRING

UNKNOWN: Type = ANY
NULL: Type = Optional(ANY)
SHOWN_MAX = 3  # fields or values shown before `…4 more`
ENVELOPE: dict[str, Type] = {
    "id": STRING,
    "type": STRING,
    "ts": INSTANT,
    "channel": Optional(STRING),
    "received_at": Optional(INSTANT),
}
"""What every event has beside its properties."""


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
