"""Where boxes and arrows of a picture go: Graphviz computes it, in this process, from sizes alone. It sees no text and no font.

Twice: at first for the rows, then with a small place on every row that an arrow passes, so that arrows run straight through
rows and bend only between them, where nothing stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, TypeAlias

from rtj.base.errors import MissingExtra, OutputError
from rtj.report.picture import Link, Mark, Sketch
from rtj.report.picture_cards import Card, card, way_card
from rtj.report.picture_routes import Route, Rows, Step, routes, turned

Direction: TypeAlias = Literal["down", "right"]
BESIDE, BETWEEN = 26, 34  # pixels between neighbours of a row, and between rows
PASS_WIDE = 10  # of the place where an arrow passes a row
_INCH = 72.0
_HOLD, _STRAIGHT, _LOOSE = 60, 12, 1  # how much an arrow wants to be short and straight


@dataclass(frozen=True, slots=True)
class Placed:
    """A card with its upper left corner."""

    card: Card
    x: float
    y: float

    def overlaps(self, other: Placed) -> bool:
        """Do the two share a point inside both?"""
        across = self.x < other.x + other.card.wide and other.x < self.x + self.card.wide
        return across and self.y < other.y + other.card.high and other.y < self.y + self.card.high


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything in its place, in pixels from the upper left corner of an area of that size."""

    wide: float
    high: float
    cards: tuple[Placed, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between cards. `tip`: it ends in an arrowhead; `share`: what part of all who entered went along, None unknown;
    `mark`: how it differs between two versions."""

    tail: str
    head: str
    tip: bool = True
    back: bool = False
    dashed: bool = False
    count: int | None = None
    share: float | None = None
    mark: Mark = ""


def lay_out(sketch: Sketch, direction: Direction = "down") -> Layout:
    """Give every box and arrow its place. What is written on a way is a small box on it, so that nothing ever covers
    it. Raises MissingExtra where Graphviz is not there."""
    cards = {box.id: card(box) for box in sketch.boxes}
    arrows: list[Arrow] = []
    for number, link in enumerate(sketch.links):
        share = min(1.0, link.count / sketch.entered) if link.count is not None and sketch.entered else None
        if link.way is None:
            arrows.append(
                Arrow(link.tail, link.head, back=link.back, dashed=link.back, count=link.count, share=share, mark=link.mark)
            )
            continue
        label = way_card(f"way:{number}", link.way, _percent(link, sketch.entered))
        cards[label.id] = label
        arrows.append(Arrow(link.tail, label.id, tip=False, dashed=link.way.aside, share=share, mark=link.mark))
        arrows.append(Arrow(label.id, link.head, back=link.back, dashed=link.way.aside or link.back, share=share, mark=link.mark))
    return place(tuple(cards.values()), arrows, direction, dict(sketch.spine))


def _percent(link: Link, entered: int) -> str:
    return f" · {100 * link.count / entered:.0f}%" if link.count is not None and entered else ""


def place(
    cards: Sequence[Card], arrows: Sequence[Arrow], direction: Direction = "down", spine: Mapping[str, str] | None = None
) -> Layout:
    """Places for cards and arrows between them, what is on the spine below each other. To the right is downward, seen in a
    mirror: what is wide is high, and back."""
    if direction == "right":
        return _mirrored(place([turned(one) for one in cards], arrows, "down", spine), {one.id: one for one in cards})
    sheet = _Sheet(cards, arrows, spine or {})
    sheet.find_rows()
    sheet.find_places()
    spots = sheet.spots
    between = BETWEEN + (8 if any(arrow.count is not None for arrow in arrows) else 0)
    rows = Rows.of([(sheet.rows[one.id], one.high) for one in cards], between)
    placed = tuple(Placed(one, round(spots[one.id] - one.wide / 2, 1), rows.tops[sheet.rows[one.id]]) for one in cards)
    drawn = routes(sheet.steps(placed), rows)
    left = min([0.0, *(x for route in drawn for x, _ in route.points)])
    if left < 0:  # an arrow passes all cards
        placed = tuple(replace(one, x=round(one.x - left, 1)) for one in placed)
        drawn = tuple(replace(one, points=tuple((round(x - left, 1), y) for x, y in one.points)) for one in drawn)
    right = max([sheet.wide - left, *(x for route in drawn for x, _ in route.points)])
    below = max([rows.bottoms[-1], *(y for route in drawn for _, y in route.points)])
    return Layout(round(right, 1), round(below, 1), placed, drawn)


def _mirrored(layout: Layout, cards: Mapping[str, Card]) -> Layout:
    placed = tuple(Placed(cards[one.card.id], one.y, one.x) for one in layout.cards)
    drawn = tuple(route.mirrored() for route in layout.routes)
    return Layout(layout.high, layout.wide, placed, drawn)


@dataclass(slots=True)
class _Sheet:
    """What Graphviz is asked, and what it answered: the row of every card and every pass, and its middle."""

    cards: Sequence[Card]
    arrows: Sequence[Arrow]
    spine: Mapping[str, str]
    rows: dict[str, int] = field(default_factory=dict)
    spots: dict[str, float] = field(default_factory=dict)
    passes: dict[int, list[str]] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    arrived: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    wide: float = 0

    def find_rows(self) -> None:
        """Which row each card stands in: cards between which nothing but a short arrow lies stand close."""
        self.arrived = Counter(arrow.head for arrow in self.arrows if not arrow.back)
        self.ways = Counter(arrow.tail for arrow in self.arrows)
        sheet = self._sheet(
            [(one.id, one.wide, 20.0) for one in self.cards],
            [
                (arrow.tail, arrow.head, _LOOSE if self.arrived[arrow.head] > 1 else _STRAIGHT if arrow.tip else _HOLD)
                for arrow in self.arrows
                if not arrow.back
            ],
        )
        answer = _ask(sheet, [one.id for one in self.cards])
        heights = sorted({y for _, y in answer.values()})
        self.rows = {name: heights.index(y) for name, (_, y) in answer.items()}

    def find_places(self) -> None:
        """Where each card stands in its row, and where arrows pass rows."""
        edges: list[tuple[str, str, int]] = []
        loops, seen = self._loops(), dict[str, int]()
        for number, arrow in enumerate(self.arrows):
            if arrow.back:
                continue
            if arrow.tip and arrow.tail in loops:  # what leads back stands between the way that it ends and the way on
                edges += self._column(arrow.tail, loops.pop(arrow.tail))
            edges += self._vertebra(arrow, seen)
            chain = self._chain(f"pass:{number}:", range(self.rows[arrow.tail] + 1, self.rows[arrow.head]))
            self.passes[number] = chain
            stops = [arrow.tail, *chain, arrow.head]
            alone = arrow.tip and self.arrived[arrow.head] == 1
            ends = _HOLD if alone and arrow.tail.startswith("way:") else _STRAIGHT if alone else _LOOSE
            hold = {*chain, *([arrow.tail] if arrow.tip and arrow.tail.startswith("way:") else [])}
            edges += [(a, b, _HOLD if a in hold and b in chain else ends) for a, b in pairwise(stops)]
        for head, last in loops.items():
            edges += self._column(head, last)
        sizes = [(one.id, one.wide, 20.0) for one in self.cards]
        passes = [name for names in (*self.passes.values(), *self.columns.values()) for name in names]
        sizes += [(name, float(PASS_WIDE), 20.0) for name in passes]
        answer = _ask(self._sheet(sizes, edges, self.rows), [name for name, _, _ in sizes])
        least = min(answer[one.id][0] - one.wide / 2 for one in self.cards)
        self.spots = {name: x - least for name, (x, _) in answer.items()}
        self.wide = max(self.spots[one.id] + one.wide / 2 for one in self.cards)

    def _vertebra(self, arrow: Arrow, seen: dict[str, int]) -> list[tuple[str, str, int]]:
        """An arrow that nobody sees, in the middle of the ways out of a box, holds it above the box where they come together."""
        below = self.spine.get(arrow.tail, "")
        number = seen[arrow.tail] = seen.get(arrow.tail, 0) + 1
        ways = self.ways[arrow.tail]
        if ways % 2 or number != ways // 2 + 1 or self.rows.get(below, 0) <= self.rows[arrow.tail]:
            return []
        return [(arrow.tail, below, _HOLD)]

    def _column(self, head: str, last: int) -> list[tuple[str, str, int]]:
        """The places at which what leads back to a box passes the rows below it."""
        chain = self.columns[head] = self._chain(f"loop:{head}:", range(self.rows[head] + 1, last + 1))
        return [(a, b, _STRAIGHT) for a, b in pairwise([head, *chain])]

    def _chain(self, lead: str, rows: Iterable[int]) -> list[str]:
        names = []
        for row in rows:
            names.append(f"{lead}{row}")
            self.rows[names[-1]] = row
        return names

    def _loops(self) -> dict[str, int]:
        """Boxes to which arrows lead back, and the lowest row from which one does."""
        found: dict[str, int] = {}
        for arrow in self.arrows:
            if arrow.back:
                found[arrow.head] = max(found.get(arrow.head, 0), self.rows[arrow.tail])
        return found

    def _sheet(
        self,
        sizes: Sequence[tuple[str, float, float]],
        edges: Sequence[tuple[str, str, int]],
        rows: Mapping[str, int] | None = None,
    ) -> str:
        """The graph as Graphviz reads it: numbers for names, sizes for texts."""
        numbers = {name: number for number, (name, _, _) in enumerate(sizes)}
        lines = [
            f"digraph {{ nodesep={BESIDE / _INCH:.3f}; ranksep=0.3; ordering=out; splines=line;",
            'node [shape=box fixedsize=true label=""]; edge [dir=none];',
        ]
        lines += [f"{numbers[name]} [width={w / _INCH:.4f} height={h / _INCH:.4f}];" for name, w, h in sizes]
        by_row: dict[int, list[int]] = {}
        for name, row in (rows or {}).items():
            by_row.setdefault(row, []).append(numbers[name])
        lines += [f"{{ rank=same; {'; '.join(map(str, same))} }}" for _, same in sorted(by_row.items())]
        lines += [f"{numbers[tail]} -> {numbers[head]} [weight={weight}];" for tail, head, weight in edges]
        return "\n".join([*lines, "}"])

    def steps(self, placed: Sequence[Placed]) -> list[Step]:
        """What an arrow passes, for those who draw it."""
        at = {one.card.id: one for one in placed}
        found = []
        for number, arrow in enumerate(self.arrows):
            tail, head = at[arrow.tail], at[arrow.head]
            ends = (tail.y + tail.card.high, head.y + (head.card.high if arrow.back else 0.0))
            if arrow.back:
                column = self.columns[arrow.head]
                passed = [(self.rows[name], self.spots[name]) for name in column if self.rows[name] <= self.rows[arrow.tail]]
                xs = (self.spots[arrow.tail], self.spots[arrow.head] + head.card.wide / 4)
            else:
                passed = [(self.rows[name], self.spots[name]) for name in self.passes[number]]
                xs = (self.spots[arrow.tail], self.spots[arrow.head])
            row_ends = (self.rows[arrow.tail], self.rows[arrow.head])
            look = (arrow.tip, arrow.dashed, arrow.count, arrow.share, arrow.mark)
            found.append(Step(row_ends, xs, ends, tuple(passed), arrow.back, look))
        return found


def _ask(sheet: str, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """The middle of every node, downward."""
    try:
        import pygraphviz
    except ModuleNotFoundError as error:
        raise MissingExtra("a picture as svg, png or html", "graph") from error
    except ImportError as error:  # the wheel brings Graphviz, but not the few libraries of the system that it asks for
        raise OutputError(f"Graphviz does not start on this machine: {error}; --as text, mermaid and dot need none") from error
    drawn = pygraphviz.AGraph(string=sheet).draw(format="plain", prog="dot")
    found: dict[str, tuple[float, float]] = {}
    for row in drawn.decode().splitlines():
        parts = row.split(" ")
        if parts[0] == "node":
            found[names[int(parts[1])]] = (float(parts[2]) * _INCH, -round(float(parts[3]) * _INCH, 1))
    return found
