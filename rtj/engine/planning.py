"""The plan of an event type: which facts, audiences, goals, exits, waits and entries can care about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtj.engine.changes import audiences_read, trackers_read
from rtj.engine.journey import JourneyMachine, WatchMachine
from rtj.engine.plan import TypePlan
from rtj.engine.tables import table_fact
from rtj.ir.journey import OnEvents

if TYPE_CHECKING:
    from rtj.engine.machine import Machine


def make_plan(machine: Machine, names: frozenset[str], name: str) -> TypePlan:
    """Everything that events of these names can do; `name` is the type itself, `names` holds `any` too where it counts (S3.6)."""
    journeys = [machine.journey(i) for i in sorted({i for n in names for i in machine.listeners.get(n, ())})]
    facts = name not in machine.business
    mappings = tuple(machine.mappings.get(name, ())) if facts else ()
    adds = tuple(a for a in machine.aggregates.values() if facts and names & set(a.spec.events))
    resets = tuple(a for a in machine.aggregates.values() if facts and a.spec.window.since in names)
    written = [m.name for m in mappings] + [a.spec.name for a in (*adds, *resets)]
    changed = [*written, *(table_fact(t.name) for t in machine.tables.filled.get(name, ()))]
    touched = machine.items_reading(changed)
    entries = [
        e
        for j in journeys
        for e in j.entries
        if isinstance(e.spec.trigger, OnEvents) and any(names & set(s.events) for s in e.spec.trigger.steps)
    ]
    entries.sort(key=lambda e: e.order)
    return TypePlan(
        mappings=mappings,
        adds=adds,
        resets=resets,
        touched=touched,
        touches_conditions=_touches_conditions(machine, set(changed), touched),
        goals=_watches(journeys, "goals", names),
        exits=_watches(journeys, "exits", names),
        waits=any(n.types & names for j in journeys for n in j.nodes),
        entries=tuple(entries),
        restarts=tuple(e for e in entries if e.spec.while_inside == "restart"),
        receipt=name in machine.gates.receipts,
        written=tuple(written),
    ).settle()


def _touches_conditions(machine: Machine, written: set[str], touched: tuple[int, ...]) -> bool:
    audiences = {machine.items[i].name for i in touched if machine.items[i].is_audience}
    trackers = {machine.items[i].name for i in touched if not machine.items[i].is_audience}
    return any(
        written & machine.facts_read(c) or audiences & set(audiences_read(c)) or trackers & set(trackers_read(c))
        for c in machine.watched
    )


def _watches(journeys: list[JourneyMachine], kind: str, names: frozenset[str]) -> dict[int, tuple[WatchMachine, ...]]:
    found = {}
    for journey in journeys:
        watches = tuple(w for w in getattr(journey, kind) if w.step is not None and w.step.types & names)
        if watches:
            found[journey.index] = watches
    return found
