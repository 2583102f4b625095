"""Killed, stalled, without room on its disk: a run gives the trace and the deliveries of one to which nothing happened. A few
strikes here; hundreds by `python -m tests.live.storm`."""

from __future__ import annotations

import pytest

from tests.live.storm import Wind, differences, in_storm, project, undisturbed


@pytest.mark.long
@pytest.mark.parametrize("seed", [2])
def test_a_run_in_a_storm_is_as_if_nothing_had_happened(seed: int) -> None:
    pytest.importorskip("httpx", reason="needs the extra webhook")
    whole = project(seed, 200)
    storm = in_storm(whole, Wind(seed, kills=6, tries=1))
    assert storm.weather["killed"] >= 3, storm.weather
    assert differences(undisturbed(whole), storm) == []
