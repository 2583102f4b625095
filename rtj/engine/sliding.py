"""Windows of numbers, packed (S3.3): for count, sum, avg, min and max only the instant of an entry matters beside its value, so
that 8 or 16 bytes hold it."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from rtj.engine.calendar import INFINITY, shift, unit_end, unit_start
from rtj.engine.codegen import Evaluate
from rtj.engine.functions import divide, rounded_sum
from rtj.engine.state import Profile
from rtj.engine.windows import (
    ENTRIES_MAX,
    AggregateMachine,
    Entry,
    Window,
    fold,
    other_machine,
    reduce_entries,
    stamp_of,
    value_of,
)
from rtj.ir.program import Aggregate
from rtj.ir.records import Event

Packed: TypeAlias = "array[Any]"  # ts alone, or ts, value, ts, value …: all whole numbers ("q") or all doubles ("d")

PACKED = frozenset(("count", "sum", "avg", "min", "max"))
_CODES = {int: "q", float: "d"}
_KINDS = {code: kind for kind, code in _CODES.items()}


class Sliding(Window):
    """Entries in an array, as long as their values are of one kind and each stands for one event; else in a list, as every window
    keeps them. Nothing is held of a window that is empty. Instants are exact as doubles."""

    def __init__(self, spec: Aggregate, slot: int, where: Evaluate | None, value: Evaluate | None) -> None:
        super().__init__(spec, slot, where, value)
        self._width = 1 if spec.function == "count" else 2
        over = spec.window.over
        self._ms = over.ms if over is not None and spec.window.this is None else 0
        self._none = reduce_entries(spec.function, ())
        self._falls = spec.function == "sum" and self._none == 0  # is the sum of nothing no other kind of value?
        self._room = ENTRIES_MAX * self._width

    def add(self, p: Profile, event: Event, at: int) -> bool:
        """As of every aggregate. What is newest, as most is, and of the kind of the others is put at the end without more ado."""
        if self.where is not None and not self.where(p, at, event, None):
            return False
        value = self.of(p, at, event, None) if self.of is not None else None
        if value is None and self.of is not None:
            return False
        state = p.aggregates[self.slot]
        if type(state) is array and 0 < len(state) < self._room and state[-self._width] <= event.ts:
            if self._width == 1:
                state.append(event.ts)
                return True
            if type(value) is float and state.typecode == "d":
                state.extend((event.ts, value))
                return True
        self._put(p, (stamp_of(event), tuple(value) if isinstance(value, list) else value, 1, None), at)
        return True

    def _put(self, p: Profile, entry: Entry, at: int) -> None:
        state = p.aggregates[self.slot]
        ts, value = entry[0][0], entry[1]
        if state is None:
            code = "q" if self._width == 1 else _CODES.get(type(value))
            if code is not None and entry[2] == 1:
                try:
                    p.aggregates[self.slot] = array(code, (ts,) if self._width == 1 else (ts, value))
                    return
                except OverflowError:
                    pass  # a whole number beyond 64 bits goes to a list
        elif type(state) is array and entry[2] == 1 and (self._width == 1 or _CODES.get(type(value)) == state.typecode):
            try:
                self._insert(state, ts, value)
            except OverflowError:
                p.aggregates[self.slot] = [*self._unpacked(state)]
                super()._put(p, entry, at)
                return
            if len(state) > self._room:
                self._shrink(p, state, at)
            return
        if type(state) is array:
            p.aggregates[self.slot] = [*self._unpacked(state)]
        super()._put(p, entry, at)

    def _insert(self, state: Packed, ts: int, value: Any) -> None:
        width = self._width
        place = len(state)
        if place and state[place - width] > ts:
            place = width * bisect_right(range(place // width), ts, key=lambda one: state[one * width])
        if width == 1:
            state.insert(place, ts)
        else:
            state[place:place] = array(state.typecode, (ts, value))

    def _shrink(self, p: Profile, state: Packed, at: int) -> None:
        """There are too many entries: drop what has left, else fold the oldest."""
        self._leave(p, state, at)
        if not state:
            p.aggregates[self.slot] = None
        elif len(state) > self._room:
            entries = [*self._unpacked(state)]
            fold(self.spec.function, entries)
            self.folds.append(self.spec.name)
            p.aggregates[self.slot] = self._packed(entries, state.typecode)

    def _packed(self, entries: list[Entry], code: str) -> Packed | list[Entry]:
        """In an array again, where it does not matter for how many events an entry stands and the values are as before."""
        if self.spec.function not in ("sum", "min", "max") or set(map(type, map(value_of, entries))) != {_KINDS[code]}:
            return entries
        try:
            return array(code, [part for e in entries for part in (e[0][0], e[1])])
        except OverflowError:
            return entries

    def _unpacked(self, state: Packed) -> Iterator[Entry]:
        width = self._width
        for place in range(0, len(state), width):
            yield (int(state[place]), 0, place), state[place + 1] if width == 2 else None, 1, None

    def _leave(self, p: Profile, state: Packed, at: int) -> None:
        """Drop what has left the window."""
        width, count, gone = self._width, len(state), 0
        window = self.spec.window
        if self._ms:
            start = at - self._ms
            while gone < count and state[gone] <= start:
                gone += width
        elif window.this is not None:
            start = unit_start(at, window.this, self.zone(p))
            while gone < count and state[gone] < start:
                gone += width
        else:
            assert window.over is not None
            while gone < count and shift(int(state[gone]), window.over, 1, self.zone(p)) <= at:
                gone += width
        if gone:
            del state[:gone]

    def _present(self, p: Profile, at: int) -> Packed | list[Entry] | None:
        """What the window holds at an instant."""
        state: Packed | list[Entry] | None = p.aggregates[self.slot]
        if state is None:
            return None
        if isinstance(state, list):
            return super().entries(p, at) or None
        if not self._ms or state[0] <= at - self._ms:
            self._leave(p, state, at)
            if not state:
                p.aggregates[self.slot] = None
                return None
        return state

    def entries(self, p: Profile, at: int) -> list[Entry]:
        state = self._present(p, at)
        return state if isinstance(state, list) else [] if state is None else [*self._unpacked(state)]

    def reader(self) -> Callable[[Profile, int], Any]:
        """`value`, with the commonest case first: doubles to be summed or whatever is counted, of which nothing has left."""
        slot, ms, of_all, counts = self.slot, self._ms, self.value, self._width == 1
        if not ms or not (counts or self.spec.function == "sum"):
            return of_all

        def value(p: Profile, at: int) -> Any:
            state = p.aggregates[slot]
            if type(state) is not array or state[0] <= at - ms:
                return of_all(p, at)
            return len(state) if counts else _sum(state)

        return value

    def value(self, p: Profile, at: int) -> Any:
        state = self._present(p, at)
        if state is None:
            return self._none
        if isinstance(state, list):
            return reduce_entries(self.spec.function, state)
        if self._width == 1:
            return len(state)
        match self.spec.function:
            case "sum":
                return _sum(state)
            case "avg":
                return divide(_sum(state), len(state) // 2)
            case "min":
                return min(state[1::2])
            case _:
                return max(state[1::2])

    def next_change(self, p: Profile, at: int) -> int:
        state = self._present(p, at)
        if state is None:
            return INFINITY
        first = state[0][0][0] if isinstance(state, list) else int(state[0])
        if self._ms:
            return first + self._ms
        window = self.spec.window
        if window.this is not None:
            return unit_end(at, window.this, self.zone(p))
        assert window.over is not None
        return shift(first, window.over, 1, self.zone(p))

    def falls(self, limit: float, *, over: bool) -> Callable[[Profile, int, Any], int]:
        """Finds when time alone may change whether the value is at least the limit, or `over` it: what entries add is lost when
        they leave, so that what is below stays below, unless an entry is negative. A lower bound, as `next_change` is."""
        slot, ms, counts = self.slot, self._ms, self._width == 1
        least = math.floor(limit) + 1 if over else math.ceil(limit)  # so many entries are enough

        def next_fall(p: Profile, at: int, _: Any) -> int:
            state = p.aggregates[slot]
            if type(state) is not array or not ms:
                return self.next_change(p, at)
            if state[0] <= at - ms:
                state = self._present(p, at)
                if state is None:
                    return INFINITY
            if counts:
                place = len(state) - least
                return int(state[place]) + ms if 0 <= place < len(state) else INFINITY
            if self._falls:
                value = _sum(state)
                below = value is not None and not (value > limit if over else value >= limit)
                if below and min(state[1::2]) >= 0:
                    return INFINITY
            return int(state[0]) + ms

        return next_fall

    def merge(self, stays: Profile, goes: Profile, at: int) -> None:
        other = goes.aggregates[self.slot]
        for entry in other if isinstance(other, list) else () if other is None else self._unpacked(other):
            self._put(stays, entry, at)


def _sum(state: Packed) -> Any:
    return sum(state[1::2]) if state.typecode == "q" else rounded_sum(state[1::2])


def aggregate_machine(spec: Aggregate, slot: int, where: Evaluate | None, value: Evaluate | None) -> AggregateMachine:
    """The cheapest machine that is exact for this aggregate."""
    window = spec.window
    if spec.function in PACKED and not spec.keep and window.since is None and (window.over or window.this) is not None:
        return Sliding(spec, slot, where, value)
    return other_machine(spec, slot, where, value)
