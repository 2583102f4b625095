"""Pages in Markdown laid out for a terminal: prose in lines that can be read, examples set off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.cli.screen import Line, Piece, Style, line, wrap

WIDEST = 100  # cells of a paragraph; lines longer than that are hard to read
CODE = 4  # blanks before a line of an example

_CODE_SPAN = re.compile(r"(`[^`]+`)")
_ANNOUNCED = re.compile(r"(#.*\b[EW]\d{3}\b.*)")
_BLOCK = re.compile(r"^```[^`\n]*\n(.*?)^```$\n?", re.MULTILINE | re.DOTALL)


def sections(markdown: str) -> Iterator[tuple[str, str]]:
    """The headings of a page with what stands under them, blocks and all."""
    parts = re.split(r"^## (.+)\n", markdown, flags=re.MULTILINE)
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        yield heading, text.strip("\n") + "\n"


def mixed(text: str, limit: int, style: Style) -> Iterator[Line]:
    """Paragraphs and blocks in turn, each parted from the next by an empty line."""
    parts = _BLOCK.split(text)  # prose at even places, bodies of blocks at odd ones
    begun = False
    for number, part in enumerate(parts):
        if not part.strip():
            continue
        if begun:
            yield ()
        begun = True
        if number % 2:
            yield from (_code_line(each, style) for each in part.rstrip("\n").split("\n"))
        else:
            yield from prose(part, limit)


def _code_line(text: str, style: Style) -> Line:
    """A line of an example; the comment that announces a finding stands out."""
    parts = _ANNOUNCED.split(text, maxsplit=1)
    return line(" " * CODE, parts[0], *(Piece(part, style) for part in parts[1:2]))


def prose(text: str, limit: int) -> Iterator[Line]:
    paragraphs = [paragraph for paragraph in re.split(r"\n\s*\n", text.strip()) if paragraph.strip()]
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ()
        yield from wrap(inline(" ".join(paragraph.split())), limit, 0)


def inline(text: str) -> list[Piece]:
    """Words that stand in backticks are set off; the backticks stay, for they tell them apart without colours too."""
    return [Piece(part, "name" if _CODE_SPAN.fullmatch(part) else "") for part in _CODE_SPAN.split(text) if part]
