"""What the linter says that nobody does, nobody does: random journeys are lived through by random people, and held to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from rtj.compile.pipeline import Analysis
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event, event_classes
from rtj.lang import syntax as s
from rtj.lang.load import load_text
from rtj.lang.node_ids import statements
from rtj.lint.lint import lint

PROJECT = """\
project: lived
events:
  cart: {price: number, size: number?}
  buy: {price: number}
  note: {score: number?, tier: {one_of: [low, mid, high]}}
profile:
  score: {from: note.score, type: number?}
  tier: {from: note.tier, default: low}
  buys: count(buy)
audiences:
  rich: profile.score > 2
channels:
  email: {purpose: transactional}
"""
START = 1_772_359_200_000
HOUR_MS = 3_600_000


class Author:
    """Writes a journey whose conditions often meet each other."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.made = 0

    def condition(self, *, event: str = "") -> str:
        rnd = self.rnd
        pieces = [rnd.choice(self.atoms(event)) for _ in range(rnd.choice([1, 1, 1, 2]))]
        return rnd.choice([" and ", " or "]).join(pieces)

    def atoms(self, event: str) -> list[str]:
        number, relation = self.rnd.choice([0, 1, 2, 3]), self.rnd.choice(["<", "<=", ">", ">=", "==", "!="])
        reads = ["entry.price", "profile.score", "profile.buys", "(profile.score ?? 1)", "entry.price + 1"]
        found = [f"{read} {relation} {number}" for read in reads]
        tier = self.rnd.choice(["low", "mid", "high"])
        found += [f"profile.tier {self.rnd.choice(['==', '!='])} '{tier}'", "profile.score is missing", "audience.rich"]
        return found + ([f"{event}.price {relation} {number}"] * 3 if event else [])

    def text(self) -> str:
        rnd = self.rnd
        ways = [self.way() for _ in range(rnd.choice([1, 1, 2]))]
        goal = f"goal: {{when: {self.condition()}}}\n" if rnd.random() < 0.4 else ""
        return f"journey: one\nenter: [{', '.join(ways)}]\n{goal}do:\n" + "".join(self.block(0, "  "))

    def way(self) -> str:
        rnd = self.rnd
        when = f", when: {self.condition().replace('entry.', 'event.')}" if rnd.random() < 0.7 else ""
        return f"{{on: {rnd.choice(['cart', 'cart', 'buy'])}{when}, again: always}}"

    def name(self) -> str:
        self.made += 1
        return f"n{self.made}"

    def block(self, depth: int, pad: str) -> Iterator[str]:
        for _ in range(self.rnd.choice([1, 2, 3]) if depth < 3 else 1):
            yield from self.node(depth, pad)

    def node(self, depth: int, pad: str) -> Iterator[str]:
        rnd, name = self.rnd, self.name()
        kinds = ["branch", "branch", "wait", "set", "send", "emit"] + ["wait_for", "repeat", "split"] * (depth < 2)
        match rnd.choice(kinds if depth < 3 else ["send", "exit"]):
            case "wait":
                yield f"{pad}- {{id: {name}, wait: 1h}}\n"
            case "set":
                written = rnd.choice(("profile.score = 3", "profile.score = null", "profile.tier = 'mid'"))
                yield f"{pad}- {{id: {name}, set: {written}}}\n"
            case "send":
                yield f"{pad}- {{id: {name}, send: hello, by: email}}\n"
            case "emit":
                yield f"{pad}- {{id: {name}, emit: note, with: \"tier = 'high', score = 2\"}}\n"
            case "exit":
                yield f"{pad}- {{id: {name}, exit: done}}\n"
            case "branch":
                yield f"{pad}- id: {name}\n{pad}  branch:\n"
                for _ in range(rnd.choice([1, 2, 3])):
                    yield f"{pad}    - when: {self.condition()}\n{pad}      do:\n"
                    yield from self.block(depth + 1, pad + "        ")
                if rnd.random() < 0.5:
                    yield f"{pad}    - else:\n"
                    yield from self.block(depth + 1, pad + "        ")
            case "repeat":
                yield f"{pad}- id: {name}\n{pad}  repeat: 3 times\n{pad}  until: {self.condition()}\n{pad}  do:\n"
                yield from self.block(depth + 1, pad + "    ")
            case "split":
                yield f"{pad}- id: {name}\n{pad}  split: salt-{name}\n{pad}  arms:\n"
                for arm in ("a", "b"):
                    yield f"{pad}    - arm: {arm}\n{pad}      share: 50%\n{pad}      do:\n"
                    yield from self.block(depth + 1, pad + "        ")
            case "wait_for":
                yield f"{pad}- id: {name}\n{pad}  wait_for:\n"
                for _ in range(rnd.choice([1, 2])):
                    bound = f"e{self.name()}" if rnd.random() < 0.6 else ""
                    named = f"{pad}      as: {bound}\n" if bound else ""
                    yield f"{pad}    - on: {rnd.choice(['buy', 'cart'])}\n{named}"
                    yield f"{pad}      when: {self.condition(event=bound or 'event')}\n{pad}      do:\n"
                    yield from self.block(depth + 1, pad + "        ")
                yield f"{pad}    - when: {self.condition()}\n" if rnd.random() < 0.4 else ""
                yield f"{pad}    - after: 2h\n"


