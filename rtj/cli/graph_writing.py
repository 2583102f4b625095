"""Pictures in the formats of `rtj graph`: what each takes, what it leaves out, and what there is to say about that."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.cli.screen import Piece, Screen, columns, line, paint, wants_color
from rtj.report.moments import counted
from rtj.report.picture import Picture, Sketch, sketch
from rtj.report.picture_dot import dot
from rtj.report.picture_fold import fold
from rtj.report.picture_map import map_text
from rtj.report.picture_mermaid import mermaid, too_large
from rtj.report.picture_text import ASCII, Bit, Row, text

Format: TypeAlias = Literal["text", "svg", "png", "html", "mermaid", "dot"]
EXTENSIONS: dict[Format, tuple[str, ...]] = {
    "text": (".txt",), "svg": (".svg",), "png": (".png",), "html": (".html", ".htm"), "mermaid": (".mmd", ".mermaid"),
    "dot": (".dot", ".gv"),
}  # fmt: skip
PLAIN_WIDE = 80  # cells where there is no terminal


@dataclass(frozen=True, slots=True)
class Canvas:
    """How to draw."""

    theme: Literal["auto", "light", "dark"] = "auto"
    direction: Literal["down", "right"] = "down"


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be drawn: pictures, and how the journeys hang together where that is asked for."""

    project: str
    pictures: tuple[Picture, ...]
    map: Sketch | None


def written(work: Work, format_: Format, canvas: Canvas, screen: Screen | None) -> tuple[bytes, list[str]]:
    """The content in a format, and what there is to say. `screen`: where it goes; None for a file."""
    if format_ == "text":
        return _text(work, screen), []
    notes: list[str] = []
    if format_ == "dot":
        return _join([dot(one, canvas.theme, canvas.direction) for one in _sketches(work)]), notes
    if format_ == "mermaid":
        drawn = [mermaid(one, canvas.theme, canvas.direction) for one in _sketches(work)]
        notes += filter(None, map(too_large, drawn))
        return _join(drawn), notes
    small = Work(work.project, tuple(_small(picture, notes) for picture in work.pictures), work.map)
    return _drawn(small, format_, canvas, notes), notes


def _sketches(work: Work) -> list[Sketch]:
    return [*([work.map] if work.map is not None else []), *map(sketch, work.pictures)]


def _join(texts: list[str]) -> bytes:
    return "\n".join(texts).encode("utf-8", "replace")


def _small(picture: Picture, notes: list[str]) -> Picture:
    small, left_out = fold(picture)
    if left_out:
        hint = "--as text, dot and mermaid draw all of it"
        notes.append(f"{picture.name} is large: {counted(left_out, 'node')} stand together in boxes that say so; {hint}")
    return small


def _drawn(work: Work, format_: Format, canvas: Canvas, notes: list[str]) -> bytes:
    from rtj.report.picture_svg import document, draw_svg

    drawings = [(one.name, draw_svg(one, canvas.direction)) for one in _sketches(work)]
    if format_ == "html":
        from rtj.report.picture_html import page

        title = work.pictures[0].heading if len(drawings) == 1 and work.pictures else work.project
        return page(title, drawings, canvas.theme).encode("utf-8", "replace")
    content = document(drawings[0][1], canvas.theme)
    if format_ == "svg":
        return content.encode("utf-8", "replace")
    from rtj.report.picture_png import paint as paint_png

    painted, missing = paint_png(document(drawings[0][1], "dark" if canvas.theme == "dark" else "light"), canvas.theme)
    if missing:
        hint = "install one (the Noto fonts have all), or let a browser draw: --as svg, --as html"
        notes.append(f"no font of this machine has {' '.join(missing)} and the like, which stand as empty boxes; {hint}")
    return painted


def _text(work: Work, screen: Screen | None) -> bytes:
    """For the terminal in its width and colours; for files and pipes 80 wide and plain."""
    wide = columns(sys.stdout) if screen is not None else 0
    rows: list[Row] = []
    if work.map is not None:
        rows += [(Bit(work.map.heading, "strong"),), (Bit(work.map.told, "dim"),), *((Bit(said),) for said in map_text(work.map))]
    for picture in work.pictures:
        rows += [*([(), ()] if rows else []), *text(picture, wide or PLAIN_WIDE)]
    color = screen is not None and wants_color(sys.stdout, screen.color)
    drawn = paint([line(*(Piece(bit.text, bit.style) for bit in row)) for row in rows], color)
    encoding = sys.stdout.encoding if screen is not None and sys.stdout.encoding else "utf-8"
    try:
        return drawn.encode(encoding)
    except UnicodeEncodeError:
        return drawn.translate(ASCII).encode(encoding, "replace")
