"""The engine says what the naive reading of the rules says: in the order of work, and grouped by connected components."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.compare import difference
from tests.oracle.generate import FEATURES, case

FEW = 240
MANY = 6_000
WAYS = ("ordered", "grouped")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", range(0, FEW, 40))
def test_random_cases(way: str, start: int) -> None:
    for seed in range(start, start + 40):
        found = difference(case(seed), way)
        assert found is None, found


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_with_one_feature_alone(feature: str) -> None:
    """Small cases fail where it is easy to see why."""
    for seed in range(10):
        for way in WAYS:
            found = difference(case(seed, frozenset({feature})), way)
            assert found is None, found


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", range(10_000, 10_000 + MANY, 500))
def test_many_random_cases(way: str, start: int) -> None:
    for seed in range(start, start + 500):
        found = difference(case(seed), way)
        assert found is None, found


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64), features=st.frozensets(st.sampled_from(sorted(FEATURES))))
def test_any_choice_of_features(seed: int, features: frozenset[str]) -> None:
    found = difference(case(seed, features), "ordered")
    assert found is None, found
