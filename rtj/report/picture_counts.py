"""A trace drawn onto a picture: how many entered, went each way, stand where, were sent what, and left for which reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from rtj.base.errors import InputError
from rtj.report.picture import Box, Flow, Picture, Stop, Tally, Way, stops
from rtj.report.summary import GATES, REFUSED
from rtj.report.timeline import LEFT

_THROUGH = ("completed", "holdout")  # reasons of those who have come to an end that is drawn
_INSIDE = frozenset(("waits", "goes", "sent", "blocked", "held", "called", "set", "emitted", "started"))


class Row(msgspec.Struct):
    """What counts of a record of a trace."""

    what: str
    journey: str = ""
    instance: str = ""
    node: str = ""
    to: str = ""
    reason: str = ""
    channel: str = ""
    gate: str = ""
    program: str = ""


@dataclass(slots=True)
class Traffic:
    """What happened in one journey. `went` by (node, way), `left` by (node, reason), `sent` by node, `blocked` by (node, gate),
    `held` by node; `open` has the node at which each instance stands that has not left."""

    entered: int = 0
    goals: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    went: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    blocked: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    open: dict[str, str] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Count one record."""
        match row.what:
            case "entered":
                self.entered += 1
                self.open[row.instance] = ""
            case "left":
                self.left[row.node, row.reason] += 1
                self.open.pop(row.instance, None)
            case "goal":
                self.goals += 1
            case "refused":
                self.refused[row.reason] += 1
            case what if what in _INSIDE:
                self.open[row.instance] = row.node
                self._inside(row)
            case _:
                return

    def _inside(self, row: Row) -> None:
        match row.what:
            case "goes":
                self.went[row.node, "round" if row.to.startswith("round ") else row.to] += 1
            case "sent":
                self.sent[row.node] += 1
            case "blocked":
                self.blocked[row.node, row.gate] += 1
            case "held":
                self.held[row.node] += 1
            case _:
                return


@dataclass(frozen=True, slots=True)
class Census:
    """A whole trace: `program` is the fingerprint of the one that ran, "" when the trace does not say."""

    program: str
    journeys: Mapping[str, Traffic]


def read_counts(lines: Iterable[bytes], name: str = "the trace") -> Census:
    """Count the records of a trace, line by line. Raises InputError for what `rtj simulate --trace` has not written."""
    decode = msgspec.json.Decoder(Row).decode
    program = ""
    found: dict[str, Traffic] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            hint = "; `rtj simulate --trace FILE` writes one" if number == 1 else ""
            raise InputError(f"{name}, line {number:,}: not a record of a trace{hint}") from error
        if row.what == "header":
            program = row.program
        elif (row.journey and row.instance) or row.what == "refused":
            found.setdefault(row.journey, Traffic()).take(row)
    return Census(program, found)


def strangers(picture: Picture, traffic: Traffic) -> int:
    """How many moves of the trace are at nodes that the picture does not have: another version of the journey ran."""
    known = {stop.box.id for stop in stops(picture.flow)} | {""}
    return sum(n for (node, _), n in (traffic.went + traffic.left).items() if node not in known)


def with_counts(picture: Picture, traffic: Traffic) -> Picture:
    """The picture with what happened on it. The numbers of a trace of another version may not add up."""
    drawer = _Drawer(traffic)
    flow, _ = drawer.flow(picture.flow, traffic.entered)
    exits = {stop.box.id for stop in stops(picture.flow) if stop.box.kind == "exit"}
    watched = sum(n for (node, reason), n in traffic.left.items() if reason == "exit" and node not in exits)
    done = _reasons(traffic)["completed"]
    entries = picture.entries
    if len(entries) == 1:
        entries = (replace(entries[0], tallies=_entering(traffic)),)
    return replace(
        picture,
        entries=entries,
        watches=tuple(_watch(box, picture, traffic, watched) for box in picture.watches),
        flow=flow,
        end=replace(picture.end, tallies=(Tally(done, "came to the end"),)),
        tallies=_overall(traffic, picture),
        counted=True,
        entered=traffic.entered,
    )


def _reasons(traffic: Traffic) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, reason), n in traffic.left.items():
        found[reason] += n
    return found


