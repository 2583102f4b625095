"""Computed attributes: sliding and exact (S3.3).

`for ever` keeps running values; a window keeps its entries in the order of work, at most `ENTRIES_MAX` of them: beyond that
the oldest hour is folded into one entry per value.
"""

from __future__ import annotations

from bisect import insort_right
from collections.abc import Callable, Iterable
from datetime import tzinfo
from operator import itemgetter
from typing import Any, TypeAlias

from rtj.engine.calendar import HOUR_MS, INFINITY, shift, unit_end, unit_start
from rtj.engine.codegen import Evaluate
from rtj.engine.functions import divide, largest, smallest, total
from rtj.engine.state import Profile, Stamp
from rtj.ir.program import Aggregate
from rtj.ir.records import Event

ENTRIES_MAX = 10_000

Entry: TypeAlias = tuple[Stamp, Any, int, Event | None]
"""(place in the order of work, value, how many events it stands for, the event itself if a later condition reads it)."""


_place_of: Callable[[Entry], Stamp] = itemgetter(0)
value_of: Callable[[Entry], Any] = itemgetter(1)
events_of: Callable[[Entry], int] = itemgetter(2)


def stamp_of(event: Event) -> Stamp:
    return event.ts, event.source, event.pos


def reduce_entries(function: str, entries: Iterable[Entry]) -> Any:
    """The value of a function over entries in the order of work (D: nulls were never kept)."""
    match function:
        case "count":
            return sum(map(events_of, entries))
        case "sum":
            return total(map(value_of, entries))
        case "avg":
            kept = list(entries)
            return divide(total(map(value_of, kept)), sum(map(events_of, kept)))
        case "min":
            return smallest(map(value_of, entries))
        case "max":
            return largest(map(value_of, entries))
        case "first":
            return next((e[1] for e in entries), None)
        case "last":
            return next((e[1] for e in reversed(list(entries))), None)
        case "previous":
            kept = list(entries)
            return kept[-2][1] if len(kept) > 1 else None
        case "distinct":
            return tuple(dict.fromkeys(map(value_of, entries)))
        case _:
            return top(entries)


def top(entries: Iterable[Entry]) -> Any:
    """The most frequent value; of equals the one seen last."""
    counts: dict[Any, int] = {}
    last: dict[Any, int] = {}
    for place, entry in enumerate(entries):
        counts[entry[1]] = counts.get(entry[1], 0) + entry[2]
        last[entry[1]] = place
    return max(counts, key=lambda value: (counts[value], last[value]), default=None)


_FOLDED = {"avg": "sum", "previous": "last"}  # what stands for an hour of a window, where it is not the value itself


def fold(function: str, entries: list[Entry]) -> None:
    """Fold the oldest hour (at least two entries) so that the window fits its bound again."""
    limit = entries[0][0][0] + HOUR_MS
    count = next((i for i, e in enumerate(entries) if e[0][0] >= limit), len(entries))
    count = max(count, 2)
    oldest = entries[:count]
    groups: dict[Any, list[Entry]] = {}
    for entry in oldest:
        groups.setdefault(entry[1] if function in ("distinct", "top") else None, []).append(entry)
    folded: list[Entry] = []
    for value, group in groups.items():
        reduced = value if function in ("distinct", "top") else reduce_entries(_FOLDED.get(function, function), group)
        folded.append((group[-1][0], reduced, sum(e[2] for e in group), group[-1][3]))
    if len(folded) >= len(oldest):
        folded = folded[-(len(oldest) - 1) :]
    entries[:count] = sorted(folded, key=lambda e: e[0])


class AggregateMachine:
    """One aggregate of the program; its state stands in `profile.aggregates[slot]`."""

    def __init__(self, spec: Aggregate, slot: int, where: Evaluate | None, value: Evaluate | None) -> None:
        self.spec, self.slot, self.where, self.of = spec, slot, where, value
        self.zone: Callable[[Profile], tzinfo]
        self.folds: list[str] = []  # names of windows that were folded and not yet reported; the machine shares one list

    @property
    def is_calendar(self) -> bool:
        """Do the ends of its window depend on the zone?"""
        window = self.spec.window
        return window.this is not None or (window.over is not None and not window.over.ms)

    def add(self, p: Profile, event: Event, at: int) -> bool:
        """Take an event in; True if it counted."""
        if self.where is not None and not self.where(p, at, event, None):
            return False
        value = self.of(p, at, event, None) if self.of is not None else None
        if value is None and self.of is not None:
            return False
        if isinstance(value, list):
            value = tuple(value)
        self._put(p, (stamp_of(event), value, 1, event if self.spec.keep else None), at)
        return True

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        raise AssertionError

    def reset(self, p: Profile, event: Event) -> None:
        """The event that `since` names was worked."""

    def value(self, p: Profile, at: int) -> Any:
        """The present value."""
        raise AssertionError

    def reader(self) -> Callable[[Profile, int], Any]:
        """What conditions call for the present value."""
        return self.value

    def entries(self, p: Profile, at: int) -> list[Entry]:
        """What the window holds at an instant, in the order of work."""
        raise AssertionError

    def next_change(self, p: Profile, at: int) -> int:
        """The first instant after `at` at which the value may change by time alone."""
        return INFINITY

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        """Unite the entries of two profiles (S2.5)."""
        raise AssertionError


