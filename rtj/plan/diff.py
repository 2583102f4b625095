"""Two versions of a project -> everything that is different between them. `diff` is the way in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rtj.ir import journey as j
from rtj.ir.aligned import aligned
from rtj.ir.crossing import heirs
from rtj.ir.program import Program, fingerprint
from rtj.plan.both import Both, side_by_side
from rtj.plan.carried import changes_of_carried
from rtj.plan.changes import LEVELS, Change, Diff, JourneyDiff, Judged, Status
from rtj.plan.node_sets import changes_of_sets
from rtj.plan.node_ways import changes_of_ways
from rtj.plan.nodes import changes_of_node
from rtj.plan.pairing import LIKE
from rtj.plan.project import changes_of_project
from rtj.plan.rewritten import rewritten_journey, rewritten_program
from rtj.plan.sides import Side
from rtj.plan.ways_in import changes_of_ways_in

CHANGES_MAX = 100_000  # changes told of one journey, or of the project; of further ones only their number


def diff(old: Side, new: Side) -> Diff:
    """Everything that is different from `old` to `new`, with static levels. Pure: equal versions give an empty diff, and what is
    added from one side is removed from the other."""
    before, after = (fingerprint(side.program) if side.runnable else "" for side in (old, new))
    remarks: list[str] = []
    ours, theirs = aligned(old.program, new.program)
    old, new = _with(old, ours), _with(new, theirs)
    told: dict[str, list[Change]] = {}
    for change in changes_of_project(old, new):
        told.setdefault(change.journey, []).append(change)
    project = tuple(_judged(_bounded(told.pop("", []), remarks, "the project")))
    journeys = (*_lost(old, new), *_journeys(old, new, told, remarks))
    if before != after and not project and not journeys:
        project = tuple(_judged([rewritten_program(old.program, new.program)]))
    return Diff(old.name, new.name, before, after, project=project, journeys=journeys, remarks=tuple(remarks))


def _with(side: Side, program: Program) -> Side:
    return side if program is side.program else replace(side, program=program)


def _lost(old: Side, new: Side) -> Iterator[JourneyDiff]:
    """Journeys of which one version cannot be read."""
    for name in sorted(old.lost.keys() | new.lost.keys()):
        whys = [f"{side.name} cannot be read: {side.lost[name]}" for side in (old, new) if name in side.lost]
        yield JourneyDiff(name, "lost", (), why="; ".join(whys))


def _journeys(old: Side, new: Side, told: Mapping[str, list[Change]], remarks: list[str]) -> Iterator[JourneyDiff]:
    """What is different in each journey. `told`: what comes to it from declarations that it uses."""
    carried = _may_carry_otherwise(old.program, new.program)
    was, now = ({one.name: one for one in side.program.journeys} for side in (old, new))
    came_from = {new: old for old, new in heirs(old.program.journeys, new.program.journeys).items()}
    gone = was.keys() - came_from.values()
    for name in sorted(now.keys() | gone):
        before, after = was.get(came_from.get(name, name)), now.get(name)
        if name in old.lost or name in new.lost:
            continue
        if after is None or before is None:
            one = after or before
            assert one is not None
            likely = _likely(one, [now[other] for other in sorted(now.keys() - was.keys())]) if after is None else ""
            yield _alone(one, "removed" if after is None else "added", likely)
            continue
        both = side_by_side(old, new, before, after) if before != after or carried else None
        direct = list(_of_journey(both)) if both is not None and before != after else []
        other = list(changes_of_carried(both)) if both is not None else []
        every = [*direct, *other, *told.get(name, [])]
        if not every and before != after:
            every = direct = list(rewritten_journey(before, after))
        changes = tuple(_judged(_bounded(every, remarks, f"`{name}`")))
        if changes:
            yield JourneyDiff(name, "changed" if direct else "indirect", changes, before.name if before.name != name else "")


def _may_carry_otherwise(old: Program, new: Program) -> bool:
    """May people carry other values into a journey that is as it was: of events, of answers, from those who start it?"""
    return (old.events, old.webhooks) != (new.events, new.webhooks) or _starts(old) != _starts(new)


def _starts(program: Program) -> list[j.StartJourney]:
    return [node for journey in program.journeys for node in journey.nodes if isinstance(node, j.StartJourney)]


def _likely(gone: j.Journey, added: Iterable[j.Journey]) -> str:
    """The added journey that may be one that is gone, by the ids of their nodes; "" for none."""
    ids = {node.id for node in gone.nodes}
    rated = [(len(ids & {n.id for n in one.nodes}) / max(1, len(ids | {n.id for n in one.nodes})), one.name) for one in added]
    share, name = max(rated, default=(0.0, ""))
    return name if share > LIKE else ""


def _alone(journey: j.Journey, status: Status, likely: str) -> JourneyDiff:
    spot = "journey", journey.name
    nodes = f"{len(journey.nodes):,} node{'' if len(journey.nodes) == 1 else 's'}"
    if status == "added":
        change = Change("D002", "safe", "journey", "", nodes, "nobody is inside yet", journey.name, "", "entrants", None, spot)
    else:
        reason = "people inside have no place in the new version"
        suggest = f"formerly: {journey.name} in {likely}" if likely else ""
        change = Change("D003", "breaking", "journey", nodes, "", reason, journey.name, "", "inside", spot, None, suggest=suggest)
    return JourneyDiff(journey.name, status, tuple(_judged([change])))


def _of_journey(both: Both) -> Iterator[Change]:
    old, new = both.old, both.new
    if old.name != new.name:
        spots = ("journey", old.name), ("journey", new.name)
        reason = "people inside stay inside, under the new name (`formerly`)"
        yield Change("D004", "needs-migration", "journey", old.name, new.name, reason, new.name, "", "inside", *spots)
    yield from changes_of_ways_in(both.old_side, both.new_side, old, new)
    yield from changes_of_sets(both)
    for one, other in both.pairing.nodes.items():
        was, now = both.was[one], both.now[other]
        if was != now and type(was) is type(now):
            yield from changes_of_node(both, was, now)
            yield from changes_of_ways(both, was, now)


def _bounded(changes: Iterable[Change], remarks: list[str], whose: str) -> Iterator[Change]:
    """At most so many, the rest counted."""
    more = 0
    for number, change in enumerate(changes):
        if number < CHANGES_MAX:
            yield change
        else:
            more += 1
    if more:
        remarks.append(f"{more:,} further changes of {whose} are counted, but not listed")


def _judged(changes: Iterable[Change]) -> Iterator[Judged]:
    """The changes with their static levels, the most harmful first."""
    for change in sorted(changes, key=lambda c: (-LEVELS.index(c.level), c.code, c.what)):
        yield Judged(change, change.level)
