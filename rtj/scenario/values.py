"""Values that an author wrote, read by the type that they must have, as JSON shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.connect.instants import EARLIEST_MS, LATEST_MS, day_of, instant_text
from rtj.engine.calendar import day_of as local_day
from rtj.engine.calendar import to_date
from rtj.ir.expr import EventOf, ListOf, OneOf, Optional, Record, Scalar, Type
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import near
from rtj.lang.shape import Reader, to_json
from rtj.lang.types import show
from rtj.scenario.times import Clock, instant_of, read_time

_WHOLE = re.compile(r"[-+]?\d{1,18}")
_DECIMAL = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d{1,2})?")
_EXAMPLE = {
    "number": "39 or 2.5",
    "bool": "true or false",
    "instant": "2026-03-02T10:00:00Z, or +3d: so long after the start",
    "date": "2026-03-01, or +3d: the day so long after the start",
    "duration": "90s, or whole milliseconds",
}


@dataclass(frozen=True, slots=True)
class Value:
    """What was read: JSON as Python holds it."""

    json: object


class ValueReader(Reader):
    """Reads values; what does not fit its type is reported under one code. `what` in its methods: whose
    value it is, as told to authors. `beside`: what stands beside the fields of an event, not among them."""

    def __init__(
        self, source: Source, found: list[Diagnostic], code: str, clock: Clock, beside: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(source, found)
        self.code = code
        self.clock = clock
        self.beside = beside

    def fields(self, node: y.Mapping | None, known: Mapping[str, Type], what: str, head: Span) -> dict[str, object]:
        """The fields of a record. Reports those that it does not have, and at `head` those that it lacks."""
        read: dict[str, object] = {}
        seen: set[str] = set()
        for pair in node.pairs if node is not None else ():
            name = pair.key.value
            seen.add(name)
            if name not in known:
                hint = near(name, sorted(known)) or "it has no fields"
                if name in self.beside:
                    hint = f"it is an identifier, which is no field: write it beside them, in a line `{name}: …` of its own"
                self.report(self.code, f"{what} has no field `{name}`", pair.key.span, hint)
            elif (value := self.value(pair.value, known[name], f"`{name}`")) is not None:
                read[name] = value.json
        lacking = sorted(name for name, kind in known.items() if name not in seen and not isinstance(kind, Optional))
        if lacking and all(name in known for name in seen):
            names = ", ".join(f"`{name}`" for name in lacking)
            self.report(self.code, f"{what} needs {names}", head, "a field may be missing where its type ends in `?`")
        return read

    def value(self, node: y.YamlNode, kind: Type, what: str) -> Value | None:
        """The value; None when it was reported that it does not fit."""
        if isinstance(node, y.Broken):
            return None
        empty = isinstance(node, y.Scalar) and node.empty
        match kind:
            case Optional(of=of):
                return Value(None) if empty else self.value(node, of, what)
            case Scalar(name="any") | EventOf():
                return Value(json.loads(to_json(node)))
            case ListOf(item=item):
                return self.list_of(node, item, what)
            case Record(fields=fields):
                return self.record(node, dict(fields), what)
            case Scalar() | OneOf():
                return self.misfit(node, kind, what) if empty or not isinstance(node, y.Scalar) else self.scalar(node, kind, what)

    def list_of(self, node: y.YamlNode, item: Type, what: str) -> Value | None:
        if not isinstance(node, y.Sequence):
            return self.misfit(node, ListOf(item), what)
        values = [self.value(each, item, f"an item of {what}") for each in node.items]
        return None if None in values else Value([value.json for value in values if value is not None])

    def record(self, node: y.YamlNode, fields: Mapping[str, Type], what: str) -> Value | None:
        if not isinstance(node, y.Mapping):
            return self.misfit(node, Record(tuple(fields.items())), what)
        before = len(self.found)
        read = self.fields(node, fields, what, Span(self.source, node.span.start, node.span.start + 1))
        return Value(read) if len(self.found) == before else None

    def scalar(self, node: y.Scalar, kind: Scalar | OneOf, what: str) -> Value | None:
        text = node.value
        if isinstance(kind, OneOf):
            if text in kind.values:
                return Value(text)
            self.report(self.code, f"{what} is not `{text}`", node.span, near(text, kind.values))
            return None
        read = Value(text) if kind.name == "string" else self.plain(node, kind.name)
        return read if read is not None else self.misfit(node, kind, what)

    def plain(self, node: y.Scalar, name: str) -> Value | None:
        """A value of a type that is not text."""
        text = node.value.strip()
        match name:
            case "number":
                if _WHOLE.fullmatch(text):
                    return Value(int(text))
                return Value(float(text)) if _DECIMAL.fullmatch(text) and len(text) < 40 else None
            case "bool":
                return Value(text == "true") if text in ("true", "false") else None
            case "instant":
                ms = int(text) if text.isdecimal() and text.isascii() else self.instant(text)
                return None if ms is None or not EARLIEST_MS <= ms <= LATEST_MS else Value(instant_text(ms))
            case "date":
                if day_of(text) is not None:
                    return Value(text)
                ms = self.instant(text) if text[:1] in ("+", "-") else None
                return None if ms is None else Value(to_date(local_day(ms, self.clock.zone)).isoformat())
            case _:
                time = read_time(f"+{text}")
                if _WHOLE.fullmatch(text):
                    return Value(int(text))
                exact = time is not None and time.moment is None and not time.length.days and not time.length.months
                return Value(time.length.ms) if time is not None and exact else None

    def instant(self, text: str) -> int | None:
        time = read_time(text)
        return None if time is None else instant_of(time, self.clock)

    def misfit(self, node: y.YamlNode, kind: Type, what: str) -> Value | None:
        """Report a value of another type; there is none then."""
        example = _EXAMPLE.get(kind.name, "") if isinstance(kind, Scalar) else ""
        span = node.span if isinstance(node, y.Scalar) else Span(self.source, node.span.start, node.span.start + 1)
        found = f"; found `{node.value}`" if isinstance(node, y.Scalar) and node.value else ""
        self.report(self.code, f"{what} is of type {show(kind)}{found}", span, f"for example {example}" if example else "")
        return None


def same(one: object, other: object) -> bool:
    """Are two JSON values equal? `true` is no 1; 39 is 39.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other
