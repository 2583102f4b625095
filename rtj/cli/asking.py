"""The sets of options of a command (`rtj.cli.option_sets`) as what `rtj.cli.deploying` is asked."""

from __future__ import annotations

from rtj.base.errors import UsageError
from rtj.cli import deploy_arguments as d
from rtj.cli.deploying import Asked
from rtj.cli.option_sets import Doing, Judging, Placed, Reasoned, Telling, Weighed, Wished
from rtj.cli.planning import Wish
from rtj.cli.screen import Screen
from rtj.cli.times import length_ms
from rtj.plan.changes import Level

LEVELS: dict[d.AcceptLevel, Level] = {
    d.AcceptLevel.BEHAVIOUR: "behaviour",
    d.AcceptLevel.NEEDS_MIGRATION: "needs-migration",
    d.AcceptLevel.BREAKING: "breaking",
}


def asked(place: Placed, said: Reasoned, told: Telling, doing: Doing | None = None) -> Asked:
    """All that was asked. Raises UsageError for a length or a share that is none."""
    does = Doing() if doing is None else doing
    judging = does if isinstance(does, Judging) else Judging()
    return Asked(
        environment=place.env,
        project=place.project,
        wish=wish(said),
        format=told.format.value,
        detailed=judging.detailed,
        dry_run=does.dry_run,
        yes=does.yes,
        accept_level=LEVELS[judging.accept_level],
        lock_ms=length_ms("--lock-timeout", does.lock_timeout),
        wait_ms=length_ms("--wait", does.wait),
    )


def wish(said: Reasoned) -> Wish:
    """What the call says of a plan. Raises UsageError for a share that is none."""
    shares = dict(_share(text) for text in (said.ramp or () if isinstance(said, Wished) else ()))
    ramp_all = shares.pop("", None)
    weighed = said if isinstance(said, Weighed) else Weighed()
    wished = said if isinstance(said, Wished) else Wished()
    waived = {
        "validate": wished.no_validate,
        "test": wished.no_test,
        "drift": wished.no_drift,
        "approvals": said.no_approvals,
        "guardrails": said.no_guardrails,
    }
    return Wish(
        message=said.message,
        accept=tuple(weighed.accept or ()),
        waived=tuple(name for name, is_waived in waived.items() if is_waived),
        pins=tuple(weighed.pin or ()),
        migrates=tuple(wished.migrate or ()),
        ramps=shares,
        ramp_all=ramp_all,
        immediate_max=weighed.most,
    )


def _share(text: str) -> tuple[str, float]:
    """`welcome=5%`, or `5%` of every journey, which has the name ""."""
    name, sign, share = text.rpartition("=")
    if sign and not name.strip():
        raise UsageError(f"--ramp {text}: say JOURNEY=5%, or 5% alone")
    return name.strip(), percent("--ramp", share)


def screen(told: Telling) -> Screen:
    """What it is told on."""
    return Screen(told.color.value, told.quiet)


def percent(option: str, text: str) -> float:
    """`5%` or `5`. Raises UsageError."""
    try:
        found = float(text.strip().removesuffix("%"))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:  # also what is no number
        raise UsageError(f"{option} {text}: a share such as 5% or 50%")
    return found
