"""Audiences in words and pictures: stretches of time that suit a calendar, small charts, and why somebody is in or out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from rtj.ir.explained import Part
from rtj.report.moments import length_words, moment_words, wall_clock

SPANS_MAX = 40  # rows of a table over time
SPARK_CELLS = 24
LISTED_MAX = 8  # items of a list that are shown
_BLOCKS = "▁▂▃▄▅▆▇█"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_STEPS = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 28 * _DAY)


@dataclass(frozen=True, slots=True)
class Why:
    """A line of an explanation: how deep it stands, whether it holds (None: it is a value), the text, a remark."""

    depth: int
    holds: bool | None
    text: str
    note: str


def even_edges(first: int, last: int) -> list[int]:
    """Equal stretches for a small chart."""
    return sorted({*(first + (last - first) * n // SPARK_CELLS for n in range(SPARK_CELLS)), last + 1})


def calendar_edges(first: int, last: int, zone: tzinfo) -> list[int]:
    """Stretches of minutes, hours, days, weeks (from Monday) or months on the wall clock of `zone`, at most SPANS_MAX; the last
    ends behind the last instant."""
    step = next((step for step in _STEPS if (last - first) // step + 2 <= SPANS_MAX), 0)
    edges: list[int] = []
    start = _floor(wall_clock(first, zone), step)
    while not edges or edges[-1] <= last:
        edges.append((start.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1))
        start = _after(start, step, (last - first) // (SPANS_MAX * 31 * _DAY) + 1)
    return edges


def _floor(moment: datetime, step: int) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    if step and step < _HOUR:
        return whole.replace(minute=whole.minute - whole.minute % (step // _MINUTE))
    if step and step < _DAY:
        return whole.replace(minute=0, hour=whole.hour - whole.hour % (step // _HOUR))
    midnight = whole.replace(minute=0, hour=0, fold=0)
    if step == _DAY:
        return midnight
    if step == 7 * _DAY:
        return midnight - timedelta(days=midnight.weekday())
    return midnight.replace(day=1)


def _after(moment: datetime, step: int, months: int) -> datetime:
    if step and step < _DAY:
        return (moment.astimezone(UTC) + timedelta(milliseconds=step)).astimezone(moment.tzinfo)
    if step and step < 28 * _DAY:
        return (moment + timedelta(milliseconds=step)).replace(fold=0)
    count = moment.year * 12 + moment.month - 1 + months
    return moment.replace(year=count // 12, month=count % 12 + 1, fold=0)


def spark(sizes: Sequence[int]) -> str:
    """A line of small bars; none at all for nothing."""
    top = max(sizes, default=0)
    return "".join(" " if not size else _BLOCKS[min(7, size * 8 // (top + 1))] for size in sizes)


def why(part: Part, zone: tzinfo, depth: int = 0) -> list[Why]:
    """An explanation as lines, each part below what it is a part of."""
    if part.joint == "value":
        return [Why(depth, None, part.text, value_words(part.value, part.kind, zone))]
    notes = []
    if part.since is not None:
        notes.append(f"has held since {_moment(part.since, zone)}")
    if part.next_change is not None and part.joint == "leaf":
        notes.append(f"time alone may change it at {_moment(part.next_change, zone)}")
    words = {"and": "all of", "or": "one of", "not": "not", "if": "if"}
    composed = part.joint in words and len(part.parts) > 1
    text = f"{words[part.joint]}:" if composed and part.joint in ("and", "or") else part.text
    lines = [Why(depth, part.holds, text, "; ".join(notes))]
    for inner in part.parts:
        lines += why(inner, zone, depth + 1)
    return lines


def would_have_to(part: Part, *, wanted: bool) -> str:
    """What would have to hold for the whole to be `wanted`: the parts that stand in the way, joined as they would have to be.
    Empty when nothing does."""
    return _need(part, wanted)[0]


def _need(part: Part, wanted: bool) -> tuple[str, bool]:
    """The text, and whether it is one test (needs no brackets)."""
    if part.holds is None or part.holds == wanted:
        return "", True
    match part.joint:
        case "not":
            return _need(part.parts[0], not wanted)
        case "and" | "or":
            if not part.parts:
                return (part.text if wanted else part.opposite), True
            needs = [need for need in (_need(inner, wanted) for inner in part.parts) if need[0]]
            word = " and " if (part.joint == "and") == wanted else " or "
            if len(needs) == 1:
                return needs[0]
            return word.join(text if single else f"({text})" for text, single in needs), False
        case _:
            return (part.text if wanted else part.opposite), True


def value_words(value: Any, kind: str, zone: tzinfo) -> str:
    """A value as people read it."""
    if value is None:
        return "missing"
    match kind:
        case "instant":
            return _moment(int(value), zone)
        case "date":
            return (_EPOCH + timedelta(days=int(value))).date().isoformat()
        case "duration":
            return length_words(int(value)) if value >= 0 else f"-{length_words(-int(value))}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        shown = ", ".join(value_words(item, "", zone) for item in value[:LISTED_MAX])
        more = f", … {len(value) - LISTED_MAX:,} more" if len(value) > LISTED_MAX else ""
        return f"[{shown}{more}]"
    return f"{value:,}" if isinstance(value, int | float) else f"'{value}'" if isinstance(value, str) else str(value)


def _moment(ms: int, zone: tzinfo) -> str:
    return moment_words(wall_clock(ms, zone))
