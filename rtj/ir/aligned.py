"""Two programs under the same names: what the compiler has numbered (`h1`, `t2`) is named by its content, so that equal things
are called alike in both versions, whatever else stands beside them. Tuples keep their order: a place in the one is the same place
in the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from rtj.ir.expr import Held, History
from rtj.ir.meaning import meant, remembering
from rtj.ir.program import Aggregate, Program, Tracker, fingerprint
from rtj.ir.walk import rewrite

_NUMBERED = re.compile(r"[ht](\d+|:[0-9a-f]{16})")  # by the compiler, or by its content already
ROUNDS_MAX = 50  # aggregates and trackers that read each other, one deeper at each round

T = TypeVar("T")
Lifted = tuple[tuple[Aggregate, ...], tuple[Tracker, ...]]
replace = msgspec.structs.replace


def aligned(old: Program, new: Program) -> tuple[Program, Program]:
    """Both programs, changed only if a number means one thing in one of them and another in the other."""
    ours, theirs = content_names(old), content_names(new)
    both = ours.keys() & theirs.keys()
    contents = set(ours.values()) & set(theirs.values())
    if all(ours[name] == theirs[name] for name in both) and len(contents) == len(both):
        return old, new
    return called(old, ours), called(new, theirs)


def is_declared(name: str) -> bool:
    """Has an author named this aggregate?"""
    return name.isidentifier() and not _NUMBERED.fullmatch(name)


def content_names(program: Program) -> dict[str, str]:
    """The content name for each numbered aggregate and tracker, what is read before its reader."""
    declared = {mapping.name for mapping in program.mappings}
    lifted: Lifted = (
        tuple(a for a in program.aggregates if _NUMBERED.fullmatch(a.name) and a.name not in declared),
        program.trackers,
    )
    found: dict[str, str] = {}
    open_names = {part.name for parts in lifted for part in parts}
    for _ in range(ROUNDS_MAX):
        ready = {
            part.name: f"{part.name[0]}:{fingerprint(_content(part))}"
            for parts in lifted
            for part in parts
            if part.name in open_names and lifted_reads(part).isdisjoint(open_names - {part.name})
        }
        if not ready:
            break
        found |= ready
        open_names -= ready.keys()
        lifted = called(lifted, ready)
    return found


def _content(part: Aggregate | Tracker) -> Aggregate | Tracker:
    """What it means, whatever others read of what it keeps."""
    bare = replace(part, name="")
    return replace(remembering(bare), keep=()) if isinstance(bare, Aggregate) else meant(bare)


def lifted_reads(part: msgspec.Struct) -> set[str]:
    """The aggregates and trackers of the compiler that something reads."""
    found: set[str] = set()

    def look(inner: msgspec.Struct) -> msgspec.Struct:
        match inner:
            case History(aggregate=name) | Held(tracker=name):
                found.add(name)
        return inner

    rewrite(part, look)
    return found


def called(whole: T, names: Mapping[str, str]) -> T:
    """The same with other names for what is read, and for who is read."""
    if not names:
        return whole

    def change(part: msgspec.Struct) -> msgspec.Struct:
        match part:
            case History(aggregate=name) if name in names:
                return replace(part, aggregate=names[name])
            case Held(tracker=name) if name in names:
                return replace(part, tracker=names[name])
            case Aggregate(name=name) | Tracker(name=name) if name in names:
                return replace(part, name=names[name])
        return part

    if not isinstance(whole, Program):
        return rewrite(whole, change)
    plain = replace(whole, tables=(), suppressed=())  # which hold no expressions, and may be large
    return replace(rewrite(plain, change), tables=whole.tables, suppressed=whole.suppressed)
