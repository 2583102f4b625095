"""One person under two versions: two timelines side by side, or one below the other where there is little room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeAlias

from rtj.base.plain import one_line
from rtj.cli.render import Paper
from rtj.cli.screen import Line, Piece, Style, line, width, wrap
from rtj.ir.comparison import Lives, Pair
from rtj.report.moments import WEEKDAYS, clock_words, counted, day_words
from rtj.report.timeline import Happening, tell

BESIDE = 100  # columns from which on there is room for two timelines
PIPED = 160  # columns where there is no terminal
SAME_MAX = 3  # of things that both do alike, so many before and after one that differs
PAIRS_MAX = 2_000  # pairs that are shown
TEXT_MAX = 200  # characters of one thing: values of people may be long
_HANGING = 2

Both: TypeAlias = tuple[Happening | None, Happening | None]


@dataclass(frozen=True, slots=True)
class People:
    """Whom and what is compared: as the person was named, and what the versions are called."""

    who: str
    old: str
    new: str


def render_lives(lives: Lives, named: People, zone: tzinfo, paper: Paper) -> list[Line]:
    """A heading per day, and what happened at each instant under the one and the other version. Of long stretches that are the
    same only the ends are shown; where nothing differs, one line."""
    journeys = {
        str(one["journey"]) for pair in lives.pairs for one in (pair.old, pair.new) if one is not None and "journey" in one
    }
    remarks = [f"the events were read twice: {'; '.join(lives.apart)}"] if lives.apart else []
    notes = [part for text in remarks for part in wrap([Piece("note: ", "warn"), Piece(one_line(text))], paper.columns, 6)]
    number = f"{len(lives.pairs):,} {'thing' if len(lives.pairs) == 1 else 'things'} that happened"
    who = _cut(named.who)
    if lives.first is None:
        return [*wrap([Piece("no difference", "good"), Piece(f" for {who} in {number}")], paper.columns, 2), *notes]
    differ = sum(not pair.same for pair in lives.pairs)
    alone = f" in {_cut(min(journeys))}" if len(journeys) == 1 else ""
    head = f": {differ:,} of {number} {'is' if differ == 1 else 'are'} otherwise"
    lines = wrap([Piece(f"{who}{alone}", "strong"), Piece(head)], paper.columns, 2)
    page = _Page(named, zone, paper, alone=bool(alone))
    return [*lines, *page.head(), *page.told(lives), *notes]


class _Page:
    """Lays out what happened."""

    def __init__(self, named: People, zone: tzinfo, paper: Paper, *, alone: bool) -> None:
        self._named, self._zone, self._alone = named, zone, alone
        self._columns = paper.columns
        self._beside = not paper.columns or paper.columns >= BESIDE
        self._clock = 8
        self._cells = ((paper.columns or PIPED) - self._clock - 7) // 2

    def head(self) -> list[Line]:
        """Which version stands where."""
        old, new = one_line(self._named.old), one_line(self._named.new)
        if not self._beside:
            return wrap([Piece(f"  - {old}", "bad"), Piece("   "), Piece(f"+ {new}", "good")], self._columns, 2)
        room = f"{'':{self._clock + 4}}"
        if width(old) <= self._cells:
            return [line(room, Piece(old + " " * (self._cells - width(old)), "bad"), "   ", Piece(new, "good"))]
        return [line(room, Piece(old, "bad")), line(room, Piece(f"| {new}", "good"))]

    def told(self, lives: Lives) -> Iterator[Line]:
        """Day after day."""
        day, clock = None, ""
        for shown in _shown(lives):
            if isinstance(shown, str):
                yield from wrap([Piece(f"  … {shown}", "dim")], self._columns, 4)
                clock = ""
                continue
            number, pair = shown
            both = self._happening(pair.old), self._happening(pair.new)
            at: datetime = next(one.at for one in both if one is not None)
            if at.date() != day:
                day, clock = at.date(), ""
                yield ()
                yield line(Piece(f"{WEEKDAYS[day.weekday()]} {day_words(at)}", "strong"))
            now = clock_words(at)
            yield from (self._row if self._beside else self._below)("" if now == clock else now, pair, both)
            clock = now
            if number == lives.first and lives.why:
                indent = self._clock + 4
                why = [Piece(f"{'':{indent}}^ ", "warn"), Piece(_cut(lives.why), "warn")]
                yield from wrap(why, self._columns or PIPED, indent + 2)

    def _happening(self, record: Mapping[str, Any] | None) -> Happening | None:
        return None if record is None else next(iter(tell([record], self._zone)), None)

    def _words(self, happening: Happening | None) -> str:
        if happening is None:
            return ""
        what = happening.what if self._alone or not happening.journey else f"{happening.journey} {happening.what}"
        link = " " if happening.why.startswith(("until ", "at ")) else ": "
        return _cut(f"{what}{link}{happening.why}" if happening.why else what)

    def _row(self, clock: str, pair: Pair, both: Both) -> Iterator[Line]:
        """Both beside each other."""
        old, new = (_broken(self._words(one), self._cells) for one in both)
        styles: tuple[Style, Style] = ("dim", "dim") if pair.same else ("bad", "good")
        for row in range(max(len(old), len(new))):
            left, right = (rows[row] if row < len(rows) else "" for rows in (old, new))
            yield line(
                Piece(f"  {clock if row == 0 else '':<{self._clock}}  ", "dim"),
                Piece(left + " " * max(0, self._cells - width(left)), styles[0]),
                Piece("   " if pair.same else " | ", "warn"),
                Piece(right, styles[1]),
            )

    def _below(self, clock: str, pair: Pair, both: Both) -> Iterator[Line]:
        """One below the other: what both do once, what one does with its sign."""
        marks: tuple[tuple[str, Style, Happening | None], ...] = (("-", "bad", both[0]), ("+", "good", both[1]))
        for mark, style, one in ((" ", "dim", both[1]),) if pair.same else marks:
            if one is not None:
                pieces = [Piece(f"  {clock:<{self._clock}}", "dim"), Piece(f"{mark} {self._words(one)}", style)]
                yield from wrap(pieces, self._columns, self._clock + 4 + _HANGING)
                clock = ""


def _shown(lives: Lives) -> Iterator[tuple[int, Pair] | str]:
    """The pairs that are shown with their numbers, and what is left out between them."""
    differs = [number for number, pair in enumerate(lives.pairs) if not pair.same]
    near = {n for number in differs[:PAIRS_MAX] for n in range(number - SAME_MAX, number + SAME_MAX + 1)}
    last = differs[PAIRS_MAX - 1] if len(differs) > PAIRS_MAX else len(lives.pairs)
    left = 0
    for number, pair in enumerate(lives.pairs):
        if number > last:
            rest = lives.pairs[number:]
            yield f"{counted(len(rest), 'more thing')}, of which {sum(not one.same for one in rest):,} differ"
            return
        if number not in near:
            left += 1
            continue
        if left:
            yield _same(left)
            left = 0
        yield number, pair
    if left:
        yield _same(left)


def _same(number: int) -> str:
    return f"{number:,} more that {'is' if number == 1 else 'are'} the same"


def _cut(text: str) -> str:
    told = one_line(text[: TEXT_MAX * 8])
    return told if len(told) <= TEXT_MAX else f"{told[:TEXT_MAX]}…"


def _broken(text: str, cells: int) -> list[str]:
    """Rows of at most so many cells; words that are wider, and scripts without blanks, are broken anywhere."""
    rows = []
    for pieces in wrap([Piece(text)], cells, _HANGING):
        row = "".join(piece.text for piece in pieces).rstrip()
        while width(row) > cells:
            size = cells
            while width(row[:size]) > cells:
                size -= 1
            rows.append(row[:size])
            row = " " * _HANGING + row[size:]
        rows.append(row)
    return rows
