"""What the checker gives to the compiler: declarations lowered, journeys still as trees of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from rtj.base.diagnostic import Diagnostic
from rtj.ir import journey as irj
from rtj.ir.expr import Type
from rtj.ir.program import (
    Aggregate,
    Audience,
    Cap,
    Channel,
    Consents,
    EventType,
    Holdout,
    Message,
    Namespace,
    Policy,
    QuietHours,
    Retention,
    Rows,
    SourceMap,
    Table,
    Tracker,
    Webhook,
)
from rtj.ir.program import Mapping as AttributeMapping
from rtj.lang.check_base import Typed, TypedTrees
from rtj.lang.scope import World
from rtj.lang.syntax import Expr


@dataclass(frozen=True, slots=True)
class Files:
    """What was read from files that the project names: members of audiences as (namespace, value), fields of event types, and
    suppressed addresses as (channel or "" for all, keyed hash); rows of tables."""

    members: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    schemas: Mapping[str, tuple[tuple[str, Type], ...]] = field(default_factory=dict)
    suppressed: tuple[tuple[str, str], ...] = ()
    tables: Mapping[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """A node with its id but without targets. `bodies` are its blocks in the order of its cases or arms (None: none was
    written), `otherwise` its `else`."""

    node: irj.Node
    bodies: tuple[Block | None, ...] = ()
    otherwise: Block | None = None


Block: TypeAlias = tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class CheckedJourney:
    """`frame` has everything but nodes. `ids`: the id of each node, by the identity of its tree."""

    frame: irj.Journey
    body: Block
    ids: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declared:
    """The project's declarations, lowered. Aggregates and trackers have keys for names still."""

    project: str = ""
    timezone: str = "UTC"
    namespaces: tuple[Namespace, ...] = ()
    events: tuple[EventType, ...] = ()
    mappings: tuple[AttributeMapping, ...] = ()
    audiences: tuple[Audience, ...] = ()
    channels: tuple[Channel, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    sources: tuple[SourceMap, ...] = ()
    tables: tuple[Table, ...] = ()
    consents: Consents = field(default_factory=Consents)
    messages: tuple[Message, ...] = ()
    caps: tuple[Cap, ...] = ()
    quiet_hours: QuietHours | None = None
    holdout: Holdout | None = None
    suppressed: tuple[tuple[str, str], ...] = ()
    policies: tuple[Policy, ...] = ()
    retention: tuple[Retention, ...] = ()
    dedupe_ms: int = 86_400_000
    max_skew_ms: int = 3_600_000
    secret: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """`attributes`: computed attribute -> key of its aggregate, for those that are one aggregate. `keep`: fields of events to
    keep, by key. `declared` is None when there is no project."""

    declared: Declared | None
    journeys: tuple[CheckedJourney, ...]
    aggregates: Mapping[str, Aggregate]
    keep: Mapping[str, frozenset[str]]
    trackers: Mapping[str, Tracker]
    attributes: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    world: World
    typed: TypedTrees

    def of(self, tree: Expr) -> Typed | None:
        """What an expression turned out to be; None when it was never checked."""
        found = self.typed.get(id(tree))
        return found[1] if found is not None else None

    def attribute_type(self, name: str) -> Type | None:
        """What `profile.NAME` reads; None: there is no such attribute."""
        kind = self.world.attributes.get(name)
        return kind.type if kind is not None else None

    def event_fields(self, types: tuple[str, ...]) -> Mapping[str, Type]:
        """The properties that all these event types have, with the types they have in common."""
        return self.world.event_fields(types)
