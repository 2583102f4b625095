"""Two versions of a journey as one picture: what was added, what is gone where it stood, what has changed.

Blocks are laid over each other, one by one: boxes of the old version find their partners by name, and what has none keeps its
place before the next one that has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rtj.report.picture import Box, Flow, Mark, Picture, Stop, Way, stops


def overlay(old: Picture, new: Picture, names: Mapping[str, str]) -> Picture:
    """The union. `names`: new id by old id, of nodes that are the same. Ids of boxes that are gone begin with `was:`."""
    now = {stop.box.id for stop in stops(new.flow)}
    olds = {
        name: stop
        for stop in stops(old.flow)
        if (name := names.get(stop.box.id, stop.box.id if ":" in stop.box.id else "")) in now
    }
    layers = _Layers(olds, {stop.box.id: name for name, stop in olds.items()})
    watches = _boxes(old.watches, new.watches)
    return replace(new, entries=_boxes(old.entries, new.entries), watches=watches, flow=layers.flow(old.flow, new.flow))


def _boxes(old: Sequence[Box], new: Sequence[Box]) -> tuple[Box, ...]:
    """Entries, goals and exits have no names: what says the same is the same, the rest pairs by kind and order."""
    said = [_said(box) for box in new]
    gone = [box for box in old if _said(box) not in said]
    known = {_said(box) for box in old}
    found: list[Box] = []
    for box in new:
        if _said(box) in known:
            found.append(box)
            continue
        partner = next((one for one in gone if one.kind == box.kind), None)
        if partner is not None:
            gone.remove(partner)
        found.append(replace(box, mark="added" if partner is None else "changed"))
    return (*found, *(_gone(box) for box in gone))


def _said(box: Box) -> tuple[object, ...]:
    """What a box says, whatever it is called and counted."""
    return box.kind, box.word, box.title, box.lines, box.tags, box.hints


def _gone(box: Box) -> Box:
    return replace(box, id=f"was:{box.id}", mark="removed")


def _marked(flow: Flow, mark: Mark) -> Flow:
    """All of a flow with one mark; what is gone with ids of its own."""
    return tuple(
        replace(
            stop,
            box=_gone(stop.box) if mark == "removed" else replace(stop.box, mark=mark),
            ways=tuple(replace(way, flow=_marked(way.flow, mark), mark=mark) for way in stop.ways),
        )
        for stop in flow
    )


class _Layers:
    """Lays flows over each other. `olds`: the old stop by its new id; `news`: the new id by the old one."""

    def __init__(self, olds: Mapping[str, Stop], news: Mapping[str, str]) -> None:
        self._olds = olds
        self._news = news

    def flow(self, old: Flow, new: Flow) -> Flow:
        """The union of two blocks. What is gone may not end a block in which people go on: it stands before its end."""
        before: dict[str, list[Stop]] = {}
        pending: list[Stop] = []
        here = {stop.box.id for stop in new}
        for stop in old:
            name = self._news.get(stop.box.id)
            if name is None:
                pending += self._lost(stop)
            elif name in here:
                before[name], pending = pending, []
        found: list[Stop] = []
        for place, stop in enumerate(new):
            found += before.get(stop.box.id, [])
            if place + 1 == len(new) and not stop.straight:
                found += pending
                pending = []
            found.append(self._stop(stop))
        return (*found, *pending)

    def _lost(self, stop: Stop) -> Flow:
        """A stop that is gone; of what is in its ways only what is gone too, for the rest stands elsewhere. It lets people by."""
        ways = tuple(
            replace(way, flow=tuple(one for inner in way.flow if inner.box.id not in self._news for one in self._lost(inner)))
            for way in stop.ways
        )
        return _marked((replace(stop, ways=ways, straight=not ways or stop.straight),), "removed")

    def _stop(self, new: Stop) -> Stop:
        old = self._olds.get(new.box.id)
        if old is None:
            ways = tuple(replace(way, flow=self.flow((), way.flow), mark="added") for way in new.ways)
            return replace(new, box=replace(new.box, mark="added"), ways=ways)
        changed = _said(old.box) != _said(new.box) or old.straight != new.straight
        box = replace(new.box, mark="changed") if changed else new.box
        return replace(new, box=box, ways=self._ways(old.ways, new.ways))

    def _ways(self, old: Sequence[Way], new: Sequence[Way]) -> tuple[Way, ...]:
        """Ways pair by what is written on them, then by their place."""
        left = list(old)
        partners: list[Way | None] = []
        for way in new:
            same = next((one for one in left if one.lines == way.lines), None)
            if same is not None:
                left.remove(same)
            partners.append(same)
        found: list[Way] = []
        for way, partner in zip(new, partners, strict=True):
            other = partner or next((one for one in left if one.to == way.to), None)
            if other is None:
                found.append(replace(way, flow=self.flow((), way.flow), mark="added"))
                continue
            if partner is None:
                left.remove(other)
            found.append(replace(way, flow=self.flow(other.flow, way.flow), mark="changed" if partner is None else ""))
        gone = (self._way_lost(way) for way in left)
        return (*found, *gone)

    def _way_lost(self, way: Way) -> Way:
        flow = tuple(one for stop in way.flow if stop.box.id not in self._news for one in self._lost(stop))
        return replace(way, flow=flow, mark="removed")
