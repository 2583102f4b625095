"""`rtj backup` and `rtj restore` as commands: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rtj.cli import arguments as a
from rtj.cli import deploy_arguments as d
from rtj.cli.outcome import guarded

BackupTo = Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.", show_default=False)]
BackupFrom = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FILE]",
        help="A file that `rtj backup` wrote. Without one: the store was put back by other means, such as pg_restore.",
        show_default=False,
    ),
]
YesRestore = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@guarded
def backup(
    *,
    file: BackupTo,
    env: d.Env = None,
    project: a.Project = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Copy the store of an environment to a file, as of one instant, while its run goes on. PostgreSQL has pg_dump."""
    from rtj.cli import backing_up

    return backing_up.backup(backing_up.Asked(file, env, project), backing_up.Screen(color.value, quiet))


@guarded
def restore(
    *,
    file: BackupFrom = None,
    env: d.Env = None,
    project: a.Project = None,
    yes: YesRestore = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Put a backup in the place of the store of an environment that nobody runs. What was there is kept beside it.

    The store gets a new lineage: plans of before are stale. Sources are read again from where they were at the backup, and
    messages of since then go out again under the same keys.
    """
    from rtj.cli import backing_up

    return backing_up.restore(backing_up.Asked(file, env, project, yes), backing_up.Screen(color.value, quiet))


def add_to(app: typer.Typer) -> None:
    """Make them commands."""
    app.command(short_help="Copy the store of an environment to a file.")(backup)
    app.command(short_help="Put a backup in the place of a store.")(restore)
