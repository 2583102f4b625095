"""Journeys, their entries, goals and exits, ready to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from rtj.engine.calendar import INFINITY
from rtj.engine.caps import CapMachine
from rtj.engine.changes import NextChange
from rtj.engine.codegen import Evaluate
from rtj.engine.functions import chance
from rtj.engine.nodes import NodeMachine, WaitForMachine
from rtj.engine.patterns import ChainPattern, CountPattern, SinglePattern, StepMachine
from rtj.engine.state import Names, Profile
from rtj.ir.journey import WHOLE, Entry, Journey, OnSchedule, Repeat, Version, Watch, known_as
from rtj.ir.records import Event

PatternMachine: TypeAlias = SinglePattern | CountPattern | ChainPattern


Match: TypeAlias = Callable[[Profile, Event, int], Names | None]


def _never(_p: Profile, _event: Event, _at: int) -> Names | None:
    """The match of an entry that no event triggers."""
    return None


class EntryMachine:
    """A way into a journey. `gid` names it among the entries of all journeys; `order` sorts its timers (S1.4)."""

    __slots__ = (
        "again_ms",
        "bind",
        "changes",
        "condition",
        "gid",
        "journey",
        "key_of",
        "match",
        "order",
        "pattern",
        "schedule",
        "spec",
        "when",
    )

    def __init__(self, journey: JourneyMachine, spec: Entry, gid: int, index: int) -> None:
        self.journey = journey
        self.spec = spec
        self.gid = gid
        self.order = (-journey.spec.priority, journey.name, 0, index)
        self.bind = spec.bind
        self.pattern: PatternMachine | None = None
        self.when: Evaluate | None = None
        self.key_of: Evaluate | None = None
        self.condition: Evaluate | None = None
        self.changes: tuple[NextChange, ...] = ()
        self.schedule: OnSchedule | None = None
        self.match: Match = _never
        gap = spec.again.gap
        self.again_ms = gap.ms if not (gap.days or gap.months) else None


class WatchMachine:
    """A goal or an exit. `bit` marks it in an instance: a goal recorded, a condition that held."""

    __slots__ = ("bit", "changes", "condition", "spec", "step", "when")

    def __init__(self, spec: Watch, bit: int) -> None:
        self.spec = spec
        self.bit = bit
        self.step: StepMachine | None = None
        self.when: Evaluate | None = None
        self.condition: Evaluate | None = None
        self.changes: tuple[NextChange, ...] = ()


class JourneyMachine:
    """A journey with its nodes linked. `opens`/`closes` bound the instants at which people may enter. Of several versions of one
    journey (S12.2) each has its `index`; `slot` is that of the first of them, under which a profile keeps what is of the journey,
    and `share` the part of people whom it admits (None: everybody)."""

    __slots__ = (
        "closes",
        "conditions",
        "count_entered",
        "entries",
        "entry_caps",
        "exits",
        "expires_ms",
        "first",
        "goals",
        "has_conditions",
        "index",
        "name",
        "nodes",
        "opens",
        "order",
        "repeats",
        "share",
        "slot",
        "spec",
        "watchers",
    )

    def __init__(self, index: int, slot: int, spec: Journey) -> None:
        self.index = index
        self.slot = slot
        self.spec = spec
        self.name = known_as(spec)
        self.share = spec.admits if isinstance(spec, Version) and spec.admits != (0, WHOLE) else None
        self.order = (-spec.priority, self.name, 1)
        self.entries: list[EntryMachine] = []
        self.entry_caps: tuple[CapMachine, ...] = ()
        self.goals: list[WatchMachine] = []
        self.exits: list[WatchMachine] = []
        self.conditions: list[WatchMachine] = []
        self.nodes: list[NodeMachine] = []
        self.first: NodeMachine | None = None
        self.repeats = any(isinstance(node, Repeat) for node in spec.nodes)
        self.has_conditions = False
        self.watchers: tuple[WaitForMachine, ...] = ()  # with a case that counts since entry
        self.opens = -INFINITY
        self.closes = INFINITY
        self.count_entered = ("entered", self.name)
        length = spec.max_duration
        self.expires_ms = length.ms if not (length.days or length.months) else None

    def admits(self, p: Profile) -> bool:
        """Does this version of the journey admit the profile? It is the same one each time, as long as shares only grow."""
        if self.share is None:
            return True
        return self.share[0] <= chance(f"ramp {self.name}", p.origin) * WHOLE < self.share[1]
