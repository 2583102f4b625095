"""`rtj profile` as a command: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rtj.cli import arguments as a
from rtj.cli.deploy_arguments import Env
from rtj.cli.outcome import guarded


class PortraitFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


Who = Annotated[
    str, typer.Argument(metavar="ID", help="Any identifier of the person: a value, or NAMESPACE:VALUE.", show_default=False)
]
ShownAs = Annotated[PortraitFormat, typer.Option("--format", "-f", help="What goes to stdout.")]


@guarded
def profile(
    *,
    who: Who,
    env: Env = None,
    project: a.Project = None,
    format: ShownAs = PortraitFormat.TEXT,  # noqa: A002
    show_pii: a.ShowPii = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Show everything about a person in one look: names, where they stand, messages, consent, facts, audiences.

    It reads what was committed last out of the store of an environment, and disturbs no run. Exit code 1: nobody is called so.
    """
    from rtj.cli import showing_profile as command

    asked = command.Asked(who, env, project, format is PortraitFormat.JSON, show_pii)
    return command.profile(asked, command.Screen(color.value, quiet))
