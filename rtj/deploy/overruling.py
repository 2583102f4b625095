"""What a guardrail has halted goes on only where somebody says so by name: a check of plans, which `--no-guardrails` waives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rtj.base.plain import one_line
from rtj.deploy.holders import clock
from rtj.ir.journey import Journey, Version
from rtj.ir.program import Program
from rtj.plan.planned import Check
from rtj.plan.stages import Resume, Stage
from rtj.plan.versions import version_of
from rtj.store.port import Deployment


def overruled(
    halted: Mapping[str, Deployment], both: tuple[Program | None, Program | None], stages: Iterable[Stage]
) -> Iterator[Check]:
    """The check of a plan, where there is something to check: does a journey go on that a guardrail has paused, or does somebody
    enter a version again from which one went back? `halted`: by journey, the deployment that did it; `both`: what runs, and what
    is to run."""
    resumed = {stage.journey for stage in stages if isinstance(stage, Resume)}
    ran, runs = both
    for journey, row in sorted(halted.items()):
        again = journey in resumed if row.kind == "pause" else ran is not None and runs is not None and _enter(journey, ran, runs)
        if again:
            yield Check("guardrails", False, f"{one_line(journey)} was halted {clock(row.at_ms)}: {one_line(row.message)}")
            return


def _enter(journey: str, ran: Program, runs: Program) -> bool:
    """Does somebody enter the newest version of what ran?"""
    was, now = _newest(journey, ran), _newest(journey, runs)
    if was is None or now is None or version_of(ran, was) != version_of(runs, now):
        return False
    return not isinstance(now, Version) or now.admits[0] < now.admits[1]


def _newest(journey: str, program: Program) -> Journey | None:
    return next((one for one in program.journeys if one.name == journey), None)
