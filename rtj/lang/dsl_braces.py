"""The brackets of blocks: which one is not closed, judged by how lines are indented."""

from __future__ import annotations

from bisect import bisect_left

from rtj.lang.dsl_words import BEGINNINGS, PIECE, begins_line

LINES_MAX = 20  # of one statement


class Braces:
    """The `{` and `}` of a text, outside of texts and comments."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: list[int] | None = None

    def _found(self) -> list[int]:
        if self._places is None:
            self._places = [m.start() for m in PIECE.finditer(self._text) if m.lastgroup == "sign" and m.group() in ("{", "}")]
        return self._places

    def deeper_than(self, limit: int) -> int | None:
        """The first bracket that opens more than `limit` levels."""
        if self._text.count("{") <= limit:
            return None
        depth = 0
        for place in self._found():
            depth = depth + 1 if self._text[place] == "{" else max(0, depth - 1)
            if depth > limit:
                return place
        return None

    def balance(self) -> int:
        """How many brackets are opened more than closed."""
        return sum(1 if self._text[place] == "{" else -1 for place in self._found())

    def behind(self, opening: int) -> int:
        """Where the block that opens there is behind one; the end of the text if it is not closed."""
        depth = 0
        for place in self._found()[bisect_left(self._found(), opening) :]:
            depth += 1 if self._text[place] == "{" else -1
            if depth == 0:
                return place + 1
        return len(self._text)

    def unclosed(self, end: int | None = None) -> int | None:
        """The bracket that is most likely the one not closed before `end`: where a `}` that begins its line stands further left
        than the line on which the innermost open bracket stands, that one lacks its `}`; else the innermost that is open."""
        open_ones: list[int] = []
        for place in self._found():
            if end is not None and place >= end:
                break
            if self._text[place] == "{":
                open_ones.append(place)
                continue
            if len(open_ones) > 1 and begins_line(self._text, place) and self._indent(place) < self._indent(open_ones[-1]):
                return open_ones[-1]
            if open_ones:
                open_ones.pop()
        return open_ones[-1] if open_ones else None

    def surplus(self, end: int) -> int | None:
        """The bracket before `end` that most likely closes more than it should: one that closes a block of lines although its own
        line stands further right than the statement with which the block begins."""
        open_ones: list[int] = []
        for place in self._found():
            if place >= end:
                break
            if self._text[place] == "{":
                open_ones.append(place)
            elif open_ones:
                opened = open_ones.pop()
                if self._line(opened) != self._line(place) and self._indent(place) > self._indent(opened):
                    return place
        return None

    def _line(self, place: int) -> int:
        return self._text.rfind("\n", 0, place) + 1

    def _indent(self, place: int) -> int:
        """How far right the line of a bracket begins; that with which its statement begins, if that goes over several."""
        start = self._line(place)
        for _ in range(LINES_MAX):
            line = self._text[start : self._text.find("\n", place)]
            word = PIECE.match(line.lstrip())
            if start == 0 or word is None or word.group() in BEGINNINGS or word.group() in ("{", "}") or word.group()[-1:] == "%":
                break
            start, place = self._line(start - 1), start - 1
        line = self._text[start : place + 1]
        return len(line) - len(line.lstrip())
