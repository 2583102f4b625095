"""For tests of comparing: pairs of random programs, and a plain script that compares the message files of two simulations."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from rtj.ir import journey as j
from rtj.ir.comparison import Comparison, Difference, DifferenceKind, Place
from rtj.ir.expr import Const, Length
from rtj.ir.program import Program
from rtj.run.comparing import compare
from rtj.run.options import CompareOptions, Outputs, SimulateOptions, SimulateResult
from rtj.run.simulate import simulate
from tests.engine.test_against_oracle_files import NOW, line
from tests.oracle.build import STRING
from tests.oracle.generate import FEATURES, Case, case

replace = msgspec.structs.replace
WAITS = (j.Wait, j.WaitFor)
MESSAGES = ("more", "fewer", "earlier", "later", "content", "channel")
MIRRORED: dict[str, DifferenceKind] = {"more": "fewer", "fewer": "more", "earlier": "later", "later": "earlier"}


@dataclass(frozen=True)
class Pair:
    """Two versions, and events for both."""

    old: Program
    new: Program
    one: Case
    paths: tuple[str, ...]

    def compared(self, **options: Any) -> Comparison:
        return compare(self.old, self.new, CompareOptions(self.options(**options)))

    def mirrored(self, **options: Any) -> Comparison:
        return compare(self.new, self.old, CompareOptions(self.options(**options)))

    def options(self, **more: Any) -> SimulateOptions:
        return SimulateOptions(
            self.paths, **{"until": self.one.until, "drain": self.one.drain, "workers": 1, "now_ms": NOW} | more
        )

    def simulated(self, program: Program, folder: Path) -> tuple[SimulateResult, list[dict[str, Any]]]:
        path, trace = folder / "messages", folder / "trace"
        result = simulate(program, self.options(), None, Outputs(messages=str(path), trace=str(trace)))
        merged = {}
        for record in map(json.loads, trace.read_text().splitlines()):
            if record["what"] == "merged":
                merged[record["other"]] = record["profile"]
        messages = [json.loads(text) for text in path.read_text().splitlines()]
        for message in messages:  # people are who they are in the end
            while message["profile"] in merged:
                message["profile"] = merged[message["profile"]]
        return result, messages


def pair(seed: int, folder: Path, features: frozenset[str] = FEATURES) -> Pair:
    """A random program, and an edited one."""
    one = case(seed, features)
    rnd = random.Random(seed)
    paths = []
    for feed in one.feeds:
        path = folder / f"{feed.name}.jsonl"
        path.write_text("".join(line(one.program, event) for event in feed.events))
        paths.append(str(path))
    return Pair(one.program, edited(rnd, one.program), one, tuple(paths))


def schemas_apart(seed: int, folder: Path, without: str = "") -> Pair:
    """A random program and one that takes fewer events: views and purchases must say which item."""
    two = pair(seed, folder, FEATURES - {"duplicates", "tables", without})
    events = []
    for kind in two.new.events:
        needed = kind.name in ("view", "buy")
        fields = tuple(replace(f, type=STRING) if needed and f.name == "item" else f for f in kind.fields)
        events.append(replace(kind, fields=fields))
    late = max((event.ts for feed in two.one.feeds for event in feed.events), default=0) + 86_400_000
    one = dataclasses.replace(two.one, until=two.one.until or late)  # the last event need not be the same for both
    return Pair(two.old, replace(two.new, events=tuple(events)), one, two.paths)


def edited(rnd: random.Random, program: Program) -> Program:
    """Some edits of some journeys."""
    journeys = [edited_journey(rnd, journey) if rnd.random() < 0.7 else journey for journey in program.journeys]
    if len(journeys) > 1 and rnd.random() < 0.15:
        gone = rnd.choice(journeys)
        if not any(isinstance(n, j.StartJourney) and n.journey == gone.name for one in journeys for n in one.nodes):
            journeys.remove(gone)
    return replace(program, journeys=tuple(journeys))


def edited_journey(rnd: random.Random, journey: j.Journey) -> j.Journey:
    nodes = tuple(
        edited_node(rnd, node) if rnd.random() < (0.9 if isinstance(node, WAITS) else 0.4) else node for node in journey.nodes
    )
    entries = tuple(replace(entry, when=None) if rnd.random() < 0.15 else entry for entry in journey.entries)
    return replace(journey, nodes=nodes, entries=entries, goals=() if rnd.random() < 0.1 else journey.goals)


def edited_node(rnd: random.Random, node: j.Node) -> j.Node:
    match node:
        case j.Wait():
            return replace(node, length=Length(ms=rnd.choice([1, 2, 5, 9, 30]) * 600_000), for_=None)
        case j.WaitFor():
            cases = tuple(replace(c, after=Length(ms=rnd.choice([1, 3, 8]) * 600_000)) if c.after else c for c in node.cases)
            return replace(node, cases=cases)
        case j.Send():
            if len(node.channels) > 1 and rnd.random() < 0.6:
                return replace(node, channels=tuple(reversed(node.channels)))
            if rnd.random() < 0.3:
                return replace(node, message=f"{node.message}_2")
            return replace(node, pairs=node.pairs[:-1])
        case j.Split():
            return replace(node, salt=f"{node.salt}x")
        case j.Branch():
            arm = replace(node.arms[0], when=Const(rnd.random() < 0.5, "bool"))
            return replace(node, arms=(arm, *node.arms[1:]))
        case _:
            return node


# ---- the plain script


def by_hand(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> dict[Place, tuple[int, set[str]]]:
    """What differs between two files of messages: by key, the rest in order; how often, and for whom."""
    found: dict[Place, list[str]] = defaultdict(list)
    people: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, messages in enumerate((old, new)):
        for message in messages:
            people[message["profile"]][side].append(message)
    for person, (before, after) in people.items():
        was = {(m["key"], m["template"]): m for m in before}
        now = {(m["key"], m["template"]): m for m in after}
        assert len(was) == len(before)
        pairs = [(was[key], now[key]) for key in was if key in now]
        for journey, template in sorted({(m["journey"], m["template"]) for m in (*before, *after)}):
            ours, theirs = (
                [m for key, m in mine.items() if key not in others and (m["journey"], m["template"]) == (journey, template)]
                for mine, others in ((was, now), (now, was))
            )
            both = min(len(ours), len(theirs))
            pairs += zip(ours[:both], theirs[:both], strict=True)
            for message in ours[both:]:
                found[Place("fewer", journey, template, message["channel"])].append(person)
            for message in theirs[both:]:
                found[Place("more", journey, template, "", message["channel"])].append(person)
        for one, other in pairs:
            where = (one["journey"], one["template"], one["channel"], other["channel"])
            if one["ts"] != other["ts"]:
                found[Place("later" if other["ts"] > one["ts"] else "earlier", *where)].append(person)
            if one["vars"] != other["vars"]:
                found[Place("content", *where)].append(person)
            if one["channel"] != other["channel"]:
                found[Place("channel", *where)].append(person)
    return {place: (len(who), set(who)) for place, who in found.items()}


def told(comparison: Comparison) -> dict[Place, tuple[int, int]]:
    return {d.place: (d.count, d.people) for d in comparison.differences if d.place.kind in MESSAGES}


def mirror(difference: Difference) -> Difference:
    place = difference.place
    kind = MIRRORED.get(place.kind, place.kind)
    return replace(difference, place=replace(place, kind=kind, before=place.after, after=place.before))


def counted(result: SimulateResult) -> Counter[tuple[str, ...]]:
    """What is told of passages."""
    wanted = ("entered", "goal", "left", "blocked", "held", "refused", "inside")
    return Counter({key: n for key, n in result.counts.items() if key[0] in wanted and n})
