"""Where the parts of two versions are written: the address of a part -> a piece of a file, as reports of differences tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtj.base.plain import safe
from rtj.plan.changes import Change, Spot


@dataclass(frozen=True, slots=True)
class Where:
    """A piece of a file of the project. Lines and columns count from 1, columns in code points; the end lies behind the piece."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def text(self) -> str:
        """`file:line:column`, as terminals and editors make a link of it."""
        return f"{safe(self.path)}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of where things stand in the old and in the new version; nothing of versions without sources."""

    olds: Mapping[Spot, Where] = field(default_factory=dict)
    news: Mapping[Spot, Where] = field(default_factory=dict)

    def old(self, spot: Spot | None) -> Where | None:
        """Where a part of the old version is written, or the smallest part around it that is known."""
        return _nearest(self.olds, spot)

    def new(self, spot: Spot | None) -> Where | None:
        """The same in the new version."""
        return _nearest(self.news, spot)

    def of(self, change: Change) -> tuple[Where | None, Where | None]:
        """Where a change is seen in the old and in the new version: None on the side on which it has no part."""
        return self.old(change.was), self.new(change.now)


NOWHERE = Places()


def _nearest(known: Mapping[Spot, Where], spot: Spot | None) -> Where | None:
    if spot is None or not known:
        return None
    return next((known[spot[:size]] for size in range(len(spot), 0, -1) if spot[:size] in known), None)
