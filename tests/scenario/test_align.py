"""The cheapest way to match two lists: agreement is found wherever there is one, and large lists are compared place by place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtj.scenario.align import CELLS_MAX, Matched, align


def cost(wanted: str, real: str) -> int:
    return 0 if wanted == real else 1 if wanted.lower() == real.lower() else 5


def matched(wanted: str, real: str, more: bool = False) -> Matched:
    return align(wanted, real, cost, more=more)


def test_what_agrees_is_matched() -> None:
    assert matched("abc", "abc") == Matched(((0, 0), (1, 1), (2, 2)), (), ())
    assert matched("", "") == Matched((), (), ())


def test_one_that_lacks_costs_nothing_else() -> None:
    assert matched("abcd", "acd") == Matched(((0, 0), (2, 1), (3, 2)), (1,), ())
    assert matched("acd", "abcd") == Matched(((0, 0), (1, 2), (2, 3)), (), (1,))


def test_a_near_one_is_matched_and_a_strange_one_is_not() -> None:
    assert matched("aBc", "abc").pairs == ((0, 0), (1, 1), (2, 2))
    assert matched("axc", "abc") == Matched(((0, 0), (2, 2)), (1,), (1,))


@given(st.lists(st.sampled_from("abAB"), max_size=8), st.data())
def test_a_part_in_order_is_found_when_more_is_allowed(real: list[str], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(real), max_size=len(real)))
    wanted = [letter for letter, keep in zip(real, kept, strict=True) if keep]

    found = align(wanted, real, cost, more=True)

    assert found.missing == ()
    assert all(wanted[i] == real[j] for i, j in found.pairs)


@given(st.lists(st.sampled_from("abAB"), max_size=8), st.lists(st.sampled_from("abAB"), max_size=8))
def test_every_place_is_told_once(wanted: list[str], real: list[str]) -> None:
    found = align(wanted, real, cost, more=False)

    assert sorted([i for i, _ in found.pairs] + list(found.missing)) == list(range(len(wanted)))
    assert sorted([j for _, j in found.pairs] + list(found.extra)) == list(range(len(real)))
    assert list(found.pairs) == sorted(found.pairs)


def test_very_long_lists_are_compared_place_by_place() -> None:
    long = ["a"] * 600
    assert len(long) ** 2 > CELLS_MAX
    assert align(long, long[1:], cost, more=False) == Matched(tuple((i, i) for i in range(599)), (599,), ())
