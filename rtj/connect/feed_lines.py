"""Bytes as they come, cut into whole lines; the line whose end has not come yet is held, up to a bound."""

from __future__ import annotations

from rtj.connect.feed_port import LIVE_LINE_MAX
from rtj.connect.inbox import Refused
from rtj.connect.streams import START_KEPT

_BOM = b"\xef\xbb\xbf"


def too_long(start: bytes) -> Refused:
    """A line over the bound."""
    return Refused("too_long", f"longer than {LIVE_LINE_MAX:,} bytes", start[:START_KEPT])


class Cutter:
    """`offset` is where the first line begins that was not handed out yet, `held` how many bytes of it are there."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self.held = 0
        self._parts: list[bytes] = []

    def cut(self, piece: bytes) -> tuple[bytes, tuple[Refused, ...]]:
        """The lines that end in `piece`, and what is no line."""
        end = piece.rfind(b"\n") + 1
        if not end:
            self._hold(piece)
            return b"", ()
        refused: tuple[Refused, ...] = ()
        begin = 0
        if self.held and self.held + piece.index(b"\n") > LIVE_LINE_MAX:
            refused = (too_long(b"".join(self._parts)),)
            begin = piece.index(b"\n") + 1
            self._parts = []
        text = b"".join((*self._parts, piece[begin:end]))
        if self.offset == 0:
            text = text.removeprefix(_BOM)
        self.offset += self.held + end
        self._parts, self.held = [], 0
        if end < len(piece):
            self._hold(piece[end:])
        return text, refused

    def end(self) -> tuple[bytes, tuple[Refused, ...]]:
        """There is no more: the last line, which lacks its end."""
        return self.cut(b"\n") if self.held else (b"", ())

    def _hold(self, piece: bytes) -> None:
        self._parts.append(piece)
        self.held += len(piece)
        if self.held > LIVE_LINE_MAX:  # the rest of this line is let go as it comes
            self._parts = [b"".join(self._parts)[:START_KEPT]]
