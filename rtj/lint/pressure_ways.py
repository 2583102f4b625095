"""Where one passage can go next, and how soon: the moves of a flat machine, with what has been assumed on the way.

A way is given only if somebody can take it. What hangs on facts that nobody knows (a moment in a field, a call's failure, a
message that bounced) is left out; what has been decided stays decided: arms of a split for good, conditions over what brought
the person in for good, other conditions until the next rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.ir.walk import names_read, walk
from rtj.lint.pressure_graph import followed_by
from rtj.lint.pressure_time import SOON, Passed, computed_ms, length_ms, until, waited

WHOLE = 1_000_000  # shares of a split add up to this
STATES_ALL_MAX = 40_000  # states looked at in all searches in one journey
JUDGED_MAX = 100  # questions whether conditions can hold together, of one journey
SILENCING = frozenset({"failed", "unsubscribed", "complained"})  # after these no message is asked for, or a place is given back

Rounds: TypeAlias = tuple[tuple[str, int], ...]
Possible: TypeAlias = Callable[[tuple[ir.Expr, ...]], bool]
"""May all of these conditions hold at once?"""


class Draw(NamedTuple):
    """Where the chance of a salt lies: from `low` up to `high`, in millionths."""

    salt: str
    per_entry: bool
    low: int
    high: int


class Assumed(NamedTuple):
    """`still`: conditions that stay as they are as long as the passage; `now`: until the next rest. They are told by number,
    from 1; below 0: that one does not hold."""

    draws: tuple[Draw, ...] = ()
    still: tuple[int, ...] = ()
    now: tuple[int, ...] = ()

    def rested(self) -> Assumed:
        return self._replace(now=()) if self.now else self

    def entered_anew(self) -> Assumed:
        return Assumed(tuple(draw for draw in self.draws if not draw.per_entry))


class Place(NamedTuple):
    """Where a passage stands: a node (None: it is over), the instant if it is known, rounds begun, what was assumed."""

    node: str | None
    at: int | None = None
    rounds: Rounds = ()
    assumed: Assumed = Assumed()


class Move(NamedTuple):
    """`case`: the number of the case of a wait_for that an event passes; `rested`: it stood at the node for a while."""

    ms: int
    to: Place
    case: int | None = None
    rested: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the moves: the days on which a floating passage may find itself; which events end the passage."""

    days: range
    ending: frozenset[str]


