"""Changes weighed by who is inside: how many stand where a change is felt, and what it does to them.

The snapshot is read once. What is kept are numbers: by place of the old version, and by change. Without evidence a change has its
static level; if those are counted whom it concerns, and there is nobody, it is safe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rtj.engine.caps import covers
from rtj.ir import journey as j
from rtj.ir.program import Cap, Program, fingerprint
from rtj.ir.standing import Standing
from rtj.plan.changes import Change, Evidence, Judged, Level, highest
from rtj.plan.ground import Ground, grounds
from rtj.plan.questions import Answer, Clock, Holding, Question, Several, Stay, Timers, many
from rtj.plan.questions_sending import Channels, Places, Sending, purpose_of
from rtj.plan.sides import Side

COUNTED = ("here", "ahead", "inside")  # whom a change concerns, as far as a snapshot tells of them
TIMERS = ("D121", "D122", "D123", "D124", "D125")
OUTSIDE_JOURNEY = ("D003", "D133", "D171", "D181")  # what the version that people finish on does not keep from them
STRANGERS_MAX = 20  # journeys that the old version does not have, which are named
FACTS = "who of them would leave at once hangs on facts that a snapshot does not hold; a replay with `--events` tells"

OF_ALL = ("D162", "D164", "D165")  # of the whole project, and felt by nobody but people inside and those who come
At: TypeAlias = tuple[str, str]  # old name of the journey, old id
Spots: TypeAlias = dict[At, list[Question]]


@dataclass(frozen=True, slots=True)
class Weighed:
    """`judged` in the order in which the changes were given; `inside`: how many are in each journey of the old version, by the
    name that changes have, and `standing` at each of its nodes, by their old ids; `instances` of `profiles` in all; `remarks`:
    what could not be counted, and why."""

    judged: tuple[Judged, ...]
    inside: Mapping[str, int]
    standing: Mapping[str, Mapping[str, int]]
    instances: int
    profiles: int
    remarks: tuple[str, ...]


def weigh(changes: Sequence[Change], old: Side, new: Side, standings: Iterable[Standing], at: int) -> Weighed:
    """Judge changes by who stands where at an instant (ms since the epoch). One pass; memory is bounded by the changes and the
    nodes of the old version. The sides hold their programs as they were compiled."""
    scale = _Scale(changes, old, new, at)
    scale.count(standings)
    return scale.read()


class _Scale:
    """One weighing."""

    def __init__(self, changes: Sequence[Change], old: Side, new: Side, at: int) -> None:
        self._changes, self._old, self._new = changes, old, new
        self._clock = Clock.of(new.program, at)
        self._grounds = {ground.old.name: ground for ground in grounds(old.program.journeys, new.program.journeys)}
        self._named = {ground.name: ground for ground in self._grounds.values()}
        self._versions = {journey.name: fingerprint(journey) for journey in old.program.journeys}
        self._where: Counter[tuple[str, str]] = Counter()
        self._lost: Counter[str] = Counter()  # at nodes that the old version does not have
        self._strange: Counter[str] = Counter()  # in journeys that it does not have
        self._inside: dict[str, int] = {}  # by the name that changes have; known in the end
        self._other_versions = self._profiles = 0
        self._questions: list[Question | None] = []
        self._spots: Spots = {}
        self._felt: list[frozenset[At] | None] = []  # from where people come to what a change is about; None: as `concerns` says
        for change in changes:
            self._pose(change)

    # ---- before

    def _pose(self, change: Change) -> None:
        """What has to be asked, and where."""
        question, spots = self._question(change)
        self._questions.append(question)
        self._felt.append(self._feels(change))
        if question is not None:
            for spot in spots:
                self._spots.setdefault(spot, []).append(question)

    def _question(self, change: Change) -> tuple[Question | None, Iterable[tuple[str, str]]]:
        ground = self._named.get(change.journey)
        cap = _cap_of(change, self._new.program)
        if cap is not None and (not change.journey or ground is not None):
            return self._of_cap(cap, ground)
        if change.code == "D162" and (change.now or change.was or ("",))[0] == "quiet_hours":
            return Holding(), self._everywhere(self._grounds.values())
        if ground is None or ground.new is None or ground.is_pinned:
            return None, ()
        node, new_node = ground.nodes_of(change)
        before, after = ground.was.get(node), ground.now.get(new_node)
        match change.code:
            case code if code in TIMERS and before is not None and after is not None:
                return Timers(code, before, after, ground.new.timers, self._clock), [(ground.old.name, node)]
            case "D131" | "D132" if (
                isinstance(before, j.Send) and isinstance(after, j.Send) and self._goes_elsewhere(before, after)
            ):
                sides = Sending(self._old.program, before), Sending(self._new.program, after)
                return Channels(*sides), self._at(ground, ground.there(node, new_node))
            case "D153" if (change.now or ())[-1:] == ("max_duration",):
                return Stay(ground.new.max_duration, self._clock), self._everywhere((ground,))
            case "D154" if change.now is None and all(entry.key is None for entry in ground.new.entries):
                return Several(), self._everywhere((ground,))
            case _:
                return None, ()

    def _feels(self, change: Change) -> frozenset[At] | None:
        """Where people stand who have a message ahead for which a cap or quiet hours count that are others."""
        ground = self._named.get(change.journey)
        if change.code not in ("D162", "D171") or (change.journey and ground is None):
            return None
        these = tuple(self._grounds.values()) if ground is None else (ground,)
        spots = [spot for spot in (change.was, change.now, *change.causes) if spot is not None]
        cap = _cap_of(change, self._new.program)
        if cap is not None:
            return self._before_sends(these, lambda name, node: _is_covered(self._new.program, cap, name, node))
        if any(spot[0] == "quiet_hours" for spot in spots):
            return self._before_sends(these, lambda _, node: self._waits_for_hours(node))
        return None

    def _before_sends(self, these: Iterable[Ground], counts: Callable[[str, j.Send], bool]) -> frozenset[At]:
        found: set[At] = set()
        for ground in these:
            for node in ground.new.nodes if ground.new is not None else ():
                if isinstance(node, j.Send) and counts(ground.name, node):
                    found.update(self._at(ground, ground.there("", node.id)))
        return frozenset(found)

    def _waits_for_hours(self, send: j.Send) -> bool:
        """Does a send go by a channel that has quiet hours in one of the versions?"""
        for program in (self._old.program, self._new.program):
            quiet = program.quiet_hours
            channels = send.channels if quiet is None or not quiet.channels else set(send.channels) & set(quiet.channels)
            if quiet is not None and any(purpose_of(program, send.message, one) != "transactional" for one in channels):
                return True
        return False

    def _goes_elsewhere(self, old: j.Send, new: j.Send) -> bool:
        """Does it go by other channels, or for another purpose?"""
        if old.channels != new.channels:
            return True
        programs = self._old.program, self._new.program
        return any(purpose_of(programs[0], old.message, c) != purpose_of(programs[1], new.message, c) for c in new.channels)

    def _of_cap(self, cap: Cap, only: Ground | None) -> tuple[Question, Iterable[tuple[str, str]]]:
        before = next((one for one in self._old.program.caps if one.name == cap.name), None)
        renamed = {ground.old.name: ground.name for ground in self._grounds.values()}
        these = self._grounds.values() if only is None else (only,)
        spots = self._before_sends(these, lambda name, node: _is_covered(self._new.program, cap, name, node))
        return Places(cap, before, renamed, self._clock), spots

    @staticmethod
    def _at(ground: Ground, places: Iterable[str]) -> Iterator[tuple[str, str]]:
        return ((ground.old.name, place) for place in places)

    @staticmethod
    def _everywhere(these: Iterable[Ground]) -> Iterator[tuple[str, str]]:
        return ((ground.old.name, node) for ground in these for node in ground.was)

    # ---- the pass

    def count(self, standings: Iterable[Standing]) -> None:
        """Take everybody."""
        where, spots, versions = self._where, self._spots, self._versions
        for standing in standings:
            self._profiles += 1
            for instance in standing.instances:
                spot = (instance.journey, instance.node)
                version = versions.get(instance.journey)
                if version is None:
                    name = instance.journey if len(self._strange) < STRANGERS_MAX else "…"
                    self._strange[name] += 1
                    continue
                self._other_versions += instance.version != version
                if instance.node not in self._grounds[instance.journey].was:
                    self._lost[instance.journey] += 1
                    continue
                where[spot] += 1
                for question in spots.get(spot, ()):
                    question.ask(standing.profile, instance)

    # ---- after

    def read(self) -> Weighed:
        """What it shows."""
        inside = self._inside = {ground.name: self._count_inside(ground) for ground in self._grounds.values()}
        judged = tuple(map(self._judge, self._changes, self._questions, self._felt))
        instances = sum(inside.values()) + self._strange.total()
        standing = {
            ground.name: {node: number for node in ground.was if (number := self._where[ground.old.name, node])}
            for ground in self._grounds.values()
        }
        return Weighed(judged, inside, standing, instances, self._profiles, tuple(self._remarks()))

    def _count_inside(self, ground: Ground) -> int:
        return sum(self._where[ground.old.name, node] for node in ground.was) + self._lost[ground.old.name]

    def _judge(self, change: Change, question: Question | None, felt: frozenset[At] | None) -> Judged:
        answer = question.answer() if question is not None else Answer()
        ground = self._named.get(change.journey)
        if ground is None:
            everybody = sum(self._inside.values())
            here = everybody if change.concerns == "everybody" else 0
            if felt is not None:
                here = sum(self._where[spot] for spot in felt) + self._lost.total()
            return self._judged(change, Evidence(here, everybody), answer, [])
        inside = self._inside[ground.name]
        if change.concerns not in COUNTED:
            return self._judged(change, Evidence(0, inside), answer, [])
        if ground.is_pinned and is_kept_from(change):
            said = f"{many(inside, 'person', 'people')} inside finish on the version that they entered (`on_deploy: pin`)"
            return Judged(change, "safe", Evidence(0, inside, told=(said,)))
        here, said = self._here(change, ground)
        if felt is not None:
            lost = self._lost[ground.old.name]
            here, said = sum(self._where[spot] for spot in felt) + lost, "have a message ahead for which it counts"
        said = f"{here:,} of {inside:,} inside {said}" if inside else "nobody is inside"
        told = [said, *(_consequences(change, ground) if here else ())]
        return self._judged(change, Evidence(here, inside), answer, told)

    def _judged(self, change: Change, evidence: Evidence, answer: Answer, told: list[str]) -> Judged:
        counted = change.concerns in COUNTED or (change.code in OF_ALL and change.concerns == "everybody")
        concerned = evidence.here or not counted
        level: Level = highest((change.level, answer.level)) if concerned or change.level == "none" else "safe"
        whole = Evidence(evidence.here, evidence.inside, answer.overdue, answer.blocked, (*told, *answer.told))
        return Judged(change, level, whole)

    def _here(self, change: Change, ground: Ground) -> tuple[int, str]:
        """How many it concerns, and where they are. Who stands nobody knows where has everything ahead."""
        node, new_node = ground.nodes_of(change)
        lost = self._lost[ground.old.name]
        if change.concerns == "inside" or not (node or new_node):
            return self._inside[ground.name], "are concerned"
        if change.concerns == "here":
            return self._where[ground.old.name, node], "stand here"
        kept = ground.new is not None and ground.new.timers == "keep" and change.code in ("D121", "D122", "D125")
        places = ground.arriving(node, new_node) if kept else ground.there(node, new_node)
        here = sum(self._where[ground.old.name, place] for place in places) + lost
        return here, "can still come here" if kept else "stand here or can still come here"

    def _remarks(self) -> Iterator[str]:
        name = self._old.name
        if self._strange:
            names = ", ".join(f"`{one}`" for one in self._strange)
            yield f"{many(self._strange.total(), 'instance')} not weighed: {name} does not have the journeys {names}"
        for journey, number in self._lost.items():
            yield (
                f"`{journey}`: {many(number, 'instance')} at nodes that {name} does not have, counted as if everything lay ahead"
            )
        if self._other_versions:
            yield f"{many(self._other_versions, 'instance')} entered another version of their journey than that of {name}"


def is_kept_from(change: Change) -> bool:
    """Does a change not reach those who finish on the old version?"""
    return change.concerns in COUNTED and change.code not in OUTSIDE_JOURNEY


def _cap_of(change: Change, program: Program) -> Cap | None:
    """The cap of the new version that is another, or is the cause."""
    for spot in (change.now, *change.causes) if change.code in ("D162", "D171") else ():
        if spot is not None and spot[0] == "cap" and len(spot) > 1:
            return next((cap for cap in program.caps if cap.name == spot[1] and cap.of == "messages"), None)
    return None


def _is_covered(program: Program, cap: Cap, journey: str, send: j.Send) -> bool:
    category = next((one.category for one in program.messages if one.name == send.message), "")
    return any(
        covers(cap, channel, journey, category) and purpose_of(program, send.message, channel) != "transactional"
        for channel in send.channels
    )


def _consequences(change: Change, ground: Ground) -> Iterator[str]:
    """What becomes of those whom a change concerns."""
    node, new_node = ground.nodes_of(change)
    match change.code:
        case "D103":
            yield f"they will stand at `{new_node}`, with their timers"
        case "D107" if ground.pairing is not None:
            to = ground.pairing.dropped.get(node)
            yield "they leave" if to is None else f"they go on at `{to}`"
        case "D112" | "D124" if change.level == "breaking":
            yield "they would be stranded: no way out is left"
        case "D153" if (change.now or ())[-1:] != ("max_duration",) and change.now is not None:
            yield FACTS
        case _:
            pass
    if ground.new is not None and ground.new.on_deploy == "boundary":
        yield "they go over when they next come to the first node (`on_deploy: boundary`)"
