"""Who cares about an event type: found once, when the first event of the type comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rtj.engine.journey import EntryMachine, WatchMachine
from rtj.engine.windows import AggregateMachine
from rtj.ir.expr import OneOf, Optional, Scalar
from rtj.ir.program import Mapping
from rtj.ir.records import attr_name

SHARED_MAX = 4_096  # different texts of an attribute that are kept once for all profiles


class MappingMachine:
    """Writes one field of an event into one attribute (S3.2)."""

    __slots__ = ("_is_text", "_seen", "allowed", "codes", "field", "name", "slot")

    def __init__(self, spec: Mapping, slot: int) -> None:
        assert spec.field is not None
        self.name = spec.name
        self.slot = slot
        self.field = attr_name(spec.field)
        self.codes = dict(spec.codes)
        self.allowed = frozenset(spec.one_of)
        kind = spec.type.of if isinstance(spec.type, Optional) else spec.type
        self._is_text = isinstance(kind, OneOf) or kind == Scalar("string")
        self._seen: dict[str, str] = {}  # texts that profiles share: countries, plans, cities

    def convert(self, value: Any) -> Any:
        """The attribute's value for a field's value; None when it is not an allowed one."""
        if self.codes:
            value = self.codes.get(code_text(value), value)
            if self._is_text and not isinstance(value, str):
                return None  # a number or truth that no code names
        if type(value) is str:
            value = self._seen.get(value, value) if len(self._seen) >= SHARED_MAX else self._seen.setdefault(value, value)
        return None if self.allowed and value not in self.allowed else value


def code_text(value: Any) -> str:
    """How a raw value is spelled in `codes`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@dataclass(slots=True)
class TypePlan:
    """All that an event of one type can do to a profile.

    `written`: the attributes that it may change; `touched`: trackers and audiences that hang on its facts; `offers`: some
    journey may react; `listened`: some instance may; `watched`: something that is watched hangs on it.
    """

    mappings: tuple[MappingMachine, ...] = ()
    adds: tuple[AggregateMachine, ...] = ()
    resets: tuple[AggregateMachine, ...] = ()
    touched: tuple[int, ...] = ()
    touches_conditions: bool = False
    goals: dict[int, tuple[WatchMachine, ...]] | None = None
    exits: dict[int, tuple[WatchMachine, ...]] | None = None
    waits: bool = False
    entries: tuple[EntryMachine, ...] = ()
    restarts: tuple[EntryMachine, ...] = ()
    written: tuple[str, ...] = ()
    receipt: bool = False
    has_facts: bool = False
    watched: bool = False
    listened: bool = False
    offers: bool = False
    reads: bool = False

    def settle(self) -> TypePlan:
        """Fill in what follows from the rest."""
        self.watched = bool(self.touched or self.touches_conditions)
        self.has_facts = bool(self.mappings or self.adds or self.resets or self.receipt)
        self.listened = bool(self.goals or self.exits or self.waits or self.restarts)
        self.offers = self.listened or bool(self.entries)
        self.reads = self.has_facts or self.offers
        return self
