"""How the values of identifiers are written (S2.1): the same for events and for lists of people."""

from __future__ import annotations

import re
from typing import Any

from rtj.base.errors import MissingExtra
from rtj.ir.program import Namespace

_PHONE_MARKS = re.compile(r"[\s().\-/\u2010-\u2015\u00a0]+")


def normalise(namespace: Namespace, value: str) -> str:
    """Apply what the namespace declares: `trim`, `lower`, `e164` (marks between digits go, 00 becomes +;
    with a region numbers without a country get one)."""
    for rule in namespace.normalize:
        match rule:
            case "trim":
                value = value.strip()
            case "lower":
                value = value.lower()
            case "e164":
                value = _phone(value) if not namespace.region else _phone_of(namespace.region, value)
    return value


def _phone(value: str) -> str:
    value = _PHONE_MARKS.sub("", value)
    return "+" + value[2:] if value.startswith("00") else value


def _phone_of(region: str, value: str) -> str:
    """In E.164, as dialled from a region. What is no number anybody could have stays as the simple rule writes it."""
    library = phone_library()
    try:
        number = library.parse(value, region)
    except library.NumberParseException:
        return _phone(value)
    if not library.is_possible_number(number):
        return _phone(value)
    return str(library.format_number(number, library.PhoneNumberFormat.E164))


def phone_library() -> Any:
    """What knows how the countries of the world number their telephones. Raises MissingExtra where it is not installed."""
    try:
        import phonenumbers
    except ImportError as reason:
        raise MissingExtra("a namespace with a `region`", "phone") from reason
    return phonenumbers
