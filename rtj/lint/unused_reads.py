"""What is read where: attributes, audiences and names, from every expression that was checked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from rtj.base.span import Span
from rtj.ir.expr import Row
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts


@dataclass(frozen=True, slots=True)
class Reads:
    """`attributes`, `audiences`: where each is read. `tables`: those of which rows are looked up. `names`: the offsets, sorted,
    at which a name stands, by source and name."""

    attributes: dict[str, list[Span]] = field(default_factory=dict)
    audiences: dict[str, list[Span]] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    names: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def within(self, name: str, span: Span) -> bool:
        """Is the name read in this piece of text?"""
        offsets = self.names.get((id(span.source), name), [])
        place = bisect_left(offsets, span.start)
        return place < len(offsets) and offsets[place] < span.end


def reads(facts: Facts) -> Reads:
    """Everything that the project and its journeys read."""
    found = Reads()
    for tree, typed in facts.checked.typed.values():
        if type(tree) is s.Name:  # types are compared, for there are many expressions
            found.names.setdefault((id(tree.span.source), tree.text), []).append(tree.span.start)
        elif type(tree) is s.Field and type(tree.base) is s.Name:
            if tree.base.text == "profile":
                found.attributes.setdefault(tree.name.text, []).append(tree.span)
            elif tree.base.text == "audience":
                found.audiences.setdefault(tree.name.text, []).append(tree.span)
        elif type(typed.expr) is Row:
            found.tables.add(typed.expr.table)
    for name in _audiences_named(facts):
        found.audiences.setdefault(name.text, []).append(name.span)
    for offsets in found.names.values():
        offsets.sort()
    return found


def _audiences_named(facts: Facts) -> Iterator[s.Name]:
    """The audiences that stand in triggers and waits: `for`, `joining`, `leaving`."""
    for journey in facts.journeys:
        tree = journey.tree
        for trigger in (*(entry.trigger for entry in tree.entries), *(watch.trigger for watch in (*tree.goals, *tree.exits))):
            match trigger:
                case s.OnSchedule(audience=audience):
                    yield audience
                case s.OnPattern(pattern=pattern):
                    yield from _of_steps(pattern.steps)
                case _:
                    pass
        for node in statements(tree.nodes):
            match node:
                case s.WaitFor(cases=cases):
                    for case in cases:
                        if isinstance(case, s.EventCase):
                            yield from _of_steps(case.pattern.steps)
                case s.Collect(step=step):
                    yield from _of_steps((step,))
                case _:
                    pass


def _of_steps(steps: tuple[s.Step, ...]) -> Iterator[s.Name]:
    for step in steps:
        if step.audience is not None:
            yield step.audience
        yield from (event.name for event in step.events if event.kind != "event")