def lived(program: Program, seed: int) -> Recorder:
    """Some people, some events."""
    rnd = random.Random(seed)
    recorder = Recorder()
    world, classes = World(Machine(program, Level.TRACE), recorder), event_classes(program)
    at = START
    for number in range(60):
        at += rnd.choice([0, 0, HOUR_MS // 2, HOUR_MS, 2 * HOUR_MS])
        world.advance(at)
        kind = rnd.choice(["cart", "cart", "buy", "note"])
        fields: dict[str, Any] = {"price": rnd.choice([0, 0.5, 1, 2, 2.5, 3, 4])}
        if kind == "note":
            fields = {"tier": rnd.choice(["low", "mid", "high"]), "score": rnd.choice([None, 0, 1, 2, 3, 4])}
        who = ((0, rnd.choice(["ada", "bob", "cyd"])),)
        world.feed(Event(at, 0, number, kind, f"e{number}", at, who, classes[kind](**fields)))
        world.close(at)
    world.finish(at + 40 * HOUR_MS, drain=False)
    return recorder


def forbidden(analysis: Analysis, spans: dict[tuple[int, int], str]) -> Iterator[tuple[str, str]]:
    """The ways (node, way) that nobody takes, by what was said of the pieces of the text."""
    tree, ids = analysis.loaded.journeys[0], analysis.checked.journeys[0].ids
    for node in statements(tree.nodes):
        name = ids[id(node)]
        if isinstance(node, s.Branch):
            ways = [(f"arm {number + 1}", arm.condition) for number, arm in enumerate(node.arms)]
            for number, (way, tree_) in enumerate(ways):
                verdict = spans.get((tree_.span.start, tree_.span.end), "")
                if "never" in verdict or "nobody" in verdict:
                    yield name, way
                if "is always true here" in verdict:
                    yield from ((name, later) for later, _ in ways[number + 1 :])
                    yield name, "else"
            end = node.arms[-1].span.end
            if node.otherwise is not None and any(
                "`else`" in said and end < start < node.otherwise.span.start for (start, _), said in spans.items()
            ):
                yield name, "else"
        elif isinstance(node, s.WaitFor):
            for number, case in enumerate(node.cases):
                tree_ = (
                    case.when if isinstance(case, s.EventCase) else case.condition if isinstance(case, s.ConditionCase) else None
                )
                verdict = spans.get((tree_.span.start, tree_.span.end), "") if tree_ is not None else ""
                if "never" in verdict or "nobody" in verdict:
                    yield name, f"case {number + 1}"


def judge(seed: int) -> int:
    """Live one journey; how many things were said that could have turned out wrong."""
    text = Author(seed).text()
    linted = lint(load_text(PROJECT, text))
    program = linted.analysis.compiled.program
    assert program is not None, text
    said = [f.diagnostic for f in linted.findings if f.diagnostic.code in ("W311", "W312", "W314", "W315")]
    spans = {(d.span.start, d.span.end): d.message for d in said}
    ways = set(forbidden(linted.analysis, spans))
    closed = any(d.code == "W314" and d.message.startswith("nobody can enter:") for d in said)
    unreached = any(d.code == "W315" for d in said)
    if not (ways or closed or unreached):
        return 0
    for number in range(6):
        for record in lived(program, seed * 100 + number).records:
            payload = record[3]
            assert payload["what"] != "goes" or (payload["node"], payload["to"]) not in ways, (text, payload)
            assert payload["what"] != "entered" or not closed, text
            assert payload["what"] != "goal" or not unreached, text
    return len(ways) + closed + unreached


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_nobody_does_what_nobody_is_said_to_do(start: int) -> None:
    assert sum(judge(seed) for seed in range(start, start + 20)) > 5


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 4_000, 1_000))
def test_nobody_ever_does(start: int) -> None:
    assert sum(judge(seed) for seed in range(start, start + 200)) > 50
