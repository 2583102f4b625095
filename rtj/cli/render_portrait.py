"""A portrait of a person as lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rtj.base.plain import one_line
from rtj.cli.render import Paper
from rtj.cli.screen import Line, Piece, line, width, wrap
from rtj.ir.portraits import Portrait
from rtj.report.portrait import Row, Section, moment, sections

NAMES_MAX = 32  # cells of a name; a longer one pushes what is told to the right
TEXTS_MAX = 40  # and of what is told


def render_portrait(portrait: Portrait, environment: str, zone: tuple[str, tzinfo], paper: Paper) -> list[Line]:
    """The whole portrait. `zone`: of all times, and its name."""
    named, where = zone
    as_of = f"  in {one_line(environment)} as of {moment(portrait.at + 1, where)}, times in {one_line(named)}"
    lines = wrap([Piece(one_line(portrait.profile), "strong"), Piece(as_of, "dim")], paper.columns, 2)
    found = sections(portrait, where)
    titles = max(width(section.title) for section in found)
    for section in found:
        lines += _section(section, titles, paper)
    return lines


def _section(section: Section, titles: int, paper: Paper) -> list[Line]:
    """The title stands beside the first row."""
    if not section.rows and not section.none:
        return []
    if not section.rows:
        return [(), line(Piece(f"{section.title:<{titles}}  ", "dim"), Piece(section.none, "dim"))]
    names = min(max(width(one_line(row.name)) for row in section.rows), NAMES_MAX)
    texts = max((width(one_line(row.text)) for row in section.rows if row.aside), default=0)
    sizes = names, min(texts, TEXTS_MAX)
    lines: list[Line] = [()]
    for number, row in enumerate(section.rows):
        title = section.title if number == 0 else ""
        lines += wrap(_row(title.ljust(titles), row, sizes), paper.columns, titles + names + 4)
    return lines


def _row(title: str, row: Row, sizes: tuple[int, int]) -> Sequence[Piece]:
    """`sizes`: cells of names and of what is told."""
    names, texts = sizes
    pieces = [Piece(f"{title}  ", "dim")]
    name = one_line(row.name)
    if names:
        pieces.append(Piece(name + " " * max(0, names - width(name)) + "  ", "name"))
    text = one_line(row.text)
    pieces.append(Piece(text, row.tone))
    if row.aside:
        pieces.append(Piece(" " * max(0, texts - width(text)) + f"  {one_line(row.aside)}", "dim"))
    return pieces
