"""Conditions of a small world, read as formulas and by the engine, so that the one can be held to the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rtj.compile.pipeline import Analysis, analyse
from rtj.engine.machine import Machine
from rtj.engine.state import Profile
from rtj.ir import expr as ir
from rtj.ir.journey import Branch
from rtj.ir.records import Event, event_class
from rtj.lang import syntax as s
from rtj.lang.load import load_text
from rtj.logic.bare import Barer
from rtj.logic.formulas import Formula, Reader
from rtj.logic.terms import Ground, Known
from rtj.logic.truth import possible

PROJECT = """\
project: shop
timezone: Europe/Berlin
events:
  purchase: {total: number}
  add_to_cart: {item: string, price: number, value: number?, plan: {one_of: [free, pro]}, paid: bool?, due: instant?, day: date?}
profile:
  word: {type: string?}
  city: {type: string, default: here}
  tier: {type: {one_of: [bronze, silver, gold]}, default: bronze}
  plan: {type: {one_of: [free, pro]}}
  points: {type: number?}
  score: {type: number, default: 0}
  ok: {type: bool?}
  yes: {type: bool, default: true}
  born: {type: date?}
  seen: {type: instant?}
  tags: {type: [string]}
  orders: count(purchase)
  spend: sum(purchase.total)
  newest: last(any.ts)
  share: profile.spend / profile.orders
audiences:
  loyal: profile.orders > 3
channels:
  email: {purpose: transactional}
"""
ENTER = "journey: one\nenter: {on: add_to_cart, as: cart}\ndo:\n"
ARM = "  - branch:\n      - do: [exit]\n        when: |\n          {}\n"
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Told:
    """Conditions, compiled together. `mistakes`: what the checker has against one of them."""

    texts: tuple[str, ...]

    @cached_property
    def analysis(self) -> Analysis:
        return analyse(load_text(PROJECT, ENTER + "".join(map(ARM.format, self.texts))))

    @property
    def mistakes(self) -> list[str]:
        return [f"{d.message}: {d.span.text}" for d in self.analysis.compiled.diagnostics if d.severity == "error"]

    @cached_property
    def reader(self) -> Reader:
        names = {
            typed.expr.name: Known(typed.type, typed.expr.optional)
            for tree, typed in self.analysis.checked.typed.values()
            if isinstance(tree, s.Name) and isinstance(typed.expr, ir.Name)
        }
        return Reader(Ground(self.analysis.checked, names))

    def formulas(self, *, holds: bool) -> Iterator[Formula]:
        """What must be so for each condition to hold, or not to."""
        checked, barer = self.analysis.checked, Barer(self.analysis.checked.attributes)
        for node in self.analysis.loaded.journeys[0].nodes:
            assert isinstance(node, s.Branch)
            typed = checked.of(node.arms[0].condition)
            assert typed is not None
            bare = barer.bare(typed.expr)
            yield self.reader.holds(bare) if holds else self.reader.fails(bare)

    def verdicts(self) -> list[str]:
        """`never`, `always` or `open`, for each condition."""
        found = []
        for yes, no in zip(self.formulas(holds=True), self.formulas(holds=False), strict=True):
            never, always = not possible(self.reader.ground, [yes]), not possible(self.reader.ground, [no])
            found.append("never" if never else "always" if always else "open")
        return found

    def together(self, *formulas: Formula) -> bool:
        return possible(self.reader.ground, formulas)

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.analysis)


class Engine:
    """The conditions as the engine runs them."""

    def __init__(self, analysis: Analysis) -> None:
        program = analysis.compiled.program
        assert program is not None
        self.machine = Machine(program)
        self.program = program
        self.record = event_class(program, next(e for e in program.events if e.name == "add_to_cart"))
        nodes = [node for node in program.journeys[0].nodes if isinstance(node, Branch)]
        self.tests = [self.machine.test(node.arms[0].when) for node in nodes]

    def answers(self, world: dict[str, Any], at: int) -> list[bool]:
        """What each condition says of somebody with these attributes (`cart.…`: of the cart)."""
        machine = self.machine
        p = Profile("user_id:ada", (0, True, 0, 0), len(self.program.mappings), len(self.program.aggregates))
        for name, slot in machine.attribute_slots.items():
            p.attributes[slot] = world.get(name)
        by_name = {a.name: slot for slot, a in enumerate(self.program.aggregates)}
        for name, state in (("orders", world["orders"]), ("spend", [world["orders"], 0, [world["spend"]]])):
            if name in by_name:
                p.aggregates[by_name[name]] = state
        if "newest" in by_name and world["newest"] is not None:
            p.aggregates[by_name["newest"]] = ((world["newest"], 0, 0), world["newest"], 1, None)
        p.members = machine.member_mask("loyal") if world["loyal"] and "loyal" in machine._audience_slots else 0
        fields = {name.removeprefix("cart."): value for name, value in world.items() if name.startswith("cart.")}
        cart = Event(at - HOUR_MS, 0, 0, "add_to_cart", "e1", at - HOUR_MS, (), self.record(**fields))
        names = {"cart": cart, "entry": cart, "first_entry": cart}
        return [bool(test(p, at, None, names)) for test in self.tests]


def verdict(text: str) -> str:
    """Of one condition."""
    told = Told((text,))
    assert told.mistakes == []
    return told.verdicts()[0]


def verdicts(texts: Sequence[str]) -> list[str]:
    """Of several."""
    told = Told(tuple(texts))
    assert told.mistakes == []
    return told.verdicts()
