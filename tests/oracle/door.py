"""From what sources say to the order of work: watermarks, late events, duplicates (S1.2-S1.8)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from rtj.ir.program import Program
from rtj.ir.records import ERASE, Event


@dataclass(frozen=True)
class Feed:
    """A source: `events` in the order of arrival; their `at`, `late`, `source` and `pos` are found here."""

    name: str
    lateness: int
    events: tuple[Event, ...]


@dataclass
class Admitted:
    """Events in the order of work, the last `ts` of all, and what was dropped."""

    events: list[Event] = field(default_factory=list)
    last: int = 0
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)


def order_of_work(event: Event) -> tuple[int, bool, int, int]:
    """S1.2, and late ones before the events of their instant (S1.7)."""
    return event.at, not event.late, event.source, event.pos


def admit(program: Program, feeds: list[Feed]) -> Admitted:
    """What is worked, and in which order."""
    result = Admitted()
    placed: list[Event] = []
    for number, feed in enumerate(sorted(feeds, key=lambda f: f.name)):
        watermark: int | None = None
        for pos, event in enumerate(feed.events):
            late = watermark is not None and event.ts < watermark
            at = watermark if late and watermark is not None else event.ts
            late = late and event.type != ERASE
            placed.append(msgspec.structs.replace(event, at=at, late=late, source=number, pos=pos))
            mark = event.ts - feed.lateness
            watermark = mark if watermark is None else max(watermark, mark)
            result.last = max(result.last, event.ts)
    seen: list[Event] = []
    asked: list[tuple[str, tuple[int, str]]] = []
    rejects = {kind.name for kind in program.events if kind.late == "reject"}
    for event in sorted(placed, key=order_of_work):
        same = [e for e in seen if e.id == event.id and abs(e.ts - event.ts) <= program.dedupe_ms]
        copy = any(e.ids[:1] == event.ids[:1] for e in same)
        if event.late and (event.ts < event.at - program.dedupe_ms or event.type in rejects):
            result.counts["late_rejected",] += 1
            continue
        seen.append(event)
        if event.type == ERASE:
            known = (event.id, event.ids[0]) in asked
            old = event.ts < event.at - program.dedupe_ms  # too old for the rule of copies: only an erasure can be its first
            result.counts["erase_repeated",] += old and known
            copy = known if old else copy
            asked += [] if copy else [(event.id, event.ids[0])]
            if old:
                result.events += [] if copy else [event]
                continue
        if copy:
            result.counts["duplicates",] += 1
        else:
            result.counts["id_reused",] += any(e.ids[:1] != event.ids[:1] for e in same)
            result.events.append(event)
    return result
