"""One person under two versions: two timelines side by side, or one below the other where there is little room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from rtj.base.plain import one_line
from rtj.cli.render import Paper
from rtj.cli.screen import Line, Piece, Style, line, width, wrap
from rtj.ir.comparison import Lives, Pair
from rtj.report.moments import WEEKDAYS, clock_words, day_words
from rtj.report.timeline import Happening, tell

BESIDE = 100  # columns from which on there is room for two timelines
SAME_MAX = 3  # of things that both do alike, so many before and after one that differs


def render_lives(lives: Lives, names: tuple[str, str], zone: tzinfo, paper: Paper) -> list[Line]:
    """A heading per day, and what happened at each instant under the one and the other version. Of long stretches that are the
    same only the ends are shown."""
    lines = [line(Piece(names[0], "strong"), Piece(" | "), Piece(names[1], "strong"))]
    if lives.first is None:
        lines.append(line(Piece("no difference", "good"), f" in {len(lives.pairs):,} things that happened"))
    day = None
    for shown in _shown(lives):
        if isinstance(shown, int):
            lines.append(line(Piece(f"  … {shown:,} more that {'is' if shown == 1 else 'are'} the same", "dim")))
            continue
        number, pair = shown
        both = _happening(pair.old, zone), _happening(pair.new, zone)
        at = next(one.at for one in both if one is not None)
        if at.date() != day:
            day = at.date()
            lines += [(), line(Piece(f"{WEEKDAYS[day.weekday()]} {day_words(at)}", "strong"))]
        clock = f"{clock_words(at):<8} "
        lines += (
            _beside(clock, pair, both, paper)
            if paper.columns >= BESIDE or not paper.columns
            else _below(clock, pair, both, paper)
        )
        if number == lives.first and lives.why:
            lines += wrap([Piece("           ^ ", "warn"), Piece(lives.why, "warn")], paper.columns, 13)
    return lines


def _shown(lives: Lives) -> Iterator[tuple[int, Pair] | int]:
    """The pairs that are shown with their numbers, and how many are left out between them."""
    differs = [number for number, pair in enumerate(lives.pairs) if not pair.same] or [0]
    near = {n for number in differs for n in range(number - SAME_MAX, number + SAME_MAX + 1)}
    left = 0
    for number, pair in enumerate(lives.pairs):
        if number not in near:
            left += 1
            continue
        if left:
            yield left
            left = 0
        yield number, pair
    if left:
        yield left


def _happening(record: Mapping[str, Any] | None, zone: tzinfo) -> Happening | None:
    return None if record is None else next(iter(tell([record], zone)), None)


def _words(happening: Happening | None) -> str:
    if happening is None:
        return ""
    return " ".join(one_line(part) for part in (happening.journey, happening.what, happening.why) if part)


def _beside(clock: str, pair: Pair, both: tuple[Happening | None, Happening | None], paper: Paper) -> list[Line]:
    cells = ((paper.columns or 160) - len(clock) - 7) // 2
    old, new = (wrap([Piece(_words(one))], cells, 2) or [()] for one in both)
    lines: list[Line] = []
    for row in range(max(len(old), len(new))):
        left, right = (rows[row] if row < len(rows) else () for rows in (old, new))
        text = "".join(piece.text for piece in left)
        styles: tuple[Style, Style] = ("dim", "dim") if pair.same else ("bad", "good")
        mark = " " if pair.same else "|"
        lines.append(
            line(
                Piece(f"  {clock if row == 0 else ' ' * len(clock)}", "dim"),
                Piece(text + " " * max(0, cells - width(text)), styles[0]),
                Piece(f" {mark} ", "warn"),
                Piece("".join(piece.text for piece in right), styles[1]),
            )
        )
    return lines


def _below(clock: str, pair: Pair, both: tuple[Happening | None, Happening | None], paper: Paper) -> list[Line]:
    if pair.same:
        return wrap([Piece(f"  {clock}  ", "dim"), Piece(_words(both[1]), "dim")], paper.columns, len(clock) + 4)
    lines: list[Line] = []
    marks: tuple[tuple[str, Style], tuple[str, Style]] = (("-", "bad"), ("+", "good"))
    for (mark, style), one in zip(marks, both, strict=True):
        if one is not None:
            pieces = [Piece(f"  {clock}", "dim"), Piece(f"{mark} {_words(one)}", style)]
            lines += wrap(pieces, paper.columns, len(clock) + 4)
    return lines
