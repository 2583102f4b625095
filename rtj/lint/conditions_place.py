"""Where a condition stands: the names that it reads, and what is known to be so when it is asked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.ir.functions import FUNCTIONS
from rtj.ir.walk import walk
from rtj.lang import syntax as s
from rtj.lang.checked import Checked
from rtj.lang.types import BOOL, is_unknown, some
from rtj.logic.bare import NULL, Barer
from rtj.logic.formulas import Formula, Reader, all_of, any_of
from rtj.logic.terms import Effort, Ground, Known
from rtj.logic.truth import about, possible

UNREAD = ir.Name("")
CLOCKED = ("chance", "date", "hour")  # what they give hangs on the person's zone or origin, which a merge may change


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so. `span` and `text`: the condition that says it; `holds`: it does, or it does not. `fixed`: nothing
    can change it while the person is inside. `names`: of what it reads; `about`: what it has to do with. `beside`: it stands in
    the same condition, as `tree`."""

    formula: Formula
    span: Span
    text: str
    holds: bool
    fixed: bool
    names: Mapping[str, Known] = field(default_factory=dict)
    about: frozenset[ir.Expr] = frozenset()
    beside: bool = False
    tree: s.Expr | None = None


Read: TypeAlias = tuple[tuple[str, ir.Type, bool], ...]
"""The names that an expression reads: how they are called, their types, may they be missing besides."""


