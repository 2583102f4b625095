"""The terms of conditions: what they look up, taken out of them, so that any value can be put in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import msgspec

from rtj.ir import expr as ir
from rtj.ir.expr import Expr
from rtj.ir.functions import FUNCTIONS
from rtj.logic.bare import Barer
from rtj.logic.terms import Ground

DEPTH_MAX = 200  # conditions within conditions
CLOCK = ir.Now()
Own: TypeAlias = frozenset[str]


class Unreadable(Exception):
    """A condition reads what no example can be made of."""


@dataclass(frozen=True, slots=True)
class Term:
    """What conditions look up. `key` is its bare form; `slot` the name that stands for it where it was taken out; `type` None:
    only whether it is there is asked. `within`: the slots of terms of which it is a part, which is missing with them."""

    key: Expr
    slot: str
    type: ir.Type | None
    within: tuple[str, ...] = ()


Taken: TypeAlias = tuple[tuple[Term, ...], tuple[Expr, Expr]]


def terms_of(ground: Ground, exprs: tuple[Expr, Expr], barers: tuple[Barer, Barer]) -> Taken:
    """The terms of two conditions in the order in which they are read, and the conditions without them. `now()` stays in place.

    Raises Unreadable."""
    found: dict[Expr, Term] = {}
    first, second = (_Taker(ground, barer, found).take(e, frozenset()) for e, barer in zip(exprs, barers, strict=True))
    terms = tuple(_with_wholes(term, found) for term in found.values())
    return terms, (first, second)


def _with_wholes(term: Term, found: Mapping[Expr, Term]) -> Term:
    wholes: list[str] = []
    above = _base(term.key)
    while above is not None:
        whole = found.get(above)
        if whole is not None:
            if whole.type is not None:  # a list, and one of its items: their values would have to agree
                raise Unreadable
            wholes.append(whole.slot)
        above = _base(above)
    return replace(term, within=tuple(wholes))


def _base(e: Expr) -> Expr | None:
    match e:
        case ir.Field(base=base) | ir.Item(base=base, index=ir.Const()):
            return base
        case _:
            return None


class _Taker:
    """Takes terms out of one condition. `found` is shared by those that are compared."""

    def __init__(self, ground: Ground, barer: Barer, found: dict[Expr, Term]) -> None:
        self._ground, self._barer, self._found = ground, barer, found
        self._depth = 0

    def take(self, e: Expr, own: Own) -> Expr:
        """The expression with names in place of its terms. `own`: names of its comprehensions."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise Unreadable
        made = self._term(e) if _is_path(e, own) else self._inner(e, own)
        self._depth -= 1
        return made

    def _inner(self, e: Expr, own: Own) -> Expr:
        match e:
            case ir.Now():
                self._found.setdefault(CLOCK, Term(CLOCK, "", ir.Scalar("instant")))
                return e
            case ir.Unary(op="missing", of=of) if _is_path(of, own):
                return ir.Unary("missing", self._term(of, only_there=True))
            case ir.Call(function="chance"):
                return self._term(e)
            case ir.Call(function=function) if FUNCTIONS[function].reads_clock:
                self._found.setdefault(CLOCK, Term(CLOCK, "", ir.Scalar("instant")))
                return self._parts(e, own)
            case ir.Each(item=item, over=over, body=body, where=where):
                inside = own | {item}
                made = [None if part is None else self.take(part, inside) for part in (body, where)]
                return ir.Each(e.kind, item, self.take(over, own), made[0], made[1])
            case _:
                return self._parts(e, own)

    def _parts(self, e: Expr, own: Own) -> Expr:
        changed: dict[str, Expr | tuple[Expr, ...]] = {}
        for name in e.__struct_fields__:
            part = getattr(e, name)
            if isinstance(part, tuple):
                changed[name] = tuple(self.take(one, own) for one in part)
            elif isinstance(part, msgspec.Struct) and not isinstance(part, ir.Length):
                changed[name] = self.take(part, own)  # type: ignore[arg-type]
        return msgspec.structs.replace(e, **changed) if changed else e

    def _term(self, e: Expr, *, only_there: bool = False) -> Expr:
        key = self._barer.bare(e)
        if isinstance(key, ir.Const):  # a part of nothing
            return key
        kind = self._type(key)
        known = self._found.get(key)
        if not _is_plain(kind):
            if not only_there:
                raise Unreadable
            kind = None
        if known is None:
            known = self._found[key] = Term(key, f"t{len(self._found)}", kind)
        return ir.Name(known.slot, optional=True)

    def _type(self, key: Expr) -> ir.Type | None:
        match key:
            case ir.Member() | ir.Held():
                return ir.Scalar("bool")
            case ir.Call():
                return ir.Scalar("number")
            case ir.History(aggregate=name) if name not in self._ground.declared.aggregates:
                return self._ground.declared.attribute_type(name)
            case _:
                return self._ground.type_of(key)


def _is_path(e: Expr, own: Own) -> bool:
    """Is this looked up, or a part of what is looked up?"""
    while (base := _base(e)) is not None:
        e = base
    match e:
        case ir.Name(name=name):
            return name not in own
        case ir.Attribute() | ir.Member() | ir.JourneyFact() | ir.History() | ir.Row() | ir.Held():
            return True
        case _:
            return False


def _is_plain(kind: ir.Type | None) -> bool:
    match kind:
        case ir.Scalar(name=name):
            return name != "any"
        case ir.OneOf():
            return True
        case ir.ListOf(item=item):
            return not isinstance(item, ir.ListOf) and _is_plain(item)
        case _:
            return False
