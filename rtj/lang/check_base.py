"""What all parts of the checker share: the context of one check, typed results, and the reports about values that do not fit."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from rtj.base.zones import ZoneInfo, is_zone
from rtj.ir import expr as ir
from rtj.ir.program import Aggregate, Tracker
from rtj.lang import syntax as s
from rtj.lang.habits import condition_meant, conversion_meant
from rtj.lang.likeness import one_of_these
from rtj.lang.scope import Report, Scope, World
from rtj.lang.types import BOOL, ORDERED, UNKNOWN, fits, is_unknown, optional, show, some

NOTHING = ir.Const(None, "null")
DEPTH_MAX = 202  # levels of an expression with those of attributes that read each other in a circle


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked expression."""

    type: ir.Type
    expr: ir.Expr


WRONG = Typed(UNKNOWN, NOTHING)
TypedTrees: TypeAlias = dict[int, tuple[s.Expr, Typed]]
"""What every expression turned out to be, by the identity of its tree (which is kept, so that no other takes its place)."""


@dataclass(slots=True)
class Lifted:
    """What expressions need kept about a profile. Keys are hashes of the content, so that equal ones meet; `keep` are the
    event fields that later conditions read."""

    aggregates: dict[str, Aggregate] = field(default_factory=dict)
    keep: dict[str, set[str]] = field(default_factory=dict)
    trackers: dict[str, Tracker] = field(default_factory=dict)


@dataclass(slots=True)
class Unfolded:
    """What computed attributes grow to where they are read. `sizes`: parts and levels of their expressions, by identity; `read`:
    how many parts were read so far; `refused`: the attributes that read too much; `refusing`: does the one computed now?"""

    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    read: int = 0
    refused: set[str] = field(default_factory=set)
    refusing: bool = False


@dataclass(slots=True)
class Context:
    """What one check of a project carries along: declarations, reports, lifted history, computed attributes found so far
    (`aggregated`: the key of the aggregate, of those that are one); `typed`: every expression that was checked;
    `started`: what `start` nodes hand over, by journey; `depth`: levels around what is checked now. `rule` checks one
    expression of any kind (`rtj.lang.check_expr`); it is handed in so that its parts can call it."""

    world: World
    report: Report
    rule: Callable[[Context, Scope, s.Expr], Typed]
    lifted: Lifted = field(default_factory=Lifted)
    computed: dict[str, Typed] = field(default_factory=dict)
    computing: list[str] = field(default_factory=list)
    aggregated: dict[str, str] = field(default_factory=dict)
    started: dict[str, list[ir.Type]] = field(default_factory=dict)
    typed: TypedTrees = field(default_factory=dict)
    unfolded: Unfolded = field(default_factory=Unfolded)
    depth: int = 0

    def check(self, scope: Scope, e: s.Expr) -> Typed:
        """Type and lower one expression. Mistakes are reported once and give the type that fits everywhere."""
        if self.depth >= DEPTH_MAX:
            self.report.error("E302", f"with what it reads, an expression of more than {DEPTH_MAX} levels", e.span)
            self.unfolded.refusing = True
            return WRONG
        self.depth += 1
        typed = self.rule(self, scope, e)
        self.depth -= 1
        self.typed[id(e)] = (e, typed)
        return typed


def check_condition(cx: Context, scope: Scope, e: s.Expr) -> ir.Expr:
    """A condition: of type bool (null counts as false)."""
    return expect(cx, cx.check(scope, e), optional(BOOL), e, "a condition").expr


def expect(cx: Context, typed: Typed, wanted: ir.Type, e: s.Expr, what: str) -> Typed:
    """Report a value that does not fit."""
    if fits(typed.type, wanted):
        return typed
    if isinstance(some(wanted), ir.OneOf) and isinstance(e, s.Text):
        allowed = some(wanted)
        assert isinstance(allowed, ir.OneOf)
        message = f"{show(typed.type)} is not one of {show(allowed)}"
        cx.report.guess("E323", message, e.span, e.value, one_of_these(e.value, allowed.values))
        return WRONG
    if fits(typed.type, optional(wanted)):
        cx.report.error("E326", f"{what} may be missing here: it is {show(typed.type)}", e.span, "give a default: `… ?? …`")
        return WRONG
    code = "E322" if some(wanted) == BOOL else "E320"
    text = shorten(e)
    hint = condition_meant(text, typed.type) if code == "E322" else conversion_meant(text, typed.type, wanted)
    if code == "E322" and isinstance(e, s.Text | s.Number):
        hint = f"`{e.value}` stands without quotes" if e.value in ("true", "false") else ""
    shown = "a text" if isinstance(e, s.Text) else show(typed.type)
    cx.report.error(code, f"{what} is {_article(show(some(wanted)))}; `{shorten(e)}` is {shown}", e.span, hint)
    return WRONG


def _article(name: str) -> str:
    return f"a {name}" if name[:1] not in "aeiou[{'" else f"an {name}" if name[:1] in "aeiou" else name


def shorten(e: s.Spanned) -> str:
    """The author's text of an expression, cut to fit a message."""
    text = " ".join(e.span.text.split())
    return text if len(text) <= 40 else text[:37] + "…"


def instant_ms(moment: datetime.datetime, zone: str) -> int:
    """Milliseconds since the epoch; a literal without an offset is local to the project's zone (the earlier if ambiguous). A zone
    that does not exist is told of where it is declared."""
    local = ZoneInfo(zone if is_zone(zone) else "UTC")
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=local, fold=0)
    return round(aware.timestamp() * 1000)


def ir_length(length: s.Length) -> ir.Length:
    return ir.Length(length.ms, length.days, length.months)


def check_ordered(cx: Context, value: Typed, e: s.Expr, name: str) -> None:
    """Report a value that has no order."""
    kind = some(value.type)
    if not is_unknown(kind) and not any(fits(kind, ordered) for ordered in ORDERED):
        cx.report.error("E320", f"`{name}` needs values with an order; `{shorten(e)}` is {show(value.type)}", e.span)


def exact_ms(cx: Context, length: s.Length | None, what: str, default: int) -> int:
    """An exact length in milliseconds; `default` when none was written."""
    if length is None:
        return default
    if not length.exact:
        cx.report.error("E331", f"{what} is an exact length such as 1h or 7d; `{shorten(length)}` is a calendar one", length.span)
    return length.ms
