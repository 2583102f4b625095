"""Two versions of a journey, seen from outside: which of its ways in and out are which, and how a change of one is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias, TypeVar

from rtj.ir import journey as j
from rtj.ir.expr import Expr, Length
from rtj.ir.program import canonical
from rtj.ir.spelling import length_text
from rtj.plan.both import Told, compare_lengths
from rtj.plan.changes import Change, Spot
from rtj.plan.guards import At, Guards
from rtj.plan.pairing import shared, words_of
from rtj.plan.sides import Side
from rtj.plan.words import Words

Turn: TypeAlias = Literal["same", "wider", "narrower", "another"]
LIKE = 0.6  # from which likeness on two of a kind are one that has changed
COMPARED_MAX = 60  # ways of one kind in a version that are compared each with each; beyond, their places decide
PLACES = {"for": "audience", "schedule": "trigger", "count": "on", "consecutive": "on"}  # where what is called so is written
CONSECUTIVE = {True: "consecutive", False: ""}
TURNS: dict[str, Turn] = {"same": "same", "looser": "wider", "tighter": "narrower", "apart": "another", "incomparable": "another"}
TURNED: dict[Turn, Turn] = {"wider": "narrower", "narrower": "wider", "same": "same", "another": "another"}

Way = TypeVar("Way", j.Entry, j.Watch)
T = TypeVar("T")


class Ways:
    """One journey in two versions whose programs are aligned."""

    def __init__(self, old_side: Side, new_side: Side, old: j.Journey, new: j.Journey) -> None:
        self.old, self.new = old, new
        self._sides = (old_side, new_side)

    @cached_property
    def guards(self) -> Guards:
        """What compares the conditions of both."""
        return Guards(*self._sides, self.old, self.new)

    @cached_property
    def words(self) -> tuple[Words, Words]:
        """The words of both."""
        old, new = self._sides
        return Words(old.program, old.texts), Words(new.program, new.texts)

    def spelt(self, how: Callable[[Words, T], str], old: T, new: T) -> tuple[str, str]:
        """Both versions of something, each in its own words."""
        return how(self.words[0], old), how(self.words[1], new)

    def change(self, code: str, was: Spot | None, now: Spot | None, told: Told) -> Change:
        """A change of what is not a node. `was` and `now`: the addresses within the journey."""
        return Change(
            code=code,
            level=told.level,
            what=told.what,
            before=told.before,
            after=told.after,
            reason=told.reason,
            journey=self.new.name,
            concerns=told.concerns,
            was=None if was is None else ("journey", self.old.name, *was),
            now=None if now is None else ("journey", self.new.name, *now),
            notes=told.notes,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a way in or out that is another. `name`: what it is called (`when`); `turn`: does it let more through now, or
    less? `texts`: before and after; `step`: the step of a pattern in
    which it stands. `added`, `removed`: it stands in one version only."""

    name: str
    turn: Turn
    texts: tuple[str, str]
    notes: tuple[str, ...] = ()
    added: bool = False
    removed: bool = False
    step: int | None = None

    @property
    def called(self) -> str:
        """`when`, `step 2 within`."""
        return self.name if self.step is None else f"step {self.step + 1} {self.name}"

    @property
    def address(self) -> Spot:
        """Within the way."""
        place = PLACES.get(self.name, self.name)
        return (place,) if self.step is None else ("step", str(self.step), place)


# ---- parts that entries and watches share


def by_length(name: str, lengths: tuple[Length | None, Length | None], *, longer: Turn) -> Iterator[Part]:
    """A `within`; none is longer than any."""
    old, new = lengths
    if old == new:
        return
    if old is None or new is None:
        turn = longer if new is None else TURNED[longer]
    else:
        found = compare_lengths(old, new)
        turn = longer if found == "longer" else TURNED[longer] if found == "shorter" else "another"
    yield Part(name, turn, (_length(old), _length(new)), added=old is None, removed=new is None)


def by_condition(ways: Ways, name: str, conditions: tuple[Expr | None, Expr | None], at: At) -> Iterator[Part]:
    """A condition that lets through."""
    found = ways.guards.condition_change(*conditions, at)
    if found is not None:
        old, new = conditions
        yield Part(name, TURNS[found.direction], (found.before, found.after), found.notes, old is None, new is None)


