"""Business events of a whole run, and which of them may concern the few profiles of one component (S5.2).

A replay goes from person to person, and most business events are about things in which a person has no part. What a profile can
be reached by changes only when something happens to it; so from one such moment to the next the events that may concern it are
found by what they ask for, and the others are never looked at.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rtj.engine.routes import ByFact, ByMember, ByName, Keys, Place, Surveyor, asked_keys
from rtj.engine.state import Profile
from rtj.engine.tables import stand_of
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.machine import Machine

NONE = 1 << 60  # a number after those of all events

Lists = tuple[dict[Any, list[int]], list[int]]  # numbers of events by key, and of those that no key tells of


class BusinessLog:
    """The business events that something listens to, in the order of work; each has its number."""

    def __init__(self, machine: Machine, events: Sequence[Event]) -> None:
        heard = {name for name in {event.type for event in events} if _is_heard(machine, name)}
        self.events = [event for event in events if event.type in heard]
        self._stands: list[tuple[int, ...]] = [stand_of(event) for event in self.events]
        surveyor = Surveyor(machine)
        numbers: dict[str, list[int]] = {name: [] for name in sorted(heard)}
        for number, event in enumerate(self.events):
            numbers[event.type].append(number)
        self._listened = [(listed, surveyor.places(name)) for name, listed in numbers.items()]
        self._lists: dict[ByFact | ByName, Lists] = {}

    def before(self, event: Event) -> int:
        """How many stand before an event in the order of work."""
        return bisect_left(self._stands, stand_of(event))

    def before_instant(self, at: int) -> int:
        """How many come before an instant."""
        return bisect_left(self._stands, (at,))

    def next_for(self, profiles: Iterable[Profile], start: int, limit: int, at: int) -> int:
        """The first number from `start` on whose event may concern one of the profiles as they are at the instant `at`; `limit`
        when there is none before it."""
        for listed, places in self._listened:
            if _from(listed, start) >= limit:
                continue
            for p in profiles:
                for place in places:
                    limit = min(limit, self._reaches(place, p, listed, start, at))
        return limit

    def _reaches(self, place: Place, p: Profile, listed: list[int], start: int, at: int) -> int:
        if place.inside is not None and not any(inst.journey.index == place.inside for inst in p.instances.values()):
            return NONE
        found = _from(listed, start)
        for route in place.routes:
            match route:
                case ByMember(slot=slot):
                    if not p.members >> slot & 1:
                        return NONE
                case ByFact():
                    found = max(found, self._asking(route, listed, route.keys(p, at, None), start))
                case ByName():
                    mine = [inst for inst in p.instances.values() if inst.journey.index == place.inside]
                    asking = [self._asking(route, listed, route.keys(p, at, inst.names), start) for inst in mine]
                    found = max(found, min(asking, default=NONE))
        return found

    def _asking(self, route: ByFact | ByName, listed: list[int], keys: Keys | None, start: int) -> int:
        """The first that asks for one of the keys."""
        if keys is None:
            return start
        lists = self._lists.get(route)
        if lists is None:
            lists = self._lists[route] = self._sort(route, listed)
        by_key, unclear = lists
        wanted = keys if len(keys) <= len(by_key) else by_key.keys() & set(keys)
        return min([_from(by_key[key], start) for key in wanted if key in by_key] + [_from(unclear, start)])

    def _sort(self, route: ByFact | ByName, listed: list[int]) -> Lists:
        by_key: dict[Any, list[int]] = {}
        unclear: list[int] = []
        for number in listed:
            keys = asked_keys(route, self.events[number])
            if keys is None:
                unclear.append(number)
                continue
            for key in dict.fromkeys(keys):
                by_key.setdefault(key, []).append(number)
        return by_key, unclear


def _is_heard(machine: Machine, name: str) -> bool:
    plan = machine.plan(name)
    return plan.offers or plan.watched


def _from(numbers: list[int], start: int) -> int:
    """The first of sorted numbers that is not before `start`."""
    place = bisect_left(numbers, start)
    return numbers[place] if place < len(numbers) else NONE
