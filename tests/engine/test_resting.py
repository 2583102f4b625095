"""A profile at rest is a few hundred bytes, wakes as what it was when any part of it is read, and stays awake when something of
it only lives as an object. That journeys notice nothing is proved by the run `resting` of every script and random case."""

from __future__ import annotations

import sys
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtj.engine.calendar import INFINITY
from rtj.engine.state import NOTHING, PACKED, Partial, Profile
from rtj.ir.records import Day, Event, Instant

BYTES_MAX = 320

texts = st.one_of(st.text(max_size=20), st.just("日本 🦊"))
values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts)
dated = st.one_of(st.integers(-(10**6), 10**6).map(Day), st.integers(0, 2**45).map(Instant), st.tuples(texts, texts))
stamps = st.tuples(st.integers(0, 2**45), st.integers(0, 9), st.integers(0, 2**60))


def profile(attributes: list[Any], stamped: list[Any], aggregates: list[Any]) -> Profile:
    p = Profile("user_id:ada", (1_772_323_200_000, True, 0, 7), len(attributes), len(aggregates))
    p.attributes, p.stamps, p.aggregates = attributes, stamped, aggregates
    p.next_changes = [INFINITY, 1_772_323_300_000]
    return p


def content(p: Profile) -> list[tuple[Any, type]]:
    """All that is packed, with the types of attributes, which `==` does not see."""
    found: list[Any] = [getattr(p, name) for name in PACKED]
    return [(value, type(value)) for value in (*found, *p.attributes, *p.aggregates)]


@given(st.lists(st.one_of(values, dated), min_size=1, max_size=6), st.lists(st.none() | stamps, min_size=6, max_size=6))
def test_what_is_packed_comes_back(attributes: list[Any], stamped: list[Any]) -> None:
    def make() -> Profile:
        windows = [array("q", (5, 7)), array("d", (5, 1.5)), None, 3, [2, 0, [1.5]], [((1, 0, 2), "x", 1, None)]]
        return profile(list(attributes), stamped[: len(attributes)], windows)

    p = make()
    p.rest()
    assert p.packed is not None
    assert content(p) == content(make())
    assert p.packed is None


def test_one_stamp_for_many_attributes_stays_one() -> None:
    stamp = (1_772_323_200_000, 0, 9)
    p = profile(["a", None, "b"], [stamp, None, stamp], [])
    p.rest()
    assert p.stamps == [stamp, None, stamp]
    assert p.stamps[0] is p.stamps[2]


def test_an_ordinary_profile_rests_in_few_bytes() -> None:
    stamp = (1_772_323_200_000, 0, 123_456)
    known = ["Ada", "Lovelace", "ada.lovelace@example.com", "DE", "Berlin", "paid", Day(3_000), 4, 1.73, True]
    p = profile(known, [stamp] * 10, [array("d", (stamp[0], 19.5)), array("q", (stamp[0],))])
    p.rest()
    assert sys.getsizeof(p.packed) < BYTES_MAX


@pytest.mark.parametrize("part", ["event", "partial", "sends"])
def test_what_only_lives_as_an_object_keeps_a_profile_awake(part: str) -> None:
    p = profile([None], [None], [None])
    if part == "event":
        p.aggregates[0] = [((1, 0, 0), 1, 1, Event(1, 0, 0, "purchase", "e1", 1, ()))]
    elif part == "partial":
        p.partials = {(0, None): Partial()}
    else:
        p.sends = []
    p.rest()
    assert p.packed is None
    assert p.attributes == [None]


def test_nobody_enters_a_profile_at_rest_unseen() -> None:
    p = profile([], [], [])
    p.rest()
    with pytest.raises(AssertionError):
        p.instances[0, None] = None  # type: ignore[assignment]
    p.wake()
    assert p.instances == {}
    assert type(p.instances) is dict
    assert p.attributes is NOTHING, "what nobody writes into is shared"


def test_resting_and_waking_twice_is_once() -> None:
    p = profile(["a"], [None], [])
    p.rest()
    packed = p.packed
    p.rest()
    assert p.packed is packed
    assert p.origin == "user_id:ada"
    with pytest.raises(AttributeError):
        p.nothing_of_the_kind  # type: ignore[attr-defined] # noqa: B018
