"""What the program knows of each event type, as struct classes that msgspec fills in one pass over the JSON.

An event is decoded straight into the object that the engine works: a subclass of `Event`, one per spelling of a type, told apart
by the record's `type`. Names that no schema declares are learnt as they are met, so that they cost no second way of decoding.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol, Union, cast

import msgspec

from rtj.connect.instants import field_hook
from rtj.ir.program import EventType, Namespace, Program
from rtj.ir.records import Event, event_classes

LEARN_MAX = 1_000  # undeclared types learnt; the events of further ones are read as of one type, OTHERS
OTHERS = "(others)"

# What only this house writes gets names that no source uses.
_OURS = {"at": " at", "source": " source", "pos": " pos", "type": " type", "ids": " ids", "late": " late"}
_ENVELOPE = ("id", "type", "ts", "properties", "channel", "received_at")


class Reads(Protocol):
    """Which event types something reads; a `rtj.engine` machine is one. `reads_any`: even types that are not declared."""

    @property
    def reads(self) -> frozenset[str]: ...

    @property
    def reads_any(self) -> bool: ...


class Incoming(Event, gc=False, kw_only=True):
    """An event as decoded: `ts` is still a datetime or epoch ms, `n0`, `n1`, … hold the raw identifiers of the ranked namespaces
    (absent ones None). The generated subclasses say in class attributes what the program knows of their type."""


class Kinds:
    """The classes of all spellings of event types. `received_ms` is the default of `received_at` (S1.10)."""

    def __init__(self, program: Program, spaces: Sequence[Namespace], reads: Reads, received_ms: int) -> None:
        self._records = event_classes(program)
        self._spaces, self._reads, self._received = spaces, reads, received_ms
        self._groups: list[tuple[str, EventType]] = []
        self.classes: dict[str, type[Event]] = {}
        self.undeclared = 0
        for spec in program.events:
            for spelled in spec.spelled or (spec.name,):
                if spelled.endswith("*"):
                    self._groups.append((spelled[:-1], spec))
                else:
                    self.classes[spelled] = self._declared(spelled, spec)
        # The longest prefix wins, so that a group inside a group is possible.
        self._groups.sort(key=lambda group: (-len(group[0]), group[0]))
        self.other = self._make(OTHERS, OTHERS, None)

    def find(self, spelled: str) -> type[Event]:
        """The class of a type by the name that its source uses; an unknown one is learnt, up to LEARN_MAX."""
        known = self.classes.get(spelled)
        if known is not None:
            return known
        spec = next((spec for prefix, spec in self._groups if spelled.startswith(prefix)), None)
        if spec is None and self.undeclared >= LEARN_MAX:
            return self.other
        made = self._make(spelled, spelled, None) if spec is None else self._declared(spelled, spec)
        self.undeclared += spec is None
        self.classes[spelled] = made
        return made

    def decoder(self) -> msgspec.json.Decoder[Any]:
        """A decoder of all spellings known so far; others fail."""
        kinds = tuple(self.classes.values()) or (self.other,)
        return msgspec.json.Decoder(Union[kinds], dec_hook=field_hook)  # noqa: UP007

    def _declared(self, spelled: str, spec: EventType) -> type[Event]:
        return self._make(spelled, spec.name, spec)

    def _make(self, spelled: str, name: str, spec: EventType | None) -> type[Event]:
        business = spec is not None and spec.business
        read = name in self._reads.reads or (self._reads.reads_any and not business)
        columns: list[Any] = [
            ("at", int, 0),
            ("source", int, 0),
            ("pos", int, 0),
            ("type", str, name),
            ("id", str | int | float),
            ("ts", dt.datetime | int),
            ("ids", tuple[tuple[int, str], ...], ()),
            ("received_at", dt.datetime | int | None, self._received),
        ]
        rename = dict(_OURS)
        constants: dict[str, Any] = {
            "read": read, "business": business, "declared": spec is not None, "spelled": spelled,
            "rejects_late": spec is not None and spec.late == "reject",
        }  # fmt: skip
        if spec is None:
            rename["props"] = " props"
        else:
            rename["props"] = "properties"
            record = self._records[spec.name]
            constants["record"] = record
            columns.append(("props", record) if _needs(record) else ("props", record, msgspec.field(default_factory=record)))
        for index, space in enumerate(self._spaces):
            if business:
                constants[f"n{index}"] = None
            else:
                columns.append((f"n{index}", str | int | float | None, None))
                # A namespace called like an envelope field cannot be a top-level key: its values come by a mapping.
                rename[f"n{index}"] = space.name if space.name not in _ENVELOPE else f" {space.name}"
        made: Any = msgspec.defstruct(
            "Incoming", columns, bases=(Incoming,), tag=spelled, tag_field="type", rename=rename, namespace=constants,
            kw_only=True, gc=False,
        )  # fmt: skip
        return cast(type[Event], made)


def _needs(record: type[msgspec.Struct]) -> bool:
    """Has the record a field that must be there?"""
    return any(field.required for field in msgspec.structs.fields(record))
