"""How the functions of the language are described: their types, their nulls, their examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.ir.expr import Scalar, Type

STRING = Scalar("string")
NUMBER = Scalar("number")
BOOL = Scalar("bool")
INSTANT = Scalar("instant")
DATE = Scalar("date")
DURATION = Scalar("duration")
ANY = Scalar("any")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Var:
    """A type variable: the same type wherever it stands in one call; one of `among`, if that is not empty."""

    name: str
    among: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class Many:
    """A list of a type variable."""

    of: Var


Pattern: TypeAlias = Type | Var | Many


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    type: Pattern


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function. The last `omittable` parameters may be left out; with `variadic` the last may be repeated."""

    params: tuple[Param, ...]
    result: Pattern
    omittable: int = 0
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """`null`: "null" - null if an argument is null; "total" - `meaning` says what a null does.

    `grain`: the result follows the calendar and changes only as the local day or hour begins, though the clock runs on: the
    function reads it itself (`today`) or takes `now()` as an argument (`hour(now())`). Empty: no such promise (S4.2)."""

    name: str
    signatures: tuple[Signature, ...]
    null: Literal["null", "total"]
    meaning: str
    examples: tuple[tuple[str, str], ...]
    grain: Literal["", "day", "hour"] = ""
    reads_clock: bool = False


def one(result: Pattern, *params: Param, omittable: int = 0, variadic: bool = False) -> tuple[Signature, ...]:
    """The signatures of a function that is called in one way."""
    return (Signature(params, result, omittable, variadic),)
