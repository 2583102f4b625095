"""What types mean to the checker: those of the waist (`rtj.ir.types`), and how functions are called with them."""

from __future__ import annotations

from collections.abc import Sequence

from rtj.ir.expr import ListOf, Scalar, Type
from rtj.ir.functions import ANY, BOOL, DATE, DURATION, INSTANT, NUMBER, STRING, Many, Param, Pattern, Signature, Var
from rtj.ir.types import (
    NULL,
    UNKNOWN,
    fits,
    is_optional,
    is_unknown,
    join,
    join_all,
    literal,
    may_equal,
    missing,
    optional,
    show,
    some,
    widen,
)

ORDERED: tuple[Type, ...] = (NUMBER, INSTANT, DATE, DURATION, STRING)
TYPE_NAMES = ("string", "number", "bool", "instant", "date", "duration", "list", "record", "one_of")

__all__ = [
    "BOOL",
    "DATE",
    "DURATION",
    "INSTANT",
    "NULL",
    "NUMBER",
    "ORDERED",
    "STRING",
    "TYPE_NAMES",
    "UNKNOWN",
    "call_result",
    "fits",
    "is_optional",
    "is_unknown",
    "join",
    "join_all",
    "literal",
    "may_equal",
    "missing",
    "optional",
    "show",
    "show_signature",
    "some",
    "widen",
]


# ---- calls


def call_result(signature: Signature, args: Sequence[Type]) -> Type | None:
    """The result of a call with arguments of these types, or None if the signature does not take them. A `T?` is taken
    where T is asked for: what null does is the function's null rule."""
    params = signature.params
    fewest = len(params) - signature.omittable
    if len(args) < fewest or (len(args) > len(params) and not signature.variadic):
        return None
    bound: dict[str, Type] = {}
    for number, arg in enumerate(args):
        param = params[min(number, len(params) - 1)]
        if not _bind(param, some(arg), bound):
            return None
    return _result(signature.result, bound)


def _bind(param: Param, arg: Type, bound: dict[str, Type]) -> bool:
    match param.type:
        case Var() as var:
            return _bind_var(var, arg, bound)
        case Many(of=var):
            if arg == ANY:
                return True
            return isinstance(arg, ListOf) and _bind_var(var, some(arg.item), bound)
        case wanted:
            return wanted == ANY or fits(arg, wanted)


def _bind_var(var: Var, arg: Type, bound: dict[str, Type]) -> bool:
    if var.among and not any(fits(arg, of) for of in var.among):
        return False
    if arg == ANY:
        return True
    both = join(bound[var.name], arg) if var.name in bound else arg
    if both is None:
        return False
    bound[var.name] = both
    return True


def _result(result: Pattern, bound: dict[str, Type]) -> Type:
    match result:
        case Var(name=name):
            return bound.get(name, ANY)
        case Many(of=var):
            return ListOf(bound.get(var.name, ANY))
        case kind:
            return kind


# ---- as text


def show_signature(name: str, signature: Signature) -> str:
    """`round(number: number, digits: number) -> number`; `[digits]` when it may be left out."""
    first_left_out = len(signature.params) - signature.omittable
    parts = [
        f"[{p.name}: {_show_pattern(p.type)}]" if number >= first_left_out else f"{p.name}: {_show_pattern(p.type)}"
        for number, p in enumerate(signature.params)
    ]
    return f"{name}({', '.join(parts)}{', …' if signature.variadic else ''}) -> {_show_pattern(signature.result)}"


def _show_pattern(pattern: Pattern) -> str:
    match pattern:
        case Var(name=name, among=among):
            return " or ".join(show(of) for of in among) if among and name not in ("T",) else name
        case Many(of=var):
            return f"[{_show_pattern(var)}]"
        case Scalar(name="any"):
            return "any"
        case kind:
            return show(kind)
