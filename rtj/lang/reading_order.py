"""In which order declarations that read each other are looked at: what is read before its reader, however many there are."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

SHOWN_MAX = 8  # names of a circle that are told


@dataclass(frozen=True, slots=True)
class Order:
    """`names`: each behind all that it reads, else in the order given. `circle`: the shortest one among those that are left, from
    the first of them on; empty if all are there."""

    names: tuple[str, ...]
    circle: tuple[str, ...] = ()


def in_order(reads: Mapping[str, Sequence[str]]) -> Order:
    """Put names in order by what each of them reads. What is read and is not among the names is passed over."""
    place = {name: number for number, name in enumerate(reads)}
    needs = {name: {other for other in reads[name] if other in place} for name in reads}
    readers: dict[str, list[str]] = {name: [] for name in reads}
    for name, others in needs.items():
        for other in others:
            readers[other].append(name)
    ready = [place[name] for name, others in needs.items() if not others]
    heapify(ready)
    every, done = list(reads), list[str]()
    while ready:
        name = every[heappop(ready)]
        done.append(name)
        for reader in readers[name]:
            needs[reader].discard(name)
            if not needs[reader]:
                heappush(ready, place[reader])
    left = {name: [other for other in reads[name] if other in needs[name]] for name in every if needs[name]}
    return Order(tuple(done), _circle(left) if left else ())


def _circle(reads: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A circle among names of which each reads another: the shortest through the first name from which one leads back."""
    start = _on_a_circle(reads)
    before: dict[str, str] = {}
    todo = deque([start])
    while start not in before:
        name = todo.popleft()
        for other in reads[name]:
            if other in reads and other not in before:
                before[other] = name
                todo.append(other)
    path = [start]
    while before[path[-1]] != start:
        path.append(before[path[-1]])
    return (start, *reversed(path[1:]))


def _on_a_circle(reads: Mapping[str, Sequence[str]]) -> str:
    """The first name reached twice when one always goes on to the first that is read."""
    name, seen = next(iter(reads)), set[str]()
    while name not in seen:
        seen.add(name)
        name = next(other for other in reads[name] if other in reads)
    return name


def around(circle: Sequence[str]) -> str:
    """A circle in words: `a -> b -> a`."""
    shown = list(circle)
    if len(shown) > SHOWN_MAX:
        shown = [*shown[: SHOWN_MAX - 1], f"… {len(shown) - SHOWN_MAX + 1} more"]
    return " -> ".join([*shown, circle[0]])
