"""`rtj plan` and `rtj deploy` as commands: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtj.base.errors import UsageError
from rtj.cli import arguments as a
from rtj.cli import deploy_arguments as d
from rtj.cli.outcome import guarded

if TYPE_CHECKING:
    from rtj.plan.changes import Level

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LEVELS: dict[d.AcceptLevel, Level] = {
    d.AcceptLevel.BEHAVIOUR: "behaviour",
    d.AcceptLevel.NEEDS_MIGRATION: "needs-migration",
    d.AcceptLevel.BREAKING: "breaking",
}


def length(option: str, text: str) -> int:
    """`30s`, `5m` in ms. Raises UsageError."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :] or "s"
    if unit not in UNITS or not number.isdecimal() or len(number) > 9:
        raise UsageError(f"{option} {text}: a length such as 30s, 5m or 1h")
    return int(number) * UNITS[unit]


def percent(option: str, text: str) -> float:
    """`5%` or `5`. Raises UsageError."""
    try:
        found = float(text.strip().removesuffix("%"))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:  # also what is no number
        raise UsageError(f"{option} {text}: a share such as 5% or 50%")
    return found


@guarded
def plan(
    *,
    env: d.Env = None,
    project: a.Project = None,
    output: d.PlanTo = None,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    detailed: d.Detailed = False,
    message: d.Message = "",
    accept: d.Accept = None,
    pin: d.Pin = None,
    migrate: d.Migrate = None,
    ramp: d.RampAt = None,
    most: d.MostImmediate = None,
    no_validate: d.NoValidate = False,
    no_test: d.NoTest = False,
    no_drift: d.NoDrift = False,
    no_approvals: d.NoApprovals = False,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Show what a deployment would do, stage by stage, and to how many people. Nothing is changed.

    Exit code 0: it was told; with --detailed-exitcode 0 (nothing to do), 10, 11, 12; 1: the project does not compile.
    """
    from rtj.cli import deploying

    wish = deploying.Wish(
        message=message,
        accept=tuple(accept or ()),
        waived=waived(no_validate=no_validate, no_test=no_test, no_drift=no_drift, no_approvals=no_approvals),
        pins=tuple(pin or ()),
        migrates=tuple(migrate or ()),
        ramp_all=None if ramp is None else percent("--ramp", ramp),
        immediate_max=most,
    )
    asked = deploying.Asked(environment=env, project=project, wish=wish, output=output, format=format.value, detailed=detailed)
    return deploying.plan(asked, deploying.Screen(color.value, quiet))


@guarded
def deploy(
    *,
    file: d.PlanFile = None,
    env: d.Env = None,
    project: a.Project = None,
    yes: d.Yes = False,
    accept_level: d.AcceptAt = d.AcceptLevel.BEHAVIOUR,
    accept: d.Accept = None,
    message: d.Message = "",
    pin: d.Pin = None,
    migrate: d.Migrate = None,
    ramp: d.RampAt = None,
    most: d.MostImmediate = None,
    dry_run: d.DryRun = False,
    resume: d.GoOn = False,
    detailed: d.Detailed = False,
    lock_timeout: d.LockTimeout = "0s",
    wait: d.Wait = "60s",
    no_validate: d.NoValidate = False,
    no_test: d.NoTest = False,
    no_drift: d.NoDrift = False,
    no_approvals: d.NoApprovals = False,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Bring the project into an environment: plan, show, ask, do. With a plan file exactly that is done, and nobody is asked.

    Exit code 0: it is in force; 1: ordered, and the run has not taken it yet; 5: refused (a stale plan, a lock, a missing
    approval, what breaks, too many messages at once). Done again after it was broken off, it goes on where it stopped.
    """
    from rtj.cli import deploying

    wish = deploying.Wish(
        message=message,
        accept=tuple(accept or ()),
        waived=waived(no_validate=no_validate, no_test=no_test, no_drift=no_drift, no_approvals=no_approvals),
        pins=tuple(pin or ()),
        migrates=tuple(migrate or ()),
        ramp_all=None if ramp is None else percent("--ramp", ramp),
        immediate_max=most,
    )
    if file is not None and wish != deploying.Wish(accept=wish.accept):
        raise UsageError("a plan file says everything itself: give these options to `rtj plan`")
    asked = deploying.Asked(
        environment=env,
        project=project,
        wish=wish,
        file=file,
        format=format.value,
        detailed=detailed,
        dry_run=dry_run,
        resume=resume,
        yes=yes,
        accept_level=LEVELS[accept_level],
        lock_ms=length("--lock-timeout", lock_timeout),
        wait_ms=length("--wait", wait),
    )
    return deploying.deploy(asked, deploying.Screen(color.value, quiet))


def waived(*, no_validate: bool, no_test: bool, no_drift: bool, no_approvals: bool) -> tuple[str, ...]:
    """The names of what is waived."""
    said = {"validate": no_validate, "test": no_test, "drift": no_drift, "approvals": no_approvals}
    return tuple(name for name, asked in said.items() if asked)
