"""What is wrong with an author's text, as a value: never raised, always collected and sorted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rtj.base.span import Span

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that a diagnostic points at, e.g. the first definition of a duplicate."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in the place of the offsets [start, end) of the source in which the diagnostic stands."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out that a program can take. `safe`: there is only one thing that can have been meant, or the meaning stays what
    it was; otherwise a person should look. `edits` do not overlap."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `code` is published once and never reused (`rtj.base.codes`), or is the name of a rule of the project's
    own; `hint` is a suggestion such as "did you mean `email`?"; `message` starts in lower case, quotes the culprit and says
    what was expected."""

    code: str
    message: str
    span: Span
    hint: str = ""
    labels: tuple[Label, ...] = ()
    severity: Severity = "error"
    fix: Fix | None = None


def sort_diagnostics(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort by file, place and code, and drop exact repeats."""
    order = sorted(set(found), key=lambda d: (d.span.source.path, d.span.start, d.code, d.message))
    return order
