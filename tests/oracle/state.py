"""What the naive interpreter remembers about a person and about one passage through a journey."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from rtj.ir.journey import Journey, Node
from rtj.ir.program import Message
from rtj.ir.records import Event

Stamp = tuple[int, int, int]
END = 1 << 60  # a source and position after all others: what the journeys themselves did at an instant


@dataclass(eq=False)
class Instance:
    id: str
    profile: Profile
    journey: Journey
    key: str | None
    entered: int
    order: tuple[Any, ...]
    names: dict[str, Any]
    cause: Event | None
    alive: bool = True
    node: Node | None = None  # where it rests
    due: int | None = None
    due_case: int = -1
    holds: str | None = None  # the channel of the message that is held
    tried: int | None = None  # when the message of this node was first tried
    visit: int = 0
    visits: Counter[str] = field(default_factory=Counter)
    rounds: dict[str, int] = field(default_factory=dict)
    remembered: dict[tuple[str, int], Event] = field(default_factory=dict)
    collected: list[Event] = field(default_factory=list)
    goals: set[int] = field(default_factory=set)
    held: set[tuple[str, int]] = field(default_factory=set)  # watched conditions that hold
    expires: int = 0
    trigger: str = ""
    steps: int = 0  # nodes entered at the instant `steps_at`
    steps_at: int = -1
    ordinal: int = 0  # journey.entries when it entered


@dataclass(eq=False)
class Partial:
    """A pattern whose first step was seen; `last` is the event that matched last."""

    waiting: int
    names: dict[str, Any]
    first: Event
    last: Event
    deadline: int | None


@dataclass(eq=False)
class Sent:
    """A message that was sent; `address` is the hash of where it went."""

    at: int
    key: str
    channel: str
    journey: str
    message: Message
    address: str
    given_back: bool = False  # its places in caps


EntryKey = tuple[str, int]  # journey, index of the entry


@dataclass(eq=False)
class Profile:
    origin: str
    born: tuple[int, bool, int, int]
    ids: list[tuple[int, str]] = field(default_factory=list)
    attributes: dict[str, tuple[Stamp, Any]] = field(default_factory=dict)
    history: list[tuple[Stamp, Event]] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    since: dict[str, int] = field(default_factory=dict)
    held: set[EntryKey] = field(default_factory=set)
    instances: list[Instance] = field(default_factory=list)
    last_entry: dict[tuple[str, str | None], int] = field(default_factory=dict)
    entries: Counter[str] = field(default_factory=Counter)
    counted: dict[EntryKey, dict[Any, list[Event]]] = field(default_factory=dict)
    partials: dict[EntryKey, dict[Any, Partial]] = field(default_factory=dict)
    fired: dict[EntryKey, set[Any]] = field(default_factory=dict)  # the dates (or instants) on which schedules fired
    sent: list[Sent] = field(default_factory=list)
    entered: list[tuple[str, int]] = field(default_factory=list)  # journey, when
    suppressed: set[tuple[str, str]] = field(default_factory=set)  # channel, hash of the address
    withdrawn: dict[str, Stamp] = field(default_factory=dict)  # consents that receipts took back
    queue: deque[tuple[Any, ...]] = field(default_factory=deque)
    serial: int = 0  # of instances (D3)
    written: int = 0  # of what journeys set and emit
    worked: int = 0  # consequences worked at the instant `worked_at`
    worked_at: int = -1
    done: int = -1  # every instant up to here is closed

    def in_order(self) -> list[Instance]:
        """The instances in order of entry (D3)."""
        return sorted(self.instances, key=lambda i: i.order)

    def inside(self, journey: str, key: str | None) -> Instance | None:
        for instance in self.instances:
            if instance.journey.name == journey and instance.key == key:
                return instance
        return None

    def next_written(self) -> int:
        self.written += 1
        return self.written
