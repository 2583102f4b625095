"""What runs and what is to run -> the stages of a deployment, in the order in which they are worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rtj.engine.backfill import unfilled
from rtj.engine.heirs import fits_still, goes_on
from rtj.ir.aligned import aligned, called, content_names, is_declared
from rtj.ir.crossing import Crossing, JourneyCrossing
from rtj.ir.journey import Journey, OnDeploy, Version
from rtj.ir.meaning import meant
from rtj.ir.program import Program
from rtj.plan.changes import Diff, JourneyDiff
from rtj.plan.retained import right_from
from rtj.plan.stages import Begin, Carry, Drain, Fill, HandOver, Publish, Ramp, Stage, Strand, Switch, Timers

LENGTHS = frozenset({"D121", "D122", "D123", "D124", "D125"})  # changes of what somebody waits for


@dataclass(frozen=True, slots=True)
class Linked:
    """What runs from now on. `program`: the new project, and old versions of journeys in it that drain; `crossing` leads to it
    from what runs."""

    program: Program
    crossing: Crossing

    @property
    def drains(self) -> dict[str, str]:
        """Of each old version, by its name, the journey whose version it is."""
        return {one.name: one.of for one in self.program.journeys if isinstance(one, Version) and one.name != one.of}

    def policy(self, name: str) -> OnDeploy:
        """What becomes of people who go to a version of that name."""
        one = next((one for one in self.program.journeys if one.name == name), None)
        if not isinstance(one, Version) or one.name == one.of:
            return "migrate"
        return "pin" if one.over is None else "boundary"


@dataclass(frozen=True, slots=True)
class Facts:
    """What else is known. `published`: the programs that the store has; `log_since`: the first instant that its log tells of,
    None when there is none; `inside`: how many stand where in each version of what runs, by its name there; `policies`: what the
    call says instead of `on_deploy`; `ramps`: the share of those who enter the new version; `now`: the instant of the
    deployment."""

    published: frozenset[str] = frozenset()
    log_since: int | None = None
    inside: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    policies: Mapping[str, OnDeploy] = field(default_factory=dict)
    ramps: Mapping[str, float] = field(default_factory=dict)
    now: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """From what to what: the project that was deployed (None: none was) with what ran (older versions that drain included), the
    new one, what then runs, and the fingerprints of what ran, of the new project, and of what then runs."""

    old: Program | None
    ran: Program | None
    new: Program
    linked: Linked
    was: str
    project: str
    running: str


def stages(step: Step, diff: Diff, facts: Facts) -> tuple[Stage, ...]:
    """The stages of a deployment; none when nothing is different."""
    if step.was == step.running:
        return ()
    return tuple(_stages(step, diff, facts))


def _stages(step: Step, diff: Diff, facts: Facts) -> Iterator[Stage]:
    fresh = tuple(dict.fromkeys(one for one in (step.project, step.running) if one not in facts.published))
    if fresh:
        yield Publish(fresh)
    yield from _filled(step, facts)
    if step.old is not None:
        yield from _people(step, diff, facts)
    yield Switch(step.was, step.running)
    yield from _drains(step.linked, facts)
    for journey, percent in sorted(facts.ramps.items()):
        yield Ramp(journey, percent)


def news(old: Program | None, new: Program) -> tuple[str, ...]:
    """Attributes and audiences that are not there yet, or mean something else, by name. Those of an author only: what
    the compiler has named is told by the condition that reads it."""
    if old is None:
        return ()
    ours, theirs = aligned(old, new)
    kept = {aggregate.name: aggregate for aggregate in ours.aggregates}
    audiences = {audience.name: audience for audience in ours.audiences}
    found = [
        one.name
        for one in theirs.aggregates
        if is_declared(one.name) and (one.name not in kept or not goes_on(kept[one.name], one))
    ]
    known = {mapping.name: mapping for mapping in ours.mappings}
    for mapping in theirs.mappings:
        was = known.get(mapping.name)
        if mapping.event is not None and (was is None or not fits_still(was, mapping)):
            found.append(mapping.name)
    found += [one.name for one in theirs.audiences if one.name not in audiences or meant(audiences[one.name]) != meant(one)]
    return tuple(sorted(set(found)))


def _filled(step: Step, facts: Facts) -> Iterator[Stage]:
    names = news(step.old, step.new)
    if facts.log_since is None:
        if names:
            yield Begin(names, right=_right(step.new, names, facts.now))
        return
    written = unfilled(step.new)
    told = tuple(name for name in names if name not in written)
    if told:
        yield Fill(told, facts.log_since, _right(step.new, told, facts.log_since))
    if len(told) < len(names):
        left = tuple(name for name in names if name in written)
        yield Begin(left, "written", _right(step.new, left, facts.now))


def _right(program: Program, names: tuple[str, ...], since: int) -> tuple[tuple[str, int | None], ...]:
    """From when on each is right; what looks back on nothing is not told."""
    return tuple(sorted(right_from(called(program, content_names(program)), names, since).items()))


# ---- people


def _people(step: Step, diff: Diff, facts: Facts) -> Iterator[Stage]:
    assert step.old is not None
    was = {journey.name: journey for journey in step.old.journeys}
    now = {journey.name: journey for journey in step.new.journeys}
    different = {one.formerly or one.name: one for one in diff.journeys if one.status != "added"}
    same = [name for name in was if name not in different and name in now]
    if same:
        inside = (diff.instances or 0) - sum(one.inside or 0 for one in different.values())
        yield Carry(tuple(sorted(same)), max(0, inside))
    ways, drains = step.linked.crossing.journeys, step.linked.drains
    for name, one in sorted(different.items()):
        way = ways.get(name)
        if (one.name not in now and way is None) or name not in was:
            yield Strand(name, one.inside or 0)
            continue
        if way is not None and way.new in drains:  # what runs says it better than the journey: a ramp keeps people where they are
            policy = step.linked.policy(way.new)
        else:
            policy = "migrate" if one.inside else facts.policies.get(one.name, now[one.name].on_deploy)
        new = now.get(one.name, was[name])
        yield hand_over((was[name], new), way, (one.inside or 0, one.standing), policy)
        if policy != "pin":
            yield from _timers(one, new)
    yield from _older(step, facts, was)


def _older(step: Step, facts: Facts, was: Mapping[str, Journey]) -> Iterator[Stage]:
    """Old versions that drain in what runs, and whose people go elsewhere now, or have nowhere to go."""
    assert step.ran is not None
    targets = {journey.name: journey for journey in step.linked.program.journeys}
    for old in step.ran.journeys:
        standing = facts.inside.get(old.name, {})
        people, way = sum(standing.values()), step.linked.crossing.journeys.get(old.name)
        if old.name in was:
            continue
        if way is None:
            yield Strand(old.name, people)
        elif way.new != old.name:
            yield hand_over((old, targets[way.new]), way, (people, standing), step.linked.policy(way.new))


def hand_over(
    both: tuple[Journey, Journey], crossing: JourneyCrossing | None, people: tuple[int, Mapping[str, int]], policy: OnDeploy
) -> HandOver:
    """Who is inside a journey, by what becomes of them. `people`: how many, and how many at each node."""
    old, new = both
    inside, standing = people
    if policy == "pin":
        return HandOver(old.name, new.name, policy, inside, pin=inside)
    if policy == "boundary":
        return HandOver(old.name, new.name, policy, inside, boundary=inside)
    kinds = {node.id: type(node) for node in old.nodes}
    targets = {node.id: type(node) for node in new.nodes}
    goes = {} if crossing is None else crossing.nodes
    leaves = {} if crossing is None else crossing.dropped
    moved = dropped = stranded = 0
    for node, number in standing.items():
        target = goes.get(node)
        if target is not None and targets.get(target) is kinds.get(node):
            moved += number if target != node else 0
        elif node in leaves:
            dropped += number
        else:
            stranded += number
    renamed = tuple(sorted((a, b) for a, b in goes.items() if a != b and standing.get(a)))
    migrate = max(0, inside - dropped - stranded)
    return HandOver(
        old.name, new.name, policy, inside, migrate=migrate, moved=moved, dropped=dropped, stranded=stranded, renamed=renamed
    )


def _timers(one: JourneyDiff, journey: Journey) -> Iterator[Stage]:
    these = [judged for judged in one.changes if judged.change.code in LENGTHS]
    waiting = sum(one.standing.get(node, 0) for node in {judged.change.node for judged in these})
    overdue = sum(judged.evidence.overdue for judged in these if judged.evidence is not None)
    if these:
        yield Timers(one.name, journey.timers, waiting, overdue)


def _drains(linked: Linked, facts: Facts) -> Iterator[Stage]:
    for version, journey in sorted(linked.drains.items()):
        coming = (
            sum(facts.inside.get(name, {}).values()) for name, way in linked.crossing.journeys.items() if way.new == version
        )
        yield Drain(journey, version, sum(coming))
