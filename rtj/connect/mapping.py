"""`sources:` mappings: any JSON record as an event, by paths that the author wrote.

A value is a path (`context.traits.email`, `items[0].sku`), a list of fallbacks, or an object with one of
  path: …    where it stands, or several places, the first that has a value
  const: …   the same for all
  hash: […]  a stable id made of several values
and with it `cast` (rfc3339 epoch_s epoch_ms epoch_us string number bool), `default`, and `table` (raw value -> value).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from rtj.base.errors import UsageError
from rtj.connect.envelope import MisfitError, Shape, Shaped
from rtj.connect.identify import RawValue
from rtj.connect.shapes import plain
from rtj.ir.program import Namespace, SourceMap

Find: TypeAlias = Callable[[Any], Any]
Path: TypeAlias = tuple[str | int, ...]

SEQUENCE_END = 1 << 48

_PART = re.compile(r"([^.\[\]]+)|\[(-?\d+)\]|\.")
_VALUE_KEYS = frozenset({"path", "const", "hash", "cast", "default", "table"})
_MAP_KEYS = frozenset({"id", "type", "time", "ts", "received_at", "channel", "identities", "properties", "data"})
_CASTS = frozenset({"rfc3339", "epoch_s", "epoch_ms", "epoch_us", "string", "number", "bool"})


def parse_path(text: str) -> Path:
    """`a.b[0].c` to its keys. Raises UsageError."""
    found: list[str | int] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise UsageError(f'sources: "{text}" is not a path; expected one such as context.traits.email')
        if part[1] is not None:
            found.append(part[1])
        elif part[2] is not None:
            found.append(int(part[2]))
        at = part.end()
    if not found:
        raise UsageError("sources: an empty path")
    return tuple(found)


def look_up(record: Any, path: Path) -> Any:
    """The value at `path`, or None."""
    for key in path:
        if isinstance(record, dict):
            record = record.get(key)
        elif isinstance(record, list) and isinstance(key, int) and -len(record) <= key < len(record):
            record = record[key]
        else:
            return None
    return record


def compile_value(spec: Any, where: str) -> Find:
    """A value form of the mapping as a function of the record. Raises UsageError for a form that is not known."""
    if isinstance(spec, str):
        path = parse_path(spec)
        return lambda record: look_up(record, path)
    if isinstance(spec, list):
        return _first([compile_value(item, where) for item in spec])
    if not isinstance(spec, dict) or not spec.keys() <= _VALUE_KEYS:
        raise UsageError(f"sources: {where}: expected a path, a list of paths, or one of path, const, hash")
    if "const" in spec:
        const = spec["const"]
        return lambda _: const
    if "hash" in spec:
        return _hashed([compile_value(item, where) for item in spec["hash"]])
    if "path" not in spec:
        raise UsageError(f"sources: {where}: expected one of path, const, hash")
    return _refined(compile_value(spec["path"], where), spec, where)


def _first(finds: list[Find]) -> Find:
    def find(record: Any) -> Any:
        for each in finds:
            value = each(record)
            if value is not None:
                return value
        return None

    return find


def _hashed(finds: list[Find]) -> Find:
    def find(record: Any) -> Any:
        parts = [each(record) for each in finds]
        if all(part is None for part in parts):
            return None
        return hashlib.blake2b(msgspec.json.encode(parts, order="sorted"), digest_size=12).hexdigest()

    return find


def _refined(find: Find, spec: Mapping[str, Any], where: str) -> Find:
    cast, default, table = spec.get("cast"), spec.get("default"), spec.get("table")
    if cast is not None and cast not in _CASTS:
        raise UsageError(f'sources: {where}: unknown cast "{cast}". expected one of {", ".join(sorted(_CASTS))}')

    def refined(record: Any) -> Any:
        value = find(record)
        if table is not None and value is not None:
            value = table.get(value if isinstance(value, str) else msgspec.json.encode(value).decode(), value)
        if value is None:
            return default
        return value if cast is None else cast_value(value, cast, where)

    return refined


def cast_value(value: Any, cast: str, where: str) -> Any:
    """Apply a cast. Raises MisfitError when the value does not fit."""
    try:
        match cast:
            case "string":
                return value if isinstance(value, str) else msgspec.json.encode(value).decode()
            case "number":
                number = float(value)
                return int(number) if number.is_integer() else number
            case "bool":
                return _truth(value)
            case "epoch_s":
                return round(float(value) * 1000)
            case "epoch_ms":
                return int(float(value))
            case "epoch_us":
                return int(value) // 1000
            case _:
                return value
    except (TypeError, ValueError, OverflowError) as error:
        raise MisfitError("ts" if cast.startswith("epoch") else "properties", f"{where}: cannot be read as {cast}") from error


def _truth(value: Any) -> bool:
    text = str(value).lower()
    if text in ("true", "1", "yes"):
        return True
    if text in ("false", "0", "no"):
        return False
    raise ValueError(text)


def compile_properties(spec: Any) -> Find:
    """`properties`: a path, {from, rename, drop}, or an object of name -> value form. Without it, nothing."""
    if spec is None:
        return lambda _: {}
    if isinstance(spec, str):
        return compile_value(spec, "properties")
    if not isinstance(spec, dict):
        raise UsageError("sources: properties: expected a path or an object")
    if "from" in spec and spec.keys() <= {"from", "rename", "drop"}:
        return _picked(spec)
    finds = {name: compile_value(value, f"properties.{name}") for name, value in spec.items()}

    def find(record: Any) -> Any:
        return {name: value for name, each in finds.items() if (value := each(record)) is not None}

    return find


def _picked(spec: Mapping[str, Any]) -> Find:
    start = compile_value(spec["from"], "properties.from")
    rename: dict[str, str] = spec.get("rename") or {}
    drop = frozenset(spec.get("drop") or ())

    def find(record: Any) -> Any:
        found = start(record)
        if not isinstance(found, dict):
            return found if found is not None else {}
        return {rename.get(name, name): value for name, value in found.items() if name not in drop}

    return find


def compile_identities(spec: Any, namespaces: tuple[Namespace, ...]) -> tuple[tuple[int, Find], ...]:
    """`identities`: [{ns, path}] or {namespace: value form}. Raises UsageError for an unknown namespace."""
    places = {namespace.name: index for index, namespace in enumerate(namespaces)}
    items: list[tuple[Any, Any]] = []
    if isinstance(spec, dict):
        items = list(spec.items())
    elif isinstance(spec, list) and all(isinstance(item, dict) for item in spec):
        items = [(item.get("ns"), {k: v for k, v in item.items() if k in _VALUE_KEYS}) for item in spec]
    elif spec is not None:
        raise UsageError("sources: identities: expected a list of {ns, path} or an object")
    for name, _ in items:
        if name not in places:
            raise UsageError(f'sources: identities: unknown namespace "{name}". expected one of {", ".join(places)}')
    return tuple((places[name], compile_value(value, f"identities.{name}")) for name, value in items)


def mapped(source: SourceMap, namespaces: tuple[Namespace, ...]) -> Shape:
    """The shape that the mapping of `source` describes. Raises UsageError when the mapping cannot be used."""
    spec = msgspec.json.decode(source.map)
    unknown = sorted(spec.keys() - _MAP_KEYS) if isinstance(spec, dict) else ["map"]
    if unknown:
        raise UsageError(f'sources: {source.name}: unknown key "{unknown[0]}". expected {", ".join(sorted(_MAP_KEYS))}')
    find_id = compile_value(spec.get("id", "id"), "id")
    find_type = compile_value(spec.get("type", "type"), "type")
    find_ts = compile_value(spec.get("time", spec.get("ts", "ts")), "time")
    find_received = compile_value(spec.get("received_at", "received_at"), "received_at")
    find_channel = compile_value(spec.get("channel", "channel"), "channel")
    find_properties = compile_properties(spec.get("properties", spec.get("data")))
    identities = compile_identities(spec.get("identities"), namespaces)
    sequence = parse_path(source.sequence) if source.sequence else None

    def shape(record: Any) -> Shaped:
        ids: list[tuple[int, RawValue]] = [(index, plain(find(record), "identities")) for index, find in identities]
        channel, kind, ts = find_channel(record), find_type(record), find_ts(record)
        if not isinstance(kind, str):
            raise MisfitError("fields", "type: expected text" if kind is not None else "`type` is missing")
        if ts is None or isinstance(ts, bool | float | list | dict):
            raise MisfitError("ts", "time: expected an instant" if ts is not None else "`time` is missing")
        name = plain(find_id(record), "id")
        if name is None:
            raise MisfitError("fields", "`id` is missing")
        return Shaped(
            id=name,
            type=kind,
            ts=ts,
            properties=find_properties(record),
            identifiers=tuple(ids),
            channel=channel if isinstance(channel, str) else None,
            received_at=find_received(record),
            sequence=_place(record, sequence),
        )

    return shape


def _place(record: Any, path: Path | None) -> int | None:
    if path is None:
        return None
    value = look_up(record, path)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if type(value) is not int or not 0 <= value < SEQUENCE_END:
        raise MisfitError("fields", "sequence: expected a whole number from 0 to 2^48")
    return value