class Ways:
    """The moves of one journey. `possible` judges conditions that are assumed together."""

    def __init__(self, journey: irj.Journey, possible: Possible) -> None:
        self.journey = journey
        self.nodes = {node.id: node for node in journey.nodes}
        self._possible = possible
        self._judged: dict[tuple[int, ...], bool] = {}
        self.tired = False  # so much was asked that nothing can be said of this journey
        self._left = STATES_ALL_MAX
        self._limits = Limits(range(7) if _reads_weekdays(journey) else range(1), _ending(journey))
        known = _brought(journey)
        self._conditions = list(dict.fromkeys(conditions(journey.nodes)))
        self._terms = [_terms(condition) for condition in self._conditions]
        self._still = [_is_still(condition, known) for condition in self._conditions]
        self._admitted = _admitting(journey, known)  # what holds for everybody who is inside
        places = {condition: place + 1 for place, condition in enumerate(self._conditions)}
        shared = _shared_terms(journey, self._admitted)
        again = {id(c) for c in conditions(self._again())}
        self._numbers = {id(c): places[c] if _terms(c) & shared or id(c) in again else 0 for c in conditions(journey.nodes)}

    def look(self) -> bool:
        """May one more state be looked at? All searches in one journey share what may be."""
        self._left -= 1
        return self._left >= 0 and not self.tired

    @property
    def days(self) -> range:
        return self._limits.days

    @property
    def may_leave(self) -> bool:
        """Can an event that is no withdrawal end the passage at a rest?"""
        return any(
            isinstance(watch.trigger, irj.OnEvents) and not watch.stay and not set(watch.trigger.steps[0].events) <= SILENCING
            for watch in (*self.journey.goals, *self.journey.exits)
        )

    def visits(self, nodes: Iterable[str]) -> int:
        """How often one passage can come by these nodes at most, as far as repeats bound it."""
        times = dict.fromkeys(nodes, 1)
        for repeat, inside in self._rounds:
            for node in inside & times.keys():
                times[node] *= max(repeat.times, 1)
        return sum(times.values())

    @cached_property
    def _rounds(self) -> list[tuple[irj.Repeat, set[str]]]:
        return [(node, self._inside(node)) for node in self.journey.nodes if isinstance(node, irj.Repeat)]

    def _again(self) -> tuple[irj.Node, ...]:
        """The nodes that one passage may come by more than once."""
        repeats = [node for node in self.journey.nodes if isinstance(node, irj.Repeat)]
        inside = set().union(*(self._inside(repeat) | {repeat.id} for repeat in repeats))
        return tuple(self.nodes[name] for name in inside)

    def _inside(self, repeat: irj.Repeat) -> set[str]:
        """The nodes from which the repeat is entered again: its body."""
        todo, found = [repeat.body], set[str]()
        while todo:
            name = todo.pop()
            if name is not None and name != repeat.id and name not in found:
                found.add(name)
                todo += followed_by(self.nodes[name])
        return found

    def moves(self, place: Place, passable: int = 0) -> Iterator[Move]:
        """What can happen next. `passable`: nothing is counted yet, and of the rounds of a repeat no more than so many matter;
        those before them may be passed over."""
        assert place.node is not None
        node = self.nodes[place.node]
        match node:
            case irj.Wait(length=length, for_=for_, next=following):
                ms = self._ms(length, for_, place.at)
                if ms is not None:
                    yield self._rest(place, following, waited(ms, place.at))
            case irj.WaitUntil(moment=moment, block=block, body=body, next=following):
                for passed in until(moment, place.at, self.days):
                    yield self._rest(place, (body or following) if block else following, passed)
            case irj.WaitFor():
                yield from self._wait_for(place, node)
            case irj.Collect(length=length, until=moment, next=following):
                ends = until(moment, place.at, self.days) if moment is not None else self._after(length, None, place.at)
                for passed in ends:
                    yield self._rest(place, following, passed)
            case irj.Branch():
                yield from self._branch(place, node)
            case irj.Split():
                yield from self._split(place, node)
            case irj.Repeat():
                yield from self._repeat(place, node, passable)
            case irj.CallWebhook(next=following):
                yield self._rest(place, following, waited(SOON, place.at))
            case irj.SetAttributes(next=following) | irj.Emit(next=following) | irj.StartJourney(next=following):
                yield Move(0, Place(following, place.at, place.rounds, place.assumed.rested()))
            case irj.Send(next=following):
                yield Move(0, Place(following, place.at, place.rounds, place.assumed))
            case irj.Exit():
                yield Move(0, Place(None, place.at, place.rounds, place.assumed))

    def _rest(self, place: Place, to: str | None, passed: Passed, case: int | None = None) -> Move:
        assumed = place.assumed.rested() if passed.ms else place.assumed  # within an instant nothing else changes
        return Move(passed.ms, Place(to, passed.at, place.rounds, assumed), case, rested=True)

    def _ms(self, length: ir.Length | None, for_: ir.Expr | None, at: int | None) -> int | None:
        if length is not None:
            return length_ms(length, at)
        return computed_ms(for_) if for_ is not None else None

    def _after(self, length: ir.Length | None, for_: ir.Expr | None, at: int | None) -> Iterator[Passed]:
        ms = self._ms(length, for_, at)
        if ms is not None:
            yield waited(ms, at)

    # ---- wait_for

    def _wait_for(self, place: Place, node: irj.WaitFor) -> Iterator[Move]:
        """An event may come soon, a condition may hold already; of the timeouts the first one ends it."""
        timeouts: list[tuple[Passed, str | None]] = []
        for number, case in enumerate(node.cases):
            to = case.body or node.next
            if case.condition is not None:
                number_of = self._numbers[id(case.condition)]
                now = self._assume(place.assumed, number_of)
                if now is not None:
                    yield Move(0, Place(to, place.at, place.rounds, now))
                elif (later := self._assume(place.assumed.rested(), number_of)) is not None:
                    passed = waited(SOON, place.at)
                    yield Move(SOON, Place(to, passed.at, place.rounds, later), rested=True)
            elif case.step is not None:
                if not set(case.step.events) <= SILENCING | self._limits.ending:
                    yield self._rest(place, to, waited(SOON, place.at), number)
            elif case.until is not None:
                timeouts += [(passed, to) for passed in until(case.until, place.at, self.days)]
            else:
                timeouts += [(passed, to) for passed in self._after(case.after, case.for_, place.at)]
        first = min((passed.ms for passed, _ in timeouts), default=0)
        for passed, to in timeouts:
            if passed.ms == first or (place.at is None and passed.ms <= SOON):
                yield self._rest(place, to, passed)

    # ---- ways apart

    def _branch(self, place: Place, node: irj.Branch) -> Iterator[Move]:
        assumed: Assumed | None = place.assumed
        for arm in node.arms:
            if assumed is None:
                return
            condition = self._numbers[id(arm.when)]
            taken = self._assume(assumed, condition)
            if taken is not None:
                yield Move(0, Place(arm.body or node.next, place.at, place.rounds, taken))
            assumed = self._assume(assumed, -condition)
        if assumed is not None:
            yield Move(0, Place(node.otherwise or node.next, place.at, place.rounds, assumed))

    def _split(self, place: Place, node: irj.Split) -> Iterator[Move]:
        low = 0
        drawn = next((d for d in place.assumed.draws if (d.salt, d.per_entry) == (node.salt, node.per_entry)), None)
        rest = tuple(d for d in place.assumed.draws if d is not drawn)
        for arm in node.arms:
            lower, low = low, low + arm.share
            if drawn is not None:
                lower, upper = max(lower, drawn.low), min(low, drawn.high)
            else:
                upper = low
            if lower < upper:
                draws = tuple(sorted((*rest, Draw(node.salt, node.per_entry, lower, upper))))
                to = None if arm.name == "holdout" else arm.body or node.next
                yield Move(0, Place(to, place.at, place.rounds, place.assumed._replace(draws=draws)))

    def _repeat(self, place: Place, node: irj.Repeat, passable: int) -> Iterator[Move]:
        done = dict(place.rounds).get(node.id, 0)
        others = tuple(pair for pair in place.rounds if pair[0] != node.id)
        condition = self._numbers[id(node.until)] if node.until is not None else 0
        if done < node.times and node.body is not None:
            assumed = self._assume(place.assumed, -condition)
            if assumed is not None:
                yield Move(0, Place(node.body, place.at, _with(others, node.id, done + 1), assumed))
            first = max(node.times - passable, 1) + 1
            if done == 0 and passable:  # the rounds before take their time: after them the hour is not known
                for number in range(first, node.times + 1):
                    yield Move(0, Place(node.body, None, _with(others, node.id, number), place.assumed.rested()))
        if done >= node.times or node.body is None:
            yield Move(0, Place(node.next, place.at, others, place.assumed))
        elif node.until is not None:
            ended = self._assume(place.assumed, condition)
            if ended is not None:
                yield Move(0, Place(node.next, place.at, others, ended))

    def _assume(self, assumed: Assumed, condition: int) -> Assumed | None:
        """With one more condition; None when it cannot hold as well. 0, one that touches no other, is not kept."""
        together = (*assumed.still, *assumed.now)
        if condition == 0 or condition in together:
            return assumed
        if -condition in together or not self._holds_with(condition, together):
            return None
        if self._still[abs(condition) - 1]:
            return assumed._replace(still=(*assumed.still, condition))
        return assumed._replace(now=(*assumed.now, condition))

    def _holds_with(self, condition: int, others: tuple[int, ...]) -> bool:
        """May a condition hold beside those that look up something that it looks up too?"""
        terms = self._terms[abs(condition) - 1]
        near = [other for other in others if self._terms[abs(other) - 1] & terms]
        key = tuple(sorted((*near, condition)))
        if key not in self._judged:
            if len(self._judged) >= JUDGED_MAX:
                self.tired = True
                return False
            self._judged[key] = self._possible((*self._admitted, *(self._expr(number) for number in key)))
        return self._judged[key]

    def _expr(self, number: int) -> ir.Expr:
        condition = self._conditions[abs(number) - 1]
        return condition if number > 0 else ir.Unary("not", condition)


