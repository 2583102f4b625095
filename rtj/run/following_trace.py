"""What is written of a log that is followed, as the clock goes: the same lines in the same order, wherever batches end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from rtj.ir.masking import Masker
from rtj.run.ledger import Row
from rtj.run.output import Record, message_rows, trace_rows

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[Row])


class HeldLines:
    """Lines of instants that the clock has not passed wait, for others may come that stand before them. `rows` makes lines of
    records."""

    def __init__(self, rows: Callable[[Iterable[Record]], Iterable[Row]]) -> None:
        self.rows = rows
        self._rows: list[Row] = []
        self._ready = bytearray()

    def add(self, records: Iterable[Record], clock: int) -> None:
        """Take over records; everything before `clock` was worked."""
        self._rows += self.rows(records)
        if not self._rows:
            return
        self._rows.sort(key=_order)
        last = self._rows[-1][0]
        cut = len(self._rows) if last < clock else next(place for place, row in enumerate(self._rows) if row[0] >= clock)
        self._ready += b"".join([row[3] for row in self._rows[:cut]])
        del self._rows[:cut]

    def head(self, line: bytes) -> None:
        """A line of its own, behind all that are final."""
        self._ready += line

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


def held_trace(masker: Masker) -> HeldLines:
    """The lines of a trace."""
    return HeldLines(partial(trace_rows, masker=masker if masker.active else None))


def held_messages() -> HeldLines:
    """The lines of messages."""
    return HeldLines(message_rows)


def _order(row: Row) -> tuple[int, str, int]:
    return row[:3]
