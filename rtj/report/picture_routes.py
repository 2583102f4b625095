"""How arrows run: straight down through rows, and aside only between two rows, in lanes of their own where they would meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from rtj.report.picture import Mark
from rtj.report.picture_cards import Card

Point: TypeAlias = tuple[float, float]
Look: TypeAlias = tuple[bool, bool, int | None, float | None, Mark]
LANE = 9.0  # pixels between two lanes
_NEAR = 0.6  # what is closer than that is in line


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow: its corners, first to last. `tip`: it ends in an arrowhead. `count` stands beside its beginning, and `share`
    (0 to 1) tells how thick it is. `mark`: how it differs between two versions."""

    points: tuple[Point, ...]
    tip: bool
    dashed: bool = False
    count: int | None = None
    share: float | None = None
    mark: Mark = ""

    def mirrored(self) -> Route:
        return replace(self, points=tuple((y, x) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class Step:
    """An arrow before it is drawn. `rows` and `xs` are those of its tail and head, `ends` where it leaves and arrives; `passed`
    are the rows between, with the place where it passes each; one that leads `back` passes the row of its tail too."""

    rows: tuple[int, int]
    xs: tuple[float, float]
    ends: tuple[float, float]
    passed: tuple[tuple[int, float], ...]
    back: bool
    look: Look


@dataclass(slots=True)
class Rows:
    """Where each row begins and ends; `gap` is the room below it."""

    tops: list[float]
    bottoms: list[float]
    gap: float

    @classmethod
    def of(cls, cards: Iterable[tuple[int, float]], gap: float) -> Rows:
        """Rows as high as their highest card. `cards`: row and height."""
        highs: dict[int, float] = {}
        for row, high in cards:
            highs[row] = max(highs.get(row, 0.0), high)
        tops, bottoms, y = [], [], 0.0
        for row in range(max(highs, default=0) + 1):
            tops.append(round(y, 1))
            bottoms.append(round(y + highs.get(row, 0.0), 1))
            y += highs.get(row, 0.0) + gap
        return cls(tops, bottoms, gap)


@dataclass(frozen=True, slots=True)
class _Bend:
    """An arrow goes aside in the gap below a row. Those of one `group` (one tail, or one head) may lie on each other."""

    step: int
    gap: int
    left: float
    right: float
    group: tuple[str, float]


def turned(card: Card) -> Card:
    """The card with width and height changed."""
    return replace(card, wide=card.high, high=card.wide)


def routes(steps: Sequence[Step], rows: Rows) -> tuple[Route, ...]:
    """The corners of every arrow."""
    columns = [_columns(step) for step in steps]
    heads: dict[float, int] = {}
    for step in steps:
        heads[_head(step)] = heads.get(_head(step), 0) + 1
    bends = [bend for number, found in enumerate(columns) for bend in _bends(number, found, steps[number], heads)]
    lanes = _lanes(bends, rows)
    return tuple(_route(number, step, columns[number], lanes) for number, step in enumerate(steps))


def _head(step: Step) -> float:
    return step.rows[1] * 1e6 + step.xs[1]


def _columns(step: Step) -> list[tuple[int, float]]:
    """Where the arrow stands in each gap it comes through: (the row above the gap, x before it), then the x at the end."""
    if step.back:
        up = [(step.rows[0], step.xs[0]), *((row - 1, x) for row, x in reversed(step.passed))]
        return [*up, (-1, step.xs[1])]
    return [(step.rows[0], step.xs[0]), *step.passed, (-1, step.xs[1])]


def _bends(number: int, columns: Sequence[tuple[int, float]], step: Step, heads: dict[float, int]) -> list[_Bend]:
    found = []
    last = len(columns) - 2
    for place, ((gap, x), (_, onward)) in enumerate(pairwise(columns)):
        if abs(x - onward) <= _NEAR:
            continue
        merges = place == last and heads[_head(step)] > 1
        group = ("head", _head(step)) if merges else ("tail", step.rows[0] * 1e6 + step.xs[0])
        found.append(_Bend(number, gap, min(x, onward), max(x, onward), group))
    return found


def _lanes(bends: Sequence[_Bend], rows: Rows) -> dict[tuple[int, int], float]:
    """The height at which each arrow goes aside in each gap; groups that would meet get lanes of their own."""
    found: dict[tuple[int, int], float] = {}
    by_gap: dict[int, dict[tuple[str, float], list[_Bend]]] = {}
    for bend in bends:
        by_gap.setdefault(bend.gap, {}).setdefault(bend.group, []).append(bend)
    for gap, groups in by_gap.items():
        ends: list[list[tuple[float, float]]] = []
        chosen: list[tuple[int, list[_Bend]]] = []
        for group in groups.values():
            left, right = min(b.left for b in group) - 4, max(b.right for b in group) + 4
            free = next((n for n, taken in enumerate(ends) if all(r < left or right < a for a, r in taken)), len(ends))
            if free == len(ends):
                ends.append([])
            ends[free].append((left, right))
            chosen.append((free, group))
        room = min(LANE, (rows.gap - 16) / max(1, len(ends)))
        for lane, group in chosen:
            y = rows.bottoms[gap] + rows.gap / 2 + (lane - (len(ends) - 1) / 2) * room
            found.update({(bend.step, bend.gap): round(y - 2, 1) for bend in group})
    return found


def _route(number: int, step: Step, columns: Sequence[tuple[int, float]], lanes: dict[tuple[int, int], float]) -> Route:
    points: list[Point] = [(columns[0][1], step.ends[0])]
    for (gap, x), (_, onward) in pairwise(columns):
        if (number, gap) in lanes and abs(x - onward) > _NEAR:
            y = lanes[number, gap]
            points += [(x, y), (onward, y)]
    points.append((points[-1][0], step.ends[1]))
    tip, dashed, count, share, mark = step.look
    return Route(tuple((round(x, 1), round(y, 1)) for x, y in points), tip, dashed, count, share, mark)
