"""A journey as an outline: what both spellings say, in one order, with the comments that hang on it.

A unit is what has a line of its own: a journey, a header, a statement, a case, an arm. It has clauses (`by push else email`) in
the order of the journey language and parts (blocks, cases, arms) that hold units. Every unit, clause and part knows where it
stood in the source, and there its comments are hung (`rtj.layout.comments`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtj.layout.phrases import Phrase

NOWHERE = -1

# `phrase`: pieces of a phrase; `text`: one piece, an author's text; `flag`: the word says it all; `head`: a word before a part
Kind: TypeAlias = Literal["phrase", "text", "flag", "head"]


@dataclass(slots=True)
class Comment:
    """`text` begins with `#`. `blank`: an empty line stood before it. `start`: where it stood, if on lines of its own."""

    text: str
    blank: bool = False
    start: int = NOWHERE


@dataclass(slots=True, eq=False)
class Clause:
    """A word and what stands behind it. `start` and `end` are offsets in the source, NOWHERE if it has no place of its own.
    `within`: comments in a YAML value, whose places are not looked at."""

    key: str
    phrase: Phrase
    kind: Kind = "phrase"
    start: int = NOWHERE
    end: int = NOWHERE
    above: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)
    within: list[Comment] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Part:
    """`do`, `else`, the cases of `wait_for`, the arms of `branch` and `arms` of `split`, the `headers` of a journey.

    `start`: where its key stands, if comments at that key are its own. `first`, `end`: where its contents begin and end.
    `column`: comments behind the contents that stand so far to the right belong to it; None where a bracket at `end` says where
    it ends. `written`: it stands in the source. `inside`: comments behind the last unit."""

    key: str
    units: list[Unit] = field(default_factory=list)
    start: int = NOWHERE
    first: int = NOWHERE
    end: int = NOWHERE
    column: int | None = None
    written: bool = True
    inside: list[Comment] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Unit:
    """`word`: `enter`, `goal` or `exit` before the clauses of a trigger. `blank`: an empty line stood before it and its comments;
    `gap`: one stood between its comments and itself. `behind`: the comment at the end of its head, at most one when all is hung.
    `lead`: where the key of the list stands whose first item this is."""

    clauses: list[Clause]
    parts: list[Part] = field(default_factory=list)
    word: str = ""
    start: int = NOWHERE
    end: int = NOWHERE
    above: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)
    blank: bool = False
    gap: bool = False
    lead: int = NOWHERE

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)

    @property
    def remarked(self) -> bool:
        """Does a comment stand between its clauses?"""
        return any(clause.above or clause.behind for clause in self.clauses)


@dataclass(slots=True, eq=False)
class Outline:
    """A file. `tail`: comments behind the last journey."""

    journeys: list[Unit]
    tail: list[Comment] = field(default_factory=list)


def is_leaf(unit: Unit) -> bool:
    """A unit without parts and without any comment: it may stand on a line with others."""
    return not (unit.parts or unit.above or unit.behind or unit.remarked)


def is_short(part: Part) -> bool:
    """At most one leaf: it may stand on the line of its unit."""
    return not part.inside and len(part.units) <= 1 and all(is_leaf(unit) for unit in part.units)


def comment_lines(comments: Iterable[Comment], indent: int, *, first: bool) -> list[str]:
    """Comments on lines of their own. `first`: no empty line goes before the first."""
    lines: list[str] = []
    for number, comment in enumerate(comments):
        lines += [""] * (comment.blank and not (first and number == 0))
        lines.append(" " * indent + comment.text)
    return lines
