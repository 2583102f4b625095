"""What an author writes in a `*.test.yaml`, as trees with exact places; nothing is looked up yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.scenario.times import Time

Kind: TypeAlias = Literal[
    "messages",
    "blocked",
    "held",
    "withdrawn",
    "entered",
    "left",
    "goals",
    "refused",
    "joins",
    "leaves",
    "inside",
    "members",
]
# What may be said of each kind of happening; the first is what a bare text stands for ("" where nothing does).
FACTS: Mapping[Kind, tuple[str, ...]] = {
    "messages": ("message", "at", "channel", "node", "journey", "key", "person", "with"),
    "blocked": ("message", "at", "gate", "rule", "channel", "node", "journey", "key", "person"),
    "held": ("message", "at", "until", "channel", "node", "journey", "key", "person"),
    "withdrawn": ("message", "at", "channel", "node", "journey", "key", "person"),
    "entered": ("", "at", "journey", "key", "person"),
    "left": ("reason", "at", "node", "journey", "key", "person"),
    "goals": ("", "at", "journey", "key", "person"),
    "refused": ("reason", "at", "cap", "journey", "key", "person"),
    "joins": ("audience", "at", "person"),
    "leaves": ("audience", "at", "person"),
    "inside": ("node", "journey", "key", "person"),
    "members": ("audience", "person"),
}
AT_THE_END: tuple[Kind, ...] = ("inside", "members")  # these are judged when `until` is reached


@dataclass(frozen=True, slots=True)
class When:
    """A place in time as it was written."""

    span: Span
    time: Time


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier of a person. `space` is None where only the value was written."""

    span: Span
    space: s.Name | None
    value: s.Text


@dataclass(frozen=True, slots=True)
class Given:
    """An event that happens. `properties` is None when none were written."""

    span: Span
    when: When
    type: s.Name
    properties: y.Mapping | None = None
    person: tuple[Identifier, ...] = ()
    id: s.Text | None = None
    channel: s.Text | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One expected happening: what is named must be so, the rest is left open. `facts` are texts such as `channel`, by name.
    `until`: the end of the quiet hours that hold a message."""

    kind: Kind
    span: Span
    at: When | None = None
    facts: Mapping[str, s.Text] = field(default_factory=dict)
    person: tuple[Identifier, ...] = ()
    values: y.Mapping | None = None
    until: When | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """`lists`: for each kind that is named, its key and its lines. `more`: others may happen besides."""

    lists: Mapping[Kind, tuple[Span, tuple[Line, ...]]]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One test. `start` and `person` are None where those of the file hold. `profile`: what is known of the person when it
    begins, beside what the file says."""

    span: Span
    name: s.Text
    events: tuple[Given, ...]
    expect: Expected
    start: When | None = None
    until: When | None = None
    person: tuple[Identifier, ...] = ()
    profile: y.Mapping | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """One document: tests of one journey, or of several that are judged together. `whole`: nothing in it was left out as a
    mistake."""

    source: Source
    span: Span
    journeys: tuple[s.Name, ...]
    tests: tuple[Scenario, ...]
    start: When | None = None
    person: tuple[Identifier, ...] = ()
    whole: bool = True
    profile: y.Mapping | None = None
