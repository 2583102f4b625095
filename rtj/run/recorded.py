"""Recorded files as every replay reads them, and CSV files of records among them: each row is an event, each column a field or an
identifier.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from rtj.base.errors import InputError, OutputError, UsageError
from rtj.connect.formats import Format
from rtj.ir.expr import Optional, Scalar
from rtj.ir.program import EventType, Program
from rtj.ir.records import RECEIPTS
from rtj.run.sources import FileSource, opened_files, ordered_paths

ROWS = 2_000  # rows of a CSV that are read at a time


class Wanted(Protocol):
    """Which files, in which format (None: found out), of which event type the rows of a CSV are (None: the only one)."""

    @property
    def paths(self) -> Sequence[str]: ...

    @property
    def format(self) -> str | None: ...

    @property
    def event(self) -> str | None: ...


@contextmanager
def opened_records(program: Program, wanted: Wanted, folder: Path) -> Iterator[list[FileSource]]:
    """Look at every file; those of rows are written to `folder` as events first, and come behind the others.

    Raises InputError for a file that cannot be read, UsageError where the type of rows is not clear."""
    tables = [path for path in ordered_paths(wanted.paths) if path.lower().endswith((".csv", ".tsv"))]
    rest = [path for path in wanted.paths if path not in tables]
    kind = _type_of_rows(program, wanted.event) if tables else None
    with opened_files(rest, program, wanted.format, folder) as files:
        for number, path in enumerate(tables, len(files)):
            assert kind is not None
            target = folder / f"rows-{number}.jsonl"
            _write_rows(path, target, kind, program)
            files.append(FileSource(path, str(target), number, "plain", target.stat().st_size, Format("rtj", "made of rows")))
        yield files


def _write_rows(path: str, target: Path, kind: EventType, program: Program) -> None:
    try:
        with target.open("wb") as file:
            for chunk in _row_chunks(path, kind, program):
                file.write(chunk + b"\n")
    except OSError as error:
        raise OutputError(f"{target}: {(error.strerror or str(error)).lower()}") from error


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
    """The rows as JSON lines, some at a time. A row without `id` is called by its place, one without
    `ts` has its number as its instant."""
    numbers = {f.name for f in kind.fields if _is_number(f.type)}
    fields = {f.name for f in kind.fields}
    spaces = {space.name for space in program.namespaces}
    lines: list[bytes] = []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            delimiter = "\t" if path.lower().endswith(".tsv") else ","
            rows = csv.DictReader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
            for number, row in enumerate(rows, 1):
                said = {
                    name.strip(): value.strip()
                    for name, value in row.items()
                    if name and isinstance(value, str) and value.strip()
                }
                properties = {name: _number(said[name]) if name in numbers else said[name] for name in fields & said.keys()}
                record: dict[str, Any] = {name: said[name] for name in spaces & said.keys()}
                record |= {"id": said.get("id", f"{path}:{number}"), "ts": said.get("ts", number), "type": kind.name}
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
