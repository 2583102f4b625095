"""Who an event belongs to, links, moves and merges (S2.1-S2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtj.ir.records import ERASE, Event
from tests.oracle import erasing
from tests.oracle.door import order_of_work
from tests.oracle.gates import merge_gates
from tests.oracle.state import Partial, Profile

if TYPE_CHECKING:
    from tests.oracle.interpreter import World

Identifier = tuple[int, str]
PEOPLE = 50  # that an identifier may be seen with
IDENTIFIERS = 50  # of one profile


def text(world: World, identifier: Identifier) -> str:
    return f"{world.program.namespaces[identifier[0]].name}:{identifier[1]}"


def owner(world: World, identifier: Identifier) -> Profile | None:
    for p in world.profiles:
        if identifier in p.ids:
            return p
    return None


def resolve(world: World, event: Event) -> Profile | None:
    """The profile of an event (S2.2); born, linked, merged, moved on the way. None if all its identifiers are junk by now."""
    ids = [i for i in event.ids if i not in world.junk]
    if not ids:
        world.counts["only_junk",] += 1
        return None
    if event.type == ERASE:
        ids = erasing.meant(world, event)
        if not ids:
            world.counts["erase_unknown",] += 1
            return None
    best = ids[0]
    p = owner(world, best)
    if p is None:
        before = world.remains.births[best] or world.lost[best]  # it was let go or erased before: another person
        world.remains.births[best] += 1 if world.remains.births[best] else 0
        again = f"#{before + 1}" if before else ""
        p = Profile(text(world, best) + again, order_of_work(event))
        p.ids.append(best)
        erasing.bind(world, p, best)
        world.profiles.append(p)
        world.say(p, "born", event=event.id)
    replaced = [name for kind in world.program.events if kind.name == event.type for name in kind.replaces]
    for identifier in ids[1:]:
        q = owner(world, identifier)
        replaces = world.program.namespaces[identifier[0]].name in replaced
        for old in [i for i in p.ids if replaces and i[0] == identifier[0] and i != identifier]:
            lose(world, p, old)
            world.say(p, "let_go", identifier=text(world, old))
        if q is p:
            continue
        if q is None:
            p.ids.append(identifier)
            erasing.bind(world, p, identifier)
            world.say(p, "linked", identifier=text(world, identifier))
            keep_few(world, p)
        elif len({p.origin, q.origin} | {origin for i, origin in world.met if i == identifier}) > PEOPLE:
            lose(world, q, identifier)
            world.junk.add(identifier)
            world.counts["junk", world.program.namespaces[identifier[0]].name] += 1
            world.say(p, "junk", identifier=text(world, identifier), people=PEOPLE + 1)
        elif not clash(world, p, q):
            world.met.append((identifier, max(p, q, key=lambda one: one.born).origin))
            p = merge(world, p, q)
            keep_few(world, p)
        elif world.program.namespaces[identifier[0]].kind == "person" and not replaces:
            world.met.append((identifier, p.origin))
            world.counts["link_refused",] += 1
            world.say(p, "link_refused", identifier=text(world, identifier), owner=q.origin)
        else:
            world.met.append((identifier, q.origin))
            q.ids.remove(identifier)
            p.ids.append(identifier)
            world.say(p, "moved", identifier=text(world, identifier), **{"from": q.origin})
            keep_few(world, p)
    return p


def lose(world: World, p: Profile, identifier: Identifier) -> None:
    p.ids.remove(identifier)
    world.lost[identifier] += 1


def keep_few(world: World, p: Profile) -> None:
    """At most so many identifiers: the oldest cookie goes first, then the oldest device, then the newest of the others."""
    while len(p.ids) > IDENTIFIERS:
        kinds = [world.program.namespaces[i[0]].kind for i in p.ids]
        place = next((kinds.index(kind) for kind in ("cookie", "device") if kind in kinds), -1)
        gone = p.ids[place]
        lose(world, p, gone)
        world.counts["let_go", world.program.namespaces[gone[0]].name] += 1
        world.say(p, "let_go", identifier=text(world, gone), why="limit")


def clash(world: World, p: Profile, q: Profile) -> bool:
    """Would a unique namespace hold two values? Yes if both hold some, and neither all of the other's."""
    for number, namespace in enumerate(world.program.namespaces):
        mine, theirs = ({i for i in ids if i[0] == number} for ids in (p.ids, q.ids))
        if namespace.unique and not mine <= theirs and not theirs <= mine:
            return True
    return False


def merge(world: World, p: Profile, q: Profile) -> Profile:
    """S2.5: the profile born first stays."""
    stays, goes = (p, q) if p.born < q.born else (q, p)
    world.say(stays, "merged", other=goes.origin)
    world.counts["merged",] += 1
    world.profiles.remove(goes)
    merge_gates(world, stays, goes)
    stays.ids += goes.ids
    for name, (stamp, value) in goes.attributes.items():
        if name not in stays.attributes or stays.attributes[name][0] < stamp:
            stays.attributes[name] = (stamp, value)
    stays.history += goes.history
    stays.members |= goes.members
    stays.held |= goes.held
    for tracker, since in goes.since.items():
        stays.since[tracker] = min(since, stays.since.get(tracker, since))
    for key, at in goes.last_entry.items():
        stays.last_entry[key] = max(at, stays.last_entry.get(key, at))
    stays.entries += goes.entries
    for entry, dates in goes.fired.items():
        stays.fired[entry] = stays.fired.get(entry, set()) | dates
    stays.serial = max(stays.serial, goes.serial)
    stays.written = max(stays.written, goes.written)
    merge_patterns(world, stays, goes)
    merge_instances(world, stays, goes)
    return stays


def merge_patterns(world: World, stays: Profile, goes: Profile) -> None:
    """No pattern fires by a merge, of two waiting matches the older stays."""
    for entry, counted in goes.counted.items():
        mine = stays.counted.setdefault(entry, {})
        for same, events in counted.items():
            mine[same] = sorted(mine.get(same, []) + events, key=order_of_work)
    for entry, partials in goes.partials.items():
        ours: dict[object, Partial] = stays.partials.setdefault(entry, {})
        for same, partial in partials.items():
            if not waits(world, partial):
                continue
            if same not in ours or not waits(world, ours[same]) or order_of_work(partial.first) < order_of_work(ours[same].first):
                ours[same] = partial


def waits(world: World, partial: Partial) -> bool:
    return partial.deadline is None or partial.deadline >= world.now


def merge_instances(world: World, stays: Profile, goes: Profile) -> None:
    """Of two instances with one key the first entered stays; over ten of a journey the newest leave."""
    moved, goes.instances = goes.instances, []
    for instance in moved:
        instance.profile = stays
        stays.instances.append(instance)
    for instance in stays.in_order():
        same = [i for i in stays.in_order() if i.journey.name == instance.journey.name]
        first = next(i for i in same if i.key == instance.key)
        if first is not instance or same.index(instance) >= 10:
            world.leave(instance, "merged")
