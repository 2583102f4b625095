"""Events on their way from the worker that read them to the one that runs their people, through files."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import msgspec

from rtj.connect.instants import field_hook
from rtj.ir.program import EventType, Program
from rtj.ir.records import Event, event_class

_HEAD = struct.Struct("<HI")  # kind, bytes that follow
_FIELDS = (*Event.__struct_fields__, "n0")
_row_of = attrgetter(*_FIELDS)


class Carrier:
    """Packs events, and unpacks them in another process that has the same program. `record_of`: the class of the properties of a
    type, where it is not that of the program."""

    def __init__(self, program: Program, record_of: Callable[[EventType], type[msgspec.Struct]] | None = None) -> None:
        self._names = ("", *sorted(kind.name for kind in program.events))
        self._kinds = {name: number for number, name in enumerate(self._names)}
        self._events = {kind.name: kind for kind in program.events}
        self._record_of = partial(event_class, program) if record_of is None else record_of
        self._decoders: dict[int, msgspec.msgpack.Decoder[Any]] = {}  # made for the kinds that come
        self._encode = msgspec.msgpack.Encoder(enc_hook=int).encode  # instants and dates are subclasses of int

    def _decoder(self, number: int) -> msgspec.msgpack.Decoder[Any]:
        found = self._decoders.get(number)
        if found is None:
            name = self._names[number]
            record = self._record_of(self._events[name]) if name in self._events else None
            found = self._decoders[number] = self._make(name, record)
        return found

    @staticmethod
    def _make(name: str, record: type[msgspec.Struct] | None) -> msgspec.msgpack.Decoder[Any]:
        columns: list[Any] = [
            ("type", Literal[name] if name else str),  # a literal is one object, however many events bear it
            ("props", None if record is None else record | None, None),
            ("n0", str | None, None),
        ]
        carried = msgspec.defstruct("Carried", columns, bases=(Event,), array_like=True, gc=False)
        assert carried.__struct_fields__ == _FIELDS, carried.__struct_fields__
        return msgspec.msgpack.Decoder(list[carried], dec_hook=field_hook)  # type: ignore[valid-type]

    def write(self, events: Iterable[Event], file: BinaryIO) -> None:
        """Append events to a file, grouped by kind."""
        groups: dict[str, list[Event]] = {}
        for event in events:
            groups.setdefault(event.type if event.type in self._kinds else "", []).append(event)
        for name, group in groups.items():
            packed = self._encode(list(map(_row_of, group)))
            file.write(_HEAD.pack(self._kinds[name], len(packed)))
            file.write(packed)

    def read(self, path: Path) -> Iterator[list[Event]]:
        """The events of a file, in lists."""
        with path.open("rb") as file:
            while head := file.read(_HEAD.size):
                kind, size = _HEAD.unpack(head)
                yield cast(list[Event], self._decoder(kind).decode(file.read(size)))
