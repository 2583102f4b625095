"""Which lines of a live source have a privilege, and which may be let go, by the types of their records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec


class TypeOf(msgspec.Struct, gc=False):
    """The two fields that tell the type of a record: `event` is that of Segment's `track`."""

    type: str | None = None
    event: Any = None


_decode_types: Callable[[bytes], list[TypeOf]] = msgspec.json.Decoder(TypeOf).decode_lines
_decode_type: Callable[[bytes], TypeOf] = msgspec.json.Decoder(TypeOf).decode
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def types_of(text: bytes) -> list[str | None]:
    """The type of the record of each line, None where there is none (another format, a batch, no JSON)."""
    lines = _lines_of(text)
    try:
        found = _decode_types(text)
    except _UNREADABLE:
        found = []
    return [_name(record) for record in found] if len(found) == len(lines) else [_type_of(line) for line in lines]


def _type_of(line: bytes) -> str | None:
    try:
        return _name(_decode_type(line))
    except _UNREADABLE:
        return None


def _name(record: TypeOf) -> str | None:
    return record.event if record.type == "track" and isinstance(record.event, str) else record.type


@dataclass(frozen=True, slots=True)
class Lanes:
    """Types with privileges (`policies.first`) and types that may be let go (`policies.shed`), as they are spelled by sources.
    `types`: tells the type of each line of a text."""

    first: frozenset[str] = frozenset()
    shed: frozenset[str] = frozenset()
    types: Callable[[bytes], Sequence[str | None]] = types_of


def _lines_of(text: bytes) -> list[bytes]:
    lines = text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def without(text: bytes, types: Sequence[str | None], shed: frozenset[str]) -> tuple[bytes, dict[str, int]]:
    """Lines less those of these types, and how many they were. `types`: that of each line."""
    lost: dict[str, int] = {}
    kept: list[bytes] = []
    for line, name in zip(_lines_of(text), types, strict=True):
        if name is not None and name in shed:
            lost[name] = lost.get(name, 0) + 1
        else:
            kept.append(line + b"\n")
    return (b"".join(kept), lost) if lost else (text, lost)