def _with(rounds: Rounds, repeat: str, number: int) -> Rounds:
    return tuple(sorted((*rounds, (repeat, number))))


def _brought(journey: irj.Journey) -> frozenset[str]:
    """The names of what brought the person in: they stay what they are as long as the passage."""
    found = {"entry", "first_entry"}
    for entry in journey.entries:
        steps = entry.trigger.steps if isinstance(entry.trigger, irj.OnEvents) else ()
        found |= {name for name in (entry.bind, *(step.bind for step in steps)) if name is not None}
    return frozenset(found)


def _admitting(journey: irj.Journey, known: frozenset[str]) -> tuple[ir.Expr, ...]:
    """What was true of what let the person in, and so stays true."""
    whens = [entry.when for entry in journey.entries]
    if len(whens) != 1 or whens[0] is None or not _is_still(whens[0], known):
        return ()
    return (whens[0],)


def _is_still(condition: ir.Expr, known: frozenset[str]) -> bool:
    """Does the condition read nothing but what brought the person in?"""
    changing = (ir.Attribute, ir.Member, ir.JourneyFact, ir.Now, ir.History, ir.Held, ir.Call, ir.Shift)
    return names_read(condition) <= known and not any(isinstance(part, changing) for part in walk(condition))


def _terms(condition: ir.Expr) -> frozenset[ir.Expr]:
    """What a condition looks up: fields, attributes, audiences, history."""
    looked_up = (ir.Attribute, ir.Member, ir.Field, ir.Name, ir.History, ir.Held, ir.JourneyFact, ir.Now, ir.Call)
    return frozenset(part for part in walk(condition) if isinstance(part, looked_up) and not isinstance(part, ir.Name))


