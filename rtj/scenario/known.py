"""What tests may name: what the project declares and what its journeys have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rtj.ir.expr import Type
from rtj.ir.journey import Exit, Journey, Send
from rtj.ir.program import EventType, Namespace, Program

# Why people leave, beside the reasons that authors give (S5, S6).
REASONS_LEFT = ("completed", "goal", "exit", "restarted", "merged", "max_duration", "holdout", "runaway", "error")
# Why a trigger admits nobody (S5.3).
REASONS_REFUSED = ("inside", "again", "already", "full", "no_key", "not_running", "draining", "capped")
# Which gates are shut, and by which rules (S7.1); those of the others are the salt of a holdout and the names of caps.
RULES: Mapping[str, tuple[str, ...]] = {
    "address": ("missing",),
    "suppression": ("list", "profile"),
    "consent": ("any", "channel", "subscription", "unknown", "unconfirmed"),
    "holdout": (),
    "quiet_hours": ("drop", "7d"),
    "cap": (),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of the journeys that a suite judges, together. `sends`: by message."""

    sends: Mapping[str, tuple[Send, ...]]
    nodes: frozenset[str]
    reasons: frozenset[str]


@dataclass(frozen=True)
class Known:
    """`journeys`: by name; None for one that has a mistake, of which nothing more is known. `spaces`: best first. `complete`:
    there are no journeys but these. `salt`: of the holdout, "" when there is none. `attributes`: those that may be given, with
    their types; `computed`: those that come of events."""

    journeys: Mapping[str, Journey | None]
    events: Mapping[str, EventType]
    spaces: tuple[Namespace, ...]
    channels: tuple[str, ...]
    timezone: str
    complete: bool = True
    audiences: tuple[str, ...] = ()
    caps: tuple[str, ...] = ()
    salt: str = ""
    attributes: Mapping[str, Type] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()

    @cached_property
    def messages(self) -> frozenset[str]:
        """Everything that a receipt may be about: messages, and the nodes that send them."""
        sends = [n for j in self.journeys.values() if j is not None for n in j.nodes if isinstance(n, Send)]
        return frozenset({send.message for send in sends} | {send.id for send in sends})

    @cached_property
    def unsure(self) -> bool:
        """Are there journeys of which nothing is known?"""
        return not self.complete or None in self.journeys.values()

    def rules(self, gate: str) -> tuple[str, ...]:
        """The rules by which a gate may be shut; "" asks for those of all."""
        named = {**RULES, "holdout": (self.salt,) if self.salt else (), "cap": self.caps}
        return named[gate] if gate in named else tuple(sorted({rule for rules in named.values() for rule in rules}))

    def judged(self, names: Iterable[str]) -> Judged | None:
        """What these journeys have; None when one of them cannot be looked into."""
        found = [self.journeys.get(name) for name in names]
        journeys = [journey for journey in found if journey is not None]
        if len(journeys) < len(found):
            return None
        nodes = [node for journey in journeys for node in journey.nodes]
        sends: dict[str, list[Send]] = {}
        for node in nodes:
            if isinstance(node, Send):
                sends.setdefault(node.message, []).append(node)
        reasons = {node.reason for node in nodes if isinstance(node, Exit)}
        return Judged(
            {name: tuple(group) for name, group in sends.items()},
            frozenset(node.id for node in nodes),
            frozenset(reasons | set(REASONS_LEFT)),
        )

    def sender(self, message: str) -> str:
        """A journey that sends this message, "" when there is none."""
        for name, journey in self.journeys.items():
            if journey is not None and any(isinstance(n, Send) and message == n.message for n in journey.nodes):
                return name
        return ""


def known_of(program: Program) -> Known:
    """What a program has."""
    return Known(
        journeys={journey.name: journey for journey in program.journeys},
        events={event.name: event for event in program.events},
        spaces=program.ranked,
        channels=tuple(channel.name for channel in program.channels),
        timezone=program.timezone,
        audiences=tuple(audience.name for audience in program.audiences),
        caps=tuple(cap.name for cap in program.caps),
        salt="" if program.holdout is None else program.holdout.salt,
        attributes={mapping.name: mapping.type for mapping in program.mappings},
        computed=frozenset(aggregate.name for aggregate in program.aggregates),
    )


def types_of(sends: Iterable[Send]) -> dict[str, tuple[Type, ...]]:
    """The values that messages are given, with the types that they may have."""
    found: dict[str, tuple[Type, ...]] = {}
    for send in sends:
        for pair in send.pairs:
            if pair.type not in found.get(pair.name, ()):
                found[pair.name] = (*found.get(pair.name, ()), pair.type)
    return found
