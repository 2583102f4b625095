"""People move between a plan and its deployment: who would lose their place now is counted again, on the state as it is."""

from __future__ import annotations

from collections.abc import Iterable

from rtj.base.errors import RefusedError
from rtj.deploy.looking import program_of
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Entry
from rtj.ir.journey import Version, known_as
from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Tally
from rtj.plan.planned import Plan
from rtj.plan.stages import HandOver, Strand
from rtj.store.port import Store


def homeless_now(ran: Program, runs: Program, crossing: Crossing, tallies: Iterable[Tally]) -> int:
    """How many instances have no place in what is to run: their journey is gone, or their node, and nobody says where they go."""
    versions = {(known_as(one), one.version if isinstance(one, Version) else fingerprint(one)): one.name for one in ran.journeys}
    kinds = {(one.name, node.id): type(node) for one in ran.journeys for node in one.nodes}
    targets = {(one.name, node.id): type(node) for one in runs.journeys for node in one.nodes}
    found = 0
    for one in tallies:
        name = versions.get((one.journey, one.version))
        if name is None:
            continue
        way = crossing.journeys.get(name)
        if way is None:
            found += one.people
            continue
        target = way.nodes.get(one.node)
        same = target is not None and targets.get((way.new, target)) is kinds.get((name, one.node))
        if not same and one.node not in way.dropped:
            found += one.people
    return found


def refuse_more_homeless(plan: Plan, entries: Iterable[Entry], store: Store, tallies: Iterable[Tally] | None) -> None:
    """Raises RefusedError when more people would lose their place than the plan says."""
    order = next((entry for entry in entries if isinstance(entry, Deployed)), None)
    runs = next((one for one in plan.programs if one.fingerprint == plan.running), None)
    if order is None or runs is None or tallies is None or not plan.base.running:
        return
    said = sum(stage.stranded for stage in plan.stages if isinstance(stage, HandOver))
    said += sum(stage.people for stage in plan.stages if isinstance(stage, Strand))
    now = homeless_now(program_of(store, plan.base.running), runs.read(), order.crossing, tallies)
    if now > said:
        raise RefusedError(
            f"{now:,} people would lose their place, and the plan knows of {said:,}: they have come there since; re-plan"
        )
