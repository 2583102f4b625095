"""Conditions as formulas: what must be so for a condition to hold, or not to hold, with the rules for missing values (`null`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from rtj.ir import expr as ir
from rtj.logic.bare import is_constant, value_of
from rtj.logic.differences import Order
from rtj.logic.domains import MISSING, PRESENT, Domain, Value, compared, one_of, other_than
from rtj.logic.terms import Ground

STEPS_MAX = 1_000  # readings of parts for one formula
LEVELS_MAX = 100  # of conditions within conditions that are read
CASES_MAX = 6  # ways apart (`??`, `if`) that are followed inside one comparison
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
TRUE, FALSE = Domain(False, one_of(True)), Domain(False, one_of(False))
NOT_TRUE = Domain(True, one_of(False))


@dataclass(frozen=True, slots=True)
class Is:
    """A term lies in a domain."""

    term: ir.Expr
    domain: Domain


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Formula, ...]


Formula: TypeAlias = Is | Order | Every | Some
YES, NO = Every(()), Some(())


def all_of(*parts: Formula) -> Formula:
    """All of them, flat."""
    flat: list[Formula] = []
    for part in parts:
        if part == NO:
            return NO
        flat += part.parts if isinstance(part, Every) else (part,)
    return flat[0] if len(flat) == 1 else Every(tuple(flat))


def any_of(*parts: Formula) -> Formula:
    """One of them, flat; what two say of one term is put together where that is exact."""
    flat: list[Formula] = []
    for part in parts:
        if part == YES:
            return YES
        for one in part.parts if isinstance(part, Some) else (part,):
            _unite(flat, one)
    return flat[0] if len(flat) == 1 else Some(tuple(flat))


def _unite(flat: list[Formula], one: Formula) -> None:
    if isinstance(one, Is):
        for number, other in enumerate(flat):
            if isinstance(other, Is) and other.term == one.term:
                union = _exact_union(other.domain, one.domain)
                if union is not None:
                    flat[number] = Is(one.term, union)
                    return
    flat.append(one)


def _exact_union(a: Domain, b: Domain) -> Domain | None:
    null = a.null or b.null
    if a.some.empty or a.some == b.some:
        return Domain(null, b.some)
    if b.some.empty:
        return Domain(null, a.some)
    if a.some.only is not None and b.some.only is not None:
        return Domain(null, one_of(*(a.some.only | b.some.only)))
    return None


class Reader:
    """Reads bare conditions. One reader serves one place, whose names its ground knows. What would make a formula larger than
    its bound is left as one thing that is true or false, or there or missing."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._left = STEPS_MAX
        self._level = 0

    def holds(self, e: ir.Expr) -> Formula:
        """What must be so for a bare condition to hold (null counts as false)."""
        self._left = STEPS_MAX
        return self._read(e, holds=True)

    def fails(self, e: ir.Expr) -> Formula:
        """What must be so for a bare condition not to hold."""
        self._left = STEPS_MAX
        return self._read(e, holds=False)

    def _is_spent(self) -> bool:
        self._left -= 1
        return self._left < 0

    def _read(self, e: ir.Expr, *, holds: bool) -> Formula:
        if self._is_spent() or self._level >= LEVELS_MAX:
            return Is(e, TRUE if holds else NOT_TRUE)
        self._level += 1
        formula = self._of(e, holds=holds)
        self._level -= 1
        return formula

    def _of(self, e: ir.Expr, *, holds: bool) -> Formula:
        match e:
            case ir.Const(value=value):
                return YES if (value is True) == holds else NO
            case ir.Unary(op="not", of=of):
                return self._read(of, holds=not holds)
            case ir.Binary(op="and" | "or", left=left, right=right):
                together = all_of if (e.op == "and") == holds else any_of
                return together(self._read(left, holds=holds), self._read(right, holds=holds))
            case ir.Binary(op="==" | "!=", left=left, right=right):
                return self._compared(left, "==", right, holds=holds == (e.op == "=="))
            case ir.Binary(op="<" | "<=" | ">" | ">=", left=left, right=right):
                return self._compared(left, e.op, right, holds=holds)
            case ir.Binary(op="in", left=left, right=ir.Items(items=items)):
                return self._among(left, items, holds=holds)
            case ir.Unary(op="missing", of=of):
                return self.missing(of) if holds else self.present(of)
            case ir.Unary(op="empty", of=of):
                return self._empty(of, holds=holds)
            case ir.Choose(test=test, then=then, otherwise=otherwise):
                one = all_of(self._read(test, holds=True), self._read(then, holds=holds))
                return any_of(one, all_of(self._read(test, holds=False), self._read(otherwise, holds=holds)))
            case ir.Binary(op="??", left=left, right=right):
                one = all_of(self.present(left), self._read(left, holds=holds))
                return any_of(one, all_of(self.missing(left), self._read(right, holds=holds)))
            case ir.Held(tracker=tracker, length=length) if not (length.days or length.months):
                known = Domain(False, compared(">=", length.ms)) if holds else Domain(True, compared("<", length.ms))
                return Is(ir.Held(tracker, ir.Length()), known)
            case _:
                return Is(e, TRUE if holds else NOT_TRUE)

    # ---- missing

    def missing(self, e: ir.Expr) -> Formula:
        """The value is null."""
        return self._nullness(e, MISSING, null=True)

    def present(self, e: ir.Expr) -> Formula:
        """The value is not null."""
        return self._nullness(e, PRESENT, null=False)

    def _nullness(self, e: ir.Expr, domain: Domain, *, null: bool) -> Formula:
        ways = self._ways(e) if not self._is_spent() else None
        if ways is not None:
            return any_of(*(all_of(guard, self._nullness(value, domain, null=null)) for guard, value in ways))
        if isinstance(e, ir.Const):
            return YES if (e.value is None) == null else NO
        if is_logic(e) or isinstance(e, ir.Items):
            return NO if null else YES
        term, _ = self._linear(e)
        return Is(term, domain)

    def _empty(self, e: ir.Expr, *, holds: bool) -> Formula:
        ways = self._ways(e) if not self._is_spent() else None
        if ways is not None:
            return any_of(*(all_of(guard, self._empty(value, holds=holds)) for guard, value in ways))
        if is_constant(e):
            return YES if (value_of(e) in (None, "", ())) == holds else NO
        nothing: str | tuple[()] = () if isinstance(self.ground.type_of(e), ir.ListOf) else ""
        return Is(e, Domain(True, one_of(nothing)) if holds else Domain(False, other_than(nothing)))

    # ---- comparisons

    def _ways(self, e: ir.Expr) -> list[tuple[Formula, ir.Expr]] | None:
        """The values that `if` and `??` choose among, each with what must be so for it; None for any other expression."""
        match e:
            case ir.Choose(test=test, then=then, otherwise=otherwise):
                return [(self._read(test, holds=True), then), (self._read(test, holds=False), otherwise)]
            case ir.Binary(op="??", left=left, right=right):
                return [(self.present(left), left), (self.missing(left), right)]
            case _:
                return None

    def _spread(self, e: ir.Expr) -> list[tuple[Formula, ir.Expr]]:
        """The same, all the way down; the expression itself if there are too many."""
        found: list[tuple[Formula, ir.Expr]] = []
        todo: list[tuple[Formula, ir.Expr]] = [(YES, e)]
        while todo:
            guard, value = todo.pop()
            ways = self._ways(value)
            if ways is None:
                found.append((guard, value))
            elif len(found) + len(todo) + len(ways) > CASES_MAX:
                return [(YES, e)]
            else:
                todo += [(all_of(guard, other), inner) for other, inner in ways]
        return found

    def _compared(self, left: ir.Expr, op: str, right: ir.Expr, *, holds: bool) -> Formula:
        lefts, rights = self._spread(left), self._spread(right)
        ways = [all_of(guard, other, self._pair(a, op, b, holds=holds)) for guard, a in lefts for other, b in rights]
        return any_of(*ways)

    def _pair(self, a: ir.Expr, op: str, b: ir.Expr, *, holds: bool) -> Formula:
        if is_constant(a) and is_constant(b):
            return YES if _answer(value_of(a), op, value_of(b)) == holds else NO
        if is_constant(a):
            a, op, b = b, TURNED[op], a
        if op == "==":
            return self._equal(a, b, holds=holds)
        return self._ordered(a, op, b, holds=holds)

    def _ordered(self, a: ir.Expr, op: str, b: ir.Expr, *, holds: bool) -> Formula:
        term, offset = self._linear(a)
        if is_constant(b):
            value = value_of(b)
            if value is None:
                return NO if holds else YES
            if holds:
                return Is(term, Domain(False, compared(op, _less(value, offset))))
            return Is(term, Domain(True, compared(OPPOSITE[op], _less(value, offset))))
        other, shift = self._linear(b)
        shift -= offset
        if term == other:
            if _answer(0, op, shift) == holds:
                return self.present(term) if holds else YES
            return NO if holds else self.missing(term)
        if holds:
            return _order(term, op, other, shift)
        return any_of(self.missing(term), self.missing(other), _order(term, OPPOSITE[op], other, shift))

    def _equal(self, a: ir.Expr, b: ir.Expr, *, holds: bool) -> Formula:
        if is_logic(a) or is_logic(b):
            return self._same_truth(a, b, holds=holds)
        term, offset = self._linear(a)
        if is_constant(b):
            value = value_of(b)
            if value is None:
                return self.missing(a) if holds else self.present(a)
            value = _less(value, offset)
            return Is(term, Domain(False, one_of(value)) if holds else Domain(True, other_than(value)))
        other, shift = self._linear(b)
        shift -= offset
        if term == other:
            if not shift:
                return YES if holds else NO
            return self.missing(term) if holds else self.present(term)
        if holds:
            return any_of(_order(term, "==", other, shift), all_of(self.missing(term), self.missing(other)))
        alone = (all_of(self.missing(term), self.present(other)), all_of(self.present(term), self.missing(other)))
        return any_of(_order(term, "!=", other, shift), *alone)

    def _same_truth(self, a: ir.Expr, b: ir.Expr, *, holds: bool) -> Formula:
        """`==` of truths, of which one at least is never null."""
        if not is_logic(a):
            a, b = b, a
        if is_constant(b):
            value = value_of(b)
            return (NO if holds else YES) if value is None else self._read(a, holds=holds == value)
        if not is_logic(b):
            yes, no = Is(b, TRUE), Is(b, FALSE)
            if holds:
                return any_of(all_of(self._read(a, holds=True), yes), all_of(self._read(a, holds=False), no))
            wrong = all_of(self._read(a, holds=True), Is(b, NOT_TRUE))
            return any_of(wrong, all_of(self._read(a, holds=False), Is(b, Domain(True, one_of(True)))))
        one = all_of(self._read(a, holds=True), self._read(b, holds=holds))
        return any_of(one, all_of(self._read(a, holds=False), self._read(b, holds=not holds)))

    def _among(self, e: ir.Expr, items: tuple[ir.Expr, ...], *, holds: bool) -> Formula:
        if all(map(is_constant, items)) and self._ways(e) is None and not is_constant(e) and not is_logic(e):
            values = [value_of(item) for item in items]
            known = [value for value in values if value is not None]
            missing = None in values
            return Is(e, Domain(missing, one_of(*known)) if holds else Domain(not missing, other_than(*known)))
        each: Iterable[Formula] = (self._compared(e, "==", item, holds=holds) for item in items)
        return any_of(*each) if holds else all_of(*each)

    # ---- places in time, and whole numbers

    def _linear(self, e: ir.Expr) -> tuple[ir.Expr, int]:
        """A term and what is added to it, where such sums are exact."""
        offset = 0
        while True:
            match e:
                case ir.Shift(of=of, length=length, sign=sign, date=True) if not length.months:
                    e, offset = of, offset + sign * length.days
                case ir.Binary(op="+" | "-" as op, left=left, right=ir.Const(value=int() as value)) if self.ground.is_whole(left):
                    e, offset = left, offset + (value if op == "+" else -value)
                case ir.Binary(op="+", left=ir.Const(value=int() as value), right=right) if self.ground.is_whole(right):
                    e, offset = right, offset + value
                case _:
                    return e, offset


def is_logic(e: ir.Expr) -> bool:
    """Is this a truth that is never null and says itself when it holds?"""
    match e:
        case ir.Unary(op="not" | "missing" | "empty"):
            return True
        case ir.Binary(op="and" | "or" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in"):
            return True
        case ir.Held():
            return True
        case _:
            return False


def _less(value: Value, offset: int) -> Value:
    """What is left of a literal without the offset of its other side, exactly."""
    if not offset:
        return value
    return Fraction(value) - offset if isinstance(value, float) else value - offset


def _order(left: ir.Expr, op: str, right: ir.Expr, offset: int) -> Formula:
    if op in (">", ">="):
        return Order(right, left, TURNED[op], -offset)
    return Order(left, right, op, offset)


def _answer(a: object, op: str, b: object) -> bool:
    """A comparison of two values, as the language has it."""
    if op == "==":
        return a == b
    return a is not None and b is not None and compared(op, b).has(a)
