"""Places in time: lengths after the start, exact or of the calendar, and moments."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from rtj.scenario.times import Clock, instant_of, offset_text, read_time

BERLIN = Clock(1_774_684_800_000, ZoneInfo("Europe/Berlin"))  # 2026-03-28T09:00 there, the day before clocks change
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("+0s", 0),
        ("+1h30m", 1.5),
        ("+1d", 24),
        ("+1 day", 23),
        ("+2days", 47),
        ("-1d12h", -36),
        ("+1w", 168),
        ("2026-03-29T09:00", 23),
        ("2026-03-29", 15),
        ("2026-03-28T08:00:00Z", 0),
        ("2026-03-28t08:00:00.500z", 0.5 / 3600),
        ("2026-03-28 09:00", 0),
        ("2026-03-28T10:00+02:00", 0),
    ],
)
def test_times(text: str, hours: float) -> None:
    time = read_time(text)
    assert time is not None
    at = instant_of(time, BERLIN)
    assert at is not None
    assert (at - BERLIN.start) / HOUR == pytest.approx(hours)


@pytest.mark.parametrize(
    "text", ["", "+", "30m", "+30", "+30x", "+m", "+1h 30m", "+1.5h", "2026-02-30", "26-03-01", "09:00", "+99999999999w", "+ 1h"]
)
def test_what_is_no_time(text: str) -> None:
    assert read_time(text) is None


def test_a_time_outside_the_calendar_is_no_instant() -> None:
    for text in ("+9999 years", "-60000000h", "+418000w"):
        time = read_time(text)
        assert time is not None
        assert instant_of(time, BERLIN) is None


def test_offsets_are_told_as_they_are_written() -> None:
    assert [offset_text(ms, 0) for ms in (0, 1_800_000, 26 * HOUR, -HOUR)] == ["+0s", "+30m", "+1d2h", "-1h"]
