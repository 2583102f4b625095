"""The messages of a project: which journey sends what, by which channel, and what is known of the channels."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts, JourneyFacts


@dataclass(frozen=True, slots=True)
class Sent:
    """A `send`: `channels` as they are written, or the only one of the project."""

    journey: JourneyFacts
    tree: s.Send
    channels: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.journey.ids[id(self.tree)]

    @property
    def first(self) -> str:
        """The channel that is taken if nothing stands against it."""
        return self.channels[0] if self.channels else ""


def sends_of(facts: Facts, journey: JourneyFacts) -> Iterator[Sent]:
    """All sends of a journey, in the order of the text."""
    known = [channel.name.text for channel in facts.project.channels]
    for node in statements(journey.tree.nodes):
        if isinstance(node, s.Send):
            named = tuple(channel.text for channel in node.channels)
            yield Sent(journey, node, named or (tuple(known) if len(known) == 1 else ()))


def marketing(facts: Facts) -> frozenset[str]:
    """The channels that are declared as marketing: only these fall under caps (S7.2)."""
    return frozenset(channel.name.text for channel in facts.project.channels if channel.purpose == "marketing")


def covered(cap: s.CapDecl, journey: str, channels: Collection[str]) -> list[str]:
    """Those of the channels by which the cap may count this journey's messages. What belongs to a category nobody can tell: it
    may."""
    if not of_journey(cap, journey):
        return []
    return [name.text for name in cap.channels if name.text in channels] if cap.channels else list(channels)


def of_journey(cap: s.CapDecl, journey: str) -> bool:
    """Does the cap count what this journey does?"""
    return not cap.journeys or journey in {name.text for name in cap.journeys}


def listed(names: list[str], most: int) -> str:
    """`a` and `b`; `a`, `b` and 3 more."""
    shown = [f"`{name}`" for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
