"""Conditions of nodes are told with a direction and an example, whatever the event is called in them; ways out of a node that no
one could take both of may stand in any order."""

from __future__ import annotations

import pytest

from rtj.compile import compile_text
from rtj.ir.aligned import aligned
from rtj.ir.program import Program
from rtj.plan.both import Both, side_by_side
from rtj.plan.changes import Change
from rtj.plan.conditions import overlap, turn
from rtj.plan.guards import At
from rtj.plan.node_ways import changes_of_ways
from rtj.plan.sides import Side
from tests.plan.test_ways_in import PROJECT


def program(nodes: str) -> Program:
    compiled = compile_text(PROJECT, f"journey: one\nenter: {{on: cart_updated, as: cart}}\ndo:\n{nodes}")
    assert compiled.program is not None, [d.message for d in compiled.diagnostics]
    return compiled.program


def both(before: str, after: str) -> Both:
    old, new = aligned(program(before), program(after))
    return side_by_side(Side("old", old), Side("new", new), old.journeys[0], new.journeys[0])


def changes(before: str, after: str, node: str) -> list[Change]:
    found = both(before, after)
    return list(changes_of_ways(found, found.was[node], found.now[node]))


WAIT_FOR = """\
  - wait_for:
      - on: order_placed
        as: {name}
        when: {when}
        do: []
      - after: 3d
        do: []
    id: rest
"""
BRANCH = "  - branch:\n      - {{do: [exit: a], when: {0}}}\n      - {{do: [exit: b], when: {1}}}\n"


def test_a_case_is_tighter_under_another_name() -> None:
    (change,) = changes(WAIT_FOR.format(name="x", when="x.amount > 30"), WAIT_FOR.format(name="y", when="y.amount > 50"), "rest")

    assert (change.code, change.level, change.what) == ("D114", "behaviour", "rest case 1 when tighter")
    assert change.notes == ("`order_placed {amount: 40}` fulfils only the old one",)


def test_a_case_that_means_the_same_is_safe() -> None:
    (change,) = changes(WAIT_FOR.format(name="x", when="x.amount > 30"), WAIT_FOR.format(name="x", when="30 < x.amount"), "rest")

    assert (change.code, change.level, change.reason) == ("D114", "safe", "it means the same")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("cart.value > 30", "profile.tier == 'gold'", ("`entry {value: 31}, profile.tier = 'gold'` fulfils both",)),
        ("cart.value > 30", "cart.value < 10", None),
        ("audience.vip", "profile.tier != 'gold'", ("`audience.vip, profile.tier = 'bronze'` fulfils both",)),
        ("profile.points is missing", "profile.points > 3", None),
    ],
)
def test_arms_that_may_hold_at_once(first: str, second: str, expected: tuple[str, ...] | None) -> None:
    found = both(BRANCH.format(first, second), BRANCH.format(second, first))
    branch = found.was["branch"]

    assert overlap(found, branch, 0, 1) == expected  # type: ignore[arg-type]
    told = [c for c in changes(BRANCH.format(first, second), BRANCH.format(second, first), "branch") if c.code == "D115"]
    assert [("no two" in c.reason, c.notes) for c in told] == [(expected is None, expected or ())]


CASES = [
    ("on: order_placed, when: event.amount > 5", "on: order_placed, when: event.amount > 9",
     ("`order_placed {amount: 10}` fulfils both",)),
    ("on: order_placed, as: x, when: x.amount > 5", "on: order_placed, as: y, when: y.amount < 5", None),
    ("on: order_placed", "on: product_view", None),
    ("on: order_placed since entry", "on: product_view since entry", ()),
    ("on: order_placed", "on: any", ()),
    ("on: order_placed", "when: profile.points > 3", None),
    ("when: profile.points > 3", "when: profile.points > 5", ("`profile.points = 6` fulfils both",)),
    ("after: 1d", "after: 2d", None),
    ("after: 1d", "until: 18:00", ()),
    ("on: order_placed", "after: 2d", None),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "expected"), CASES)
def test_cases_that_one_thing_may_fulfil(first: str, second: str, expected: tuple[str, ...] | None) -> None:
    wait = "  - wait_for:\n      - {{{0}, do: []}}\n      - {{{1}, do: []}}\n      - {{after: 9d, do: []}}\n    id: rest\n"
    found = both(wait.format(first, second), wait.format(first, second))

    assert overlap(found, found.was["rest"], 0, 1) == expected  # type: ignore[arg-type]


def test_the_same_condition_is_no_turn() -> None:
    found = both(BRANCH.format("cart.value > 1", "cart.value > 2"), BRANCH.format("cart.value > 1", "cart.value > 2"))
    arm = found.was["branch"].arms[0].when  # type: ignore[union-attr]

    assert turn(found, arm, arm, At()).word == ""
