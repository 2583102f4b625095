"""Handing everybody over to the program that runs already changes nothing: not a record, not its place."""

from __future__ import annotations

import random

import pytest

from tests.oracle.generate import FEATURES, case
from tests.plan.succession import events_of, taken_over, undisturbed

PLAIN = FEATURES - {"erase"}


def differing(seed: int) -> str:
    made = case(seed, PLAIN)
    events, end = events_of(made.program, made.feeds, made.until)
    if len(events) < 2:
        return ""
    change = random.Random(seed).randrange(events[0].at + 1, events[-1].at + 2)
    was = undisturbed(made.program, events, end)
    now, _ = taken_over(made.program, made.program, events, change, end)
    for one, other in zip(sorted(was, key=key), sorted(now, key=key), strict=False):
        if one != other:
            return f"seed {seed} at {change}: {one} became {other}"
    return "" if len(was) == len(now) else f"seed {seed}: {len(was)} records became {len(now)}"


def key(record: tuple[int, str, int, dict[str, object]]) -> tuple[int, str, int]:
    return record[:3]


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_a_handover_to_the_same_program_changes_nothing(start: int) -> None:
    found = [told for seed in range(start, start + 20) if (told := differing(seed))]
    assert not found, "\n".join(found[:3])
