"""`rtj plan` and `rtj deploy`: the same plan is shown, written to a file, and carried out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rtj.base.errors import InputError, RefusedError, UsageError
from rtj.base.plain import one_line
from rtj.base.reading import read_regular
from rtj.cli.deploy_place import Place, now_ms, opened
from rtj.cli.environments import find_environment
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.outputs import write_file
from rtj.cli.planning import Planned, Wish, plan_for_project
from rtj.cli.render import Paper
from rtj.cli.render_diff import render_diff
from rtj.cli.render_plan import render_plan
from rtj.cli.screen import Piece, Screen, columns, line, shows_blocks
from rtj.deploy.applying import WAIT_MS, Done, Means, carry_out, go_on
from rtj.deploy.holders import lives
from rtj.deploy.refusals import is_signed, refuse_stale, refuse_unready, same_person
from rtj.plan.changes import Level, at_least
from rtj.plan.planned import PLAN_MAX, Plan, read_plan, unaccepted, whose, written_plan
from rtj.report.diff_places import NOWHERE
from rtj.report.diff_text import told
from rtj.report.plan_text import Shown, told_plan

__all__ = ["Asked", "Screen", "Wish", "deploy", "plan"]

CODES: dict[Level, int] = {"none": OK, "safe": 10, "behaviour": 10, "needs-migration": 11, "breaking": 12}


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.deploy_arguments` for the meaning of each."""

    environment: str | None = None
    project: Path | None = None
    wish: Wish = field(default_factory=Wish)
    file: Path | None = None
    output: str | None = None
    format: str = "text"
    detailed: bool = False
    dry_run: bool = False
    resume: bool = False
    yes: bool = False
    accept_level: Level = "behaviour"
    lock_ms: int = 0
    wait_ms: int = WAIT_MS


def plan(asked: Asked, screen: Screen) -> int:
    """Show what a deployment would do, and write it into a file if asked."""
    with opened(asked.environment, asked.project) as place:
        with place.watched(screen):
            planned = plan_for_project(place, asked.wish)
        if asked.output is not None:
            write_file(asked.output, written_plan(planned.plan))
        show(planned, asked, place, screen, only=True)
        return code_of(planned.plan, asked)


def code_of(found: Plan, asked: Asked) -> int:
    """The exit code of a plan: with --detailed-exitcode by its level."""
    if not asked.detailed or not found.stages:
        return OK
    return CODES["safe" if found.level == "none" else found.level]


def show(
    planned: Planned, asked: Asked, place: Place, screen: Screen, outcome: Mapping[str, Any] | None = None, *, only: bool = False
) -> None:
    """Write a plan to stdout in its format. `only`: nothing is done with it now."""
    found = planned.plan
    if asked.format == "json":
        from rtj.report.plan_json import plan_json

        screen.exact(plan_json(found, planned.places, None if outcome is None else dict(outcome)))
        return
    paper = Paper(columns(sys.stdout), shows_blocks(sys.stdout))
    lines = []
    if found.base.project and found.diff.every:
        lines += [*render_diff(told(found.diff, planned.places), paper), ()]
    shown = Shown(approved(found, place), asked.output or "", only)
    screen.answer([*lines, *render_plan(told_plan(found, shown), paper)])


def approved(found: Plan, place: Place) -> int:
    """How many others have approved a plan."""
    if not found.bounds.approvals:
        return 0
    rows = place.store.approvals(found.hash)
    return len({row.who for row in rows if not same_person(row.who, found.told.author) and is_signed(row)})


def deploy(asked: Asked, screen: Screen) -> int:
    """Carry out a plan: that of the file, or one that is made, shown and confirmed now."""
    if asked.file is not None and not asked.file.exists() and asked.environment is None and asked.file.name == str(asked.file):
        asked = replace(asked, environment=_environment(asked.file.name, asked.project), file=None)
    if asked.file is not None:
        return _deploy_file(asked, asked.file, screen)
    with opened(asked.environment, asked.project) as place:
        if asked.resume:
            done = go_on(place.store, means(asked, place, screen))
            if done is None:
                screen.talk([line(f"nothing to go on with in {place.environment.name}")])
                return OK
            return told_done(done, place, screen)
        with place.watched(screen):
            planned = plan_for_project(place, asked.wish)
        return confirm_and_carry_out(planned, asked, place, screen)


