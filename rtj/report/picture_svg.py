"""A picture as SVG: a heading, what holds wherever somebody stands, and the graph. One document, light and dark, no scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from rtj.base.plain import safe
from rtj.report.picture import Sketch
from rtj.report.picture_cards import ICON, NOTE, PAD, SMALL, Card, Run, Text, card
from rtj.report.picture_layout import Direction, Layout, Placed, lay_out
from rtj.report.picture_routes import Route
from rtj.report.picture_style import FAMILY, ICONS, Theme, style_sheet
from rtj.report.picture_type import measure, wrap

MARGIN = 28
LEAST_WIDE = 580  # a heading needs some room, however narrow the graph is
HEADING = 20.0
_SPACE = 14  # between cards of the heading


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished drawing: its size in pixels, and its elements without the `<svg>` around them."""

    wide: int
    high: int
    body: str
    label: str
    tip: str = ""


def svg(sketch: Sketch, theme: Theme = "auto", direction: Direction = "down") -> str:
    """The picture as an SVG document. Raises MissingExtra."""
    return document(draw_svg(sketch, direction), theme)


def document(drawing: Drawing, theme: Theme) -> str:
    """The document around a drawing."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.wide}" height="{drawing.high}"'
        f' viewBox="0 0 {drawing.wide} {drawing.high}" role="img" aria-label={quoteattr(drawing.label)}>\n'
        f"<style>{style_sheet(theme)}</style>\n{drawing.body}</svg>\n"
    )


def draw_svg(sketch: Sketch, direction: Direction = "down") -> Drawing:
    """Lay a sketch out and draw it. Boxes that nothing leads to or from stand in rows below."""
    linked = {end for link in sketch.links for end in (link.tail, link.head)}
    alone = [] if len(sketch.boxes) == 1 else [card(box) for box in sketch.boxes if box.id not in linked]
    layout = lay_out(replace(sketch, boxes=tuple(box for box in sketch.boxes if box.id in linked)), direction) if linked else None
    if not alone and layout is None:
        layout = lay_out(sketch, direction)
    wide = max(layout.wide if layout is not None else 0.0, LEAST_WIDE, _side_by_side(alone))
    head, below = _heading(sketch, wide)
    out, bottom = [head], below
    if layout is not None:
        out.append(draw_layout(_moved(layout, MARGIN + (wide - layout.wide) / 2, below)))
        bottom = below + layout.high
    if alone:
        placed, bottom = _strip(alone, bottom + (_SPACE * 2 if layout is not None else 0), wide)
        out += map(_placed, placed)
    whole = (round(wide + 2 * MARGIN), round(bottom + MARGIN))
    return Drawing(*whole, paper(whole) + "".join(out), sketch.heading)


def _side_by_side(cards: Sequence[Card]) -> float:
    """How wide the first row of cards is, of at most four."""
    return sum(one.wide + _SPACE for one in cards[:4]) - _SPACE


def paper(size: tuple[int, int]) -> str:
    return f'<rect class="ground" width="{size[0]}" height="{size[1]}"/>\n'


def draw_layout(layout: Layout) -> str:
    """Arrows below, boxes above them; what is gone lies below what is there."""
    routes = sorted(layout.routes, key=lambda route: route.mark != "removed")
    return "".join([*map(_arrow, routes), *map(_placed, layout.cards)])


def _heading(sketch: Sketch, wide: float) -> tuple[str, float]:
    """The title, facts, goals and exits; and where the graph may begin."""
    out: list[str] = []
    y = float(MARGIN)
    for row in wrap(safe(sketch.heading), wide, measure(HEADING, bold=True), 3):
        y += HEADING
        out.append(_text(Text(MARGIN, y, HEADING, (Run(row),), "heading")))
        y += 6
    for style, said in (("name", sketch.told), ("say", sketch.counts)):
        for row in wrap(safe(said), wide, measure(12), 4) if said else ():
            y += 16
            out.append(_text(Text(MARGIN, y, 12, (Run(row),), style)))
    y += 20
    watches, below = _strip([card(box) for box in sketch.watches], y, wide)
    out += map(_placed, watches)
    return "".join(out), below + (28 if watches else 4)


def _strip(cards: Sequence[Card], y: float, wide: float) -> tuple[list[Placed], float]:
    """Cards side by side in rows, those of a row equally high; and where the last row ends."""
    placed: list[Placed] = []
    row: list[Placed] = []
    x = float(MARGIN)
    for one in cards:
        if row and x + one.wide > MARGIN + wide:
            y += max(other.card.high for other in row) + _SPACE
            placed, row, x = [*placed, *_level(row)], [], float(MARGIN)
        row.append(Placed(one, x, y))
        x += one.wide + _SPACE
    bottom = y + max((other.card.high for other in row), default=0.0)
    return [*placed, *_level(row)], bottom


def _level(row: Sequence[Placed]) -> list[Placed]:
    high = max((other.card.high for other in row), default=0.0)
    return [replace(one, card=replace(one.card, high=high)) for one in row]


def _moved(layout: Layout, x: float, y: float) -> Layout:
    cards = tuple(replace(one, x=one.x + x, y=one.y + y) for one in layout.cards)
    routes = tuple(replace(one, points=tuple((a + x, b + y) for a, b in one.points)) for one in layout.routes)
    return Layout(layout.wide, layout.high, cards, routes)


def _placed(placed: Placed) -> str:
    one = placed.card
    way = one.kind in ("way", "aside")
    family = one.kind if way else f"k-{FAMILY[one.kind]}"
    round_ = min(one.high / 2, 15) if way else 18 if one.kind in SMALL else 10
    out = [
        f'<g class="{family}{f" m-{one.mark}" if one.mark else ""}" transform="translate({_n(placed.x)} {_n(placed.y)})">',
        f"<title>{escape(safe_lines(one.tip))}</title>",
        f'<rect class="card" width="{_n(one.wide)}" height="{_n(one.high)}" rx="{_n(round_)}"/>',
    ]
    if not way:
        out.append(_icon(one.kind))
    if one.rule:
        out.append(f'<path class="rule" d="M{PAD} {_n(one.rule)}H{_n(one.wide - PAD)}"/>')
    out += [_chip(chip.x, chip.y, chip.wide, chip.text) for chip in one.chips]
    out += map(_text, one.texts)
    return "".join([*out, "</g>\n"])


def _icon(kind: str) -> str:
    middle = PAD + ICON / 2
    corner = middle - 8
    return (
        f'<circle class="disc" cx="{_n(middle)}" cy="{_n(middle)}" r="{_n(ICON / 2)}"/>'
        f'<path class="icon" transform="translate({_n(corner)} {_n(corner)})" d="{ICONS[kind]}"/>'
    )


def _chip(x: float, y: float, wide: float, text: str) -> str:
    inside = Text(x + wide / 2, y + 14, NOTE, (Run(text),), "say", "middle")
    return f'<rect class="chip" x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="20" rx="10"/>{_text(inside)}'


def _text(text: Text) -> str:
    runs = "".join(
        f'<tspan class="{run.style}">{escape(safe(run.text))}</tspan>' if run.style else escape(safe(run.text))
        for run in text.runs
        if run.text
    )
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    return f'<text class="{text.style}" x="{_n(text.x)}" y="{_n(text.y)}" font-size="{_n(text.size)}"{anchor}>{runs}</text>'


def _arrow(route: Route) -> str:
    """A line with round corners, its arrowhead, and the number beside it."""
    thick = _THIN if route.share is None else f' stroke-width="{_n(1.2 + 4.8 * route.share)}"'
    dashed = (" dashed" if route.dashed else "") + (" idle" if route.share == 0 else "")
    marked = f" m-{route.mark}" if route.mark else ""
    out = [f'<path class="link{dashed}{marked}"{thick} d="{_path(route.points, pulled=6 if route.tip else 0)}"/>']
    if route.tip:
        out.append(_tip(route.points, marked))
    if route.count is not None:
        (x, y), (_, onward) = route.points[:2]
        x, y = (x + 5, y - 5) if onward == y else (x + 7, y + 13)
        out.append(_text(Text(x, y, NOTE, (Run(f"{route.count:,}"),), "beside count")))
    return "".join([*out, "\n"])


def _path(points: Sequence[tuple[float, float]], pulled: float) -> str:
    """The line from corner to corner, each rounded; its end pulled back to the foot of the arrowhead."""
    out = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        round_ = min(ROUND, _far(before, corner) / 2, _far(corner, after) / 2)
        out.append(f"L{_pair(_toward(corner, before, round_))}Q{_pair(corner)} {_pair(_toward(corner, after, round_))}")
    return "".join([*out, f"L{_pair(_toward(points[-1], points[-2], pulled))}"])


def _far(a: tuple[float, float], b: tuple[float, float]) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _toward(a: tuple[float, float], b: tuple[float, float], by: float) -> tuple[float, float]:
    """The point so far from `a` on the straight line to `b`."""
    part = min(1.0, by / max(_far(a, b), 0.1))
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part


ROUND = 10.0  # of corners
_THIN = ' stroke-width="1.6"'


def _tip(points: Sequence[tuple[float, float]], marked: str) -> str:
    """An arrowhead at the end, along the line."""
    (x, y), (a, b) = points[-1], next((p for p in reversed(points[:-1]) if p != points[-1]), points[0])
    length = max(((x - a) ** 2 + (y - b) ** 2) ** 0.5, 0.1)
    dx, dy = (x - a) / length, (y - b) / length
    left, right = (x - 8 * dx + 4.5 * dy, y - 8 * dy - 4.5 * dx), (x - 8 * dx - 4.5 * dy, y - 8 * dy + 4.5 * dx)
    return f'<path class="tip{marked}" d="M{_pair((x, y))}L{_pair(left)}L{_pair(right)}Z"/>'


def safe_lines(text: str) -> str:
    return "\n".join(map(safe, text.split("\n")))


def _pair(point: tuple[float, float]) -> str:
    return f"{_n(point[0])},{_n(point[1])}"


def _n(number: float) -> str:
    """A number without needless digits."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
