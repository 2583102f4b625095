"""Commands about what was deployed: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

from typing import Literal

import typer

from rtj.cli import arguments as a
from rtj.cli import deploy_arguments as d
from rtj.cli.deploy_commands import LEVELS, deploy, length, percent, plan
from rtj.cli.outcome import guarded

GOES: dict[d.OnResume, Literal["go", "leave"]] = {d.OnResume.GO: "go", d.OnResume.LEAVE: "leave"}


@guarded
def status(
    *,
    env: d.OfEnv = None,
    project: a.Project = None,
    check: d.CheckStore = False,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Show what runs in an environment: versions of journeys with who is inside, the clock, the run, the outbox, locks."""
    from rtj.cli import deployed

    if check:
        return deployed.show_flaws(deployed.Shown(env, project, format.value), deployed.Screen(color.value))
    return deployed.show_status(deployed.Shown(env, project, format.value), deployed.Screen(color.value))


@guarded
def history(
    *,
    env: d.OfEnv = None,
    project: a.Project = None,
    most: d.Most = 20,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """List what was deployed: when, by whom, why, what was accepted. The chain of the audit log is verified each time."""
    from rtj.cli import deployed

    return deployed.show_history(deployed.Shown(env, project, format.value, most), deployed.Screen(color.value, quiet))


@guarded
def approve(
    *,
    file: d.ThisPlan,
    who: d.ApprovedBy,
    message: d.Message = "",
    project: a.Project = None,
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Approve a plan, by its hash: any other plan needs another approval. With RTJ_APPROVAL_KEY set, approvals are signed (HMAC),
    and unsigned ones do not count."""
    from rtj.cli import deployed

    return deployed.approve(file, who, message, project, deployed.Screen(color.value, quiet))


@guarded
def rollback(
    *,
    serial: d.Serial = None,
    env: d.Env = None,
    project: a.Project = None,
    message: d.Message = "",
    yes: d.Yes = False,
    accept_level: d.AcceptAt = d.AcceptLevel.BEHAVIOUR,
    accept: d.Accept = None,
    pin: d.Pin = None,
    most: d.MostImmediate = None,
    dry_run: d.DryRun = False,
    detailed: d.Detailed = False,
    no_approvals: d.NoApprovals = False,
    lock_timeout: d.LockTimeout = "0s",
    wait: d.Wait = "60s",
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Deploy what ran before, as a new deployment; it tells what cannot be undone. -m says why, and is needed."""
    from rtj.base.errors import UsageError
    from rtj.cli import deployed

    if not message.strip():
        raise UsageError("rollback: say why, with -m")
    waived = _waived(no_approvals=no_approvals)
    wish = deployed.Wish(message, tuple(accept or ()), waived, tuple(pin or ()), immediate_max=most)
    asked = deployed.Asked(
        environment=env,
        project=project,
        wish=wish,
        format=format.value,
        detailed=detailed,
        dry_run=dry_run,
        yes=yes,
        accept_level=LEVELS[accept_level],
        lock_ms=length("--lock-timeout", lock_timeout),
        wait_ms=length("--wait", wait),
    )
    return deployed.rollback(asked, serial, deployed.Screen(color.value, quiet))


@guarded
def drift(
    *,
    env: d.OfEnv = None,
    project: a.Project = None,
    against: d.DriftAgainst = None,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Tell what is not as it was deployed: the project or a commit, programs in the store, settings. Exit code 1: something."""
    from rtj.cli import drifting

    return drifting.drift(drifting.Shown(env, project, format.value), against, drifting.Screen(color.value))


@guarded
def unlock(*, lock: d.LockId, env: d.Env = None, project: a.Project = None, color: a.Color = a.ColorChoice.AUTO) -> int:
    """Let go of the lock of a deployer who is gone. It needs the very id, which `rtj status` shows."""
    from rtj.cli import deployed

    return deployed.unlock(lock, deployed.Shown(env, project), deployed.Screen(color.value))


@guarded
def gc(
    *,
    env: d.OfEnv = None,
    project: a.Project = None,
    dry_run: d.DryRun = False,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Let go of programs that nobody needs: not what runs, not the last 20 deployments, nothing younger than 90 days."""
    from rtj.cli import deployed

    return deployed.gc(deployed.Shown(env, project, format.value), dry_run=dry_run, screen=deployed.Screen(color.value))


@guarded
def pause(
    *,
    journey: d.OneName,
    env: d.Env = None,
    project: a.Project = None,
    message: d.Message = "",
    yes: d.Yes = False,
    dry_run: d.DryRun = False,
    no_approvals: d.NoApprovals = False,
    wait: d.Wait = "60s",
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Pause a journey: nobody enters, and its people stop before their next message or call."""
    from rtj.cli import deployed

    asked = deployed.Asked(
        environment=env,
        project=project,
        wish=deployed.Wish(message, waived=_waived(no_approvals=no_approvals)),
        format=format.value,
        dry_run=dry_run,
        yes=yes,
        wait_ms=length("--wait", wait),
    )
    return deployed.pause(asked, journey, deployed.Screen(color.value, quiet))


@guarded
def resume(
    *,
    journey: d.OneName,
    env: d.Env = None,
    project: a.Project = None,
    then: d.Then = None,
    over: d.Over = None,
    message: d.Message = "",
    most: d.MostImmediate = None,
    yes: d.Yes = False,
    dry_run: d.DryRun = False,
    no_approvals: d.NoApprovals = False,
    wait: d.Wait = "60s",
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Let a paused journey go on: who stopped goes on, spread over a time, or leaves."""
    from rtj.cli import deployed

    asked = deployed.Asked(
        environment=env,
        project=project,
        wish=deployed.Wish(message, immediate_max=most, waived=_waived(no_approvals=no_approvals)),
        format=format.value,
        dry_run=dry_run,
        yes=yes,
        wait_ms=length("--wait", wait),
    )
    over_ms = None if over is None else length("--over", over)
    return deployed.resume(asked, journey, None if then is None else GOES[then], over_ms, deployed.Screen(color.value, quiet))


@guarded
def ramp(
    *,
    journey: d.OneName,
    share: d.Percent,
    env: d.Env = None,
    project: a.Project = None,
    message: d.Message = "",
    yes: d.Yes = False,
    dry_run: d.DryRun = False,
    no_approvals: d.NoApprovals = False,
    wait: d.Wait = "60s",
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Let more, or fewer, of those who enter a journey enter its new version; 100% ends the ramp."""
    from rtj.cli import deployed

    asked = deployed.Asked(
        environment=env,
        project=project,
        wish=deployed.Wish(message, waived=_waived(no_approvals=no_approvals)),
        format=format.value,
        dry_run=dry_run,
        yes=yes,
        wait_ms=length("--wait", wait),
    )
    return deployed.ramp(asked, journey, percent("ramp", share), deployed.Screen(color.value, quiet))


def _waived(*, no_approvals: bool) -> tuple[str, ...]:
    return ("approvals",) if no_approvals else ()


def add_to(app: typer.Typer) -> None:
    """Add the commands about deployments."""
    app.command(short_help="Show what a deployment would do, and to whom.")(plan)
    app.command(short_help="Bring the project into an environment.")(deploy)
    app.command(short_help="Show what runs in an environment, and who is inside.")(status)
    app.command(short_help="List what was deployed, and verify the audit log.")(history)
    app.command(short_help="Approve a plan.")(approve)
    app.command(short_help="Go back to what ran before.")(rollback)
    app.command(short_help="Tell what is not as it was deployed.")(drift)
    app.command(short_help="Let go of the lock of a deployer who is gone.")(unlock)
    app.command(short_help="Let go of programs that nobody needs.")(gc)
    app.command(short_help="Pause a journey.")(pause)
    app.command(short_help="Let a paused journey go on.")(resume)
    app.command(short_help="Change how many enter the new version of a journey.")(ramp)
