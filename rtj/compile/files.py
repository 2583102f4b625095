"""Files that a project names: lists of people and of suppressed addresses (CSV), event schemas (JSON Schema), tables."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from rtj.base.reading import read_regular
from rtj.compile.csv_places import csv_rows
from rtj.compile.suppressions import BYTES_MAX, read_suppressions
from rtj.compile.tables import read_tables
from rtj.ir.expr import ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.ir.functions import BOOL, NUMBER, STRING
from rtj.ir.identifiers import normalise
from rtj.ir.program import Namespace
from rtj.lang import syntax as s
from rtj.lang.checked import Files
from rtj.lang.load import Loaded
from rtj.lang.scope import Report
from rtj.lang.types import optional

FILES_BYTES_MAX = 6 * 1024 * 1024  # of all lists and schemas together
DEPTH_MAX = 20  # of a schema

FORMATS: dict[str, Type] = {"date-time": Scalar("instant"), "date": Scalar("date"), "duration": STRING}


def read_files(report: Report, loaded: Loaded) -> Files:
    """Read what the project names. A file that cannot be read or used is the author's mistake."""
    project = loaded.project
    if project is None:
        return Files()
    reader = _FileReader(report, loaded)
    members: dict[str, tuple[tuple[str, str], ...]] = {}
    schemas: dict[str, tuple[tuple[str, Type], ...]] = {}
    for audience in project.audiences:
        if audience.members is not None:
            members[audience.name.text] = reader.members(project, audience.members)
    for event in project.events:
        if event.schema is not None and (fields := _schema(report, reader, event.schema)) is not None:
            schemas[event.name.text] = fields
    suppressed: tuple[tuple[str, str], ...] = ()
    if (named := project.suppressions) is not None and (text := reader.list_of_addresses(named)) is not None:
        suppressed = read_suppressions(report, project, named, text)
    return Files(members, schemas, suppressed, read_tables(report, loaded))


class _FileReader:
    """Reads the files of one project. `left`: bytes that may yet be read; a list that many audiences name is read once."""

    def __init__(self, report: Report, loaded: Loaded) -> None:
        self.report, self.loaded = report, loaded
        self.left = FILES_BYTES_MAX
        self.lists: dict[Path, tuple[tuple[str, str], ...]] = {}

    def text(self, name: s.Text, code: str) -> str | None:
        """The text of a list or schema; all of them together have a bound."""
        why = f"lists and schemas of a project have {FILES_BYTES_MAX // 2**20} MiB together at most"
        text = self._read(name, (code, self.left, why))
        if text is not None:
            self.left -= len(text.encode())
        return text

    def list_of_addresses(self, name: s.Text) -> str | None:
        """The text of the list of suppressed addresses, which is longer than others."""
        return self._read(name, ("E412", BYTES_MAX, f"such a list has {BYTES_MAX // 2**20} MiB at most"))

    def _read(self, name: s.Text, bound: tuple[str, int, str]) -> str | None:
        """The text of a file. `bound`: the code of what is wrong, how many bytes it may have, and why no more."""
        code, most, too_long = bound
        why: str | None
        try:
            content = read_regular(self.loaded.file_of(name), most)
            if len(content) <= most:
                return content.decode("utf-8-sig")
            why = too_long
        except UnicodeDecodeError:
            why = "it is not UTF-8"
        except OSError as reason:
            why = reason.strerror or str(reason)
        hint = "its place is relative to this file"
        self.report.error(code, f"`{name.value}` cannot be read: {why}", name.span, hint)
        return None

    def members(self, project: s.Project, name: s.Text) -> tuple[tuple[str, str], ...]:
        """The people of a list as (kind of identifier, identifier), sorted, each once."""
        path = self.loaded.file_of(name)
        if path not in self.lists:
            text = self.text(name, "E352")
            found = None if text is None else _members(self.report, project, name, text)
            if found is None:
                return ()
            self.lists[path] = found
        return self.lists[path]


# ---- lists of people


def _members(report: Report, project: s.Project, name: s.Text, text: str) -> tuple[tuple[str, str], ...] | None:
    rows: Iterator[list[str]] = (row for _, row in csv_rows(text))
    try:
        header = next((row for row in rows if any(row)), None)
        columns = [] if header is None else _columns(report, project, name, header)
        if header is None or columns is None:
            return () if columns is not None else None
        if not any(cell in _namespaces(project) for cell in header):  # people begin in the first line
            rows = chain([header], rows)
        found: dict[str, set[str]] = {space.name: set() for _, space in columns}
        for row in rows:
            for place, space in columns:
                if place < len(row) and row[place]:
                    found[space.name].add(normalise(space, row[place]) if space.normalize else row[place])
    except csv.Error as reason:
        report.error("E352", f"`{name.value}` is not CSV: {reason}", name.span)
        return None
    return tuple([(kind, value) for kind in sorted(found) for value in sorted(found[kind])])


