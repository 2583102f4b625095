"""Timers of an instant: schedules, deadlines of `then not`, waits, max_duration (S1.4, D4, D13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rtj.ir.journey import Journey, OnEvents, OnSchedule, Send
from tests.oracle import entering, nodes
from tests.oracle.calendar import local_date
from tests.oracle.door import order_of_work
from tests.oracle.moments import occurrence
from tests.oracle.state import Instance, Partial, Profile

if TYPE_CHECKING:
    from tests.oracle.interpreter import World


def instance_rank(world: World, instance: Instance) -> tuple[Any, ...]:
    """The order of instance timers and sends (D4, D5)."""
    node = instance.node.id if instance.node is not None else ""
    return -instance.journey.priority, instance.journey.name, 1, instance.order, node, instance.visit


def due_timers(world: World, p: Profile) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for journey, number, due in schedules_due(world, p, world.now):
        if due == world.now:
            found.append(((-journey.priority, journey.name, 0, number, ()), "schedule", journey, number))
    for journey in world.program.journeys:
        for number, entry in enumerate(journey.entries):
            where = (journey.name, number)
            for same, partial in p.partials.get(where, {}).items():
                assert isinstance(entry.trigger, OnEvents)
                absent = entry.trigger.steps[partial.waiting].absent
                if absent and partial.deadline is not None and partial.deadline <= world.now:
                    rank = (-journey.priority, journey.name, 0, number, order_of_work(partial.last))
                    found.append((rank, "absent", journey, number, same, partial))
    for i in p.instances:
        if i.expires <= world.now:
            found.append(((-i.journey.priority, i.journey.name, 1, i.order, ""), "expire", i))
        if i.due is not None and i.due <= world.now and not isinstance(i.node, Send):
            found.append((instance_rank(world, i), "node", i, i.visit))
    return found


def fire(world: World, p: Profile, kind: str, what: list[Any]) -> None:
    match kind, what:
        case "schedule", (journey, number):
            if (journey, number, world.now) in schedules_due(world, p, world.now):
                fire_schedule(world, p, journey, number)
        case "absent", (journey, number, same, Partial() as partial):
            waiting = p.partials[journey.name, number]
            if waiting.get(same) is partial:
                del waiting[same]
                entering.attempt(world, p, (journey, number, partial.names, partial.last), partial.last.id)
        case "expire", (instance,):
            if instance.alive:
                world.leave(instance, "max_duration")
        case "node", (instance, visit):
            if instance.alive and instance.visit == visit:
                nodes.ring(world, instance)


def fire_schedule(world: World, p: Profile, journey: Journey, number: int) -> None:
    schedule = journey.entries[number].trigger
    assert isinstance(schedule, OnSchedule)
    day = local_date(world.now, entering.schedule_zone(world, p, schedule))
    p.fired.setdefault((journey.name, number), set()).add(world.now if schedule.unit == "exact" else day)
    entering.attempt(world, p, (journey, number, {}, None), "schedule")


def schedules_due(world: World, p: Profile, now: int) -> list[tuple[Journey, int, int]]:
    """The next occurrence of every schedule that means this profile, seen from an instant: journey, entry, when (D13)."""
    found = []
    for journey in world.program.journeys:
        for number, entry in enumerate(journey.entries):
            schedule = entry.trigger
            if isinstance(schedule, OnSchedule) and schedule.audience in p.members:
                fired = p.fired.get((journey.name, number), set())
                due = occurrence(schedule, now, entering.schedule_zone(world, p, schedule), fired)
                found += [] if due is None else [(journey, number, due)]
    return found
