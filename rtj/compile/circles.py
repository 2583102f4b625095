"""Circles of journeys at one instant: who starts or sets off whom without any time passing, and is let in again (S5.3, S6.2).

Time stands still in everything but waits. A `send` rests only until the sends of its instant are decided, and `wait: until 09:00`
counts now: from nine o'clock on, whoever comes round finds that moment reached. So circles are looked for once with every wait
as a rest, and once for each such moment, with the waits for it passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.ir.expr import Binary, Const, Expr, Field, Items, Length, Name
from rtj.ir.journey import (
    Branch,
    CallWebhook,
    Collect,
    Emit,
    Entry,
    Exit,
    Journey,
    Moment,
    Node,
    OnEvents,
    OnStart,
    Pair,
    Repeat,
    Send,
    SetAttributes,
    Split,
    StartJourney,
    Wait,
    WaitFor,
    WaitUntil,
)
from rtj.ir.walk import names_read

LABELS_MAX = 5  # of one report
Vertex: TypeAlias = tuple[str, int]
"""A journey, and the number of the entry that lets in."""


@dataclass(frozen=True, slots=True)
class Hop:
    """From one entry of a journey, by one of its nodes, to an entry of the same or another journey."""

    node: StartJourney | Emit
    after: Vertex


def check_circles(journeys: Sequence[Journey], places: Mapping[tuple[str, str], Span]) -> Iterator[Diagnostic]:
    """Report each circle once. `places`: where the name of what is started or emitted stands, by journey and node id."""
    by_name = {j.name: j for j in journeys}
    entries = _doors(journeys)
    movers = [j for j in journeys if any(isinstance(node, StartJourney | Emit) for node in j.nodes)]
    seen: set[frozenset[Vertex]] = set()
    plain = {vertex: found for j in movers for vertex, found in _hops(j, None, by_name, entries)}
    passed: dict[Moment | None, dict[Vertex, tuple[Hop, ...]]] = {None: plain}
    for j in movers:
        for m in _moments(j):
            passed.setdefault(m, dict(plain)).update(_hops(j, m, by_name, entries))
    for moment, hops in passed.items():
        for vertex in sorted(hops):
            circle = _circle(hops, vertex)
            around = frozenset(before for before, _ in circle)
            if circle and not any(around & other for other in seen):
                seen.add(around)
                yield _report(circle, places, moment)


def _report(circle: list[tuple[Vertex, Hop]], places: Mapping[tuple[str, str], Span], moment: Moment | None) -> Diagnostic:
    steps: list[str] = []
    for (journey, _), hop in circle:
        steps += [journey, f"emit {hop.node.event}"] if isinstance(hop.node, Emit) else [journey]
    spans = [places[journey, hop.node.id] for (journey, _), hop in circle]
    first = circle[0][0][0]
    emits = any(isinstance(hop.node, Emit) for _, hop in circle)
    if len(circle) > 1:
        what = "journeys set each other off" if emits else "journeys start each other"
    else:
        what = f"journey `{first}` sets itself off" if emits else f"journey `{first}` starts itself"
    message = f"{what} without end at one instant: {' -> '.join([*steps, first])}"
    hint = "a `wait` on the way, or `again: after …` where people come in, breaks the circle"
    if moment is not None:
        hint = "`wait: until …` counts now, so it holds nobody on the next round: `until next …` or a length does"
    labels = tuple(Label(span, "and from here on") for span in spans[1 : LABELS_MAX + 1])
    return Diagnostic("E202" if emits else "E201", message, spans[0], hint, labels)


def _circle(hops: Mapping[Vertex, tuple[Hop, ...]], first: Vertex) -> list[tuple[Vertex, Hop]]:
    """A shortest way from an entry back to itself, or nothing."""
    came: dict[Vertex, tuple[Vertex, Hop]] = {}
    todo = [first]
    for vertex in todo:
        for hop in hops.get(vertex, ()):
            if hop.after not in came:
                came[hop.after] = (vertex, hop)
                todo.append(hop.after)
        if first in came:
            break
    way: list[tuple[Vertex, Hop]] = []
    at = first
    while first in came and (not way or at != first):
        way.append(came[at])
        at = came[at][0]
    return way[::-1]


# ---- who sets off whom


@dataclass(slots=True)
class Doors:
    """The entries that `start` opens, by journey, and those that an event opens, by its type."""

    starts: dict[str, list[int]] = field(default_factory=dict)
    events: dict[str, list[Vertex]] = field(default_factory=dict)


def _doors(journeys: Iterable[Journey]) -> Doors:
    doors = Doors()
    for journey in journeys:
        for number, entry in enumerate(journey.entries):
            match entry.trigger:
                case OnStart():
                    doors.starts.setdefault(journey.name, []).append(number)
                case OnEvents(steps=(step,)) if step.count == 1:  # what needs several events is not set off by each
                    for event in step.events:
                        doors.events.setdefault(event, []).append((journey.name, number))
                case _:
                    pass
    return doors


def _hops(
    journey: Journey, moment: Moment | None, by_name: Mapping[str, Journey], doors: Doors
) -> Iterator[tuple[Vertex, tuple[Hop, ...]]]:
    """For each entry of a journey: what is set off at the instant of entering, by somebody whom it would let in again."""
    ways = _Ways(journey, moment)
    nodes = [node for node in ways.reached if isinstance(node, StartJourney | Emit)]
    for number, entry in enumerate(journey.entries):
        found: list[Hop] = []
        for node in nodes:
            if not _admits_again(entry, ways, node):
                continue
            if isinstance(node, StartJourney):
                targets = [(node.journey, other) for other in doors.starts.get(node.journey, ())]
            else:
                targets = doors.events.get(node.event, [])
            found += [Hop(node, v) for v in targets if _lets_in(by_name[v[0]].entries[v[1]], node.pairs)]
        if found:
            yield (journey.name, number), tuple(found)


def _admits_again(entry: Entry, ways: _Ways, node: StartJourney | Emit) -> bool:
    """Would this entry let the same person in again at this instant, after the node was passed? Who rests behind the node is
    still inside, so only a restart does; who has left by then is judged by `again`. A `key` is taken to stay the same."""
    if entry.while_inside == "restart" and node.next in ways.rest:
        return True
    again = entry.again
    open_again = again.rule in ("always", "exit") or (again.rule == "after" and again.gap == Length())
    return open_again and node.next in ways.end


# ---- what happens within a journey at one instant


class _Ways:
    """The nodes of a journey, with the waits for `moment` passed. `rest`, `end`: the nodes from which, with no send on the way,
    people may come to a rest, and to the end of the journey; None is the end itself."""

    def __init__(self, journey: Journey, moment: Moment | None) -> None:
        self.moment = moment
        self.following = {node.id: self.after(node) for node in journey.nodes}
        self.reached = self._reached(journey)
        back: dict[str | None, list[str]] = {}
        sends = {node.id for node in journey.nodes if isinstance(node, Send)}
        for name, following in self.following.items():
            for other in following if name not in sends else ():
                back.setdefault(other, []).append(name)
        self.end = _from(back, [None])
        self.rest = _from(back, [name for name, following in self.following.items() if name in sends or not following])

    def _reached(self, journey: Journey) -> list[Node]:
        """The nodes that may be come to at the instant of entering, those included at which people rest."""
        found: set[str | None] = set()
        todo = [journey.first]
        while todo:
            name = todo.pop()
            if name is not None and name not in found:
                found.add(name)
                todo += self.following[name]
        return [node for node in journey.nodes if node.id in found]

    def after(self, node: Node) -> list[str | None]:
        """What may come after a node at the same instant; None is the end of the journey. Nothing after a rest."""
        match node:
            case Branch(arms=arms, otherwise=otherwise, next=following):
                return [*(arm.body or following for arm in arms), otherwise or following]
            case Split(arms=shares, next=following):
                return [share.body or following if share.name != "holdout" else None for share in shares]
            case Repeat(body=body, next=following):
                return [body, following]
            case Wait(length=length, next=following):
                return [following] if length == Length() else []
            case WaitUntil(body=body, block=block, next=following):
                passed = self.moment is not None and node.moment == self.moment
                return [body or following if block else following] if passed else []
            case Send(next=following) | CallWebhook(next=following) | SetAttributes(next=following):
                return [following]
            case Emit(next=following) | StartJourney(next=following):
                return [following]
            case WaitFor() | Collect():
                return []
            case Exit():
                return [None]


def _from(back: Mapping[str | None, Sequence[str]], ends: Sequence[str | None]) -> set[str | None]:
    """The ends, and all from which one of them can be come to."""
    found: set[str | None] = set()
    todo = list(ends)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += back.get(name, ())
    return found


def _moments(journey: Journey) -> Iterator[Moment]:
    """The moments that stay reached for as long as no time passes: clock times and days, now included."""
    for node in journey.nodes:
        if isinstance(node, WaitUntil):
            moment = node.moment
            if moment.at is None and moment.on is None and not moment.next:
                yield moment


# ---- is it let in?


def _lets_in(entry: Entry, pairs: tuple[Pair, ...]) -> bool:
    """Surely, as far as what is handed over decides: conditions about anything else are taken to hold."""
    given = {pair.name: pair.value for pair in pairs}
    names = {"event", "entry", "first_entry"}
    tests = [*_conjuncts(entry.when)]
    match entry.trigger:
        case OnEvents(steps=(step,)):
            names |= {step.bind} if step.bind is not None else set()
            tests += _conjuncts(step.where)
        case _:
            names |= {entry.bind} if entry.bind is not None else set()
    return all(_holds(test, names, given) for test in tests if names & names_read(test))


def _conjuncts(expr: Expr | None) -> Iterator[Expr]:
    match expr:
        case None:
            return
        case Binary(op="and", left=left, right=right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case _:
            yield expr


def _holds(test: Expr, names: set[str], given: Mapping[str, Expr]) -> bool:
    """Does a condition about what is handed over surely hold?"""
    match test:
        case Binary(op="==" | "!=" as op, left=left, right=right):
            a, b = _known(left, names, given), _known(right, names, given)
            return a is not None and b is not None and (a == b) == (op == "==")
        case Binary(op="in", left=left, right=Items(items=items)):
            a = _known(left, names, given)
            return a is not None and a in items
        case _:
            return False


def _known(expr: Expr, names: set[str], given: Mapping[str, Expr]) -> Const | None:
    """The literal that an expression is: itself, or what is given for a field."""
    match expr:
        case Const():
            return expr
        case Field(base=Name(name=name), name=field_name, envelope=False) if name in names:
            value = given.get(field_name, Const(None, "null"))
            return value if isinstance(value, Const) else None
        case _:
            return None
