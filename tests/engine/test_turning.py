"""Conditions that follow the date alone: whoever is looked at only on the days that are named misses no change of theirs, and is
not looked at every day (S4.2).

Held against the condition itself, evaluated on every single day of some years, leap years among them.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.engine.calendar import INFINITY, at_clock, next_midnight, to_day
from rtj.engine.machine import Machine
from rtj.engine.state import Profile

PROJECT = """
project: t
timezone: Europe/Berlin
identity: {u: {kind: person, priority: 1}}
events:
  told: {born: date, seen: instant, zone: string, number: number}
profile:
  timezone: {from: told.zone, type: string?}
  born: {from: told.born, type: date?}
  seen: {from: told.seen, type: instant?}
  number: {from: told.number, type: number?}
audiences:
  a: CONDITION
"""
CONDITIONS = (
    "anniversary(profile.born) == today()",
    "anniversary(profile.born) != today()",
    "anniversary(profile.born) > today()",
    "anniversary(profile.born) - 3 days <= today() and today() < anniversary(profile.born)",
    "today() + 1 week == anniversary(profile.born)",
    "days_between(today(), anniversary(profile.born)) == 5",
    "days_between(now(), profile.born) < profile.number",
    "days_between(profile.seen, now()) >= 30",
    "days_between(profile.seen, now()) == profile.number",
    "days_between(profile.seen, now()) + 0.5 > profile.number",
    "today() - profile.born > 40d",
    "today() > profile.born",
    "date(now()) == date(profile.seen)",
    "date(profile.seen) + 1 day == today()",
    "age(profile.born) >= 2",
    "age(profile.born) == profile.number",
    "year(now()) == year(profile.born)",
    "month(today()) == month(profile.born)",
    "month(today()) == month(profile.born) and day(today()) == day(profile.born)",
    "not (today() < profile.born) or weekday(now()) == 'sunday'",
)
DAYS = (to_day(date(2019, 12, 20)), to_day(date(2022, 1, 20)))
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", None)


def _machine(condition: str) -> Machine:
    compiled = compile_text(PROJECT.replace("CONDITION", condition))
    assert compiled.program is not None, compiled.diagnostics
    return Machine(compiled.program)


def _profile(machine: Machine, values: dict[str, object]) -> Profile:
    p = Profile("u:1", (0, True, 0, 0), len(machine.program.mappings), len(machine.program.aggregates))
    for name, value in values.items():
        p.attributes[machine.attribute_slots[name]] = value
    return p


@pytest.mark.parametrize("condition", CONDITIONS)
@settings(max_examples=25, deadline=None)
@given(
    born=st.none() | st.integers(*DAYS) | st.just(to_day(date(2020, 2, 29))),
    seen=st.none() | st.integers(DAYS[0] * 86_400_000, DAYS[1] * 86_400_000),
    number=st.none() | st.integers(-3, 60) | st.sampled_from([0.5, 29.5]),
    zone=st.sampled_from(ZONES),
    first=st.integers(*DAYS),
)
def test_no_day_is_missed(
    condition: str, born: int | None, seen: int | None, number: float | None, zone: str | None, first: int
) -> None:
    machine = _machine(condition)
    item = machine.items[0]
    assert item.condition is not None
    p = _profile(machine, {"born": born, "seen": seen, "number": number, "timezone": zone})
    place = ZoneInfo(zone or "Europe/Berlin")
    at = at_clock(first, 617, place)
    named = min((change(p, at, None) for change in item.changes), default=INFINITY)
    assert named > at
    held = bool(item.condition(p, at, None, None))
    for _ in range(800):
        midnight = next_midnight(at, place)
        for moment in (midnight - 1, midnight):
            if moment < named:
                assert bool(item.condition(p, moment, None, None)) == held
        if midnight >= named:
            break
        at = midnight


@pytest.mark.parametrize(
    ("condition", "looks_max"),
    [
        ("anniversary(profile.born) == today()", 12),
        ("days_between(profile.seen, now()) >= 30", 2),
        ("age(profile.born) >= 2", 8),
        ("today() == profile.born", 2),
    ],
)
def test_nobody_is_looked_at_every_day(condition: str, looks_max: int) -> None:
    machine = _machine(condition)
    item = machine.items[0]
    p = _profile(machine, {"born": to_day(date(2020, 5, 17)), "seen": to_day(date(2020, 3, 1)) * 86_400_000})
    at, looks, end = DAYS[0] * 86_400_000, 0, (DAYS[1] + 365) * 86_400_000
    while (at := min((change(p, at, None) for change in item.changes), default=INFINITY)) < end:
        looks += 1
    assert 0 < looks <= looks_max