def _columns(report: Report, project: s.Project, name: s.Text, header: list[str]) -> list[tuple[int, Namespace]] | None:
    """The columns that hold identifiers: those that the first line names, or the only one; None if it is not clear which."""
    spaces = _namespaces(project)
    if any(cell in spaces for cell in header):
        return [(place, spaces[cell]) for place, cell in enumerate(header) if cell in spaces]
    if len(header) == 1 and not re.search(r"[;\t]", header[0]):
        return [(0, spaces[_best(project)])]
    if len(header) == 1:
        hint = "save the file with `,` between the columns"
        report.error("E352", f"`{name.value}` has no columns: its first line is `{header[0]}`", name.span, hint)
    else:
        known = ", ".join(f"`{space}`" for space in sorted(spaces))
        report.error("E352", f"the first line of `{name.value}` names no kind of identifier; expected {known}", name.span)
    return None


def _namespaces(project: s.Project) -> dict[str, Namespace]:
    if not project.identity:
        return {"user_id": Namespace("user_id", 0)}
    return {
        decl.name.text: Namespace(
            decl.name.text, 0, normalize=decl.normalize, region=decl.region.value.upper() if decl.region is not None else ""
        )
        for decl in project.identity
    }


def _best(project: s.Project) -> str:
    ranked = sorted((float(d.priority.value) if d.priority is not None else 100.0, d.name.text) for d in project.identity)
    return ranked[0][1] if ranked else "user_id"


# ---- schemas


def _schema(report: Report, reader: _FileReader, name: s.Text) -> tuple[tuple[str, Type], ...] | None:
    text = reader.text(name, "E353")
    if text is None:
        return None
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as reason:
        where = f"line {reason.lineno}, column {reason.colno}"
        report.error("E353", f"`{name.value}` is not JSON: {reason.msg.lower()} in {where}", name.span)
        return None
    except RecursionError:
        report.error("E353", f"`{name.value}` is nested too deep", name.span)
        return None
    except ValueError:  # Python reads no integer of thousands of digits
        report.error("E353", f"`{name.value}` has a number that is too long", name.span)
        return None
    kind = _kind(schema, 0)
    if not isinstance(kind, Record):
        report.error("E353", f"`{name.value}` describes no object with `properties`", name.span)
        return None
    return kind.fields


def _kind(schema: Any, depth: int) -> Type | None:
    """The type of a JSON Schema; None for what has none here (such a field cannot be read)."""
    if not isinstance(schema, Mapping) or depth > DEPTH_MAX:
        return None
    names = schema.get("type")
    listed = [n for n in names if isinstance(n, str)] if isinstance(names, list) else [names]
    plain = [n for n in listed if n != "null"]
    if len(plain) != 1:
        return None
    kind = _plain(plain[0], schema, depth)
    return optional(kind) if kind is not None and "null" in listed else kind


def _plain(name: object, schema: Mapping[str, Any], depth: int) -> Type | None:
    match name:
        case "string":
            values = schema.get("enum")
            if isinstance(values, list) and values and all(isinstance(v, str) for v in values):
                return OneOf(tuple(sorted(set(values))))
            return FORMATS.get(str(schema.get("format")), STRING)
        case "number" | "integer":
            return NUMBER
        case "boolean":
            return BOOL
        case "array":
            item = _kind(schema.get("items"), depth + 1)
            return None if item is None else ListOf(item)
        case "object":
            return _object(schema, depth)
        case _:
            return None


def _object(schema: Mapping[str, Any], depth: int) -> Type:
    properties = schema.get("properties")
    required = schema.get("required")
    must = {r for r in required if isinstance(r, str)} if isinstance(required, list) else set()
    fields: list[tuple[str, Type]] = []
    for field, inner in sorted(properties.items()) if isinstance(properties, Mapping) else ():
        kind = _kind(inner, depth + 1)
        if kind is not None:
            fields.append((field, kind if field in must or isinstance(kind, Optional) else Optional(kind)))
    return Record(tuple(fields))
