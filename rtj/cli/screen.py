"""What a command writes on: stdout is the answer, stderr the talk. Styles, widths in cells, and the two streams.

Texts of authors and events never go through a markup language, and control characters in them never reach a terminal.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple, TextIO, TypeAlias

from rtj.base.plain import one_line

Style: TypeAlias = Literal["", "strong", "dim", "bad", "warn", "good", "name", "mark"]
Color: TypeAlias = Literal["auto", "always", "never"]

_SGR: dict[Style, str] = {
    "strong": "1",
    "dim": "2",
    "bad": "1;31",
    "warn": "1;33",
    "good": "32",
    "name": "1;36",
    "mark": "34",
}
_WORDS = re.compile(r"\S+\s*|\s+")


class Piece(NamedTuple):
    """A text in one style."""

    text: str
    style: Style = ""


Line: TypeAlias = tuple[Piece, ...]


def line(*pieces: Piece | str) -> Line:
    """A line of pieces; plain texts have no style."""
    return tuple(Piece(p) if isinstance(p, str) else p for p in pieces)


def width(text: str) -> int:
    """How many cells a terminal gives to the text: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def wrap(pieces: Sequence[Piece], limit: int, indent: int) -> list[Line]:
    """Break a line between words so that each part has at most `limit` cells; parts after the first are indented. A word is
    never broken: a terminal does that itself. A limit of 0 breaks nothing."""
    if not limit:
        return [tuple(pieces)]
    parts: list[list[Piece]] = [[]]
    used = 0
    for text, style in pieces:
        for word in _WORDS.findall(text):
            if used > indent and used + width(word.rstrip()) > limit:
                parts.append([Piece(" " * indent)])
                used = indent
            parts[-1].append(Piece(word, style))
            used += width(word)
    return [tuple(part) for part in parts]


def paint(lines: Iterable[Line], color: bool) -> str:
    """The text of the lines, with terminal codes for the styles if asked for."""
    return "".join(_paint_line(pieces, color) + "\n" for pieces in lines)


def _paint_line(pieces: Line, color: bool) -> str:
    plain = "".join(piece.text for piece in pieces).rstrip()
    if not color:
        return plain
    painted: list[str] = []
    left = len(plain)
    for style, group in groupby(pieces, key=lambda piece: piece.style):
        text = "".join(piece.text for piece in group)[:left]
        left -= len(text)
        painted.append(f"\x1b[{_SGR[style]}m{text}\x1b[0m" if style and text.strip() else text)
    return "".join(painted)


def wants_color(stream: TextIO, choice: Color) -> bool:
    """`--color` decides, then NO_COLOR, then FORCE_COLOR, then whether the stream is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Screen:
    """The two streams with what they can show. `--quiet` silences the talk, but never errors."""

    def __init__(self, color: Color = "auto", quiet: bool = False) -> None:
        self.color = color
        self.quiet = quiet

    def answer(self, lines: Iterable[Line]) -> None:
        """Write to stdout."""
        _write(sys.stdout, paint(lines, wants_color(sys.stdout, self.color)))

    def exact(self, content: bytes) -> None:
        """Write these very bytes to stdout, whatever its encoding."""
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()

    def talk(self, lines: Iterable[Line]) -> None:
        """Write to stderr, unless quiet."""
        if not self.quiet:
            self.complain(lines)

    def complain(self, lines: Iterable[Line]) -> None:
        """Write to stderr, quiet or not."""
        _write(sys.stderr, paint(lines, wants_color(sys.stderr, self.color)))


def columns(stream: TextIO) -> int:
    """The width of the terminal behind the stream, 0 when there is none: then nothing is wrapped."""
    return shutil.get_terminal_size().columns if stream.isatty() else 0


def shows_blocks(stream: TextIO) -> bool:
    """Can the stream show bars made of block characters?"""
    return stream.isatty() and (stream.encoding or "").lower().replace("-", "") == "utf8"


def error_line(message: str) -> Line:
    """`error: …`, on one line."""
    return line(Piece("error", "bad"), f": {one_line(message)}")


def _write(stream: TextIO, text: str) -> None:
    """Write at once, and whatever the encoding of the stream: what it cannot show becomes `?`."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()
