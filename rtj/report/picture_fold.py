"""A picture that is too large to be read, made smaller: what stands too deep, or too far down, becomes one box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from rtj.report.picture import STAND, WORDS, Box, Flow, Link, Mark, Picture, Stop, Tally, Way, goes_on, stops

BOXES_MAX = 240  # more than that nobody reads, and Graphviz takes its time for
MORE = "more:"  # before the id of the first box that is not drawn


def fold(picture: Picture, most: int = BOXES_MAX) -> tuple[Picture, int]:
    """The picture with at most about `most` boxes, and how many are left out: none where it is small enough. Of two versions in
    one picture that folds in which nothing differs, if that is enough; else the deepest blocks, then what stands far down."""
    total = sum(1 for _ in stops(picture.flow))
    if total <= most:
        return picture, 0
    flow = _without_quiet(picture.flow, _loud(picture)) if picture.arrows else picture.flow
    if sum(1 for _ in stops(flow)) > most:
        depth = _deepest(picture.flow, most)
        flow = _cut(picture.flow, most) if depth < 0 else _shallow(picture.flow, depth)
    small = replace(picture, flow=flow, arrows=_between(picture.arrows, _covered(picture.flow, flow)))
    return small, total - sum(stop.box.kind != "more" for stop in stops(flow))


def _loud(picture: Picture) -> set[str]:
    """The boxes in which something differs, or from or to which another arrow leads."""
    ends = {end for link in picture.arrows if link.mark for end in (link.tail, link.head)}
    return ends | {stop.box.id for stop in stops(picture.flow) if stop.box.mark}


def _without_quiet(flow: Flow, loud: set[str]) -> Flow:
    """The flow with one box in the place of those that follow each other and in which nothing differs."""
    found: list[Stop] = []
    for is_loud, run in groupby(flow, lambda stop: any(inner.box.id in loud for inner in stops((stop,)))):
        these = tuple(run)
        if is_loud:
            found += (
                replace(stop, ways=tuple(replace(way, flow=_without_quiet(way.flow, loud)) for way in stop.ways))
                for stop in these
            )
        else:
            found += these if sum(1 for _ in stops(these)) == 1 else (_more(these),)
    return tuple(found)


def _covered(whole: Flow, small: Flow) -> dict[str, str]:
    """The box in which each one stands that is not drawn, by their ids."""
    drawn = {stop.box.id for stop in stops(small)}
    found: dict[str, str] = {}
    todo = [whole]
    while todo:
        more = ""
        for stop in todo.pop():
            if stop.box.id in drawn:
                todo += [way.flow for way in stop.ways]
                continue
            more = f"{MORE}{stop.box.id}" if f"{MORE}{stop.box.id}" in drawn else more
            found |= {inner.box.id: more for inner in stops((stop,))}
    return found


def _between(arrows: Iterable[Link], covered: dict[str, str]) -> tuple[Link, ...]:
    """The arrows between what is drawn, each once."""
    found: dict[Link, None] = {}
    for link in arrows:
        tail, head = covered.get(link.tail, link.tail), covered.get(link.head, link.head)
        if tail != head or link.tail == link.head:
            found[replace(link, tail=tail, head=head, way=None if tail in covered.values() else link.way)] = None
    return tuple(found)


def _deepest(flow: Flow, most: int) -> int:
    """The greatest depth to which all fits; -1 where not even the uppermost level does."""
    level: list[Flow] = [flow]
    drawn, depth = 0, -1
    while level:
        boxes = sum(map(len, level))
        below = [way.flow for one in level for stop in one for way in stop.ways if way.flow]
        if drawn + boxes + len(below) > most:
            break
        drawn, depth, level = drawn + boxes, depth + 1, below
    return depth


def _shallow(flow: Flow, depth: int) -> Flow:
    return tuple(replace(stop, ways=tuple(_folded(way, depth) for way in stop.ways)) for stop in flow)


def _folded(way: Way, depth: int) -> Way:
    if not way.flow:
        return way
    return replace(way, flow=_shallow(way.flow, depth - 1) if depth else (_more(way.flow),))


def _cut(flow: Flow, most: int) -> Flow:
    """The first boxes of the uppermost level, with what is in them folded, and one for the rest."""
    kept: list[Stop] = []
    room = most - 1
    for place, stop in enumerate(_shallow(flow, 0)):
        room -= 1 + sum(bool(way.flow) for way in stop.ways)
        if room < 0 and kept:
            return (*kept, _more(flow[place:]))
        kept.append(stop)
    return tuple(kept)


def _more(flow: Flow) -> Stop:
    """One box in the place of a flow. Its id is that of its first box, which no other box has; it has changed if one has, and who
    stands at one stands in it."""
    number = sum(1 for _ in stops(flow))
    sent = list(dict.fromkeys(_messages(flow)))
    here = sum(tally.count for stop in stops(flow) for tally in stop.box.tallies if tally.words == STAND)
    people = (Tally(here, STAND),) if here else ()
    differs: Mark = "changed" if any(stop.box.mark or any(way.mark for way in stop.ways) for stop in stops(flow)) else ""
    told = f"{number:,} {'node' if number == 1 else 'nodes'}"
    messages = f"{len(sent):,} {'message' if len(sent) == 1 else 'messages'} in them" if sent else ""
    box = Box(
        f"{MORE}{flow[0].box.id}",
        "more",
        WORDS["more"],
        told + (f", {messages}" if messages else ""),
        tallies=people,
        mark=differs,
    )
    return Stop(box, straight=goes_on(flow))


def _messages(flow: Flow) -> Iterator[str]:
    return (stop.box.title for stop in stops(flow) if stop.box.kind == "send")
