"""The engine says what the naive reading of the rules says: in the order of work, and grouped by connected components."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.compare import differences
from tests.oracle.generate import FEATURES, case

FEW = 100
MANY = int(os.environ.get("RTJ_CASES", "250"))  # of the long run; give more to look deeper


@pytest.mark.parametrize("start", range(0, FEW, 20))
def test_random_cases(start: int) -> None:
    for seed in range(start, start + 20):
        found = differences(case(seed))
        assert found is None, found


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_with_one_feature_alone(feature: str) -> None:
    """Small cases fail where it is easy to see why."""
    for seed in range(6):
        found = differences(case(seed, frozenset({feature})))
        assert found is None, found


@pytest.mark.long
@pytest.mark.parametrize("start", range(10_000, 10_000 + MANY, 50))
def test_many_random_cases(start: int) -> None:
    for seed in range(start, start + 50):
        found = differences(case(seed))
        assert found is None, found


@pytest.mark.long
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64), features=st.frozensets(st.sampled_from(sorted(FEATURES))))
def test_any_choice_of_features(seed: int, features: frozenset[str]) -> None:
    found = differences(case(seed, features))
    assert found is None, found
