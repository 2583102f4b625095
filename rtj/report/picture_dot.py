"""A picture as a graph in the DOT language, for those who have Graphviz or another program that draws it."""

from __future__ import annotations

from collections.abc import Sequence

from rtj.base.plain import safe
from rtj.report.picture import Box, Link, Mark, Sketch
from rtj.report.picture_cards import SAY_LINES, SMALL
from rtj.report.picture_style import FAMILY, Theme, kind_colours, mark_colour, paper_colours
from rtj.report.picture_type import wrap

LABEL_CHARS = 36  # after so many a line breaks
SIGNS: dict[Mark, str] = {"": "", "added": "+", "removed": "-", "changed": "~"}  # who does not see colours reads these


def dot(sketch: Sketch, theme: Theme = "auto", direction: str = "down") -> str:
    """The DOT text; the same sketch gives the same bytes. What is drawn by itself has one set of colours: `auto` is light."""
    dark = theme == "dark"
    ground, ink, _, line = paper_colours(dark=dark)
    rows = [
        f"digraph {_quoted(sketch.name)} {{",
        f"  rankdir={'TB' if direction == 'down' else 'LR'}; bgcolor={_quoted(ground)}; ordering=out; labelloc=t; labeljust=l;",
        f'  fontname="Helvetica"; fontsize=16; fontcolor={_quoted(ink)}; label={_label(_heading(sketch))};',
        f'  node [fontname="Helvetica" fontsize=11 fontcolor={_quoted(ink)} shape=box style="rounded,filled"];',
        f'  edge [fontname="Helvetica" fontsize=10 fontcolor={_quoted(ink)} color={_quoted(line)}];',
    ]
    if sketch.watches:
        rows.append("  subgraph cluster_anywhere {")
        rows.append(f'    label="wherever somebody stands"; fontsize=11; style=rounded; color={_quoted(line)};')
        rows += [f"  {_node(box, dark=dark)}" for box in sketch.watches]
        rows.append("  }")
    rows += [_node(box, dark=dark) for box in sketch.boxes]
    rows += [_edge(link, dark=dark) for link in sketch.links]
    return "\n".join([*rows, "}", ""])


def _heading(sketch: Sketch) -> list[str]:
    return [row for text in (sketch.heading, sketch.told, sketch.counts) if text for row in wrap(text, 80, len)]


def _node(box: Box, *, dark: bool) -> str:
    accent, fill, _ = kind_colours(FAMILY[box.kind], dark=dark)
    said = box_rows(box, LABEL_CHARS)
    shape = ' shape=box style="rounded,filled,bold"' if box.kind in SMALL else ""
    if box.mark:
        accent = mark_colour(box.mark, dark=dark)
        looks = "rounded,filled,dashed" if box.mark == "removed" else "rounded,filled,bold"
        shape = f' shape=box style="{looks}" penwidth=3'
    return f"  {_quoted(box.id)} [label={_label(said)} fillcolor={_quoted(fill)} color={_quoted(accent)}{shape}];"


def _edge(link: Link, *, dark: bool) -> str:
    looks = []
    if link.way is not None:
        said = [row for line in link.way.lines for row in wrap(line.whole, LABEL_CHARS, len, SAY_LINES)]
        said = [f"{SIGNS[link.mark]} {said[0]}", *said[1:]] if link.mark else said
        looks.append(f"label={_label(said if link.count is None else [*said, f'{link.count:,}'])}")
    elif link.count is not None:
        looks.append(f"label={_label([f'{link.count:,}'])}")
    if link.mark:
        colour = _quoted(mark_colour(link.mark, dark=dark))
        looks.append(f"color={colour} fontcolor={colour} penwidth=2")
    if link.back or link.mark == "removed" or (link.way is not None and link.way.aside):
        looks.append("style=dashed")
    if link.back:
        looks.append("constraint=false")
    return f"  {_quoted(link.tail)} -> {_quoted(link.head)}{' [' + ' '.join(looks) + ']' if looks else ''};"


def box_rows(box: Box, chars: int) -> list[str]:
    """What a box says, line by line."""
    said = [f"{SIGNS[box.mark]} {box.word}".strip() + (f": {box.title}" if box.title else "")]
    said += [line.whole for line in box.lines]
    if box.tags:
        said.append("by " + " else ".join(box.tags))
    if box.name:
        said.append(f"@{box.name}")
    said += [tally.whole for tally in box.tallies]
    return [row for text in said for row in wrap(text, chars, len, SAY_LINES)]


def _label(rows: Sequence[str]) -> str:
    return '"' + "".join(f"{_escaped(row)}\\l" for row in rows) + '"'


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return safe(text).replace("\\", "\\\\").replace('"', '\\"')
