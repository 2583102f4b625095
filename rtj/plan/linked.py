"""The program that runs: the new project, and beside its journeys old versions of them in which people finish, or that still
admit a share of them (S12.2).

    olds = drains(running, new, Deploying(inside, policies, ramps))
    made = linked(new, olds)          # the program, or Unlinkable: what an old version reads that the project has no more
    crossing(Side("", running), Side("", made))

An old version keeps its graph and its expressions, and the history that only these read; audiences, attributes, templates, caps,
consent and quiet hours are those of the new project. Without old versions the program is the new project itself.

In a ramp who enters is told by a hash of the journey and the person: a share that grows only ever moves people from the old
version to the new one, and nobody back. Who is inside stays on the version that they entered until the ramp is over; then
`on_deploy` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from rtj.ir.aligned import called, content_names, lifted_reads
from rtj.ir.crossing import heirs, moved_nodes
from rtj.ir.journey import WHOLE, Boundary, Journey, OnDeploy, Version, known_as
from rtj.ir.meaning import meant
from rtj.ir.program import Aggregate, Program, Tracker
from rtj.plan.missing import Missing, lacks
from rtj.plan.versions import version_of, versions_of

replace = msgspec.structs.replace
NOBODY = (0, 0)


@dataclass(frozen=True, slots=True)
class Drain:
    """An old version that goes on beside the new one. `program` is one that has it, `journey` its name there; `of`: the name of
    the journey in the new project; `admits`: the share of people who still enter it (in millionths of a hash, from, to);
    `goes_over`: its people go over when they next come to the first node. `needed`: somebody is in it, or is to enter it; else it
    is there for those who enter until the deployment is taken, if it can be."""

    program: Program
    journey: str
    of: str
    admits: tuple[int, int] = NOBODY
    goes_over: bool = False
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Deploying:
    """What decides over old versions. `inside`: how many are in each journey of what runs, by its name there; `policies`: what is
    to become of people inside a journey, instead of its `on_deploy`; `ramps`: the share, in millionths, of those who enter the
    new version of a journey; 1,000,000 ends a ramp."""

    inside: Mapping[str, int] = field(default_factory=dict)
    policies: Mapping[str, OnDeploy] = field(default_factory=dict)
    ramps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unlinkable:
    """Old versions cannot run in the new project: what they read there that it has no more."""

    missing: tuple[Missing, ...]


def drains(running: Program, new: Program, deploying: Deploying) -> tuple[Drain, ...]:
    """The old versions that go on when a project takes over from a program that runs. Those that nobody is in, and that have
    admitted nobody since the deployment before, are not among them."""
    was, now = versions_of(running), versions_of(new)
    names = heirs(running.journeys, new.journeys)
    found = []
    for journey in running.journeys:
        name = known_as(journey)
        of = names.get(name)
        policy, inside = deploying.policies.get(of or name), bool(deploying.inside.get(journey.name))
        if of is None:
            if policy == "pin" and (inside or admits(journey)):
                found.append(Drain(running, journey.name, name, needed=inside))  # the journey is gone, its people are to finish
            continue
        if was[journey.name] == now[of]:
            continue
        policy = policy or next(one.on_deploy for one in new.journeys if one.name == of)
        share = deploying.ramps.get(of, WHOLE)
        if share < WHOLE and journey.name == _stable(running, name, now[of]):
            found.append(Drain(running, journey.name, of, (share, WHOLE)))
        elif (inside or admits(journey)) and (share < WHOLE or policy != "migrate"):
            over = share == WHOLE and policy == "boundary"
            found.append(Drain(running, journey.name, of, goes_over=over, needed=inside))
    return tuple(found)


def admits(journey: Journey) -> bool:
    """Does this version of a journey let anybody in?"""
    return not isinstance(journey, Version) or journey.admits[0] < journey.admits[1]


def _stable(running: Program, name: str, newest: str) -> str | None:
    """Of the versions of a journey that run, beside the newest, that which admits most people: those outside a ramp enter it."""
    shares: dict[str, int] = {}
    for journey in running.journeys:
        if known_as(journey) == name and version_of(running, journey) != newest:
            low, high = journey.admits if isinstance(journey, Version) else (0, WHOLE)
            if high > low:
                shares[journey.name] = high - low
    return max(shares, key=lambda one: (shares[one], one), default=None)


def linked(new: Program, olds: Sequence[Drain], templates: Mapping[str, Collection[str]] | None = None) -> Program | Unlinkable:
    """The new project with old versions beside its own. `templates`: the values that the text of each message of the project asks
    for, by the name of the message; None: not known, and then not looked at."""
    lacking = {number: tuple(_missing(new, old, templates)) for number, old in enumerate(olds)}
    missing = [one for number, old in enumerate(olds) if old.needed for one in lacking[number]]
    if missing:
        return Unlinkable(tuple(sorted(set(missing), key=lambda one: (one.journey, one.version, one.kind, one.name))))
    olds = [old for number, old in enumerate(olds) if not lacking[number]]
    if not olds:
        return new
    made, journeys = new, list(new.journeys)
    for old in olds:
        made, version = _linked(made, new, old)
        journeys.append(version)
    shares: dict[str, int] = {}
    for old in olds:
        if old.admits != NOBODY:
            shares[old.of] = min(old.admits[0], shares.get(old.of, WHOLE))
    journeys = [_ramped(new, one, shares[one.name]) if one.name in shares else one for one in journeys]
    return replace(made, journeys=tuple(sorted(journeys, key=lambda one: one.name)))


def _ramped(new: Program, journey: Journey, share: int) -> Journey:
    """The new version of a journey, as long as it does not admit everybody."""
    return _version(journey, journey.name, journey.name, version_of(new, journey), (0, share))


def _version(spec: Journey, name: str, of: str, version: str, admits: tuple[int, int]) -> Version:
    fields = {one: getattr(spec, one) for one in Journey.__struct_fields__}
    return Version(**{**fields, "name": name, "of": of, "version": version, "admits": admits})


def _linked(made: Program, new: Program, old: Drain) -> tuple[Program, Version]:
    """The program with the history that an old version reads, and the version as it stands in this program."""
    spec, lifted, version = _by_content(old)
    names = {content: name for name, content in content_names(made).items()}
    known = {one.name for one in made.aggregates} | {one.name for one in made.trackers}
    aggregates, trackers = list(made.aggregates), list(made.trackers)
    for part in lifted:
        name = names.get(part.name, part.name)
        if isinstance(part, Tracker):
            trackers += [called(part, names)] if name not in known else []
        elif name not in known:
            aggregates.append(called(part, names))
        else:
            place = next(place for place, one in enumerate(aggregates) if one.name == name)
            keep = {*part.keep, *aggregates[place].keep}
            if keep != set(aggregates[place].keep):
                aggregates[place] = replace(aggregates[place], keep=tuple(sorted(keep)))
    made = replace(made, aggregates=tuple(aggregates), trackers=tuple(trackers))
    entries = () if old.admits == NOBODY else spec.entries
    spec = called(replace(spec, entries=entries), names)
    named = _version(spec, f"{old.of}@{version}", old.of, version, old.admits)
    newest = next((one for one in new.journeys if one.name == old.of), None)
    if old.goes_over and newest is not None:
        named = replace(named, over=_boundary(named, newest))
    return made, named


def _by_content(old: Drain) -> tuple[Journey, tuple[Aggregate | Tracker, ...], str]:
    """An old version, what of the compiler's history it reads (what is read before its reader), and its hash. All of it is named
    by content."""
    names = content_names(old.program)
    journey = next(one for one in old.program.journeys if one.name == old.journey)
    spec = called(journey, names)
    every: dict[str, Aggregate | Tracker] = {names[one.name]: called(one, names) for one in _numbered(old.program, names)}
    order = [name for name in names.values() if name in every]  # `content_names` finds what is read before its reader
    wanted: set[str] = set()
    todo: list[msgspec.Struct] = [spec]
    while todo:
        fresh = (lifted_reads(todo.pop()) & every.keys()) - wanted
        wanted |= fresh
        todo += [every[name] for name in fresh]
    return spec, tuple(every[name] for name in order if name in wanted), version_of(old.program, journey)


def _numbered(program: Program, names: Mapping[str, str]) -> Iterator[Aggregate | Tracker]:
    yield from (one for one in program.aggregates if one.name in names)
    yield from (one for one in program.trackers if one.name in names)


def _boundary(old: Version, new: Journey) -> Boundary:
    """How people go over at the first node: visits by the id of the node, goals and exits that mean the same."""
    ids = {node.id for node in new.nodes}
    moved = moved_nodes(old, new)
    nodes = {node.id: moved.get(node.id, node.id) for node in old.nodes}
    watches: list[tuple[int, int]] = []
    for was, now, first in ((old.goals, new.goals, (0, 0)), (old.exits, new.exits, (len(old.goals), len(new.goals)))):
        taken: set[int] = set()
        for number, watch in enumerate(was):
            same = next((n for n, one in enumerate(now) if n not in taken and meant(one) == meant(watch)), None)
            if same is not None:
                taken.add(same)
                watches.append((first[0] + number, first[1] + same))
    pairs = tuple((one, other) for one, other in nodes.items() if other in ids)
    return Boundary(new.name, pairs, tuple(watches))


def _missing(new: Program, old: Drain, templates: Mapping[str, Collection[str]] | None) -> Iterator[Missing]:
    spec, lifted, version = _by_content(old)
    entries = () if old.admits == NOBODY else spec.entries
    return lacks((old.program, new), (old.of, version, replace(spec, entries=entries)), lifted, templates)
