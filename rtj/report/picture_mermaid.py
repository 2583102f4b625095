"""A picture as a Mermaid flowchart, for the many places that draw one from text: README files, issues, wikis."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtj.base.plain import safe
from rtj.report.picture import Box, Kind, Link, Sketch
from rtj.report.picture_dot import LABEL_CHARS, SIGNS, box_rows
from rtj.report.picture_style import FAMILY, Theme, kind_colours, mark_colour, paper_colours
from rtj.report.picture_type import wrap

EDGES_MAX, CHARS_MAX = 500, 50_000  # above these a Mermaid that is set up as it comes refuses to draw
_ITEM = re.compile(r"^([-+*]|\d+[.)]) ")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = {
    "end", "graph", "subgraph", "flowchart", "style", "class", "classdef", "click", "linkstyle", "default", "direction", "call",
    "href", "anywhere",
}  # fmt: skip
_SHAPES: dict[Kind, tuple[str, str]] = {
    "enter": ("([", "])"), "exit": ("([", "])"), "end": ("([", "])"), "holdout": ("([", "])"), "more": ("([", "])"),
    "wait_for": ("{{", "}}"), "branch": ("{{", "}}"), "split": ("{{", "}}"), "repeat": ("{{", "}}"), "call": ("[[", "]]"),
}  # fmt: skip


def mermaid(sketch: Sketch, theme: Theme = "auto", direction: str = "down") -> str:
    """The Mermaid text; the same sketch gives the same bytes."""
    dark = theme == "dark"
    ids = _ids([box.id for box in (*sketch.watches, *sketch.boxes)])
    rows = ["---", f"title: {_yaml(sketch.heading)}", "---"] if sketch.heading else []
    if theme != "auto":
        rows.append(f'%%{{init: {{"theme": "{"dark" if dark else "default"}"}}}}%%')
    rows.append(f"flowchart {'TD' if direction == 'down' else 'LR'}")
    if sketch.watches:
        rows.append('  subgraph anywhere ["wherever somebody stands"]')
        rows += [f"  {_node(box, ids)}" for box in sketch.watches]
        rows.append("  end")
    rows += [_node(box, ids) for box in sketch.boxes]
    rows += [_edge(link, ids) for link in sketch.links]
    ink = paper_colours(dark=dark)[1]
    for family in dict.fromkeys(FAMILY[box.kind] for box in (*sketch.watches, *sketch.boxes)):
        accent, fill, _ = kind_colours(family, dark=dark)
        rows.append(f"  classDef {family} fill:{fill},stroke:{accent},color:{ink},text-align:left")
    for mark in dict.fromkeys(box.mark for box in (*sketch.watches, *sketch.boxes) if box.mark):
        dashed = ",stroke-dasharray:5 5" if mark == "removed" else ""
        rows.append(f"  classDef {mark} stroke:{mark_colour(mark, dark=dark)},stroke-width:3px{dashed}")
        marked = ",".join(ids[box.id] for box in (*sketch.watches, *sketch.boxes) if box.mark == mark)
        rows.append(f"  class {marked} {mark}")
    for mark in dict.fromkeys(link.mark for link in sketch.links if link.mark):
        dashed = ",stroke-dasharray:5 5" if mark == "removed" else ""
        marked = ",".join(str(place) for place, link in enumerate(sketch.links) if link.mark == mark)
        rows.append(f"  linkStyle {marked} stroke:{mark_colour(mark, dark=dark)},stroke-width:2px{dashed}")
    return "\n".join([*rows, ""])


def too_large(text: str) -> str:
    """Why Mermaid as it comes would refuse the text; "" where it would not."""
    edges = text.count("-->") + text.count("-.->")
    if edges > EDGES_MAX:
        return f"{edges:,} arrows: Mermaid draws {EDGES_MAX} unless `maxEdges` is raised"
    if len(text) > CHARS_MAX:
        return f"{len(text):,} characters: Mermaid takes {CHARS_MAX:,} unless `maxTextSize` is raised"
    return ""


def _ids(names: Sequence[str]) -> dict[str, str]:
    """Ids that Mermaid takes, readable, each once."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        word = re.sub(r"[^A-Za-z0-9_]", "_", name.removesuffix(":"))
        word = word if _WORD.fullmatch(word) else f"n_{word}"
        while word.lower() in _RESERVED or word in taken:
            word += "_"
        taken.add(word)
        found[name] = word
    return found


def _node(box: Box, ids: dict[str, str]) -> str:
    opening, closing = _SHAPES.get(box.kind, ("[", "]"))
    return f"  {ids[box.id]}{opening}{_label(box_rows(box, LABEL_CHARS))}{closing}:::{FAMILY[box.kind]}"


def _edge(link: Link, ids: dict[str, str]) -> str:
    said: list[str] = []
    if link.way is not None:
        said = [row for line in link.way.lines for row in wrap(line.whole, LABEL_CHARS, len)]
    if link.count is not None:
        said.append(f"{link.count:,}")
    if said and SIGNS[link.mark]:
        said[0] = f"{SIGNS[link.mark]} {said[0]}"
    dashed = link.back or (link.way is not None and link.way.aside)
    label = f"|{_label(said)}|" if said else ""
    return f"  {ids[link.tail]} {'-.->' if dashed else '-->'}{label} {ids[link.head]}"


def _label(rows: Sequence[str]) -> str:
    """A label. What begins like an item of a list Mermaid may take for one, and refuse: a blank that is none keeps it a text."""
    text = _ITEM.sub("\\1\u00a0", "<br/>".join(map(_escaped, rows)))
    return f'"{text}"'


def _escaped(text: str) -> str:
    text = safe(text).replace("#", "#35;")
    for char, code in (("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("`", "#96;")):
        text = text.replace(char, code)
    return text


def _yaml(text: str) -> str:
    """A title as YAML that is one, whatever stands in it."""
    return '"' + safe(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