def conditions(nodes: Iterable[irj.Node]) -> Iterator[ir.Expr]:
    """Every condition at which ways part."""
    for node in nodes:
        match node:
            case irj.Branch(arms=arms):
                yield from (arm.when for arm in arms)
            case irj.WaitFor(cases=cases):
                yield from (case.condition for case in cases if case.condition is not None)
            case irj.Repeat(until=condition) if condition is not None:
                yield condition


def _shared_terms(journey: irj.Journey, admitted: tuple[ir.Expr, ...]) -> frozenset[ir.Expr]:
    """The terms that more than one condition looks up: only there can assumptions contradict each other."""
    once: set[ir.Expr] = set()
    twice: set[ir.Expr] = set()
    for condition in (*admitted, *conditions(journey.nodes)):
        terms = _terms(condition)
        twice |= terms & once
        once |= terms
    return frozenset(twice)


def _reads_weekdays(journey: irj.Journey) -> bool:
    """Does a wait of the journey ask for days of the week?"""
    moments = [node.moment for node in journey.nodes if isinstance(node, irj.WaitUntil)]
    moments += [node.until for node in journey.nodes if isinstance(node, irj.Collect) and node.until is not None]
    for node in journey.nodes:
        if isinstance(node, irj.WaitFor):
            moments += [case.until for case in node.cases if case.until is not None]
    return any(moment.days for moment in moments)


def _ending(journey: irj.Journey) -> frozenset[str]:
    """The events that end a passage wherever it stands: no wait_for is offered them."""
    found: set[str] = set()
    for watch in (*journey.goals, *journey.exits):
        if isinstance(watch.trigger, irj.OnEvents) and watch.when is None and not watch.stay:
            step = watch.trigger.steps[0]
            if step.where is None and step.within is None and step.audience is None and step.of_node is None:
                found |= set(step.events)
    for entry in journey.entries:  # who is inside begins anew before waits are tried
        if entry.while_inside == "restart" and entry.when is None and entry.key is None:
            steps = entry.trigger.steps if isinstance(entry.trigger, irj.OnEvents) else ()
            if len(steps) == 1 and steps[0].count == 1 and steps[0].where is None and steps[0].audience is None:
                found |= set(steps[0].events)
    return frozenset(found)
