"""Commands about what was deployed: history, approve, rollback, unlock, gc, pause, resume, ramp."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rtj.base.errors import RefusedError, UsageError
from rtj.base.plain import one_line
from rtj.cli.deploy_place import Place, now_ms, opened
from rtj.cli.deploying import Asked, confirm_and_carry_out, plan_in
from rtj.cli.outcome import OK
from rtj.cli.planning import (
    Planned,
    Wish,
    known_in,
    plan_for_journey,
    plan_for_program,
    plan_of_nothing,
    project_in,
)
from rtj.cli.render import Paper
from rtj.cli.render_plan import render_table
from rtj.cli.screen import Piece, Screen, columns, line, shows_blocks
from rtj.deploy.annals import paused, ramps, records, running, target
from rtj.deploy.holders import clock, lives, myself
from rtj.deploy.looking import collect, history, program_of, unneeded
from rtj.deploy.refusals import KEY, refuse_stale, same_person, signature
from rtj.ir.journey import Version
from rtj.plan.planned import Undone
from rtj.plan.stages import Pause, Resume
from rtj.report.moments import counted
from rtj.report.plan_status import history_table
from rtj.report.plan_text import short
from rtj.store.port import Approval

__all__ = [
    "Asked",
    "Screen",
    "Shown",
    "Wish",
    "approve",
    "gc",
    "pause",
    "ramp",
    "resume",
    "rollback",
    "show_history",
    "unlock",
]


@dataclass(frozen=True, slots=True)
class Shown:
    """Of which environment something is told, and how."""

    environment: str | None = None
    project: Path | None = None
    format: str = "text"
    most: int = 20


def paper() -> Paper:
    """What stdout can show."""
    return Paper(columns(sys.stdout), shows_blocks(sys.stdout))


def show_history(shown: Shown, screen: Screen) -> int:
    """What was deployed, with the audit log verified."""
    with opened(shown.environment, shown.project, reading=True) as place:
        found = history(place.store, place.environment.name, shown.most)
    if shown.format == "json":
        from rtj.report.plan_json import history_json

        screen.exact(history_json(found))
        return OK
    lines = render_table(history_table(found.deployments))[1:]
    screen.answer(lines or [line(f"nothing was deployed to {one_line(found.environment)} yet")])
    last = found.audit[-1] if found.audit else None
    if last is not None:
        screen.talk([line(Piece(f"audit log: {counted(last.number, 'line')}, the chain is whole ({short(last.hash)})", "dim"))])
    return OK


def approve(file: Path, who: str, message: str, project: Path | None, screen: Screen) -> int:
    """Approve the plan in a file, by its hash. Raises RefusedError for its author, and for a plan that is stale."""
    plan, name = plan_in(file), one_line(who)
    if not name:
        raise UsageError("--as: say who approves")
    if same_person(name, plan.told.author):
        raise RefusedError(f"{name} has made this plan: somebody else has to approve it")
    with opened(plan.environment, project) as place:
        refuse_stale(plan, place.store)
        if any(same_person(one.who, name) for one in place.store.approvals(plan.hash)):
            screen.talk([line(f"{name} has approved this plan already")])
            return OK
        approval = Approval(plan.hash, name, now_ms(), message)
        key = os.environ.get(KEY, "")
        if key:
            approval = Approval(plan.hash, name, approval.at_ms, message, signature(approval, key))
        place.store.approve(approval)
        number = len({one.who for one in place.store.approvals(plan.hash)})
    how = f"signed with the key in {KEY}" if key else f"not signed: {KEY} is not set, so it is as good as access to the store"
    screen.answer([line(f"plan {short(plan.hash)} approved by {name} ({number} of {plan.bounds.approvals}; {how})")])
    return OK


def rollback(asked: Asked, serial: int | None, screen: Screen) -> int:
    """Deploy what ran before, as a new deployment; say what is not taken back."""
    with opened(asked.environment, asked.project) as place:
        found = records(place.store)
        goal = target(found, serial)
        now = running([record.row for record in found])
        assert now is not None, "there is something to go back from"
        if goal.row.project == now.project:
            why = f"what deployment {goal.row.serial} has brought is what runs in {one_line(place.environment.name)}"
            return _nothing(plan_of_nothing(place, asked.wish, "rollback"), why, asked, screen)
        later = [record.row for record in found if goal.row.serial < record.row.serial]
        undone = _undone(place, min(row.at_ms for row in later), goal.row.serial)
        program = program_of(place.store, goal.row.project)
        name = f"deployment {goal.row.serial}"
        planned = plan_for_program(place, asked.wish, ("rollback", program, name, undone))
        return confirm_and_carry_out(planned, asked, place, screen)


def _undone(place: Place, since: int, serial: int) -> Undone:
    """What has happened since an instant and stays so."""
    sent = place.store.sent_since(since)
    number = sum(sent.values())
    by = ", ".join(f"{one_line(channel)} {count:,}" for channel, count in sorted(sent.items()))
    told = [f"{counted(number, 'message')} already sent since {clock(since)}" + (f" ({by})" if by else "")]
    told.append(f"timers that fired, and people who left, since deployment {serial} ended")
    return Undone(since, number, tuple(told))


def unlock(lock: str, shown: Shown, screen: Screen) -> int:
    """Let go of a lock by its id."""
    with opened(shown.environment, shown.project) as place:
        held = place.store.lockholder()
        place.store.unlock(lock)
        place.store.note(myself(), "unlock", f'{{"lock":"{one_line(lock)}"}}'.encode(), now_ms())
    who = f", held by {one_line(held.who)} since {clock(held.created_ms)}" if held is not None else ""
    screen.answer([line(f"unlocked{who}")])
    return OK


def gc(shown: Shown, *, dry_run: bool, screen: Screen) -> int:
    """Let go of programs that nobody needs, and, where nobody runs, of what is kept of people who were erased."""
    from rtj.cli.privacy_environment import is_to_be_swept, sweep  # the engine, which nothing else here needs

    with opened(shown.environment, shown.project) as place:
        found = unneeded(place.store, now_ms())
        if found and not dry_run:
            collect(place.store, [name for name, _ in found], myself(), now_ms())
        erased = is_to_be_swept(place.store)
        if erased and not dry_run and not lives(place.store.leaseholder(), now_ms()):
            sweep(place)
            erased = is_to_be_swept(place.store)
        name = place.environment.name
    if shown.format == "json":
        from rtj.report.plan_json import done_json

        screen.exact(done_json("gc", name, {"programs": [one for one, _ in found], "to_be_swept": erased, "dry_run": dry_run}))
        return OK
    lines = [line(f"{short(one)}  published {clock(at)}") for one, at in found]
    if erased:
        lines.append(
            line("something is left of people who were erased: the run sweeps; `rtj gc` while nobody runs does the rest")
        )
    told = f"{counted(len(found), 'program')} {'would go' if dry_run else 'gone'}" if found else "every program is needed yet"
    screen.answer([*lines, line(told)])
    return OK


def pause(asked: Asked, journey: str, screen: Screen) -> int:
    """Nobody enters a journey any more, and its people stop before they are sent anything."""
    return _journey(asked, Pause(journey, 0), screen)


def resume(asked: Asked, journey: str, then: Literal["go", "leave"] | None, over_ms: int | None, screen: Screen) -> int:
    """A journey goes on as it says itself, or as the call says."""
    with opened(asked.environment, asked.project) as place:
        row = running(place.store.deployments())
        known = program_of(place.store, row.project).journeys if row is not None else ()
        spec = next((one for one in known if one.name == journey), None)
    goes = then or (spec.on_resume if spec is not None else "go")
    over = over_ms if over_ms is not None else spec.catch_up_ms if spec is not None else 0
    return _journey(asked, Resume(journey, goes, over, 0), screen)


def _journey(asked: Asked, stage: Pause | Resume, screen: Screen) -> int:
    with opened(asked.environment, asked.project) as place:
        planned = plan_for_journey(place, asked.wish, stage)
        if planned.plan.stages:
            return confirm_and_carry_out(planned, asked, place, screen)
        serial = paused(records(place.store)).get(stage.journey)
        how = "is not paused" if serial is None else f"is paused already (deployment {serial.serial})"
        return _nothing(planned, f"{one_line(stage.journey)} {how} in {one_line(place.environment.name)}", asked, screen)


def _nothing(planned: Planned, why: str, asked: Asked, screen: Screen) -> int:
    """It is so already: nothing is ordered."""
    if asked.format == "json":
        from rtj.report.plan_json import plan_json

        screen.exact(plan_json(planned.plan, planned.places))
    else:
        screen.answer([line(Piece(f"{why}: nothing to do", "good"))])
    return OK


def ramp(asked: Asked, journey: str, percent: float, screen: Screen) -> int:
    """Let so many of those who enter into the new version of a journey."""
    with opened(asked.environment, asked.project) as place:
        program = project_in(place)
        known_in(journey, program, "ramp")
        now = running(place.store.deployments())
        assert now is not None, "a project runs"
        shares = ramps(records(place.store))
        if shares.get(journey, 100.0) == percent:
            why = f"{percent:g} % of those who enter {one_line(journey)} enter its newest version already"
            return _nothing(plan_of_nothing(place, asked.wish, "ramp"), why, asked, screen)
        runs = program_of(place.store, now.running).journeys
        if not any(isinstance(one, Version) and one.of == journey and one.name != journey for one in runs):
            raise RefusedError(f"{journey} runs in one version only; `rtj deploy --ramp {percent:g}%` brings a new one to some")
        wish = replace(asked.wish, ramps={**shares, journey: percent})
        planned = plan_for_program(place, wish, ("ramp", program, f"deployment {now.serial}", None))
        return confirm_and_carry_out(planned, asked, place, screen)
