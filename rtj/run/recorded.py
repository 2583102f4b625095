"""What recorded files say of identifiers: the events that may matter to who is who, in the order of work. A CSV of records is
read too: each row is an event, each column a field or an identifier.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from rtj.base.errors import InputError, UsageError
from rtj.connect.intake import Door, Feed, Intake
from rtj.connect.letters import DeadLetter, Letters
from rtj.connect.streams import LINE_MAX, Source, TooLong, source_lines
from rtj.ir.expr import Optional, Scalar
from rtj.ir.program import EventType, Program
from rtj.ir.records import Event
from rtj.run.sources import opened_files

ROWS = 2_000  # rows of a CSV that are read at a time
RECEIPTS = frozenset(("clicked", "complained", "delivered", "failed", "opened", "unsubscribed"))
_place = attrgetter("at", "pos")


@dataclass(slots=True)
class Recorded:
    """`events` in the order of work, of those with nothing but one identifier only the first; `read` counts all."""

    events: list[Event] = field(default_factory=list)
    read: int = 0
    dead: dict[str, int] = field(default_factory=dict)


def read_recorded(door: Door, paths: Sequence[str], pinned: str | None, kind: str | None, folder: Path) -> Recorded:
    """Read files, each as a whole. `kind`: the event type of the rows of CSV files (None: the only one that is declared).

    Raises InputError for a file that cannot be read, UsageError where the type of rows is not clear."""
    found = Recorded()
    tables = sorted(path for path in paths if path.lower().endswith((".csv", ".tsv")))
    rest = [path for path in paths if path not in tables]
    known: set[object] = set()
    with opened_files(rest, door.program, pinned, folder) as files:
        for file in files:
            intake, letters = _intake(door, file.feed)
            source = Source(file.path)
            try:
                for piece in source_lines(source):
                    if isinstance(piece, TooLong):
                        intake.refuse_line(piece.start, LINE_MAX)
                    else:
                        _keep(intake.take(piece), known, found)
            finally:
                source.close()
            _count(found, intake, letters)
    for number, path in enumerate(tables, len(rest)):
        intake, letters = _intake(door, Feed(number))
        for chunk in _row_chunks(path, _type_of_rows(door.program, kind), door.program):
            _keep(intake.take(chunk), known, found)
        _count(found, intake, letters)
    found.events.sort(key=_place)
    return found


def _intake(door: Door, feed: Feed) -> tuple[Intake, Letters]:
    letters = Letters(_forget, 0)
    return Intake(door, feed, letters), letters


def _forget(letter: DeadLetter) -> None:
    """Dead letters are counted."""


def _count(found: Recorded, intake: Intake, letters: Letters) -> None:
    found.read += intake.read
    for reason, count in letters.counts.items():
        found.dead[reason] = found.dead.get(reason, 0) + count


def _keep(events: list[Any], known: set[object], found: Recorded) -> None:
    for event in events:
        if not event.ids:
            if event.n0 is None:
                continue  # a business event
            event.ids = ((0, event.n0),)
        if len(event.ids) == 1:
            key = (event.ids[0], event.type == "erase")
            if key in known and event.type != "erase":
                continue
            known.add(key)
        event.at, event.props = event.ts, None
        found.events.append(event)


# ---- rows


def _type_of_rows(program: Program, kind: str | None) -> EventType:
    """The event type that rows are of."""
    declared = {spec.name: spec for spec in program.events if not spec.business}
    if kind is not None:
        if kind not in declared:
            raise UsageError(f"--event {kind}: the project declares no such event")
        return declared[kind]
    own = [spec for name, spec in declared.items() if name not in RECEIPTS]
    if len(own) != 1:
        names = ", ".join(spec.name for spec in own) or "none"
        raise UsageError(f"a CSV needs --event NAME, the type of its rows; the project declares {names}")
    return own[0]


def _row_chunks(path: str, kind: EventType, program: Program) -> Iterator[bytes]:
    """The rows as JSON lines, some at a time. A row without `id` and `ts` has its number as both."""
    numbers = {f.name for f in kind.fields if _is_number(f.type)}
    fields = {f.name for f in kind.fields}
    spaces = {space.name for space in program.namespaces}
    lines: list[bytes] = []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t" if path.lower().endswith(".tsv") else ",", skipinitialspace=True)
            for number, row in enumerate(rows, 1):
                said = {
                    name.strip(): value.strip()
                    for name, value in row.items()
                    if name and isinstance(value, str) and value.strip()
                }
                properties = {name: _number(said[name]) if name in numbers else said[name] for name in fields & said.keys()}
                record: dict[str, Any] = {name: said[name] for name in spaces & said.keys()}
                record |= {"id": said.get("id", str(number)), "ts": said.get("ts", number), "type": kind.name}
                lines.append(msgspec.json.encode(record | {"properties": properties}))
                if len(lines) >= ROWS:
                    yield b"\n".join(lines)
                    lines.clear()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from error
    if lines:
        yield b"\n".join(lines)


def _is_number(kind: object) -> bool:
    bare = kind.of if isinstance(kind, Optional) else kind
    return isinstance(bare, Scalar) and bare.name == "number"


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # the schema of the event refuses it
