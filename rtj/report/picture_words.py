"""What an author said, by the place in the journey: the words that a picture shows. Made from the text by who has read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rtj.report.picture import Line

_UNITS = {"ms": "millisecond", "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_LENGTH = re.compile(r"(?:\d+(?:ms|[smhdw]))+")
_PART = re.compile(r"(\d+)(ms|[smhdw])")


@dataclass(frozen=True, slots=True)
class EntryWords:
    """`trigger` is what lets in (`on` `add_to_cart as cart`); `when` and `key` are "" where the author has none."""

    trigger: Line
    when: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class WatchWords:
    """A goal or an exit; `within` "" where none stands beside the trigger."""

    trigger: Line
    when: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class NodeWords:
    """`phrase`: the object of the node's word (a length, a moment, a pattern). `ways`: what stands before each block, in the
    order of cases or arms. `pairs`: names and values of `with` and `set`. `until`: of repeat and collect."""

    phrase: str = ""
    ways: tuple[tuple[Line, ...], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    until: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one journey; `nodes` by id."""

    entries: tuple[EntryWords, ...] = ()
    goals: tuple[WatchWords, ...] = ()
    exits: tuple[WatchWords, ...] = ()
    nodes: Mapping[str, NodeWords] = field(default_factory=dict)


def spelled_out(length: str) -> str:
    """A length with its units as words: `30m` is `30 minutes`; whatever is no such length stays as it is."""
    if not _LENGTH.fullmatch(length):
        return length
    parts = ((int(number), _UNITS[unit]) for number, unit in _PART.findall(length))
    return " ".join(f"{number:,} {unit}{'' if number == 1 else 's'}" for number, unit in parts)
