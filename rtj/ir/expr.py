"""Expressions and types of the checked program: names are resolved, history is lifted into aggregates.

Values at run time: string str · number int|float · bool bool · instant int (ms since the epoch, UTC) · duration int (ms) ·
date int (days since 1970-01-01) · list tuple · record an object with attributes (`rtj.ir.records`) · null None.
An event (`event`, `entry`, what `as` binds) is an `Event`; a counted pattern and `collect` bind a tuple of events.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Struct = msgspec.Struct


# ---- types


class Scalar(Struct, frozen=True, tag_field="is", tag="scalar"):
    """`any` is a value whose type is not known: legal only where it is printed."""

    name: Literal["string", "number", "bool", "instant", "date", "duration", "any"]


class OneOf(Struct, frozen=True, tag_field="is", tag="one_of"):
    values: tuple[str, ...]


class ListOf(Struct, frozen=True, tag_field="is", tag="list"):
    item: Type


class Record(Struct, frozen=True, tag_field="is", tag="record"):
    fields: tuple[tuple[str, Type], ...]


class Optional(Struct, frozen=True, tag_field="is", tag="optional"):
    """`T?`: may be null. Never nested."""

    of: Type


class EventOf(Struct, frozen=True, tag_field="is", tag="event"):
    """An event of one of these types: the fields that all of them have, and `id type ts channel received_at`."""

    types: tuple[str, ...]


Type: TypeAlias = Scalar | OneOf | ListOf | Record | Optional | EventOf


# ---- lengths and places in time


class Length(Struct, frozen=True, tag_field="is", tag="length"):
    """An exact length (`ms`) or calendar steps (`months`, `days`; a week is 7 days, a quarter 3 months). One of the two."""

    ms: int = 0
    days: int = 0
    months: int = 0


# ---- expressions


class Const(Struct, frozen=True, tag_field="is", tag="const"):
    """A literal. `type` is the scalar's name; a calendar length is a `Length` inside `Shift`, never a Const."""

    value: str | int | float | bool | None
    type: Literal["string", "number", "bool", "instant", "date", "duration", "null"]


class Now(Struct, frozen=True, tag_field="is", tag="now"):
    """The instant that is being worked."""


class Name(Struct, frozen=True, tag_field="is", tag="name"):
    """`event`, `entry`, `first_entry`, a name bound by `as`, or the item of a comprehension."""

    name: str
    optional: bool = False


class Attribute(Struct, frozen=True, tag_field="is", tag="attribute"):
    """`profile.NAME`: mapped, set or computed."""

    name: str
    optional: bool = False


class Member(Struct, frozen=True, tag_field="is", tag="member"):
    """`audience.NAME`: is the profile in it?"""

    audience: str


class JourneyFact(Struct, frozen=True, tag_field="is", tag="journey_fact"):
    """`journey.name`, `journey.entered_at` (instant), `journey.entries` (number: times this profile entered)."""

    field: Literal["name", "entered_at", "entries"]


class Field(Struct, frozen=True, tag_field="is", tag="field"):
    """A field of an event's properties or of a record; `envelope` for `id type ts channel received_at` of an event."""

    base: Expr
    name: str
    envelope: bool = False
    optional: bool = False


class Item(Struct, frozen=True, tag_field="is", tag="item"):
    """`list[number]`: zero-based; negative counts from the end; outside the list is null."""

    base: Expr
    index: Expr


class Unary(Struct, frozen=True, tag_field="is", tag="unary"):
    op: Literal["not", "-", "missing", "empty"]
    of: Expr


class Binary(Struct, frozen=True, tag_field="is", tag="binary"):
    """`+` and `-` work on numbers, instant ± duration, date ± duration in whole days, instant - instant (duration),
    date - date (duration), and text + text. `type` is the scalar type of the left side, for the null and type rules."""

    op: Literal["or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "??"]
    left: Expr
    right: Expr


class Shift(Struct, frozen=True, tag_field="is", tag="shift"):
    """`instant ± 1 month` or `date ± 1 month`: calendar steps in the profile's zone (S1.1). sign is 1 or -1."""

    of: Expr
    length: Length
    sign: int
    date: bool = False


class Choose(Struct, frozen=True, tag_field="is", tag="choose"):
    test: Expr
    then: Expr
    otherwise: Expr


class Items(Struct, frozen=True, tag_field="is", tag="items"):
    """`[a, b]`."""

    items: tuple[Expr, ...]


class Call(Struct, frozen=True, tag_field="is", tag="call"):
    """A function of the function table (`rtj.ir.functions`)."""

    function: str
    args: tuple[Expr, ...]


class Each(Struct, frozen=True, tag_field="is", tag="each"):
    """`any|all|count|sum|first(body for item in over where …)`. Without a body (`count`) the items count."""

    kind: Literal["any", "all", "count", "sum", "min", "max", "avg", "first", "last"]
    item: str
    over: Expr
    body: Expr | None = None
    where: Expr | None = None


class History(Struct, frozen=True, tag_field="is", tag="history"):
    """The present value of an aggregate of the program. `where`, if any, is tested on each kept event as `event`: it is the
    part of the condition that uses names known only where the expression stands."""

    aggregate: str
    where: Expr | None = None


class Row(Struct, frozen=True, tag_field="is", tag="row"):
    """The row of a table of the program under a key, as of the instant (S3.7); null when there is none."""

    table: str
    key: Expr


class Held(Struct, frozen=True, tag_field="is", tag="held"):
    """`X has been Y for D`: the tracker (`Tracker.name`) has held without a break for at least `length`."""

    tracker: str
    length: Length


Expr: TypeAlias = (
    Const
    | Now
    | Name
    | Attribute
    | Member
    | JourneyFact
    | Field
    | Item
    | Unary
    | Binary
    | Shift
    | Choose
    | Items
    | Call
    | Each
    | History
    | Row
    | Held
)
