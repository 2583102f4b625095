"""Syntax trees as plain lists and back, so that they can be kept between runs.

A node is `[class, field, …]` with the number of its class, a span `[SPAN, start, end]`, a tuple `[TUPLE, item, …]`; dates are
texts in ISO form. Spans lose their source and get that of the file for which a tree is read back.
"""

from __future__ import annotations

import datetime
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

from rtj.base.span import Source, Span
from rtj.lang import syntax, syntax_journey, syntax_phrases, syntax_project

Plain: TypeAlias = Any

TUPLE, SPAN, DATE, INSTANT = -1, -2, -3, -4
MODULES = (syntax_phrases, syntax_project, syntax_journey, syntax)
CLASSES: tuple[type, ...] = tuple(
    {
        c: None
        for m in MODULES
        for _, c in sorted(vars(m).items())
        if isinstance(c, type) and issubclass(c, syntax_phrases.Spanned)
    }
)
_NUMBER = {kind: number for number, kind in enumerate(CLASSES)}
_FIELDS = tuple(tuple(f.name for f in fields(kind)) for kind in CLASSES if is_dataclass(kind))


class Unkept(Exception):
    """The lists are not what `to_lists` makes: another version wrote them, or something broke them."""


def to_lists(value: object) -> Plain:
    """A tree, or a tuple of trees, as lists."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [TUPLE, *map(to_lists, value)]
    if isinstance(value, Span):
        return [SPAN, value.start, value.end]
    if isinstance(value, datetime.datetime):
        return [INSTANT, value.isoformat()]
    if isinstance(value, datetime.date):
        return [DATE, value.isoformat()]
    number = _NUMBER[type(value)]
    return [number, *(to_lists(getattr(value, name)) for name in _FIELDS[number])]


def from_lists(plain: Plain, source: Source) -> Any:
    """What `to_lists` was given, with spans in `source`. Raises Unkept."""
    length = len(source.text)

    def build(value: Plain) -> Any:
        if type(value) is not list:
            return value
        kind = value[0]
        if kind == SPAN:
            _, start, end = value
            if not 0 <= start <= end <= length:
                raise Unkept
            return Span(source, start, end)
        if kind >= 0:
            return CLASSES[kind](*[build(part) for part in value[1:]])
        if kind == TUPLE:
            return tuple([build(part) for part in value[1:]])
        if kind == DATE:
            return datetime.date.fromisoformat(value[1])
        if kind == INSTANT:
            return datetime.datetime.fromisoformat(value[1])
        raise Unkept

    try:
        return build(plain)
    except (TypeError, ValueError, IndexError, RecursionError) as broken:
        raise Unkept from broken
