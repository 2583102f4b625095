"""Whom may a business event concern? Read off the program, so that an index need not ask everybody (S5.2).

A place that listens (an entry, or a goal, exit, wait or collect of those inside) has conditions that all must hold. One that
compares the event with something known beforehand is a route: an audience, a fact of the profile, a name bound at the entry.
Routes only spare: whom none of the routes of a place can reach is not concerned; whom one reaches may still not be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from rtj.engine.changes import attributes_read, reads_zone
from rtj.engine.codegen import Evaluate
from rtj.engine.listeners import watched_conditions
from rtj.engine.state import Profile
from rtj.engine.windows import AggregateMachine, Window
from rtj.ir.expr import Attribute, Binary, Call, Choose, Const, Each, Expr, Field, History, Item, Items, Member, Name, Row, Unary
from rtj.ir.functions import FUNCTIONS
from rtj.ir.journey import CallWebhook, Collect, Entry, Journey, OnCondition, OnEvents, Send, Step, WaitFor
from rtj.ir.records import Event
from rtj.ir.walk import names_read, walk

if TYPE_CHECKING:
    from rtj.engine.machine import Machine

Keys: TypeAlias = tuple[Any, ...]
KeysOf: TypeAlias = Callable[[Profile, int, Any], "Keys | None"]  # None: any value is possible


@dataclass(frozen=True, slots=True, eq=False)
class ByMember:
    """Only members of the audience with this slot."""

    slot: int


@dataclass(frozen=True, slots=True, eq=False)
class ByFact:
    """Only profiles one of whose `keys` the event asks for. `facts` are the attributes that the keys hang on; `blank` what a
    profile without facts has; `aggregate`: an event adds nothing but its own value of that aggregate."""

    asked: KeysOf
    keys: KeysOf
    facts: frozenset[str]
    blank: frozenset[Any]
    aggregate: AggregateMachine | None


@dataclass(frozen=True, slots=True, eq=False)
class ByName:
    """Only those inside one of whose `keys` (of the names bound when they entered) the event asks for."""

    asked: KeysOf
    keys: KeysOf


Route: TypeAlias = ByMember | ByFact | ByName


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Something that listens to a type of business events: to everybody (`inside` None), or to those inside the journey of that
    number. Whom all of its routes reach may be concerned; without routes everybody may."""

    inside: int | None
    routes: tuple[Route, ...]


def asked_keys(route: ByFact | ByName, event: Event) -> Keys | None:
    """What an event asks for; None when no key can tell."""
    keys = route.asked(None, event.at, event)  # type: ignore[arg-type]
    if keys is None or (isinstance(route, ByFact) and any(key in route.blank for key in keys)):
        return None
    return keys


def entry_key(aggregate: AggregateMachine, p: Profile, event: Event, at: int) -> Keys | None:
    """What an event may add to the values of an aggregate."""
    value = aggregate.of(p, at, event, None) if aggregate.of is not None else None
    return () if value is None else _hashable((tuple(value) if isinstance(value, list) else value,))


