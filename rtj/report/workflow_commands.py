"""GitHub's workflow commands: how a line of output becomes an annotation."""

from __future__ import annotations

from collections.abc import Mapping

ANNOTATIONS_MAX = 10  # of each kind: so many GitHub shows of a step
TEXT = "%\r\n"  # what is escaped; `%` first, for the others become a text with one
PROPERTY = TEXT + ":,"


def workflow_command(kind: str, properties: Mapping[str, object], message: str) -> str:
    """One command, without the end of its line. `kind`: `error`, `warning` or `notice`."""
    written = ",".join(f"{name}={_escaped(str(value), PROPERTY)}" for name, value in properties.items())
    return f"::{kind} {written}::{_escaped(message, TEXT)}"


def _escaped(text: str, marks: str) -> str:
    for mark in marks:
        text = text.replace(mark, f"%{ord(mark):02X}")
    return text
