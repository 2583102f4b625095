"""Who may enter, and how (S5.1, S5.3, D15)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rtj.ir.journey import Entry, Journey, OnCondition, OnSchedule, OnStart
from rtj.ir.program import canonical
from rtj.ir.records import Event
from tests.oracle import gates, nodes
from tests.oracle.calendar import local_date, shift, zone_named
from tests.oracle.state import Instance, Profile
from tests.oracle.values import Sight, holds, value, zone_of

if TYPE_CHECKING:
    from tests.oracle.interpreter import World

Attempt = tuple[Journey, int, dict[str, Any], Event | None]


def key_text(key: Any) -> str:
    return key if isinstance(key, str) else canonical(key).decode()


def seen_by(world: World, p: Profile, attempt: Attempt) -> Sight:
    """What `when` and `key` see: the event, and what the pattern bound."""
    journey, number, names, event = attempt
    entry = journey.entries[number]
    known = dict(names)
    if event is not None:
        known |= {"event": event}
        if entry.bind is not None:
            known.setdefault(entry.bind, event)
    return world.sight(p, known, journey)


def attempt(world: World, p: Profile, what: Attempt, trigger: str, offered: Any = None) -> None:
    """A trigger fired: enter, restart, or refuse (O7). `offered` is the event or the start that is being offered: what it has
    just let in, it does not restart."""
    journey, number, _, _ = what
    entry = journey.entries[number]
    sight = seen_by(world, p, what)
    if not holds(entry.when, sight):
        return
    key = None if entry.key is None else value(entry.key, sight)
    text = None if entry.key is None or key is None else key_text(key)
    reason = hindrance(world, p, journey, entry, key)
    present = p.inside(journey.name, text)
    if reason is None and present is not None:
        just_entered = offered is not None and (present.cause is offered or present.names["entry"] is offered)
        if entry.while_inside == "restart" and not just_entered:
            replace(world, p, what, text, trigger, present)
            return
        reason = "inside"
    if reason is None and not may_enter_again(world, p, journey, entry, text):
        reason = "again"
    if reason is None and sum(i.journey.name == journey.name for i in p.instances) >= 10:
        reason = "full"
    if reason is None and already(world, p, what, text, trigger):
        reason = "already"
    cap = gates.capped(world, p, journey.name) if reason is None else None
    if reason is not None or cap is not None:
        refuse(world, p, journey, None if reason in ("not_running", "draining") else text, reason or "capped", cap)
    else:
        enter(world, p, what, text, trigger, None)


def hindrance(world: World, p: Profile, journey: Journey, entry: Entry, key: Any) -> str | None:
    today = local_date(world.now, ZoneInfo(world.program.timezone)).isoformat()
    if (journey.runs_from and today < journey.runs_from) or (journey.runs_to and today > journey.runs_to):
        return "not_running"
    if world.draining:
        return "draining"
    return "no_key" if entry.key is not None and key is None else None


def may_enter_again(world: World, p: Profile, journey: Journey, entry: Entry, key: str | None) -> bool:
    last = p.last_entry.get((journey.name, key))
    if last is None or entry.again.rule in ("always", "exit"):
        return True
    return entry.again.rule == "after" and world.now >= shift(last, entry.again.gap, zone_of(world.program, p))


def already(world: World, p: Profile, what: Attempt, key: str | None, trigger: str) -> bool:
    """Does a condition of a goal or an exit hold for the one who would enter?"""
    journey = what[0]
    would_be = make(world, p, what, key, trigger)
    watches = journey.goals + journey.exits
    return any(isinstance(w.trigger, OnCondition) and world.watch_holds(w, would_be) for w in watches)


def restart(world: World, p: Profile, firing: Attempt, event: Event) -> bool:
    """Before waits: a trigger with `while_inside restart` that finds its key inside. True if it was dealt with."""
    journey, number, _, _ = firing
    entry = journey.entries[number]
    if entry.while_inside != "restart":
        return False
    sight = seen_by(world, p, firing)
    if not holds(entry.when, sight):
        return False
    key = None if entry.key is None else value(entry.key, sight)
    if entry.key is not None and key is None:
        return False
    text = None if entry.key is None else key_text(key)
    present = p.inside(journey.name, text)
    if present is None or present.cause is event:
        return False
    reason = hindrance(world, p, journey, entry, key)
    if reason is not None:
        refuse(world, p, journey, None, reason)
    else:
        replace(world, p, firing, text, event.id, present)
    return True


def replace(world: World, p: Profile, what: Attempt, key: str | None, trigger: str, present: Instance) -> None:
    """End the one that is inside and enter anew (S5.3, D17)."""
    if already(world, p, what, key, trigger):
        refuse(world, p, what[0], key, "already")
        return
    cap = gates.capped(world, p, what[0].name)
    if cap is not None:
        refuse(world, p, what[0], key, "capped", cap)
        return
    world.leave(present, "restarted")
    enter(world, p, what, key, trigger, present)


def refuse(world: World, p: Profile, journey: Journey, key: str | None, reason: str, cap: str | None = None) -> None:
    world.counts["refused", journey.name, reason] += 1
    world.say(p, "refused", journey=journey.name, key=key, reason=reason, cap=cap)


def make(world: World, p: Profile, what: Attempt, key: str | None, trigger: str) -> Instance:
    """An instance as it would enter now."""
    journey, _, _, event = what
    names = dict(seen_by(world, p, what).names)
    names.pop("event", None)
    entered_by = event if event is not None else names.get("entry")
    names |= {"entry": entered_by, "first_entry": entered_by}
    order = (world.now, p.born, p.serial + 1)
    again = p.last_entry.get((journey.name, key)) == world.now
    told = f"{trigger}#{p.serial + 1}" if again else trigger
    minted = hashlib.blake2b(canonical([journey.name, p.origin, key, world.now, told]), digest_size=8).hexdigest()
    instance = Instance(minted, p, journey, key, world.now, order, names, event, trigger=trigger)
    instance.ordinal = p.entries[journey.name]
    instance.expires = shift(world.now, journey.max_duration, zone_of(world.program, p))
    return instance


def enter(world: World, p: Profile, what: Attempt, key: str | None, trigger: str, former: Instance | None) -> None:
    journey = what[0]
    instance = make(world, p, what, key, trigger)
    p.serial += 1
    if former is not None:
        instance.names["first_entry"] = former.names["first_entry"]
    p.instances.append(instance)
    p.last_entry[journey.name, key] = world.now
    p.entries[journey.name] += 1
    p.entered.append((journey.name, world.now))
    instance.ordinal = p.entries[journey.name]
    world.counts["entered", journey.name] += 1
    world.say(p, "entered", journey=journey.name, key=key, instance=instance.id, cause=trigger)
    nodes.go(world, instance, journey.first)


def start(world: World, p: Profile, other: str, record: dict[str, Any]) -> None:
    """Another journey's `start` node offers the profile."""
    for journey in world.program.journeys:
        for number, entry in enumerate(journey.entries):
            if journey.name == other and isinstance(entry.trigger, OnStart):
                names = {"entry": record} if entry.bind is None else {"entry": record, entry.bind: record}
                attempt(world, p, (journey, number, names, None), "start", record)


# ---- schedules


def schedule_zone(world: World, p: Profile, schedule: OnSchedule) -> ZoneInfo:
    zone = zone_of(world.program, p)
    return zone_named(schedule.zone, str(zone))
