"""What differs for one person: the decisions of two versions, matched with each other.

A message is that of the other version if it is sent by the same visit of the same node in the same passage. Messages left over
are paired in their order with those of the same name; what then is left was sent by one version only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any, TypeAlias

import msgspec

from rtj.engine.deciding import Decision
from rtj.ir.comparison import Place

Found: TypeAlias = tuple[Place, int]
"""What differs, and by how many ms it is later (0 for what has no shift)."""


class Sending(msgspec.Struct, gc=False):
    """A message that was sent."""

    at: int
    journey: str
    message: str
    channel: str
    content: tuple[Any, bool]


class People:
    """The decisions of a component by person: by who they are in the end, after all merges. `absorbed`: origins that have become
    one with another, for each version, the later one last. Who is one person in either version is one here, known by the least
    origin that is left in the later version."""

    def __init__(self, *absorbed: Mapping[str, str]) -> None:
        self._roots: dict[str, str] = {}
        for each in absorbed:
            for gone, stays in each.items():
                self._roots[self.person(gone)] = self.person(stays)
        self.origins: dict[str, list[str]] = {}
        for origin in list(self._roots):
            self.origins.setdefault(self.person(origin), []).append(origin)
        later = absorbed[-1]
        for root, origins in list(self.origins.items()):
            best = min(origin for origin in {root, *origins} if origin not in later)
            everybody = {root, *origins}
            self._roots |= dict.fromkeys(everybody - {best}, best)
            self._roots.pop(best, None)
            del self.origins[root]
            self.origins[best] = sorted(everybody - {best})

    def person(self, origin: str) -> str:
        """Who somebody is in the end."""
        while (root := self._roots.get(origin, origin)) != origin:
            origin = root
        return origin

    def all_of(self, person: str) -> tuple[str, ...]:
        """All origins of a person."""
        return person, *self.origins.get(person, ())

    def divide(self, decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
        """The decisions about each person, in the order of time."""
        found: dict[str, list[Decision]] = {}
        for decision in decisions:
            found.setdefault(self.person(decision[1]), []).append(decision)
        for person in self.origins.keys() & found.keys():
            found[person].sort(key=_when)
        return found


def _when(decision: Decision) -> tuple[int, str]:
    return decision[0], decision[1]


def differences(old: list[Decision], new: list[Decision]) -> list[Found]:
    """What differs for one person. The decisions of each version come in the order of time."""
    if old == new:
        return []
    found: list[Found] = []
    was, now = _by_kind(old), _by_kind(new)
    for what in {**was, **now}:
        before, after = was.get(what, []), now.get(what, [])
        if before != after:
            found += _of_kind(what, before, after)
    return found


def _by_kind(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(decision[2], []).append(decision)
    return found


def _of_kind(what: str, old: list[Decision], new: list[Decision]) -> Iterator[Found]:
    """What differs in decisions of one kind."""
    match what:
        case "sent":
            for before, after in _matched(old, new, _message_key):
                yield from _of_message(_sending(before), _sending(after))
        case "arm":
            for before, after in _matched(old, new, _arm_key):
                if before is not None and after is not None and before[6] != after[6]:
                    yield Place("arm", before[3], before[5], before[6], after[6]), 0
        case _:
            was, now = Counter(map(_plain, old)), Counter(map(_plain, new))
            gone, come = (Counter(map(_PLACES[what], more.elements())) for more in (was - now, now - was))
            for place in sorted(gone | come):
                yield from repeat((place, 0), max(gone[place], come[place]))


def _plain(decision: Decision) -> Decision:
    """A decision about a passage, by its key alone: what triggered it may bear another name."""
    at, origin, what, journey, passage, *more = decision
    return (at, origin, what, journey, passage[1], *more)


_PLACES: dict[str, Callable[[Decision], Place]] = {
    "entered": lambda found: Place("entry", found[3]),
    "goal": lambda found: Place("goal", found[3]),
    "left": lambda found: Place("exit", found[3]),
    "blocked": lambda found: Place("blocked", found[3], found[6]),
    "called": lambda found: Place("call", found[3], found[6]),
}


def _message_key(decision: Decision) -> tuple[Any, ...]:
    return decision[3:8]  # journey, passage, node, visit, message


def _arm_key(decision: Decision) -> tuple[Any, ...]:
    return decision[3:6]  # journey, passage, node


def _matched(
    old: Iterable[Decision], new: Iterable[Decision], key: Callable[[Decision], tuple[Any, ...]]
) -> Iterator[tuple[Decision | None, Decision | None]]:
    """Pairs: by key and occurrence, the rest in order by journey and what is sent (the last of the key), or one alone."""
    was, now = _by_occurrence(old, key), _by_occurrence(new, key)
    for place, decision in was.items():
        if place in now:
            yield decision, now[place]
    rest: dict[tuple[Any, ...], tuple[list[Decision], list[Decision]]] = defaultdict(lambda: ([], []))
    for side, mine, theirs in ((0, was, now), (1, now, was)):
        for place, decision in mine.items():
            if place not in theirs:
                rest[place[0][0], place[0][-1]][side].append(decision)
    for gone, come in rest.values():
        yield from zip(gone, come, strict=False)
        yield from ((decision, None) for decision in gone[len(come) :])
        yield from ((None, decision) for decision in come[len(gone) :])


def _by_occurrence(
    decisions: Iterable[Decision], key: Callable[[Decision], tuple[Any, ...]]
) -> dict[tuple[tuple[Any, ...], int], Decision]:
    met: Counter[tuple[Any, ...]] = Counter()
    found = {}
    for decision in decisions:
        place = key(decision)
        found[place, met[place]] = decision
        met[place] += 1
    return found


def _sending(decision: Decision | None) -> Sending | None:
    if decision is None:
        return None
    at, _, _, journey, _, _, _, message, channel, values, stamped = decision
    return Sending(at, journey, message, channel, (values, stamped))


def _of_message(old: Sending | None, new: Sending | None) -> Iterator[Found]:
    match old, new:
        case Sending(), None:
            yield Place("fewer", old.journey, old.message, old.channel), 0
        case None, Sending():
            yield Place("more", new.journey, new.message, after=new.channel), 0
        case Sending(), Sending():
            if old.at != new.at:
                kind = "earlier" if new.at < old.at else "later"
                yield Place(kind, new.journey, new.message, old.channel, new.channel), new.at - old.at  # type: ignore[arg-type]
            if old.content != new.content:
                yield Place("content", new.journey, new.message, old.channel, new.channel), 0
            if old.channel != new.channel:
                yield Place("channel", new.journey, new.message, old.channel, new.channel), 0
        case _:
            raise AssertionError("a pair of nothing")
