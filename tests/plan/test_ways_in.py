"""A change of how a journey is entered or left is told with its direction, its place in both versions and whom it concerns; a way
in that was put in between makes no others of those beside it."""

from __future__ import annotations

from itertools import combinations

import pytest

from rtj.compile import compile_project, compile_text
from rtj.ir import expr as ir
from rtj.ir.aligned import aligned
from rtj.ir.program import Program
from rtj.plan.changes import Change
from rtj.plan.sides import Side
from rtj.plan.ways_in import changes_of_ways_in
from tests.conftest import ROOT

PROJECT = """\
project: shop
timezone: Europe/Berlin
events:
  cart_updated: {value: number, plan: {one_of: [free, pro]}, cart_id: string}
  order_placed: {amount: number, cart_id: string}
  product_view: {price: number}
profile:
  tier: {type: {one_of: [bronze, silver, gold]}, default: bronze}
  points: {type: number, default: 0}
audiences:
  vip: profile.tier == 'gold'
  rich: profile.points > 100
channels:
  email: {purpose: transactional}
"""
DO = "do:\n  - wait: 1d\n    id: rest\n"


def program(headers: str) -> Program:
    compiled = compile_text(PROJECT, f"journey: one\n{headers}\n{DO}")
    assert compiled.program is not None, [d.message for d in compiled.diagnostics]
    return compiled.program


def changes(before: str, after: str) -> list[Change]:
    old, new = aligned(program(before), program(after))
    return list(changes_of_ways_in(Side("old", old), Side("new", new), old.journeys[0], new.journeys[0]))


def told(before: str, after: str) -> list[str]:
    """Each change in one line: code, level, what, texts."""
    return [f"{c.code} {c.level} {c.what}: {c.before} -> {c.after}" for c in changes(before, after)]


