"""What two versions do with the same events, told for people: a headline, tables, shifts in time, costs, examples.

Long lists are folded and counted; the JSON has all.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rtj.base.plain import one_line
from rtj.ir.comparison import Comparison, Difference, DifferenceKind, Example, Read, Shift
from rtj.report.diff_numbers import Number, numbers
from rtj.report.moments import counted, length_words
from rtj.report.summary import DEAD, name_some

EXAMPLES_MAX, EXAMPLES_ALIKE, ROWS_MAX = 5, 2, 20
TEXT_MAX = 300  # characters of one text: facts of people may be long
BOTH = "either version"
_PLAIN = re.compile(r"[\w:@.+/#-]+")
_MASKED = re.compile(r"~[0-9a-f]{16}")
COLUMNS = ("before", "after", "more", "fewer", "earlier", "later", "other")
_OF_MESSAGES: dict[DifferenceKind, int] = {"more": 2, "fewer": 3, "earlier": 4, "later": 5, "content": 6, "channel": 6}
_HEAD: tuple[tuple[DifferenceKind, str], ...] = (
    ("more", "more"), ("fewer", "fewer"), ("earlier", "earlier"), ("later", "later"), ("content", "with other content"),
    ("channel", "by another channel"),
)  # fmt: skip

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a journey by a channel, with the numbers of `COLUMNS`."""

    journey: str
    message: str
    channel: str
    numbers: tuple[int, ...]

    @property
    def differ(self) -> int:
        """How often it differs."""
        return sum(self.numbers[2:])


@dataclass(frozen=True, slots=True)
class Price:
    """What messages cost: `name` ("per 1,000 people", or a channel), before, after and by how much more, as texts; `share` of all
    that is spent after, "" where it is everything or unknown."""

    name: str
    before: str
    after: str
    change: str
    share: str = ""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`scope`: what was compared; `messages` and `numbers`, each with a sentence of how many more there are; `examples`: people
    and why; `seen`: how to see one of them; `remarks`: of how it was compared."""

    headline: str
    scope: str = ""
    messages: tuple[Message, ...] = ()
    more_messages: str = ""
    numbers: tuple[Number, ...] = ()
    more_numbers: str = ""
    shifts: tuple[Shift, ...] = ()
    costs: tuple[Price, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    seen: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Does nothing differ?"""
        return not self.scope


def behaviour(comparison: Comparison) -> Behaviour:
    """Tell a comparison. A result without a difference has a headline that says so, and nothing else."""
    events = counted(comparison.read.events, "event")
    people = counted(comparison.people, "person", "people")
    remarks = tuple(map(_cut, (*comparison.remarks, *_apart(comparison), *_misfits(comparison), *_unread(comparison.read))))
    if not comparison.differ and not comparison.differences:
        return Behaviour(f"no difference in {events} of {people}", remarks=remarks)
    messages, more_messages = _folded(_messages(comparison))
    found, more_numbers = _folded(numbers(comparison))
    examples = tuple((_cut(one.profile, 80), _cut(one.why)) for one in _various(comparison.examples))
    return Behaviour(
        headline=_headline(comparison),
        scope=f"{events} of {people}; {comparison.same:,} {'gets' if comparison.same == 1 else 'get'} the same",
        messages=messages,
        more_messages=more_messages,
        numbers=found,
        more_numbers=more_numbers,
        shifts=tuple(shift for shift in comparison.shifts if shift.earlier or shift.later),
        costs=tuple(_costs(comparison)),
        examples=examples,
        seen=_seen(examples),
        remarks=remarks,
    )


def _various(examples: Sequence[Example]) -> list[Example]:
    """Those who part from what they got at different decisions, then some of the others."""
    firsts: dict[tuple[object, ...], Example] = {}
    for one in examples:
        parted = tuple(record and (record.get("journey"), record.get("node"), record["what"]) for record in (one.old, one.new))
        firsts.setdefault(parted, one)
    chosen = list(firsts.values())[:EXAMPLES_MAX]
    return chosen + [one for one in examples if one not in chosen][: max(0, EXAMPLES_ALIKE - len(chosen))]


def _seen(examples: Sequence[tuple[str, str]]) -> str:
    """How to see the first of them who can be named; a masked name is no name to ask for."""
    known = [name for name, _ in examples if not _MASKED.search(name)]
    if known:
        return f"--profile {_quoted(known[0])}"
    return "--profile NAME, with a name from --show-pii," if examples else ""


def _quoted(name: str) -> str:
    """As one types it; letters of any script need no quotes."""
    return name if _PLAIN.fullmatch(name) else shlex.quote(name)


def bin_words(shift: Shift) -> str:
    """How long the shifts of a bin are."""
    return "more than 7d" if shift.bin == "more" else f"up to {shift.bin}"


def _folded(rows: Sequence[Row]) -> tuple[tuple[Row, ...], str]:
    more = len(rows) - ROWS_MAX
    if more <= 1:  # a sentence takes as much room as one more row
        return tuple(rows), ""
    return tuple(rows[:ROWS_MAX]), f"and {more:,} more rows; --format json has all"


def _cut(text: str, most: int = TEXT_MAX) -> str:
    told = one_line(text[: most * 8])
    return told if len(told) <= most else f"{told[:most]}…"


