"""What becomes of passages under two versions, as numbers: entries, goals, ends by reason, sends that gates stop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rtj.base.plain import one_line
from rtj.ir.comparison import Comparison, Difference, DifferenceKind, Tally
from rtj.report.summary import GATES, REFUSED

_WHATS: tuple[tuple[str, str, DifferenceKind | None], ...] = (
    ("entered", "entries", "entry"),
    ("refused", "not let in", None),
    ("goal", "goals", "goal"),
    ("left", "ends", "exit"),
    ("blocked", "sends stopped", "blocked"),
    ("held", "sends held", None),
    ("inside", "inside at the end", None),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a journey before and after; None where there is none to compare. `other`: so many are others than before, or at
    other times, or, for drawings and calls, come out otherwise. `part`: is it a part of the one above?"""

    journey: str
    what: str
    before: int | None
    after: int | None
    other: int = 0
    part: bool = False

    @property
    def change(self) -> int:
        """How many more there are."""
        return (self.after or 0) - (self.before or 0)


def numbers(comparison: Comparison) -> list[Number]:
    """Those that differ: the journey with most first, in it in the order of a passage."""
    tallies: dict[str, list[Tally]] = defaultdict(list)
    others: dict[str, list[Difference]] = defaultdict(list)
    for tally in comparison.tallies:
        tallies[tally.journey].append(tally)
    for one in comparison.differences:
        others[one.place.journey].append(one)
    rows = [(name, list(_of_journey(name, tallies[name], others[name]))) for name in sorted({**tallies, **others})]
    return [row for _, found in sorted(rows, key=lambda pair: (-_size(pair[1]), pair[0])) for row in found]


def _size(rows: list[Number]) -> int:
    return sum(max(abs(row.change), row.other) for row in rows if not row.part)


def _of_journey(journey: str, tallies: list[Tally], others: list[Difference]) -> Iterator[Number]:
    name = one_line(journey)
    for what, words, kind in _WHATS:
        parts = [tally for tally in tallies if tally.what == what]
        other = sum(one.count for one in others if one.place.kind == kind) if kind is not None else 0
        if what == "goal":
            yield from _drawn(name, others)
        yield from _with_parts(Number(name, words, _total(parts, new=False), _total(parts, new=True), other), parts)
    calls: dict[str, int] = defaultdict(int)
    for one in others:
        if one.place.kind == "call":
            calls[one.place.message] += one.count
    for webhook, count in sorted(calls.items()):
        yield Number(name, f"calls of {one_line(webhook)}", None, None, count)


def _total(parts: list[Tally], *, new: bool) -> int:
    return sum(part.after if new else part.before for part in parts)


def _with_parts(whole: Number, parts: list[Tally]) -> Iterator[Number]:
    """The number, and below it what differs by reason; one reason alone stands beside it."""
    changed = [part for part in parts if part.detail and part.before != part.after]
    if not changed and not whole.other and not whole.change:
        return
    if len(changed) == 1 and len(parts) == 1:
        words = f"{whole.what}: {_detail(changed[0])}"
        yield Number(whole.journey, words, whole.before, whole.after, whole.other)
        return
    yield whole
    for part in sorted(changed, key=lambda one: (-abs(one.after - one.before), one.detail)):
        yield Number(whole.journey, _detail(part), part.before, part.after, part=True)


def _detail(tally: Tally) -> str:
    match tally.what, tally.detail:
        case "refused", (reason, *_):
            return one_line(REFUSED.get(reason, reason))
        case "blocked", (channel, gate, *_):
            return one_line(f"{channel}, {GATES.get(gate, gate)}")
        case _:
            return one_line(" ".join(tally.detail))


def _drawn(journey: str, others: list[Difference]) -> Iterator[Number]:
    """Who is drawn for another arm, by split."""
    for one in others:
        if one.place.kind == "arm":
            where = f"drawn at {one_line(one.place.message)}" if one.place.message else "drawn"
            yield Number(journey, f"{where}: {one_line(one.place.before)} -> {one_line(one.place.after)}", None, None, one.count)
