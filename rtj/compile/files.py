"""Files that a project names: lists of people (CSV), and event schemas (JSON Schema)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from rtj.ir.expr import ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.ir.functions import BOOL, NUMBER, STRING
from rtj.ir.identifiers import normalise
from rtj.ir.program import Namespace
from rtj.lang import syntax as s
from rtj.lang.checked import Files
from rtj.lang.load import Loaded
from rtj.lang.scope import Report
from rtj.lang.types import optional

FILE_BYTES_MAX = 64 * 1024 * 1024  # of a list or schema
DEPTH_MAX = 20  # of a schema

FORMATS: dict[str, Type] = {"date-time": Scalar("instant"), "date": Scalar("date"), "duration": STRING}


def read_files(report: Report, loaded: Loaded) -> Files:
    """Read what the project names. A file that cannot be read or used is the author's mistake."""
    project = loaded.project
    if project is None:
        return Files()
    members: dict[str, tuple[tuple[str, str], ...]] = {}
    schemas: dict[str, tuple[tuple[str, Type], ...]] = {}
    for audience in project.audiences:
        if audience.members is not None:
            members[audience.name.text] = _members(report, loaded, project, audience.members)
    for event in project.events:
        if event.schema is not None and (fields := _schema(report, loaded, event.schema)) is not None:
            schemas[event.name.text] = fields
    return Files(members, schemas)


def _text(report: Report, loaded: Loaded, name: s.Text, code: str) -> str | None:
    path = loaded.file_of(name)
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            report.error(code, f"`{name.value}` is larger than {FILE_BYTES_MAX // (1024 * 1024)} MB", name.span)
            return None
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as reason:
        why = reason.strerror if isinstance(reason, OSError) else "it is not UTF-8"
        report.error(code, f"`{name.value}` cannot be read: {why or reason}", name.span, "its place is relative to this file")
        return None


# ---- lists of people


def _members(report: Report, loaded: Loaded, project: s.Project, name: s.Text) -> tuple[tuple[str, str], ...]:
    text = _text(report, loaded, name, "E352")
    if text is None:
        return ()
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    except csv.Error as reason:
        report.error("E352", f"`{name.value}` is not CSV: {reason}", name.span)
        return ()
    if not rows:
        return ()
    namespaces = {decl.name.text: decl.normalize for decl in project.identity} or {"user_id": ()}
    header = rows[0]
    if any(cell in namespaces for cell in header):
        columns, rows = header, rows[1:]
    elif len(header) == 1 and re.search(r"[;\t]", header[0]):
        hint = "save the file with `,` between the columns"
        report.error("E352", f"`{name.value}` has no columns: its first line is `{header[0]}`", name.span, hint)
        return ()
    elif len(header) == 1:
        columns = [_best(project)]
    else:
        known = ", ".join(f"`{n}`" for n in sorted(namespaces))
        report.error("E352", f"the first line of `{name.value}` names no kind of identifier; expected {known}", name.span)
        return ()
    found = set()
    for row in rows:
        for column, cell in zip(columns, row, strict=False):
            if column in namespaces and cell:
                found.add((column, normalise(Namespace(column, 0, normalize=namespaces[column]), cell)))
    return tuple(sorted(found))


def _best(project: s.Project) -> str:
    ranked = sorted((float(d.priority.value) if d.priority is not None else 100.0, d.name.text) for d in project.identity)
    return ranked[0][1] if ranked else "user_id"


# ---- schemas


def _schema(report: Report, loaded: Loaded, name: s.Text) -> tuple[tuple[str, Type], ...] | None:
    text = _text(report, loaded, name, "E353")
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
