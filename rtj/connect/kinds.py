"""What the program knows of each event type: its name, its schema, who cares.

Every event of a run is an object of one class, whatever its type: code that meets a single class is what the interpreter runs
fastest, here and in the engine. So properties are decoded in a second step, all those of one type in a chunk at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from rtj.connect.instants import field_hook
from rtj.ir.program import EventType, Namespace, Program
from rtj.ir.records import ERASE, Event, event_class

NOT_MEANT = " ?"  # ends the name of a type that is spelled as a declared one, which this source calls otherwise
CACHE_MAX = 10_000  # spellings remembered; further ones are looked up each time

# What only this house writes gets names that no source uses.
_OURS = {"at": " at", "source": " source", "pos": " pos", "ids": " ids", "late": " late", "read": " read"}
_ENVELOPE = ("id", "type", "ts", "properties", "channel", "received_at")


Derive = Callable[[Event], str | int | float | None]


class Reads(Protocol):
    """Which event types something reads; a `rtj.engine` machine is one. `reads_any`: even types that are not declared.
    `derived`: what is computed of events of a type, by the place of the namespace among the ranked."""

    @property
    def reads(self) -> frozenset[str]: ...

    @property
    def reads_any(self) -> bool: ...

    @property
    def derived(self) -> Mapping[str, tuple[tuple[int, Derive], ...]]: ...


def incoming_class(spaces: Sequence[Namespace], received_ms: int) -> type[Event]:
    """The class of all events of a program. As decoded, `ts` and `received_at` are datetimes or epoch ms, `props` is JSON text,
    and n0, n1, … hold the raw identifiers of the ranked namespaces (absent ones None); `received_ms` stands where the arrival is
    missing (S1.10). `read`: does anything read the type?"""
    columns: list[Any] = [
        ("at", int, 0),
        ("source", int, 0),
        ("pos", int, 0),
        ("type", str),
        ("id", str | int | float),
        ("ts", dt.datetime | int),
        ("ids", tuple[tuple[int, str], ...], ()),
        ("props", msgspec.Raw, msgspec.Raw(b"{}")),
        ("received_at", dt.datetime | int | None, received_ms),
        ("read", bool, False),
    ]
    rename = {**_OURS, "props": "properties"}
    for index, space in enumerate(spaces):
        columns.append((f"n{index}", str | int | float | None, None))
        # A namespace called like an envelope field cannot be a top-level key: its values come by a mapping.
        rename[f"n{index}"] = space.name if space.name not in _ENVELOPE else f" {space.name}"
    if not spaces:
        columns.append(("n0", None, None))
        rename["n0"] = " n0"
    made: Any = msgspec.defstruct("Incoming", columns, bases=(Event,), rename=rename, kw_only=True, gc=False)
    return made  # type: ignore[no-any-return]


class Kind:
    """One event type. Decoders are None for a type that is not declared, whose properties are not looked at. `type` is what its
    events are of: not `name`, where a source calls an unknown type as the project calls one that is spelled otherwise."""

    __slots__ = ("business", "convert", "decode", "decode_lines", "derived", "name", "read", "type")

    def __init__(self, name: str, spec: EventType | None, read: bool, record: type[msgspec.Struct] | None) -> None:
        self.name = self.type = name
        self.derived: tuple[tuple[int, Derive], ...] = ()
        self.business = spec is not None and spec.business
        self.read = read
        self.decode: Callable[[Any], Any] | None = None
        self.decode_lines: Callable[[Any], list[Any]] | None = None
        self.convert: Callable[[Any], Any] | None = None
        if record is not None:
            decoder = msgspec.json.Decoder(record, dec_hook=field_hook)
            self.decode, self.decode_lines = decoder.decode, decoder.decode_lines
            self.convert = lambda value: msgspec.convert(value, record, dec_hook=field_hook)


class Kinds:
    """Finds the kind of an event by the name that its source uses."""

    def __init__(self, program: Program, reads: Reads) -> None:
        self._program = program
        self._reads, self._any, self._derived = reads.reads, reads.reads_any, reads.derived
        self._declared = frozenset(spec.name for spec in program.events)
        self._specs: dict[str, EventType] = {}
        groups: list[tuple[str, EventType]] = []
        for spec in program.events:
            for spelled in spec.spelled or (spec.name,):
                if spelled.endswith("*"):
                    groups.append((spelled[:-1], spec))
                else:
                    self._specs[spelled] = spec
        # The longest prefix wins, so that a group inside a group is possible.
        self._groups = sorted(groups, key=lambda group: (-len(group[0]), group[0]))
        self._known: dict[str, Kind] = {}
        self._made: dict[str, Kind] = {}

    @property
    def erases(self) -> bool:
        """Was the event met that has a person forgotten?"""
        return ERASE in self._known

    def find(self, spelled: str) -> Kind:
        """The kind of a spelling; made when it is met first."""
        kind = self._known.get(spelled)
        if kind is not None:
            return kind
        if spelled == ERASE:
            kind = self._known[spelled] = _erase()
            return kind
        spec = self._specs.get(spelled) or next((s for prefix, s in self._groups if spelled.startswith(prefix)), None)
        if spec is None:
            kind = Kind(spelled, None, self._any, None)
            if spelled in self._declared:
                kind.type = spelled + NOT_MEANT
        else:
            kind = self._made.get(spec.name)
            if kind is None:
                kind = self._made[spec.name] = self._make(spec)
        if len(self._known) < CACHE_MAX:
            self._known[spelled] = kind
        return kind

    def of_type(self, name: str) -> Kind:
        """The kind of events of a type, by the name that the project has for it."""
        spec = next((spec for spec in self._program.events if spec.name == name), None)
        if spec is None:
            return self.find(name.removesuffix(NOT_MEANT))
        kind = self._made.get(name)
        if kind is None:
            kind = self._made[name] = self._make(spec)
        return kind

    def _make(self, spec: EventType) -> Kind:
        read = spec.name in self._reads or (self._any and not spec.business)
        kind = Kind(spec.name, spec, read, self.record(spec))
        kind.derived = self._derived.get(spec.name, ())
        return kind

    def record(self, spec: EventType) -> type[msgspec.Struct]:
        """The class of what an event of a type holds, as `props`."""
        return event_class(self._program, spec)


def _erase() -> Kind:
    """The kind of the event that has a person forgotten: it is worked in every program, and its properties mean nothing."""
    kind = Kind(ERASE, None, read=True, record=None)
    kind.decode = kind.convert = lambda _: None
    return kind
