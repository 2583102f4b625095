"""Short words for writing programs and events by hand."""

from __future__ import annotations

from typing import Any, get_args

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import EventField, EventType, Namespace, Program
from rtj.ir.records import Event, Instant, attr_name, event_classes
from tests.oracle.door import Feed

STRING = x.Scalar("string")
NUMBER = x.Scalar("number")
BOOL = x.Scalar("bool")
INSTANT = x.Scalar("instant")
DATE = x.Scalar("date")
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NAMESPACES = (
    Namespace("user", 1, unique=True),
    Namespace("email", 2, unique=True, normalize=("lower",)),
    Namespace("cookie", 3, kind="cookie"),
)


def kind_of(spelled: str) -> x.Type:
    """`string`, `number?`, …"""
    name = spelled.rstrip("?")
    kind: x.Type = x.Scalar(name)  # type: ignore[arg-type]
    return x.Optional(kind) if spelled.endswith("?") else kind


def event_type(name: str, business: bool = False, late: Any = "facts", **fields: str) -> EventType:
    return EventType(name, tuple(EventField(f, kind_of(k)) for f, k in fields.items()), business, late)


def minutes(n: float) -> x.Length:
    return x.Length(ms=int(n * MINUTE))


def const(v: Any) -> x.Const:
    kinds = {str: "string", bool: "bool", int: "number", float: "number", type(None): "null"}
    return x.Const(v, kinds[type(v)])  # type: ignore[arg-type]


def duration(ms: int) -> x.Const:
    return x.Const(ms, "duration")


def of(name: str, field: str, envelope: bool = False) -> x.Field:
    """`event.price`, `entry.item` …"""
    return x.Field(x.Name(name), field, envelope, optional=True)


def that(op: Any, left: x.Expr, right: Any) -> x.Binary:
    """A comparison, with a literal or another expression."""
    return x.Binary(op, left, right if isinstance(right, get_args(x.Expr)) else const(right))


def attribute(name: str) -> x.Attribute:
    return x.Attribute(name, optional=True)


def on(*types: str, **more: Any) -> j.OnEvents:
    """An event, as a trigger."""
    return j.OnEvents((j.Step(types, **more),))


def journey(name: str, entry: j.Entry | j.Trigger, *nodes: j.Node, **more: Any) -> j.Journey:
    """A journey whose nodes follow each other as they are written, unless they say something else."""
    entries = (entry if isinstance(entry, j.Entry) else j.Entry(entry),)
    entries = more.pop("entries", entries)
    first = more.pop("first", nodes[0].id if nodes else None)
    return j.Journey(name, entries, nodes, first, **more)


def program(events: tuple[EventType, ...], *journeys: j.Journey, **more: Any) -> Program:
    parts: dict[str, Any] = {"mappings": (), "aggregates": (), "trackers": (), "audiences": (), "namespaces": NAMESPACES}
    parts |= more
    return Program(
        project="test",
        timezone=parts.pop("timezone", "UTC"),
        events=tuple(sorted(events, key=lambda e: e.name)),
        journeys=tuple(sorted(journeys, key=lambda one: one.name)),
        secret="secret",
        **parts,
    )


class Maker:
    """Makes events of a program: `make("view", 5, "user:u1", item="a")` happens five minutes after the start. `known` is an
    id; without one events are called e1, e2 … in the order in which they are made."""

    def __init__(self, of: Program, start: int = 1_772_359_200_000, unit: int = MINUTE) -> None:
        self.program, self.start, self.unit, self.made = of, start, unit, 0
        self.classes = event_classes(of)

    def at(self, when: float) -> int:
        return self.start + int(when * self.unit)

    def __call__(self, kind: str, when: float, *ids: str, known: str | None = None, **fields: Any) -> Event:
        """Identifiers are `namespace:value`, in any order."""
        self.made += 1
        names = [n.name for n in self.program.namespaces]
        pairs = [one.partition(":") for one in ids]
        numbered = {(names.index(name), v) for name, _, v in pairs}
        best_first = sorted(numbered, key=lambda i: (self.program.namespaces[i[0]].priority, i))
        instants = {f.name for t in self.program.events if t.name == kind for f in t.fields if "instant" in repr(f.type)}
        props = {attr_name(k): Instant(v) if k in instants and v is not None else v for k, v in fields.items()}
        ts = self.at(when)
        return Event(ts, 0, 0, kind, known or f"e{self.made}", ts, tuple(best_first), self.classes[kind](**props))


def feed(*events: Event, name: str = "a", lateness: float = 0) -> Feed:
    """A source; lateness in minutes."""
    return Feed(name, int(lateness * MINUTE), events)
