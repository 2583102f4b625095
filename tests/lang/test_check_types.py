"""Types: what fits where, what two have in common, how they are shown; and the table of functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.ir.expr import EventOf, ListOf, OneOf, Optional, Record, Type
from rtj.ir.functions import DATE, DURATION, FUNCTIONS, INSTANT, NUMBER, STRING, Signature
from rtj.lang.types import NULL, call_result, fits, join, literal, may_equal, optional, show, show_signature, widen
from tests.lang.told import told

SCALARS = st.sampled_from([STRING, NUMBER, INSTANT, DATE, DURATION])
ONE_OF = st.sets(st.sampled_from("abcd"), min_size=1).map(lambda values: OneOf(tuple(sorted(values))))
NAMES = st.sampled_from(["x", "y", "z"])


def records(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    return st.dictionaries(NAMES, inner, max_size=3).map(lambda fields: Record(tuple(sorted(fields.items()))))


TYPES: st.SearchStrategy[Type] = st.recursive(
    SCALARS | ONE_OF, lambda inner: inner.map(ListOf) | records(inner) | inner.map(optional), max_leaves=6
)


@given(TYPES, TYPES)
def test_both_fit_what_they_have_in_common(left: Type, right: Type) -> None:
    both = join(left, right)

    assert both == join(right, left)
    assert both is None or (fits(left, both) and fits(right, both))


@given(TYPES)
def test_every_type_fits_itself(kind: Type) -> None:
    assert fits(kind, kind)
    assert fits(kind, optional(kind))
    assert fits(kind, widen(kind))
    assert join(kind, kind) == kind
    assert fits(NULL, optional(kind))


@given(TYPES, TYPES)
def test_equality_is_symmetric(left: Type, right: Type) -> None:
    assert may_equal(left, right) == may_equal(right, left)


def test_what_may_be_missing_fits_only_where_it_may() -> None:
    assert not fits(Optional(STRING), STRING)
    assert fits(literal("gold"), OneOf(("gold", "silver")))
    assert not fits(STRING, OneOf(("gold", "silver")))
    assert not may_equal(literal("golden"), OneOf(("gold", "silver")))
    assert fits(EventOf(("a",)), EventOf(("a", "b")))


def test_types_are_shown_as_authors_write_them() -> None:
    many = Record(tuple((name, STRING) for name in "abcdefg"))
    tiers = OneOf(("gold", "silver"))

    assert show(many) == "{a: string, b: string, c: string, …4 more}"
    assert show(Record((("country", STRING), ("tier", tiers)))) == "{country: string, tier: 'gold' | 'silver'}"
    assert show(Optional(tiers)) == "('gold' | 'silver')?"
    assert show(ListOf(Optional(NUMBER))) == "[number?]"
    assert show(EventOf(("a", "b"))) == "event a or b"
    assert show(NULL) == "null"
    assert show_signature("round", FUNCTIONS["round"].signatures[0]) == "round(number: number, [digits: number]) -> number"


def test_a_variable_is_one_type_in_a_call() -> None:
    (append,) = FUNCTIONS["append"].signatures
    (smallest,) = FUNCTIONS["min"].signatures

    assert call_result(append, [ListOf(STRING), literal("vip")]) == ListOf(STRING)
    assert call_result(append, [ListOf(STRING), NUMBER]) is None
    assert call_result(smallest, [NUMBER, NUMBER, NUMBER]) == NUMBER
    assert call_result(smallest, [NUMBER, DATE]) is None
    assert call_result(smallest, [NUMBER]) is None


# ---- the table

ALL = """lower upper trim length contains starts_with ends_with replace split join text number round floor ceil abs min max mod
today date days_between hours_between weekday hour day month year anniversary age append chance quintile fold digits soundex left
sorted_words"""


def test_the_table_is_whole() -> None:
    """All functions are there; each says what it does, with examples; names of parameters are told apart."""
    assert set(FUNCTIONS) == set(ALL.split())
    for function in FUNCTIONS.values():
        assert function.meaning.endswith(".")
        assert function.examples
        for signature in function.signatures:
            names = [param.name for param in signature.params]
            assert len(set(names)) == len(names)
            assert isinstance(signature, Signature)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_are_well_typed(name: str) -> None:
    """Both sides of every example can be compared."""
    project = "project: x\nevents: {a: {}}\n"
    head = "journey: j\nenter: {on: a}\ndo:\n  - branch:\n      - do: []\n        when: >-\n"
    for call, result in FUNCTIONS[name].examples:
        journey = f"{head}          ({call}) == {result}\n"
        assert told(compile_text(project, journey).diagnostics) == "\n"
