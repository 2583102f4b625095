"""A profile at rest is a few hundred bytes, wakes as what it was when any part of it is read, and stays awake when something of
it only lives as an object. That journeys notice nothing is proved by the run `resting` of every script and random case."""

from __future__ import annotations

from array import array
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtj.engine.calendar import INFINITY
from rtj.engine.resting import PAGE_BYTES, Page, Resting
from rtj.engine.state import NOTHING, PACKED, Partial, Profile
from rtj.ir.records import Day, Event, Instant

BYTES_MAX = 240
PREFIXES = ("user_id:", "cookie:")

texts = st.one_of(st.text(max_size=20), st.just("日本 🦊"))
values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts)
dated = st.one_of(st.integers(-(10**6), 10**6).map(Day), st.integers(0, 2**45).map(Instant), st.tuples(texts, texts))
stamps = st.tuples(st.integers(0, 2**45), st.integers(0, 9), st.integers(0, 2**60))


def profile(attributes: list[Any], stamped: list[Any], aggregates: list[Any]) -> Profile:
    p = Profile("user_id:ada", (1_772_323_200_000, True, 0, 7), len(attributes), len(aggregates))
    p.attributes, p.stamps, p.aggregates = attributes, stamped, aggregates
    p.next_changes = [INFINITY, 1_772_323_300_000]
    return p


def put(*profiles: Profile) -> Resting:
    resting = Resting(PREFIXES)
    resting.put(profiles)
    return resting


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
    put(p)
    assert p.packed is not None
    assert content(p) == content(make())
    assert p.packed is None


@pytest.mark.parametrize("identifiers", [(), ((0, "ada"),), ((0, "eve"),), ((0, "ada"), (1, "x")), ((1, "x"), (0, "ada"))])
@pytest.mark.parametrize("origin", ["user_id:ada", "user_id:ada#2", ""])
@pytest.mark.parametrize("born", [(5, True, 1, 7), (5, False, 1, 7), (6, True, 1, 7)])
def test_origin_and_birth_come_back_whoever_they_are_like(identifiers: Any, origin: str, born: Any) -> None:
    p = profile(["a"], [(5, 1, 7)], [])
    p.identifiers, p.origin, p.born = identifiers, origin, born
    put(p)
    assert p.packed is not None
    assert p.identifiers == identifiers
    assert (p.origin, p.born, p.stamps) == (origin, born, [(5, 1, 7)])


def test_an_identifier_that_goes_takes_no_origin_with_it() -> None:
    p = profile(["a"], [None], [])
    p.identifiers = ((0, "ada"), (1, "x"))
    put(p)
    p.identifiers = ((1, "x"),)
    assert p.origin == "user_id:ada"


def test_one_stamp_for_many_attributes_stays_one() -> None:
    stamp = (1_772_323_200_000, 0, 9)
    p = profile(["a", None, "b"], [stamp, None, stamp], [])
    put(p)
    assert p.stamps == [stamp, None, stamp]
    assert p.stamps[0] is p.stamps[2]


def test_an_ordinary_profile_rests_in_few_bytes() -> None:
    stamp = (1_772_323_200_000, 0, 123_456)
    known = ["Ada", "Lovelace", "ada.lovelace@example.com", "DE", "Berlin", "paid", Day(3_000), 4, 1.73, True]
    p = profile(known, [stamp] * 10, [array("d", (stamp[0], 19.5)), array("q", (stamp[0],))])
    record = p.rest(PREFIXES)
    assert record is not None
    assert len(record) < BYTES_MAX


@pytest.mark.parametrize("part", ["event", "partial", "sends"])
def test_what_only_lives_as_an_object_keeps_a_profile_awake(part: str) -> None:
    p = profile([None], [None], [None])
    if part == "event":
        p.aggregates[0] = [((1, 0, 0), 1, 1, Event(1, 0, 0, "purchase", "e1", 1, ()))]
    elif part == "partial":
        p.partials = {(0, None): Partial()}
    else:
        p.sends = []
    put(p)
    assert p.packed is None
    assert p.attributes == [None]


def test_nobody_enters_a_profile_at_rest_unseen() -> None:
    p = profile([], [], [])
    put(p)
    with pytest.raises(AssertionError):
        p.instances[0, None] = None  # type: ignore[assignment]
    p.wake()
    assert p.instances == {}
    assert type(p.instances) is dict
    assert p.attributes is NOTHING, "what nobody writes into is shared"


def test_resting_and_waking_twice_is_once() -> None:
    p = profile(["a"], [None], [])
    resting = put(p)
    resting.put([p])
    assert p.packed is not None
    p.wake()
    assert p.attributes == ["a"]
    assert p.origin == "user_id:ada"
    with pytest.raises(AttributeError):
        p.nothing_of_the_kind  # type: ignore[attr-defined] # noqa: B018


def crowd(count: int) -> list[Profile]:
    return [profile([f"person {number}", "x" * (number % 70)], [None, None], [number]) for number in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_everybody_wakes_as_who_they_were_wherever_their_record_was_moved_to(seed: int) -> None:
    draw, everybody, resting = Random(seed), crowd(1_500), Resting(PREFIXES)
    resting.put(everybody)
    for _ in range(12):
        some = draw.sample(everybody, 400)
        for p in some:
            p.aggregates[0] += 10_000
        resting.put(some[:390])
    for number, p in enumerate(everybody):
        assert p.attributes == [f"person {number}", "x" * (number % 70)]
        assert p.aggregates[0] % 10_000 == number


def test_pages_hold_little_beside_those_who_rest() -> None:
    draw, everybody, resting = Random(1), crowd(6_000), Resting(PREFIXES)
    resting.put(everybody)
    held, records = 0, 0
    for _ in range(40):
        some = draw.sample(everybody, 500)
        for p in some:
            p.serial += 1
        resting.put(some)
        pages: set[Page] = {p.packed for p in everybody if p.packed is not None}
        held = max(held, sum(len(page.data) for page in pages))
    for p in everybody:
        p.wake()
        record = p.rest(PREFIXES)
        assert record is not None
        records += len(record)
    assert held < 1.4 * records + 2 * PAGE_BYTES


def test_a_record_longer_than_a_page_has_its_own() -> None:
    long, short = profile(["x" * (3 * PAGE_BYTES)], [None], []), profile(["y"], [None], [])
    put(short, long, other := profile(["z"], [None], []))
    assert [p.attributes for p in (short, long, other)] == [["y"], ["x" * (3 * PAGE_BYTES)], ["z"]]


def test_whoever_is_read_rests_again_without_anything_happening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Resting, "awake", 4)
    everybody, resting = crowd(3), Resting(PREFIXES)
    resting.put(everybody)
    for p in everybody:
        assert p.serial == 0
        assert p.packed is None
    for p in crowd(12):
        resting.note(p)
    assert all(p.packed is not None for p in everybody)
