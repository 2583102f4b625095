"""How wide a text is, and phrases broken into lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from rtj.layout.phrases import Phrase

WIDTH = 100
FURTHER = 4  # blanks before what continues a phrase, beyond those of its line


def width(text: str) -> int:
    """Cells of a text: two for wide characters, none for those that join the one before."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(sign: str) -> int:
    if unicodedata.east_asian_width(sign) in ("W", "F"):
        return 2
    return 0 if unicodedata.category(sign) in ("Mn", "Me", "Cf") else 1


def filled(phrases: Sequence[Phrase], indent: int, further: int, ending: str = "") -> list[str]:
    """Phrases on as few lines as they need: the first begins at `indent`, others at `further`. A phrase that is too long for a
    line of its own is broken between its pieces, which go further to the right if other phrases follow, and these begin a new
    line. `ending`: what must still fit on the last line."""
    lines: list[str] = []
    line = ""
    inner = further + FURTHER if len(phrases) > 1 else further
    for number, phrase in enumerate(phrases):
        told = " ".join(phrase)
        room = WIDTH - (width(ending) if number == len(phrases) - 1 else 0)
        if line and width(line) + 1 + width(told) <= room:
            line += f" {told}"
            continue
        if line:
            lines.append(line)
        line = " " * (further if lines else indent) + told
        if width(line) > room and len(phrase) > 1:
            lines += _broken(phrase, further if lines else indent, inner, room)
            line = ""
    return [*lines, line] if line else lines


def _broken(phrase: Phrase, indent: int, inner: int, room: int) -> list[str]:
    lines: list[str] = []
    line = " " * indent + phrase[0]
    for piece in phrase[1:]:
        if width(line) + 1 + width(piece) <= room:
            line += f" {piece}"
        else:
            lines.append(line)
            line = " " * inner + piece
    return [*lines, line]
