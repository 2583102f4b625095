"""What a part of a program means, for comparing two versions: without what only says that a value may be missing, which follows
from the types of what it reads."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from rtj.ir.expr import Attribute, Field, Name
from rtj.ir.program import Aggregate
from rtj.ir.signatures import ANY
from rtj.ir.walk import rewrite

T = TypeVar("T")


def meant(value: T) -> T:
    """The same part of a program, equal to that of another version iff it says the same."""
    return rewrite(value, _bare)


def remembering(aggregate: Aggregate) -> Aggregate:
    """What decides which events history is kept of, and what of them: where two are equal, the one can go on with what the other
    has kept. The type of its value follows from these."""
    return msgspec.structs.replace(meant(aggregate), type=ANY)


def _bare(part: msgspec.Struct) -> msgspec.Struct:
    match part:
        case Attribute(optional=True) | Name(optional=True) | Field(optional=True):
            return msgspec.structs.replace(part, optional=False)
        case _:
            return part
