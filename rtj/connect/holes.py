"""Lines of which some are blank, for the person of their events was erased (S10.1): `Hole`s take the places of the events, so
that the clock, the places of all others, and the counts are what they were."""

from __future__ import annotations

from typing import Any, cast

from rtj.connect.intake import NEVER, OTHERS, UNKNOWN_MAX, Feed, Intake
from rtj.connect.letters import Reason
from rtj.ir.entries import Hole, Lines
from rtj.ir.records import Event


class Gone(Event):
    """All that is left of an event. `id` and the text of its only identifier are bytes, which no source can send; `props` is what
    an erasure has left behind, None for all other events."""

    n0: Any = None
    read: bool = False


def take_around(intake: Intake, feed: Feed, entry: Lines) -> list[Event]:
    """The events of an entry with holes, and in their places what is left of those that are gone."""
    position, turned, before = intake.position, intake.out_of_order, intake.exit_ts
    first, last, entered = intake.first_ts, intake.last_ts, intake.entry_ts
    intake.bad += [(intake.lines + 1 + line, cast(Reason, reason), "", b"") for line, reason in entry.lost]
    events: list[Event] = []
    others = iter(intake.take(entry.text))
    for hole in entry.holes:
        while len(events) < hole.place and (event := next(others, None)) is not None:
            events.append(event)
        events.append(_gone(intake, feed, hole))
    events += others
    for event in events:
        position += 1
        ts = event.ts
        if before == NEVER:
            entered = ts
        elif ts < before:
            turned += 1
        first, last, before = min(first, ts), max(last, ts), ts
        if not feed.sequenced:
            event.pos = position
    intake.position, intake.out_of_order, intake.exit_ts = position, turned, before
    intake.first_ts, intake.last_ts, intake.entry_ts = first, last, entered
    return events


def _gone(intake: Intake, feed: Feed, hole: Hole) -> Event:
    kind = intake.kinds.of_type(hole.type)
    intake.read += 1
    intake.unread += not kind.read
    if kind.decode is None:
        name = kind.name if kind.name in intake.unknown or len(intake.unknown) < UNKNOWN_MAX else OTHERS
        intake.unknown[name] = intake.unknown.get(name, 0) + 1
    ids = ((0, cast(str, hole.best)),)
    return Gone(0, feed.source, hole.pos, hole.type, cast(str, hole.id), hole.ts, ids, hole.erasure)
