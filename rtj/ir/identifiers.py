"""How the values of identifiers are written (S2.1): the same for events and for lists of people."""

from __future__ import annotations

import re

from rtj.ir.program import Namespace

_PHONE_MARKS = re.compile(r"[\s().\-/\u2010-\u2015\u00a0]+")


def normalise(namespace: Namespace, value: str) -> str:
    """Apply what the namespace declares: `trim`, `lower`, `e164` (marks between digits go, 00 becomes +)."""
    for rule in namespace.normalize:
        match rule:
            case "trim":
                value = value.strip()
            case "lower":
                value = value.lower()
            case "e164":
                value = _PHONE_MARKS.sub("", value)
                if value.startswith("00"):
                    value = "+" + value[2:]
    return value
