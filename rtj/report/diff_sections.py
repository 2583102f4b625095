"""Differences in the order in which a reviewer reads them: worst first, long lists folded, everything counted.

Two versions may differ in millions of places. Each list is walked once, into one heap of rows per level, and what is not shown is
counted by its code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rtj.plan.changes import LEVELS, Diff, JourneyDiff, Judged, Level, Spot, Status, highest
from rtj.report.moments import counted

WORST_FIRST: tuple[Level, ...] = tuple(reversed(LEVELS))
COUNTED: tuple[Level, ...] = WORST_FIRST[:-1]
LEVEL_WORDS: dict[Level, str] = {
    "breaking": "breaking", "needs-migration": "needs migration", "behaviour": "behaviour", "safe": "safe", "none": "none",
}  # fmt: skip
NAMED_MAX = 6  # codes that are counted by name where rows are folded


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is shown: rows of one code in one section, rows of a section, sections, and rows of all sections."""

    of_code: int = 8
    of_section: int = 30
    sections: int = 40
    rows: int = 400


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one journey, or of the project (`name` ""). `level` is the highest effective one, `static` the highest by
    what the versions say alone, neither of what is waived; `rows` worst first; `folded` how many more there are, by code;
    `counts` all of them by effective level, waived ones apart."""

    name: str
    status: Status | None
    level: Level
    static: Level
    rows: tuple[Judged, ...]
    folded: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[Level, int] = field(default_factory=dict)
    waived: int = 0
    formerly: str = ""
    inside: int | None = None
    why: str = ""

    @property
    def total(self) -> int:
        """How many changes there are, shown or not."""
        return sum(self.counts.values()) + self.waived


@dataclass(frozen=True, slots=True)
class Sections:
    """All of them: of the `project`, then the `direct` and the `indirect` ones, worst first; `unshown`: those without room, by
    their level. `totals`: all changes by effective level; `waived` apart."""

    project: Section
    direct: tuple[Section, ...]
    indirect: tuple[Section, ...]
    unshown: Mapping[Level, int]
    totals: Mapping[Level, int]
    waived: int


def sections(diff: Diff, bounds: Bounds) -> Sections:
    """Order and fold a difference."""
    project = _section(JourneyDiff("", "changed", diff.project), None, bounds)
    found = sorted((_section(one, one.status, bounds) for one in diff.journeys), key=_worst_first)
    shown: list[Section] = []
    room = bounds.rows - len(project.rows)
    for one in found[: bounds.sections]:
        if room <= 0:
            break
        shown.append(one)
        room -= max(1, len(one.rows))
    totals: Counter[Level] = Counter()
    for one in (project, *found):
        totals.update(one.counts)
    return Sections(
        project,
        tuple(one for one in shown if one.status != "indirect"),
        tuple(one for one in shown if one.status == "indirect"),
        Counter(one.level for one in found[len(shown) :]),
        totals,
        sum(one.waived for one in (project, *found)),
    )


def _worst_first(section: Section) -> tuple[bool, int, int, str]:
    """What is lost stands first: of it nothing else is known."""
    return section.status != "lost", -LEVELS.index(section.level), -LEVELS.index(section.static), section.name


def _section(one: JourneyDiff, status: Status | None, bounds: Bounds) -> Section:
    rows, folded = _rows(one.changes, bounds)
    heard = [judged for judged in one.changes if not judged.waived]
    counts = Counter(judged.effective for judged in heard)
    return Section(
        one.name,
        status,
        highest(counts),
        highest({judged.change.level for judged in heard}),
        rows,
        folded,
        counts,
        len(one.changes) - len(heard),
        one.formerly,
        one.inside,
        one.why,
    )


def _rows(changes: Iterable[Judged], bounds: Bounds) -> tuple[tuple[Judged, ...], Mapping[str, int]]:
    """The first rows by gravity, waived ones last, and how many more there are of each code."""
    of_level: dict[Level | None, list[Judged]] = {}
    for judged in changes:
        of_level.setdefault(None if judged.waived else judged.effective, []).append(judged)
    kept: list[Judged] = []
    seen: Counter[str] = Counter()
    folded: Counter[str] = Counter()
    for level in (*WORST_FIRST, None):
        for judged in of_level.get(level, ()):
            code = judged.change.code
            if seen[code] < bounds.of_code and len(kept) < bounds.of_section:
                seen[code] += 1
                kept.append(judged)
            else:
                folded[code] += 1
    return tuple(kept), folded


def folded_words(folded: Mapping[str, int]) -> str:
    """`213 more of D114`, `1,203 more: 900 of D114, 303 of D131`; "" where nothing is folded."""
    if not folded:
        return ""
    codes = sorted(folded, key=lambda code: (-folded[code], code))
    if len(codes) == 1:
        return f"{folded[codes[0]]:,} more of {codes[0]}"
    named = [f"{folded[code]:,} of {code}" for code in codes[:NAMED_MAX]]
    if len(codes) > NAMED_MAX:
        named.append(f"{sum(folded[code] for code in codes[NAMED_MAX:]):,} of {counted(len(codes) - NAMED_MAX, 'other code')}")
    return f"{sum(folded.values()):,} more: {', '.join(named)}"


def level_counts(totals: Mapping[Level, int], waived: int = 0) -> list[tuple[str, Level]]:
    """`0 breaking`, `1 needs migration`, `2 behaviour`, `1 safe`, and what is waived."""
    said: list[tuple[str, Level]] = [(f"{totals.get(level, 0):,} {LEVEL_WORDS[level]}", level) for level in COUNTED]
    return [*said, (f"{waived:,} waived", "none")] if waived else said


def causes_first(indirect: Sequence[Section]) -> list[tuple[Spot | None, list[tuple[Section, Judged]]]]:
    """What journeys use that has changed -> the journeys, each with the change that says so. None: no cause is known."""
    found: dict[Spot | None, list[tuple[Section, Judged]]] = {}
    for section in indirect:
        for judged in section.rows:
            for cause in judged.change.causes or (None,):
                found.setdefault(cause, []).append((section, judged))
    return list(found.items())
