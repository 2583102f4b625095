"""Times as people type them become instants; what is none is refused with its option and itself."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rtj.base.errors import UsageError
from rtj.cli.times import instant, length_ms, read_time
from rtj.ir.expr import Length

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-31", "2026-03-30T22:00:00+00:00"),
        ("2026-03-31T09:00", "2026-03-31T07:00:00+00:00"),
        ("2026-03-31 09:00:30.5", "2026-03-31T07:00:30.500000+00:00"),
        ("2026-03-31T09:00Z", "2026-03-31T09:00:00+00:00"),
        ("2026-03-31t09:00:00z", "2026-03-31T09:00:00+00:00"),
        ("2026-03-31T09:00:00-05:00", "2026-03-31T14:00:00+00:00"),
        ("2026-03-29T02:30", "2026-03-29T01:00:00+00:00"),  # the gap of summer time: its end
    ],
)
def test_moments(text: str, expected: str) -> None:
    moment = read_time("--until", text)
    assert isinstance(moment, datetime)
    assert datetime.fromtimestamp(instant(moment, BERLIN) / 1000, UTC) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+30d", Length(ms=30 * 86_400_000)),
        ("+1h30m", Length(ms=5_400_000)),
        ("+500ms", Length(ms=500)),
        ("+0d", Length()),
        ("+1 month", Length(months=1)),
        ("+2weeks", Length(days=14)),
        ("+3 years", Length(months=36)),
    ],
)
def test_lengths(text: str, expected: Length) -> None:
    assert read_time("--until", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("0s", 0), ("1m30s", 90_000), ("2 weeks", 14 * 86_400_000), ("1month", 31 * 86_400_000)]
)
def test_how_long_is_said_as_in_journeys(text: str, expected: int) -> None:
    assert length_ms("--wait", text) == expected


@pytest.mark.parametrize("text", ["", "30", "-5s", "soon", "1s 2", "9999999999999h", "200 years"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(UsageError, match=r"--wait: .*such as 30s") as caught:
        length_ms("--wait", text)
    assert ("did you mean 30s?" in str(caught.value)) == (text == "30")


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "2026", "20260301", "2026-13-01", "2026-02-30", "2026-03-01T25:00", "10:00", "2026-W01-1"),
        *("30d", "+", "+5", "+5y", "+5d3", "+d", "+1h 30m", "+-5d", "-5d", "+999999999w"),
        *("2026-03-01T09:00+99:00", "٢٠٢٦-٠٣-٠١"),
    ],
)
def test_what_is_no_time_is_refused_with_the_option_and_the_text(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_time("--until", text)
    assert str(caught.value).startswith("--until: ")
    assert repr(text) in str(caught.value)
