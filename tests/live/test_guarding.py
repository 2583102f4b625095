"""What guardrails measure: windows that go by the clock of events, in bounded memory, and what is concluded of them."""

from __future__ import annotations

import pytest

from rtj.ir.environments import Guardrail, Measure
from rtj.ir.journey import Journey
from rtj.live.guarding import GRAINS, Measured, Trip, Window, WindowState
from rtj.live.meters import meters
from rtj.live.vitals import Vitals

MINUTE = 60_000
SPEC = Journey("welcome", (), (), None)


def window(measure: Measure = "errors", above: int = 20_000, at_least: int = 10) -> Window:
    return Window(Guardrail("g", measure, above, 30 * MINUTE, at_least), SPEC, "who", 0)


def test_a_window_moves_on_with_the_clock() -> None:
    one = window()
    for minute in range(60):
        one.add(minute * MINUTE, minute % 2, 1)

    now = one.measured(60 * MINUTE)
    assert now.of in range(28, 31), "the last half hour, to a step"
    assert now.bad in range(14, 16)
    assert one.measured(95 * MINUTE) == Measured(0, 0)


def test_what_comes_late_counts_where_it_happened() -> None:
    one = window()
    one.add(100 * MINUTE, 0, 1)
    one.add(10 * MINUTE, 1, 1)  # long ago

    assert one.measured(100 * MINUTE) == Measured(0, 1)


def test_its_memory_is_bounded_however_long_nobody_asks() -> None:
    one = window()
    for minute in range(100_000):
        one.add(minute * MINUTE, 1, 1)

    assert len(one.grains) <= 2 * GRAINS + 1


@pytest.mark.parametrize(
    ("measure", "above", "at_least", "bad", "of", "broken"),
    [
        ("errors", 20_000, 200, 5, 200, True),
        ("errors", 20_000, 200, 4, 200, False),  # not more than 2 %
        ("errors", 20_000, 200, 199, 199, False),  # too few to tell
        ("errors", 0, 1, 1, 1_000_000, True),
        ("messages", 600, 0, 601, 0, True),
        ("messages", 600, 0, 600, 0, False),
    ],
)
def test_what_is_broken(measure: Measure, above: int, at_least: int, bad: int, of: int, broken: bool) -> None:
    assert window(measure, above, at_least).is_broken(Measured(bad, of)) == broken


def test_what_is_kept_is_what_was_measured() -> None:
    one, other = window(), window()
    for minute in range(20):
        one.add(minute * MINUTE, minute % 3, 3)
    one.told = True
    state = one.state()
    other.restore(state)

    assert isinstance(state, WindowState)
    assert other.state() == state
    assert other.measured(20 * MINUTE) == one.measured(20 * MINUTE)


def test_it_is_told_in_words() -> None:
    share = Trip(
        Guardrail("complaints", "opt_outs", 25_000, 3_600_000), "welcome", "ramp", Measured(13, 312), Measured(21, 5_120)
    )
    flood = Trip(Guardrail("flood", "messages", 600, 90_000, 0), "welcome", "pause", Measured(601, 0))

    assert (
        share.words
        == "complaints: 4.2 % opt-outs (13 of 312 messages in 1h), more than 2.5 %; in the version before 0.4 % (21 of 5120)"
    )
    assert flood.words == "flood: 601 messages in 90s, more than 600"


def test_metrics_count_trips() -> None:
    vitals = Vitals()
    vitals.trips.add(1, "complaints", "welcome")

    (found,) = [one for one in meters(vitals, 0) if one.name == "rtj_guardrail_trips_total"]
    assert found.samples == ((("complaints", "welcome"), 1),)
    assert found.labels == ("guardrail", "journey")
