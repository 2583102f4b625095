"""What is said of two versions of a condition is so: proofs and examples are held to the engine on random conditions and people,
and to a table of what a reviewer would see at a glance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from rtj.compile import compile_text
from rtj.ir import expr as ir
from rtj.ir.aligned import aligned
from rtj.ir.expr import Expr
from rtj.ir.journey import Arm, Branch
from rtj.ir.program import Program
from rtj.plan.guard_values import BASE_MS
from rtj.plan.guard_words import Example
from rtj.plan.guards import At, Guards
from rtj.plan.sides import Side
from tests.logic.test_truth import NOW, conditions, worlds
from tests.logic.truths import PROJECT, Told

# ---- held to the engine


def arms(program: Program) -> list[Arm]:
    return [node.arms[0] for node in program.journeys[0].nodes if isinstance(node, Branch)]


def guards(old: Program, new: Program) -> Guards:
    return Guards(Side("old", old), Side("new", new), old.journeys[0], new.journeys[0])


def person(world: dict[str, Any], example: Example) -> dict[str, Any] | None:
    """Somebody of whom the example is true; None where this small world cannot be made so."""
    made = dict(world)
    for key, value in {**example.others, **example.values}.items():
        match key:
            case ir.Now():
                continue
            case ir.Attribute(name=name):
                made[name] = value
            case ir.History(aggregate="orders" | "spend" | "newest" as name, where=None):
                made[name] = value
            case ir.Member(audience="loyal"):
                made["loyal"] = value
            case ir.Field(base=ir.Name(name="entry"), name=name, envelope=False):
                made[f"cart.{name}"] = value
            case _:
                return None
    return made if made["orders"] > 0 else None


def holds_to_the_engine(texts: list[str], people: list[dict[str, Any]]) -> None:
    told = Told(tuple(texts))
    assert told.mistakes == []
    program = told.engine.program
    both, tests = guards(program, program), arms(program)
    answers = [told.engine.answers(one, NOW) for one in people]
    for number in range(len(tests) - 1):
        before, after = tests[number].when, tests[number + 1].when
        verdict = both.compare(before, after)
        told_apart = (texts[number], texts[number + 1], verdict)
        for row in answers:
            was, now = row[number], row[number + 1]
            assert verdict.direction != "same" or was == now, told_apart
            assert verdict.direction != "looser" or now or not was, told_apart
            assert verdict.direction != "tighter" or was or not now, told_apart
            assert verdict.direction != "apart" or not (was and now), told_apart
            assert not verdict.never or not now, told_apart
            assert both.overlap(before, after).possible or not (was and now), told_apart
        for truths in ((True, False), (False, True), (True, True)):
            example = both.example((before, after), truths)
            if example is not None and (one := person(people[0], example)) is not None:
                at = example.at if example.at is not None else BASE_MS
                row = told.engine.answers(one, at)
                assert (row[number], row[number + 1]) == truths, (told_apart, example)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(conditions(), worlds)
def test_verdicts_and_examples_are_so(texts: list[str], people: list[dict[str, Any]]) -> None:
    holds_to_the_engine(texts, people)


@pytest.mark.long
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(conditions(), worlds)
def test_verdicts_and_examples_are_so_at_length(texts: list[str], people: list[dict[str, Any]]) -> None:
    holds_to_the_engine(texts, people)


# ---- what a reviewer would see

ENTER = "journey: one\nenter:\n  on: add_to_cart\n  as: {name}\n  when: |\n    {when}\ndo:\n  - exit\n"


def entering(when: str, name: str = "cart") -> Program:
    compiled = compile_text(PROJECT, ENTER.format(when=when, name=name))
    assert compiled.program is not None, [d.message for d in compiled.diagnostics]
    return compiled.program


def read(old: Program) -> Expr | None:
    return old.journeys[0].entries[0].when


def compared(before: str, after: str, called: str = "cart") -> tuple[str, ...]:
    """The direction, `?` behind what is not proven, and the notes."""
    old, new = aligned(entering(before), entering(after, called))
    found = guards(old, new).condition_change(read(old), read(new), At(("add_to_cart",), ("cart", called)))
    return () if found is None else (found.direction + ("" if found.proven else "?"), *found.notes)


NEW, OLD = "fulfils only the new one", "fulfils only the old one"
TABLE = [
    ("cart.price >= 50", "cart.price >= 50", ()),
    ("cart.price >= 50", "cart.price >= 30", ("looser", f"`add_to_cart {{price: 40}}` {NEW}")),
    ("cart.price >= 30", "cart.price >= 50", ("tighter", f"`add_to_cart {{price: 40}}` {OLD}")),
    ("cart.value > 3", "cart.value > 3 and profile.tier == 'gold'",
     ("tighter", f"`add_to_cart {{value: 4}}, profile.tier = 'bronze'` {OLD}")),
    ("cart.price > 3 and cart.value > 2", "cart.value > 2 and cart.price > 3", ("same",)),
    ("not not (cart.price > 3)", "3 < cart.price", ("same",)),
    ("profile.tier in ['gold', 'silver']", "profile.tier != 'bronze'", ("same",)),
    ("cart.plan != 'free'", "cart.plan == 'pro'", ("same",)),
    # a comparison with what is missing fails, and its opposite holds
    ("profile.points > 5", "not (profile.points <= 5)", ("looser", f"`profile.points is missing` {NEW}")),
    ("profile.points > 5", "(profile.points ?? 9) > 5", ("looser", f"`profile.points is missing` {NEW}")),
    ("profile.tier == 'gold'", "profile.tier == 'silver'",
     ("apart", f"`profile.tier = 'silver'` {NEW}", f"`profile.tier = 'gold'` {OLD}")),
    ("profile.tier == 'gold'", "profile.points > 5",
     ("incomparable", f"`profile.tier = 'bronze', profile.points = 6` {NEW}",
      f"`profile.tier = 'gold', profile.points = 5` {OLD}")),
    ("count(purchase) over 7d > 3", "count(purchase) over 7d > 1", ("looser", f"`count(purchase) over 7d = 2` {NEW}")),
    ("count(purchase) over 7d > 3", "count(purchase) over 7d > 3 or audience.loyal",
     ("looser", f"`count(purchase) over 7d = 1, audience.loyal` {NEW}")),
    ("profile.orders > 3", "count(purchase) > 3", ("same",)),
    ("hour(now()) >= 9", "hour(now()) >= 11", ("tighter", f"`at 2026-03-02 09:00` {OLD}")),
    ("weekday(now()) == 'monday'", "weekday(now()) in ['monday', 'tuesday']", ("looser", f"`at 2026-03-03 13:00` {NEW}")),
    ("profile.seen < now() - 30d", "profile.seen < now() - 7d", ("looser", f"`profile.seen = now() - 18d12h` {NEW}")),
    ("profile.born < today() - 1 month", "profile.born < today() - 2 months",
     ("tighter", f"`profile.born = today() - 47d` {OLD}")),
    ("contains(cart.item, 'sofa')", "contains(cart.item, 'chair')",
     ("incomparable", f"`add_to_cart {{item: 'chair'}}` {NEW}", f"`add_to_cart {{item: 'sofa'}}` {OLD}")),
    ("'a' in profile.tags", "'a' in profile.tags or 'b' in profile.tags", ("looser", f"`profile.tags = ['b']` {NEW}")),
    ("last(purchase).total > 5", "last(purchase).total > 4", ("looser", f"`last(purchase).total = 4.5` {NEW}")),
    ("cart.price > 3", "cart.price > 3 and cart.price < 2",
     ("tighter", f"`add_to_cart {{price: 4}}` {OLD}", "nothing can fulfil it any more")),
    ("cart.due is missing", "true", ("looser", f"`add_to_cart {{due: 2026-03-02T12:00:00Z}}` {NEW}")),
    # what cannot be proven is not said to be
    ("length(profile.tags) == 0", "profile.tags is empty", ("looser", f"`profile.tags is missing` {NEW}")),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), TABLE)
def test_what_a_reviewer_sees(before: str, after: str, expected: tuple[str, ...]) -> None:
    assert compared(before, after) == expected


def test_another_name_for_the_event_means_the_same() -> None:
    assert compared("cart.price > 3", "basket.price > 3", "basket") == ("same",)


def test_a_condition_taken_away_is_looser_and_one_put_in_its_place_tighter() -> None:
    program = entering("cart.price > 3")
    at = At(("add_to_cart",), ("cart", "cart"))
    both = guards(program, program)

    assert both.compare(read(program), None, at).direction == "looser"
    assert both.compare(None, read(program), at).direction == "tighter"
    assert both.condition_change(None, None, at) is None


def test_a_value_that_one_version_does_not_know_is_told() -> None:
    """`free` and `pro` were all there was; with a third, `not free` is no longer `pro`."""
    wider = PROJECT.replace("plan: {one_of: [free, pro]}, paid", "plan: {one_of: [free, pro, team]}, paid")
    old = entering("cart.plan != 'free'")
    new = compile_text(wider, ENTER.format(when="cart.plan == 'pro'", name="cart")).program
    assert new is not None
    found = guards(old, new).compare(read(old), read(new), At(("add_to_cart",), ("cart", "cart")))

    assert (found.direction, found.examples) == ("tighter", ("`add_to_cart {plan: 'team'}` fulfils only the old one",))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("entry.price > 3", "entry.price > 5", (True, "`entry {price: 6}`")),
        ("entry.price > 5", "entry.price <= 5", (False, "")),
        ("profile.tier == 'gold'", "profile.orders > 3", (True, "`profile.tier = 'gold', profile.orders = 4`")),
        ("audience.loyal", "not audience.loyal", (False, "")),
    ],
)
def test_two_arms_that_may_hold_at_once(first: str, second: str, expected: tuple[bool, str]) -> None:
    told = Told((first.replace("entry", "cart"), second.replace("entry", "cart")))
    assert told.mistakes == []
    program = told.engine.program
    one, other = (arm.when for arm in arms(program))
    found = guards(program, program).overlap(one, other)

    assert (found.possible, found.example) == expected


def test_a_condition_too_large_for_an_example_is_still_compared() -> None:
    """Of many terms no example is sought; that one part more is tighter is seen from its form."""
    parts = [f"contains(cart.item, '{number}') or profile.points > {number}" for number in range(150)]
    many = " and ".join(f"({part})" for part in parts)

    assert compared(many, f"{many} and audience.loyal")[0] == "tighter"
