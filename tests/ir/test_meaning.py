"""Two versions of a part of a program say the same, whether or not a value that they read may be missing in one of them."""

from __future__ import annotations

from rtj.compile import compile_text
from rtj.ir.meaning import meant, remembering
from rtj.ir.program import Program

PROJECT = """\
project: tea
identity: {user_id: {kind: person, priority: 1}}
events: {purchase: {total: number, item: string}}
profile: {best: max(purchase.total) over 30d}
audiences: {tea: last(purchase.item) == 'tea'}
"""


def program(text: str) -> Program:
    found = compile_text(text).program
    assert found is not None
    return found


def test_what_may_be_missing_changes_no_meaning() -> None:
    one, other = program(PROJECT), program(PROJECT.replace("total: number", "total: number?"))
    assert one.aggregates != other.aggregates
    assert list(map(remembering, one.aggregates)) == list(map(remembering, other.aggregates))


def test_another_field_is_another_meaning() -> None:
    one, other = program(PROJECT), program(PROJECT.replace("last(purchase.item) ==", "first(purchase.item) =="))
    assert set(map(remembering, one.aggregates)) != set(map(remembering, other.aggregates))
    assert meant(one.audiences[0].condition) == one.audiences[0].condition