class Window(AggregateMachine):
    """Entries in a list; what left the window is dropped when it is read."""

    def _state(self, p: Profile) -> list[Entry]:
        state: list[Entry] | None = p.aggregates[self.slot]
        if state is None:
            state = p.aggregates[self.slot] = []
        return state

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        entries = self._state(p)
        if entries and entries[-1][0] > entry[0]:
            insort_right(entries, entry, key=_place_of)
        else:
            entries.append(entry)
        if len(entries) > ENTRIES_MAX:
            self._drop(p, entries, at)
            if len(entries) > ENTRIES_MAX:
                fold(self.spec.function, entries)
                self.folds.append(self.spec.name)

    def _drop(self, p: Profile, entries: list[Entry], at: int) -> None:
        window = self.spec.window
        if window.over is None and window.this is None:
            return
        gone = 0
        if window.this is not None:
            start = unit_start(at, window.this, self.zone(p))
            while gone < len(entries) and entries[gone][0][0] < start:
                gone += 1
        elif window.over is not None and window.over.ms:
            start = at - window.over.ms
            while gone < len(entries) and entries[gone][0][0] <= start:
                gone += 1
        else:
            while gone < len(entries) and self._leaves(p, entries[gone]) <= at:
                gone += 1
        if gone:
            del entries[:gone]

    def _leaves(self, p: Profile, entry: Entry) -> int:
        assert self.spec.window.over is not None
        return shift(entry[0][0], self.spec.window.over, 1, self.zone(p))

    def entries(self, p: Profile, at: int) -> list[Entry]:
        entries = self._state(p)
        if entries:
            self._drop(p, entries, at)
        return entries

    def value(self, p: Profile, at: int) -> Any:
        return reduce_entries(self.spec.function, self.entries(p, at))

    def next_change(self, p: Profile, at: int) -> int:
        entries = self.entries(p, at)
        window = self.spec.window
        if not entries:
            return INFINITY
        if window.this is not None:
            return unit_end(at, window.this, self.zone(p))
        return self._leaves(p, entries[0]) if window.over is not None else INFINITY

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        other = goes.aggregates[self.slot]
        for entry in other or ():
            self._put(stays, entry, at)


class Since(Window):
    """Entries after the newest event of a type, in the order of work. State: [stamp of that event, entries]."""

    def _state(self, p: Profile) -> list[Entry]:
        state = p.aggregates[self.slot]
        if state is None:
            state = p.aggregates[self.slot] = [None, []]
        entries: list[Entry] = state[1]
        return entries

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        entries = self._state(p)
        newest = p.aggregates[self.slot][0]
        if newest is None or entry[0] > newest:
            super()._put(p, entry, at)
        del entries

    def reset(self, p: Profile, event: Event) -> None:
        self._reset(p, stamp_of(event))

    def _reset(self, p: Profile, stamp: Stamp) -> None:
        entries = self._state(p)
        state = p.aggregates[self.slot]
        if state[0] is None or stamp > state[0]:
            state[0] = stamp
            entries[:] = [e for e in entries if e[0] > stamp]

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        other = goes.aggregates[self.slot]
        if other is None:
            return
        for entry in other[1]:
            self._put(stays, entry, at)
        if other[0] is not None:
            self._reset(stays, other[0])


class Count(AggregateMachine):
    """For ever: a number."""

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        p.aggregates[self.slot] = (p.aggregates[self.slot] or 0) + entry[2]

    def value(self, p: Profile, at: int) -> Any:
        return p.aggregates[self.slot] or 0

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        stays.aggregates[self.slot] = (stays.aggregates[self.slot] or 0) + (goes.aggregates[self.slot] or 0)


