"""Pages in Markdown about codes: a heading with code and name, a paragraph, then sections, with examples in blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HEADING = re.compile(r"# (\S+) (\S+)\n")
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A block of text. `info` says what it is a piece of: `yaml nodes`, `conditions` …; `line`: where it begins on the page."""

    info: str
    body: str
    line: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page taken apart: `summary` is what stands before the first section; `sections` are texts without their headings, in the
    order of the page, and `examples` the blocks in them."""

    code: str
    name: str
    summary: str
    sections: Mapping[str, str]
    examples: Mapping[str, tuple[Example, ...]]
    markdown: str


def sheet(markdown: str) -> Sheet:
    """Take a page apart. Raises ValueError when it does not begin with a heading `# CODE name`."""
    heading = _HEADING.match(markdown)
    if heading is None:
        raise ValueError("a page begins with `# CODE name`")
    blocks = list(_FENCE.finditer(markdown))
    marks = [m for m in _SECTION.finditer(markdown) if not any(b.start() < m.start() < b.end() for b in blocks)]
    starts = [mark.start() for mark in marks] + [len(markdown)]
    places = {mark[1]: (mark.end(), end) for mark, end in zip(marks, starts[1:], strict=True)}
    examples = {
        name: tuple(Example(b[1], b[2], markdown.count("\n", 0, b.start()) + 1) for b in _FENCE.finditer(markdown, *place))
        for name, place in places.items()
    }
    sections = {name: markdown[start:end].strip() for name, (start, end) in places.items()}
    return Sheet(heading[1], heading[2], markdown[heading.end() : starts[0]].strip(), sections, examples, markdown)
