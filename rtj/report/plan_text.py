"""A plan told for people: each stage in one sentence, what was asked before, and what has to be said yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from rtj.base.plain import one_line
from rtj.ir.standing import Takeover
from rtj.plan.changes import Level
from rtj.plan.planned import STRANDED, Check, Plan, homeless, unaccepted, whose
from rtj.plan.stages import (
    Begin,
    Carry,
    Drain,
    Fill,
    HandOver,
    Pause,
    Publish,
    Ramp,
    Resume,
    Stage,
    Strand,
    Switch,
    Timers,
)
from rtj.report.guardrail_text import watch_words
from rtj.report.moments import counted, length_words

NAMES_MAX = 6  # that a sentence lists; of more it says how many
SHORT = 8  # characters of a hash


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage: `do` is what is done, in two words at most; `what` the sentence; `harm`: somebody loses their place, or a lot
    happens at once."""

    number: int
    do: str
    what: str
    harm: bool = False


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`title` and `facts` stand above; `checks` with whether they hold; `undone` cannot be taken back; `next` is what to do;
    `watched`: what halts it by itself."""

    title: str
    level: Level
    facts: tuple[str, ...]
    stages: tuple[StageRow, ...]
    checks: tuple[tuple[str, bool], ...]
    undone: tuple[str, ...]
    next: tuple[str, ...]
    watched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """How a plan is shown. `approved`: how many have approved it; `file`: where it was written, "" for nowhere; `only`: nothing
    is done with it now, so that it has to be said what does it."""

    approved: int = 0
    file: str = ""
    only: bool = False


def told_plan(plan: Plan, shown: Shown = Shown()) -> PlanReport:
    """Tell a plan."""
    doing = {"deploy": "deploy to", "rollback": "roll back", "pause": "pause in", "resume": "resume in", "ramp": "ramp in"}
    serial = f"deployment {plan.serial}"
    facts = [serial, f"project {short(plan.base.project) or 'none'} -> {short(plan.project)}", f"plan {short(plan.hash)}"]
    rows = tuple(stage_row(number, stage) for number, stage in enumerate(plan.stages, 1))
    undone: tuple[str, ...] = () if plan.undone is None else plan.undone.told
    title = f"{doing[plan.kind]} {one_line(plan.environment)}"
    checks = tuple(_checks(plan, shown.approved))
    watched = tuple(watch_words(plan.guardrails, plan.stages))
    return PlanReport(title, plan.level, tuple(facts), rows, checks, undone, tuple(_next(plan, shown)), watched)


def stage_row(number: int, stage: Stage) -> StageRow:
    """One stage in words."""
    do, what, harm = _words(stage)
    return StageRow(number, do, one_line(what), harm)


def _words(stage: Stage) -> tuple[str, str, bool]:
    match stage:
        case Publish(programs=programs):
            return (
                "publish",
                f"{'programs' if len(programs) > 1 else 'program'} {listed([short(one) for one in programs])}",
                False,
            )
        case Fill(names=names, since=since, right=right):
            return "fill", f"{listed(names)} from the log, which is kept since {instant_words(since)}{_right(right)}", False
        case Begin(names=names, why=why, right=right):
            reason = "there is no log yet to fill from" if why == "no_log" else "what journeys write is in no log"
            return "begin", f"{listed(names)}: {reason}, so they begin with this deployment{_right(right)}", False
        case Carry(journeys=journeys, people=people):
            return (
                "carry",
                f"{counted(people, 'person', 'people')} in {counted(len(journeys), 'journey')} that are as they were",
                False,
            )
        case HandOver():
            return "hand over", _hand_over(stage), bool(stage.stranded)
        case Timers(journey=journey, policy=policy, people=people, overdue=overdue):
            if not people:
                return "timers", f"{journey}: nobody waits for what has changed ({policy})", False
            said = {"keep": "keep their date", "rebase": "are counted anew from when they came", "restart": "begin anew now"}
            late = f"; {overdue:,} are overdue and end at once" if overdue else ""
            return "timers", f"{journey}: {policy} {people:,}, which {said[policy]}{late}", bool(overdue)
        case Strand(journey=journey, people=people):
            return "strand", f"{journey} is gone: {counted(people, 'person leaves', 'people leave')}, as stranded", bool(people)
        case Switch(old=old, new=new):
            return "switch", f"{short(old) or 'nothing'} -> {short(new)}", False
        case Drain(journey=journey, version=version, people=people):
            return "drain", f"{journey}, version {version}: {counted(people, 'person finishes', 'people finish')} on it", False
        case Ramp(journey=journey, percent=percent):
            return "ramp", f"{journey}: {percent:g} % of those who enter, always the same, enter the new version", False
        case Pause(journey=journey, people=people):
            return (
                "pause",
                f"{journey}: nobody enters, {counted(people, 'person stops', 'people stop')} before what is sent",
                False,
            )
        case Resume(journey=journey, then=then, over_ms=over, people=people):
            spread = f", spread over {length_words(over)}" if over and then == "go" else ""
            goes = "goes on" if then == "go" else "leaves"
            return "resume", f"{journey}: who stopped of {people:,} inside {goes}{spread}", False
        case _:
            assert_never(stage)


def _hand_over(stage: HandOver) -> str:
    name = stage.new if stage.old == stage.new else f"{stage.old} -> {stage.new}"
    if not stage.inside:
        return f"{name}: nobody is inside ({stage.policy})"
    parts = []
    if stage.migrate:
        parts.append(f"migrate {stage.migrate:,}")
    if stage.moved:
        parts.append(f"re-key {stage.moved:,} ({listed([f'{old} -> {new}' for old, new in stage.renamed])})")
    if stage.pin:
        parts.append(f"pin {stage.pin:,}: they finish on the version they entered")
    if stage.boundary:
        parts.append(f"boundary {stage.boundary:,}: they go over when they come to the first node")
    if stage.dropped:
        parts.append(f"dropped {stage.dropped:,}: they go where `dropped` says")
    if stage.stranded:
        parts.append(f"stranded {stage.stranded:,}: they have no place and leave")
    return f"{name}: {', '.join(parts)}"


def _right(right: tuple[tuple[str, int | None], ...]) -> str:
    """`; right from 2026-03-31 on: buyers`, each instant once."""
    by: dict[int | None, list[str]] = {}
    for name, at in right:
        by.setdefault(at, []).append(name)
    said = [f"right from {instant_words(at)} on: {listed(names)}" for at, names in by.items() if at is not None]
    if None in by:
        said.append(f"never surely right, for they look back without an end: {listed(by[None])}")
    return "".join(f"; {words}" for words in said)


def _checks(plan: Plan, approved: int) -> Iterator[tuple[str, bool]]:
    for check in plan.checks:
        yield _check(check, waived=check.name in plan.waived), check.passed or check.name in plan.waived
    if plan.bounds.approvals:
        waived = "approvals" in plan.waived
        said = f"approvals {approved} of {plan.bounds.approvals}" + (", waived" if waived else "")
        yield said, waived or approved >= plan.bounds.approvals
    if plan.bounds.immediate is not None:
        total = sum(number for _, number in plan.bounds.immediate)
        yield f"at once {counted(total, 'message')} of at most {plan.bounds.immediate_max:,}", total <= plan.bounds.immediate_max
    takeover = plan.bounds.takeover
    if takeover is not None and takeover.still_s:
        yield _stands_still(takeover), True
    for one in plan.accepted:
        yield f"accepted {one.code}@{one_line(one.journey)}", True
    for name in plan.waived:
        if name not in ("approvals", *(check.name for check in plan.checks)):
            yield f"{name} waived", True


def _stands_still(takeover: Takeover) -> str:
    """That and why the run stands still."""
    looked = f"all {takeover.people:,} people are looked at, " if takeover.looked_at else ""
    return f"stands still about {takeover.still_s:,} s as it takes over: {looked}{takeover.handed:,} are written anew"


def _check(check: Check, *, waived: bool) -> str:
    said = f"{check.name}: {one_line(check.told)}" if check.told else check.name
    return f"{said} (waived)" if waived and not check.passed else said


def _next(plan: Plan, shown: Shown) -> Iterator[str]:
    if not plan.stages:
        return
    obstacles = list(_obstacles(plan, shown))
    yield from obstacles
    missing = 0 if "approvals" in plan.waived else max(0, plan.bounds.approvals - shown.approved)
    file = one_line(shown.file)
    if missing and file and not obstacles:
        lacks = f"{counted(missing, 'approval is', 'approvals are')} missing"
        yield f"{lacks}: somebody else than {one_line(plan.told.author)} says `rtj approve {file} --as NAME`"
        yield f"then `rtj deploy {file}` does exactly this"
    elif missing and shown.only and not obstacles:
        needs = f"it needs {counted(missing, 'approval')}"
        yield f"{needs}: write it with `-o FILE`, then `rtj approve FILE --as NAME` and `rtj deploy FILE`"
    elif file and obstacles:
        yield "then make this plan anew: it is refused as it is"
    elif file:
        yield f"`rtj deploy {file}` does exactly this"
    elif shown.only and not obstacles and plan.kind == "deploy":
        yield f"`rtj deploy --env {one_line(plan.environment)}` does this"


def _obstacles(plan: Plan, shown: Shown) -> Iterator[str]:
    """What has to be said before it can be done. Whoever does it now hears of the rest when it is refused."""
    for judged in unaccepted(plan)[:NAMES_MAX]:
        yield f"`--accept {judged.change.code}@{one_line(whose(judged))}` takes upon you what breaks"
    for journey, _, _ in homeless(plan)[:NAMES_MAX]:
        yield f"`--accept {STRANDED}@{one_line(journey)}` lets people in an older version leave"
    if any(isinstance(stage, HandOver) and stage.stranded for stage in plan.stages):
        yield "`moved` or `dropped` in the journey gives people a place; `--pin JOURNEY` lets them finish on their version"
    if not shown.only:
        return
    for check in plan.checks:
        if not check.passed and check.name not in plan.waived:
            yield f"mend what {check.name} finds; `--no-{check.name}` deploys though it fails, and the history says so"
    total = sum(number for _, number in plan.bounds.immediate or ())
    if total > plan.bounds.immediate_max:
        yield f"`timers: keep` leaves people their time, `--max-immediate-sends {total}` sends so many at once"


def listed(names: tuple[str, ...] | list[str]) -> str:
    """`a, b, c and 4 more`."""
    more = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {more:,} more" if more > 0 else "")


def short(name: str) -> str:
    """The beginning of a hash."""
    return name[:SHORT]


def instant_words(ms: int) -> str:
    """`2026-03-01 10:02 UTC`; what no calendar has stays a number."""
    try:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms"
