"""Where each character of a YAML scalar's value stands in the file, for all five styles.

Each style is decoded again, side by side with the value the YAML reader found. What does not agree to the last character is not
mapped at all: then every piece has the span of the whole scalar. So a position may be coarse but is never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtj.base.span import LINE_END, Source, Span

ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b", " ": " ",
    '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
PROPERTIES = re.compile(r"(?:[&!]\S*[ \t\r\n]+)+")
BLANKS = re.compile(r"[ \t]*")
WHITE = re.compile(r"[ \t\r\n]+")
TRIES = 200  # indents tried for a block with an explicit indicator
HEADER = re.compile(r"[|>](?:[+-]?([1-9])?|([1-9])[+-])[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|$)")

Piece = tuple[str, int, int]  # a character of the value, and the [start, end) it was written as


@dataclass(frozen=True, slots=True)
class Located:
    """A text and its place: `pieces` gives (start, end) in the file of each of its characters; None when it stands there
    letter by letter from `span.start` on. `exact` False: nothing finer than `span` is known. `style` as in YAML
    ('' plain), `dsl` in a file of the journey language; None for a part of a value."""

    text: str
    span: Span
    pieces: tuple[tuple[int, int], ...] | None = None
    exact: bool = True
    style: str | None = None

    def piece(self, start: int, end: int) -> Span:
        """The span in the file of the characters [start, end) of the text; `start == end` is a place between two."""
        if not self.exact:
            return self.span
        source = self.span.source
        if self.pieces is None:
            return Span(source, self.span.start + start, self.span.start + end)
        if start < end:
            return Span(source, self.pieces[start][0], self.pieces[end - 1][1])
        at = self.pieces[start - 1][1] if start else (self.pieces[0][0] if self.pieces else self.span.start)
        return Span(source, at, at)


def locate(source: Source, span: Span, value: str, style: str, *, properties: bool = False) -> Located:
    """Map `value`, which the YAML reader found at `span` in `style` ('' plain, `'`, `"`, `|`, `>`). `properties`: an anchor
    or tag stands before it, inside the span."""
    text, start, end = source.text, span.start, span.end
    if properties:
        match = PROPERTIES.match(text, start, end)
        start = match.end() if match else start
    if style == "" and text[start:end] == value:
        return Located(value, Span(source, start, end), style=style)
    if style in ("'", '"') and text[start + 1 : end - 1] == value:
        inner = Span(source, start + 1, end - 1)
        return Located(value, inner, style=style)
    pieces = _block(text, start, end, value) if style in ("|", ">") else _flow(text, start, end, style)
    if pieces is None or "".join(c for c, _, _ in pieces) != value:
        return Located(value, span, exact=False, style=style)
    return Located(value, Span(source, start, end), tuple((s, e) for _, s, e in pieces), style=style)


def _flow(text: str, start: int, end: int, style: str) -> list[Piece] | None:
    """Decode a plain or quoted scalar that has escapes, doubled quotes or line folds."""
    if style:
        if end - start < 2 or text[start] != style or text[end - 1] != style:
            return None
        start, end = start + 1, end - 1
    pieces: list[Piece] = []
    at = start
    while at < end:
        if (run := WHITE.match(text, at, end)) is not None:
            pieces.extend(_white(text, run.start(), run.end()))
            at = run.end()
        elif style == "'" and text.startswith("''", at):
            pieces.append(("'", at, at + 2))
            at += 2
        elif style == '"' and text[at] == "\\":
            found = _escape(text, at, end)
            if found is None:
                return None
            at = found[1]
            pieces.extend(found[0])
        else:
            pieces.append((text[at], at, at + 1))
            at += 1
    return pieces


def _white(text: str, start: int, end: int) -> Iterator[Piece]:
    """White space within a line stands for itself. One line end is a blank, n are n - 1 line ends; blanks around are nothing."""
    breaks = [m.span() for m in LINE_END.finditer(text, start, end)]
    if not breaks:
        yield from ((text[i], i, i + 1) for i in range(start, end))
    if len(breaks) == 1:
        yield (" ", *breaks[0])
    for place in breaks[1:]:
        yield ("\n", *place)


def _escape(text: str, at: int, end: int) -> tuple[list[Piece], int] | None:
    """The backslash sequence at `at`: its pieces and where it ends. An escaped line end joins two lines."""
    if at + 1 >= end:
        return None
    letter = text[at + 1]
    if (digits := HEX_DIGITS.get(letter)) is not None:
        stop = at + 2 + digits
        code = text[at + 2 : stop]
        if not re.fullmatch(r"[0-9A-Fa-f]+", code) or int(code, 16) > 0x10FFFF:
            return None
        return [(chr(int(code, 16)), at, stop)], stop
    if letter in "\r\n":
        after = LINE_END.match(text, at + 1, end)
        stop = after.end() if after else at + 2
        pieces: list[Piece] = []
        while True:
            blanks = BLANKS.match(text, stop, end)
            stop = blanks.end() if blanks else stop
            blank_line = LINE_END.match(text, stop, end)
            if blank_line is None:
                return pieces, stop
            pieces.append(("\n", *blank_line.span()))
            stop = blank_line.end()
    if letter not in ESCAPES:
        return None
    return [(ESCAPES[letter], at, at + 2)], at + 2


def _block(text: str, start: int, end: int, value: str) -> list[Piece] | None:
    """Decode a `|` or `>` scalar: what its lines hold must be the value's letters; line ends stand for what the value has
    between them."""
    header = HEADER.match(text, start)
    if header is None:
        return None
    lines: list[tuple[int, int]] = []
    at = header.end()
    while at < end:
        line_end = LINE_END.search(text, at, end)
        stop, following = (line_end.start(), line_end.end()) if line_end else (end, end)
        lines.append((at, stop))
        at = following
    first = next((len(text[s:e]) - len(text[s:e].lstrip(" ")) for s, e in lines if text[s:e].strip(" ")), 0)
    for indent in range(first, max(-1, first - TRIES), -1) if header[1] or header[2] else (first,):
        pieces = _aligned(text, lines, indent, value)
        if pieces is not None:
            return pieces
    return None


def _aligned(text: str, lines: list[tuple[int, int]], indent: int, value: str) -> list[Piece] | None:
    """Lay the lines, less `indent`, along the value; None when they do not fit."""
    pieces: list[Piece] = []
    for start, stop in lines:
        begin = min(start + indent, stop)
        content = text[begin:stop]
        if not value.startswith(content, len(pieces)):
            return None
        pieces.extend((c, begin + i, begin + i + 1) for i, c in enumerate(content))
        if len(pieces) < len(value) and value[len(pieces)] in " \n":
            after = LINE_END.match(text, stop)
            if content or value[len(pieces)] == "\n":
                pieces.append((value[len(pieces)], stop, after.end() if after else stop))
    if value[len(pieces) :].strip("\n"):
        return None
    last = lines[-1][1] if lines else 0
    pieces.extend(("\n", last, last) for _ in value[len(pieces) :])
    return pieces
