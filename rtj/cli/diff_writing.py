"""A difference in the formats of `rtj diff`: to stdout, to files, and what GitHub Actions is told without being asked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rtj.base.errors import MissingExtra, OutputError
from rtj.cli.git import repository_above
from rtj.cli.github_actions import append_summary, in_actions
from rtj.cli.outputs import Outputs, write_file
from rtj.cli.render import Paper
from rtj.cli.render_behaviour import render_behaviour
from rtj.cli.render_diff import render_diff, render_end
from rtj.cli.screen import Line, Piece, Screen, columns, line, paint, shows_blocks
from rtj.ir.comparison import Comparison
from rtj.plan.changes import Diff
from rtj.plan.sides import Side
from rtj.report.diff_behaviour import behaviour
from rtj.report.diff_places import Places
from rtj.report.diff_text import told

if TYPE_CHECKING:
    from rtj.report.picture import Picture
    from rtj.report.picture_svg import Drawing

FORMATS = ("text", "json", "markdown", "github", "html")
SUMMARY_CHARS = 60_000  # of a difference in the summary of a step, which others write to as well


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that is told; `sides`: the two versions, old and new, from which pictures are drawn."""

    diff: Diff
    comparison: Comparison | None
    places: Places
    sides: tuple[Side, Side]


def write(outputs: Outputs, found: Found, screen: Screen) -> None:
    """Files first, for a reader may close stdout early. What cannot be written keeps nothing else from being written. Raises
    OutputError."""
    writer = _Writer(found, screen)
    failed: list[OutputError] = []
    for name, path in outputs.files:
        try:
            write_file(path, writer.content(name))
        except OutputError as error:
            failed.append(error)
    if in_actions() and not outputs.chosen:
        screen.complain([line(text) for text in writer.content("github").decode().splitlines()])
        append_summary(lambda room: writer.markdown(min(room, SUMMARY_CHARS)), screen)
    if outputs.stdout == "text":
        screen.answer(_text(found, Paper(columns(sys.stdout), shows_blocks(sys.stdout))))
    else:
        screen.exact(writer.content(outputs.stdout))
    if failed:
        raise failed[0]


def _text(found: Found, paper: Paper) -> list[Line]:
    report = told(found.diff, found.places)
    lines = render_diff(report, paper)
    if found.comparison is not None:
        lines += [(), *render_behaviour(behaviour(found.comparison), paper)]
    return lines + render_end(report, paper)


class _Writer:
    """Writes each format; formats for programs and pages are imported when they are asked for, since most calls are by people."""

    def __init__(self, found: Found, screen: Screen) -> None:
        self._found = found
        self._screen = screen

    def content(self, name: str) -> bytes:
        """The difference in a format."""
        found = self._found
        match name:
            case "text":
                return paint(_text(found, Paper(0, blocks=True)), color=False).encode("utf-8")
            case "json":
                from rtj.report.diff_json import diff_json

                return diff_json(found.diff, found.comparison, found.places)
            case "github":
                return self._github()
            case "html":
                from rtj.report.diff_html import page

                return page(found.diff, found.comparison, found.places, self._drawings())
            case "markdown":
                return self.markdown(None).encode("utf-8")
        raise AssertionError(name)

    def markdown(self, chars: int | None) -> str:
        """A comment in at most so many characters; None: as many as one may have."""
        from rtj.report.diff_markdown import CHARS_MAX, diff_markdown

        found = self._found
        return diff_markdown(found.diff, found.comparison, found.places, self._pictures, CHARS_MAX if chars is None else chars)

    def _github(self) -> bytes:
        from rtj.report.diff_github import diff_github
        from rtj.report.findings import Examined

        folder = Path.cwd()
        examined = Examined(folder=folder.as_posix(), root=repository_above(folder).as_posix())
        return diff_github(self._found.diff, self._found.places, examined).encode("utf-8")

    @cached_property
    def _pictures(self) -> Mapping[str, Picture]:
        from rtj.report.diff_pictures import overlaid

        return overlaid(self._found.diff, *self._found.sides)

    def _drawings(self) -> Mapping[str, Drawing]:
        """The pictures, drawn; none, and a remark, where that is not possible here: the page is whole without."""
        from rtj.report.picture import sketch
        from rtj.report.picture_fold import fold
        from rtj.report.picture_svg import draw_svg

        try:
            return {name: draw_svg(sketch(fold(picture)[0])) for name, picture in self._pictures.items()}
        except (MissingExtra, OutputError) as error:
            self._screen.talk([line(Piece(f"the page has no graphs: {error}", "warn"))])
            return {}
