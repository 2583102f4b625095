"""Hints in the spelling of the file that they are about: `again: after 7d` is `again after 7d` in a `*.journey` file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rtj.base.diagnostic import Diagnostic
from rtj.lang.discover import in_dsl

QUOTED = re.compile(r"`[^`]*`")
# Keys of YAML that are words of the journey language. What only rtj.yaml has keeps its colon.
WORDS = (
    "on", "when", "by", "with", "as", "again", "key", "while_inside", "wait", "until", "after", "zone", "exit", "enter", "goal",
    "send", "within", "priority", "runs", "max_duration", "on_resume", "catch_up", "emit", "start", "set", "call", "max",
    "for", "repeat", "formerly", "on_deploy", "timers",
)  # fmt: skip
SPELT = (
    (re.compile(r"^- \{(on|when|after|until): ([^,}]*)\}$"), r"\1 \2 { … }"),
    (re.compile(r"^(do|else): \[\]$"), r"\1 { }"),
    (re.compile(r"^(else): \[([^\]]*)\]$"), r"\1 { \2 }"),
    (re.compile(r"^id: (\S+)$"), r"@\1"),
    (re.compile(r"^wait_for: \[\{on: (\w+)\}\]$"), r"wait_for @id { on \1 { … } }"),
    (re.compile(r"^(enter|goal|exit): \{(\w+): ([^,}]*), (\w+): ([^,}]*)\}$"), r"\1 \2 \3 \4 \5"),
    (re.compile(r"^(moved|dropped): \{(\w+): (\w+)\}$"), r"\1 \2 to \3"),
    (re.compile(r"^(enter|goal|exit): \{(\w+): ([^,}]*)\}$"), r"\1 \2 \3"),
    (re.compile(rf"^({'|'.join(WORDS)}): (?=\S)"), r"\1 "),
)


def spelt(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, with hints as their files are spelt."""
    return [replace(d, hint=respelt_hint(d.hint)) if d.hint and in_dsl(d.span) else d for d in found]


def respelt_hint(hint: str) -> str:
    """A hint with what stands in backticks in the spelling of the journey language."""
    return QUOTED.sub(lambda quoted: f"`{_respelt(quoted[0][1:-1])}`", hint).replace(
        "is a key of its own", "is a clause of its own"
    )


def _respelt(piece: str) -> str:
    for pattern, new in SPELT:
        if pattern.search(piece):
            return pattern.sub(new, piece)
    return piece