class Trees:
    """What checking found out of a project's expressions, and which of them it has something against."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.effort = Effort()
        self._wrong: dict[str, list[int]] = {}
        for found in checked.diagnostics:
            if found.severity == "error":
                self._wrong.setdefault(found.span.source.path, []).append(found.span.start)
        for starts in self._wrong.values():
            starts.sort()
        self._barers: dict[tuple[tuple[str, str], ...], Barer] = {}
        self._read: dict[int, Read | None] = {}
        self._names: dict[int, Read | None] = {}
        self._formulas: dict[tuple[int, int, bool], Formula] = {}

    def barer(self, renames: Mapping[str, str]) -> Barer:
        """The maker of bare forms in which names are called so."""
        key = tuple(sorted(renames.items()))
        if key not in self._barers:
            self._barers[key] = Barer(self.checked.attributes, renames)
        return self._barers[key]

    def is_wrong(self, tree: s.Expr) -> bool:
        """Was something reported inside it?"""
        starts = self._wrong.get(tree.span.source.path)
        if not starts:
            return False
        place = bisect_left(starts, tree.span.start)
        return place < len(starts) and starts[place] < max(tree.span.end, tree.span.start + 1)

    def expr(self, tree: s.Expr) -> ir.Expr | None:
        typed = self.checked.of(tree)
        return typed.expr if typed is not None else None

    def kind(self, tree: s.Expr) -> ir.Type | None:
        typed = self.checked.of(tree)
        return typed.type if typed is not None else None

    def formula(self, tree: s.Expr, reader: Reader, barer: Barer, *, holds: bool) -> Formula:
        """What must be so for a condition to hold, or not to: read once for each way to call its names."""
        key = (id(tree), id(barer), holds)
        found = self._formulas.get(key)
        if found is None:
            found = self._formulas[key] = self._formula(tree, reader, barer, holds=holds)
        return found

    def _formula(self, tree: s.Expr, reader: Reader, barer: Barer, *, holds: bool) -> Formula:
        if isinstance(tree, s.Binary) and tree.op in ("and", "or"):  # conditions of a `where` are checked one by one
            sides = [self.formula(side, reader, barer, holds=holds) for side in (tree.left, tree.right)]
            return all_of(*sides) if (tree.op == "and") == holds else any_of(*sides)
        expr = self.expr(tree)
        bare = barer.bare(expr) if expr is not None else NULL
        return reader.holds(bare) if holds else reader.fails(bare)

    def names(self, tree: s.Expr) -> Read | None:
        """The names that an expression reads; None when something is wrong with it or not known."""
        key = id(tree)
        if key not in self._read:
            self._read[key] = self._collected(tree) if not self.is_wrong(tree) else None
        return self._read[key]

    def _collected(self, tree: s.Expr) -> Read | None:
        key = id(tree)
        if key not in self._names:
            found = dict.fromkeys(self._own(tree))
            inner = [self._collected(part) for part in self._inner(tree)] if self._is_known(tree) else [None]
            whole = dict.fromkeys(name for names in inner if names is not None for name in names)
            self._names[key] = None if None in inner else tuple(found | whole)
        return self._names[key]

    def _own(self, tree: s.Expr) -> Read:
        typed = self.checked.of(tree)
        if isinstance(tree, s.Name) and typed is not None and isinstance(typed.expr, ir.Name):
            return ((typed.expr.name, typed.type, typed.expr.optional),)
        return ()

    def _is_known(self, tree: s.Expr) -> bool:
        """Is its own type known, and are those conditions that have to be?"""
        match tree:
            case s.Binary(op="and" | "or", left=left, right=right):
                return self.is_truth(left) and self.is_truth(right)
        typed = self.checked.of(tree)
        if typed is None:  # no value of its own: a length beside `+`, a counted item, a difference read the other way round
            return isinstance(tree, s.Length | s.Name | s.Binary)
        if is_unknown(typed.type) and not isinstance(tree, s.Null):
            return False
        return not isinstance(tree, s.Unary) or tree.op != "not" or self.is_truth(tree.of)

    def _inner(self, tree: s.Expr) -> Iterator[s.Expr]:
        """The parts that are read with it."""
        typed = self.checked.of(tree)
        match tree:
            case s.Binary(op="and" | "or", left=left, right=right):
                yield from (left, right)
            case s.Name() if typed is not None:
                return
            case _:
                yield from parts(tree, typed.expr if typed is not None else NULL)

    def is_truth(self, tree: s.Expr) -> bool:
        """Is it true or false (or missing)?"""
        if isinstance(tree, s.Binary) and tree.op in ("and", "or"):
            return True
        kind = self.kind(tree)
        return kind is not None and some(kind) == BOOL


@dataclass(frozen=True, slots=True)
class Place:
    """`facts` are so whenever what stands here is asked. `renames`: names that mean another one here, such as `event` and what
    `as` calls it."""

    trees: Trees
    facts: tuple[Fact, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)

    def knowing(self, facts: Iterable[Fact]) -> Place:
        """The same place, with more that is so."""
        more = tuple(facts)
        return Place(self.trees, (*self.facts, *more), self.renames, self.sizes) if more else self

    def only(self, facts: Iterable[Fact]) -> Place:
        """The same place, with only this being so."""
        left = tuple(facts)
        return self if left == self.facts else Place(self.trees, left, self.renames, self.sizes)

    def calling(self, renames: Mapping[str, str]) -> Place:
        """The same place, with names that mean others."""
        return Place(self.trees, self.facts, {**self.renames, **renames}, self.sizes) if renames else self

    def read(self, tree: s.Expr) -> Reading | None:
        """Read an expression; None when something is wrong with it or not known."""
        read = self.trees.names(tree)
        if read is None:
            return None
        names: dict[str, Known] = {}
        for called, kind, null in read:
            name = self.renames.get(called, called)
            least, most = self.sizes.get(name, (0, None))
            names[name] = Known(kind, null, least, most)
        ground = Ground(self.trees.checked, names, self.trees.effort)
        return Reading(self, ground, self.trees.barer(self.renames))


def parts(tree: s.Expr, expr: ir.Expr) -> Iterator[s.Expr]:
    """The direct sub-expressions that read the same names; what looks back over events is a world of its own."""
    match tree:
        case s.Field(base=base):
            if not (isinstance(base, s.Name) and base.text in ("profile", "audience", "journey")):
                yield base
        case s.Index(base=base, index=index):
            yield base
            if isinstance(expr, ir.Item):
                yield index
        case s.Unary(of=of) | s.Is(of=of):
            yield of
        case s.Binary(left=left, right=right):
            yield from (left, right)
        case s.Choose(test=test, then=then, otherwise=otherwise):
            yield from (test, then, otherwise)
        case s.Items(items=items):
            yield from items
        case s.Call(args=args) if not isinstance(expr, ir.History):
            for arg in args:
                yield from (part for part in (arg.over, arg.value, arg.where) if part is not None)
        case _:
            return


@dataclass(frozen=True, slots=True)
class Reading:
    """An expression, read at its place: its parts as formulas."""

    place: Place
    ground: Ground
    barer: Barer

    def bare(self, tree: s.Expr) -> ir.Expr:
        """The bare form of a part of the expression; `UNREAD` of one that was read as a piece of something else."""
        expr = self.place.trees.expr(tree)
        return self.barer.bare(expr) if expr is not None else UNREAD

    def formula(self, tree: s.Expr, *, holds: bool) -> Formula:
        """What must be so for a condition in it to hold, or not to."""
        return self.place.trees.formula(tree, Reader(self.ground), self.barer, holds=holds)

    def missing(self, tree: s.Expr) -> Formula:
        """What must be so for a value in it to be missing."""
        return Reader(self.ground).missing(self.bare(tree))

    def fact(self, tree: s.Expr, *, holds: bool, beside: bool = False) -> Fact:
        """A condition in it, taken as something that is so, or not."""
        fixed = all(is_fixed(self.bare(part)) for part in leaves(tree))
        formula = self.formula(tree, holds=holds)
        names = self.ground.names
        return Fact(formula, tree.span, shorten(tree), holds, fixed, names, about(self.ground, formula), beside, tree)

    def possible(self, formulas: Iterable[Formula], facts: Iterable[Fact] = ()) -> bool:
        """May all of this be so at once?"""
        facts = tuple(facts)
        if not facts:
            return possible(self.ground, formulas)
        names = {name: known for fact in facts for name, known in fact.names.items()}
        ground = Ground(self.ground.declared, names | dict(self.ground.names), self.ground.effort)
        return possible(ground, [*(fact.formula for fact in facts), *formulas])

    def core(self, formula: Formula, facts: Sequence[Fact]) -> tuple[Fact, ...] | None:
        """Facts beside which a formula cannot be so: one, if one is enough; none too many. None: it may be so, or the facts
        exclude each other, which is said where they stand."""
        kept = related(about(self.ground, formula), facts)
        if not kept or self.possible([formula], kept) or not self.possible((), kept):
            return None
        for fact in kept[::-1]:
            if not self.possible([formula], [fact]):
                return (fact,)
        for fact in kept[:]:
            rest = [other for other in kept if other is not fact]
            if not self.possible([formula], rest):
                kept = rest
        return tuple(kept)


def related(about_: frozenset[ir.Expr], facts: Sequence[Fact]) -> list[Fact]:
    """The facts that have to do with something, by way of others or not, in their order."""
    near = set(about_)
    found: set[int] = set()
    grown = True
    while grown:
        grown = False
        for fact in facts:
            if id(fact) not in found and not near.isdisjoint(fact.about):
                found.add(id(fact))
                near |= fact.about
                grown = True
    return [fact for fact in facts if id(fact) in found]


def is_fixed(e: ir.Expr) -> bool:
    """Can nothing change this value while somebody is inside? Names are of events that have happened."""
    for part in walk(e):
        match part:
            case ir.Attribute() | ir.Member() | ir.Now() | ir.History() | ir.Row() | ir.Held():
                return False
            case ir.Shift(date=False):
                return False
            case ir.Call(function=name) if name in CLOCKED or FUNCTIONS[name].reads_clock:
                return False
            case _:
                pass
    return True


def leaves(tree: s.Expr) -> Iterator[s.Expr]:
    """The conditions that `and` and `or` join, at any depth."""
    todo = [tree]
    while todo:
        one = todo.pop()
        if isinstance(one, s.Binary) and one.op in ("and", "or"):
            todo += (one.right, one.left)
        else:
            yield one


def shorten(tree: s.Spanned) -> str:
    """The author's text, cut to fit a message."""
    text = " ".join(tree.span.text.split())
    return text if len(text) <= 60 else text[:57] + "…"


def conjuncts(tree: s.Expr) -> list[s.Expr]:
    """The conditions that `and` joins."""
    return joined(tree, "and")


def joined(tree: s.Expr, op: str) -> list[s.Expr]:
    """The conditions that `and`, or `or`, joins, from left to right."""
    found: list[s.Expr] = []
    todo = [tree]
    while todo:
        one = todo.pop()
        if isinstance(one, s.Binary) and one.op == op:
            todo += (one.right, one.left)
        else:
            found.append(one)
    return found
