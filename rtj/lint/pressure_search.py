"""The shortest timeline on which one person is asked for more messages than a cap allows.

A search by time (Dijkstra) over places of a passage and the messages counted so far. Before the first counted message time costs
nothing; the search may begin counting at any message. With a way back in, one passage may follow another.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from typing import NamedTuple

from rtj.engine.calendar import INFINITY
from rtj.engine.moments import next_occurrence
from rtj.ir import journey as irj
from rtj.lang import syntax as s
from rtj.lint.pressure_time import DAY, MINUTE, MONDAY, SOON, Quiet, is_within, length_ms, window_ms
from rtj.lint.pressure_ways import Move, Place, Ways

STATES_MAX = 10_000  # looked at in one search; beyond, nothing is said
MOVES_MAX = 3 * STATES_MAX  # noted in one search


@dataclass(frozen=True, slots=True)
class Cap:
    """What is counted: `sends` are ids of nodes. `quiet` hours shift or drop what is asked for within them."""

    limit: s.AtMost
    sends: frozenset[str]
    quiet: Quiet | None = None

    @property
    def count(self) -> int:
        return int(self.limit.count.value)


@dataclass(frozen=True, slots=True)
class WayBack:
    """An entry that lets the same person in again: not before `gap` after the last entry. `restart`: also who is inside, without
    regard to the gap. `least`: between two firings of its trigger."""

    number: int
    gap: int
    restart: bool
    least: int = SOON
    schedule: irj.OnSchedule | None = None


class Mark(NamedTuple):
    """Something on a timeline, `ms` after its first message: a message, an event that passes a case, a goal or exit that is
    reached, a new entry."""

    ms: int
    send: str = ""
    waiting: str = ""
    case: int = 0
    left: bool = False
    back: WayBack | None = None
    restarted: bool = False


class State(NamedTuple):
    """`since` the entry; `asked`: messages counted."""

    place: Place
    since: int
    asked: int


@dataclass(slots=True)
class _Search:
    """`trail`: what led to a state: the entry before it and a mark, if there was one."""

    ways: Ways
    cap: Cap
    backs: tuple[WayBack, ...]
    window: int
    heap: list[tuple[int, int, int, State, int]] = field(default_factory=list)
    seen: set[tuple[Place, int, int]] = field(default_factory=set)
    trail: list[tuple[int, Mark | None]] = field(default_factory=list)

    def push(self, span: int, state: State, before: int, mark: Mark | None) -> None:
        if state.asked and span >= self.window:
            return
        self.trail.append((before, mark))
        number = len(self.trail) - 1
        heapq.heappush(self.heap, (span, state.since, number, state, number))

    def timeline(self, number: int, last: Mark) -> tuple[Mark, ...]:
        marks = [last]
        while number >= 0:
            number, mark = self.trail[number]
            if mark is not None:
                marks.append(mark)
        return tuple(reversed(marks))


def shortest(ways: Ways, cap: Cap, backs: tuple[WayBack, ...] = ()) -> tuple[Mark, ...] | None:
    """The marks of the shortest timeline with one message more than `cap` allows; None when there is none, or when it was not
    found within `STATES_MAX` states."""
    if ways.journey.first is None or cap.count >= STATES_MAX:
        return None
    search = _Search(ways, cap, backs, window_ms(cap.limit))
    for at in _begins(ways, cap.quiet):
        search.push(0, State(Place(ways.journey.first, at), 0, 0), -1, None)
    longest = length_ms(ways.journey.max_duration)
    gap = max((back.gap for back in backs), default=0)
    for _ in range(STATES_MAX):
        if not search.heap or not ways.look() or len(search.trail) > MOVES_MAX:
            return None
        span, _, _, state, number = heapq.heappop(search.heap)
        key = (_since_first(state, span), min(state.since, gap), state.asked)
        if key in search.seen or state.since >= longest:
            continue
        search.seen.add(key)
        found = _step(search, span, state, number)
        if found is not None:
            return found
    return None


def _since_first(state: State, span: int) -> Place:
    """The place, its instant told from the first message: of two ways with one beginning the earlier one is as good or better."""
    place = state.place
    return place if place.at is None or not state.asked else place._replace(at=place.at - span)


def _step(search: _Search, span: int, state: State, number: int) -> tuple[Mark, ...] | None:
    """Go on from a state; the timeline if it is complete."""
    place = state.place
    if place.node is None:
        if state.asked:
            _come_back(search, span, state, number, inside=False)
        return None
    if isinstance(search.ways.nodes[place.node], irj.Send):
        return _ask(search, span, state, number)
    rested = False
    for move in search.ways.moves(place, 0 if state.asked else search.cap.count):
        _go(search, span, state, number, move)
        rested = rested or move.rested
    if rested and state.asked:
        _come_back(search, span, state, number, inside=True)
        if search.ways.may_leave and search.backs:
            left = state._replace(place=place._replace(node=None, rounds=(), assumed=place.assumed.rested()))
            search.push(span, left, number, Mark(span, left=True))
    return None


def _go(search: _Search, span: int, state: State, number: int, move: Move) -> None:
    later = span + move.ms if state.asked else 0
    mark = Mark(later, waiting=state.place.node or "", case=move.case) if move.case is not None and state.asked else None
    search.push(later, State(move.to, state.since + move.ms, state.asked), number, mark)


def _ask(search: _Search, span: int, state: State, number: int) -> tuple[Mark, ...] | None:
    """A message is asked for: held through quiet hours or dropped, counted, and the cap looked at."""
    place, cap = state.place, search.cap
    assert place.node is not None
    held = cap.quiet.held(place.at) if cap.quiet is not None and place.at is not None else 0
    (move,) = search.ways.moves(place)
    after = move.to
    if held and cap.quiet is not None and not cap.quiet.holds:
        search.push(span, State(after, state.since, state.asked), number, None)
        return None
    if held and place.at is not None:
        after = after._replace(at=place.at + held)
    span = span + held if state.asked else 0
    if place.node not in cap.sends:
        search.push(span, State(after, state.since + held, state.asked), number, None)
        return None
    mark = Mark(span, send=place.node)
    if state.asked == cap.count:
        return search.timeline(number, mark) if is_within(span, after.at, cap.limit) else None
    if not state.asked:  # or begin counting at a later one
        search.push(0, State(after, state.since + held, 0), number, None)
    search.push(span, State(after, state.since + held, state.asked + 1), number, mark)
    return None


def _come_back(search: _Search, span: int, state: State, number: int, *, inside: bool) -> None:
    """Enter anew by each way that allows it."""
    place = state.place
    for back in search.backs:
        if inside and not back.restart:
            continue
        least = back.least - state.since
        wait = max(SOON, least if inside else max(least, back.gap - state.since))
        at = None if place.at is None else place.at + wait
        if back.schedule is not None:
            if place.at is None or at is None:
                continue
            at = next_occurrence(back.schedule, UTC, at)
            if at >= INFINITY:
                continue
            wait = at - place.at
        fresh = Place(search.ways.journey.first, at, (), place.assumed.entered_anew())
        mark = Mark(span + wait, back=back, restarted=inside)
        search.push(span + wait, State(fresh, 0, state.asked), number, mark)


class Arrival(NamedTuple):
    """A message that may be asked for: so long after the entry, at an instant if that is known."""

    send: str
    since: int
    at: int | None


def arrivals(ways: Ways, sends: frozenset[str]) -> set[Arrival]:
    """When the messages of one passage can be asked for at the earliest, for each hour at which it can begin."""
    if ways.journey.first is None:
        return set()
    found: set[Arrival] = set()
    heap: list[tuple[int, int, Place]] = []
    for at in _begins(ways, None):
        heapq.heappush(heap, (0, len(heap), Place(ways.journey.first, at)))
    seen: set[Place] = set()
    pushed = len(heap)
    for _ in range(STATES_MAX):
        if not heap or not ways.look() or pushed > MOVES_MAX:
            break
        since, _, place = heapq.heappop(heap)
        if place.node is None or place in seen:
            continue
        seen.add(place)
        if place.node in sends:
            found.add(Arrival(place.node, since, place.at))
        for move in ways.moves(place):
            pushed += 1
            heapq.heappush(heap, (since + move.ms, pushed, move.to))
    return found


def _begins(ways: Ways, quiet: Quiet | None) -> Iterator[int | None]:
    """The instants at which a passage may begin: those of schedules, for people who live by their clock; floating, if an event
    lets people in; with quiet hours some hours outside of them."""
    floating = False
    for entry in ways.journey.entries:
        match entry.trigger:
            case irj.OnSchedule(unit="once", clock=minute):
                yield MONDAY + minute * MINUTE
            case irj.OnSchedule(unit=unit) if unit != "exact":
                found = {next_occurrence(entry.trigger, UTC, MONDAY + day * DAY) for day in range(7)}
                yield from sorted(at for at in found if at < INFINITY)
            case _:
                floating = True
    if floating and quiet is not None:
        yield from quiet.hours_outside(range(7) if quiet.days else ways.days)
    elif floating:
        yield None


def ways_back(journey: irj.Journey) -> Iterator[WayBack]:
    """The entries by which the same person can come again at will: events and schedules. What hangs on a condition that must
    have ended, or on another journey, is not counted."""
    for number, entry in enumerate(journey.entries):
        again, trigger = entry.again, entry.trigger
        gap = length_ms(again.gap) if again.rule == "after" else 0 if again.rule != "never" else INFINITY
        restart = entry.while_inside == "restart"
        if gap >= INFINITY and not restart:
            continue
        if isinstance(trigger, irj.OnEvents) and not any(" " in name for step in trigger.steps for name in step.events):
            absent = sum(length_ms(step.within) for step in trigger.steps if step.absent and step.within is not None)
            yield WayBack(number, gap, restart, max(SOON, absent))
        elif isinstance(trigger, irj.OnSchedule) and trigger.unit not in ("once", "exact"):
            yield WayBack(number, gap, restart, _between(trigger), trigger)


def _between(schedule: irj.OnSchedule) -> int:
    """How long it is at least from one firing to the next."""
    units = {"day": DAY, "week": 7 * DAY, "month": 28 * DAY, "year": 365 * DAY}
    several = len(schedule.days) > 1 or len(schedule.dates) > 1 or len(schedule.nth) > 1
    return DAY if several else units.get(schedule.unit, SOON) * schedule.every
