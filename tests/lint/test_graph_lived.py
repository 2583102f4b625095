"""What the graph rules claim holds in the engine: over random journeys and events nothing that is called unreachable is reached,
and no case that is called never taken is taken. A rule that is wrong anywhere here would frighten somebody for nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from rtj.compile.pipeline import analyse
from rtj.ir.program import Program
from rtj.lang import syntax as s
from rtj.lang.load import load_text
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts, JourneyFacts, gather
from rtj.lint.graph_cases import entry_twice, shadowed_case
from rtj.lint.graph_outlast import outlasts
from rtj.lint.graph_reach import receipt_too_early, unreachable
from tests.oracle.build import Maker, feed
from tests.oracle.drivers import whole

PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  a: {n: number}
  b: {n: number}
  c: {n: number}
profile:
  level: {from: c.n, type: number, default: 0}
channels:
  email: {purpose: transactional}
"""
PEOPLE = ("ada", "bob", "cyd")
SETTLED = 60  # days of events
Rule = Callable[[Facts, JourneyFacts], Iterator[object]]


class Author:
    """Writes journeys at random, with the mistakes that the rules look for more often than people make them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.number = 0
        self.sends: list[str] = []

    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def length(self) -> str:
        return self.draw.choice(["0s", "1h", "12h", "1d", "1 day", "2d", "6d", "1 week", "9d", "20d", "1 month"])

    def condition(self, root: str) -> str:
        what = self.draw.choice(["profile.level", f"{root}.n" if root else "profile.level"])
        one = f"{what} {self.draw.choice(['>', '<=', '=='])} {self.draw.randint(0, 2)}"
        return one if self.draw.random() < 0.7 else f"{one} and profile.level < 2"

    def event(self, root: str = "event") -> str:
        """`on` and `when`."""
        types = " or ".join(sorted({self.draw.choice("abc") for _ in range(self.draw.choice([1, 1, 1, 2]))}))
        types = "any" if self.draw.random() < 0.1 else types
        asked = root if types != "any" else ""
        return f"on: {types}" + (f", when: {self.condition(asked)}" if self.draw.random() < 0.4 else "")

    def case(self, depth: int) -> str:
        kind = self.draw.random()
        body = f", do: {self.block(depth - 1)}" if self.draw.random() < 0.6 else ""
        if kind < 0.15 and self.sends:
            return f"{{on: {self.draw.choice(self.sends)}.clicked{body}}}"
        if kind < 0.6:
            return f"{{{self.event()}{body}}}"
        if kind < 0.75:
            return f"{{when: {self.condition('')}{body}}}"
        return f"{{after: {self.length()}{body}}}"

    def block(self, depth: int) -> str:
        return "[" + ", ".join(self.node(depth) for _ in range(self.draw.randint(0 if depth < 2 else 1, 3))) + "]"

    def node(self, depth: int) -> str:
        kinds = ["send", "wait", "wait", "exit", "set"]
        kinds += ["branch", "wait_for", "wait_for", "split", "repeat", "until"] if depth > 0 else []
        match self.draw.choice(kinds):
            case "send":
                name = self.name("m")
                self.sends.append(name)
                return f"{{id: {name}, send: m}}"
            case "wait":
                return f"{{id: {self.name('w')}, wait: {self.length()}}}"
            case "until":
                moment = self.draw.choice(
                    ["until 09:00", "until monday at 10:00", "until next weekday at 08:00", "until entry.ts + 2d"]
                )
                blocks = f", do: {self.block(depth - 1)}" if self.draw.random() < 0.4 else ""
                blocks += f", else: {self.block(depth - 1)}" if self.draw.random() < 0.3 else ""
                return f"{{id: {self.name('u')}, wait: '{moment}'{blocks}}}"
            case "exit":
                return f"{{id: {self.name('x')}, exit: done}}" if self.draw.random() < 0.5 else self.node(depth)
            case "set":
                return f"{{id: {self.name('s')}, set: profile.level = {self.draw.randint(0, 3)}}}"
            case "branch":
                arms = [f"{{when: {self.condition('')}, do: {self.block(depth - 1)}}}" for _ in range(self.draw.randint(1, 2))]
                arms += [f"{{else: {self.block(depth - 1)}}}"] if self.draw.random() < 0.7 else []
                return f"{{id: {self.name('b')}, branch: [{', '.join(arms)}]}}"
            case "split":
                first = f"{{arm: p, share: 50%, do: {self.block(depth - 1)}}}"
                second = self.draw.choice(["{arm: holdout, share: 50%}", f"{{arm: q, share: 50%, do: {self.block(depth - 1)}}}"])
                return f"{{id: {self.name('p')}, split: salt{self.number}, arms: [{first}, {second}]}}"
            case "repeat":
                until = f", until: {self.condition('')}" if self.draw.random() < 0.4 else ""
                return f"{{id: {self.name('r')}, repeat: {self.draw.randint(1, 4)} times{until}, do: {self.block(depth - 1)}}}"
            case _:
                cases = ", ".join(self.case(depth) for _ in range(self.draw.randint(1, 4)))
                return f"{{id: {self.name('f')}, wait_for: [{cases}]}}"

    def journey(self) -> str:
        again = self.draw.choice(["", ", again: always", ", again: never", ", while_inside: restart", ", again: after exit"])
        entries = [f"{{{self.event()}{again if self.draw.random() < 0.8 else ''}}}" for _ in range(self.draw.randint(1, 3))]
        goals = [f"{{{self.event()}}}" for _ in range(self.draw.choice([0, 0, 0, 1]))]
        longest = self.draw.choice(["1d", "5d", "10d", "1 month", "91d"])
        head = f"journey: one\nmax_duration: {longest}\nenter: [{', '.join(entries)}]\n"
        return head + (f"goal: [{', '.join(goals)}]\n" if goals else "") + f"do: {self.block(2)}\n"


def lived(program: Program, seed: int) -> list[dict[str, object]]:
    """What happens to a few people in a few weeks, with receipts of all their messages."""
    draw = random.Random(seed)
    make = Maker(program, unit=86_400_000)
    moments = sorted(draw.random() * SETTLED for _ in range(60))
    events = [make(draw.choice("abc"), at, f"user_id:{draw.choice(PEOPLE)}", n=draw.randint(0, 3)) for at in moments]
    told = whole(program, [feed(*events)], drain=True).records
    sent = [(at, origin, p["key"]) for at, origin, _, p in told if p["what"] == "sent"]
    clicks = [
        make("clicked", (at - make.start) / make.unit + 0.3, f"user_id:{origin.partition(':')[2]}", message=key)
        for at, origin, key in sent
        if draw.random() < 0.5
    ]
    both = sorted([*events, *clicks], key=lambda event: event.ts)
    return [payload for _, _, _, payload in whole(program, [feed(*both)], drain=True).records]


def claims(text: str, seed: int) -> Counter[str]:
    """Check what the rules say of one journey; how often each said something."""
    analysis = analyse(load_text(PROJECT, text))
    program, facts = analysis.compiled.program, gather(analysis)
    said: Counter[str] = Counter()
    if program is None or facts is None:
        return said
    journey = facts.journeys[0]
    assert journey.machine is not None
    nodes = list(statements(journey.tree.nodes))
    found = {rule: list(rule(facts, journey)) for rule in (unreachable, outlasts, shadowed_case, receipt_too_early, entry_twice)}
    if not any(found.values()):
        return said
    records = lived(program, seed)
    visited = {
        str(payload["node"]) for payload in records if payload["what"] in ("goes", "waits", "sent", "set") and "node" in payload
    }
    visited |= {str(p["node"]) for p in records if p["what"] == "left" and p.get("reason") == "done"}
    taken = {(payload["node"], payload["to"]) for payload in records if payload["what"] == "goes"}
    for diagnostic in (*found[unreachable], *found[outlasts]):
        said[diagnostic.code] += 1
        if diagnostic.code in ("W360", "W206"):
            node = next(node for node in nodes if node.word == diagnostic.span)
            assert journey.ids[id(node)] not in visited, (diagnostic, text)
    for diagnostic in (*found[shadowed_case], *found[receipt_too_early]):
        said[diagnostic.code] += 1
        for node in nodes:
            for number, case in enumerate(node.cases if isinstance(node, s.WaitFor) else (), 1):
                only = not isinstance(case, s.EventCase) or diagnostic.code == "W209" or len(case.pattern.steps[0].events) == 1
                if case.span.start <= diagnostic.span.start < case.span.end and not any(
                    inner.span.start <= diagnostic.span.start < inner.span.end for inner in case.body.nodes
                ):
                    assert not only or (journey.ids[id(node)], f"case {number}") not in taken, (diagnostic, text)
    for diagnostic in found[entry_twice]:
        said[diagnostic.code] += 1
        place = next(i for i, e in enumerate(journey.tree.entries) if e.span.start <= diagnostic.span.start < e.span.end)
        assert without_entry(text, seed, place) == told(records), (diagnostic, text)
    return said


def without_entry(text: str, seed: int, place: int) -> list[str]:
    """What happens when a way in is closed by a condition that never holds."""
    loaded = load_text(PROJECT, text)
    entry = loaded.journeys[0].entries[place]
    start, end = entry.span.start, entry.span.end
    source = loaded.journeys[0].name.span.source.text
    shut = source[:start] + "on: b where event.n > 99" + source[end:]
    program = analyse(load_text(PROJECT, shut)).compiled.program
    assert program is not None
    return told(lived(program, seed))


def told(records: list[dict[str, object]]) -> list[str]:
    """Records without refusals: those of a second way in are all that closing it takes away."""
    return [str(record) for record in records if record["what"] != "refused"]


def check(seeds: range) -> Counter[str]:
    said: Counter[str] = Counter()
    for seed in seeds:
        said += claims(Author(seed).journey(), seed)
    return said


def test_what_is_claimed_is_lived() -> None:
    said = check(range(120))
    assert said.keys() >= {"W205", "W206", "W209", "W360"}


@pytest.mark.long
def test_what_is_claimed_is_lived_for_long() -> None:
    said = check(range(1_000, 2_500))
    assert said.keys() >= {"W205", "W206", "W209", "W212", "W360", "W418"}
