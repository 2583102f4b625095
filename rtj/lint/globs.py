"""Patterns of paths: `journeys/**/*.yaml`, `legacy/`, a plain file. Paths have `/`, whatever the system.

A pattern is walked over a path with all ways at once, so that no pattern takes longer than its length times that of the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

RANGE = re.compile(r".-.|.", re.DOTALL)
PIECE = re.compile(r"/?\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|[^*?\[]|\[", re.DOTALL)
LENGTH_MAX = 4_096  # of a pattern; a longer one names nothing


@dataclass(frozen=True, slots=True)
class _Step:
    """One sign of a path: any but `/`, any at all (`deep`), or one that `one_of` takes. `many`: as many as there are."""

    one_of: re.Pattern[str] | str | None = None
    deep: bool = False
    many: bool = False

    def takes(self, sign: str) -> bool:
        if self.one_of is None:
            return self.deep or sign != "/"
        return sign == self.one_of if isinstance(self.one_of, str) else self.one_of.match(sign) is not None


NOWHERE = _Step("")  # takes no sign: a place where ways part


@lru_cache(maxsize=4_096)
def _steps(glob: str) -> tuple[tuple[_Step, ...], tuple[tuple[int, ...], ...]]:
    """The steps of a pattern, and for each the places (and one behind the last) where its way may go on without a sign."""
    steps: list[_Step] = []
    skips: dict[int, int] = {}
    for piece in PIECE.findall(glob.removeprefix("./").removesuffix("/")):
        if piece.endswith("**/"):
            steps += [_Step("/")] if piece.startswith("/") else []
            skips[len(steps)] = len(steps) + 3  # any folders, or none
            steps += [NOWHERE, _Step(deep=True, many=True), _Step("/")]
        else:
            steps += _of(piece)
    every: list[tuple[int, ...]] = []
    for start in range(len(steps) + 1):
        found, todo = list[int](), [start]
        while todo:
            place = todo.pop()
            if place in found:
                continue
            found.append(place)
            if place in skips:
                todo += (place + 1, skips[place])
            elif place < len(steps) and steps[place].many:
                todo.append(place + 1)
        every.append(tuple(found))
    return tuple(steps), tuple(every)


def _of(piece: str) -> Iterator[_Step]:
    match piece:
        case "**":
            yield _Step(deep=True, many=True)
        case "*":
            yield _Step(many=True)
        case "?":
            yield _Step()
        case _ if len(piece) > 2 and piece[0] == "[":
            yield from _one_of(piece[1:-1])
        case _:
            yield from map(_Step, piece)


def _one_of(inside: str) -> Iterator[_Step]:
    """`[a-c!]`, `[!ab]`: one character of those, never a `/`. A range that runs backwards means its three signs."""
    negated, inside = inside.startswith("!"), inside.removeprefix("!")
    whole = "".join(_range(span) for span in RANGE.findall(inside))
    if whole:
        yield _Step(re.compile(f"(?!/)[{'^' if negated else ''}{whole}]", re.DOTALL))
    else:
        yield from map(_Step, "[!]")


def _range(span: str) -> str:
    if len(span) == 3 and span[0] <= span[2]:
        return f"{re.escape(span[0])}-{re.escape(span[2])}"
    return re.escape(span)


@lru_cache(maxsize=65_536)
def matches(glob: str, path: str) -> bool:
    """Does the pattern name this path, or a folder above it? `**` spans folders, `*` and `?` stay within one."""
    if len(glob) > LENGTH_MAX:
        return False
    steps, skips = _steps(glob)
    end = len(steps)
    here = set(skips[0])
    for sign in path:
        if sign == "/" and end in here:  # the folder is named
            return True
        after = {step if steps[step].many else step + 1 for step in here if step < end and steps[step].takes(sign)}
        here = {place for step in after for place in skips[step]}
        if not here:
            return False
    return end in here
