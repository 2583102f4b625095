"""Two versions of a journey as one picture: what was added, what is gone where it stood, what has changed.

Blocks are laid over each other, one by one: boxes of the old version find their partners by name, and what has none keeps its
place before the next one that has. Arrows are those of both versions (`rtj.report.picture_arrows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rtj.report.picture import Box, Flow, Line, Picture, Stop, Way, links, stops
from rtj.report.picture_arrows import arrows

COUNTED = ("branch", "wait_for")  # what their title says depends on how many ways there are, which arrows show
WAS_MAX = 4  # texts of the old version that stand in a box that has changed


def overlay(old: Picture, new: Picture, names: Mapping[str, str]) -> Picture:
    """The union. `names`: new id by old id, of nodes that are the same. Ids of boxes that are gone begin with `was:`."""
    now = {stop.box.id for stop in stops(new.flow)}
    olds = {
        name: stop
        for stop in stops(old.flow)
        if (name := names.get(stop.box.id, stop.box.id if ":" in stop.box.id else "")) in now
    }
    layers = _Layers(olds, {stop.box.id: name for name, stop in olds.items()})
    watches, _ = _boxes(old.watches, new.watches)
    entries, ids = _boxes(old.entries, new.entries)
    ids |= {stop.box.id: f"was:{stop.box.id}" for stop in stops(old.flow)}
    ids |= {**layers.news, old.end.id: new.end.id}
    flow = layers.flow(old.flow, new.flow)
    order = {
        name: place for place, name in enumerate([*(box.id for box in entries), *(s.box.id for s in stops(flow)), new.end.id])
    }
    both = arrows([replace(one, tail=ids[one.tail], head=ids[one.head]) for one in links(old)], links(new), order)
    return replace(new, entries=entries, watches=watches, flow=flow, arrows=both)


def _boxes(old: Sequence[Box], new: Sequence[Box]) -> tuple[tuple[Box, ...], dict[str, str]]:
    """Entries, goals and exits have no names: what says the same is the same, the rest pairs by kind and order. Answers the id in
    the union by the old id, too."""
    left = list(old)
    partners: dict[str, Box] = {}
    for box in new:
        if same := next((one for one in left if _said(one) == _said(box)), None):
            partners[box.id] = same
            left.remove(same)
    for box in new:
        if box.id not in partners and (like := next((one for one in left if one.kind == box.kind), None)):
            partners[box.id] = like
            left.remove(like)
    found = [_changed(partners[box.id], box) if box.id in partners else replace(box, mark="added") for box in new]
    ids = {partner.id: name for name, partner in partners.items()} | {box.id: f"was:{box.id}" for box in left}
    return (*found, *map(_gone, left)), ids


def _changed(old: Box, new: Box) -> Box:
    """The new box, marked and with what the old one said where it said something else."""
    was = tuple(_was(old, new))[:WAS_MAX]
    if not was and _said(old) == _said(new):
        return new
    return replace(new, lines=(*new.lines, *was), mark="changed")


def _was(old: Box, new: Box) -> Iterator[Line]:
    if _said(old)[:3] != _said(new)[:3]:
        yield Line("was", f"{old.word} {old.title}".strip() if old.word != new.word else old.title or old.word)
    if old.id != new.id and (old.name or new.name) and ":" not in old.id:
        yield Line("was", f"@{old.id}")
    yield from (Line("was", line.whole) for line in old.lines if line not in new.lines)
    if old.tags != new.tags:
        yield Line("was", f"by {' else '.join(old.tags)}")
    yield from (Line("was", line.whole) for line in old.hints if line not in new.hints)
    yield from (Line("is", line.whole) for line in new.hints if line not in old.hints)


def _said(box: Box) -> tuple[object, ...]:
    """What a box says, whatever it is called and counted."""
    return box.kind, box.word, "" if box.kind in COUNTED else box.title, box.lines, box.tags, box.hints


def _gone(box: Box) -> Box:
    return replace(box, id=f"was:{box.id}", mark="removed")


class _Layers:
    """Lays flows over each other. `olds`: the old stop by its new id; `news`: the new id by the old one."""

    def __init__(self, olds: Mapping[str, Stop], news: Mapping[str, str]) -> None:
        self._olds = olds
        self.news = news

    def flow(self, old: Flow, new: Flow) -> Flow:
        """The union of two blocks. What is gone may not end a block in which people go on: it stands before its end."""
        before: dict[str, list[Stop]] = {}
        pending: list[Stop] = []
        here = {stop.box.id for stop in new}
        for stop in old:
            name = self.news.get(stop.box.id)
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
        """A stop that is gone; of what is in its ways only what is gone too, for the rest stands elsewhere."""
        return (replace(stop, box=_gone(stop.box), ways=tuple(map(self._way_lost, stop.ways))),)

    def _stop(self, new: Stop) -> Stop:
        old = self._olds.get(new.box.id)
        if old is None:
            ways = tuple(replace(way, flow=self.flow((), way.flow), mark="added") for way in new.ways)
            return replace(new, box=replace(new.box, mark="added"), ways=ways)
        return replace(new, box=_changed(old.box, new.box), ways=self._ways(old.ways, new.ways))

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
        flow = tuple(one for stop in way.flow if stop.box.id not in self.news for one in self._lost(stop))
        return replace(way, flow=flow, mark="removed")
