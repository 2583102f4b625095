"""`rtj fmt` and `rtj convert` as commands: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

from rtj.cli import arguments as a
from rtj.cli.outcome import guarded


@guarded
def fmt(
    *,
    paths: a.Formatted = None,
    project: a.Project = None,
    check: a.FmtCheck = False,
    diff: a.FmtDiff = False,
    stdin_filename: a.FmtStdin = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Lay journeys, project files and tests out in the one way. Meaning and comments stay; line ends become LF.

    Exit code 0: all is in its layout now; 1: with --check or --diff something would change, or a file has errors and was left
    alone; 2: the call is wrong.
    """
    from rtj.cli import formatting

    asked = formatting.Asked(tuple(paths or ()), project, check, diff, stdin_filename)
    return formatting.fmt(asked, formatting.Screen(color.value, quiet))


@guarded
def convert(
    *,
    file: a.ConvertedFile,
    to: a.ConvertTo = None,
    output: a.ConvertOutput = None,
    write: a.ConvertWrite = False,
    stdin_filename: a.FmtStdin = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Give the journeys of a file in the other spelling, comments included. There and back is the layout of `rtj fmt`."""
    from rtj.cli import formatting

    asked = formatting.Conversion(file, None if to is None else to.value, output, write, stdin_filename)
    return formatting.convert(asked, formatting.Screen(color.value, quiet))
