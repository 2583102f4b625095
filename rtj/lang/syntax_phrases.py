"""The syntax tree of phrases: expressions, patterns, moments, schedules, small phrases. Names are unresolved.

`rtj.lang.syntax` re-exports all of it. Positions take no part in comparisons, so two spellings of one thing are equal.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtj.base.span import Span

Unit: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
BinaryOp: TypeAlias = Literal["or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "+", "-", "*", "/", "??"]


@dataclass(frozen=True, slots=True)
class Spanned:
    """Anything an author wrote; `span` is where."""

    span: Span = field(compare=False, repr=False)


# ---- leaves


@dataclass(frozen=True, slots=True)
class Name(Spanned):
    """An identifier: as an expression a root or bound name, elsewhere the name of something declared."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Spanned):
    """A text: a literal `'…'` in an expression (`span` includes its quotes), or a whole YAML value that is no phrase.
    `quoted`: the YAML value stood in quotes, so `'1'` is surely a text and `1` may be meant as a number."""

    value: str
    quoted: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Number(Spanned):
    """A whole number stays an int, `1.5` is a float."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Truth(Spanned):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Spanned):
    """`null`."""


@dataclass(frozen=True, slots=True)
class Length(Spanned):
    """A length: exact (`ms`: 90s, 2h, 7d) or in calendar steps (`days`, `months`: `1 day`, `2 weeks`, `1 quarter`). One of the
    three is set; `0s` has all zero and is exact."""

    ms: int = 0
    days: int = 0
    months: int = 0

    @property
    def exact(self) -> bool:
        return not self.days and not self.months


@dataclass(frozen=True, slots=True)
class DateLiteral(Spanned):
    """`2026-03-01`."""

    value: datetime.date


@dataclass(frozen=True, slots=True)
class InstantLiteral(Spanned):
    """`2026-03-01T09:00` (naive: local time of the profile) or with `Z`/`+02:00` (aware)."""

    value: datetime.datetime


# ---- expressions


@dataclass(frozen=True, slots=True)
class Field(Spanned):
    """`base.name`."""

    base: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class Index(Spanned):
    """`base[index]`: an item of a list, a row of a table, or, with a text, a field with an unusual name."""

    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Unary(Spanned):
    """`not x`, `-x`."""

    op: Literal["not", "-"]
    of: Expr


@dataclass(frozen=True, slots=True)
class Is(Spanned):
    """`x is [not] missing`, `x is [not] empty`."""

    of: Expr
    what: Literal["missing", "empty"]
    negated: bool


@dataclass(frozen=True, slots=True)
class Binary(Spanned):
    """Two operands; `op_span` is the place of the operator."""

    op: BinaryOp
    left: Expr
    right: Expr
    op_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Choose(Spanned):
    """`if test then then else otherwise`."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class HasBeen(Spanned):
    """`of has been value for length`."""

    of: Expr
    value: Expr
    length: Length


@dataclass(frozen=True, slots=True)
class Items(Spanned):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Arg(Spanned):
    """An argument of a call. `count(purchase where event.total > 5)`: `where`;
    `any(i.qty > 1 for i in event.items where …)`: `item` and `over`, then `where`."""

    value: Expr
    item: Name | None = None
    over: Expr | None = None
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Window(Spanned):
    """`over 30d`, `over 1 month` (`over`), `over this week` (`this`), `since purchase` (`since`). One of the three."""

    over: Length | None = None
    this: Unit | None = None
    since: Name | None = None


@dataclass(frozen=True, slots=True)
class Call(Spanned):
    """`function(args) [window]`: a function, an aggregate over history, or one over a list."""

    function: Name
    args: tuple[Arg, ...]
    window: Window | None = None


Expr: TypeAlias = (
    Name
    | Text
    | Number
    | Truth
    | Null
    | Length
    | DateLiteral
    | InstantLiteral
    | Field
    | Index
    | Unary
    | Is
    | Binary
    | Choose
    | HasBeen
    | Items
    | Call
)


# ---- patterns


@dataclass(frozen=True, slots=True)
class EventRef(Spanned):
    """An event type (also `any` and receipts), `joining NAME`, `leaving NAME`, or `of.name`: a receipt of the send `of`."""

    name: Name
    of: Name | None = None
    kind: Literal["event", "joining", "leaving"] = "event"


@dataclass(frozen=True, slots=True)
class Count(Spanned):
    """`3` or `3 consecutive` before events."""

    value: int
    consecutive: bool = False


@dataclass(frozen=True, slots=True)
class Step(Spanned):
    """One step of a pattern. `absent`: it stood after `then not`. `audience`: `for NAME`. `bind`: its `as`, also when YAML
    writes it as a key beside `on` (then it names the last step that is not absent)."""

    events: tuple[EventRef, ...]
    count: Count | None = None
    absent: bool = False
    since_entry: bool = False
    where: Expr | None = None
    same: Expr | None = None
    within: Length | None = None
    audience: Name | None = None
    bind: Name | None = None


@dataclass(frozen=True, slots=True)
class Pattern(Spanned):
    """What follows `on`: at least one step."""

    steps: tuple[Step, ...]


# ---- moments and schedules


@dataclass(frozen=True, slots=True)
class Clock(Spanned):
    """`09:00`, or a window `08:00 to 10:00`: minutes after midnight."""

    minutes: int
    to: int | None = None


@dataclass(frozen=True, slots=True)
class ClockMoment(Spanned):
    """`09:00`, `10:00 on r.starts_at - 1 day zone r.zone`."""

    clock: Clock
    on: Expr | None = None
    zone: Expr | None = None


@dataclass(frozen=True, slots=True)
class DayMoment(Spanned):
    """`weekday at 10:00`, `next saturday at 15:15`. `days`: 0 monday .. 6 sunday, sorted."""

    days: tuple[int, ...]
    clock: Clock
    next: bool = False
    zone: Expr | None = None


@dataclass(frozen=True, slots=True)
class ExprMoment(Spanned):
    """Any expression: an instant or a date."""

    at: Expr


Moment: TypeAlias = ClockMoment | DayMoment | ExprMoment


@dataclass(frozen=True, slots=True)
class Schedule(Spanned):
    """`every …`. `exact` is a period such as `6h` (`ms`); a quarter is 3 months. `days` 0 monday .. 6 sunday (week);
    `dates` days of the month, -1 the last; `nth` (1..4 or -1, weekday) of the month."""

    unit: Literal["day", "week", "month", "year", "exact"]
    every: int = 1
    days: tuple[int, ...] = ()
    dates: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    ms: int = 0
    clock: Clock | None = None
    zone: Expr | None = None
    starting: DateLiteral | None = None


@dataclass(frozen=True, slots=True)
class Once(Spanned):
    """`once at 2026-12-31 08:00 zone 'Europe/Paris'`."""

    date: DateLiteral
    clock: Clock | None = None
    zone: Expr | None = None


# ---- small phrases


@dataclass(frozen=True, slots=True)
class Pair(Spanned):
    """`name = value` of `with`."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Assign(Spanned):
    """`profile.tier = value` of `set`: `path` has at least two names."""

    path: tuple[Name, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Again(Spanned):
    """`never`, `always`, `after 7d` (with `gap`), `after exit` (rule `exit`)."""

    rule: Literal["never", "always", "after", "exit"]
    gap: Length | None = None


@dataclass(frozen=True, slots=True)
class Period(Spanned):
    """`from 2026-01-01 to 2026-12-31` (`runs`) or `2026-03-01 to 2026-06-30` (`valid`): both days included."""

    start: DateLiteral | None = None
    end: DateLiteral | None = None
