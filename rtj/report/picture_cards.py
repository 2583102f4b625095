"""Boxes with their texts set: what is written where on each, in pixels from its upper left corner, before it has a place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rtj.report.picture import Box, Kind, Line, Mark, Tally, Way
from rtj.report.picture_type import measure, width, wrap

WIDE = 264  # of a card
SMALL: tuple[Kind, ...] = ("exit", "holdout", "end", "more")  # kinds whose cards are as narrow as their texts
PAD = 12
ICON = 26
TEXT_X = PAD + ICON + 10
TEXT_WIDE = WIDE - TEXT_X - PAD
WAY_WIDE = 190  # of the text on a way
TITLE, SAY, NOTE = 14.0, 12.0, 11.0  # sizes of type
_LINE = {TITLE: 19.0, SAY: 16.5, NOTE: 15.0}
TITLE_LINES, SAY_LINES = 4, 6  # of one text; the rest is in the tooltip
CHIP = 20


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a text in one style: a class of the style sheet."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of type: `y` is its base line. `anchor` tells what `x` is the place of."""

    x: float
    y: float
    size: float
    runs: tuple[Run, ...]
    style: str
    anchor: str = "start"

    @property
    def wide(self) -> float:
        """How many pixels it takes at most."""
        return sum(width(run.text, self.size, bold=run.style in BOLD or self.style in BOLD) for run in self.runs)


BOLD = ("title", "word", "count", "heading")


@dataclass(frozen=True, slots=True)
class Chip:
    """A small label with a frame: its left edge, its upper edge, and how wide it is."""

    x: float
    y: float
    wide: float
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A box as large as its texts ask for. `rule`: where a thin line parts the tallies from the rest, 0 for none."""

    id: str
    kind: Kind | str
    wide: float
    high: float
    texts: tuple[Text, ...]
    chips: tuple[Chip, ...] = ()
    rule: float = 0
    tip: str = ""
    mark: Mark = ""


class _Setter:
    """Sets texts one below the other."""

    def __init__(self, x: float, limit: float) -> None:
        self.x = x
        self.limit = limit
        self.y = float(PAD)
        self.texts: list[Text] = []
        self.chips: list[Chip] = []

    def lines(self, text: str, size: float, style: str, most: int) -> None:
        for row in wrap(text, self.limit, measure(size, bold=style in BOLD), most):
            self.line((Run(row),), size, style)

    def line(self, runs: tuple[Run, ...], size: float, style: str) -> None:
        self.texts.append(Text(self.x, round(self.y + size, 2), size, runs, style))
        self.y += _LINE[size]

    def said(self, line: Line) -> None:
        """`when cart.value >= 30`: the word of the language stands out."""
        rows = wrap(line.whole, self.limit, measure(SAY), SAY_LINES)
        for place, row in enumerate(rows):
            if place == 0 and line.word and row.startswith(line.word):
                self.line((Run(line.word, "key"), Run(row[len(line.word) :])), SAY, "say")
            else:
                self.line((Run(row),), SAY, "say")

    def tags(self, tags: Sequence[str]) -> None:
        """Channels in the order in which they are tried."""
        x, self.y = self.x, self.y + 3
        for place, tag in enumerate(tags):
            shown = wrap(tag, self.limit - 16, measure(NOTE), 1)[0]
            wide = round(width(shown, NOTE) + 16, 2)
            lead = round(width("else", NOTE) + 10, 2) if place else 0.0
            if place and x + lead + wide > self.x + self.limit:
                x, self.y = self.x, self.y + CHIP + 4
            if place:
                self.texts.append(Text(x, self.y + 14, NOTE, (Run("else"),), "name"))
            self.chips.append(Chip(x + lead, self.y, wide, shown))
            x += lead + wide + 5
        self.y += CHIP + 2

    def tallies(self, tallies: Iterable[Tally]) -> float:
        """The counts, below a rule; answers where the rule is."""
        rule = self.y + 5
        self.y = rule + 4
        for tally in tallies:
            number = f"{tally.count:,}"
            rows = wrap(f"{number} {tally.words}", self.limit, measure(SAY, bold=True), 2)
            for place, row in enumerate(rows):
                first = (Run(number, "count"), Run(row[len(number) :])) if place == 0 else (Run(row),)
                self.line(first, SAY, f"tally {tally.tone}")
        return rule


def card(box: Box) -> Card:
    """The card of a box."""
    small = box.kind in SMALL
    setter = _Setter(TEXT_X, TEXT_WIDE)
    _head(setter, box)
    if box.title:
        setter.lines(box.title, TITLE, "title", TITLE_LINES)
    for line in box.lines:
        setter.said(line)
    if box.tags:
        setter.tags(box.tags)
    rule = setter.tallies(box.tallies) if box.tallies else 0.0
    wide = _narrow(setter.texts) if small else float(WIDE)
    high = max(setter.y + PAD - 2, 2 * PAD + ICON)
    return Card(
        box.id, box.kind, wide, round(high, 2), tuple(setter.texts), tuple(setter.chips), round(rule, 2), tip(box), box.mark
    )


def _head(setter: _Setter, box: Box) -> None:
    """What happens, and what the author calls it: beside it if there is room."""
    word = Run(box.word)
    if not box.name:
        setter.line((word,), NOTE, "word")
        return
    beside = width(box.word, NOTE, bold=True) + 8 + width(box.name, NOTE)
    if beside <= TEXT_WIDE and box.kind not in SMALL:
        right = Text(WIDE - PAD, setter.y + NOTE, NOTE, (Run(box.name),), "name", "end")
        setter.texts.append(right)
        setter.line((word,), NOTE, "word")
    else:
        setter.line((word,), NOTE, "word")
        setter.lines(box.name, NOTE, "name", 2)


def _narrow(texts: Sequence[Text]) -> float:
    return round(max(text.x + text.wide for text in texts) + PAD + 4, 2)


def way_card(id_: str, way: Way, aside_count: str = "") -> Card:
    """The label that sits on a way: its words, centred, and how many took it."""
    rows: list[tuple[tuple[Run, ...], str]] = []
    for line in way.lines:
        for place, row in enumerate(wrap(line.whole, WAY_WIDE, measure(SAY), SAY_LINES)):
            keyed = place == 0 and line.word and row.startswith(line.word)
            runs = (Run(line.word, "key"), Run(row[len(line.word) :])) if keyed else (Run(row),)
            rows.append((runs, "say"))
    if way.count is not None:
        rows.append(((Run(f"{way.count:,}", "count"), Run(aside_count)), "tally plain"))
    wide = max(Text(0, 0, SAY, runs, style).wide for runs, style in rows) + 24
    texts = tuple(
        Text(round(wide / 2, 2), 6 + SAY + place * _LINE[SAY], SAY, runs, style, "middle")
        for place, (runs, style) in enumerate(rows)
    )
    high = len(rows) * _LINE[SAY] + 12
    return Card(id_, "aside" if way.aside else "way", round(wide, 2), round(high, 2), texts, tip=way.whole, mark=way.mark)


def tip(box: Box) -> str:
    """Everything that is known of a box, for those who point at it."""
    head = " ".join(part for part in (box.word, box.title) if part)
    parts = [head + (f"  ({box.name})" if box.name else "")]
    if box.tags:
        parts.append("by " + " else ".join(box.tags))
    parts += [line.whole for line in (*box.lines, *box.hints)]
    parts += [tally.whole for tally in box.tallies]
    return "\n".join(parts)
