"""Commands about what was deployed: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

import typer

from rtj.cli import arguments as a
from rtj.cli import deploy_arguments as d
from rtj.cli.deploy_commands import deploy, pause, plan, ramp, resume, rollback
from rtj.cli.outcome import guarded


@guarded
def status(
    *,
    env: d.OfEnv = None,
    named: d.Env = None,
    project: a.Project = None,
    check: d.CheckStore = False,
    dead_letters: d.DeadLetters = False,
    most: d.Lines = 20,
    watch: d.WatchStatus = False,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Show what runs in an environment: versions of journeys with who is inside, the clock, the run, the outbox, locks."""
    from rtj.base.errors import UsageError
    from rtj.cli import showing_status as command

    if check + dead_letters + watch > 1:
        raise UsageError("--check, --dead-letters, --watch: one of them at a time")
    shown, screen = command.Shown(_one(env, named), project, format.value, most), command.Screen(color.value)
    if check:
        return command.show_flaws(shown, screen)
    if dead_letters:
        return command.show_letters(shown, screen)
    return command.watch_status(shown, screen) if watch else command.show_status(shown, screen)


@guarded
def history(
    *,
    env: d.OfEnv = None,
    named: d.Env = None,
    project: a.Project = None,
    most: d.Most = 20,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    quiet: a.Quiet = False,
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """List what was deployed: when, by whom, why, what was accepted. The chain of the audit log is verified each time."""
    from rtj.cli import deployed

    shown = deployed.Shown(_one(env, named), project, format.value, most)
    return deployed.show_history(shown, deployed.Screen(color.value, quiet))


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
def drift(
    *,
    env: d.OfEnv = None,
    named: d.Env = None,
    project: a.Project = None,
    against: d.DriftAgainst = None,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Tell what is not as it was deployed: the project or a commit, programs in the store, settings. Exit code 1: something."""
    from rtj.cli import drifting

    return drifting.drift(drifting.Shown(_one(env, named), project, format.value), against, drifting.Screen(color.value))


@guarded
def unlock(*, lock: d.LockId, env: d.Env = None, project: a.Project = None, color: a.Color = a.ColorChoice.AUTO) -> int:
    """Let go of the lock of a deployer who is gone. It needs the very id, which `rtj status` shows."""
    from rtj.cli import deployed

    return deployed.unlock(lock, deployed.Shown(env, project), deployed.Screen(color.value))


@guarded
def gc(
    *,
    env: d.OfEnv = None,
    named: d.Env = None,
    project: a.Project = None,
    dry_run: d.DryRun = False,
    format: d.PlanAs = d.PlanFormat.TEXT,  # noqa: A002
    color: a.Color = a.ColorChoice.AUTO,
) -> int:
    """Let go of programs that nobody needs: not what runs, not the last 20 deployments, nothing younger than 90 days."""
    from rtj.cli import deployed

    shown = deployed.Shown(_one(env, named), project, format.value)
    return deployed.gc(shown, dry_run=dry_run, screen=deployed.Screen(color.value))


def _one(env: str | None, named: str | None) -> str | None:
    """The environment, however it was given: `rtj status prod`, or `--env prod` as of the commands that change something."""
    from rtj.base.errors import UsageError

    if env is not None and named is not None and env != named:
        raise UsageError(f"{env}, --env {named}: one environment at a time")
    return env if named is None else named


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
