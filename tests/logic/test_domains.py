"""Sets of values are no smaller than the truth: what two sets share, put together and leave over, held to single values."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtj.ir import expr as ir
from rtj.logic.differences import Differences, Order
from rtj.logic.domains import ALL, NONE, Values, between, compared, join, meet, one_of, other_than

NUMBERS = [-1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4]
ends = st.none() | st.sampled_from(NUMBERS)
spans = st.builds(
    Values,
    low=ends,
    high=ends,
    low_open=st.booleans(),
    high_open=st.booleans(),
    whole=st.booleans(),
    without=st.frozensets(st.sampled_from(NUMBERS), max_size=3),
)
sets = spans | st.frozensets(st.sampled_from(NUMBERS)).map(lambda values: Values(only=values))
A, B, C = ir.Attribute("a"), ir.Attribute("b"), ir.Attribute("c")


@given(sets, sets)
def test_what_is_in_both_is_in_what_they_share(a: Values, b: Values) -> None:
    shared = meet(a, b)

    for number in NUMBERS:
        assert not (a.has(number) and b.has(number)) or shared.has(number)
        if (a.only is None) != (b.only is None) or a.only is not None:
            assert shared.has(number) == (a.has(number) and b.has(number))


@given(sets, sets)
def test_what_is_in_one_is_in_what_they_make(a: Values, b: Values) -> None:
    both = join(a, b)

    assert [number for number in NUMBERS if (a.has(number) or b.has(number)) and not both.has(number)] == []


@given(sets, sets)
def test_an_empty_set_has_nothing(a: Values, b: Values) -> None:
    assert not meet(a, b).empty or not any(a.has(number) and b.has(number) for number in NUMBERS)


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ((compared(">", 10), compared("<", 5)), NONE),
        ((compared(">", 2), compared("<", 3)), Values(2, 3, True, True)),
        ((compared(">", 2), compared("<", 3), between(None, None)), NONE),
        ((between(0, None), other_than(0)), Values(1, whole=True, without=frozenset((0,)))),
        ((between(0, 3), other_than(1, 2)), one_of(0, 3)),
        ((one_of("a", "b"), other_than("a")), one_of("b")),
        ((compared(">=", 2), compared("<=", 2), other_than(2)), NONE),
        ((Values(low=""), compared("<", "")), NONE),
        ((ALL, ALL), ALL),
    ],
)
def test_sets(parts: tuple[Values, ...], left: Values) -> None:
    whole = parts[0]
    for part in parts[1:]:
        whole = meet(whole, part)

    assert whole == left


# ---- differences


@pytest.mark.parametrize(
    ("orders", "values", "possible"),
    [
        ((Order(A, B, "<"), Order(B, C, "<"), Order(C, A, "<")), (ALL, ALL, ALL), False),
        ((Order(A, B, "<="), Order(B, C, "<="), Order(C, A, "<=")), (ALL, ALL, ALL), True),
        ((Order(A, B, "<="), Order(B, C, "<="), Order(C, A, "<")), (ALL, ALL, ALL), False),
        ((Order(A, B, "<"),), (compared(">", 5), compared("<", 3), ALL), False),
        ((Order(A, B, "<"),), (compared(">", 5), compared("<", 7), ALL), True),
        ((Order(A, B, "<"), Order(B, C, "<")), (between(1, None), between(None, None), between(None, 2)), False),
        ((Order(A, B, "<"), Order(B, C, "<")), (between(1, None), between(None, None), between(None, 3)), True),
        ((Order(A, B, "<", -10), Order(B, A, "<=", 5)), (between(None, None), between(None, None), ALL), False),
        ((Order(A, B, "=="),), (compared("<", 0.1), compared(">", 0.1), ALL), False),
    ],
)
def test_differences(orders: tuple[Order, ...], values: tuple[Values, ...], possible: bool) -> None:
    known = Differences((A, B, C), values)
    for order in orders:
        known.add(order)

    assert known.close() == possible


def test_bounds_pass_from_term_to_term_exactly() -> None:
    known = Differences((A, B), (compared("<=", 0.1), ALL))
    known.add(Order(B, A, "<", 0))

    assert known.close()
    assert known.bound_of(B) == Values(high=Fraction(0.1), high_open=True)
