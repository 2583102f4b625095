"""A condition taken apart: every part with its value and its truth. Filled by the engine, read by reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Joint: TypeAlias = Literal["and", "or", "not", "if", "leaf", "value"]
Kind: TypeAlias = Literal["", "instant", "date", "duration"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition at an instant. `joint` says how its truth comes from that of its parts: `and`, `or`, `not`, `if`; a
    `leaf` is a test with the values it reads; a `value` is no test, and has no truth (`holds` None). `kind` tells what a whole
    number stands for. `since`: the instant from which a tracked condition has held. `next_change`: the first instant after this
    one at which time alone may change it (None: never)."""

    text: str
    joint: Joint
    holds: bool | None
    value: Any = None
    kind: Kind = ""
    parts: tuple[Part, ...] = ()
    since: int | None = None
    next_change: int | None = None
    opposite: str = ""
