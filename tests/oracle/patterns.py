"""Does an event match a step, and does it complete a pattern (S5.6, D9)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rtj.ir.journey import Entry, Journey, OnEvents, Step
from rtj.ir.records import Event
from tests.oracle.calendar import shift
from tests.oracle.state import EntryKey, Partial, Profile
from tests.oracle.values import Sight, holds, message_key, of_types, value, zone_of

if TYPE_CHECKING:
    from tests.oracle.interpreter import World

Firing = tuple[Journey, int, dict[str, Any], Event]  # with the names it binds and the event that is `entry`


def matches(step: Step, event: Event, sight: Sight) -> bool:
    """Type, `for`, the message that a receipt is for (S7.7), and `where`."""
    if not of_types(event, step.events):
        return False
    if step.of_node is not None:
        assert sight.instance is not None
        visits = range(1, 1 + max(1, sight.instance.visits[step.of_node]))
        if event.props.message not in [message_key(sight.program, sight.instance, step.of_node, v) for v in visits]:
            return False
    if step.audience is not None and step.audience not in sight.profile.members:
        return False
    return holds(step.where, sight.with_names(event=event))


def advance(world: World, p: Profile, journey: Journey, number: int, event: Event) -> list[Firing]:
    """Offer an event to the pattern of an entry."""
    entry = journey.entries[number]
    assert isinstance(entry.trigger, OnEvents)
    steps = entry.trigger.steps
    where = (journey.name, number)
    sight = world.sight(p, {}, journey)
    fired, used = later_steps(world, p, journey, number, event)
    if used:
        return fired
    first = steps[0]
    waiting = p.partials.setdefault(where, {})
    same = same_of(first, event, sight)
    if same in waiting and steps[waiting[same].waiting].absent:
        return fired  # while a `then not` waits, a newer first step is ignored
    begun = first_step(world, p, where, first, event, sight)
    if begun is None:
        return fired
    if len(steps) == 1:
        return [*fired, (journey, number, begun, event)]
    waiting.pop(same, None)
    waiting[same] = Partial(1, begun, event, event, deadline(world, p, steps[1]))
    return fired


def later_steps(world: World, p: Profile, journey: Journey, number: int, event: Event) -> tuple[list[Firing], bool]:
    """Try the event on the matches that wait; was it used?"""
    entry: Entry = journey.entries[number]
    assert isinstance(entry.trigger, OnEvents)
    steps = entry.trigger.steps
    waiting = p.partials.setdefault((journey.name, number), {})
    fired: list[Firing] = []
    used = False
    for same, partial in list(waiting.items()):
        step = steps[partial.waiting]
        sight = world.sight(p, partial.names, journey)
        if partial.deadline is not None and event.at > partial.deadline:
            del waiting[same]
            continue
        if not matches(step, event, sight) or (step.same is not None and same_of(step, event, sight) != same):
            continue
        del waiting[same]
        if step.absent:
            continue  # killed; the event may start anew
        used = True
        names = dict(partial.names) if step.bind is None else {**partial.names, step.bind: event}
        if partial.waiting + 1 == len(steps):
            fired.append((journey, number, names, event))
        else:
            after = steps[partial.waiting + 1]
            waiting[same] = Partial(partial.waiting + 1, names, partial.first, event, deadline(world, p, after))
    return fired, used


def first_step(world: World, p: Profile, where: EntryKey, step: Step, event: Event, sight: Sight) -> dict[str, Any] | None:
    """What the first step binds, if the event completes it."""
    same = same_of(step, event, sight)
    recent = p.counted.setdefault(where, {})
    if not matches(step, event, sight):
        offered = of_types(event, step.events) and (step.audience is None or step.audience in p.members)
        if step.consecutive and offered:
            recent.pop(same, None)
        return None
    if step.count == 1:
        return {} if step.bind is None else {step.bind: event}
    last = [*recent.get(same, []), event][-step.count :]
    recent[same] = last
    if len(last) < step.count:
        return None
    if step.within is not None and event.at > shift(last[0].at, step.within, zone_of(world.program, p)):
        return None
    del recent[same]
    return {} if step.bind is None else {step.bind: tuple(last)}


def same_of(step: Step, event: Event, sight: Sight) -> Any:
    return None if step.same is None else value(step.same, sight.with_names(event=event))


def deadline(world: World, p: Profile, step: Step) -> int | None:
    return None if step.within is None else shift(world.now, step.within, zone_of(world.program, p))