ON = "enter: {on: cart_updated, as: cart, when: cart.value >= 30}"
CASES = [
    # ---- who enters
    (ON, "enter: {on: cart_updated, as: cart, when: cart.value >= 50}",
     ["D151 behaviour entry 1 when narrower: cart.value >= 30 -> cart.value >= 50"]),
    (ON, "enter: {on: cart_updated, as: cart, when: cart.value >= 20}",
     ["D151 behaviour entry 1 when wider: cart.value >= 30 -> cart.value >= 20"]),
    (ON, "enter: {on: cart_updated, as: cart}", ["D151 behaviour entry 1 when wider: cart.value >= 30 -> "]),
    (ON, "enter: {on: cart_updated, as: basket, when: basket.value >= 30}",
     ["D151 safe entry 1 when: cart.value >= 30 -> basket.value >= 30"]),
    (ON, "enter: {on: cart_updated, when: event.value >= 30}",
     ["D151 safe entry 1 when: cart.value >= 30 -> event.value >= 30"]),
    (ON, "enter: {on: cart_updated, as: cart, when: not (cart.value < 30)}",
     ["D151 safe entry 1 when: cart.value >= 30 -> not cart.value < 30"]),
    (ON, "enter: {on: cart_updated where event.value >= 30}",
     ["D151 safe entry 1 when: cart.value >= 30 -> event.value >= 30"]),
    (ON, "enter: {on: cart_updated, as: cart, when: cart.plan == 'pro'}",
     ["D151 behaviour entry 1 when another: cart.value >= 30 -> cart.plan == 'pro'"]),
    ("enter: {on: cart_updated}", "enter: {on: cart_updated or order_placed}",
     ["D151 behaviour entry 1 on wider: cart_updated -> cart_updated or order_placed"]),
    ("enter: {on: cart_updated or order_placed}", "enter: {on: cart_updated}",
     ["D151 behaviour entry 1 on narrower: cart_updated or order_placed -> cart_updated"]),
    ("enter: {on: cart_updated}", "enter: {on: order_placed}",
     ["D151 behaviour entry 1 on another: cart_updated -> order_placed"]),
    ("enter: {on: cart_updated}", "enter: {on: cart_updated for vip}",
     ["D151 behaviour entry 1 for narrower:  -> vip"]),
    ("enter: {on: joining vip}", "enter: {on: joining rich}",
     ["D151 behaviour entry 1 on another: joining vip -> joining rich"]),
    ("enter: {when: profile.points > 10}", "enter: {when: profile.points > 5}",
     ["D151 behaviour entry 1 when wider: profile.points > 10 -> profile.points > 5"]),
    ("enter: {when: profile.points > 10}", "enter: {on: joining vip}",
     ["D151 behaviour entry 1:  -> on joining vip", "D151 behaviour entry 1: when profile.points > 10 -> "]),
    # ---- patterns
    ("enter: {on: 3 product_view within 1h}", "enter: {on: 2 product_view within 1h}",
     ["D151 behaviour entry 1 count wider: 3 -> 2"]),
    ("enter: {on: 3 product_view within 1h}", "enter: {on: 3 product_view within 2h}",
     ["D151 behaviour entry 1 within wider: 1h -> 2h"]),
    ("enter: {on: 3 product_view within 1h}", "enter: {on: 3 consecutive product_view within 1h}",
     ["D151 behaviour entry 1 consecutive narrower:  -> consecutive"]),
    ("enter: {on: 3 product_view within 1h where event.price > 5}", "enter: {on: 3 product_view within 1h where event.price > 3}",
     ["D151 behaviour entry 1 where wider: event.price > 5 -> event.price > 3"]),
    ("enter: {on: cart_updated then not order_placed within 1h}", "enter: {on: cart_updated then not order_placed within 2h}",
     ["D151 behaviour entry 1 step 2 within narrower: 1h -> 2h"]),
    ("enter: {on: cart_updated then not order_placed within 1h}",
     "enter: {on: cart_updated then not order_placed within 1h where event.amount > 5}",
     ["D151 behaviour entry 1 step 2 where wider:  -> event.amount > 5"]),
    ("enter: {on: cart_updated then not order_placed within 1h}", "enter: {on: cart_updated then order_placed within 1h}",
     ["D151 behaviour entry 1 step 2 on another: not order_placed -> order_placed"]),
    ("enter: {on: cart_updated then not order_placed within 1h}", "enter: {on: cart_updated}",
     ["D151 behaviour entry 1 on another: on cart_updated then not order_placed within 1h -> on cart_updated"]),
    # ---- schedules
    ("enter: {every: day at 09:00, for: vip}", "enter: {every: day at 10:00, for: rich}",
     ["D151 behaviour entry 1 for another: vip -> rich",
      "D151 behaviour entry 1 schedule another: every day at 09:00 for vip -> every day at 10:00 for rich"]),
    # ---- again, key
    ("enter: {on: cart_updated, again: after 7d}", "enter: {on: cart_updated, again: never}",
     ["D152 behaviour entry 1 again: after 7d -> never"]),
    ("enter: {on: cart_updated}", "enter: {on: cart_updated, while_inside: restart}",
     ["D152 behaviour entry 1 while_inside: ignore -> restart"]),
    ("enter: {on: cart_updated}", "enter: {on: cart_updated, key: event.cart_id}",
     ["D154 breaking entry 1 key:  -> event.cart_id"]),
    ("enter: {on: cart_updated, as: a, key: a.cart_id}", "enter: {on: cart_updated, key: event.cart_id}",
     ["D001 safe entry 1: on cart_updated key a.cart_id -> on cart_updated key event.cart_id"]),
    ("enter: {on: cart_updated}", "enter: {on: cart_updated, as: cart}", []),  # which is told among the names
    # ---- one put in between
    ("enter:\n  - {on: cart_updated, when: event.value > 3}\n  - {on: product_view}",
     "enter:\n  - {on: order_placed}\n  - {on: cart_updated, when: event.value > 4}\n  - {on: product_view}",
     ["D151 behaviour entry 1:  -> on order_placed",
      "D151 behaviour entry 2 when narrower: event.value > 3 -> event.value > 4"]),
    ("enter:\n  - {on: cart_updated}\n  - {on: product_view}", "enter:\n  - {on: product_view}\n  - {on: cart_updated}",
     ["D001 safe order of entries: on cart_updated; on product_view -> on product_view; on cart_updated"]),
    ("enter:\n  - {on: cart_updated}\n  - {on: product_view}", "enter:\n  - {on: product_view}",
     ["D151 behaviour entry 1: on cart_updated -> "]),
    # ---- goals and exits
    ("enter: {on: cart_updated}", "enter: {on: cart_updated}\ngoal: {on: order_placed}",
     ["D153 behaviour goal 1:  -> on order_placed"]),
    ("enter: {on: cart_updated}\ngoal: {on: order_placed}", "enter: {on: cart_updated}",
     ["D153 behaviour goal 1: on order_placed -> "]),
    ("enter: {on: cart_updated}\ngoal: {on: order_placed, when: event.amount > 10}",
     "enter: {on: cart_updated}\ngoal: {on: order_placed, when: event.amount > 20}",
     ["D153 behaviour goal 1 when narrower: event.amount > 10 -> event.amount > 20"]),
    ("enter: {on: cart_updated}\ngoal: {on: order_placed within 1d}", "enter: {on: cart_updated}\ngoal: {on: order_placed}",
     ["D153 behaviour goal 1 within wider: 1d -> "]),
    ("enter: {on: cart_updated}\ngoal: {on: order_placed}", "enter: {on: cart_updated}\ngoal: {on: order_placed, stay: true}",
     ["D153 behaviour goal 1 stay:  -> stay"]),
    ("enter: {on: cart_updated}\nexit: {when: profile.points > 10}",
     "enter: {on: cart_updated}\nexit: {when: profile.points >= 10 and profile.points != 10}",
     ["D153 safe exit 1 when: profile.points > 10 -> profile.points >= 10 and profile.points != 10"]),
    # ---- headers
    ("enter: {on: cart_updated}", "enter: {on: cart_updated}\nmax_duration: 30d",
     ["D153 behaviour max_duration: 91d -> 30d"]),
    ("enter: {on: cart_updated}\nruns: from 2026-01-01 to 2026-02-01",
     "enter: {on: cart_updated}\nruns: from 2026-01-01 to 2026-03-01",
     ["D151 behaviour runs wider: from 2026-01-01 to 2026-02-01 -> from 2026-01-01 to 2026-03-01"]),
    ("enter: {on: cart_updated}", "enter: {on: cart_updated}\nruns: from 2026-01-01",
     ["D151 behaviour runs narrower:  -> from 2026-01-01"]),
    ("enter: {on: cart_updated}", "enter: {on: cart_updated}\npriority: 5\ntitle: Carts",
     ["D162 behaviour priority: 0 -> 5", "D001 safe title:  -> Carts"]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_what_is_told(before: str, after: str, expected: list[str]) -> None:
    assert told(before, after) == expected


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_the_way_back_is_the_mirror(before: str, after: str, expected: list[str]) -> None:
    """The same parts are different, under the same codes and levels; what is wider is narrower."""
    turn = {"wider": "narrower", "narrower": "wider"}
    there, back = changes(before, after), changes(after, before)

    def known(change: Change, *, turned: bool) -> tuple[str, ...]:
        words = change.what.split()
        last = turn.get(words[-1], words[-1]) if turned else words[-1]
        texts = (change.after, change.before) if turned else (change.before, change.after)
        return (change.code, change.level, words[0], last if len(words) > 2 else "", *texts)

    assert sorted(known(c, turned=False) for c in there) == sorted(known(c, turned=True) for c in back)


@pytest.mark.parametrize("headers", sorted({text for before, after, _ in CASES for text in (before, after)}))
def test_nothing_is_different_from_itself(headers: str) -> None:
    assert told(headers, headers) == []


@pytest.mark.long
def test_any_two_playbooks_are_told_apart_and_mirrored() -> None:
    """Journeys that have nothing to do with each other bring no mistake, and both directions tell of the same parts."""
    projects = [compile_project((), path).program for path in sorted((ROOT / "journeys").glob("*/rtj.yaml"))]
    journeys = [(program, journey) for program in projects if program is not None for journey in program.journeys]
    assert len(journeys) > 10
    for (old, one), (new, other) in combinations(journeys, 2):
        there = changes_of_ways_in(Side("old", old), Side("new", new), one, other)
        back = changes_of_ways_in(Side("new", new), Side("old", old), other, one)
        assert sorted((c.code, c.level) for c in there) == sorted((c.code, c.level) for c in back), (one.name, other.name)


def test_a_new_way_in_concerns_who_comes_and_a_new_goal_who_is_inside() -> None:
    (entry,) = changes("enter: {on: cart_updated}", "enter: {on: cart_updated, when: event.value > 3}")
    (goal,) = changes("enter: {on: cart_updated}", "enter: {on: cart_updated}\ngoal: {on: order_placed}")

    assert (entry.concerns, goal.concerns) == ("entrants", "inside")
    assert (entry.was, entry.now) == (None, ("journey", "one", "entry", "0", "when"))
    assert (goal.was, goal.now) == (None, ("journey", "one", "goal", "0"))
    assert entry.notes == ("`cart_updated {value: 3}` fulfils only the old one",)
    assert entry.reason == "fewer people enter; those who are inside stay"


def test_a_step_of_a_pattern_has_its_own_place() -> None:
    before = "enter: {on: cart_updated then not order_placed within 1h}"
    after = "enter: {on: cart_updated then not order_placed for vip within 1h}"
    (change,) = changes(before, after)

    assert (change.what, change.now) == ("entry 1 step 2 for wider", ("journey", "one", "entry", "0", "step", "1", "audience"))


def test_an_example_calls_an_event_by_its_type_whatever_it_is_called_elsewhere() -> None:
    """`last(any.ts)` is `event.ts` to a program, so that the author's word for `event` is `any`."""
    before, after = "enter: {on: cart_updated, when: event.value >= 3}", "enter: {on: cart_updated, when: event.value >= 9}"
    old, new = aligned(program(before), program(after))
    sides = (Side(name, one, texts={ir.Name("event"): "any"}) for name, one in (("old", old), ("new", new)))

    (change,) = changes_of_ways_in(*sides, old.journeys[0], new.journeys[0])

    assert change.notes == ("`cart_updated {value: 6}` fulfils only the old one",)
