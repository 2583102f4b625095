"""`rtj plan`, `rtj deploy`, and the brakes as commands: thin, like those of `rtj.cli.main`, which has no room for more."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from rtj.base.errors import UsageError
from rtj.cli import deploy_arguments as d
from rtj.cli import option_sets as o
from rtj.cli.outcome import guarded

GOES: dict[d.OnResume, Literal["go", "leave"]] = {d.OnResume.GO: "go", d.OnResume.LEAVE: "leave"}


@guarded
@o.spread
def plan(*, output: d.PlanTo = None, detailed: d.Detailed = False, place: o.Placed, said: o.Wished, told: o.Telling) -> int:
    """Show what a deployment would do, stage by stage, and to how many people. Nothing is changed.

    Exit code 0: it was told; with --detailed-exitcode 0 (nothing to do), 10, 11, 12; 2: the project does not compile.
    """
    from rtj.cli import asking, deploying

    asked = replace(asking.asked(place, said, told), output=output, detailed=detailed)
    return deploying.plan(asked, asking.screen(told))


@guarded
@o.spread
def deploy(
    *, file: d.PlanFile = None, resume: d.GoOn = False, place: o.Placed, said: o.Wished, doing: o.Judging, told: o.Telling
) -> int:
    """Bring the project into an environment: plan, show, ask, do. With a plan file exactly that is done, and nobody is asked.

    Exit code 0: it is in force; 1: ordered, and the run has not taken it yet; 5: refused (a stale plan, a lock, a missing
    approval, what breaks, too many messages at once). Done again after it was broken off, it goes on where it stopped.
    """
    from rtj.cli import asking, deploying

    asked = replace(asking.asked(place, said, told, doing), file=file, resume=resume)
    if file is not None and asked.wish != deploying.Wish(accept=asked.wish.accept):
        raise UsageError("a plan file says everything itself: give these options to `rtj plan`")
    return deploying.deploy(asked, asking.screen(told))


@guarded
@o.spread
def rollback(*, serial: d.Serial = None, place: o.Placed, said: o.Weighed, doing: o.Judging, told: o.Telling) -> int:
    """Deploy what ran before, as a new deployment; it tells what cannot be undone. -m says why, and is needed."""
    from rtj.cli import asking, deployed

    if not said.message.strip():
        raise UsageError("rollback: say why, with -m")
    return deployed.rollback(asking.asked(place, said, told, doing), serial, asking.screen(told))


@guarded
@o.spread
def pause(*, journey: d.OneName, place: o.Placed, said: o.Reasoned, doing: o.Doing, told: o.Telling) -> int:
    """Pause a journey: nobody enters, and its people stop before their next message or call."""
    from rtj.cli import asking, deployed

    return deployed.pause(asking.asked(place, said, told, doing), journey, asking.screen(told))


@guarded
@o.spread
def resume(
    *,
    journey: d.OneName,
    then: d.Then = None,
    over: d.Over = None,
    most: d.MostImmediate = None,
    place: o.Placed,
    said: o.Reasoned,
    doing: o.Doing,
    told: o.Telling,
) -> int:
    """Let a paused journey go on: who stopped goes on, spread over a time, or leaves."""
    from rtj.cli import asking, deployed
    from rtj.cli.times import length_ms

    asked = asking.asked(place, said, told, doing)
    asked = replace(asked, wish=replace(asked.wish, immediate_max=most))
    over_ms = None if over is None else length_ms("--over", over)
    return deployed.resume(asked, journey, None if then is None else GOES[then], over_ms, asking.screen(told))


@guarded
@o.spread
def ramp(*, journey: d.OneName, share: d.Percent, place: o.Placed, said: o.Reasoned, doing: o.Doing, told: o.Telling) -> int:
    """Let more, or fewer, of those who enter a journey enter its new version; 100% ends the ramp."""
    from rtj.cli import asking, deployed

    asked = asking.asked(place, said, told, doing)
    return deployed.ramp(asked, journey, asking.percent("ramp", share), asking.screen(told))
