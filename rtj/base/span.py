"""Where something stands in a text: offsets in code points, lines and columns derived when needed."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Source:
    """One text an author wrote. `path` is shown as given; `text` has no BOM; line starts are computed once."""

    path: str
    text: str = field(repr=False)
    _starts: list[int] = field(default_factory=list, repr=False, compare=False)

    def line_col(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column (in code points) of `offset`."""
        starts = self.line_starts()
        line = bisect_right(starts, offset) - 1
        return line + 1, offset - starts[line] + 1

    def line_starts(self) -> list[int]:
        """Offsets at which lines begin; the first is 0."""
        if not self._starts:
            self._starts.extend((0, *(m.end() for m in LINE_END.finditer(self.text))))
        return self._starts

    def line_text(self, line: int) -> str:
        """Return line number `line` (1-based) without its line end."""
        starts = self.line_starts()
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a source: the offsets [start, end)."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.line_col(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.line_col(self.start)[1]

    @property
    def end_line_col(self) -> tuple[int, int]:
        """Line and column just behind the piece."""
        return self.source.line_col(self.end)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the beginning of this one to the end of `other`, which stands behind it in the same source."""
        return Span(self.source, self.start, max(self.end, other.end))
