"""Run-time shapes made from the program: one record class per event type, one `Event` for all."""

from __future__ import annotations

import keyword
from functools import lru_cache
from typing import Any, Literal

import msgspec

from rtj.ir.expr import EventOf, ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.ir.program import EventType, Program

RECEIPTS = ("clicked", "complained", "delivered", "failed", "opened", "unsubscribed")  # built-in types (S7.7)
ERASE = "erase"  # the type of the event that has a person forgotten (S10.1); every program takes it, none can read it
CLASSES_MAX = 4_096  # record classes that are kept; one that is let go is made anew, and its records equal none of before


class Instant(int):
    """Milliseconds since the epoch, UTC; written as RFC 3339 (or as a whole number of ms) in JSON."""

    __slots__ = ()


class Day(int):
    """Days since 1970-01-01; written as YYYY-MM-DD in JSON."""

    __slots__ = ()


class Event(msgspec.Struct, gc=False):
    """One fact. `at` is the instant at which it is worked (its `ts`, but for a late one); `props` an instance of the type's
    record class or None when nobody reads its fields; `source`, `pos` give its place in the order of work;
    `ids` its identifiers as (namespace index, value), best first, normalised, junk removed; empty for business events."""

    at: int
    source: int
    pos: int
    type: str
    id: str
    ts: int
    ids: tuple[tuple[int, str], ...]
    props: Any = None
    late: bool = False
    channel: str | None = None
    received_at: int | None = None


def attr_name(field: str) -> str:
    """The Python attribute under which a record keeps `field`."""
    if field.isidentifier() and field.isascii() and not keyword.iskeyword(field) and not field.startswith("_"):
        return field
    return "f_" + field.encode().hex()


def python_type(kind: Type) -> Any:
    """The msgspec annotation that accepts a value of this type. Numbers accept whole and broken ones, never booleans."""
    match kind:
        case Scalar(name="string"):
            return str
        case Scalar(name="number"):
            return int | float
        case Scalar(name="bool"):
            return bool
        case Scalar(name="instant"):
            return Instant
        case Scalar(name="date"):
            return Day
        case Scalar(name="duration"):
            return int
        case OneOf(values=values):
            return Literal[values]
        case ListOf(item=item):
            return tuple[python_type(item), ...]  # type: ignore[misc]
        case Record(fields=fields):
            return record_class("Record", fields)
        case Optional(of=of):
            return python_type(of) | None
        case Scalar() | EventOf():
            return Any


@lru_cache(maxsize=CLASSES_MAX)
def record_class(name: str, fields: tuple[tuple[str, Type], ...], unset: frozenset[str] = frozenset()) -> type[msgspec.Struct]:
    """A struct class with one attribute per field, optional ones default to None. The same for the same fields, so that records
    read back from a store equal those of events that come.

    `unset`: optional fields that default to `msgspec.UNSET` instead, so that absent and null can be told apart (S3.2)."""
    columns: list[Any] = []
    rename: dict[str, str] = {}
    for field, kind in fields:
        attr = attr_name(field)
        rename[attr] = field
        if field in unset and isinstance(kind, Optional):
            columns.append((attr, python_type(kind) | msgspec.UnsetType, msgspec.UNSET))
        elif isinstance(kind, Optional):
            columns.append((attr, python_type(kind), None))
        else:
            columns.append((attr, python_type(kind)))
    return msgspec.defstruct(name, columns, gc=False, rename=rename, kw_only=True, frozen=True)


def mapped_fields(program: Program, event: str) -> frozenset[str]:
    """Fields of `event` that feed an attribute: in these an absent key and a null differ."""
    return frozenset(m.field for m in program.mappings if m.event == event and m.field is not None)


def event_class(program: Program, kind: EventType) -> type[msgspec.Struct]:
    """The record class of the properties of an event type."""
    return record_class(kind.name, tuple((f.name, f.type) for f in kind.fields), mapped_fields(program, kind.name))


def event_classes(program: Program) -> dict[str, type[msgspec.Struct]]:
    """The record class of the properties of each event type, by the type's name."""
    return {kind.name: event_class(program, kind) for kind in program.events}