def _entering(traffic: Traffic) -> tuple[Tally, ...]:
    refused = [Tally(n, f"not let in: {REFUSED.get(reason, reason)}", "bad") for reason, n in traffic.refused.most_common()]
    return (Tally(traffic.entered, "entered", "good"), *refused)


def _overall(traffic: Traffic, picture: Picture) -> tuple[Tally, ...]:
    """What is told in the heading: the sum of it, and reasons to leave that stand at no box."""
    told = [Tally(traffic.entered, "entered"), Tally(len(traffic.open), "still inside")]
    if len(picture.entries) != 1:
        told += _entering(traffic)[1:]
    exits = {stop.box.title or "exit" for stop in stops(picture.flow) if stop.box.kind == "exit"}
    drawn = {*_THROUGH, "goal", "exit", *exits}
    told += [
        Tally(n, f"left: {LEFT.get(reason, reason)}") for reason, n in _reasons(traffic).most_common() if reason not in drawn
    ]
    return tuple(told)


def _watch(box: Box, picture: Picture, traffic: Traffic, watched: int) -> Box:
    """A goal or an exit; where there are several, a trace does not tell which it was, and all say what all had."""
    alone = sum(other.kind == box.kind for other in picture.watches) == 1
    each = "" if alone else " by any of these"
    if box.kind == "goal":
        share = f" ({100 * traffic.goals / traffic.entered:.0f}%)" if traffic.entered else ""
        return replace(box, tallies=(Tally(traffic.goals, f"reached it{each}{share}", "good"),))
    return replace(box, tallies=(Tally(watched, f"left so{each}", "bad" if watched else "plain"),))


class _Drawer:
    """Walks down a flow with how many arrive."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._standing = Counter(traffic.open.values())
        self._gone: Counter[str] = Counter()
        self._why: dict[str, list[tuple[str, int]]] = {}
        for (node, reason), n in traffic.left.items():
            if reason not in _THROUGH:
                self._gone[node] += n
                self._why.setdefault(node, []).append((reason, n))
        self._blocked: dict[str, list[tuple[str, int]]] = {}
        for (node, gate), n in traffic.blocked.most_common():
            self._blocked.setdefault(node, []).append((gate, n))

    def flow(self, flow: Flow, arriving: int) -> tuple[Flow, int]:
        """The flow with counts, and how many go on behind it."""
        found: list[Stop] = []
        for stop in flow:
            drawn, arriving = self._stop(stop, arriving)
            found.append(drawn)
        return tuple(found), arriving

    def _stop(self, stop: Stop, arriving: int) -> tuple[Stop, int]:
        box = stop.box
        if box.kind in ("exit", "holdout"):
            return replace(stop, box=replace(box, tallies=(Tally(arriving, "left here"),))), 0
        ways: list[Way] = []
        onward = taken = 0
        for way in stop.ways:
            count = self._traffic.went[box.id, way.to]
            flow, through = self.flow(way.flow, count)
            ways.append(replace(way, flow=flow, count=count))
            onward += 0 if way.loops else through
            taken += 0 if way.loops else count
        went: int | None = None
        if stop.straight:
            rest = arriving - taken - self._standing[box.id] - self._gone[box.id]
            went = self._traffic.went[box.id, "done"] if box.kind == "repeat" else max(0, rest)
            onward += went
        return replace(stop, box=replace(box, tallies=self._tallies(box), went=went), ways=tuple(ways)), onward

    def _tallies(self, box: Box) -> tuple[Tally, ...]:
        found: list[Tally] = []
        traffic = self._traffic
        if box.kind == "send":
            found.append(Tally(traffic.sent[box.id], "sent", "good" if traffic.sent[box.id] else "plain"))
            blocked = self._blocked.get(box.id, ())
            found += [Tally(n, f"not sent: {GATES.get(gate, gate)}", "bad") for gate, n in blocked]
            if traffic.held[box.id]:
                found.append(Tally(traffic.held[box.id], "held in quiet hours"))
        if self._standing[box.id]:
            found.append(Tally(self._standing[box.id], "stand here"))
        why = sorted(self._why.get(box.id, ()), key=lambda pair: (-pair[1], pair[0]))
        found += [Tally(n, f"left: {LEFT.get(reason, reason)}") for reason, n in why]
        return tuple(found)
