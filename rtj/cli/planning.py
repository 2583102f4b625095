"""What is to run and what runs -> a plan: the difference weighed by who is inside, what has to hold before, and the stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as dataclass_replace
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

import rtj
from rtj.base.errors import RefusedError, UsageError
from rtj.base.plain import one_line
from rtj.cli.deploy_checks import checks_of
from rtj.cli.deploy_place import Place, now_ms
from rtj.cli.git import Git
from rtj.cli.versions import NOW, Version, versions
from rtj.cli.waiving import waivers_beside
from rtj.deploy.annals import base_of, clock_of, halts, paused, records, running
from rtj.deploy.holders import myself
from rtj.deploy.looking import program_of, settings_of
from rtj.deploy.overruling import overruled
from rtj.ir.crossing import Crossing
from rtj.ir.entries import encode_entries
from rtj.ir.journey import WHOLE, OnDeploy, known_as
from rtj.ir.journey import Version as OldVersion
from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Standing, Tally
from rtj.lang.likeness import nearest
from rtj.plan.changes import Diff, highest
from rtj.plan.crossing import crossing
from rtj.plan.diff import diff as differences
from rtj.plan.linked import Deploying, Unlinkable, drains, linked
from rtj.plan.order import order_of
from rtj.plan.planned import (
    STRANDED,
    Accepted,
    Bounds,
    Bundle,
    Check,
    Kind,
    Plan,
    Told,
    Undone,
    bundle,
    homeless,
    unaccepted,
    whose,
)
from rtj.plan.sides import Side
from rtj.plan.stages import Pause, Resume
from rtj.plan.staging import Facts, Linked, Step, stages
from rtj.plan.versions import version_of
from rtj.plan.waivers import waive
from rtj.plan.weighed import unweighed, weighed_by
from rtj.report.diff_places import Places

WAIVABLE = ("validate", "test", "drift", "approvals", "guardrails")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the call says of a plan: why; what breaks and is accepted (`D102@welcome`); what is waived; which journeys are pinned
    or migrated whatever they say; the share that ramps of those who enter; how many messages may go out at once."""

    message: str = ""
    accept: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    migrates: tuple[str, ...] = ()
    ramps: Mapping[str, float] = field(default_factory=dict)
    ramp_all: float | None = None
    immediate_max: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and where its changes are written. `seen`: the newest entry of the log when it was made, None: not just now."""

    plan: Plan
    places: Places
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class _Goal:
    """What is to run. `root` None: a program without text."""

    kind: Kind
    side: Side
    places: Places
    root: Path | None
    checks: tuple[Check, ...]
    commit: str = ""
    undone: Undone | None = None


def plan_for_project(place: Place, wish: Wish) -> Planned:
    """The plan that brings the project as it is in its folder. Raises UsageError for what the call says and is not there."""
    new = _working_tree(place.root)
    if not new.side.runnable:
        first = new.diagnostics[0]
        where = f"{first.span.source.path}:{first.span.line}:{first.span.column}"
        raise UsageError(f"the project does not compile: {where}: {first.code} {first.message}; `rtj validate` shows it")
    checks = tuple(checks_of(place, new.side.program))
    goal = _Goal("deploy", new.side, Places({}, new.places), place.root, checks, _commit(place.root))
    return _planned(place, wish, goal)


def plan_for_program(place: Place, wish: Wish, goal: tuple[Kind, Program, str, Undone | None]) -> Planned:
    """The plan that brings a program that was deployed before. `goal`: the kind of deployment, the program, what it is called,
    and what is not taken back."""
    kind, program, name, undone = goal
    return _planned(place, wish, _Goal(kind, Side(name, program), Places(), None, (), "", undone))


def _planned(place: Place, wish: Wish, goal: _Goal) -> Planned:
    """All that is asked of the store is asked as of one instant: a run goes on meanwhile."""
    with place.store.still():
        return _planned_now(place, wish, goal)


def _planned_now(place: Place, wish: Wish, goal: _Goal) -> Planned:
    store, base = place.store, base_of(place.store)
    seen = store.last_entry()
    old = program_of(store, base.project) if base.project else None
    running = program_of(store, base.running) if base.running else None
    policies, shares = _policies(wish, goal.side.program), _shares(wish, old, goal.side.program)
    tallies = None if running is None else place.hands.tallies(store)
    diff = _weighed(place, old, goal, policies, tallies)
    inside = _inside(running, tallies)
    ramped = {name: round(percent * WHOLE / 100) for name, percent in shares.items()}
    numbers = {name: sum(standing.values()) for name, standing in inside.items()}
    made = _linked(running, goal, Deploying(numbers, policies, ramped))
    step = Step(old, running, goal.side.program, made, base.running, fingerprint(goal.side.program), fingerprint(made.program))
    facts = Facts(
        frozenset(name for name, _ in store.programs()), _log_since(place), inside, policies, shares, clock_of(store) or now_ms()
    )
    found = stages(step, diff, facts)
    order = order_of(found, made.crossing, base.serial + 1)
    plan = Plan(
        kind=goal.kind,
        environment=place.environment.name,
        base=base,
        told=Told(myself(), now_ms(), wish.message, rtj.__version__, goal.commit),
        project=step.project,
        running=step.running,
        stages=found,
        diff=diff,
        level=highest((diff.level, "safe" if found else "none")),
        checks=(*goal.checks, *overruled(halts(records(store)), (running, made.program), found)),
        waived=wish.waived,
        bounds=_bounds(place, wish),
        order=encode_entries(order) if order else b"",
        programs=_bundles(step),
        settings=settings_of(place.environment, place.root),
        undone=goal.undone,
        confirm=place.environment.policies.confirm,
        guardrails=place.environment.guardrails,
    )
    plan = _accepted(wish.accept, plan)
    if order and running is not None:
        counts = place.hands.rehearse(store, {one.fingerprint: bytes(one.program) for one in plan.programs}, order)
        if counts is not None:
            bounds = replace(plan.bounds, immediate=tuple(sorted(counts.items())), takeover=place.hands.takeover())
            plan = replace(plan, bounds=bounds)
    return Planned(plan, goal.places, seen)


def plan_for_journey(place: Place, wish: Wish, stage: Pause | Resume) -> Planned:
    """The plan that pauses a journey or lets it go on; what runs stays what it is. It has no stage where it is so already. Raises
    UsageError for an unknown journey, RefusedError when nothing is deployed."""
    store, kind = place.store, pauses(stage)
    known_in(stage.journey, project_in(place), kind)
    inside = sum(one.people for one in place.hands.tallies(store) or () if one.journey == stage.journey)
    is_so = isinstance(stage, Pause) == (stage.journey in paused(records(store)))
    return _staying(place, wish, (kind, () if is_so else (replace(stage, people=inside),)), inside)


def pauses(stage: Pause | Resume) -> Literal["pause", "resume"]:
    """The kind of a deployment of that stage alone."""
    return "pause" if isinstance(stage, Pause) else "resume"


def project_in(place: Place) -> Program:
    """The project that is deployed. Raises RefusedError when none is."""
    row = running(place.store.deployments())
    if row is None:
        name = one_line(place.environment.name)
        raise RefusedError(f"nothing is deployed to {name} yet: `rtj deploy --env {name}` comes first")
    return program_of(place.store, row.project)


def plan_of_nothing(place: Place, wish: Wish, kind: Kind) -> Planned:
    """The plan of what is so already."""
    return _staying(place, wish, (kind, ()), None)


def _staying(place: Place, wish: Wish, does: tuple[Kind, tuple[Pause | Resume, ...]], inside: int | None) -> Planned:
    """A plan by which what runs stays what it is."""
    store, name, (kind, found) = place.store, place.environment.name, does
    base = base_of(store)
    plan = Plan(
        kind=kind,
        environment=name,
        base=base,
        told=Told(myself(), now_ms(), wish.message, rtj.__version__),
        project=base.project,
        running=base.running,
        stages=found,
        diff=Diff(name, name, base.project, base.project, instances=inside),
        level="safe" if found else "none",
        checks=tuple(overruled(halts(records(store)), (None, None), found)),
        waived=wish.waived,
        bounds=_bounds(place, wish),
        order=encode_entries(order_of(found, Crossing({}), base.serial + 1)) if found else b"",
        settings=settings_of(place.environment, place.root),
        confirm=place.environment.policies.confirm,
    )
    return Planned(plan, Places())


# ---- versions


def _working_tree(root: Path) -> Version:
    """The project as it is in its folder."""
    _, found = versions(str(root), str(root))
    return dataclass_replace(found, side=dataclass_replace(found.side, name=NOW))


def _commit(root: Path) -> str:
    """The commit of the working tree, with a mark where it was edited since; "" outside of a repository."""
    git = Git(root, "rtj plan")
    found = git.told("rev-parse", "--short=10", "HEAD")
    if found is None:
        return ""
    return f"{found}{'+' if git.told('status', '--porcelain', '--untracked-files=no', '.') else ''}"


def _policies(wish: Wish, program: Program) -> dict[str, OnDeploy]:
    """What becomes of people by journey, where the call says it. Raises UsageError for a journey that is not there."""
    found: dict[str, OnDeploy] = {}
    for option, names in (("pin", wish.pins), ("migrate", wish.migrates)):
        for name in names:
            known_in(name, program, f"--{option}")
            if name in found:
                raise UsageError(f"--pin and --migrate {name}: one of them")
            found[name] = "pin" if option == "pin" else "migrate"
    return found


def _shares(wish: Wish, old: Program | None, program: Program) -> dict[str, float]:
    """The share of those who enter the new version, by journey: all journeys that are others now, or those that were named."""
    shares = dict(wish.ramps)
    for name in shares:
        known_in(name, program, "--ramp")
    if wish.ramp_all is not None and old is not None:
        was = {journey.name: journey for journey in old.journeys}
        shares |= {j.name: wish.ramp_all for j in program.journeys if j.name in was and was[j.name] != j and j.name not in shares}
    return shares


def known_in(name: str, program: Program, option: str) -> None:
    """Raises UsageError for a journey that a program does not have."""
    names = [journey.name for journey in program.journeys]
    if name not in names:
        near = nearest(name, names)
        raise UsageError(f"{option} {name}: no such journey{f'; did you mean {near}?' if near else ''}")


# ---- weighing


def _weighed(
    place: Place, old: Program | None, goal: _Goal, policies: Mapping[str, OnDeploy], tallies: Sequence[Tally] | None
) -> Diff:
    """The difference, weighed by who is inside the newest versions."""
    name = place.environment.name
    if old is None:
        return Diff(name, goal.side.name, "", fingerprint(goal.side.program), instances=0)
    before, after = Side(name, old), _with_policies(goal.side, policies)
    plain = dataclass_replace(goal.side, templates={}, needs={})  # the store has no texts to compare with
    found = differences(before, plain)
    standings = place.hands.standings(place.store) if found.every and tallies else ()
    if tallies is None or standings is None:
        found = unweighed(found, after)
    elif not found.every:  # nobody has to be asked anything
        names = _newest_versions(old)
        found = replace(found, instances=sum(one.people for one in tallies if (one.journey, one.version) in names))
    else:
        found = weighed_by(found, before, after, _newest(old, standings), clock_of(place.store) or 0)
    if goal.root is not None:
        found = waive(found, waivers_beside(goal.root).waivers).diff
    return found


def _newest(old: Program, standings: Sequence[Standing]) -> Iterator[Standing]:
    """Those who are in the newest versions of what runs: whoever is in an older one stands at other nodes."""
    known = _newest_versions(old)
    for one in standings:
        keys = [(inst, known.get((inst.journey, inst.version))) for inst in one.instances]
        yield Standing(one.profile, tuple(replace(inst, version=name) for inst, name in keys if name is not None))


def _newest_versions(old: Program) -> dict[tuple[str, str], str]:
    """The fingerprint of each journey by its name and by what its version is called, which is another beside older ones."""
    known: dict[tuple[str, str], str] = {}
    for journey in old.journeys:
        name = fingerprint(journey)
        known |= {(journey.name, name): name, (journey.name, version_of(old, journey)): name}
    return known


def _with_policies(side: Side, policies: Mapping[str, OnDeploy]) -> Side:
    """The side with what the call says of people instead of what its journeys say."""
    if not policies:
        return side
    journeys = tuple(replace(j, on_deploy=policies[j.name]) if j.name in policies else j for j in side.program.journeys)
    return dataclass_replace(side, program=replace(side.program, journeys=journeys))


def _accepted(words: Sequence[str], plan: Plan) -> Plan:
    """The plan with what breaks and somebody takes upon them. Raises UsageError for what is no such change."""
    every = [Accepted(one.change.code, whose(one), one.change.content) for one in unaccepted(plan)]
    every += [Accepted(STRANDED, journey, version) for journey, version, _ in homeless(plan)]
    found: list[Accepted] = []
    for word in words:
        code, at, journey = word.partition("@")
        if not (code and at and journey):
            raise UsageError(f"--accept {word}: say CODE@JOURNEY, such as D102@welcome")
        these = [one for one in every if (one.code, one.journey) == (code, journey)]
        if not these:
            known = ", ".join(sorted({f"{one.code}@{one.journey}" for one in every})[:8])
            raise UsageError(f"--accept {word}: nothing of that kind breaks{f'; these do: {known}' if known else ''}")
        found += these
    return replace(plan, accepted=tuple(dict.fromkeys(found)))


def _linked(running: Program | None, goal: _Goal, deploying: Deploying) -> Linked:
    """What runs from now on. Raises RefusedError where an old version reads what the project has no more."""
    new = goal.side
    if running is None:
        return Linked(new.program, Crossing({}))
    texts = new.needs if goal.root is not None and new.templates else None  # a project without texts has them elsewhere
    needs = None if texts is None else {name: frozenset().union(*files.values()) for name, files in texts.items()}
    made = linked(new.program, drains(running, new.program, deploying), needs)
    if isinstance(made, Unlinkable):
        more = f" (and {len(made.missing) - 1:,} more)" if len(made.missing) > 1 else ""
        raise RefusedError(f"{made.missing[0].text}{more}")
    return Linked(made, crossing(Side("what runs", running), Side("what is to run", made)))


def _inside(running: Program | None, tallies: Sequence[Tally] | None) -> dict[str, dict[str, int]]:
    """How many stand at each node of each version of what runs, by its name there."""
    if running is None:
        return {}
    names = {
        (known_as(one), one.version if isinstance(one, OldVersion) else fingerprint(one)): one.name for one in running.journeys
    }
    found: dict[str, dict[str, int]] = {}
    for one in tallies or ():
        name = names.get((one.journey, one.version))
        if name is not None:
            standing = found.setdefault(name, {})
            standing[one.node] = standing.get(one.node, 0) + one.people
    return found


# ---- parts of the plan


def _log_since(place: Place) -> int | None:
    first = next(iter(place.store.log()), None)
    return None if first is None else first.taken_ms


def _bounds(place: Place, wish: Wish) -> Bounds:
    policies = place.environment.policies
    most = policies.max_immediate_sends if wish.immediate_max is None else wish.immediate_max
    return Bounds(policies.approvals, most)


def _bundles(step: Step) -> tuple[Bundle, ...]:
    found = [bundle(step.new, step.project)]
    if step.running != step.project:
        found.append(bundle(step.linked.program, step.running))
    return tuple(found)
