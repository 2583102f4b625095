"""The trace of a log that is followed, written as the clock goes: the same lines in the same order, wherever batches end."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rtj.ir.masking import Masker
from rtj.run.ledger import Row
from rtj.run.output import Record, trace_rows

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[Row])


class HeldTrace:
    """Lines of instants that the clock has not passed wait, for others may come that stand before them."""

    def __init__(self, masker: Masker | None) -> None:
        self._masker = masker if masker is not None and masker.active else None
        self._rows: list[Row] = []
        self._ready = bytearray()

    def add(self, records: Iterable[Record], clock: int) -> None:
        """Take over records; everything before `clock` was worked."""
        self._rows += trace_rows(records, self._masker)
        if not self._rows:
            return
        self._rows.sort(key=_order)
        last = self._rows[-1][0]
        cut = len(self._rows) if last < clock else next(place for place, row in enumerate(self._rows) if row[0] >= clock)
        self._ready += b"".join([row[3] for row in self._rows[:cut]])
        del self._rows[:cut]

    def head(self, line: bytes, masker: Masker) -> None:
        """Another program takes over, whose header this is."""
        self._ready += line
        self._masker = masker if masker.active else None

    def take(self) -> bytes:
        """The lines that are final and were not taken before."""
        lines = bytes(self._ready)
        self._ready.clear()
        return lines

    @property
    def held(self) -> bytes | None:
        """The lines that wait, to be kept over a restart."""
        return _encode(self._rows) if self._rows else None

    def hold(self, held: bytes) -> None:
        """Go on with lines that waited before."""
        self._rows = _decoder.decode(held)


def _order(row: Row) -> tuple[int, str, int]:
    return row[:3]
