"""Final names for what was lifted out of expressions: an attribute's, else `h1`, `h2` … in an order that the content gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from rtj.ir.expr import Held, History
from rtj.ir.program import Aggregate, Tracker, canonical
from rtj.ir.walk import rewrite, walk
from rtj.lang.checked import Checked

T = TypeVar("T")
replace = msgspec.structs.replace


def name_aggregates(checked: Checked) -> tuple[tuple[Aggregate, ...], dict[str, str]]:
    """The aggregates by name, and the name for each key. Equal ones are shared: with an attribute, if one has the same."""
    kept = {key: replace(draft, keep=tuple(sorted(checked.keep[key]))) for key, draft in checked.aggregates.items()}
    names: dict[str, str] = {}
    found: dict[str, Aggregate] = {}
    for attribute, key in sorted(checked.attributes.items()):
        found[attribute] = replace(kept[key], name=attribute)
        names.setdefault(key, attribute)
    free = _free("h", set(found) | {m.name for m in checked.declared.mappings} if checked.declared else set())
    for key, draft in sorted(kept.items(), key=lambda item: canonical(item[1])):
        if key not in names:
            names[key] = next(free)
            found[names[key]] = replace(draft, name=names[key])
    return tuple(found[name] for name in sorted(found)), names


def name_trackers(trackers: Mapping[str, Tracker], names: dict[str, str]) -> tuple[tuple[Tracker, ...], dict[str, str]]:
    """The trackers, what is read before its reader, and the name for each key; aggregates in them get their names too."""
    free = _free("t", set())
    known = dict(names)
    found: list[Tracker] = []
    waiting = dict(trackers)
    held = {key: _held(tracker) for key, tracker in trackers.items()}
    while waiting:
        ready = [key for key in waiting if not any(other in waiting for other in held[key])]
        shaped = {key: rename(waiting.pop(key), known) for key in ready}
        for key, tracker in sorted(shaped.items(), key=lambda item: canonical(item[1])):
            known[key] = next(free)
            found.append(replace(tracker, name=known[key]))
    return tuple(found), known


def _held(tracker: Tracker) -> set[str]:
    return {part.tracker for part in walk(tracker.condition) if isinstance(part, Held)}


def _free(prefix: str, taken: set[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        if f"{prefix}{number}" not in taken:
            yield f"{prefix}{number}"


def rename(value: T, names: Mapping[str, str]) -> T:
    """The same tree with final names in the place of keys."""

    def change(part: msgspec.Struct) -> msgspec.Struct:
        match part:
            case History(aggregate=key) if key in names:
                return replace(part, aggregate=names[key])
            case Held(tracker=key) if key in names:
                return replace(part, tracker=names[key])
            case _:
                return part

    return rewrite(value, change)


def used(values: Iterable[object]) -> frozenset[str]:
    """The keys of history and trackers that the values read."""
    found: set[str] = set()

    def note(part: msgspec.Struct) -> msgspec.Struct:
        match part:
            case History(aggregate=key) | Held(tracker=key):
                found.add(key)
        return part

    for value in values:
        rewrite(value, note)
    return frozenset(found)
