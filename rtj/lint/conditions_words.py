"""Why a condition never or always holds, in words."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lang.types import DATE, DURATION, INSTANT, NUMBER, STRING
from rtj.lint.conditions_place import UNREAD, Reading, shorten
from rtj.logic.bare import is_constant
from rtj.logic.differences import Order
from rtj.logic.domains import Domain
from rtj.logic.formulas import TURNED, Every, Is, Some

RELATIONS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "", "!=": "other than"}
IN_TIME = {"<": "before", "<=": "at or before", ">": "after", ">=": "at or after", "==": "", "!=": "other than"}
CALLS = {
    "hour": "an hour is 0 to 23",
    "day": "a day of the month is 1 to 31",
    "month": "a month is 1 to 12",
    "length": "a length is 0 or more",
    "chance": "a chance is at least 0 and below 1",
    "abs": "it is 0 or more",
}
SHOWN_MAX = 4  # values of a set that are named


def why(reading: Reading, tree: s.Expr, *, holds: bool) -> str:
    """Why a condition can never hold (or, with `holds` false, never fail); empty where there is nothing short to say."""
    match reading.formula(tree, holds=holds):
        case Is(term=term, domain=domain):
            return _of_term(reading, term, domain)
        case Every(parts=()) | Some(parts=()):
            return _of_sides(reading, tree)
        case Order(left=left, right=right) if ir.Now() in (left, right):
            return "what has happened lies in the past"
        case Some(parts=parts) if any(isinstance(p, Order) and ir.Now() in (p.left, p.right) for p in parts):
            return "what has happened lies in the past"
        case _:
            return ""


def _of_sides(reading: Reading, tree: s.Expr) -> str:
    if isinstance(tree, s.Binary):
        left, right = reading.bare(tree.left), reading.bare(tree.right)
        if is_constant(left) and is_constant(right):
            return "both sides are fixed"
        if left == right:
            return "both sides are the same"
    if isinstance(tree, s.Is):
        return f"`{shorten(tree.of)}` is fixed"
    return ""


def _of_term(reading: Reading, term: ir.Expr, domain: Domain) -> str:
    known = reading.ground.plain(term)
    values = known.some
    if not known.null and domain.some.empty:
        return "it is always there"
    match term:
        case ir.History():
            if known.some.low == 0:
                return "a count is 0 or more"
        case ir.JourneyFact(field="entries"):
            return "a count is 0 or more"
        case ir.Each(kind="count"):
            return "a count is 0 or more" if values.high is None else f"a count of these is 0 to {values.high:,}"
        case ir.Call(function="length") if values.high is not None:
            span = f"0 to {values.high:,}" if values.low != values.high else f"{values.high:,}"
            return f"the length of this list is {span}"
        case ir.Call(function=name) if name in CALLS:
            return CALLS[name]
        case ir.Held():
            return "a length is 0 or more"
        case _:
            pass
    if values.only is not None and values.only <= {True, False}:
        return "it is true or false" + (", or missing" if known.null else "")
    if values.only is not None and len(values.only) <= SHOWN_MAX:
        return (
            "it is " + one_of([f"`'{value}'`" for value in sorted(values.only, key=str)]) + (", or missing" if known.null else "")
        )
    if values.low == "" and values.high is None:
        return "no text stands before the empty one"
    return "it is always there" if not known.null and domain.null and not domain.some.empty else ""


def one_of(parts: list[str]) -> str:
    """`a, b or c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


# ---- two conditions about one thing


def between(reading: Reading, one: s.Expr, other: s.Expr) -> str:
    """Why two comparisons of one thing exclude each other; empty where there is nothing short to say."""
    shared = next(((a, b) for a in _sides(reading, one) for b in _sides(reading, other) if a[0] == b[0]), None)
    if shared is None:
        return ""
    (term, first, beside), (_, second, other_beside) = shared
    left, right = shorten(beside), shorten(other_beside)
    if left == right and not is_constant(reading.bare(beside)):
        return ""
    if first == second == "==":
        return "it cannot be both"
    kind = reading.ground.type_of(term)
    table = IN_TIME if kind in (DATE, INSTANT) else RELATIONS
    words = [" ".join(filter(None, (table[op], f"`{text}`"))) for op, text in ((first, left), (second, right))]
    return f"no {_noun(reading, term, kind)} is both {words[0]} and {words[1]}"


def _noun(reading: Reading, term: ir.Expr, kind: ir.Type | None) -> str:
    if kind == NUMBER:
        return "whole number" if reading.ground.is_whole(term) else "number"
    nouns: dict[ir.Type, str] = {DATE: "date", INSTANT: "moment", DURATION: "length", STRING: "text"}
    return nouns.get(kind, "value") if kind is not None else "value"


def _sides(reading: Reading, tree: s.Expr) -> Iterator[tuple[ir.Expr, str, s.Expr]]:
    """The things that are compared, each with how, and with what."""
    if isinstance(tree, s.Binary) and tree.op in RELATIONS:
        sides = ((tree.left, tree.op, tree.right), (tree.right, TURNED[tree.op], tree.left))
        for thing, op, beside in sides:
            term = reading.bare(thing)
            if not is_constant(term) and term not in (UNREAD, ir.Now()):
                yield term, op, beside
