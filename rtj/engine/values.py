"""Values as JSON shows them: instants as RFC 3339, dates as YYYY-MM-DD."""

from __future__ import annotations

from typing import Any

import msgspec

from rtj.engine.calendar import iso, to_date
from rtj.ir.expr import EventOf, ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.ir.records import Event, attr_name


def plain(value: Any, kind: Type) -> Any:
    """What a value of this type looks like in a message or a trace."""
    if value is None or value is msgspec.UNSET:
        return None
    match kind:
        case Scalar(name="instant"):
            return iso(value)
        case Scalar(name="date"):
            return to_date(value).isoformat()
        case Optional(of=of):
            return plain(value, of)
        case ListOf(item=item):
            return [plain(v, item) for v in value]
        case Record(fields=fields):
            return {name: plain(getattr(value, attr_name(name), None), of) for name, of in fields}
        case Scalar() | OneOf() | EventOf():
            return _unknown(value)


def _unknown(value: Any) -> Any:
    if isinstance(value, Event):
        return {"id": value.id, "type": value.type, "ts": iso(value.ts), "properties": _unknown(value.props)}
    if isinstance(value, msgspec.Struct):
        return {k: _unknown(v) for k, v in msgspec.structs.asdict(value).items() if v is not msgspec.UNSET}
    if isinstance(value, tuple | list):
        return [_unknown(v) for v in value]
    return value
