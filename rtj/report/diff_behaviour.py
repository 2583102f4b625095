"""What two versions do with the same events, told for people: a headline, a table, shifts, goals and exits, cost, examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtj.base.plain import one_line
from rtj.ir.comparison import Comparison, Example, Shift
from rtj.report.moments import counted, length_words

EXAMPLES_MAX, ROWS_MAX, TALLIES_MAX = 5, 40, 20
COLUMNS = ("before", "after", "more", "fewer", "earlier", "later", "other")
_OF_MESSAGES = {"more": 2, "fewer": 3, "earlier": 4, "later": 5, "content": 6, "channel": 6}
_WORDS = {
    "arm": "drawn for another arm", "entry": "other entries", "goal": "other goals", "exit": "other ends",
    "blocked": "other sends stopped by gates", "call": "other calls",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`rows`: journey and channel with the numbers of `COLUMNS`. `notes`: what else differs, sentences. `examples`: people and
    why; `remarks`: of how it was compared."""

    headline: str
    rows: tuple[tuple[str, str, tuple[int, ...]], ...]
    shifts: tuple[Shift, ...]
    notes: tuple[str, ...]
    examples: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    more: str = ""


def behaviour(comparison: Comparison) -> Behaviour:
    """Tell a comparison. A result without a difference has a headline that says so, and nothing else."""
    events = counted(comparison.read.events, "event")
    people = counted(comparison.people, "person", "people")
    remarks = tuple(map(one_line, (*comparison.remarks, *_apart(comparison), *_misfits(comparison))))
    if not comparison.differ and not comparison.differences:
        return Behaviour(f"no difference in {events} of {people}", (), (), (), (), remarks)
    rows = list(_rows(comparison))
    headline = f"{events}, {people}: {comparison.same:,} same, {comparison.differ:,} differ"
    more = f"and {counted(len(rows) - ROWS_MAX, 'more row')}; --format json has all" if len(rows) > ROWS_MAX else ""
    examples = tuple((one_line(one.profile), _why(one)) for one in comparison.examples[:EXAMPLES_MAX])
    shifts = tuple(shift for shift in comparison.shifts if shift.earlier or shift.later)
    return Behaviour(headline, tuple(rows[:ROWS_MAX]), shifts, tuple(_notes(comparison)), examples, remarks, more)


def _rows(comparison: Comparison) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """By journey and channel; a message counts where it is sent now, one that is gone where it was."""
    found: dict[tuple[str, str], list[int]] = {}
    for sent in comparison.sent:
        row = found.setdefault((sent.journey, sent.channel), [0] * len(COLUMNS))
        row[0] += sent.before
        row[1] += sent.after
    for one in comparison.differences:
        column = _OF_MESSAGES.get(one.place.kind)
        if column is not None:
            key = (one.place.journey, one.place.after or one.place.before)
            found.setdefault(key, [0] * len(COLUMNS))[column] += one.count
    for (journey, channel), row in sorted(found.items(), key=lambda item: (-sum(item[1][2:]), item[0])):
        if any(row[2:]) or row[0] != row[1]:
            yield one_line(journey), one_line(channel), tuple(row)


def _notes(comparison: Comparison) -> Iterator[str]:
    for one in comparison.differences:
        place = one.place
        if place.kind in ("earlier", "later"):
            median = length_words(one.median_ms)
            yield f"{place.journey}: {one.count:,} {one_line(place.message)} {place.kind}, median {median}"
        elif place.kind in _WORDS:
            what = one_line(" ".join(filter(None, (place.message, place.before and f"{place.before} -> {place.after}"))))
            people = counted(one.people, "person", "people")
            yield f"{place.journey}: {one.count:,} {_WORDS[place.kind]} {what}".rstrip() + f" ({people})"
    changed = [tally for tally in comparison.tallies if tally.before != tally.after]
    for tally in changed[:TALLIES_MAX]:
        detail = f" {one_line(' '.join(tally.detail))}" if tally.detail else ""
        yield f"{one_line(tally.journey)}: {tally.what}{detail} {tally.before:,} -> {tally.after:,}"
    if len(changed) > TALLIES_MAX:
        yield f"and {counted(len(changed) - TALLIES_MAX, 'more number')} of journeys that differ; --format json has all"
    costs = comparison.costs
    if costs.before or costs.after:
        before = f"{costs.before_per_1000:,.2f} {costs.before_currency}".strip()
        after = f"{costs.after_per_1000:,.2f} {costs.after_currency}".strip()
        yield f"cost per 1,000 people {before} -> {after}"


def _why(example: Example) -> str:
    return one_line(example.why)


def _apart(comparison: Comparison) -> Iterator[str]:
    if comparison.apart:
        yield f"the events were read twice: {'; '.join(comparison.apart)}"
    if comparison.read.interrupted:
        yield "interrupted: what is told is of what was read until then"


def _misfits(comparison: Comparison) -> Iterator[str]:
    for one in comparison.read.misfits:
        yield f"{counted(one.count, 'event')} of {one.type} do not fit the {one.side} version: {one.why}"
