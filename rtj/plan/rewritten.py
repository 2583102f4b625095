"""What is left to tell where two versions differ in nothing that people meet: no difference is silent."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rtj.ir import journey as j
from rtj.ir.program import Program
from rtj.plan.changes import Change
from rtj.plan.told import listed

ALREADY = "it says what became of earlier versions, and these have nothing of it"
WRITTEN = "it is written otherwise, and does the same"


def rewritten_journey(old: j.Journey, new: j.Journey) -> Iterator[Change]:
    """Of a journey that differs, and of which nothing else is told."""
    spots = ("journey", old.name), ("journey", new.name)
    for name, before, after in (
        ("formerly", old.formerly, new.formerly),
        ("moved", _moved(old), _moved(new)),
        ("dropped", _dropped(old), _dropped(new)),
    ):
        if before != after:
            was, now = ((*spot, name) if text else None for spot, text in zip(spots, (before, after), strict=True))
            yield Change("D001", "safe", name, before, after, ALREADY, new.name, was=was, now=now)
    watched = (("entries", old.entries, new.entries), ("goals", old.goals, new.goals), ("exits", old.exits, new.exits))
    parts = [name for name, before, after in watched if before != after]
    parts += [node.id for node in new.nodes if node not in old.nodes]
    if not parts and old.nodes != new.nodes:
        parts = ["nodes"]
    if parts:
        what = f"spelling of {listed(parts)}"
        yield Change("D001", "safe", what, reason=WRITTEN, journey=new.name, was=spots[0], now=spots[1])


def rewritten_program(old: Program, new: Program) -> Change:
    """Of two programs that differ, and of which nothing else is told. Both are aligned."""
    was, now = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    fields = [name for name in was if was[name] != now[name]]
    what = f"spelling of {listed(fields)}" if fields else "numbers that the compiler gives"
    return Change("D001", "safe", what, reason=WRITTEN, was=("project",), now=("project",))


def _moved(journey: j.Journey) -> str:
    return ", ".join(f"{move.old}: {move.new}" for move in journey.moved)


def _dropped(journey: j.Journey) -> str:
    return ", ".join(f"{drop.node}: {drop.to or 'exit'}" for drop in journey.dropped)
