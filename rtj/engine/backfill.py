"""What is new in a program and looks back is filled from the retained log (S12.4): its events are worked under the new program
without its journeys, and what came of them is taken over, profile by profile.

What journeys themselves wrote (`set`) or caused (`emit`) is in no log; `unfilled` names what hangs on it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from rtj.engine.machine import Machine
from rtj.engine.merging import merge
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Profile
from rtj.engine.world import World
from rtj.ir.expr import Attribute, Held, Member
from rtj.ir.expr import History as Past
from rtj.ir.journey import Emit, SetAttributes
from rtj.ir.program import Aggregate, Audience, Program, Tracker
from rtj.ir.records import Event
from rtj.ir.walk import rewrite


@dataclass(frozen=True, slots=True)
class Fresh:
    """The slots of a new machine whose values no old one has: what is new, or means something else."""

    attributes: tuple[int, ...]
    aggregates: tuple[int, ...]
    trackers: tuple[int, ...]
    audiences: frozenset[int]


class History:
    """What the log says of everybody whom it names: `world` is that of `bare` of the new program, in which the log was worked up
    to the instant of the change, and nothing of that instant."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: set[Profile] = set()

    def fill(self, p: Profile, at: int, fresh: Fresh) -> None:
        """Give a profile, which has the slots of the new program, the facts that are fresh."""
        found = self._found(p, at)
        if found is None:
            return
        again = found in self._taken  # another profile has taken what is known of this one: then they must not share it
        self._taken.add(found)
        if found.stamps is not None and p.stamps is not None:
            for slot in fresh.attributes:
                p.attributes[slot], p.stamps[slot] = found.attributes[slot], found.stamps[slot]
        for slot in fresh.aggregates:
            state = found.aggregates[slot]
            p.aggregates[slot] = copy.deepcopy(state) if again else state
        if found.held is not None and fresh.trackers:
            held = p.held = p.held if p.held is not None else [None] * len(found.held)
            for slot in fresh.trackers:
                held[slot] = found.held[slot]

    def tells(self, p: Profile, at: int, fresh: Fresh) -> bool:
        """Would `fill` give a profile anything?"""
        found = self._found(p, at)
        if found is None:
            return False
        held = found.held
        return (
            any(found.attributes[slot] is not None or (found.stamps or ())[slot] is not None for slot in fresh.attributes)
            or any(found.aggregates[slot] is not None for slot in fresh.aggregates)
            or (held is not None and any(held[slot] is not None for slot in fresh.trackers))
        )

    def _found(self, p: Profile, at: int) -> Profile | None:
        """Who has the identifiers of a profile. A log that does not reach back may know one person as several, who are united."""
        owners = self._world.owners
        every = {owner for identifier in p.identifiers if (owner := owners.get(identifier)) is not None}
        ranked = sorted((one for one in every if not one.gone), key=lambda one: one.born)
        if not ranked:
            return None
        first: Profile = ranked[0]
        others = ranked[1:]
        for other in others:
            merge(self._world.kernel, first, other, at)
            for identifier in other.identifiers:
                owners[identifier] = first
        return first


def bare(program: Program) -> Program:
    """A program without its journeys: what is left tells facts."""
    return msgspec.structs.replace(program, journeys=())


def history_of(program: Program, events: Iterable[Event], at: int) -> History:
    """What events say that were admitted, as the new program reads them, in the order of work; they are not kept."""
    world, now = World(Machine(bare(program), Level.COUNTS), Recorder()), None
    for event in events:
        if event.at >= at:
            break
        if event.at != now:
            if now is not None:
                world.close(now)
            now = event.at
            world.advance(now)
        world.feed(event)
    if now is not None:
        world.close(now)
    world.advance(at)
    return History(world)


def unfilled(program: Program) -> frozenset[str]:
    """Attributes, trackers and audiences of a program that hang on what its journeys write or emit: a log does not tell them."""
    nodes = [node for journey in program.journeys for node in journey.nodes]
    emitted = {node.event for node in nodes if isinstance(node, Emit)}
    found = {pair.name for node in nodes if isinstance(node, SetAttributes) for pair in node.pairs}
    found |= {one.name for one in program.mappings if one.event in emitted}
    found |= {one.name for one in program.aggregates if not emitted.isdisjoint((*one.events, one.window.since))}
    every: tuple[Aggregate | Tracker | Audience, ...] = (*program.aggregates, *program.trackers, *program.audiences)
    parts = [(one.name, reads(one)) for one in every]
    while more := {name for name, read in parts if name not in found and not read.isdisjoint(found)}:
        found |= more  # ends, for each round finds a name that was not there
    return frozenset(found)


def reads(part: msgspec.Struct) -> frozenset[str]:
    """The attributes, aggregates, trackers and audiences that a declaration reads."""
    found: set[str] = set()

    def look(inner: msgspec.Struct) -> msgspec.Struct:
        match inner:
            case Attribute(name=name) | Past(aggregate=name) | Held(tracker=name) | Member(audience=name):
                found.add(name)
        return inner

    rewrite(part, look)
    return frozenset(found)
