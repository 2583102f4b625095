"""`rtj diff` as a command: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

from rtj.base.errors import UsageError
from rtj.cli import arguments as a
from rtj.cli import diff_arguments as d
from rtj.cli.outcome import guarded


@guarded
def diff(
    *,
    versions: d.Versions = None,
    against: d.Against = None,
    project: a.Project = None,
    instances: d.DiffInstances = None,
    events: d.DiffEvents = None,
    profile: d.DiffProfile = None,
    until: a.Until = None,
    drain: a.Drain = False,
    examples: d.DiffExamples = 5,
    read_as: a.ReadAs = None,
    now: a.Now = None,
    workers: a.Workers = None,
    show_pii: a.ShowPii = False,
    format: d.DiffAs = None,  # noqa: A002
    output: d.DiffTo = None,
    fail_on: d.DiffFailOn = d.FailLevel.BREAKING,
    accept: d.DiffAccept = None,
    explain: d.DiffExplain = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Tell what is different between two versions of a project, and what it does to people inside.

    Compared is what journeys mean: layout, comments, the order of keys and the spelling are no difference. Exit code 0: nothing
    to fail on; 1: a change as harmful as --fail-on, or a journey that cannot be compared; 2: a wrong call; 4: a file that cannot
    be read.
    """
    from rtj.cli import diffing

    screen = diffing.Screen(color.value, quiet)
    if explain is not None:
        from rtj.cli.explaining import explain as explained

        layout = "text" if format is None else format.value
        if layout not in ("text", "json", "markdown"):
            raise UsageError(f"--explain: as text, json or markdown, not {layout}")
        return explained([explain], layout, screen)
    named = [*([] if against is None else [against]), *(versions or ())]
    if len(named) > 2:
        raise UsageError(f"{named[2]}: two versions are compared, no more")
    replayed = diffing.Replayed(tuple(events or ()), profile, until, drain, now, read_as, workers, examples, show_pii)
    asked = diffing.Asked(
        old=named[0] if named else None,
        new=named[1] if len(named) > 1 else None,
        project=project,
        instances=instances,
        replayed=replayed,
        format=None if format is None else format.value,
        outputs=tuple(output or ()),
        fail_on=None if fail_on is d.FailLevel.NEVER else diffing.LEVELS[list(d.FailLevel).index(fail_on) + 1],
        accept=accept,
    )
    return diffing.diff(asked, screen)
