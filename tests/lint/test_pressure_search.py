"""The search for the shortest timeline over a cap finds what trying every way finds, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.base.span import Source, Span
from rtj.compile.flatten import flatten
from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.lang import syntax as s
from rtj.lang.checked import CheckedJourney, Placed
from rtj.lint.pressure_search import Cap, shortest
from rtj.lint.pressure_ways import Ways

HOUR = 3_600_000
EMPTY = Span(Source("", ""), 0, 0)

# ---- small journeys


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2) -> tuple[Any, ...]:
    """Nodes as tuples: a word, what it has, its blocks."""
    kinds = ["send", "send", "wait", "exit"] + (["wait_for", "branch", "split", "repeat"] if depth else [])
    found: list[Any] = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
        inner = [draw(blocks(depth - 1)) for _ in range(2)] if kind in ("wait_for", "branch", "split", "repeat") else []
        found.append((kind, draw(st.sampled_from((1, 5, 20, 26))), inner))
    return tuple(found)


class Build:
    """Nodes as the checker places them; some branches ask the same."""

    def __init__(self) -> None:
        self.number = 0

    def block(self, nodes: tuple[Any, ...]) -> tuple[Placed, ...]:
        return tuple(self.placed(*node) for node in nodes)

    def placed(self, kind: str, size: int, inner: list[Any]) -> Placed:
        self.number += 1
        name = f"n{self.number}"
        bodies = [self.block(one) for one in inner]
        match kind:
            case "send":
                return Placed(irj.Send(name, name, ("email",)))
            case "wait":
                return Placed(irj.Wait(name, ir.Length(ms=size * HOUR)))
            case "wait_for":
                cases = (irj.Case(step=irj.Step(("click",))), irj.Case(after=ir.Length(ms=size * HOUR)))
                return Placed(irj.WaitFor(name, cases), tuple(bodies))
            case "branch":
                return Placed(irj.Branch(name, (irj.Arm(ir.Attribute(f"p{size}")),)), (bodies[0],), bodies[1])
            case "split":
                shares = (irj.Share("a", 400_000), irj.Share("b", 500_000), irj.Share("holdout", 100_000))
                return Placed(irj.Split(name, name, shares), (*bodies, None))
            case "repeat":
                return Placed(irj.Repeat(name, 1 + size % 3), (bodies[0],))
            case _:
                return Placed(irj.Exit(name))


# ---- every way, one by one


@dataclass(frozen=True)
class Way:
    """`chosen`: what was decided: arms of splits for good, branches until the next rest."""

    ms: int = 0
    sends: tuple[int, ...] = ()
    over: bool = False
    arms: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    def rested(self, ms: int) -> Way:
        return replace(self, ms=self.ms + ms, taken={})


def run(block: tuple[Placed, ...], way: Way) -> Iterator[Way]:
    if not block or way.over:
        yield way
        return
    for after in step(block[0], way):
        yield from run(block[1:], after)


def step(placed: Placed, way: Way) -> Iterator[Way]:
    node = placed.node
    match node:
        case irj.Send():
            yield replace(way, sends=(*way.sends, way.ms))
        case irj.Wait(length=ir.Length(ms=ms)):
            yield way.rested(ms)
        case irj.WaitFor(cases=(_, irj.Case(after=ir.Length(ms=ms)))):
            yield from run(placed.bodies[0] or (), way.rested(1))
            yield from run(placed.bodies[1] or (), way.rested(ms))
        case irj.Branch(arms=(irj.Arm(when=ir.Attribute(name=name)),)):
            for arm, body in enumerate((placed.bodies[0], placed.otherwise)):
                if way.taken.get(name, arm) == arm:
                    yield from run(body or (), replace(way, taken={**way.taken, name: arm}))
        case irj.Split(id=name):
            for arm, body in enumerate(placed.bodies):
                if way.arms.get(name, arm) == arm:
                    decided = replace(way, arms={**way.arms, name: arm}, over=arm == 2)
                    yield from run(body or (), decided)
        case irj.Repeat(times=times):
            yield from run((placed.bodies[0] or ()) * times, way)
        case _:
            yield replace(way, over=True)


def tightest(block: tuple[Placed, ...], count: int) -> int | None:
    """The shortest time in which one passage asks for one message more than `count`."""
    spans = [later - earlier for way in run(block, Way()) for earlier, later in zip(way.sends, way.sends[count:], strict=False)]
    return min(spans, default=None)


def machine(block: tuple[Placed, ...]) -> irj.Journey:
    entry = irj.Entry(irj.OnEvents((irj.Step(("login",)),)))
    return flatten(CheckedJourney(irj.Journey("j", (entry,), (), None), block))


def search(journey: irj.Journey, count: int, hours: int) -> int | None:
    limit = s.AtMost(EMPTY, s.Number(EMPTY, count), length=s.Length(EMPTY, hours * HOUR))
    sends = frozenset(node.id for node in journey.nodes if isinstance(node, irj.Send))
    found = shortest(Ways(journey, lambda _: True), Cap(limit, sends))
    if found is None:
        return None
    assert sum(1 for mark in found if mark.send) == count + 1
    return found[-1].ms


@settings(max_examples=150, deadline=None)
@given(blocks(), st.integers(1, 4), st.sampled_from((1, 24, 48)))
def test_it_agrees_with_trying_every_way(nodes: tuple[Any, ...], count: int, hours: int) -> None:
    """The same span, and none where every way keeps to the cap."""
    block = Build().block(nodes)
    expected = tightest(block, count)

    if expected is not None and expected >= hours * HOUR:
        expected = None
    assert search(machine(block), count, hours) == expected
