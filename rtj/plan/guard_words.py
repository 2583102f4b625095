"""Examples as an author would write them: `order_placed {amount: 40}`, `profile.tier = 'gold'`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from rtj.engine.calendar import DAY_MS, day_of, local
from rtj.ir import expr as ir
from rtj.ir.aligned import is_declared
from rtj.ir.expr import Expr
from rtj.ir.program import Program
from rtj.ir.spelling import duration_text, literal
from rtj.ir.walk import walk
from rtj.logic.terms import Ground
from rtj.plan.words import Words

SHOWN_MAX = 100  # characters of an example; a longer one explains nothing
EVENT = "event"


@dataclass(frozen=True, slots=True)
class Example:
    """Values of terms, by their bare form; `others`: what the terms had for values that do not seem to matter. `at`: the instant
    at which it plays, in `zone`; None: at any. It is told only if `now()` is among the values; else places in time are told by
    their distance from it."""

    values: Mapping[Expr, Any]
    at: int | None
    zone: tzinfo
    others: Mapping[Expr, Any]


class Writer:
    """Writes examples for two versions of a project, in the words of the new one where it has them."""

    def __init__(self, programs: tuple[Program, Program], words: tuple[Words, Words]) -> None:
        self._words = words
        self._lifted = tuple(frozenset(a.name for a in p.aggregates) | {t.name for t in p.trackers} for p in programs)

    def write(self, ground: Ground, example: Example) -> str:
        """An example in backquotes; "" where it would be too long to be read."""
        text = ", ".join(self._pieces(ground, example))
        return f"`{text}`" if 0 < len(text) <= SHOWN_MAX else ""

    def _pieces(self, ground: Ground, example: Example) -> Iterator[str]:
        fields: dict[str, list[str]] = {}
        kinds: dict[str, str] = {}
        others: list[str] = []
        for key, value in example.values.items():
            match key:
                case ir.Now():
                    others.append(f"at {local(value, example.zone):%Y-%m-%d %H:%M}")
                case ir.Field(base=ir.Name(name=name), name="type", envelope=True):
                    kinds[name] = str(value)
                    fields.setdefault(name, [])
                case _:
                    name, path = self._inside(key)
                    if path:
                        fields.setdefault(name, []).append(f"{path}: {_value(ground, key, value, example)}")
                    else:
                        others.append(self._fact(ground, key, value, example))
        for name, parts in fields.items():
            known = ground.names.get(name)
            first = known.type.types[0] if name == EVENT and known is not None and isinstance(known.type, ir.EventOf) else name
            called = kinds.get(name, first)
            yield f"{called} {{{', '.join(parts)}}}" if parts else called
        yield from others

    def _inside(self, key: Expr) -> tuple[str, str]:
        """The name of an event and the path within it; no path: this is something else."""
        base = key
        while isinstance(base, ir.Field):
            base = base.base
        if isinstance(base, ir.Name) and base != key:
            text = self._spell(key)
            if text.startswith(f"{base.name}."):
                return base.name, text.removeprefix(f"{base.name}.")
            if base.name == EVENT and "." in text:  # by its type, as `last(any.ts)` calls it elsewhere
                return EVENT, text.partition(".")[2]
        return "", ""

    def _spell(self, key: Expr) -> str:
        if isinstance(key, ir.History) and key.where is None and is_declared(key.aggregate):
            return f"profile.{key.aggregate}"  # a number that has a name is read by its name
        for words, lifted in zip(reversed(self._words), reversed(self._lifted), strict=True):
            if _lifted_in(key) <= lifted:
                return words.expr(key)
        return ""

    def _fact(self, ground: Ground, key: Expr, value: Any, example: Example) -> str:
        text = self._spell(key)
        match key:
            case ir.Member() | ir.Held():
                return text if value else f"not {text}"
            case _ if value is None:
                return f"{text} is missing"
            case ir.Name():
                return f"{text} is not missing"
            case _:
                return f"{text} = {_value(ground, key, value, example)}"


def _lifted_in(key: Expr) -> frozenset[str]:
    """The aggregates and trackers by which something is read."""
    found: set[str] = set()
    for part in walk(key):
        match part:
            case ir.History(aggregate=name) | ir.Held(tracker=name):
                found.add(name)
            case _:
                pass
    return frozenset(found)


def _value(ground: Ground, key: Expr, value: Any, example: Example) -> str:
    """A value as it is written; places in time from the present instant, where one counts."""
    kind = ground.type_of(key)
    if isinstance(value, tuple):
        return f"[{', '.join(_plain(kind.item if isinstance(kind, ir.ListOf) else None, one) for one in value)}]"
    if value is not None and example.at is not None and ir.Now() not in example.values:
        match kind:
            case ir.Scalar(name="instant"):
                return _from("now()", value - example.at)
            case ir.Scalar(name="date"):
                return _from("today()", (value - day_of(example.at, example.zone)) * DAY_MS)
    return _plain(kind, value)


def _from(start: str, distance: int) -> str:
    return start if not distance else f"{start} {'+' if distance > 0 else '-'} {duration_text(abs(distance))}"


def _plain(kind: ir.Type | None, value: Any) -> str:
    match value, kind:
        case None, _:
            return "null"
        case bool(), _:
            return "true" if value else "false"
        case str(), _:
            return literal(ir.Const(value, "string"))
        case _, ir.Scalar(name="instant" | "date" | "duration" as name):
            return literal(ir.Const(value, name))
        case _:
            return literal(ir.Const(value, "number"))
