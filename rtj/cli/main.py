"""The entry point: commands and their arguments. What a command does is imported when it is called, so that `--help` is quick."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import typer

import rtj
from rtj.cli import arguments as a
from rtj.cli import backup_commands, deployed_commands, run_command
from rtj.cli import graph_arguments as g
from rtj.cli import option_sets as o
from rtj.cli.diff_command import diff
from rtj.cli.layout_commands import convert, fmt
from rtj.cli.optional_values import OptionalValues
from rtj.cli.outcome import close_streams, guarded, outcome
from rtj.cli.privacy_app import privacy
from rtj.cli.profile_command import profile

COLLECT_SELDOM = (100_000, 20, 100)  # a command makes trees by the hundred thousand, and hardly a cycle

app = typer.Typer(
    name="rtj",
    help="Customer journeys as code: compile them, and see who would get what, when, and why.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: rich would triple the time of `rtj --help`, and its boxes do not survive pipes.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)

app.add_typer(privacy, name="privacy")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"rtj {rtj.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and exit."),
) -> None:
    """Customer journeys as code: compile them, and see who would get what, when, and why."""


@app.command(short_help="Replay recorded events through the journeys.", cls=OptionalValues)
@guarded
@o.spread
def simulate(
    *,
    events: a.SomeEvents = None,
    journeys: a.Journeys = None,
    project: a.Project = None,
    until: a.Until = None,
    drain: a.Drain = False,
    messages: a.Messages = None,
    trace: a.Trace = None,
    profile: a.Profile = None,
    dead_letters: a.DeadLetters = None,
    instances: a.Instances = None,
    strict: a.Strict = False,
    show_pii: a.ShowPii = False,
    order: a.Order = None,
    now: a.Now = None,
    format: a.SimulatedAs = None,  # noqa: A002
    workers: a.Workers = None,
    replayed: o.Replayed,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Replay recorded events through the journeys: who enters, what they get, how they leave.

    The summary goes to stdout; with --messages - or --trace - the JSON lines do, and the summary goes to stderr.
    """
    from rtj.cli import simulate as command

    asked = command.Asked(
        events=tuple(events or ()),
        replayed=replayed,
        journeys=tuple(journeys or ()),
        project=project,
        until=until,
        drain=drain,
        messages=messages,
        trace=trace,
        profile=profile,
        dead_letters=dead_letters,
        instances=instances,
        strict=strict,
        show_pii=show_pii,
        order=None if order is None else order.value,
        now=now,
        format=format,
        workers=workers,
    )
    return command.simulate(asked, command.Screen(color.value, quiet))


