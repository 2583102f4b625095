"""Records of layouts of before become those of now, one program after the other, when they are read.

    layers = Layers(machine, programs, leftovers)  # of a world whose store has these leftovers
    layers.current(p, body)                        # the body, as the machine reads it
    layers.members(head)                           # the audiences of a head, by the places of now
    layers.following(machine)                      # the same once another program has taken over

What lies between two layouts is a `Way`: the programs before and after, and how people go over. It is kept, and both programs
with it, as long as some record may be of the older one. Nobody is lifted whom the change concerned: they were handed over, and
written, at once (`engine.sieve`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from rtj.engine.calendar import INFINITY
from rtj.engine.handover import Handover, moved_audiences
from rtj.engine.handover_mail import moved_bits
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Profile
from rtj.engine.stored import ProfileCodec, generation_of
from rtj.engine.stored_frame import StoredError, layout_of, unseal
from rtj.ir.crossing import Crossing
from rtj.ir.kept import ProfileHead
from rtj.ir.program import Program, fingerprint

PART = "layer"  # of what a world knows beside profiles
PREFIX = f"{PART}/"
NOW = "now"
MEMBERS_MAX = 65_536  # sets of audiences of which it is remembered what they become

Programs: TypeAlias = Callable[[str], Program]
"""The program of a fingerprint."""


class Way(msgspec.Struct, frozen=True):
    """How records of one `layout` become those of the next. `old` and `new`: the fingerprints of the programs."""

    layout: bytes
    old: str
    new: str
    crossing: Crossing


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Way).decode


@dataclass(slots=True)
class _Step:
    """A way, ready to be gone."""

    old: ProfileCodec
    new: ProfileCodec
    handover: Handover

    def go(self, p: Profile, body: bytes) -> bytes:
        """The next record. What is watched no more is no reason to look any more."""
        copy = Profile.__new__(Profile)
        copy.packed, copy.place, copy.gone, copy.due, copy.heap_due = None, p.place, False, p.due, p.due
        copy.recheck, copy.members, copy.identifiers = p.recheck, 0, p.identifiers
        self.old.decode(copy, body)
        self.handover.lift(copy)
        nexts = copy.next_changes if copy.next_changes is not None else ()
        p.recheck = min((*nexts, *(inst.recheck for inst in copy.instances.values())), default=INFINITY)
        return self.new.encode(copy)


class Layers:
    """`codec`: that of now. `told` is what leftovers say, by names without their prefix."""

    def __init__(self, machine: Machine, programs: Programs, told: Mapping[str, object]) -> None:
        self._programs = programs
        self.ways = {int(name): _decode(value) for name, value in told.items() if isinstance(value, bytes)}
        now = told.get(NOW, 0)
        assert isinstance(now, int)
        self.codec = ProfileCodec(machine, now)
        self._machines: dict[str, Machine] = {}
        self._steps: dict[int, _Step] = {}
        self._moves: dict[int, dict[int, int]] = {}
        self._known: dict[tuple[int, int], int] = {}

    @property
    def generation(self) -> int:
        """How many layouts were before that of now."""
        return self.codec.generation

    def told(self) -> dict[str, object]:
        """What is to be kept of them."""
        ways: dict[str, object] = {str(number): _encode(way) for number, way in self.ways.items()}
        return ways | ({NOW: self.generation} if self.generation else {})

    def following(self, machine: Machine, crossing: Crossing) -> Layers:
        """Those of the program that takes over, whose records are others."""
        old = self.codec.machine
        way = Way(self.codec.layout, fingerprint(old.program), fingerprint(machine.program), crossing)
        taken = {way.layout, *(one.layout for one in self.ways.values())}
        number = self.generation + 1
        while ProfileCodec(machine, number).layout in taken:
            number += 1
        heir = Layers(machine, self._programs, {NOW: number})
        heir.ways = {**self.ways, self.generation: way}
        heir._machines = {**self._machines, way.old: old, way.new: machine}
        heir._steps = dict(self._steps)
        return heir

    def same(self, machine: Machine) -> Layers:
        """Those of a program that takes over, whose records are the same."""
        heir = Layers(machine, self._programs, {NOW: self.generation})
        heir.ways, heir._machines, heir._steps = self.ways, self._machines, self._steps
        return heir

    def drop(self) -> None:
        """No record is of a layout of before."""
        self.ways, self._machines, self._steps, self._moves, self._known = {}, {}, {}, {}, {}

    # ---- records

    def is_older(self, body: bytes) -> bool:
        """Is a record of a layout of before?"""
        return bool(self.ways) and any(way.layout == layout_of(body) for way in self.ways.values())

    def current(self, p: Profile, body: bytes) -> bytes:
        """The record of a profile as the machine of now reads it; its `recheck` is brought up to date too. Raises StoredError."""
        if not self.ways or layout_of(body) == self.codec.layout:
            return body  # which is checked where it is read
        layout = layout_of(body)
        order = sorted(self.ways)
        first = next((place for place, number in enumerate(order) if self.ways[number].layout == layout), None)
        if first is None:
            return body  # and refused there
        for number in order[first:]:
            body = self._step(number).go(p, body)
        return body

    def has_passages(self, body: bytes) -> bool:
        """May something in a record, of whichever layout, hang on journeys? Raises StoredError."""
        return unseal(body, layout_of(body))[1] is not None

    def members(self, head: ProfileHead, members: int) -> int:
        """The audiences of a head, which has them by the places of its own layout, by those of now."""
        was = generation_of(head)
        if was == self.generation:
            return members
        key = was, members
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MEMBERS_MAX:
                self._known.clear()
            found = members
            for number in sorted(one for one in self.ways if one >= was):
                found = moved_bits(found, self._move(number))
            self._known[key] = found
        return found

    def _move(self, number: int) -> dict[int, int]:
        found = self._moves.get(number)
        if found is None:
            way = self.ways[number]
            found = self._moves[number] = moved_audiences(self._programs(way.old), self._programs(way.new))
        return found

    def _step(self, number: int) -> _Step:
        found = self._steps.get(number)
        if found is None:
            way, later = self.ways[number], [one for one in self.ways if one > number]
            old, new = self._machine(way.old), self._machine(way.new)
            codecs = ProfileCodec(old, number), ProfileCodec(new, min(later, default=self.generation))
            if codecs[0].layout != way.layout:
                raise StoredError(f"the program {way.old} in the store is not that for which profiles were written")
            kernel = Kernel(new, Recorder(), Level.COUNTS)
            found = self._steps[number] = _Step(*codecs, Handover(old, kernel, way.crossing))
        return found

    def _machine(self, name: str) -> Machine:
        found = self._machines.get(name)
        if found is None:
            found = self._machines[name] = Machine(self._programs(name), Level.COUNTS)
        return found


def told_of(leftovers: Iterable[tuple[str, bytes]]) -> dict[str, object]:
    """What leftovers of a world say of layers."""
    return {name.removeprefix(PREFIX): unseal(value) for name, value in leftovers if name.startswith(PREFIX)}


def needed(leftovers: Iterable[tuple[str, bytes]]) -> set[str]:
    """The fingerprints of programs without which some record of a store could not be read."""
    ways = (_decode(value) for value in told_of(leftovers).values() if isinstance(value, bytes))
    return {name for way in ways for name in (way.old, way.new)}


def no_programs(name: str) -> Program:
    """Where none is needed, for nothing is of a layout of before."""
    raise StoredError(f"the program {name} is not at hand, for which profiles were written")
