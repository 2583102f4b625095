"""What the program knows of each event type: its name, its schema, who cares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from rtj.connect.instants import field_hook
from rtj.ir.program import EventType, Program
from rtj.ir.records import event_classes

CACHE_MAX = 10_000  # spellings remembered; further ones are looked up each time
Decode = Callable[[Any], Any]


class Reads(Protocol):
    """Which event types something reads; a `rtj.engine` machine is one. `reads_any`: even types that are not declared."""

    @property
    def reads(self) -> frozenset[str]: ...

    @property
    def reads_any(self) -> bool: ...


class Kind:
    """One event type as sources spell it. `decode` checks properties and makes a record of them; it is None for a type that
    is not declared, whose properties are not looked at. It raises msgspec.ValidationError or DecodeError."""

    __slots__ = ("business", "declared", "decode", "name", "read", "rejects_late")

    def __init__(self, name: str, spec: EventType | None, read: bool, decode: Decode | None) -> None:
        self.name = name
        self.declared = spec is not None
        self.business = spec is not None and spec.business
        self.rejects_late = spec is not None and spec.late == "reject"
        self.read = read
        self.decode = decode


def from_json(record: type[msgspec.Struct]) -> Decode:
    """Properties that are still JSON text."""
    return msgspec.json.Decoder(record, dec_hook=field_hook).decode


def from_values(record: type[msgspec.Struct]) -> Decode:
    """Properties that are decoded already."""
    return lambda value: msgspec.convert(value, record, dec_hook=field_hook)


class Kinds:
    """Finds the kind of an event by the name that its source uses: `known` first, `find` for what is not there yet."""

    __slots__ = ("_groups", "_reads_any", "known")

    def __init__(self, program: Program, reads: Reads, decoder: Callable[[type[msgspec.Struct]], Decode]) -> None:
        classes = event_classes(program)
        self._reads_any = reads.reads_any
        self.known: dict[str, Kind] = {}
        groups: list[tuple[str, Kind]] = []
        for spec in program.events:
            read = reads.reads_any and not spec.business or spec.name in reads.reads
            kind = Kind(spec.name, spec, read, decoder(classes[spec.name]))
            for spelled in spec.spelled or (spec.name,):
                if spelled.endswith("*"):
                    groups.append((spelled[:-1], kind))
                else:
                    self.known[spelled] = kind
        # The longest prefix wins, so that a group inside a group is possible.
        self._groups = sorted(groups, key=lambda group: (-len(group[0]), group[0]))

    def find(self, spelled: str) -> Kind:
        """The kind of a spelling that `known` does not hold."""
        for prefix, kind in self._groups:
            if spelled.startswith(prefix):
                break
        else:
            kind = Kind(spelled, None, self._reads_any, None)
        if len(self.known) < CACHE_MAX:
            self.known[spelled] = kind
        return kind