@app.command(short_help="Check the project and its journeys.", cls=OptionalValues)
@guarded
def validate(
    *,
    files: a.Inputs = None,
    project: a.Project = None,
    stdin_filename: a.StdinFilename = None,
    changed: a.Changed = None,
    format: a.Findings = None,  # noqa: A002
    output: a.Outputs = None,
    fail_on: a.FailOn = None,
    exit_zero: a.ExitZero = False,
    select: a.Select = None,
    ignore: a.Ignore = None,
    fix: a.Fix = False,
    unsafe_fixes: a.UnsafeFixes = False,
    diff: a.Diff = False,
    no_ignores: a.NoIgnores = False,
    no_baseline: a.NoBaseline = False,
    add_ignores: a.AddIgnores = None,
    write_baseline: a.WriteBaseline = None,
    show_config: a.ShowConfig = False,
    now: a.Today = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Check the project and its journeys. Exit code 0: nothing to fail on, 1: findings, 2: the call is wrong."""
    from rtj.cli import checking

    asked = checking.Asked(
        inputs=checking.Request(tuple(files or ()), project, stdin_filename, changed),
        options=checking.options(select or (), ignore or (), checking.Audit(no_ignores, no_baseline), now),
        accept=checking.Accept(add_ignores, write_baseline),
        wish=checking.Wish(fix, unsafe_fixes, diff),
        show_config=show_config,
        format=format,
        outputs=tuple(output or ()),
        fail_on=None if fail_on is None else fail_on.value,
        exit_zero=exit_zero,
    )
    return checking.validate(asked, checking.Screen(color.value, quiet))


@app.command(short_help="Explain a rule: what it finds, why, and how it looks wrong and right.")
@guarded
def rule(
    *,
    rules: a.Rules = None,
    format: a.RulePages = a.RuleFormat.TEXT,  # noqa: A002
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Explain rules: what each finds, why it matters, how it looks wrong and right. Without arguments: a table of all."""
    from rtj.cli import ruling

    return ruling.rule(tuple(rules or ()), format.value, ruling.Screen(color.value))


@app.command(name="test", short_help="Play scripted timelines and judge what came of them.")
@guarded
def run_tests(
    *,
    tests: a.Tests = None,
    project: a.Project = None,
    pattern: a.Pattern = None,
    junit: a.Junit = None,
    format: a.Verdicts = a.TestLayout.FULL,  # noqa: A002
    verbose: a.Verbose = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Play the tests of the project (*.test.yaml): events at their times, and which messages must come of them.

    Exit code 0: all passed, 1: some did not, or a test file has a mistake, 2: there is no test, or the call is wrong.
    """
    from rtj.cli import testing as command

    asked = command.Asked(
        tests=tuple(tests or ()), project=project, pattern=pattern, junit=junit, format=format.value, verbose=verbose
    )
    return command.test(asked, command.Screen(color.value, quiet))


@app.command(short_help="Check, test and simulate again at every save.")
@guarded
def watch(
    *,
    files: a.Watched = None,
    project: a.Project = None,
    events: a.Recorded = None,
    no_test: a.NoTest = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Watch a project: whatever is saved is checked, the tests that it concerns are played, and recorded events are run again.

    Every look ends in one line. While there is an error, the last program without one goes on. Ctrl-C ends with exit code 0.
    """
    from rtj.cli import watching

    asked = watching.Asked(watching.Request(tuple(files or ()), project), tuple(events or ()), not no_test)
    return watching.watch(asked, watching.Screen(color.value, quiet))


@app.command(short_help="Begin a project.")
@guarded
def init(
    *,
    folder: a.NewFolder = Path(),
    playbook: a.PlaybookName = None,
    list_: a.ListPlaybooks = False,
    bare: a.Bare = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Begin a project: a journey with its tests and a few events, and what stands around it for CI and editors.

    Nothing that exists is ever overwritten: where a file is in the way, it is named and nothing is written.
    """
    from rtj.cli import starting

    screen = starting.Screen(color.value)
    if list_:
        return starting.list_playbooks(screen)
    return starting.init(starting.Asked(folder, playbook, bare), screen)


@app.command(short_help="Show who is who in recorded events, and what each identifier contributes.")
@guarded
def identity(
    *,
    files: a.IdentityFiles = None,
    events: a.MoreEvents = None,
    project: a.Project = None,
    truth: a.Truth = None,
    event: a.RowEvent = None,
    read_as: a.ReadAs = None,
    profile: a.StoryOfIdentity = None,
    format: a.IdentityFormat = a.Layout.TABLE,  # noqa: A002
    show_pii: a.ShowPii = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Show who is who: people and their identifiers, links refused and why, and what each kind of identifier contributed.

    With a truth file also how well it does, in pairs: in all, by each kind alone, and by all but one.
    """
    from rtj.cli import identifying

    asked = identifying.Asked(
        (*(files or ()), *(events or ())), project, truth, event, read_as, format is a.Layout.JSON, show_pii, profile
    )
    return identifying.identity(asked, identifying.Screen(color.value, quiet))


@app.command(short_help="Print or write JSON Schemas for editors.", cls=OptionalValues)
@guarded
def schema(
    *,
    kind: a.SchemaKind = None,
    project: a.Project = None,
    write: a.WriteSchemas = None,
    generic: a.Generic = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Print the JSON Schema of a kind of file, or write all of them: editors then complete, explain and check while one types.

    Within a project, editors propose its events, channels, audiences, journeys and messages too; they are never demanded.
    """
    from rtj.cli import schemas

    return schemas.schemas(schemas.Asked(kind, project, write, generic), schemas.Screen(color.value))


@app.command(short_help="Show how large audiences are, who is in them, and why.", cls=OptionalValues)
@guarded
def audience(
    *,
    name: a.AudienceName = None,
    events: a.Events,
    project: a.Project = None,
    at: a.AsOf = None,
    until: a.Until = None,
    profile: a.WhyProfile = None,
    members: a.MembersAsked = None,
    format: a.AudienceFormat = a.AudienceLayout.TABLE,  # noqa: A002
    read_as: a.ReadAs = None,
    now: a.Now = None,
    show_pii: a.ShowPii = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Replay recorded events and look at audiences: their size over time, who came and went, who is in them.

    With --profile: is this person in or out, since when, and why; each part of the condition with its value, what would have to
    differ, and when time alone may change it next.
    """
    from rtj.cli import surveying

    asked = surveying.Asked(
        events=tuple(events),
        name=name,
        project=project,
        at=at,
        until=until,
        profile=profile,
        members=members or "",
        format=read_as,
        layout=format.value,
        show_pii=show_pii,
        now=now,
    )
    return surveying.audience(asked, surveying.Screen(color.value, quiet))


@app.command(name="compile", short_help="Print journeys as canonical JSON state machines.")
@guarded
def compile_(
    *,
    journey: a.OneJourney = None,
    project: a.Project = None,
    all_: a.WholeProgram = False,
    fingerprint: a.Fingerprint = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Print a journey as a state machine, in canonical JSON: the same meaning gives the same bytes."""
    from rtj.cli import compiling

    return compiling.print_machine(journey, project, compiling.Form(all_, fingerprint), compiling.Screen(color.value))


@app.command(short_help="Draw journeys as pictures.")
@guarded
def graph(
    *,
    journey: g.Drawn = None,
    project: a.Project = None,
    as_: g.DrawnAs = None,
    output: g.DrawnTo = None,
    counts: g.DrawnCounts = None,
    events: g.DrawnEvents = None,
    theme: g.DrawnTheme = g.PictureTheme.AUTO,
    direction: g.DrawnDirection = g.PictureDirection.DOWN,
    only_map: g.OnlyMap = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Draw a journey: who enters, what they wait for, which way they go, what they are sent, and how they leave.

    In the terminal; as svg, png or a page for browsers (pip install 'rtj[graph]'); as mermaid or dot for other programs.
    """
    from rtj.cli import graphing

    canvas = graphing.Canvas(theme.value, direction.value)
    asked = graphing.Asked(
        journey=journey,
        project=project,
        format=None if as_ is None else as_.value,
        output=output,
        counts=counts,
        events=tuple(events or ()),
        canvas=canvas,
        only_map=only_map,
    )
    return graphing.graph(asked, graphing.Screen(color.value, quiet))


app.command(short_help="Tell what two versions do differently, and to whom.")(diff)
deployed_commands.add_to(app)
run_command.add_to(app)
backup_commands.add_to(app)
app.command(short_help="Show everything about a person in an environment.")(profile)
app.command(short_help="Lay files out in the one way.")(fmt)
app.command(short_help="Give journeys in the other spelling: the journey language or YAML.")(convert)


def main() -> None:
    """Run the command line of this process and exit with its code."""
    gc.set_threshold(*COLLECT_SELDOM)
    sys.exit(close_streams(outcome(_run)))


def _run() -> int:
    try:
        app(prog_name="rtj")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0
