"""The lines of a file of events without those that are to go: whole chunks pass as they are, others line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rtj.base.errors import InputError
from rtj.connect.envelope import MisfitError
from rtj.connect.intake import Door, Intake
from rtj.connect.letters import DeadLetter, Letters
from rtj.connect.shapes import unwrap
from rtj.connect.streams import LINE_MAX, TooLong
from rtj.run.sources import FileSource
from rtj.run.subject import pieces_of, ready

SURE = 6  # characters of a value that is looked for anywhere in a text; a shorter one is only found as a JSON text of its own


@dataclass(slots=True)
class Sifted:
    """What has gone from a file: events by type, lines that were no events, and the numbers of those."""

    events: dict[str, int] = field(default_factory=dict)
    broken: int = 0
    broken_lines: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.events.values()) + self.broken


class Mentions:
    """Does a text that nobody can read as an event name one of these values, in whatever case?"""

    def __init__(self, values: Iterable[str]) -> None:
        marks = [
            rf"(?<![\w@.+-]){re.escape(value)}(?![\w@+-])"
            if len(value) >= SURE
            else re.escape(json.dumps(value, ensure_ascii=False))
            for value in sorted(set(values))
            if value
        ]
        self._pattern = re.compile("|".join(marks), re.IGNORECASE) if marks else None

    def __call__(self, text: str) -> bool:
        return self._pattern is not None and self._pattern.search(text) is not None


def sift(file: FileSource, door: Door, goes: Callable[[Any, int], bool], names: Mentions, found: Sifted) -> Iterator[bytes]:
    """The lines of a file without the events for which `goes(event, number)` holds, and without broken lines that name one of
    `names`. `found` is filled on the way."""
    letters: list[DeadLetter] = []
    intake, alone = (Intake(door, file.feed, Letters(letters.append, LINE_MAX)) for _ in range(2))
    number = 0
    for piece in pieces_of(file):
        if isinstance(piece, TooLong):
            raise InputError(f"{file.name}: a line is longer than {LINE_MAX:,} bytes; such a file cannot be rewritten")
        before = intake.lines
        letters.clear()
        events = intake.take(piece)
        going = {place for place, event in enumerate(events, number) if _prepared(goes, event, place)}
        number += len(events)
        if not going and not letters:
            yield piece
            continue
        yield from _lines(piece, alone, (before, number - len(events)), going, names, found)


def _prepared(goes: Callable[[Any, int], bool], event: Any, place: int) -> bool:
    ready(event)
    return goes(event, place)


def _lines(
    piece: bytes, intake: Intake, place: tuple[int, int], going: set[int], names: Mentions, found: Sifted
) -> Iterator[bytes]:
    """The lines of one chunk. `place`: how many lines and events came before it."""
    line, number = place
    for raw in _cut(piece):
        line += 1
        events = intake.take(raw)
        gone = [event for place_, event in enumerate(events, number) if place_ in going]
        number += len(events)
        for event in gone:
            found.events[event.type] = found.events.get(event.type, 0) + 1
        if not events and raw.strip() and names(raw.decode("utf-8", "replace")):
            found.broken += 1
            found.broken_lines.append(line)
        elif not gone:
            yield raw
        elif len(gone) < len(events):
            yield _without(raw, intake, {id(e) for e in gone}, events)


def _cut(piece: bytes) -> list[bytes]:
    """Lines by `\\n` alone, as they are read."""
    parts = [part + b"\n" for part in piece.split(b"\n")]
    parts[-1] = parts[-1][:-1]
    return parts if parts[-1] else parts[:-1]


def _without(raw: bytes, intake: Intake, gone: set[int], events: list[Any]) -> bytes:
    """A line that holds several records, as a list of those that stay. What is no event stays too."""
    records: list[Any] = []
    place = 0
    for record in unwrap(msgspec.json.decode(raw)):
        try:
            own = intake.take(msgspec.json.encode(record))
        except MisfitError:
            own = []
        stays = not any(id(event) in gone for event in events[place : place + len(own)])
        place += len(own)
        if stays:
            records.append(record)
    return msgspec.json.encode(records) + b"\n"
