"""How wide a text is, and where it breaks: in pixels of a wide sans serif, so that it fits with whatever font a reader has."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

Measure = Callable[[str], float]

# Hundredths of the size of the type, from blank to tilde: for each character the widest of three common faces.
_ASCII = (
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 56, 84, 32, 37, 32, 38, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 56, 102, 69, 69, 73, 78, 67, 62, 78, 76, 34, 50, 67, 56, 91, 76, 79,
    67, 79, 73, 67, 62, 74, 69, 99, 69, 67, 69, 40, 38, 40, 84, 56, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 56, 64, 84,
)  # fmt: skip
_BOLD = 1.12
_WIDE, _EMOJI, _OTHER = 100, 135, 72
_STICKS = "\u200d\ufe0f\ufe0e"  # joins pictures or says how to draw them: no line breaks before or behind
_CLOSES = "、。，．：；！？）」』】〕》〉…ー)]},.;:!?%"  # begins no line
_OPENS = "（「『【〔《〈([{"  # ends none
WORD_MAX = 400  # characters that may stand together on a line
_QUOTES = "'\""  # nobody knows which of the two
_SOFT = "._/-([{,&?=" + "\u200b"  # a word that is too long breaks behind these


@cache
def _em(char: str) -> int:
    code = ord(char)
    if 32 <= code < 127:
        return _ASCII[code - 32]
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    if code >= 0x1F000:
        return _EMOJI
    return _WIDE if unicodedata.east_asian_width(char) in "WF" else _OTHER


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How many pixels a text of that size takes at most."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1.0) / 100


def measure(size: float, *, bold: bool = False) -> Measure:
    """`width` for texts of one size."""
    return lambda text: width(text, size, bold=bold)


def wrap(text: str, limit: float, of: Measure, most: int = 0) -> list[str]:
    """Break a text into lines of at most `limit`: between words, between the characters of scripts without blanks, inside a word
    only if it must be. At least one character stands on a line. More than `most` lines (0: any number) end in `…`."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, limit, of):
        joined = line + piece
        if line.strip() and of(joined.rstrip()) > limit:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line = joined
    lines.append(line.rstrip())
    if most and len(lines) > most:
        return [*lines[: most - 1], _ended(lines[most - 1], limit, of)]
    return lines


def _ended(line: str, limit: float, of: Measure) -> str:
    while line and of(line + "…") > limit:
        line = line[:-1]
    return line.rstrip() + "…"


def _pieces(text: str, limit: float, of: Measure) -> Iterator[str]:
    """What stays together, each with the blanks behind it."""
    piece = ""
    for place, char in enumerate(text):
        if piece and _may_break(text[place - 1], char):
            yield from _fitting(piece, limit, of)
            piece = ""
        piece += char
    if piece:
        yield from _fitting(piece, limit, of)


def _may_break(before: str, char: str) -> bool:
    if char == " " or char in _STICKS or before in _STICKS or _em(char) == 0:
        return False
    if before == " ":
        return True
    wide = unicodedata.east_asian_width(before) in "WF" or unicodedata.east_asian_width(char) in "WF"
    return wide and char not in _CLOSES and before not in _OPENS and not {char, before} & set(_QUOTES)


def _fitting(piece: str, limit: float, of: Measure) -> Iterator[str]:
    """The piece, broken where it is wider than a line."""
    while len(piece) > WORD_MAX or of(piece.rstrip()) > limit:
        cut = max(1, _longest(piece[:WORD_MAX], limit, of))
        soft = max((place + 1 for place in range(cut) if piece[place] in _SOFT), default=0)
        cut = soft if soft > cut // 3 else cut
        while cut < len(piece) and (_em(piece[cut]) == 0 or piece[cut - 1] in _STICKS):
            cut += 1
        if cut >= len(piece):
            break
        yield piece[:cut]
        piece = piece[cut:]
    yield piece


def _longest(piece: str, limit: float, of: Measure) -> int:
    """How many characters fit on a line."""
    low, high = 0, len(piece)
    while low < high:
        middle = (low + high + 1) // 2
        if of(piece[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low
