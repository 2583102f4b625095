"""The parts that values of records are made of: what an author wrote, as the program's expressions take it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from rtj.lang import syntax as s

Values: TypeAlias = Mapping[str, Any]
DAY_MS = 86_400_000
EPOCH = datetime.date(1970, 1, 1)


def text(tree: s.Name | s.Text | None) -> str | None:
    """The text of a name or value."""
    match tree:
        case None:
            return None
        case s.Name(text=text):
            return text
        case s.Text(value=value):
            return value


def ms(length: s.Expr | None) -> int | None:
    """A length in milliseconds, a calendar day taken as 24 hours and a month as 30 days; None where it is computed."""
    if not isinstance(length, s.Length):
        return None
    return length.ms + (length.days + 30 * length.months) * DAY_MS


def day(date: s.DateLiteral | None) -> int | None:
    """A date as the number of its day."""
    return (date.value - EPOCH).days if date is not None else None


def shown(tree: s.Spanned) -> str:
    """What an author wrote, on one line."""
    return " ".join(tree.span.text.split())


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of the text."""
    return tuple(dict.fromkeys(names))


def event_types(steps: Sequence[s.Step]) -> tuple[str, ...]:
    """The event types of a pattern; changes of membership are none."""
    return once(ref.name.text for step in steps for ref in step.events if ref.kind == "event")