class Surveyor:
    """Finds the places and routes of a program."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._blank = Profile("", (0, True, 0, 0), len(machine.program.mappings), len(machine.program.aggregates))

    def places(self, type_: str) -> tuple[Place, ...]:
        """All that listens to business events of a type, and what their change of a table makes to be looked at."""
        machine = self._machine
        plan = machine.plan(type_)
        found = list(self._readers(type_)) if plan.watched else []
        for index in dict.fromkeys(machine.listeners.get(type_, ())):
            journey = machine.program.journeys[index]
            for entry in journey.entries:
                found += self.of_entry(entry, type_)
            found += self._inside(index, journey, type_)
        return tuple(found)

    def of_entry(self, entry: Entry, type_: str) -> tuple[Place, ...]:
        """What one way in listens to of a type."""
        if not isinstance(entry.trigger, OnEvents):
            return ()
        when = [] if entry.when is None else conjuncts(entry.when)
        return tuple(self._entry(entry.trigger, type_, when, frozenset(("event", "entry", entry.bind))))

    def _readers(self, type_: str) -> Iterator[Place]:
        """Conditions that read a table which events of this type fill: they are looked at again for whom the changed key is the
        one that they read (S3.7)."""
        program = self._machine.program
        watched: list[tuple[int | None, Expr | None, frozenset[str]]] = [
            (None, t.condition, frozenset()) for t in program.trackers
        ]
        watched += [(None, a.condition, frozenset()) for a in program.audiences]
        for index, journey in enumerate(program.journeys):
            bound = names_bound(journey) - names_rebound(journey)
            watched += [(None, e.trigger.condition, frozenset()) for e in journey.entries if isinstance(e.trigger, OnCondition)]
            watched += [(index, condition, bound) for condition in watched_conditions(journey)]
        for table in (t for t in program.tables if t.event == type_):
            key = Field(Name("event"), table.key.name, optional=True)
            for inside, condition, bound in watched:
                for part in walk(condition) if condition is not None else ():
                    if isinstance(part, Row) and part.table == table.name:
                        route = self._compared(key, part.key, (_single, _single), (frozenset(("event",)), bound))
                        yield Place(inside, () if route is None else (route,))

    def _entry(self, trigger: OnEvents, type_: str, when: list[Expr], own: frozenset[str | None]) -> Iterator[Place]:
        steps = [step for step in trigger.steps if type_ in step.events]
        if not steps:
            return
        step = steps[0]
        if len(trigger.steps) > 1:
            yield Place(None, ())
        elif step.consecutive:
            yield Place(None, self._routes(step, [], frozenset(), frozenset()))
        elif step.count > 1:
            yield Place(None, self._routes(step, [step.where], frozenset(("event",)), frozenset()))
        else:
            known = frozenset(name for name in (*own, "first_entry", step.bind) if name is not None)
            yield Place(None, self._routes(step, [step.where, *when], known, frozenset()))

    def _inside(self, index: int, journey: Journey, type_: str) -> Iterator[Place]:
        bound = names_bound(journey) - names_rebound(journey)
        for watch in (*journey.goals, *journey.exits):
            if isinstance(watch.trigger, OnEvents) and type_ in watch.trigger.steps[0].events:
                step = watch.trigger.steps[0]
                yield Place(index, self._routes(step, [step.where, watch.when], frozenset(("event",)), bound))
        for node in journey.nodes:
            match node:
                case WaitFor(cases=cases):
                    for case in cases:
                        if case.step is not None and type_ in case.step.events:
                            own = frozenset(n for n in ("event", case.step.bind) if n is not None)
                            yield Place(index, self._routes(case.step, [case.step.where, case.when], own, bound - own))
                case Collect(step=step) if type_ in step.events:
                    yield Place(index, self._routes(step, [step.where], frozenset(("event",)), bound))
                case _:
                    pass

    # ---- routes

    def _routes(self, step: Step, tests: Iterable[Expr | None], own: frozenset[str], bound: frozenset[str]) -> tuple[Route, ...]:
        """`own` are the names of the event itself, `bound` those that entries bound for good."""
        found: dict[type, Route] = {}
        if step.audience is not None:
            found[ByMember] = self._member(step.audience)
        for test in tests:
            for part in conjuncts(test) if test is not None else ():
                route = self._route(part, own, bound)
                if route is not None:
                    found.setdefault(type(route), route)  # one of each kind is enough to spare most
        return tuple(found.values())

    def _member(self, audience: str) -> ByMember:
        return ByMember(self._machine.member_mask(audience).bit_length() - 1)

    def _route(self, part: Expr, own: frozenset[str], bound: frozenset[str]) -> Route | None:
        match part:
            case Member(audience=audience):
                return self._member(audience)
            case Binary(op="==", left=left, right=right):
                return self._compared(left, right, (_single, _single), (own, bound)) or self._compared(
                    right, left, (_single, _single), (own, bound)
                )
            case Binary(op="in", left=left, right=right):
                return self._compared(left, right, (_known, _elements), (own, bound)) or self._compared(
                    right, left, (_elements, _single), (own, bound)
                )
            case _:
                return None

    def _compared(
        self,
        asking: Expr,
        other: Expr,
        spread: tuple[Callable[[Any], Keys | None], Callable[[Any], Keys | None]],
        names: tuple[frozenset[str], frozenset[str]],
    ) -> Route | None:
        """A route if `asking` hangs on nothing but the event, and `other` on nothing but a fact, or a name bound at the entry."""
        own, bound = names
        if not _is_plain(asking) or not names_read(asking) <= own or reads_zone(asking, self._machine.aggregates):
            return None
        asked = _asked(self._machine.value(asking), own, spread[0])
        reads = names_read(other)
        if reads and reads <= bound - own and _is_plain(other) and not reads_zone(other, self._machine.aggregates):
            return ByName(asked, _keys(self._machine.value(other), spread[1]))
        return self._fact(other, asked, spread[1]) if not reads else None

    def _fact(self, expr: Expr, asked: KeysOf, spread: Callable[[Any], Keys | None]) -> ByFact | None:
        machine = self._machine
        facts = frozenset(attributes_read(expr))
        if not facts or reads_zone(expr, machine.aggregates):
            return None
        value = _keys(machine.value(expr), spread)
        blank = value(self._blank, 0, None)
        if blank is None:
            return None
        aggregate = machine.aggregates.get(_named(expr))
        if aggregate is not None and spread is _ENTRIES_GIVE.get(aggregate.spec.function):
            if isinstance(aggregate, Window):
                return ByFact(asked, _entry_values(aggregate), facts, frozenset(blank), aggregate)
            if spread is _elements:
                return ByFact(asked, value, facts, frozenset(blank), aggregate)
        if not _is_plain(expr, facts=True) or not all(_is_lasting(machine.aggregates.get(name)) for name in facts):
            return None
        return ByFact(asked, value, facts, frozenset(blank), None)


def conjuncts(expr: Expr) -> list[Expr]:
    """The parts that all must hold."""
    if isinstance(expr, Binary) and expr.op == "and":
        return [*conjuncts(expr.left), *conjuncts(expr.right)]
    return [expr]


def names_bound(journey: Journey) -> frozenset[str]:
    """What an instance knows from its entry on."""
    names = {"entry", "first_entry"}
    for entry in journey.entries:
        steps = entry.trigger.steps if isinstance(entry.trigger, OnEvents) else ()
        names |= {name for name in (entry.bind, *(step.bind for step in steps)) if name is not None}
    return frozenset(names)


def names_rebound(journey: Journey) -> frozenset[str]:
    """Names that nodes bind: what they stand for may change inside."""
    names: set[str | None] = set()
    for node in journey.nodes:
        match node:
            case WaitFor(cases=cases):
                names |= {case.step.bind for case in cases if case.step is not None}
            case Collect(bind=bind) | Send(bind=bind) | CallWebhook(bind=bind):
                names.add(bind)
            case _:
                pass
    return frozenset(name for name in names if name is not None)


def _is_plain(expr: Expr, *, facts: bool = False) -> bool:
    """Is the value the same whenever and about whomever it is asked for, as long as names (and `facts`) stay?"""
    return all(_is_plain_part(part, facts=facts) for part in walk(expr))


def _is_plain_part(part: Expr, *, facts: bool) -> bool:
    match part:
        case Attribute() | History(where=None):
            return facts
        case Call(function=function):
            return function != "chance" and not FUNCTIONS[function].reads_clock and not FUNCTIONS[function].grain
        case Const() | Name() | Field() | Item() | Unary() | Binary() | Choose() | Items() | Each():
            return True
        case _:
            return False


def _is_lasting(aggregate: AggregateMachine | None) -> bool:
    """Does its value change through events alone?"""
    return aggregate is None or (aggregate.spec.window.over is None and aggregate.spec.window.this is None)


def _named(expr: Expr) -> str:
    """The attribute or aggregate that is the whole expression."""
    match expr:
        case Attribute(name=name) | History(aggregate=name, where=None):
            return name
        case _:
            return ""


def _single(value: Any) -> Keys | None:
    return (value,)


def _known(value: Any) -> Keys | None:
    """A single value, of which null tells nothing."""
    return None if value is None else (value,)


def _elements(value: Any) -> Keys | None:
    """The members of a list; a text may be asked for any part of it."""
    return () if value is None else None if isinstance(value, str) else tuple(value)


# Functions whose value is that of an entry, or a list of them.
_ENTRIES_GIVE = {"distinct": _elements, **dict.fromkeys(("top", "first", "last", "min", "max"), _single)}


def _hashable(keys: Keys | None) -> Keys | None:
    try:
        hash(keys)
    except TypeError:
        return None
    return keys


def _keys(value: Evaluate, spread: Callable[[Any], Keys | None]) -> KeysOf:
    return lambda p, at, names: _hashable(spread(value(p, at, None, names)))


def _asked(value: Evaluate, own: frozenset[str], spread: Callable[[Any], Keys | None]) -> KeysOf:
    names = tuple(own)
    return lambda p, at, event: _hashable(spread(value(p, at, event, dict.fromkeys(names, event))))


def _entry_values(aggregate: AggregateMachine) -> KeysOf:
    """Whatever a window holds may be its value later, through time alone."""
    return lambda p, at, _: _hashable(tuple({entry[1] for entry in aggregate.entries(p, at)}))
