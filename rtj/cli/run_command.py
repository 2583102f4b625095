"""`rtj run` as a command, and what it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rtj.cli import arguments as a
from rtj.cli import deploy_arguments as d
from rtj.cli.outcome import OK, guarded

Once = Annotated[
    bool, typer.Option("--once", help="Read files and stdin to their end, close every instant up to the last event, and end.")
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


@guarded
def run(
    *,
    env: d.Env = None,
    project: a.Project = None,
    once: Once = False,
    standby: Standby = False,
    trace: TraceTo = None,
    show_pii: a.ShowPii = False,
    quiet: a.Quiet = False,
) -> int:
    """Run an environment: read its sources, move people, deliver messages, until SIGTERM or Ctrl-C. What is deployed meanwhile is
    picked up. Killed at any moment, the next run goes on where the last commit was."""
    from rtj.cli.deploy_place import now_ms, opened
    from rtj.deploy.holders import holder
    from rtj.live.assembling import RunOptions, run_environment
    from rtj.live.journal import Journal

    journal = Journal(sys.stderr, form="plain" if sys.stderr.isatty() else "json", least="warning" if quiet else "info")
    with opened(env, project) as place:
        who, options = holder(f"run {place.environment.name}", now_ms()), RunOptions(once, standby, trace, show_pii)
        run_environment(place.environment, place.store, who, options, journal)
    return OK


def add_to(app: typer.Typer) -> None:
    """Make it a command."""
    app.command(short_help="Run an environment: events in, messages out.")(run)
