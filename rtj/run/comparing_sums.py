"""What differs between two versions, summed up: as counts that add up over workers, and from them the result."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from rtj.ir.comparison import BINS, KINDS, Cost, Costs, Difference, DifferenceKind, Place, Sent, Shift, Side, Tally
from rtj.ir.program import Program
from rtj.run.comparing_person import Found

Counts: TypeAlias = dict[tuple[str, ...], int]
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
_STEPS = (
    (HOUR, SECOND),
    (DAY, MINUTE),
    (30 * DAY, HOUR),
    (1 << 62, DAY),
)  # up to, in steps of: so that few shifts are told apart
_TOLD = ("entered", "goal", "left", "blocked", "held", "refused", "inside")


def count_person(counts: Counts, found: Iterable[Found]) -> tuple[Place, ...]:
    """Count what differs for one person; the places, each once."""
    places: Counter[Place] = Counter()
    for place, shift in found:
        places[place] += 1
        if shift:
            length = abs(shift)
            step = next(step for limit, step in _STEPS if length < limit)
            counts["shift", *_key(place), str(max(step, (length + step // 2) // step * step))] += 1
            counts["bin", next(name for name, limit in BINS if length <= limit), place.kind] += 1
    for place, count in places.items():
        counts["found", *_key(place)] += count
        counts["whom", *_key(place)] += 1
    return tuple(sorted(places))


def _key(place: Place) -> tuple[str, ...]:
    return place.kind, place.journey, place.message, place.before, place.after


def _place(key: tuple[str, ...]) -> Place:
    kind = next(kind for kind in KINDS if kind == key[0])
    return Place(kind, *key[1:])


def differences_of(counts: Mapping[tuple[str, ...], int]) -> tuple[Difference, ...]:
    """By journey, message and kind."""
    shifts: dict[Place, Counter[int]] = defaultdict(Counter)
    for key, count in counts.items():
        if key[0] == "shift":
            shifts[_place(key[1:6])][int(key[6])] += count
    found = []
    for key, count in counts.items():
        if key[0] == "found":
            place = _place(key[1:])
            found.append(Difference(place, count, counts["whom", *key[1:]], *_span(shifts.get(place))))
    return tuple(sorted(found, key=lambda one: (one.place.journey, one.place.message, KINDS.index(one.place.kind), one.place)))


def median_of(counts: Mapping[tuple[str, ...], int], kind: DifferenceKind) -> int:
    """The median of all shifts of a kind, in ms; 0 where there is none."""
    shifts: Counter[int] = Counter()
    for key, count in counts.items():
        if key[0] == "shift" and key[1] == kind:
            shifts[int(key[6])] += count
    return _span(shifts)[1] if shifts else 0


def _span(shifts: Counter[int] | None) -> tuple[int, ...]:
    if not shifts:
        return ()
    ordered = sorted(shifts)
    middle = (shifts.total() + 1) // 2
    passed = 0
    for length in ordered:
        passed += shifts[length]
        if passed >= middle:
            return ordered[0], length, ordered[-1]
    raise AssertionError("no middle")


def shifts_of(counts: Mapping[tuple[str, ...], int]) -> tuple[Shift, ...]:
    """All bins, also empty ones."""
    return tuple(Shift(name, counts.get(("bin", name, "earlier"), 0), counts.get(("bin", name, "later"), 0)) for name, _ in BINS)


def _both(counts: Mapping[tuple[str, ...], int]) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """The counts of the engine, in both versions."""
    keys = {key[1:] for key in counts if key[0] in ("old", "new")}
    for key in sorted(keys):
        yield key, counts.get(("old", *key), 0), counts.get(("new", *key), 0)


def add_side(counts: Counts, side: Side, engine: Mapping[tuple[str, ...], int], journeys: Mapping[str, str]) -> None:
    """Take over what the engine counted for one version; `journeys`: their names in the newer version."""
    for key, count in engine.items():
        renamed = (key[0], journeys.get(key[1], key[1]), *key[2:]) if len(key) > 1 else key
        counts[side, *renamed] += count


def people_of(counts: Mapping[tuple[str, ...], int]) -> int:
    """How many people there were, merged ones once: as many as the version knows that knows more, and those of either version
    about whom anything was decided where these are not the same people."""
    known = counts.get(("known",), 0)
    return max(known, *(counts.get((side, "profiles"), 0) - counts.get((side, "merged"), 0) for side in ("old", "new")))


def sent_of(counts: Mapping[tuple[str, ...], int]) -> tuple[Sent, ...]:
    """Messages by journey, message and channel."""
    return tuple(Sent(key[1], key[2], key[3], before, after) for key, before, after in _both(counts) if key[0] == "message")


def tallies_of(counts: Mapping[tuple[str, ...], int]) -> tuple[Tally, ...]:
    """What happened to passages, by journey."""
    found = [
        Tally(key[1], key[0], key[2:], before, after) for key, before, after in _both(counts) if key[0] in _TOLD and len(key) > 1
    ]
    return tuple(sorted(found, key=lambda one: (one.journey, _TOLD.index(one.what), one.detail)))


def costs_of(counts: Mapping[tuple[str, ...], int], old: Program, new: Program, people: int) -> Costs:
    """What was sent, times what it costs."""
    prices = [{channel.name: channel.cost for channel in program.channels} for program in (old, new)]
    sent: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for key, before, after in _both(counts):
        if key[0] == "sent":
            sent[key[2]][0] += before
            sent[key[2]][1] += after
    channels = tuple(
        Cost(name, *(round(count * price.get(name, 0.0), 6) for count, price in zip(numbers, prices, strict=True)))
        for name, numbers in sorted(sent.items())
        if any(name in price and price[name] for price in prices)
    )
    was, now = sum((cost.before for cost in channels), 0.0), sum((cost.after for cost in channels), 0.0)
    share = 1_000 / people if people else 0.0
    return Costs(round(was, 6), round(now, 6), round(was * share, 6), round(now * share, 6), old.currency, new.currency, channels)
