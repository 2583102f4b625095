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
        help="Each a folder, a git ref (main, HEAD~3, git:REF), a compiled program, or env:NAME; main...HEAD is two. "
        "Default: the last commit, and the working tree.",
        show_default=False,
    ),
]
Against = Annotated[
    str | None,
    typer.Option("--against", metavar="OLD", help="The old version; the same as the first argument.", show_default=False),
]
DiffInstances = Annotated[
    Path | None,
    typer.Option(
        "--instances",
        metavar="FILE",
        help="Who is inside now: a file that `rtj simulate --instances` wrote. A change that concerns none of them is safe.",
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
        "Without --instances it counts who is inside at their end, but lowers no level.",
        show_default=False,
    ),
]
DiffProfile = Annotated[
    str | None,
    typer.Option(
        "--profile", metavar="ID", help="With --events: one person under both versions, side by side.", show_default=False
    ),
]
DiffExamples = Annotated[
    int, typer.Option("--examples", metavar="N", min=0, max=1000, help="With --events: people named for each thing that differs.")
]
DiffAs = Annotated[
    DiffFormat | None, typer.Option("--format", "-f", help="What goes to stdout. Default: text.", show_default=False)
]
DiffTo = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FORMAT=FILE", help="Also write this format to a file.", show_default=False),
]
DiffFailOn = Annotated[
    FailLevel,
    typer.Option("--fail-on", help="Exit with 1 if a change has this level or a higher one, and is not waived in rtj.accept."),
]
DiffAccept = Annotated[
    str | None,
    typer.Option(
        "--accept",
        metavar="REASON",
        help="Waive what would fail: a line for each such change, with this reason, in rtj.accept beside rtj.yaml.",
        show_default=False,
    ),
]
DiffExplain = Annotated[
    str | None,
    typer.Option(
        "--explain", metavar="CODE", help="Explain a code such as D114, without a project; `all` lists them.", show_default=False
    ),
]
