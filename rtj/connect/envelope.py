"""The envelope of an event: what every format is brought to before the program's schemas look at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from rtj.connect.identify import RawValue
from rtj.connect.letters import Reason
from rtj.ir.program import Namespace

FIELDS = ("id", "type", "ts", "properties", "channel", "received_at")


class Misfit(Exception):
    """A record that is no event of the format of its source. Becomes a dead letter."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail


class Shaped(msgspec.Struct, gc=False):
    """An event of any format but `rtj`. `properties` are decoded; `identifiers` are (namespace index, raw value) in any order;
    `sequence` is its place in the source when the source names a field for it (S1.2)."""

    id: str | int | float
    type: str
    ts: str | int
    properties: Any
    identifiers: tuple[tuple[int, RawValue], ...]
    channel: str | None = None
    received_at: str | int | None = None
    sequence: int | None = None


Shape = Callable[[Any], Shaped]


def native_class(namespaces: tuple[Namespace, ...]) -> type[msgspec.Struct]:
    """The envelope of format `rtj`: identifiers are top-level keys named as their namespaces, kept as n0, n1, … in the order
    of the ranked `namespaces`; properties stay JSON text until their schema is known; other keys are ignored."""
    columns: list[Any] = [
        ("id", str | int | float),
        ("type", str),
        ("ts", str | int),
        ("properties", msgspec.Raw, msgspec.Raw(b"{}")),
        ("channel", str | None, None),
        ("received_at", str | int | None, None),
    ]
    rename: dict[str, str] = {}
    for index, namespace in enumerate(namespaces):
        columns.append((f"n{index}", str | int | float | None, None))
        # A namespace called like an envelope field cannot be a top-level key: its values come by a mapping.
        rename[f"n{index}"] = namespace.name if namespace.name not in FIELDS else f" {namespace.name}"
    return msgspec.defstruct("Event", columns, rename=rename, gc=False)
