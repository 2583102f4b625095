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
from rtj.connect.kinds import NOT_MEANT
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

    def note(self, event: Any, _number: int) -> None:
        """An event goes."""
        kind = event.type.removesuffix(NOT_MEANT)
        self.events[kind] = self.events.get(kind, 0) + 1

    def note_broken(self, line: int, _letter: DeadLetter | None) -> None:
        """A line goes that is no event."""
        self.broken += 1
        self.broken_lines.append(line)

    def stays(self, raw: bytes, _number: int, _count: int) -> bytes:
        """A line that stays, and how many events stand before it and in it."""
        return raw


class Mentions:
    """Does a text that nobody can read as an event name one of these values, in whatever case?"""

    def __init__(self, values: Iterable[str]) -> None:
        spelled = {form for value in values if value for form in (value, json.dumps(value)[1:-1])}  # as text, and escaped
        marks = [
            rf"(?<![\w@.+-]){re.escape(form)}(?![\w@+-])" if len(form) >= SURE else re.escape(f'"{form}"')
            for form in sorted(spelled)
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
        yield from Sieve(alone, letters, going, names, found).lines(piece, (before, number - len(events)))


def _prepared(goes: Callable[[Any, int], bool], event: Any, place: int) -> bool:
    ready(event)
    return goes(event, place)


class Sieve:
    """Takes chunks apart. `letters` grows with what `intake` cannot read; `blank` stands where a line was that has gone."""

    blank = b""

    def __init__(self, intake: Intake, letters: list[DeadLetter], going: set[int], names: Mentions, found: Sifted) -> None:
        self._intake, self._letters = intake, letters
        self._going, self._names, self._found = going, names, found

    def lines(self, piece: bytes, place: tuple[int, int]) -> Iterator[bytes]:
        """The lines that stay. `place`: how many lines and events came before the chunk."""
        line, number = place
        for raw in cut(piece):
            line += 1
            known = len(self._letters)
            events = self._intake.take(raw)
            gone = [event for place_, event in enumerate(events, number) if place_ in self._going]
            for place_, event in enumerate(events, number):
                if place_ in self._going:
                    self._found.note(event, place_)
            number += len(events)
            named = (len(self._letters) > known or not events) and raw.strip() and self._names(raw.decode("utf-8", "replace"))
            if not events and named:
                self._found.note_broken(line, self._letters[-1] if len(self._letters) > known else None)
                yield self.blank
            elif not gone and not named:
                yield self._found.stays(raw, number - len(events), len(events))
            elif named or len(gone) < len(events):
                yield self._without(raw, {id(e) for e in gone}, events)
            else:
                yield self.blank

    def _without(self, raw: bytes, gone: set[int], events: list[Any]) -> bytes:
        """A line that holds several records, as a list of those that stay; what is no event stays if it names nobody."""
        records: list[Any] = []
        place = 0
        for record in unwrap(msgspec.json.decode(raw)):
            text = msgspec.json.encode(record)
            try:
                own = self._intake.take(text)
            except MisfitError:
                own = []
            stays = not any(id(event) in gone for event in events[place : place + len(own)])
            place += len(own)
            if not own and self._names(text.decode("utf-8", "replace")):
                self._found.broken += 1
            elif stays:
                records.append(record)
        return msgspec.json.encode(records) + b"\n" if records else self.blank


def cut(piece: bytes) -> list[bytes]:
    """Lines by `\\n` alone, as they are read."""
    parts = [part + b"\n" for part in piece.split(b"\n")]
    parts[-1] = parts[-1][:-1]
    return parts if parts[-1] else parts[:-1]
