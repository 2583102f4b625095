"""The arguments of `rtj diff`, each with its help. Imported at every start: nothing heavy here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DiffFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    HTML = "html"


class FailLevel(StrEnum):
    SAFE = "safe"
    BEHAVIOUR = "behaviour"
    NEEDS_MIGRATION = "needs-migration"
    BREAKING = "breaking"
    NEVER = "never"


Versions = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[OLD] [NEW]",
        help="Each a folder, a git ref (main, git:HEAD~3, main..HEAD), a compiled program, or env:NAME. "
        "Default: the last commit and the working tree.",
        show_default=False,
    ),
]
Against = Annotated[
    str | None, typer.Option("--against", metavar="OLD", help="The old version, as the first argument.", show_default=False)
]
DiffInstances = Annotated[
    Path | None,
    typer.Option(
        "--instances",
        metavar="FILE",
        help="Who is inside now: a file that `rtj simulate --instances` wrote. Levels are lowered where nobody is concerned.",
        show_default=False,
    ),
]
DiffEvents = Annotated[
    list[str] | None,
    typer.Option(
        "--events",
        "-e",
        metavar="FILE",
        help="Replay these recorded events through both versions, and say what people would get. May be given several times. "
        "Without --instances, levels are lowered by who is inside at their end.",
        show_default=False,
    ),
]
DiffProfile = Annotated[
    str | None,
    typer.Option("--profile", metavar="ID", help="One person, under both versions side by side.", show_default=False),
]
DiffExamples = Annotated[
    int, typer.Option("--examples", metavar="N", min=0, max=1000, help="People shown for each thing that differs.")
]
DiffAs = Annotated[
    DiffFormat | None, typer.Option("--format", "-f", help="What goes to stdout. Default: text.", show_default=False)
]
DiffTo = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FORMAT=FILE", help="Also write this format to a file.", show_default=False),
]
DiffFailOn = Annotated[
    FailLevel, typer.Option("--fail-on", help="Exit with 1 if a change that is not waived has this level, or a higher one.")
]
DiffAccept = Annotated[
    str | None,
    typer.Option(
        "--accept",
        metavar="REASON",
        help="Write what is at or above --fail-on into the waiver file rtj.accept, with this reason.",
        show_default=False,
    ),
]
DiffExplain = Annotated[
    str | None,
    typer.Option("--explain", metavar="CODE", help="Explain a code such as D114; `all` lists them.", show_default=False),
]
