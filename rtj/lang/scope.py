"""Which names are known where: the declarations of the project, and the names that a journey has bound so far.

A scope is a value: binding a name makes a new one, so a name never leaves the block that brought it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.ir.expr import EventOf, Record, Type
from rtj.ir.records import RECEIPTS
from rtj.lang.likeness import nearest
from rtj.lang.mending import respelt
from rtj.lang.syntax import Expr
from rtj.lang.types import TYPE_NAMES, UNKNOWN, join

Fields: TypeAlias = Mapping[str, Type]

ROOTS = ("event", "entry", "first_entry", "profile", "audience", "journey")
GUESSES_MAX = 300  # mistakes in one journey, or in the declarations; of more nobody guesses what was meant
SECTIONS = {
    "event type": "events", "attribute of profile": "profile", "audience": "audiences", "channel": "channels",
    "webhook": "webhooks", "source": "sources",
}  # fmt: skip
"""Where a project declares what reports call so."""


# ---- reports


class Report:
    """Collects what is wrong; never raises."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    @property
    def guesses(self) -> bool:
        """Is so little wrong that it pays to guess what was meant?"""
        return len(self.found) < GUESSES_MAX

    def error(self, code: str, message: str, span: Span, hint: str = "", labels: tuple[Label, ...] = ()) -> None:
        self.found.append(Diagnostic(code, message, span, hint, labels))

    def warning(self, code: str, message: str, span: Span, hint: str = "") -> None:
        self.found.append(Diagnostic(code, message, span, hint, (), "warning"))

    def guess(self, code: str, message: str, span: Span, written: str, meant: str | None) -> None:
        """Report `written` at `span`, in whose place `meant` is probably meant."""
        fix = respelt(span, written, meant) if meant is not None else None
        self.found.append(Diagnostic(code, message, span, did_you_mean(meant), fix=fix))

    def unknown(self, code: str, what: str, name: str, span: Span, known: Iterable[str]) -> None:
        """Report a name that is not among `known`."""
        if not self.guesses:
            self.error(code, f"unknown {what} `{name}`", span)
            return
        names = sorted(known, key=lambda n: (n in RECEIPTS, n))
        few = ", ".join(f"`{n}`" for n in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        expected = f"; expected one of {few}" if len(names) > 1 else f"; expected {few}" if names else ""
        near = nearest(name, names)
        message = f"unknown {what} `{name}`{expected}"
        if near is None and what in SECTIONS:
            self.error(code, message, span, f"new ones are declared in rtj.yaml, under `{SECTIONS[what]}:`")
        else:
            self.guess(code, message, span, name, near)


def meant(name: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or nothing."""
    return did_you_mean(nearest(name, known))


def did_you_mean(near: str | None) -> str:
    """`did you mean …?`, or nothing."""
    return f"did you mean `{near}`?" if near else ""


# ---- what the project declares


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event type: its fields and whether it is about no person. `unread`: its schema could not be read, so any field that is
    not among these may be there."""

    fields: Fields
    business: bool = False
    span: Span | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class AttributeKind:
    """An attribute as it is read (`type`) and as it is stored (`stored`: None for a computed one). Of a computed attribute
    `formula` is the author's expression."""

    type: Type
    stored: Type | None
    span: Span
    formula: Expr | None = None


@dataclass(frozen=True, slots=True)
class TableKind:
    """A table: the type of its key, and the fields of its rows (the key among them)."""

    key: Type
    row: Record


@dataclass(frozen=True, slots=True)
class World:
    """Everything declared, by name. `startable` are the journeys with an `enter by start`; `starts` the records that `start`
    nodes hand to them, as far as they are known."""

    events: Mapping[str, EventKind]
    attributes: Mapping[str, AttributeKind]
    audiences: frozenset[str]
    channels: tuple[str, ...]
    webhooks: Mapping[str, Type]
    journeys: tuple[str, ...]
    tables: Mapping[str, TableKind]
    namespaces: frozenset[str] = frozenset()
    startable: frozenset[str] = frozenset()
    timezone: str = "UTC"
    starts: Mapping[str, Type] = field(default_factory=dict)

    def event_fields(self, types: tuple[str, ...]) -> Fields:
        """The properties that all these event types have, with the types they have in common."""
        shared: dict[str, Type] | None = None
        for name in types:
            kind = self.events.get(name)
            fields = kind.fields if kind is not None else {}
            if shared is None:
                shared = dict(fields)
                continue
            joined = {f: join(t, fields[f]) for f, t in shared.items() if f in fields}
            shared = {f: t for f, t in joined.items() if t is not None}
        return shared or {}

    def knows_events(self, types: tuple[str, ...]) -> bool:
        """Are the fields of all of these known (or is it `any`, or a change of membership)?"""
        return all((t in self.events and not self.events[t].unread) or t == "any" or " " in t for t in types)

    def taken(self, name: str) -> str | None:
        """What a name means everywhere, so that no binding may hide it."""
        if name in ROOTS:
            return "a root"
        if name in TYPE_NAMES:
            return "a type"
        if name in self.events or name == "any":
            return "an event type"
        return "a table" if name in self.tables else None


# ---- what a journey has bound


@dataclass(frozen=True, slots=True)
class Binding:
    """A name and its type. `unsure`: at run time it may be null though its type says nothing of it (a call in a simulation).
    `least`: a list has at least so many items."""

    type: Type
    span: Span
    unsure: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """Where a name is known: `span` is the name behind `as`, `where` a piece of a sentence (`inside the case in line 9`)."""

    span: Span
    where: str


Clock: TypeAlias = Literal["free", "watched", "still"]
"""May an expression read the clock? free: yes. watched: only where its next change can be computed (S4.2). still: no."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees. `event` is the event being tested, if one is. `place` says where we are, for messages.
    `journey`: may `journey.…` be read. `no_entry` says why there is no `entry`. `of_events` are the event types that an
    aggregate's value calls by name. `sends` are the ids of the sends whose receipts may be named (None: nowhere here).
    `elsewhere`: the names that the journey brings anywhere, for those who read one where it is not known."""

    names: Mapping[str, Binding] = field(default_factory=dict)
    event: EventOf | None = None
    entry: Type | None = None
    no_entry: str = "only a journey has an `entry`"
    place: str = "here"
    clock: Clock = "free"
    journey: bool = False
    of_events: tuple[str, ...] = ()
    sends: frozenset[str] | None = None
    elsewhere: Mapping[str, Known] = field(default_factory=dict)

    def bound(self, name: str, binding: Binding) -> Scope:
        return replace(self, names={**self.names, name: binding})

    def testing(self, event: EventOf | None) -> Scope:
        return replace(self, event=event)

    def watched(self) -> Scope:
        return replace(self, clock="watched")

    def at(self, place: str) -> Scope:
        return replace(self, place=place)


def bind(report: Report, world: World, scope: Scope, name: str, binding: Binding) -> Scope:
    """The scope with one more name. A name that would hide another, a root or a type is reported, and is of no known type."""
    what = world.taken(name)
    if what is not None:
        report.error("E313", f"`{name}` is {what} already; a name hides nothing", binding.span, "choose another name")
        return scope.bound(name, unknown_binding(binding.span))
    if name in scope.names:
        first = scope.names[name].span
        report.error(
            "E313",
            f"`{name}` is bound already; a name hides nothing",
            binding.span,
            "choose another name",
            (Label(first, "bound here"),),
        )
        return scope.bound(name, unknown_binding(binding.span))
    return scope.bound(name, binding)


def unknown_binding(span: Span) -> Binding:
    """Stands for a name whose type could not be found."""
    return Binding(UNKNOWN, span)
