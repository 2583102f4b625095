"""Why does a condition hold, or not? Taken apart over one profile at one instant: every part with its value and its truth.

Nothing here changes a profile or knows how it came about, so it serves audiences and journeys alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rtj.engine.calendar import INFINITY, shift
from rtj.engine.state import Profile
from rtj.ir.explained import Joint, Kind, Part
from rtj.ir.expr import (
    Attribute,
    Binary,
    Call,
    Choose,
    Const,
    Expr,
    Field,
    Held,
    History,
    Member,
    Now,
    Optional,
    Scalar,
    Shift,
    Unary,
)
from rtj.ir.expr import Type as ValueType
from rtj.ir.functions import FUNCTIONS
from rtj.ir.masking import STARS, Masker
from rtj.ir.spelling import Speller
from rtj.ir.walk import parts, walk

if TYPE_CHECKING:
    from rtj.engine.machine import Machine

PARTS_MAX = 400  # parts of one explanation; audiences nested beyond are named, not opened

_COMPARED = ("==", "!=", "<", "<=", ">", ">=", "in")
_INVERSE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Explainer:
    """Explains the conditions of one program. `texts`: what the author calls expressions, by the audience that is explained."""

    def __init__(
        self, machine: Machine, masker: Masker | None = None, texts: Callable[[str], Mapping[Expr, str]] = lambda _: {}
    ) -> None:
        self._machine, self._masker, self._texts = machine, masker, texts
        self._speller = Speller(machine.program)
        self._types: dict[str, ValueType] = {a.name: a.type for a in machine.program.aggregates}
        self._types |= {m.name: m.type for m in machine.program.mappings}
        self._audiences = {a.name: a for a in machine.program.audiences}
        self._trackers = {t.name: t.condition for t in machine.program.trackers}
        self._room = 0

    def audience(self, name: str, p: Profile, at: int) -> Part:
        """Why a profile is in an audience, or not."""
        self._room = PARTS_MAX
        return self._member(Member(name), (p, at, None))

    def condition(self, expr: Expr, p: Profile, at: int, names: dict[str, Any] | None = None) -> Part:
        """Why a condition holds, or not. `names` are those that a journey has bound where it stands."""
        self._room = PARTS_MAX
        return self._test(expr, (p, at, names))

    # ---- tests

    def _test(self, expr: Expr, sight: tuple[Profile, int, Any]) -> Part:
        self._room -= 1
        match expr:
            case Binary(op="and" | "or" as op):
                inner = tuple(self._test(part, sight) for part in _flat(expr, op))
                return self._part(expr, sight, op, inner)
            case Unary(op="not", of=of) if not _is_word(of):
                return self._part(expr, sight, "not", (self._test(of, sight),))
            case Choose(test=test, then=then, otherwise=otherwise):
                chosen = then if self._holds(test, sight) else otherwise
                return self._part(expr, sight, "if", (self._test(test, sight), self._test(chosen, sight)))
            case Member():
                return self._member(expr, sight)
            case Held():
                return self._held(expr, sight)
            case _:
                shown = tuple(self._value(part, sight) for part in _shown(expr))
                return self._part(expr, sight, "leaf", shown)

    def _part(self, expr: Expr, sight: tuple[Profile, int, Any], joint: Joint, inner: tuple[Part, ...]) -> Part:
        opposite = ""
        if joint == "leaf":
            match expr:
                case Binary(op=op, left=left, right=right) if op in _INVERSE:
                    opposite = self._speller.spell(Binary(_INVERSE[op], left, right))  # type: ignore[arg-type]
                case _:
                    opposite = self._speller.spell(expr.of if _is_not(expr) else Unary("not", expr))  # type: ignore[union-attr]
        return Part(
            text=self._speller.spell(expr),
            joint=joint,
            holds=self._holds(expr, sight),
            parts=inner,
            next_change=self._next_change(expr, sight),
            opposite=opposite,
        )

    def _member(self, expr: Member, sight: tuple[Profile, int, Any]) -> Part:
        p, at, _ = sight
        audience = self._audiences[expr.audience]
        inner: tuple[Part, ...] = ()
        if audience.condition is not None and self._room > 0:
            outer, self._speller = self._speller, Speller(self._machine.program, self._texts(expr.audience))
            inner = (self._test(audience.condition, (p, at, None)),)
            self._speller = outer
        text = f"audience.{expr.audience}"
        listed = f"one of the {len(audience.members):,} people of its list" if audience.condition is None else ""
        return Part(
            text=f"{text}: {listed}" if listed else text,
            joint="and" if inner else "leaf",
            holds=self._holds(expr, sight),
            parts=inner,
            next_change=inner[0].next_change if inner else None,
            opposite=f"not {text}",
        )

    def _held(self, expr: Held, sight: tuple[Profile, int, Any]) -> Part:
        p, at, _ = sight
        condition = self._trackers[expr.tracker]
        since = p.held[self._machine.tracker_slot(expr.tracker)] if p.held is not None else None
        due = None if since is None else shift(since, expr.length, 1, self._machine.zone(p))
        text = self._speller.spell(expr)
        return Part(
            text=text,
            joint="leaf",
            holds=self._holds(expr, sight),
            parts=(self._test(condition, (p, at, None)),),
            since=since,
            next_change=due if due is not None and due > at else None,
            opposite=self._speller.spell(Unary("not", expr)),
        )

    def _holds(self, expr: Expr, sight: tuple[Profile, int, Any]) -> bool:
        p, at, names = sight
        return bool(self._machine.test(expr)(p, at, None, names))

    def _next_change(self, expr: Expr, sight: tuple[Profile, int, Any]) -> int | None:
        p, at, names = sight
        mine = [change(p, at, names) for change in self._machine.changes.of(expr)]
        for audience in {part.audience for part in walk(expr) if isinstance(part, Member)}:
            condition = self._audiences[audience].condition
            below = None if condition is None else self._next_change(condition, (p, at, None))
            mine += [] if below is None else [below]
        found = min(mine, default=INFINITY)
        return found if found < INFINITY else None

    # ---- values

    def _value(self, expr: Expr, sight: tuple[Profile, int, Any]) -> Part:
        self._room -= 1
        p, at, names = sight
        value = self._machine.value(expr)(p, at, None, names)
        read = {part.name for part in walk(expr) if isinstance(part, Attribute)}
        read |= {part.aggregate for part in walk(expr) if isinstance(part, History)}
        if self._masker is not None and any(self._masker.value(name, "?") != "?" for name in read):
            return Part(self._speller.spell(expr), "value", None, STARS)
        return Part(self._speller.spell(expr), "value", None, value, self._kind(expr))

    def _kind(self, expr: Expr) -> Kind:
        match expr:
            case Now():
                return "instant"
            case Attribute(name=name) | History(aggregate=name):
                return _kind_of(self._types.get(name))
            case Field(name="ts" | "received_at", envelope=True):
                return "instant"
            case Const(type="instant" | "date" | "duration" as kind):
                return kind
            case Call(function=function):
                result = FUNCTIONS[function].signatures[0].result
                return _kind_of(result) if isinstance(result, Scalar | Optional) else ""
            case Shift(date=is_date):
                return "date" if is_date else "instant"
            case Choose(then=then):
                return self._kind(then)
            case Binary(op="??", left=left):
                return self._kind(left)
            case Binary(op="+" | "-" as op, left=left, right=right):
                mine, other = self._kind(left), self._kind(right)
                return "duration" if op == "-" and mine == other and mine else mine or other
            case _:
                return ""


def _kind_of(kind: ValueType | None) -> Kind:
    inner = kind.of if isinstance(kind, Optional) else kind
    return inner.name if isinstance(inner, Scalar) and inner.name in ("instant", "date", "duration") else ""


def _flat(expr: Expr, op: str) -> list[Expr]:
    """`a and b and c` as three parts."""
    if isinstance(expr, Binary) and expr.op == op:
        return [*_flat(expr.left, op), *_flat(expr.right, op)]
    return [expr]


def _is_word(expr: Expr) -> bool:
    """Is its negation one test (`not in`, `is not missing`)?"""
    return (isinstance(expr, Binary) and expr.op == "in") or (isinstance(expr, Unary) and expr.op in ("missing", "empty"))


def _is_not(expr: Expr) -> bool:
    return isinstance(expr, Unary) and expr.op == "not"


def _shown(expr: Expr) -> tuple[Expr, ...]:
    """The values worth seeing beside a test: what it compares, but for literals."""
    match expr:
        case Unary(op="not", of=of):
            return _shown(of)
        case Binary(op=op, left=left, right=right) if op in _COMPARED:
            found: tuple[Expr, ...] = (left, right)
        case Unary() | Call():
            found = parts(expr)
        case _:
            return ()
    return tuple(
        part for part in found if any(isinstance(x, Attribute | History | Now | Field | Call | Held) for x in walk(part))
    )
