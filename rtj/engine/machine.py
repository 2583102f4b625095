"""The program, ready to run: who cares about an event type, slots for facts, compiled expressions.

Journeys are built when the first event comes that concerns them, so that a thousand of them cost little where few are touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo
from functools import partial
from typing import Any

import msgspec

from rtj.engine.build import Builder
from rtj.engine.calendar import find_zone, shift
from rtj.engine.changes import Changes, attributes_read, reads_zone
from rtj.engine.codegen import Evaluate, ExprCompiler
from rtj.engine.gates import GateBook
from rtj.engine.journey import EntryMachine, JourneyMachine
from rtj.engine.listeners import conditions_read, in_order, listened_types, watched_conditions
from rtj.engine.patterns import StepMachine
from rtj.engine.plan import MappingMachine, TypePlan
from rtj.engine.planning import make_plan
from rtj.engine.record import Level
from rtj.engine.sliding import aggregate_machine
from rtj.engine.state import Profile
from rtj.engine.tables import Lookup, Tables
from rtj.engine.watching import WatchItem
from rtj.engine.windows import AggregateMachine, reduce_entries
from rtj.ir.expr import Call, Expr, Length, Name, Now, Optional, Row, Scalar
from rtj.ir.journey import OnCondition, OnEvents, OnSchedule, OnStart, StartJourney, known_as
from rtj.ir.program import Program, canonical
from rtj.ir.records import Event, event_class, mapped_fields, record_class
from rtj.ir.walk import walk

ZONE_ATTRIBUTE = "timezone"  # the attribute that holds a profile's zone, if declared


class Machine:
    """A runnable program. It holds no state of any profile; one serves any number of worlds, one after the other: its `tables`
    are those of the world that began last."""

    def __init__(self, program: Program, level: Level = Level.COUNTS) -> None:
        self.program = program
        self.level = level
        self.project_zone: tzinfo = find_zone(program.timezone) or UTC
        self.attribute_slots = {m.name: slot for slot, m in enumerate(program.mappings)}
        self.zone_slot = self.attribute_slots.get(ZONE_ATTRIBUTE)
        self._defaults = {m.name: m.default for m in program.mappings}
        self._mapped = frozenset(f for kind in program.events for f in mapped_fields(program, kind.name))
        self._events = {kind.name: kind for kind in program.events}
        self._event_aggregates = frozenset(a.name for a in program.aggregates if a.value == Name("event"))
        self.business = frozenset(kind.name for kind in program.events if kind.business)
        self._audience_slots = {a.name: slot for slot, a in enumerate(program.audiences)}
        self._tracker_slots = {t.name: slot for slot, t in enumerate(program.trackers)}
        self.tracker_count = len(program.trackers)
        self._start_records: dict[str, type[msgspec.Struct]] = {}
        self._answer_records: dict[str, type[msgspec.Struct]] = {}
        self._plans: dict[tuple[str, bool], TypePlan] = {}
        self._readers: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._journeys: dict[int, JourneyMachine] = {}
        self.entries: dict[int, EntryMachine] = {}
        self.has_deadlines = False
        self.tables = Tables(program)
        self._index_journeys()
        self._compile_facts()
        self.gates = GateBook(self)
        self._compile_items()

    # ---- what generated code and builders ask

    def attribute_source(self, name: str) -> str:
        slot = self.attribute_slots.get(name)
        if slot is None:
            return f"agg_{self._aggregate_slots[name]}(p, at)"
        default = self._defaults[name]
        read = f"p.attributes[{slot}]"
        return read if default is None else f"({read} if {read} is not None else {default!r})"

    def member_mask(self, audience: str) -> int:
        return 1 << self._audience_slots[audience]

    def tracker_slot(self, tracker: str) -> int:
        return self._tracker_slots[tracker]

    def is_mapped_field(self, name: str) -> bool:
        return name in self._mapped

    def gives_event(self, aggregate: str) -> bool:
        """Is its value a whole event (`last(purchase)`)?"""
        return aggregate in self._event_aggregates

    def table_row(self, table: str) -> Lookup:
        """How to find a row of a table."""
        return self.tables.of(table).row

    def namespace(self) -> dict[str, Any]:
        return {"zone": self.zone, "held": self.held, "history": self.history}

    def function(self, expr: Expr | None) -> Evaluate | None:
        return self._compiler.function(expr) if expr is not None else None

    def condition(self, expr: Expr | None) -> Evaluate | None:
        return self._compiler.condition(expr) if expr is not None else None

    def value(self, expr: Expr) -> Evaluate:
        return self._compiler.function(expr)

    def test(self, expr: Expr) -> Evaluate:
        return self._compiler.condition(expr)

    def mask(self, audience: str | None) -> int:
        return self.member_mask(audience) if audience is not None else 0

    def record(self, event: str) -> type[msgspec.Struct]:
        """The record class of an event type's properties."""
        return event_class(self.program, self._events[event])

    def start_record(self, journey: str) -> type[msgspec.Struct]:
        """What a journey that is started finds: the pairs of all that start it; those that one does not give are null."""
        found = self._start_records.get(journey)
        if found is None:
            nodes = [n for j in self.program.journeys for n in j.nodes if isinstance(n, StartJourney) and n.journey == journey]
            names = sorted({pair.name for node in nodes for pair in node.pairs})
            fields = tuple((name, Optional(Scalar("any"))) for name in names)
            found = self._start_records[journey] = record_class("Start", fields)
        return found

    def answer_record(self, webhook: str) -> type[msgspec.Struct]:
        """The record class of what a webhook answers."""
        found = self._answer_records.get(webhook)
        if found is None:
            fields = next(one.returns for one in self.program.webhooks if one.name == webhook)
            found = self._answer_records[webhook] = record_class("Answer", tuple((f.name, f.type) for f in fields))
        return found

    # ---- time

    def zone(self, p: Profile) -> tzinfo:
        """The profile's zone, else the project's; an unknown name falls back (S7.4)."""
        if self.zone_slot is None:
            return self.project_zone
        return self.named_zone(p, p.attributes[self.zone_slot])

    def named_zone(self, p: Profile, name: Any) -> tzinfo:
        """A zone by name; the project's when there is no such zone."""
        return (find_zone(name) if isinstance(name, str) else None) or self.project_zone

    def schedule_zone(self, spec: OnSchedule, p: Profile) -> tzinfo:
        return self.zone(p) if spec.zone is None else self.named_zone(p, spec.zone)

    def deadline(self, p: Profile, at: int, step: StepMachine) -> int:
        """The end of a step's `within`."""
        assert step.length is not None
        return at + step.ms if step.ms is not None else shift(at, step.length, 1, self.zone(p))

    def held(self, p: Profile, at: int, slot: int, length: Length) -> bool:
        """Has a tracked condition held for so long? From exactly then on (S1.11)."""
        since = p.held[slot] if p.held is not None else None
        return since is not None and at >= shift(since, length, 1, self.zone(p))

    def history(self, p: Profile, at: int, name: str, where: Callable[[Any], bool] | None) -> Any:
        """The present value of an aggregate, of those kept events that pass `where`."""
        aggregate = self.aggregates[name]
        if where is None:
            return aggregate.value(p, at)
        return reduce_entries(aggregate.spec.function, [e for e in aggregate.entries(p, at) if where(e[3])])

    def count_of(self, gid: int) -> int:
        """How many events the counted first step of an entry's pattern takes; chains number theirs below zero."""
        trigger = self.entries[gid if gid >= 0 else -1 - gid].spec.trigger
        assert isinstance(trigger, OnEvents)
        return trigger.steps[0].count

    # ---- facts and what watches them

    def _compile_facts(self) -> None:
        program = self.program
        self._compiler = ExprCompiler(self)
        self._aggregate_slots = {a.name: slot for slot, a in enumerate(program.aggregates)}
        self.aggregates: dict[str, AggregateMachine] = {}
        self.folds: list[str] = []
        for slot, spec in enumerate(program.aggregates):
            made = aggregate_machine(spec, slot, self.condition(spec.where), self.function(spec.value))
            made.zone = self.zone
            made.folds = self.folds
            self.aggregates[spec.name] = made
            self._compiler.add_global(f"agg_{slot}", made.reader())
        self.changes = Changes(self._compiler, self.aggregates, self._tracker_slots, self.tables, self.zone)
        self.mappings: dict[str, list[MappingMachine]] = {}
        for mapping in program.mappings:
            if mapping.event is not None:
                self.mappings.setdefault(mapping.event, []).append(MappingMachine(mapping, self.attribute_slots[mapping.name]))

    def _compile_items(self) -> None:
        program = self.program
        conditions: dict[str, Expr | None] = {f"t {t.name}": t.condition for t in program.trackers}
        conditions |= {f"a {a.name}": a.condition for a in program.audiences}
        order = list(in_order(conditions))
        places = {name: place for place, name in enumerate(order)}
        namespaces = {n.name: i for i, n in enumerate(program.ranked)}
        self.items: tuple[WatchItem, ...] = tuple(self._item(name, conditions[name], namespaces) for name in order)
        self._item_reads = [self.facts_read(conditions[name]) for name in order]
        direct = [[places[r] for r in conditions_read(conditions[name])] for name in order]
        needed: list[set[int]] = [set() for _ in order]
        for place in reversed(range(len(order))):
            for read in direct[place]:
                needed[read] |= {place} | needed[place]
        for item, by in zip(self.items, needed, strict=True):
            item.needed_by = tuple(sorted(by))
        for index in sorted(self._scheduled | self._conditional):
            self.journey(index)
        by_audience: dict[str, list[EntryMachine]] = {}
        for entry in self.entries.values():
            if entry.schedule is not None:
                by_audience.setdefault(entry.schedule.audience, []).append(entry)
        for item in self.items:
            if item.is_audience:
                item.schedules = tuple(by_audience.get(item.name, ()))
        self.entry_conditions = tuple(
            sorted((e for e in self.entries.values() if e.condition is not None), key=lambda e: e.order)
        )
        self.blank_holds_nothing = self._blank_holds_nothing()

    def _blank_holds_nothing(self) -> bool:
        """Does no condition hold for a profile without facts, whoever it is and whenever it is looked at?"""
        if self.entry_conditions or any(item.members for item in self.items):
            return False
        blank = Profile("", (0, True, 0, 0), len(self.program.mappings), len(self.program.aggregates))
        blank.held = [None] * self.tracker_count
        for item in self.items:
            declared = self.program.audiences if item.is_audience else self.program.trackers
            condition = declared[item.slot].condition
            if condition is None or any(isinstance(part, Now | Call | Row) for part in walk(condition)):
                return False
            if item.condition is not None and item.condition(blank, 0, None, None):
                return False
        return True

    def facts_read(self, condition: Expr | None) -> set[str]:
        """Attributes and aggregates that a condition hangs on; the zone too, where the calendar matters."""
        if condition is None:
            return set()
        zone = {ZONE_ATTRIBUTE} if reads_zone(condition, self.aggregates) else set()
        return {*attributes_read(condition), *zone}

    def _item(self, name: str, condition: Expr | None, namespaces: dict[str, int]) -> WatchItem:
        kind, plain = name.split(" ", 1)
        slots = self._audience_slots if kind == "a" else self._tracker_slots
        changes = self.changes.of(condition) if condition is not None else ()
        item = WatchItem(plain, slots[plain], self.condition(condition), changes)
        item.is_audience = kind == "a"
        if item.is_audience:
            item.joining, item.leaving = (
                name if name in self.listeners else None for name in (f"joining {plain}", f"leaving {plain}")
            )
            members = self.program.audiences[item.slot].members
            item.members = frozenset((namespaces[ns], value) for ns, value in members if ns in namespaces)
        return item

    def items_reading(self, attributes: Iterable[str]) -> tuple[int, ...]:
        """The items that hang on these attributes, directly or through others, in order."""
        key = tuple(attributes)
        if key not in self._readers:
            names = set(key)
            found: set[int] = set()
            for place, reads in enumerate(self._item_reads):
                if reads & names:
                    found |= {place, *self.items[place].needed_by}
            self._readers[key] = tuple(sorted(found))
        return self._readers[key]

    # ---- journeys and plans

    def _index_journeys(self) -> None:
        """Which journeys listen to which event type; read off the IR, nothing is built."""
        self.listeners: dict[str, list[int]] = {}
        self._first_gid: list[int] = []
        firsts: dict[str, int] = {}
        self.slots = tuple(firsts.setdefault(known_as(journey), index) for index, journey in enumerate(self.program.journeys))
        self._scheduled: set[int] = set()
        self._conditional: set[int] = set()
        self.watched: list[Expr] = []
        gid = 0
        for index, journey in enumerate(self.program.journeys):
            self._first_gid.append(gid)
            gid += len(journey.entries)
            for name in dict.fromkeys(listened_types(journey)):
                self.listeners.setdefault(name, []).append(index)
            for entry in journey.entries:
                if isinstance(entry.trigger, OnSchedule):
                    self._scheduled.add(index)
                elif isinstance(entry.trigger, OnCondition):
                    self._conditional.add(index)
                    self.watched.append(entry.trigger.condition)
            self.watched.extend(watched_conditions(journey))
        self.has_conditions = any(True for j in self.program.journeys for _ in watched_conditions(j))
        self.uses_journey_facts = b'"is":"journey_fact"' in canonical(self.program.journeys)
        self.starts = _Starts(self)

    def journey(self, index: int) -> JourneyMachine:
        """The journey of that number, built when first asked for."""
        made = self._journeys.get(index)
        if made is None:
            spec = self.program.journeys[index]
            made = self._journeys[index] = JourneyMachine(index, self.slots[index], spec)
            builder = Builder(self)
            for place, entry in enumerate(spec.entries):
                gid = self._first_gid[index] + place
                machine = self.entries[gid] = builder.entry(made, entry, gid, place)
                made.entries.append(machine)
            builder.journey(made)
        return made

    def named(self, name: str) -> JourneyMachine:
        """The journey of that name in the program."""
        return self.journey(next(index for index, journey in enumerate(self.program.journeys) if journey.name == name))

    @property
    def reads_any(self) -> bool:
        """Does something read every event (`any`)?"""
        return "any" in self.listeners or any("any" in a.events for a in self.program.aggregates)

    @property
    def reads(self) -> frozenset[str]:
        """Event types that something reads; all declared ones when `any` is read."""
        names = set(self.listeners) | set(self.mappings) | set(self.tables.filled) | self.gates.receipts
        for aggregate in self.program.aggregates:
            names |= set(aggregate.events)
            if aggregate.window.since is not None:
                names.add(aggregate.window.since)
        return frozenset(self._events if self.reads_any else names & set(self._events))

    @property
    def derived(self) -> dict[str, tuple[tuple[int, Callable[[Event], Any]], ...]]:
        """Identifiers that are computed, by event type: the place of the namespace, and the function of the event."""
        found: dict[str, list[tuple[int, Callable[[Event], Any]]]] = {}
        nobody = Profile("", (0, True, 0, 0), len(self.program.mappings), len(self.program.aggregates))  # of the project's zone
        for place, space in enumerate(self.program.ranked):
            for derived in space.derived:
                value = self._compiler.function(derived.value)
                found.setdefault(derived.event, []).append((place, partial(_derive, value, nobody)))
        return {name: tuple(made) for name, made in found.items()}

    def plan(self, name: str, source: bool = False) -> TypePlan:
        """Who cares about events of a type. `source`: it came from a source about a profile, so that it is also `any` (S3.6)."""
        key = (name, source)
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = make_plan(self, frozenset((name, "any") if source else (name,)), name)
        return found


def _derive(value: Evaluate, nobody: Profile, event: Event) -> Any:
    return value(nobody, event.ts, event, {})


class _Starts:
    """Entries `by start`, by journey name, of all its versions; built when first asked for."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._places: dict[str, list[int]] = {}
        for index, journey in enumerate(machine.program.journeys):
            self._places.setdefault(known_as(journey), []).append(index)

    def get(self, journey: str) -> tuple[EntryMachine, ...]:
        entries = [e for place in self._places.get(journey, ()) for e in self._machine.journey(place).entries]
        return tuple(e for e in entries if isinstance(e.spec.trigger, OnStart))
