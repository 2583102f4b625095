"""A picture for terminals: boxes one below the other, and rails on which ways come back. Honest about wide characters; as narrow
as asked for, since what gets too narrow is drawn further down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import cell_len

from rtj.base.plain import one_line
from rtj.report.picture import Box, Flow, Line, Mark, Picture, Stop, Way, goes_on
from rtj.report.picture_dot import SIGNS
from rtj.report.picture_type import wrap

Style: TypeAlias = Literal["", "strong", "dim", "good", "bad", "name", "mark", "warn"]
WIDE_MAX, WIDE_MIN = 100, 40  # cells of a picture
_NARROW = 30  # what has less room than that is drawn further down
_RAIL, _STEP = 3, 6  # where the rail of a box stands, and how far its ways are moved in

_STYLES: dict[str, Style] = {
    "enter": "good", "goal": "good", "leave": "bad", "exit": "bad", "wait": "warn", "wait_for": "warn", "collect": "warn",
    "send": "name", "end": "dim", "holdout": "dim",
}  # fmt: skip
_MARKS: dict[Mark, Style] = {"": "", "added": "good", "removed": "bad", "changed": "warn"}
ASCII = str.maketrans({
    "╭": "+", "╮": "+", "╰": "+", "╯": "+", "│": "|", "─": "-", "├": "+", "┤": "+", "┬": "+", "┴": "+", "◀": "<",
    "·": "|", "↓": "v", "…": "~", "→": ">",
})  # fmt: skip


class Bit(NamedTuple):
    """A piece of a row in one style."""

    text: str
    style: Style = ""


Row: TypeAlias = tuple[Bit, ...]


def text(picture: Picture, wide: int = 80) -> list[Row]:
    """The rows of a picture, none wider than `wide` cells (at least 40, at most 100)."""
    return _Writer(max(WIDE_MIN, min(wide, WIDE_MAX))).rows(picture)


class _Writer:
    def __init__(self, wide: int) -> None:
        self._wide = wide
        self._later: list[tuple[str, Flow]] = []

    def rows(self, picture: Picture) -> list[Row]:
        rows = self._heading(picture)
        for place, entry in enumerate(picture.entries):
            last = place + 1 == len(picture.entries)
            rows += self._box(entry, self._wide, above=False, below=last)
            rows += [] if last else [(Bit(" " * _RAIL + "or", "dim"),)]
        if not picture.entries:
            rows.append((Bit("nobody can enter", "dim"),))
        rows += self._count(picture.entered if picture.counted and len(picture.entries) == 1 else None)
        rows += self._flow(picture.flow, self._wide, above=bool(picture.entries))
        if goes_on(picture.flow):
            rows += self._box(picture.end, self._wide, above=True, below=False)
        for mark, flow in self._later:  # grows while it is worked: what is in it may be too deep again
            rows += [(), *((Bit(row, "strong"),) for row in _wrapped(mark, self._wide))]
            rows += self._flow(flow, self._wide, above=False)
            if goes_on(flow):
                rows.append((Bit(" " * _RAIL + "╰─ "), Bit("goes on where it came from", "dim")))
        return rows

    def _heading(self, picture: Picture) -> list[Row]:
        rows: list[Row] = [(Bit(row, "strong"),) for row in _wrapped(picture.heading, self._wide)]
        told = [picture.name] if picture.title else []
        facts = " · ".join([*told, *(line.whole for line in picture.facts)])
        counts = " · ".join(tally.whole for tally in picture.tallies)
        rows += [(Bit(row, "dim"),) for row in _wrapped(facts, self._wide) if row]
        rows += [(Bit(row),) for row in _wrapped(counts, self._wide) if row]
        rows.append(())
        for box in picture.watches:
            said = " ".join([box.title, *(line.whole for line in box.lines)])
            first, *more = _wrapped(said, self._wide - 8)
            rows.append((Bit(f"{box.word:<8}", _STYLES[box.kind]), Bit(first)))
            rows += [(Bit(" " * 8 + row),) for row in more]
            rows += [(Bit(" " * 8), Bit(tally.whole, "dim" if tally.tone == "plain" else tally.tone)) for tally in box.tallies]
        return [*rows, ()] if picture.watches else rows

    def _flow(self, flow: Flow, wide: int, *, above: bool) -> list[Row]:
        rows: list[Row] = []
        for place, stop in enumerate(flow):
            ends = stop.box.kind in ("exit", "holdout")
            rows += self._box(stop.box, wide, above=above or place > 0, below=not ends)
            rows += self._ways(stop, wide)
            rows += self._count(stop.box.went)
        return rows

    def _count(self, count: int | None) -> list[Row]:
        return [] if count is None else [(Bit(" " * _RAIL + "│ "), Bit(f"{count:,}", "strong"))]

    def _box(self, box: Box, wide: int, *, above: bool, below: bool) -> list[Row]:
        """A frame around what the box says; `above` and `below`: lines come and go."""
        inner = self._inside(box, wide - 4)
        room = max(_RAIL + 2, *(sum(cell_len(bit.text) for bit in row) for row in inner))
        rows: list[Row] = [(Bit(_edge("╭", "┴" if above else "─", "╮", room + 2)),)]
        for row in inner:
            gap = room - sum(cell_len(bit.text) for bit in row)
            rows.append((Bit("│ "), *row, Bit(" " * gap + " │")))
        rows.append((Bit(_edge("╰", "┬" if below else "─", "╯", room + 2)),))
        return rows

    def _inside(self, box: Box, wide: int) -> list[Row]:
        rows: list[Row] = []
        said = f"{SIGNS[box.mark]} {box.word}".strip()
        word = Bit(f"{said}  " if box.title else said, _MARKS[box.mark] or _STYLES.get(box.kind, "mark"))
        indent = cell_len(word.text) if cell_len(word.text) <= wide // 2 else 0
        for place, row in enumerate(_wrapped(box.title, wide - cell_len(word.text)) if box.title else [""]):
            lead = word if place == 0 else Bit(" " * indent)
            rows.append((lead, Bit(row, "strong")))
        if box.name:
            rows = self._named(rows, box.name, wide)
        for line in box.lines:
            rows += _said(line, wide)
        if box.tags:
            rows += _said(Line("by", " else ".join(box.tags)), wide)
        for tally in box.tallies:
            style: Style = "" if tally.tone == "plain" else tally.tone
            rows += [(Bit(row, style),) for row in _wrapped(tally.whole, wide)]
        return rows

    def _named(self, rows: list[Row], name: str, wide: int) -> list[Row]:
        """The name of the node behind the first row if there is room, else on a row of its own."""
        shown = f"@{one_line(name)}"
        used = sum(cell_len(bit.text) for bit in rows[0])
        if used + 3 + cell_len(shown) <= wide:
            return [(*rows[0], Bit("   "), Bit(shown, "dim")), *rows[1:]]
        return [*rows, *((Bit(row, "dim"),) for row in _wrapped(shown, wide))]

    def _ways(self, stop: Stop, wide: int) -> list[Row]:
        """The ways out of a box, on the rail below it."""
        rows: list[Row] = []
        comes_back = [way.loops or goes_on(way.flow) for way in stop.ways]
        for place, way in enumerate(stop.ways):
            on = stop.straight or any(comes_back[place:]) or place + 1 < len(stop.ways)
            rows += self._way(way, wide, Bit(" " * _RAIL + ("├" if on else "╰")), Bit(" " * _RAIL + ("│" if on else " ") + "  "))
            if way.flow and comes_back[place]:
                back = [Bit(" " * _RAIL + "│◀────╯")]
                rows.append((*back, Bit(" the next round", "dim")) if way.loops else tuple(back))
        return rows

    def _way(self, way: Way, wide: int, fork: Bit, rail: Bit) -> list[Row]:
        room = wide - _STEP
        said = [row for line in way.lines for row in _said(line, room - 2 if way.mark else room)]
        if way.mark:
            said[0] = (Bit(f"{SIGNS[way.mark]} ", _MARKS[way.mark]), *said[0])
        if way.count is not None:
            number = Bit(f"{way.count:,}", "strong")
            beside = sum(cell_len(bit.text) for bit in said[-1]) + 3 + cell_len(number.text) <= room - 3
            said = [*said[:-1], (*said[-1], Bit("   "), number)] if beside else [*said, (number,)]
        rows: list[Row] = [(fork, Bit("─ "), *said[0]), *((rail, *row) for row in said[1:])]
        if not way.flow:
            return rows
        if room < _NARROW:
            mark = f"[{len(self._later) + 1}]"
            self._later.append((f"{mark} {one_line(way.whole)}", way.flow))
            return [*rows, (rail, Bit(f"↓ see {mark}", "dim")), *([(rail, Bit(" " * _RAIL + "│"))] if goes_on(way.flow) else [])]
        return [*rows, *((rail, *row) for row in self._flow(way.flow, room, above=False))]


def _edge(left: str, join: str, right: str, wide: int) -> str:
    return left + "─" * (_RAIL - 1) + join + "─" * (wide - _RAIL) + right


def _said(line: Line, wide: int) -> list[Row]:
    rows: list[Row] = []
    for place, row in enumerate(_wrapped(line.whole, wide)):
        if place == 0 and line.word and row.startswith(line.word):
            rows.append((Bit(line.word, "dim"), Bit(row[len(line.word) :])))
        else:
            rows.append((Bit(row),))
    return rows or [()]


def _wrapped(said: str, wide: int) -> Sequence[str]:
    return wrap(one_line(said), max(4, wide), cell_len)


def plain(rows: Sequence[Row]) -> str:
    """The rows as text without styles."""
    return "".join("".join(bit.text for bit in row).rstrip() + "\n" for row in rows)
