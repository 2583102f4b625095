"""Why a plan is not carried out: the world moved, somebody has not agreed, too many messages at once. Each says what to do."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping

from rtj.base.errors import RefusedError
from rtj.base.plain import one_line
from rtj.deploy.annals import base_of, unfinished
from rtj.deploy.holders import clock
from rtj.plan.planned import STRANDED, Plan, homeless, unaccepted, whose
from rtj.store.port import Approval, Store

KEY = "RTJ_APPROVAL_KEY"  # with it approvals are signed, and unsigned ones do not count
NAMED_MAX = 8  # changes or journeys that a refusal names; of more it says how many


def refuse_stale(plan: Plan, store: Store) -> None:
    """Raises RefusedError when the store is another, or has moved since the plan was made."""
    now = base_of(store)
    if now.lineage != plan.base.lineage:
        raise RefusedError(
            f"the plan was made for another store of `{plan.environment}` (lineage {plan.base.lineage[:8]}, this is "
            f"{now.lineage[:8]}); re-plan"
        )
    if now.serial != plan.base.serial:
        latest = store.deployment(now.serial)
        who = f" by {one_line(latest.who)} {clock(latest.at_ms)} ({latest.kind} #{latest.serial})" if latest is not None else ""
        raise RefusedError(f"state moved {plan.base.serial} -> {now.serial}{who}; re-plan")
    begun = unfinished(store.deployments(1))
    if begun is not None:
        raise RefusedError(
            f"deployment {begun.serial} by {one_line(begun.who)} is {begun.state}, and not in force; "
            "`rtj deploy --resume` goes on with it"
        )
    if (now.project, now.running) != (plan.base.project, plan.base.running):
        raise RefusedError(f"another program runs than the plan was made for ({now.running[:8]}); re-plan")


def refuse_unready(plan: Plan, store: Store) -> None:
    """Raises RefusedError when a precondition fails that was not waived."""
    failed = [check for check in plan.checks if not check.passed and check.name not in plan.waived]
    if failed:
        first = failed[0]
        ways = ", ".join(f"--no-{check.name}" for check in failed)
        raise RefusedError(f"{first.name} fails: {first.told}; mend it, or waive it by name: {ways}")
    bad = unaccepted(plan)
    if bad:
        names = [f"--accept {one.change.code}@{whose(one)}" for one in bad]
        raise RefusedError(f"{_some(names)}: what breaks has to be accepted one by one (`rtj diff` tells what it does)")
    lost = homeless(plan)
    if lost:
        journey, version, people = lost[0]
        more = f" (and {len(lost) - 1:,} more)" if len(lost) > 1 else ""
        raise RefusedError(
            f"{people:,} in the older version {version[:8]} of {journey} would lose their place{more}: `--pin {journey}` "
            f"lets them finish, `moved` and `dropped` give them one, `--accept {STRANDED}@{journey}` lets them leave"
        )
    if plan.bounds.approvals and "approvals" not in plan.waived:
        refuse_unapproved(plan, store.approvals(plan.hash))


def refuse_unapproved(plan: Plan, found: Iterable[Approval]) -> None:
    """Raises RefusedError when fewer people than needed approved this very plan. The author does not count."""
    counted = {one.who for one in found if not same_person(one.who, plan.told.author) and is_signed(one)}
    missing = plan.bounds.approvals - len(counted)
    if missing > 0:
        signed = f", signed with {KEY}" if os.environ.get(KEY) else ""
        raise RefusedError(
            f"{len(counted)} of {plan.bounds.approvals} approvals{signed}: somebody else than {one_line(plan.told.author)} "
            f"has to `rtj approve FILE --as NAME` a plan that `rtj plan --env {one_line(plan.environment)} -o FILE` wrote; "
            "`--no-approvals` does without, and the history says so"
        )


def refuse_blast(plan: Plan, immediate: Mapping[str, int]) -> None:
    """Raises RefusedError when a deployment would cause more messages at once than allowed, and says by which journeys."""
    total = sum(immediate.values())
    if total <= plan.bounds.immediate_max:
        return
    worst = sorted(immediate.items(), key=lambda item: (-item[1], item[0]))
    names = _some([f"{one_line(journey)} {number:,}" for journey, number in worst if number])
    raise RefusedError(
        f"blast guard: {total:,} messages would go out at once, {plan.bounds.immediate_max:,} are allowed: {names}. "
        "`timers: keep` or `restart` leaves people their time, `--pin JOURNEY` lets them finish as they are, "
        f"`--max-immediate-sends {total}` sends them"
    )


def same_person(one: str, other: str) -> bool:
    """Is it one user, on whichever host?"""
    return one.partition("@")[0].casefold().strip() == other.partition("@")[0].casefold().strip()


def signature(approval: Approval, key: str) -> str:
    """The HMAC of an approval under a key that approvers and deployers share."""
    text = "\0".join((approval.plan, approval.who, str(approval.at_ms), approval.message))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_signed(approval: Approval) -> bool:
    """Does the signature hold? Without a key nobody asks."""
    key = os.environ.get(KEY, "")
    return not key or hmac.compare_digest(signature(approval, key), approval.signature)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED_MAX:,} more" if len(names) > NAMED_MAX else ""
    return ", ".join(names[:NAMED_MAX]) + more
