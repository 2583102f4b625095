"""A whole difference weighed: by a snapshot, by live people, or by nothing but what the new version says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from rtj.ir.program import fingerprint
from rtj.ir.standing import Snapshot, Standing
from rtj.plan.changes import LEVELS, Diff, Evidence, JourneyDiff, Judged, highest
from rtj.plan.evidence import Weighed, is_kept_from, weigh
from rtj.plan.sides import Side

EVENTS_MAX = 3  # sources of events that are named


def weighed(diff: Diff, old: Side, new: Side, snapshot: Snapshot) -> Diff:
    """A difference weighed by a snapshot. The sides hold their programs as they were compiled."""
    found = weighed_by(diff, old, new, snapshot, snapshot.header.at or 0)
    remarks = [*found.remarks]
    ran = snapshot.header.program
    if ran != fingerprint(old.program):
        remarks.append(f"{snapshot.name} is of another program ({ran}) than {old.name}: people are counted where names agree")
    if snapshot.header.interrupted:
        remarks.append(f"{snapshot.name} is of a run that was broken off: not everybody had come as far")
    if snapshot.bad_count:
        first = snapshot.bad[0]
        more = f", and {snapshot.bad_count - 1:,} more" if snapshot.bad_count > 1 else ""
        remarks.append(f"{snapshot.name}, line {first.line:,}: left out: {first.reason}{more}")
    return replace(found, remarks=tuple(remarks))


def weighed_by_replay(diff: Diff, old: Side, new: Side, snapshot: Snapshot, events: Sequence[str]) -> Diff:
    """A difference with the numbers of those who stand where at the end of a replay through the old version. `snapshot` was
    written by it; `events`: what was replayed, as it is called. Says where the numbers come from.

    They may raise a level, and lower none: whoever was inside then need not be who is inside now."""
    found = weighed_by(diff, old, new, snapshot, snapshot.header.at or 0)
    levels = {judged.change: judged.effective for judged in unweighed(diff, new).every}
    kept = [replace(one, effective=highest((one.effective, levels[one.change]))) for one in found.every]
    found = _put_back(found, kept, None)
    source = f"at the end of {', '.join(events[:EVENTS_MAX])}{' …' if len(events) > EVENTS_MAX else ''}, under {old.name}"
    inside = f"{found.instances:,} inside {source}" if found.instances else f"nobody is inside {source}"
    broken = ", where the run was broken off" if snapshot.header.interrupted else ""
    remark = f"{inside}{broken}: they lower no level; `--instances FILE` weighs by who is inside now"
    return replace(found, remarks=(remark, *found.remarks))


def weighed_by(diff: Diff, old: Side, new: Side, standings: Iterable[Standing], at: int) -> Diff:
    """A difference weighed by who stands where at an instant."""
    changes = [judged.change for judged in diff.every]
    found = weigh(changes, old, new, standings, at)
    result = _put_back(diff, found.judged, found)
    return replace(result, instances=found.instances, remarks=(*diff.remarks, *found.remarks))


def unweighed(diff: Diff, new: Side) -> Diff:
    """A difference of which nobody knows who is inside: static levels, but where people finish on the old version."""
    pinned = {journey.name for journey in new.program.journeys if journey.on_deploy == "pin"}
    told = Evidence(told=("people inside finish on the version that they entered (`on_deploy: pin`)",))
    judged = [
        Judged(one.change, "safe", told) if one.change.journey in pinned and is_kept_from(one.change) else one
        for one in diff.every
    ]
    return _put_back(diff, judged, None)


def _put_back(diff: Diff, judged: Sequence[Judged], found: Weighed | None) -> Diff:
    """The difference with its changes judged anew, the most harmful first."""
    left = iter(judged)

    def taken(number: int) -> tuple[Judged, ...]:
        these = [next(left) for _ in range(number)]
        return tuple(sorted(these, key=lambda one: (-LEVELS.index(one.effective), -LEVELS.index(one.change.level))))

    project = taken(len(diff.project))
    journeys = tuple(_counted(replace(one, changes=taken(len(one.changes))), found) for one in diff.journeys)
    return replace(diff, project=project, journeys=journeys)


def _counted(one: JourneyDiff, found: Weighed | None) -> JourneyDiff:
    """The journey with who is inside, where somebody has counted."""
    if found is None:
        return one
    return replace(one, inside=found.inside.get(one.name, 0), standing=found.standing.get(one.name, {}))