def confirm_and_carry_out(planned: Planned, asked: Asked, place: Place, screen: Screen) -> int:
    """Show a plan that was made now, ask, and carry it out."""
    found = planned.plan
    if not found.stages or asked.dry_run:
        show(planned, asked, place, screen)
        if found.stages:
            refuse_unready(found, place.store)
        return code_of(found, asked)
    if asked.format == "text":
        show(planned, asked, place, screen)
    refuse_unready(found, place.store)
    _confirm(found, asked, screen)
    with place.watched(screen) if place.store.leaseholder() is None else nullcontext():  # a run is waited for in words
        done = carry_out(found, means(asked, place, screen), planned.seen)
    if asked.format == "json":
        show(planned, asked, place, screen, {"serial": done.serial, "how": done.how})
    return told_done(done, place, screen)


def _environment(name: str, project: Path | None) -> str:
    """A word that is no file names an environment. Raises UsageError where it is neither."""
    try:
        return find_environment(name, project).name
    except UsageError as error:
        raise UsageError(f"{name}: no plan file, and {str(error).removeprefix(f'{name}: ')}") from None


def _deploy_file(asked: Asked, path: Path, screen: Screen) -> int:
    found = plan_in(path)
    if asked.environment is not None and asked.environment != found.environment:
        raise UsageError(f"{path}: a plan for `{found.environment}`, not for `{asked.environment}`")
    with opened(found.environment, asked.project) as place:
        found = with_accepted(found, asked.wish.accept)
        if asked.dry_run:
            refuse_stale(found, place.store)
            refuse_unready(found, place.store)
            show(Planned(found, NOWHERE), asked, place, screen)
            return code_of(found, asked)
        done = carry_out(found, means(asked, place, screen))
        if asked.format == "json":
            show(Planned(found, NOWHERE), asked, place, screen, {"serial": done.serial, "how": done.how})
        return told_done(done, place, screen)


def plan_in(path: Path) -> Plan:
    """The plan in a file. Raises InputError when there is none."""
    try:
        content = read_regular(path, PLAN_MAX)
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}; `rtj plan -o FILE` writes one") from error
    return read_plan(content, str(path))


def with_accepted(found: Plan, words: tuple[str, ...]) -> Plan:
    """A plan of a file is what it is: what breaks is accepted where the plan is made, since approvals are bound to its hash."""
    if words:
        bad = ", ".join(f"{one.change.code}@{whose(one)}" for one in unaccepted(found)[:8]) or "nothing"
        raise UsageError(f"--accept belongs to the plan: `rtj plan --accept … -o FILE` ({bad} is not accepted in this one)")
    return found


def means(asked: Asked, place: Place, screen: Screen) -> Means:
    """With what a plan is carried out."""

    def tell(words: str) -> None:
        screen.talk([line(Piece(words, "dim"))])

    return Means(place.store, place.hands, tell, asked.wait_ms, asked.lock_ms, now_ms)


def told_done(done: Done, place: Place, screen: Screen) -> int:
    """Say what became of a deployment. FINDINGS when the run has not taken it yet."""
    name = place.environment.name
    words = {
        "applied": f"deployment {done.serial} is in force in {name}",
        "taken": f"deployment {done.serial} is in force in {name}: the run took it",
        "before": f"deployment {done.serial} was in force in {name} already: nothing to do",
        "waiting": f"deployment {done.serial} is ordered, the run of {name} has not taken it yet; `rtj deploy --resume` waits on",
    }
    screen.talk([line(Piece(words[done.how], "warn" if done.how == "waiting" else "good"))])
    if done.how == "applied" and not lives(place.store.leaseholder(), now_ms()):
        screen.talk([line(Piece(f"nobody runs it: `rtj run --env {one_line(name)}` lets it live", "dim"))])
    return FINDINGS if done.how == "waiting" else OK


# ---- asking


def _check_level(found: Plan, asked: Asked) -> None:
    if at_least(found.level, "needs-migration") and not at_least(asked.accept_level, found.level):
        level = "needs-migration" if found.level == "needs-migration" else "breaking"
        raise RefusedError(f"--yes: this plan is {found.level}; say --accept-level {level} as well")


def _confirm(found: Plan, asked: Asked, screen: Screen) -> None:
    """Ask whoever sits there. Raises UsageError when nobody does, RefusedError when they do not want it."""
    if asked.yes:
        _check_level(found, asked)
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("nobody can be asked here: pass --yes (and --accept-level), or a plan that `rtj plan -o FILE` wrote")
    by_name = found.confirm == "name" or at_least(found.level, "needs-migration")
    question = f"Type the environment's name to continue ({found.environment}): " if by_name else "Deploy? [y/N] "
    screen.complain([line(Piece(question.rstrip(), "strong"))])
    answer = sys.stdin.readline().strip()
    if answer != found.environment if by_name else answer.casefold() not in ("y", "yes"):
        raise RefusedError("not deployed: nothing was changed")
