"""Calendar arithmetic: gaps, overlaps, ends of months, checked against zoneinfo in both hemispheres (S1.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtj.engine.calendar import (
    INFINITY,
    at_clock,
    day_of,
    find_zone,
    iso,
    local,
    next_hour,
    next_midnight,
    shift,
    shift_day,
    to_date,
    to_day,
    to_instant,
    unit_end,
    unit_start,
)
from rtj.ir.expr import Length

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Pacific/Apia")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
instants = st.integers(0, 2_000_000_000_000)
zones = st.sampled_from(ZONES)


def ms(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        pytest.param("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00.000Z", id="a gap ends at its first instant"),
        pytest.param("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00.000Z", id="of two the earlier"),
        pytest.param("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00.000Z", id="just after a gap"),
        pytest.param("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00.000Z", id="a gap of half an hour"),
        pytest.param("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00.000Z", id="a day that never was"),
    ],
)
def test_wall_clocks(zone: str, wall: str, instant: str) -> None:
    found = find_zone(zone)
    assert found is not None

    assert iso(to_instant(datetime.fromisoformat(wall), found)) == instant


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2026-01-31", Length(months=1), "2026-02-28"),
        ("2024-01-31", Length(months=1), "2024-02-29"),
        ("2024-02-29", Length(months=12), "2025-02-28"),
        ("2026-12-31", Length(months=2), "2027-02-28"),
        ("2026-03-01", Length(days=14), "2026-03-15"),
    ],
)
def test_months_end_early_where_the_day_is_missing(start: str, length: Length, end: str) -> None:
    moved = shift_day(to_day(datetime.fromisoformat(start).date()), length, 1)

    assert to_date(moved).isoformat() == end


def test_a_day_over_the_change_of_clocks_keeps_the_wall_clock() -> None:
    berlin = find_zone("Europe/Berlin")
    assert berlin is not None

    assert iso(shift(ms("2026-03-28T09:00:00+01:00"), Length(days=1), 1, berlin)) == "2026-03-29T07:00:00.000Z"
    assert iso(shift(ms("2026-03-28T09:00:00+01:00"), Length(ms=86_400_000), 1, berlin)) == "2026-03-29T08:00:00.000Z"


@given(instants, zones)
def test_a_wall_clock_leads_back_to_its_instant_or_the_earlier_of_two(instant: int, name: str) -> None:
    zone = find_zone(name)
    assert zone is not None
    wall = local(instant, zone)

    found = to_instant(wall.replace(tzinfo=None), zone)

    assert found <= instant
    assert local(found, zone).replace(tzinfo=None, fold=0) == wall.replace(tzinfo=None, fold=0)


@given(instants, zones, st.integers(0, 1439))
def test_a_clock_shows_at_least_its_time(instant: int, name: str, minute: int) -> None:
    zone = find_zone(name)
    assert zone is not None
    day = day_of(instant, zone)

    shown = local(at_clock(day, minute, zone), zone)

    assert (shown.toordinal(), shown.hour * 60 + shown.minute) >= (to_date(day).toordinal(), minute)
    assert local(at_clock(day, minute, zone) - 1, zone).replace(tzinfo=None) < shown.replace(tzinfo=None)


@given(instants, zones)
def test_midnights_and_hours_are_the_next_ones(instant: int, name: str) -> None:
    zone = find_zone(name)
    assert zone is not None

    midnight, hour = next_midnight(instant, zone), next_hour(instant, zone)

    assert instant < midnight
    assert day_of(midnight - 1, zone) == day_of(instant, zone) != day_of(midnight, zone)
    assert instant < hour <= instant + 3_600_000
    assert local(hour, zone).minute in (0, 30)


@given(instants, zones, st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_units_hold_their_instants(instant: int, name: str, unit: str) -> None:
    zone = find_zone(name)
    assert zone is not None

    start, end = unit_start(instant, unit, zone), unit_end(instant, unit, zone)

    assert start <= instant < end
    assert unit_start(end, unit, zone) == end
    assert unit_start(end - 1, unit, zone) == start


def test_far_instants_do_not_overflow() -> None:
    assert shift(ms("9999-12-01T00:00:00+00:00"), Length(months=12), 1, UTC) == INFINITY
    assert find_zone("Mars/Olympus") is None
    assert find_zone("../etc/passwd") is None
