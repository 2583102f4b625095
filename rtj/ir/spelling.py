"""Checked expressions as an author would write them: for people who ask why a condition holds.

What the checker has taken apart (history, `has been`) is put together again, so the text reads like the project's; it may differ
from it in layout and in brackets, and names of computed attributes that are formulas are written out. Who has the author's own
texts hands them in: they go before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from rtj.ir.expr import (
    Attribute,
    Binary,
    Call,
    Choose,
    Const,
    Each,
    Expr,
    Field,
    Held,
    History,
    Item,
    Items,
    JourneyFact,
    Length,
    Member,
    Name,
    Now,
    Row,
    Shift,
    Unary,
)
from rtj.ir.program import Aggregate, Program, Window

_LEVELS = {
    "or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "+": 5, "-": 5, "*": 6, "/": 6, "??": 8,
}  # fmt: skip
_NOT, _TESTS, _MINUS, _ATOM = 3, 4, 7, 9
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[\w.]+")


class Speller:
    """Spells the expressions of one program. `texts`: what the author calls some of them."""

    def __init__(self, program: Program, texts: Mapping[Expr, str] | None = None) -> None:
        self._texts = texts or {}
        self._mapped = {mapping.name for mapping in program.mappings}
        self._aggregates = {aggregate.name: aggregate for aggregate in program.aggregates}
        self._trackers = {tracker.name: tracker.condition for tracker in program.trackers}

    def spell(self, expr: Expr) -> str:
        """The text of an expression."""
        return self._spell(expr)[0]

    def aggregate(self, name: str) -> str:
        """`count(view where …) over 1h`."""
        return self._aggregate(self._aggregates[name], None)

    def _at(self, expr: Expr, level: int) -> str:
        """In brackets if it binds more loosely than that."""
        text, mine = self._spell(expr)
        return text if mine >= level else f"({text})"

    def _spell(self, expr: Expr) -> tuple[str, int]:
        known = self._texts.get(expr)
        if known is None:
            return self._spell_anew(expr)
        return known, _ATOM if _NAME.fullmatch(known) else self._spell_anew(expr)[1]

    def _spell_anew(self, expr: Expr) -> tuple[str, int]:
        match expr:
            case Const():
                return literal(expr), _ATOM
            case Now() | Name() | Attribute() | Member() | JourneyFact():
                return self._word(expr), _ATOM
            case Field(base=base, name=name):
                dotted = f".{name}" if name.isidentifier() else f"[{_quoted(name)}]"
                return self._at(base, _ATOM) + dotted, _ATOM
            case Item(base=base, index=index):
                return f"{self._at(base, _ATOM)}[{self.spell(index)}]", _ATOM
            case Unary():
                return self._unary(expr)
            case Binary(op=op, left=left, right=right):
                level = _LEVELS[op]
                return f"{self._at(left, level + (level == _TESTS))} {op} {self._at(right, level + 1)}", level
            case Shift(of=of, length=length, sign=sign):
                return f"{self._at(of, 5)} {'+' if sign > 0 else '-'} {length_text(length)}", 5
            case Choose(test=test, then=then, otherwise=otherwise):
                return f"if {self.spell(test)} then {self.spell(then)} else {self.spell(otherwise)}", 0
            case Items(items=items):
                return f"[{', '.join(map(self.spell, items))}]", _ATOM
            case Call(function=function, args=args):
                return f"{function}({', '.join(map(self.spell, args))})", _ATOM
            case Each():
                return self._each(expr), _ATOM
            case History(aggregate=aggregate, where=where):
                return self._aggregate(self._aggregates[aggregate], where), _ATOM
            case Row(table=table, key=key):
                return f"{table}[{self.spell(key)}]", _ATOM
            case Held(tracker=tracker, length=length):
                return f"{self._held(self._trackers[tracker])} for {length_text(length)}", _TESTS

    def _word(self, expr: Now | Name | Attribute | Member | JourneyFact) -> str:
        match expr:
            case Now():
                return "now()"
            case Name(name=name):
                return name
            case Attribute(name=name):
                return self._attribute(name)
            case Member(audience=audience):
                return f"audience.{audience}"
            case JourneyFact(field=field):
                return f"journey.{field}"

    def _attribute(self, name: str) -> str:
        found = self._aggregates.get(name)
        if found is not None and not name.isidentifier():
            return self._aggregate(found, None)
        return f"profile.{name}" if name.isidentifier() else f"profile[{_quoted(name)}]"

    def _unary(self, expr: Unary) -> tuple[str, int]:
        match expr.op:
            case "not":
                if isinstance(expr.of, Unary) and expr.of.op in ("missing", "empty"):
                    return f"{self._at(expr.of.of, 5)} is not {expr.of.op}", _TESTS
                if isinstance(expr.of, Binary) and expr.of.op == "in":
                    return f"{self._at(expr.of.left, 5)} not in {self._at(expr.of.right, 5)}", _TESTS
                return f"not {self._at(expr.of, _NOT)}", _NOT
            case "-":
                return f"-{self._at(expr.of, _MINUS)}", _MINUS
            case _:
                return f"{self._at(expr.of, 5)} is {expr.op}", _TESTS

    def _each(self, expr: Each) -> str:
        body = self.spell(expr.body) if expr.body is not None else expr.item
        where = f" where {self.spell(expr.where)}" if expr.where is not None else ""
        return f"{expr.kind}({body} for {expr.item} in {self.spell(expr.over)}{where})"

    def _aggregate(self, spec: Aggregate, more: Expr | None) -> str:
        what = " or ".join(spec.events)
        if spec.value is not None and spec.value != Name("event"):
            shown = self.spell(spec.value)
            if shown.startswith("event."):
                what += shown.removeprefix("event")
            else:  # in the words of the author it may begin with the event
                what = shown if shown.startswith(f"{what}.") else f"{what}: {shown}"
        tests = [self._at(test, 2) for test in (spec.where, more) if test is not None]
        where = f" where {' and '.join(tests)}" if tests else ""
        return f"{spec.function}({what}{where}){_window(spec.window)}"

    def _held(self, condition: Expr) -> str:
        match condition:
            case Binary(op="==", left=left, right=right):
                return f"{self._at(left, 5)} has been {self._at(right, 5)}"
            case _:
                return f"{self._at(condition, 5)} has been true"


def _window(window: Window) -> str:
    if window.over is not None:
        return f" over {length_text(window.over)}"
    if window.this is not None:
        return f" over this {window.this}"
    return f" since {window.since}" if window.since is not None else ""


def length_text(length: Length) -> str:
    """`30d`, `1h30m`, `1 month`."""
    if length.months or length.days:
        number, unit = (length.months, "month") if length.months else (length.days, "day")
        for size, larger in ((12, "year"), (3, "quarter")) if length.months else ((7, "week"),):
            if number % size == 0:
                number, unit = number // size, larger
                break
        return f"{number} {unit}{'' if number == 1 else 's'}"
    return duration_text(length.ms)


def duration_text(ms: int) -> str:
    """An exact length as it is written."""
    sign, rest = ("-", -ms) if ms < 0 else ("", ms)
    parts = ""
    for unit, size in _UNITS:
        if rest >= size:
            parts += f"{rest // size}{unit}"
            rest %= size
    return sign + (parts or "0s")


def literal(const: Const) -> str:
    """A literal as it is written; instants in UTC."""
    value = const.value
    match const.type:
        case "null":
            return "null"
        case "bool":
            return "true" if value else "false"
        case "string":
            return _quoted(str(value))
        case "duration":
            return duration_text(int(value or 0))
        case "date":
            return (date(1970, 1, 1) + timedelta(days=int(value or 0))).isoformat()
        case "instant":
            moment = _EPOCH + timedelta(milliseconds=int(value or 0))
            return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
        case "number":
            return repr(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    return f"'{escaped}'"
