"""The commands of `rtj privacy` and their arguments; what they do is imported when they are called."""

from __future__ import annotations

from typing import Annotated

import typer

from rtj.base.errors import UsageError
from rtj.cli import arguments as a
from rtj.cli.outcome import guarded

Who = Annotated[str, typer.Argument(metavar="ID", help="An identifier of the person: email:ada@example.org, or just its value.")]
Whos = Annotated[
    list[str],
    typer.Argument(
        metavar="ID…", help="An identifier of the person: email:ada@example.org, or just its value. With --env, of several."
    ),
]
OfEnv = Annotated[
    str | None,
    typer.Option(
        "--env", "-E", metavar="ENV", help="Of an environment, instead of files, whether it runs or not.", show_default=False
    ),
]
CopyTo = Annotated[
    str | None,
    typer.Option("--output", metavar="FILE|-", help="Where to write. Default: stdout.", show_default=False),
]
ErasedTrace = Annotated[
    str | None,
    typer.Option("--trace", metavar="FILE", help="A trace to take the person out of as well.", show_default=False),
]
ErasedMessages = Annotated[
    str | None,
    typer.Option("--messages", metavar="FILE", help="Messages to take out as well.", show_default=False),
]
ErasedLetters = Annotated[
    str | None,
    typer.Option("--dead-letters", metavar="FILE", help="Dead letters to take out as well.", show_default=False),
]
ErasedSuppressions = Annotated[
    str | None,
    typer.Option(
        "--suppressions", metavar="FILE", help="A list to which refused addresses are added, as hashes.", show_default=False
    ),
]
EraseLog = Annotated[
    str | None,
    typer.Option("--log", metavar="FILE", help="A log to which an erase event is added, for what runs.", show_default=False),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
ChangesAs = Annotated[
    a.Layout, typer.Option("--format", "-f", help="How it is told what changes: a table for people, or JSON for programs.")
]

Wait = Annotated[str, typer.Option("--wait", metavar="TIME", help="With --env: so long for the run to have done it.")]


def needed(events: list[str] | None) -> list[str]:
    """The files of events. Raises UsageError where there are none."""
    if not events:
        raise UsageError("of whom? Recorded files: --events FILE; an environment: --env ENV")
    return events


def alone(*given: object) -> None:
    """What is said of files does not go with --env. Raises UsageError."""
    if any(one for one in given):
        raise UsageError("--env is about an environment; --events, --read-as, --now and other files go without it")


privacy = typer.Typer(help="What is known of a person, and how it is let go.", no_args_is_help=True, rich_markup_mode=None)


@privacy.command(name="export", short_help="Everything known about a person, as JSON.")
@guarded
def privacy_export(
    *,
    who: Who,
    events: a.SomeEvents = None,
    env: OfEnv = None,
    project: a.Project = None,
    output: CopyTo = None,
    read_as: a.ReadAs = None,
    now: a.Now = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Write everything known about a person as JSON, unmasked: of recorded files, or of an environment (--env).

    Exit code 1: nobody of that name appears.
    """
    if env is not None:
        from rtj.cli import privacy_environment as there

        alone(events, read_as, now)
        return there.export(who, there.Asked(env, project), output, there.Screen(color.value, quiet))
    from rtj.cli import privacy as command

    events = needed(events)
    asked = command.Asked(tuple(events), project, read_as, now)
    return command.export(who, asked, output, command.Screen(color.value, quiet))


@privacy.command(name="erase", short_help="Take a person out of recorded files.")
@guarded
def privacy_erase(
    *,
    who: Whos,
    events: a.SomeEvents = None,
    env: OfEnv = None,
    project: a.Project = None,
    trace: ErasedTrace = None,
    messages: ErasedMessages = None,
    dead_letters: ErasedLetters = None,
    suppressions: ErasedSuppressions = None,
    log: EraseLog = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    format: ChangesAs = a.Layout.TABLE,  # noqa: A002
    read_as: a.ReadAs = None,
    now: a.Now = None,
    wait: Wait = "60s",
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Rewrite files without a person: all of them together or none, packed as they were. What it takes out is told first.

    With --env an environment forgets: what is known, what waits to be sent, the log, dead letters. Its run does that, or, where
    nobody runs, this command.

    Refusals are kept, as hashes that nobody can read; of files in --suppressions. Exit code 1: nobody of that name appears.
    """
    if env is not None:
        from rtj.cli import privacy_environment as there
        from rtj.cli.times import length_ms

        alone(events, read_as, now, trace, messages, dead_letters, suppressions, log)
        order = there.Asked(env, project, dry_run, yes, format is a.Layout.JSON, length_ms("--wait", wait))
        return there.erase(who, order, there.Screen(color.value, quiet))
    from rtj.cli import privacy as command

    events = needed(events)
    if len(who) > 1:
        raise UsageError("files are rewritten without one person at a time; several ID go with --env")
    asked = command.Asked(tuple(events), project, read_as, now)
    beside = command.Beside(trace, messages, dead_letters, suppressions, log)
    wish = command.Wish(dry_run, yes, format is a.Layout.JSON)
    return command.erase(who[0], asked, beside, wish, command.Screen(color.value, quiet))


@privacy.command(name="retain", short_help="Let go of events that are older than `retention:` says.")
@guarded
def privacy_retain(
    *,
    events: a.Events,
    project: a.Project = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    format: ChangesAs = a.Layout.TABLE,  # noqa: A002
    read_as: a.ReadAs = None,
    now: a.Now = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Rewrite files of events without those that are older than `retention:` of the project says; --now is when that is asked."""
    from rtj.cli import privacy as command

    asked = command.Asked(tuple(events), project, read_as, now)
    wish = command.Wish(dry_run, yes, format is a.Layout.JSON)
    return command.retain_events(asked, wish, command.Screen(color.value, quiet))
