"""A spelled condition reads like the project's, and compiles to the very condition that was spelled."""

from __future__ import annotations

import pytest

from rtj.compile import compile_text
from rtj.ir.expr import Expr
from rtj.ir.program import Program
from rtj.ir.spelling import Speller, duration_text

PROJECT = """
project: t
timezone: Europe/Berlin
identity: {u: {kind: person, priority: 1}}
events:
  buy: {total: number, at: instant, tier: string, item: string, "Größe cm": number?}
profile:
  tier: {from: buy.tier, type: string}
  at: {from: buy.at, type: instant}
  last: last(any.ts)
  spend: sum(buy.total) over 2h
  half: profile.spend / 2
audiences:
  other: profile.spend > 100
  a: >-
    CONDITION
"""
AS_WRITTEN = (
    "profile.tier has been 'gold' for 7d and not (profile.spend > 3 or profile.tier == 'tin')",
    "count(buy where event.total > 2) over 1 month >= 2",
    "profile.tier not in ['a', 'it\\'s'] and profile.at is not missing",
    "profile.last >= now() - 1h30m and audience.other",
    "(if profile.tier == 'x' then 1 else 2) + 3 > 1",
    "any(i == 'x' for i in distinct(buy.item))",
    "'漱石' in distinct(buy.item where event.total > 1 and event.tier == 'x') since buy",
    "top(buy.item) over 7d ?? 'x' == 'y'",
    "last(buy).total > 3",
    "today() == 2026-03-29 or weekday(now()) in ['saturday', 'sunday']",
    "sum(buy.total * 2) over this week > 1",
    "audience.other has been true for 2 weeks",
    "profile.last < now() - 1 month",
    "profile.spend - (1 - 2) > 3 * (profile.spend + 1)",
)


def condition(text: str) -> tuple[Program, Expr]:
    made = compile_text(PROJECT.replace("CONDITION", text))
    assert made.program is not None, (text, made.diagnostics)
    found = next(a.condition for a in made.program.audiences if a.name == "a")
    assert found is not None
    return made.program, found


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_what_is_spelled_compiles_to_the_same(text: str) -> None:
    program, expr = condition(text)
    spelled = Speller(program).spell(expr)
    again, other = condition(spelled)
    assert (again, other) == (program, expr), spelled


def test_formulas_are_written_out() -> None:
    program, expr = condition("profile.half > 1")
    assert Speller(program).spell(expr) == "profile.spend / 2 > 1"


def test_what_the_author_calls_a_value_is_not_told_twice() -> None:
    program, _ = condition("sum(buy.total) over 30d > 1")
    spec = next(one for one in program.aggregates if one.function == "sum" and one.value is not None)
    assert spec.value is not None
    assert Speller(program, {spec.value: "buy.total"}).aggregate(spec.name).startswith("sum(buy.total) over 30d")


def test_lengths() -> None:
    assert [duration_text(ms) for ms in (0, 1, 90_000, 7 * 86_400_000, -3_600_000)] == ["0s", "1ms", "1m30s", "7d", "-1h"]
