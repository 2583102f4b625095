"""The lines of a YAML file, written anew: indentation, blanks between tokens, comments, empty lines. Tokens stay letter by
letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rtj.base.span import Source
from rtj.layout.comments import Found
from rtj.layout.widths import width
from rtj.layout.yaml_tokens import STEP, Tok

INDICATION = re.compile(r"[|>][+-]?([1-9])?[+-]?")
OPENING, CLOSING = ("FlowMappingStart", "FlowSequenceStart"), ("FlowMappingEnd", "FlowSequenceEnd")


@dataclass(slots=True)
class Row:
    """A line to be. `text`: None for an empty line. `raw`: it lies within a text and is not touched. `comment`: what stands
    behind the text, or alone; `at`: the column at which it stood. `key`: the depth of a key in `text`; `value`: the column of the
    value behind it; `gap`: the blanks before that which are more than one."""

    text: str | None = ""
    raw: bool = False
    comment: str = ""
    at: int = -1
    key: int = -1
    value: int = -1
    gap: int = 0


@dataclass(slots=True)
class LineWriter:
    """Writes a file from its tokens and comments."""

    source: Source
    rows: list[Row] = field(default_factory=list)
    header: Row = field(default_factory=Row)  # the line of the last `|` or `>`
    shift: int = 0  # of the line with the first open bracket, or with the beginning of a text of several lines

    def text(self, tokens: Sequence[Tok], comments: Sequence[Found]) -> str:
        self.lay(tokens, comments)
        settle_values(self.rows)
        settle_comments(self.rows)
        lines: list[str] = []
        for row in self.rows:
            if row.raw:
                lines.append(row.text or "")
            elif row.text is not None:
                lines.append(row.text)
            elif lines and lines[-1]:
                lines.append("")
        while lines and not lines[-1] and not self.rows[-1].raw:
            lines.pop()
        return "".join([f"{line}\n" for line in lines])

    # ---- one row after the other

    def lay(self, tokens: Sequence[Tok], comments: Sequence[Found]) -> None:
        things: list[Tok | Found] = sorted([*tokens, *comments], key=lambda thing: thing.start)
        line, row, end, before = 0, Row(None), 0, None
        for number, thing in enumerate(things):
            at, column = self.source.line_col(thing.start)
            if isinstance(thing, Found) and thing.header:
                self.header.comment, self.header.at = thing.text, self.cells(thing)
                continue
            if at > line:
                self.empty_lines(line, at)
                row = Row(self.margin(thing, column - 1, before, self.following(things, number)))
                self.rows.append(row)
            elif isinstance(thing, Tok):
                row.text = (row.text or "") + self.blanks(row, before, thing, thing.start - end)
            if isinstance(thing, Found):
                row.comment, row.at = thing.text, self.cells(thing)
                line = at
                continue
            if row.key < 0 and thing.kind == "Value" and not thing.flow:
                row.key = len(thing.blocks)
            row = self.put(row, thing)
            line = self.source.line_col(self.last(thing))[0]
            end, before = thing.end, thing
        if not tokens and not comments:
            self.rows = []

    def cells(self, comment: Found) -> int:
        """The column of a comment as it is seen."""
        return width(self.source.text[comment.start - comment.column : comment.start])

    def last(self, token: Tok) -> int:
        """The last place of a token that is no line end."""
        return token.start + max(0, len(self.source.text[token.start : token.end].rstrip("\r\n \t")) - 1)

    def empty_lines(self, line: int, at: int) -> None:
        if line and at > line + 1:
            self.rows.append(Row(None))

    def following(self, things: Sequence[Tok | Found], number: int) -> Tok | None:
        return next((thing for thing in things[number:] if isinstance(thing, Tok)), None)

    def margin(self, thing: Tok | Found, column: int, before: Tok | None, following: Tok | None) -> str:
        """The blanks at the beginning of a line."""
        if isinstance(thing, Tok):
            closing = thing.kind in CLOSING
            if thing.flow or (closing and before is not None and before.flow) or (closing and thing.flow == 0):
                return " " * max(column + self.shift, 0)
            self.shift = thing.column - column
            return " " * thing.column
        if (
            before is not None
            and (before.flow or before.kind in OPENING)
            and (following is None or following.flow or following.kind in CLOSING)
        ):
            return " " * max(column + self.shift, 0)
        return " " * self.comment_column(column, before, following)

    def comment_column(self, column: int, before: Tok | None, following: Tok | None) -> int:
        """Where a comment on a line of its own goes: with what follows if it stood there, else with the block to whose items it
        stood."""
        if following is not None and self.source.line_col(following.start)[1] - 1 == column:
            return following.column
        blocks = [block for block in (before.blocks if before is not None else ()) if block.before <= column]
        if blocks:
            return blocks[-1].after
        return 0

    def blanks(self, row: Row, before: Tok | None, token: Tok, gap: int) -> str:
        """The blanks between two tokens of a line."""
        if before is None or before.kind in OPENING:
            return ""
        if token.kind in ("FlowEntry", *CLOSING):
            return " " if before.kind == "Value" else ""
        if token.kind == "Value":
            return "" if before.kind in ("Scalar", *CLOSING) else " " * min(gap, 1)
        if before.kind == "Value" and not before.flow and token.kind not in ("Anchor", "Tag") and row.value < 0:
            row.value, row.gap = len(row.text or "") + 1, max(gap - 1, 0)
        return " "

    def put(self, row: Row, token: Tok) -> Row:
        """Add the text of a token; the row on which it ends."""
        whole = self.source.text[token.start : token.end]
        lines = re.split(r"\r\n|\n|\r", whole)
        if token.style in ("|", ">"):
            self.block(row, token, lines)
            return self.rows[-1]
        row.text = (row.text or "") + lines[0].rstrip(" \t") if len(lines) > 1 else (row.text or "") + lines[0]
        for text in lines[1:]:
            bare = text.lstrip(" \t")
            indent = max(len(text) - len(bare) + self.shift, 0)
            kept = bare if text is lines[-1] else bare.rstrip(" \t")
            row = Row(" " * indent + kept if kept else "", raw=True)
            self.rows.append(row)
        return row

    def block(self, row: Row, token: Tok, lines: list[str]) -> None:
        """A text below `|` or `>`: its lines move with the block around it."""
        row.text = (row.text or "") + lines[0].split(" #")[0].rstrip(" \t")
        self.header = row
        match = INDICATION.match(lines[0])
        after = token.blocks[-1].after if token.blocks else -STEP
        real = [block for block in token.blocks if block.real]
        if match is not None and match[1]:
            old, new = (real[-1].before if real else 0) + int(match[1]), max(after, 0) + int(match[1])
        else:
            old, new = next((len(text) - len(text.lstrip(" ")) for text in lines[1:] if text.strip(" ")), 0), after + STEP
        body = lines[1:-1] if not lines[-1].strip() else lines[1:]
        keeps = "+" in lines[0].split(" ")[0]
        while body and not body[-1].strip() and not keeps:
            body.pop()
        for text in body:
            content = text[old:] if text[:old].strip(" ") == "" else text.lstrip(" ")
            self.rows.append(Row(" " * new + content if content else "", raw=True))


# ---- what is aligned over several lines


def settle_values(rows: Sequence[Row]) -> None:
    """Values behind keys stay aligned with those of the keys above and below; others stand one blank behind."""
    for run in _runs([row for row in rows if row.key >= 0 or row.text is None]):
        columns = Counter([_seen(row) for row in run if row.value >= 0])
        for row in run:
            if row.gap and columns[_seen(row)] > 1:
                text = row.text or ""
                row.text = text[: row.value] + " " * row.gap + text[row.value :]


def _seen(row: Row) -> int:
    """The column at which the value of a row was aligned."""
    return width((row.text or "")[: row.value]) + row.gap


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Keys of one depth that follow one another without an empty line between them."""
    run: list[Row] = []
    for row in rows:
        if row.text is None or (run and row.key != run[-1].key):
            yield run
            run = []
        if row.text is not None:
            run.append(row)
    yield run


def settle_comments(rows: Sequence[Row]) -> None:
    """Comments behind lines stay at their column, if two blanks are left before them; lines of comments below go on at that
    column."""
    before, column = -1, -1
    for row in rows:
        if not row.comment:
            before = -1
            continue
        text = row.text or ""
        own = not text.strip(" ")
        if own and row.at != before:
            before = -1
            row.text = text + row.comment
            continue
        if not own:
            before, column = row.at, max(row.at, width(text) + STEP)
        text = "" if own else text
        row.text = text + " " * (column - width(text)) + row.comment
