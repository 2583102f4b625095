"""The arguments of `rtj graph`, each with its help. Imported at every start: nothing heavy here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class PictureFormat(StrEnum):
    TEXT = "text"
    SVG = "svg"
    PNG = "png"
    HTML = "html"
    MERMAID = "mermaid"
    DOT = "dot"


class PictureTheme(StrEnum):
    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class PictureDirection(StrEnum):
    DOWN = "down"
    RIGHT = "right"


Drawn = Annotated[
    str | None,
    typer.Argument(
        metavar="JOURNEY",
        help="A journey file, or the name of a journey of the project. Default: all of them, each a picture.",
        show_default=False,
    ),
]
DrawnAs = Annotated[
    PictureFormat | None,
    typer.Option(
        "--as", "--format", "-f", help="What to draw. Default: as the name of --output ends, else text.", show_default=False
    ),
]
DrawnTo = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|DIR",
        help="Where to: a file, or a folder for one file per journey and one of how they hang together. Default: stdout.",
        show_default=False,
    ),
]
DrawnCounts = Annotated[
    Path | None,
    typer.Option(
        "--counts",
        metavar="TRACE",
        help="Draw onto it what happened in a simulation: a file that `rtj simulate --trace` wrote.",
        show_default=False,
    ),
]
DrawnEvents = Annotated[
    list[str] | None,
    typer.Option(
        "--events",
        "-e",
        metavar="FILE",
        help="The same, of a simulation that is run first, over these recorded events. May be given several times.",
        show_default=False,
    ),
]
DrawnTheme = Annotated[PictureTheme, typer.Option("--theme", help="Colours; auto is light or dark as the reader's device is.")]
DrawnDirection = Annotated[PictureDirection, typer.Option("--direction", help="Where the journey runs to.")]
OnlyMap = Annotated[bool, typer.Option("--map", help="Only how the journeys start and let into one another.")]
