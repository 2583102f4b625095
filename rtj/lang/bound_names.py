"""Which names a journey brings anywhere, and where each is known: for telling somebody who reads one elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.lang import syntax as s
from rtj.lang.node_ids import blocks
from rtj.lang.scope import Known


def bound_names(journey: s.Journey) -> dict[str, Known]:
    """By name; of several the first."""
    found: dict[str, Known] = {}
    for name, where in (*_of_triggers(journey), *_of_nodes(journey.nodes)):
        found.setdefault(name.text, Known(name.span, where))
    return found


def _of_triggers(journey: s.Journey) -> Iterator[tuple[s.Name, str]]:
    for entry in journey.entries:
        for name in _named(entry.trigger):
            yield name, f"inside the journey and to the entry in line {name.span.line}"
    for word, watches in (("goal", journey.goals), ("exit", journey.exits)):
        for watch in watches:
            for name in _named(watch.trigger):
                yield name, f"to the {word} in line {name.span.line}"


def _named(trigger: s.Trigger) -> Iterator[s.Name]:
    match trigger:
        case s.OnPattern(pattern=pattern):
            yield from (step.bind for step in pattern.steps if step.bind is not None)
        case s.OnStart(bind=s.Name() as name):
            yield name
        case _:
            pass


def _of_nodes(nodes: tuple[s.Node, ...]) -> Iterator[tuple[s.Name, str]]:
    for node in nodes:
        match node:
            case s.WaitFor(cases=cases):
                for case in cases:
                    steps = case.pattern.steps if isinstance(case, s.EventCase) else ()
                    for name in (step.bind for step in steps if step.bind is not None):
                        yield name, f"inside the case in line {case.span.line}"
            case s.Send() | s.CallWebhook() | s.Collect() | s.Decide() | s.Score():
                if node.bind is not None:
                    yield node.bind, f"below the `{node.word.text}` in line {node.word.line}"
            case _:
                pass
        for block in blocks(node):
            yield from _of_nodes(block.nodes)