def by_step(ways: Ways, steps: tuple[j.Step, j.Step]) -> Iterator[Part]:
    """What is different in a step, beside its condition. Its name for what it finds is no difference."""
    old, new = steps
    if (old.events, old.of_node, old.absent) != (new.events, new.of_node, new.absent):
        yield Part("on", _events(old, new), ways.spelt(Words.step, _named(old), _named(new)))
    if old.count != new.count:
        yield Part("count", "wider" if new.count < old.count else "narrower", (str(old.count), str(new.count)))
    if old.consecutive != new.consecutive:
        texts = CONSECUTIVE[old.consecutive], CONSECUTIVE[new.consecutive]
        turned: Turn = "narrower" if new.consecutive else "wider"
        yield Part("consecutive", turned, texts, added=new.consecutive, removed=old.consecutive)
    if old.same != new.same:
        texts = ways.spelt(Words.expr, old.same, new.same)
        turn: Turn = "narrower" if old.same is None else "wider" if new.same is None else "another"
        yield Part("same", turn, texts, added=old.same is None, removed=new.same is None)
    if old.audience != new.audience:
        turn = "narrower" if old.audience is None else "wider" if new.audience is None else "another"
        added, removed = old.audience is None, new.audience is None
        yield Part("for", turn, (old.audience or "", new.audience or ""), added=added, removed=removed)


def _events(old: j.Step, new: j.Step) -> Turn:
    if (old.of_node, old.absent) != (new.of_node, new.absent):
        return "another"
    if set(old.events) < set(new.events) or "any" in new.events:
        return "wider"
    return "narrower" if set(new.events) < set(old.events) or "any" in old.events else "another"


def _named(step: j.Step) -> j.Step:
    return j.Step(events=step.events, absent=step.absent, of_node=step.of_node)


def _length(length: Length | None) -> str:
    return "" if length is None else length_text(length)


# ---- which is which


Pairs: TypeAlias = list[tuple[int | None, int | None]]


def paired(old: Sequence[Way], new: Sequence[Way], kind: Callable[[Way], object]) -> Pairs:
    """Which way of the new version is which of the old one, by their places: equal ones first, then those that are alike, then
    those of one kind in their order; and those without a partner. In the order of the new version, then of the old one."""
    left = list(range(len(new)))
    found: dict[int, int] = {}
    for place, way in enumerate(old):
        same = next((other for other in left if new[other] == way), None)
        if same is not None:
            found[place] = same
            left.remove(same)
    open_ = [place for place in range(len(old)) if place not in found]
    if len(open_) <= COMPARED_MAX and len(left) <= COMPARED_MAX:
        ours, theirs = (
            {a: words_of(canonical(old[a]).decode()) for a in open_},
            {b: words_of(canonical(new[b]).decode()) for b in left},
        )
        rated = [(shared(ours[a], theirs[b]), a, b) for a in open_ for b in left]
        for rate, a, b in sorted(rated, key=lambda one: (-one[0], abs(one[1] - one[2]), one[1:])):
            if rate >= LIKE and a in open_ and b in left and kind(old[a]) == kind(new[b]):
                found[a] = b
                open_.remove(a)
                left.remove(b)
    for place in open_:
        other = next((other for other in left if kind(new[other]) == kind(old[place])), None)
        if other is not None:
            found[place] = other
            left.remove(other)
    partners: dict[int, int] = {other: place for place, other in found.items()}
    gone: Pairs = [(place, None) for place in range(len(old)) if place not in found]
    return [*((partners.get(place), place) for place in range(len(new))), *gone]


def turned_over(pairs: Pairs) -> bool:
    """Do those that are in both stand in another order?"""
    places = [old for old, new in pairs if old is not None and new is not None]
    return places != sorted(places)


def told_at_least(changes: Iterator[Change], rewritten: Change | None) -> Iterator[Change]:
    """The changes; if there are none, that it is written otherwise (None: it is not)."""
    first = next(changes, rewritten)
    if first is not None:
        yield first
        yield from changes