class Sum(AggregateMachine):
    """For ever, sum and avg: [how many, sum of whole numbers, exact partial sums of doubles].

    The partials never overlap, so that their fsum is the correctly rounded sum of all values in whatever order they came
    (Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997; the algorithm behind math.fsum)."""

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        self._add(p, entry[2], (entry[1],))

    def _add(self, p: Profile, count: int, values: Iterable[Any]) -> None:
        state = p.aggregates[self.slot]
        if state is None:
            state = p.aggregates[self.slot] = [0, 0, []]
        state[0] += count
        for value in values:
            if type(value) is int:
                state[1] += value
            else:
                state[2] = _grow(state[2], value)

    def value(self, p: Profile, at: int) -> Any:
        count, whole, partials = p.aggregates[self.slot] or (0, 0, ())
        result = total((*partials, whole)) if partials else whole
        return (divide(result, count) if count else None) if self.spec.function == "avg" else result

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        other = goes.aggregates[self.slot]
        if other is not None:
            self._add(stays, other[0], (other[1], *other[2]))


def _grow(partials: list[float], value: float) -> list[float]:
    grown: list[float] = []
    for partial in partials:
        large, small = (value, partial) if abs(value) >= abs(partial) else (partial, value)
        high = large + small
        low = small - (high - large)
        if low:
            grown.append(low)
        value = high
    grown.append(value)
    return grown


class Extreme(AggregateMachine):
    """For ever, min max first last: the one entry that matters."""

    def _better(self, new: Entry, old: Entry) -> bool:
        match self.spec.function:
            case "min":
                return bool(new[1] < old[1])
            case "max":
                return bool(new[1] > old[1])
            case "first":
                return new[0] < old[0]
            case _:
                return new[0] >= old[0]

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        old = p.aggregates[self.slot]
        if old is None or self._better(entry, old):
            p.aggregates[self.slot] = entry

    def value(self, p: Profile, at: int) -> Any:
        state = p.aggregates[self.slot]
        return None if state is None else state[1]

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        if goes.aggregates[self.slot] is not None:
            self._put(stays, goes.aggregates[self.slot], at)


class Previous(AggregateMachine):
    """For ever, previous: the two newest entries, in the order of work."""

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        entries: tuple[Entry, ...] = p.aggregates[self.slot] or ()
        p.aggregates[self.slot] = tuple(sorted((*entries, entry), key=lambda e: e[0])[-2:])

    def value(self, p: Profile, at: int) -> Any:
        entries = p.aggregates[self.slot]
        return entries[0][1] if entries is not None and len(entries) > 1 else None

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        for entry in goes.aggregates[self.slot] or ():
            self._put(stays, entry, at)


class Values(AggregateMachine):
    """For ever, distinct and top: {value: (first stamp, last stamp, how many)}. Beyond the bound the one seen last goes first."""

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        self._add(p, entry[1], (entry[0], entry[0], entry[2]), at)

    def _add(self, p: Profile, value: Any, new: tuple[Stamp, Stamp, int], at: int) -> None:
        state = p.aggregates[self.slot]
        if state is None:
            state = p.aggregates[self.slot] = {}
        old = state.get(value)
        state[value] = new if old is None else (min(old[0], new[0]), max(old[1], new[1]), old[2] + new[2])
        if len(state) > ENTRIES_MAX:
            del state[min(state, key=lambda v: state[v][1])]
            self.folds.append(self.spec.name)

    def value(self, p: Profile, at: int) -> Any:
        state = p.aggregates[self.slot] or {}
        if self.spec.function == "distinct":
            return tuple(sorted(state, key=lambda value: state[value][0]))
        return max(state, key=lambda value: (state[value][2], state[value][1]), default=None)

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        for value, kept in (goes.aggregates[self.slot] or {}).items():
            self._add(stays, value, kept, at)


def other_machine(spec: Aggregate, slot: int, where: Evaluate | None, value: Evaluate | None) -> AggregateMachine:
    """The cheapest machine of this module that is exact for this aggregate."""
    window = spec.window
    kind: type[AggregateMachine]
    if window.since is not None:
        kind = Since
    elif spec.keep or window.over is not None or window.this is not None:
        kind = Window
    elif spec.function == "count":
        kind = Count
    elif spec.function in ("sum", "avg"):
        kind = Sum
    elif spec.function in ("min", "max", "first", "last"):
        kind = Extreme
    elif spec.function == "previous":
        kind = Previous
    else:
        kind = Values
    return kind(spec, slot, where, value)
