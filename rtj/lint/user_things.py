"""The things that the project's own rules look at, found in its trees: where each stands, and the values of its record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.user_declared import declared_values
from rtj.lint.user_nodes import node_values
from rtj.lint.user_records import IN_JOURNEYS, RECORDS
from rtj.lint.user_values import Values, day, event_types, ms, once, text


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: where findings about it stand, its values, and those of the journey in which it stands."""

    span: Span
    values: Values
    journey: Values | None = None


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """A journey without mistakes: its values, and those of its nodes with their places."""

    tree: s.Journey
    values: Values
    nodes: tuple[tuple[Span, Values], ...]


class Survey:
    """All things of a project. Of journeys with mistakes nothing is told."""

    def __init__(self, facts: Facts, path_of: Callable[[str], str]) -> None:
        """`path_of`: the path of a source within the project."""
        self._facts, self._path_of = facts, path_of
        self._journeys: list[_Surveyed] | None = None

    def things(self, kind: str) -> Iterator[Thing]:
        """The things of a kind, in the order of the text."""
        if kind in IN_JOURNEYS:
            if self._journeys is None:
                self._journeys = [self._survey(journey) for journey in self._facts.journeys if journey.machine is not None]
            for journey in self._journeys:
                yield from _in_journey(journey, kind)
        elif self._facts.project.whole:
            yield from (Thing(span, values) for span, values in declared_values(self._facts, kind))

    def _survey(self, journey: JourneyFacts) -> _Surveyed:
        nodes = tuple(node_values(self._facts, journey, journey.tree.nodes))
        file = self._path_of(journey.tree.span.source.path)
        return _Surveyed(journey.tree, _journey(journey, [values for _, values in nodes], file), nodes)


# ---- journeys


def _in_journey(journey: _Surveyed, kind: str) -> Iterator[Thing]:
    tree, values = journey.tree, journey.values
    match kind:
        case "journey":
            yield Thing(tree.name.span, values, values)
        case "enter":
            for entry in tree.entries:
                yield Thing(_head(entry), _entry(entry), values)
        case "goal":
            for goal in tree.goals:
                yield Thing(_head(goal), _goal(goal), values)
        case "node":
            for word, node in journey.nodes:
                yield Thing(word, {field.name: node[field.name] for field in RECORDS["node"]}, values)
        case _:
            for word, node in journey.nodes:
                if kind == node["kind"]:
                    yield Thing(word, node, values)


def _head(tree: s.Entry | s.Watch) -> Span:
    """Where a way in or a goal begins: what it reacts to."""
    match tree.trigger:
        case s.OnPattern(pattern=pattern):
            return pattern.span
        case other:
            return other.span


def _journey(journey: JourneyFacts, nodes: Sequence[Values], file: str) -> Values:
    tree = journey.tree
    sends = [node for node in nodes if node["kind"] == "send"]
    runs = tree.runs
    return {
        "name": journey.name,
        "title": text(tree.title),
        "file": file,
        "stability": tree.stability,
        "priority": tree.priority.value if tree.priority is not None else 0,
        "max_duration": ms(tree.max_duration),
        "runs_from": day(runs.start if runs is not None else None),
        "runs_to": day(runs.end if runs is not None else None),
        "events": once(event for entry in tree.entries for event in _events(entry.trigger)),
        "entries": len(tree.entries),
        "goals": len(tree.goals),
        "exits": len(tree.exits),
        "nodes": len(nodes),
        "sends": len(sends),
        "messages": once(node["message"] for node in sends),
        "channels": once(channel for node in sends for channel in node["channels"]),
        "starts": once(node["starts"] for node in nodes if node["kind"] == "start"),
        "ids": tuple(node["id"] for node in nodes),
    }


def _entry(entry: s.Entry) -> Values:
    return {
        "on": _on(entry.trigger),
        "events": _events(entry.trigger),
        "has_when": entry.when is not None,
        "has_key": entry.key is not None,
        "again": entry.again.rule if entry.again is not None else "after",
        "has_again": entry.again is not None,
        "while_inside": entry.while_inside or "ignore",
        "backfill": entry.backfill,
    }


def _goal(goal: s.Watch) -> Values:
    within = goal.within
    if isinstance(goal.trigger, s.OnPattern):
        within = goal.trigger.pattern.steps[0].within or within
    return {
        "on": _on(goal.trigger),
        "events": _events(goal.trigger),
        "has_when": goal.when is not None,
        "within": ms(within),
        "stay": goal.stay,
    }


def _on(trigger: s.Trigger) -> str:
    match trigger:
        case s.OnPattern():
            return "event"
        case s.OnCondition():
            return "condition"
        case s.OnSchedule():
            return "schedule"
        case s.OnStart():
            return "start"


def _events(trigger: s.Trigger) -> tuple[str, ...]:
    return event_types(trigger.pattern.steps) if isinstance(trigger, s.OnPattern) else ()
