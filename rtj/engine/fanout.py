"""The index of those whom a business event may concern: kept while profiles change, so that nobody else is asked (S5.2).

Nothing is kept for a place before its first event has come: then all profiles are looked through once. Buckets may hold more
than they must (who left a window, who left a journey), which is found out when they are asked; they never hold less. When a
bucket index has grown to twice its size by such leftovers, it is built anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from rtj.engine.routes import ByFact, ByMember, ByName, Place, Surveyor, asked_keys, entry_key
from rtj.engine.state import Instance, Profile
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.machine import Machine

Look: TypeAlias = Callable[[Iterable[Profile]], Iterable[Profile]]
SLACK = 10_000  # entries that an index may gain before its leftovers are worth a new one


class Bucket:
    """Profiles by key. `wild` are those whose keys are not known."""

    def __init__(self) -> None:
        self.built = False
        self.wild: set[Profile] = set()
        self._by_key: dict[Any, Profile | set[Profile]] = {}
        self._gained = self._limit = 0

    def open(self) -> None:
        """Filling it begins."""
        self._by_key, self.wild, self.built = {}, set(), True
        self._gained = self._limit = 0

    def settle(self) -> None:
        """It has been filled: from here on count what it gains."""
        self._limit, self._gained = 2 * self._gained + SLACK, 0

    def add(self, p: Profile, keys: Iterable[Any] | None) -> None:
        """Let the profile be found by these keys; None: by all."""
        if keys is None:
            self.wild.add(p)
            return
        by_key = self._by_key
        for key in keys:
            there = by_key.get(key)
            if there is None:
                by_key[key] = p  # most keys have one profile: a set for each would be four times as large
            elif isinstance(there, set):
                if p in there:
                    continue
                there.add(p)
            elif there is not p:
                by_key[key] = {there, p}
            else:
                continue
            self._gained += 1
        if self._limit and self._gained > self._limit:
            self.built, self._limit = False, 0
            self._by_key, self.wild = {}, set()

    def under(self, key: Any) -> set[Profile]:
        """The profiles under a key; what is not among them is not concerned."""
        there = self._by_key.get(key)
        return set() if there is None else there if isinstance(there, set) else {there}

    def size(self, keys: Iterable[Any]) -> int:
        """How many there are under these keys, at most."""
        return len(self.wild) + sum(len(self.under(key)) for key in keys)

    def drop(self, p: Profile, key: Any) -> None:
        """It turned out not to belong there."""
        there = self._by_key.get(key)
        if isinstance(there, set):
            there.discard(p)
        elif there is p:
            del self._by_key[key]


class Fanout:
    """Who is concerned by business events. Whoever changes a profile tells it (the methods named after what happened)."""

    def __init__(self, machine: Machine, profiles: dict[Profile, None], look: Look = iter) -> None:
        self._profiles = profiles
        self._look = look  # how many profiles are looked at, of whom a store may have most
        self._surveyor = Surveyor(machine)
        self._places: dict[str, tuple[Place, ...]] = {}
        self._facts: dict[ByFact, Bucket] = {}
        self._names: dict[Place, list[tuple[ByName, Bucket]]] = {}
        self._members: dict[int, set[Profile]] = {}
        self._inside: dict[int, set[Profile]] = {}
        self._readers: dict[tuple[str, ...], tuple[ByFact, ...]] = {}

    def concerned(self, event: Event) -> set[Profile] | None:
        """Those whom the event may concern; None: everybody must be asked. The set is the caller's own."""
        places = self._places.get(event.type)
        if places is None:
            places = self._places[event.type] = self._surveyor.places(event.type)
        if any(place.inside is None and not place.routes for place in places):
            return None
        found: set[Profile] = set()
        for place in places:
            some = self._at(place, event)
            if some is None:
                return None
            found.update(some)
        return found

    def _at(self, place: Place, event: Event) -> Iterable[Profile] | None:
        """Those who are concerned at one place: found by the route that reaches the fewest."""
        best: tuple[int, Iterable[Profile]] | None = None
        for route in place.routes:
            some = self._by(place, route, event)
            if some is not None and (best is None or some[0] < best[0]):
                best = some
        if place.inside is None:
            return None if best is None else list(best[1])
        inside = self._those_inside(place.inside)
        if best is None or len(inside) <= best[0]:
            return [p for p in self._look(list(inside)) if self._is_inside(p, place.inside)]
        return [p for p in best[1] if p in inside and self._is_inside(p, place.inside)]

    def _by(self, place: Place, route: ByMember | ByFact | ByName, event: Event) -> tuple[int, Iterable[Profile]] | None:
        """How many a route reaches at most, and who they are (found when they are asked for); None: it tells nothing."""
        match route:
            case ByMember(slot=slot):
                members = self._members_of(slot)
                return len(members), members
            case ByFact():
                keys = asked_keys(route, event)
                if keys is None:
                    return None
                bucket = self._bucket_of(route, event.at)
                return bucket.size(keys), self._having(route, bucket, keys, event.at)
            case ByName():
                keys = asked_keys(route, event)
                assert place.inside is not None
                if keys is None:
                    return None
                named = next(b for r, b in self._names_of(place) if r is route)
                return named.size(keys), self._naming((place.inside, route), named, keys, event.at)

    # ---- looking up; leftovers are thrown out

    def _having(self, route: ByFact, bucket: Bucket, keys: Iterable[Any], at: int) -> Iterator[Profile]:
        yield from [p for p in bucket.wild if not p.gone]
        for key in keys:
            for p in self._look(list(bucket.under(key))):
                present = None if p.gone else route.keys(p, at, None)
                if p.gone or (present is not None and key not in present):
                    bucket.drop(p, key)
                else:
                    yield p

    def _naming(self, place: tuple[int, ByName], bucket: Bucket, keys: Iterable[Any], at: int) -> Iterator[Profile]:
        journey, route = place
        yield from [p for p in bucket.wild if not p.gone]
        for key in keys:
            for p in self._look(list(bucket.under(key))):
                mine = () if p.gone else [i for i in p.instances.values() if i.journey.index == journey]
                names = [route.keys(p, at, inst.names) for inst in mine]
                if any(some is None or key in some for some in names):
                    yield p
                else:
                    bucket.drop(p, key)

    def _is_inside(self, p: Profile, journey: int) -> bool:
        if not p.gone and any(inst.journey.index == journey for inst in p.instances.values()):
            return True
        self._inside[journey].discard(p)
        return False

    # ---- building, when first asked

    def _members_of(self, slot: int) -> set[Profile]:
        found = self._members.get(slot)
        if found is None:
            found = self._members[slot] = {p for p in self._profiles if p.members >> slot & 1}
        return found

    def _those_inside(self, journey: int) -> set[Profile]:
        found = self._inside.get(journey)
        if found is None:
            found = self._inside[journey] = {
                p for p in self._look(self._profiles) if any(inst.journey.index == journey for inst in p.instances.values())
            }
        return found

    def _bucket_of(self, route: ByFact, at: int) -> Bucket:
        bucket = self._facts.get(route)
        if bucket is None:
            bucket = self._facts[route] = Bucket()
            self._readers.clear()
        if not bucket.built:
            bucket.open()
            for p in self._look(self._profiles):
                self._file(route, bucket, p, route.keys(p, at, None))
            bucket.settle()
        return bucket

    @staticmethod
    def _file(route: ByFact, bucket: Bucket, p: Profile, keys: Iterable[Any] | None) -> None:
        bucket.add(p, None if keys is None else [key for key in keys if key not in route.blank])

    def _names_of(self, place: Place) -> list[tuple[ByName, Bucket]]:
        found = self._names.get(place)
        if found is None:
            found = self._names[place] = [(route, Bucket()) for route in place.routes if isinstance(route, ByName)]
        for route, bucket in found:
            if not bucket.built:
                bucket.open()
                for p in self._look(self._profiles):
                    for inst in p.instances.values():
                        if inst.journey.index == place.inside:
                            bucket.add(p, route.keys(p, inst.entered, inst.names))
                bucket.settle()
        return found

    # ---- what happened

    def changed(self, p: Profile, at: int, facts: tuple[str, ...], event: Event | None = None) -> None:
        """These attributes of a profile were written, by this event if one is given."""
        if not self._facts:
            return
        readers = self._readers.get(facts)
        if readers is None:
            readers = self._readers[facts] = tuple(r for r in self._facts if not r.facts.isdisjoint(facts))
        for route in readers:
            bucket = self._facts[route]
            if not bucket.built:
                continue
            aggregate = route.aggregate
            if aggregate is None or event is None:
                self._file(route, bucket, p, route.keys(p, at, None))
            elif event.type in aggregate.spec.events or "any" in aggregate.spec.events:
                self._file(route, bucket, p, entry_key(aggregate, p, event, at))

    def member(self, p: Profile, slot: int) -> None:
        """The membership of a profile in the audience with this slot has changed."""
        members = self._members.get(slot)
        if members is not None:
            if p.members >> slot & 1:
                members.add(p)
            else:
                members.discard(p)

    def entered(self, p: Profile, inst: Instance) -> None:
        """The profile is inside a journey."""
        journey = inst.journey.index
        inside = self._inside.get(journey)
        if inside is not None:
            inside.add(p)
        for place, named in self._names.items():
            if place.inside == journey:
                for route, bucket in named:
                    if bucket.built:
                        bucket.add(p, route.keys(p, inst.entered, inst.names))

    def merged(self, stays: Profile, goes: Profile, at: int) -> None:
        """One profile took over what was another's."""
        for slot, members in self._members.items():
            members.discard(goes)
            if stays.members >> slot & 1:
                members.add(stays)
        for inst in stays.instances.values():
            self.entered(stays, inst)
        for route, bucket in self._facts.items():
            if bucket.built:
                self._file(route, bucket, stays, route.keys(stays, at, None))
