"""Examples: values of what conditions read, under which they hold or fail as asked, found among the values next to which a
condition changes its mind, and tried with the engine's own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import islice, product
from typing import Any

from rtj.engine.calendar import find_zone
from rtj.engine.codegen import Evaluate, ExprCompiler
from rtj.ir import expr as ir
from rtj.ir.expr import Expr
from rtj.ir.functions import FUNCTIONS
from rtj.logic.bare import Barer
from rtj.logic.domains import MISSING, PRESENT, Domain, both, one_of
from rtj.logic.formulas import Formula, Is, Reader
from rtj.logic.terms import Effort, Ground
from rtj.logic.truth import possible, way
from rtj.plan.guard_terms import CLOCK, Term, Unreadable, terms_of
from rtj.plan.guard_values import BASE_MS, candidates, clocks, constants_of
from rtj.plan.guard_words import Example, Writer

CALENDAR = frozenset(name for name, function in FUNCTIONS.items() if function.grain)
TERMS_MAX = 12  # terms that two conditions read; of more no example is sought
TRIES_MAX = 2_000  # combinations of values that are tried for one example
DOUBTS_MAX = 20  # combinations with the right truths of which it is asked whether they can be
DOUBT_STEPS_MAX = 500  # steps of the search for an answer to that
WEIGHED_MAX = 64  # combinations tried to see that a value does not matter


@dataclass(frozen=True, slots=True)
class Asked:
    """Two conditions on one ground, the truths that an example is to give them, and what the search makes of these."""

    ground: Ground
    exprs: tuple[Expr, Expr]
    barers: tuple[Barer, Barer]
    truths: tuple[bool, bool]
    formulas: tuple[Formula, ...]


Values = tuple[Any, ...]


class Examples:
    """Finds examples for conditions, and has them written down."""

    def __init__(self, timezone: str, writer: Writer) -> None:
        self._zone = find_zone(timezone) or UTC
        self._writer = writer
        self._compiler = ExprCompiler(_NoFacts(self._zone))

    def written(self, asked: Asked) -> str:
        """An example as an author would write it, in backquotes; "" if none was found."""
        found = self.find(asked)
        return "" if found is None else self._writer.write(asked.ground, found)

    def find(self, asked: Asked) -> Example | None:
        """Values of the terms that matter; None if none were found."""
        try:
            terms, exprs = terms_of(asked.ground, asked.exprs, asked.barers)
        except Unreadable:
            return None
        if len(terms) > TERMS_MAX:
            return None
        trial = _Trial(asked, terms, (self._compiler.condition(exprs[0]), self._compiler.condition(exprs[1])), self._zone)
        values = trial.run()
        return None if values is None else trial.example(values)


class _Trial:
    """One search. Values stand in the order of the terms."""

    def __init__(self, asked: Asked, terms: tuple[Term, ...], tests: tuple[Evaluate, Evaluate], zone: tzinfo) -> None:
        self._asked, self._terms, self._tests, self._zone = asked, terms, tests, zone
        bare = [barer.bare(e) for barer, e in zip(asked.barers, asked.exprs, strict=True)]
        self._constants = constants_of(bare, CALENDAR)
        self._person = _Person()
        self._reader = Reader(asked.ground)

    def run(self) -> Values | None:
        """The first values that do: along the way that the search for what can be so has found, then anywhere."""
        known = way(self._asked.ground, self._asked.formulas)
        if known is None:
            return None
        for domains in (known, {}):
            choices = [self._choices(term, domains.get(term.key)) for term in self._terms]
            tries = (values for values in islice(product(*choices), TRIES_MAX) if self._fits(values))
            right = (values for values in tries if self._answers(values) == self._asked.truths)
            found = next((values for values in islice(right, DOUBTS_MAX) if self._can_be(values)), None)
            if found is not None:
                return found
        return None

    def _choices(self, term: Term, domain: Domain | None) -> list[Any]:
        if term.key == CLOCK:
            return list(clocks(self._constants, self._zone))
        whole = Domain(True, PRESENT.some) if isinstance(term.key, ir.Held) else self._asked.ground.plain(term.key)
        if domain is not None and not isinstance(term.key, ir.Held):
            whole = both(whole, domain)
        if isinstance(term.key, ir.Held | ir.Member):
            whole = Domain(False, whole.some)
        return candidates(term.type, whole, self._constants, self._zone)

    def _fits(self, values: Values) -> bool:
        """What is a part of something missing is missing."""
        missing = {term.slot for term, value in zip(self._terms, values, strict=True) if value is None}
        return not missing or all(
            value is None or missing.isdisjoint(term.within) for term, value in zip(self._terms, values, strict=True)
        )

    def _answers(self, values: Values) -> tuple[bool, bool]:
        at = BASE_MS
        names: dict[str, Any] = {}
        for term, value in zip(self._terms, values, strict=True):
            if term.key == CLOCK:
                at = value
            else:
                names[term.slot] = value
        first, second = self._tests
        return bool(first(self._person, at, None, names)), bool(second(self._person, at, None, names))

    def _can_be(self, values: Values) -> bool:
        """May the terms have these values all at once?"""
        said = tuple(self._said(term, value) for term, value in zip(self._terms, values, strict=True))
        ground = Ground(self._asked.ground.declared, self._asked.ground.names, Effort(DOUBT_STEPS_MAX))
        return possible(ground, said)

    def _said(self, term: Term, value: Any) -> Formula:
        if isinstance(term.key, ir.Held):
            return self._reader.holds(term.key) if value else self._reader.fails(term.key)
        if value is None:
            return Is(term.key, MISSING)
        return Is(term.key, PRESENT if term.type is None else Domain(False, one_of(value)))

    def example(self, values: Values) -> Example:
        """The terms whose values matter: those that could be anything that was thought of are left out."""
        free: dict[int, list[Any]] = {}
        for place, term in enumerate(self._terms):
            more = {**free, place: self._choices(term, None)}
            if self._is_free(values, more):
                free = more
        kept, others = (
            {term.key: values[place] for place, term in enumerate(self._terms) if (place in free) == left_out}
            for left_out in (False, True)
        )
        at = next((values[place] for place, term in enumerate(self._terms) if term.key == CLOCK), None)
        shown = CLOCK in kept and self._constants.asks_clock
        return Example({key: value for key, value in kept.items() if key != CLOCK or shown}, at, self._zone, others)

    def _is_free(self, values: Values, free: Mapping[int, list[Any]]) -> bool:
        choices = [free.get(place, [value]) for place, value in enumerate(values)]
        tries = list(islice(product(*choices), WEIGHED_MAX + 1))
        fitting = (one for one in tries if self._fits(one))
        return len(tries) <= WEIGHED_MAX and all(self._answers(one) == self._asked.truths for one in fitting)


# ---- what the engine's code asks for beside the terms


class _Person:
    """Somebody of whom nothing is known."""

    origin = ""


class _NoFacts:
    """All facts have been taken out of the conditions; what is left is the zone."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def attribute_source(self, name: str) -> str:
        raise AssertionError(name)

    def member_mask(self, audience: str) -> int:
        raise AssertionError(audience)

    def tracker_slot(self, tracker: str) -> int:
        raise AssertionError(tracker)

    def namespace(self) -> dict[str, Any]:
        return {"zone": lambda _: self._zone}

    def is_mapped_field(self, name: str) -> bool:
        raise AssertionError(name)

    def gives_event(self, aggregate: str) -> bool:
        raise AssertionError(aggregate)

    def table_row(self, table: str) -> Callable[[Any, int], Any]:
        raise AssertionError(table)
