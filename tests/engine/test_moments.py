"""Where calendar waits end and schedules come round (S1.1, S5.1, S6.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rtj.engine.calendar import INFINITY, find_zone, iso
from rtj.engine.moments import next_clock, next_day, next_occurrence
from rtj.ir.journey import OnSchedule

BERLIN = find_zone("Europe/Berlin") or UTC


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "minute", "until", "end"),
    [
        pytest.param("2026-03-01T08:00:00+01:00", 540, None, "2026-03-01T08:00:00.000Z", id="later today"),
        pytest.param("2026-03-01T09:00:00+01:00", 540, None, "2026-03-01T08:00:00.000Z", id="now included"),
        pytest.param("2026-03-01T09:00:01+01:00", 540, None, "2026-03-02T08:00:00.000Z", id="tomorrow"),
        pytest.param("2026-03-28T10:00:00+01:00", 540, None, "2026-03-29T07:00:00.000Z", id="over the change of clocks"),
        pytest.param("2026-03-28T10:00:00+01:00", 150, None, "2026-03-29T01:00:00.000Z", id="a time that is skipped"),
        pytest.param("2026-03-01T09:30:00+01:00", 540, 600, "2026-03-01T08:30:00.000Z", id="inside the window"),
        pytest.param("2026-03-01T10:00:00+01:00", 540, 600, "2026-03-02T08:00:00.000Z", id="the window has closed"),
    ],
)
def test_the_next_clock(now: str, minute: int, until: int | None, end: str) -> None:
    assert iso(next_clock(ms(now), minute, until, BERLIN)) == end


def test_the_next_weekday_may_be_today_unless_next_is_said() -> None:
    sunday_at_eight = ms("2026-03-01T08:00:00+01:00")

    assert iso(next_day(sunday_at_eight, (6,), (540, None), BERLIN, 0)) == "2026-03-01T08:00:00.000Z"
    assert iso(next_day(sunday_at_eight, (6,), (540, None), BERLIN, 1)) == "2026-03-08T08:00:00.000Z"
    assert iso(next_day(sunday_at_eight, (0, 1, 2, 3, 4), (600, None), BERLIN, 0)) == "2026-03-02T09:00:00.000Z"


def schedule(**words: Any) -> OnSchedule:
    return OnSchedule(audience="everyone", **words)


@pytest.mark.parametrize(
    ("spec", "days"),
    [
        pytest.param(schedule(unit="day", clock=540), ["01-01", "01-02", "01-03"], id="every day"),
        pytest.param(schedule(unit="week", days=(0,), clock=540), ["01-05", "01-12", "01-19"], id="every monday"),
        pytest.param(
            schedule(unit="week", every=2, days=(3,), clock=540, starting="2026-01-08"), ["01-08", "01-22", "02-05"], id="2 weeks"
        ),
        pytest.param(schedule(unit="month", dates=(1, 15), clock=540), ["01-01", "01-15", "02-01"], id="dates"),
        pytest.param(schedule(unit="month", dates=(-1,), clock=540), ["01-31", "02-28", "03-31"], id="last day"),
        pytest.param(schedule(unit="month", dates=(31,), clock=540), ["01-31", "03-31", "05-31"], id="months without the day"),
        pytest.param(schedule(unit="month", nth=((2, 1),), clock=540), ["01-13", "02-10", "03-10"], id="second tuesday"),
        pytest.param(schedule(unit="month", nth=((-1, 4),), clock=540), ["01-30", "02-27", "03-27"], id="last friday"),
        pytest.param(schedule(unit="once", date="2026-02-03", clock=540), ["02-03"], id="once"),
    ],
)
def test_schedules_come_round(spec: OnSchedule, days: list[str]) -> None:
    at, found = ms("2026-01-01T00:00:00+01:00"), []
    for _ in days:
        at = next_occurrence(spec, BERLIN, at)
        found.append(iso(at))
        at += 1

    assert [f[5:10] for f in found] == days
    assert {datetime.fromisoformat(f).astimezone(BERLIN).hour for f in found} == {9}


def test_a_schedule_includes_now_and_ends() -> None:
    once = schedule(unit="once", date="2026-02-03", clock=0)
    at = ms("2026-02-03T00:00:00+01:00")

    assert next_occurrence(once, BERLIN, at) == at
    assert next_occurrence(once, BERLIN, at + 1) == INFINITY


def test_exact_periods_have_an_anchor() -> None:
    six_hours = schedule(unit="exact", ms=6 * 3_600_000, starting="2026-01-01", clock=60)
    at = ms("2026-01-01T00:00:00+01:00")

    assert iso(next_occurrence(six_hours, BERLIN, at)) == "2026-01-01T00:00:00.000Z"
    assert iso(next_occurrence(six_hours, BERLIN, ms("2026-04-01T03:00:00+02:00"))) == "2026-04-01T06:00:00.000Z"
