"""Two versions of a condition: does the new one let more through, or less? Proved where that can be, with an example where not
all is the same, and two conditions of one version that may hold at once.

"No" of the search for what can be so (`rtj.logic`) is a proof; an example is one only after the engine's own code has been
asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from rtj.ir import expr as ir
from rtj.ir import journey as j
from rtj.ir.expr import Expr
from rtj.ir.walk import conjunction
from rtj.logic.bare import Barer
from rtj.logic.formulas import Formula, Reader
from rtj.logic.terms import Effort, Ground, Known
from rtj.logic.truth import possible
from rtj.plan.guard_examples import Asked, Examples
from rtj.plan.guard_names import BothDeclared, Names, canonical_names, in_both, missing_somewhere, names_of
from rtj.plan.guard_words import Example, Writer
from rtj.plan.sides import Side
from rtj.plan.words import Words

Direction: TypeAlias = Literal["same", "looser", "tighter", "apart", "incomparable"]
"""`same`: they mean the same; `looser`: the new one holds wherever the old one did; `tighter`: only where the old one did;
`apart`: they never hold both; `incomparable`: none of these, as far as is known."""

ALWAYS: Expr = ir.Const(True, "bool")
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a new condition compares with an old one. `proven`: it is so for whatever may happen. `examples`: what tells
    them apart, first what fulfils only the new one. `never`: nothing fulfils the new one any more."""

    direction: Direction
    proven: bool
    examples: tuple[str, ...] = ()
    never: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """A condition that is another: how, and its texts ("" for none). `notes`: sentences with examples."""

    direction: Direction
    proven: bool
    before: str
    after: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """May two conditions hold at once? `possible` False is proven; `example`: what fulfils both, "" if none was found."""

    possible: bool
    example: str = ""


@dataclass(frozen=True, slots=True)
class At:
    """Where a condition stands. `events`: the types of the `event` it tests (none: it tests none); `called`: names that mean that
    event, in the old version and in the new one."""

    events: tuple[str, ...] = ()
    called: tuple[str | None, str | None] = (None, None)


HERE = At()
STEPS_MAX = 2_000  # steps of the search for one question; beyond, everything may be so


def whole_condition(step: j.Step, when: Expr | None) -> Expr | None:
    """All that an event has to fulfil, wherever it is written."""
    return conjunction([expr for expr in (step.where, when) if expr is not None])