# ---- in one sentence


def _headline(comparison: Comparison) -> str:
    """For how many people, and what they get otherwise: a part for each way in which messages differ."""
    differ, people = comparison.differ, counted(comparison.people, "person", "people")
    totals: dict[str, int] = defaultdict(int)
    for one in comparison.differences:
        totals[one.place.kind] += one.count
    parts: list[str] = []
    for kind, words in _HEAD:
        if totals[kind]:
            number = f"{totals[kind]:,}" if parts else counted(totals[kind], "message")
            parts.append(f"{number} {words}{_median(comparison.differences, kind, comparison)}")
    who = f"{differ:,} of {people} {'goes' if differ == 1 else 'go'} another way"
    if not parts:
        return f"{who}, and {'gets' if differ == 1 else 'get'} the same messages"
    return f"{who}: {', '.join(parts)}"


def _median(found: Sequence[Difference], kind: DifferenceKind, comparison: Comparison) -> str:
    """How much earlier or later half of them are at most."""
    if kind not in ("earlier", "later"):
        return ""
    median = comparison.median_earlier_ms if kind == "earlier" else comparison.median_later_ms
    alike = len({(one.least_ms, one.most_ms) for one in found if one.place.kind == kind} | {(median, median)}) == 1
    return f" ({'by' if alike else 'median'} {length_words(median)})"


# ---- tables


def _messages(comparison: Comparison) -> list[Message]:
    """Those that differ; a message counts where it is sent now, one that is gone where it was. The journey with most comes first,
    in it the message with most."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(COLUMNS))
    for sent in comparison.sent:
        row = found[sent.journey, sent.message, sent.channel]
        row[0] += sent.before
        row[1] += sent.after
    for one in comparison.differences:
        column = _OF_MESSAGES.get(one.place.kind)
        if column is not None:
            found[one.place.journey, one.place.message, one.place.after or one.place.before][column] += one.count
    rows = [
        Message(_cut(journey, 80), _cut(message, 80), _cut(channel, 80), tuple(row))
        for (journey, message, channel), row in found.items()
        if any(row[2:]) or row[0] != row[1]
    ]
    totals: dict[str, int] = defaultdict(int)
    for message in rows:
        totals[message.journey] += message.differ
    return sorted(rows, key=lambda m: (-totals[m.journey], m.journey, -m.differ, m.message, m.channel))


def _costs(comparison: Comparison) -> Iterator[Price]:
    costs = comparison.costs
    if not costs.before and not costs.after:
        return
    share = 1_000 / comparison.people if comparison.people else 0.0
    alike = costs.before_currency == costs.after_currency

    def price(name: str, before: float, after: float, part: str = "") -> Price:
        was, now = f"{before:,.2f} {costs.before_currency}".strip(), f"{after:,.2f} {costs.after_currency}".strip()
        change = f"{after - before:+,.2f}" if alike and f"{before:.2f}" != f"{after:.2f}" else ""
        return Price(name, was, now, change, part)

    yield price("per 1,000 people", costs.before_per_1000, costs.after_per_1000)
    if len(costs.channels) > 1:
        for one in costs.channels:
            part = f"{100 * one.after / costs.after:.0f}% of it" if costs.after else ""
            yield price(_cut(one.channel, 80), one.before * share, one.after * share, part)


# ---- how it was compared


def _apart(comparison: Comparison) -> Iterator[str]:
    if comparison.apart:
        yield f"the events were read twice: {'; '.join(comparison.apart)}"
    if comparison.read.interrupted:
        yield "interrupted: what is told is of what was read until then"


def _misfits(comparison: Comparison) -> Iterator[str]:
    for one in comparison.read.misfits:
        fit = "does not fit" if one.count == 1 else "do not fit"
        yield f"{counted(one.count, 'event')} of {one.type} {fit} the {one.side} version: {one.why}"


def _unread(read: Read) -> Iterator[str]:
    """Lines that are no events, and events of types that are not declared; those that fit one version are told as such."""
    dead = {"old": Counter(dict(read.old_dead)), "new": Counter(dict(read.new_dead))}
    for misfit in read.misfits:
        dead[misfit.side]["properties"] -= misfit.count
    for who, found in _by_version(dead["old"], dead["new"]):
        what = name_some(tuple(f"{count:,} {DEAD.get(reason, reason)}" for reason, count in _ordered(found)))
        yield f"{counted(found.total(), 'line')} of no use to {who}: {what}"
    for who, found in _by_version(Counter(dict(read.old_unknown)), Counter(dict(read.new_unknown))):
        what = name_some(tuple(f"{kind} ({count:,})" for kind, count in _ordered(found)))
        declares = "neither version declares" if who == BOTH else f"{who} does not declare"
        yield f"{counted(found.total(), 'event')} of types that {declares}: {what}"


def _ordered(found: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent first."""
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def _by_version(old: Counter[str], new: Counter[str]) -> Iterator[tuple[str, Counter[str]]]:
    """What is found, by the version that it is found for."""
    old, new = +old, +new
    if old == new:
        yield from [(BOTH, old)] if old else []
        return
    yield from ((f"the {side} version", found) for side, found in (("old", old), ("new", new)) if found)
