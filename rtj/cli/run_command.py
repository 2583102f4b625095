"""`rtj run` as a command, and what it runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rtj.cli import arguments as a
from rtj.cli import deploy_arguments as d
from rtj.cli.outcome import guarded


class View(StrEnum):
    AUTO = "auto"
    PANEL = "panel"
    PLAIN = "plain"
    JSON = "json"


Once = Annotated[
    bool,
    typer.Option(
        "--once",
        help="Read files and stdin, and no other sources, to their end, close every instant up to the last event, and end.",
    ),
]
TraceTo = Annotated[
    Path | None,
    typer.Option(
        "--trace",
        metavar="FILE",
        help="Append everything that happens, with its reason: the very lines that `rtj simulate --log ENV --trace` gives.",
        show_default=False,
    ),
]

Standby = Annotated[
    bool, typer.Option("--standby", help="Where another process runs it already, wait, and take over when that one is gone.")
]
Seen = Annotated[
    View,
    typer.Option(
        "--view",
        help="What stderr shows: a panel, lines in plain words, or lines of JSON. auto: a panel on a terminal, else JSON.",
    ),
]


@guarded
def run(
    *,
    env: d.Env = None,
    project: a.Project = None,
    once: Once = False,
    standby: Standby = False,
    trace: TraceTo = None,
    view: Seen = View.AUTO,
    show_pii: a.ShowPii = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Run an environment: read its sources, move people, deliver messages, until SIGTERM or Ctrl-C. What is deployed meanwhile is
    picked up. Killed at any moment, the next run goes on where the last commit was."""
    from rtj.cli import living

    return living.live(living.Asked(env, project, once, standby, trace, show_pii, quiet, view.value, color.value))


def add_to(app: typer.Typer) -> None:
    """Make it a command."""
    app.command(short_help="Run an environment: events in, messages out.")(run)