class Guards:
    """The conditions of one journey in two versions. Both programs are aligned."""

    def __init__(self, old: Side, new: Side, was: j.Journey, now: j.Journey) -> None:
        self._sides = (old, new)
        self._journeys = (was, now)

    @cached_property
    def _declared(self) -> BothDeclared:
        return BothDeclared(self._sides[0].program, self._sides[1].program)

    @cached_property
    def _renames(self) -> tuple[dict[str, str], dict[str, str]]:
        return canonical_names(*self._journeys)

    @cached_property
    def _words(self) -> tuple[Words, Words]:
        old, new = self._sides
        return Words(old.program, old.texts), Words(new.program, new.texts)

    @cached_property
    def _examples(self) -> Examples:
        old, new = (side.program for side in self._sides)
        return Examples(new.timezone, Writer((old, new), self._words))

    # ---- two versions

    def compare(self, before: Expr | None, after: Expr | None, at: At = HERE) -> Verdict:
        """Compare two versions of a condition; None holds always."""
        old, new = (ALWAYS if e is None else e for e in (before, after))
        if old == new:
            return Verdict("same", proven=True)
        pair = _Pair(self._ground(at, (old, new)), (old, new), self._barers(at))
        if pair.bare[0] == pair.bare[1]:
            return Verdict("same", proven=True)
        within, around = pair.implies(1, 0), pair.implies(0, 1)
        if within and around:
            return Verdict("same", proven=True)
        more = "" if within else self._examples.written(_asked(pair, (False, True)))
        less = "" if around else self._examples.written(_asked(pair, (True, False)))
        found = tuple(f"{text} fulfils only the {which} one" for text, which in ((more, "new"), (less, "old")) if text)
        if within or around:
            return Verdict("tighter" if within else "looser", True, found, within and pair.is_never(1))
        if not possible(pair.fresh(), (pair.holds(0), pair.holds(1))):
            return Verdict("apart", True, found)
        return Verdict("incomparable", bool(more and less), found)

    def condition_change(self, before: Expr | None, after: Expr | None, at: At = HERE) -> Shift | None:
        """How a condition has changed; None: not at all, not even in its wording. (What may be missing by another schema, which
        is told elsewhere, is no change of a condition that means the same.)"""
        if before == after:
            return None
        verdict = self.compare(before, after, at)
        texts = self._words[0].expr(before), self._words[1].expr(after)
        if verdict.direction == "same" and texts[0] == texts[1]:
            return None
        notes = verdict.examples
        if verdict.never:
            notes = (*notes, "nothing can fulfil it any more")
        return Shift(verdict.direction, verdict.proven, *texts, notes)

    def example(self, conditions: tuple[Expr, Expr], truths: tuple[bool, bool], at: At = HERE) -> Example | None:
        """Values under which a condition of the old version and one of the new have these truths; None: none were found."""
        return self._examples.find(_asked(_Pair(self._ground(at, conditions), conditions, self._barers(at)), truths))

    # ---- one version

    def overlap(self, first: Expr, second: Expr, at: At = HERE) -> Overlap:
        """May both hold at once, in the old version? `at.called`: what each of them calls the event."""
        pair = _Pair(self._ground(at, (first, second)), (first, second), self._barers(at, (0, 0)))
        if not possible(pair.fresh(), (pair.holds(0), pair.holds(1))):
            return Overlap(possible=False)
        return Overlap(True, self._examples.written(_asked(pair, (True, True))))

    # ---- names

    @cached_property
    def _known(self) -> Names:
        brought = (names_of(side.program, one) for side, one in zip(self._sides, self._journeys, strict=True))
        ours, theirs = (
            {renames.get(name, name): known for name, known in names.items()}
            for names, renames in zip(brought, self._renames, strict=True)
        )
        return in_both(ours, theirs)

    def _ground(self, at: At, exprs: tuple[Expr, ...]) -> Ground:
        names = dict(self._known)
        if at.events:
            names["event"] = Known(ir.EventOf(at.events))
        return Ground(self._declared, missing_somewhere(names, exprs))

    def _barers(self, at: At, versions: tuple[int, int] = (0, 1)) -> tuple[Barer, Barer]:
        aggregated = {name: name for name in self._declared.aggregates}
        ours, theirs = (
            Barer(aggregated, {**self._renames[version], **({called: "event"} if called is not None else {})})
            for version, called in zip(versions, at.called, strict=True)
        )
        return ours, theirs


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two conditions, read at one place."""

    ground: Ground
    exprs: tuple[Expr, Expr]
    barers: tuple[Barer, Barer]
    bare: tuple[Expr, Expr] = field(init=False)

    def __post_init__(self) -> None:
        bare = tuple(barer.bare(e) for barer, e in zip(self.barers, self.exprs, strict=True))
        object.__setattr__(self, "bare", bare)

    def fresh(self) -> Ground:
        """The same ground, with all the effort yet to be spent: so no answer hangs on what was asked before."""
        return Ground(self.ground.declared, self.ground.names, Effort(STEPS_MAX))

    def holds(self, number: int) -> Formula:
        return Reader(self.ground).holds(self.bare[number])

    def fails(self, number: int) -> Formula:
        return Reader(self.ground).fails(self.bare[number])

    def is_never(self, number: int) -> bool:
        return not possible(self.fresh(), (self.holds(number),))

    def implies(self, one: int, other: int) -> bool:
        """Does the other hold wherever the one does?"""
        mine, theirs = self.bare[one], self.bare[other]
        if _parts(theirs, "and") <= _parts(mine, "and") or _parts(mine, "or") <= _parts(theirs, "or"):
            return True
        return not possible(self.fresh(), (self.holds(one), self.fails(other)))


def _asked(pair: _Pair, truths: tuple[bool, bool]) -> Asked:
    formulas = tuple(pair.holds(n) if truth else pair.fails(n) for n, truth in enumerate(truths))
    return Asked(pair.fresh(), pair.exprs, pair.barers, truths, formulas)


def _parts(e: Expr, op: str) -> frozenset[Expr]:
    """The conditions that `and`, or `or`, joins."""
    found: set[Expr] = set()
    todo = [e]
    while todo:
        match todo.pop():
            case ir.Binary(op=joint, left=left, right=right) if joint == op:
                todo += (left, right)
            case part:
                found.add(part)
    return frozenset(found)
