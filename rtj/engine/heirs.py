"""Which slots of a profile go over to a new program: facts, windows and trackers by name and definition. What is defined
otherwise begins anew, for the events that it would be made of are not here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rtj.engine.machine import Machine
from rtj.engine.watching import WatchItem
from rtj.ir.meaning import meant, remembering
from rtj.ir.program import Aggregate, Mapping, Program, Tracker
from rtj.ir.types import fits

T = TypeVar("T", Aggregate, Mapping, Tracker)


def slots(old: tuple[T, ...], new: tuple[T, ...], same: Callable[[T, T], bool]) -> dict[int, int]:
    """The place of each declaration whose values stay: under the old program -> under the new one."""
    places = {each.name: place for place, each in enumerate(new)}
    found = {place: places[each.name] for place, each in enumerate(old) if each.name in places}
    return {was: now for was, now in found.items() if same(old[was], new[now])}


def others(count: int, taken: dict[int, int]) -> tuple[int, ...]:
    """The places to which nothing is carried."""
    return tuple(sorted(set(range(count)) - set(taken.values())))


def sources(count: int, taken: dict[int, int]) -> tuple[int, ...]:
    """Of each place under the new program that under the old one; -1: it has none."""
    places = {now: was for was, now in taken.items()}
    return tuple(places.get(place, -1) for place in range(count))


def fits_still(old: Mapping, new: Mapping) -> bool:
    """Does a value of the old one fit?"""
    return fits(old.type, new.type)


def goes_on(old: Aggregate, new: Aggregate) -> bool:
    """Does the new one go on with what the old one has kept?"""
    return remembering(old) == remembering(new)


def is_same(old: Tracker, new: Tracker) -> bool:
    """Is it kept in the same way?"""
    return meant(old) == meant(new)


def items(old: Machine, new: Machine, programs: tuple[Program, Program]) -> tuple[int | None, ...]:
    """For each tracker and audience of the new machine its place in the old one, None where it is defined otherwise. `programs`:
    those of the machines, aligned."""
    declared = [
        [(True, a.name, meant(a)) for a in program.audiences] + [(False, t.name, meant(t)) for t in program.trackers]
        for program in programs
    ]
    known = {(is_audience, name): what for is_audience, name, what in declared[0]}
    places = {_key(item, programs[0]): place for place, item in enumerate(old.items)}
    same = {(is_audience, name) for is_audience, name, what in declared[1] if known.get((is_audience, name)) == what}
    keys = [_key(item, programs[1]) for item in new.items]
    return tuple(places[key] if key in same else None for key in keys)


def _key(item: WatchItem, program: Program) -> tuple[bool, str]:
    """What a tracker or an audience is called where both programs are aligned."""
    return item.is_audience, (program.audiences if item.is_audience else program.trackers)[item.slot].name
