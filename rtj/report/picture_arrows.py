"""The arrows of two versions in one picture: those of both, those that are new, those that are gone.

What is put between two boxes, or taken from between them, is drawn on the way that leads through it: the arrow into it stays as
it was, for one beside it with the same words would say nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from rtj.report.picture import Line, Link, Mark

_Key: TypeAlias = tuple[str, str, tuple[Line, ...] | None, bool]


def arrows(old: Iterable[Link], new: Sequence[Link], order: Mapping[str, int]) -> tuple[Link, ...]:
    """The arrows of both, by the box that they leave, in the order of the text. Their ends are ids of the picture of both, whose
    places in its text `order` tells."""
    both = _Both([_bare(link) for link in old], [_bare(link) for link in new])
    both.same()
    both.reworded()
    both.through()
    return both.read(order)


class _Both:
    """What is left of either version, and what was found."""

    def __init__(self, old: list[Link], new: list[Link]) -> None:
        self._old, self._new = old, new
        self._ends = (
            {end for link in old for end in (link.tail, link.head)},
            {end for link in new for end in (link.tail, link.head)},
        )
        self._onward = _onward(old), _onward(new)
        self._found: dict[int, Link] = {}  # by the place among the new ones
        self._gone = dict(enumerate(old))  # by the place among the old ones

    def same(self) -> None:
        """Those that both have."""
        places: dict[_Key, list[int]] = {}
        for place, link in self._gone.items():
            places.setdefault(_key(link), []).append(place)
        for place, link in enumerate(self._new):
            if partners := places.get(_key(link)):
                del self._gone[partners.pop(0)]
                self._found[place] = link

    def reworded(self) -> None:
        """Those that lead from the same box to the same one, with other words."""
        ways = {(link.tail, link.head, link.way.to): place for place, link in self._gone.items() if link.way is not None}
        for place, link in enumerate(self._new):
            if place in self._found or link.way is None:
                continue
            partner = ways.pop((link.tail, link.head, link.way.to), None)
            if partner is not None:
                was = self._gone.pop(partner).way
                assert was is not None
                lines = (*link.way.lines, Line("was", was.whole))
                self._found[place] = _marked(replace(link, way=replace(link.way, lines=lines)), "changed")

    def through(self) -> None:
        """Those between which a box was put or taken away."""
        olds, news = self._ends
        left: dict[tuple[str, tuple[Line, ...] | None], list[int]] = {}
        for place, link in self._gone.items():
            left.setdefault((link.tail, _words(link)), []).append(place)
        for place, link in enumerate(self._new):
            partners = left.get((link.tail, _words(link)))
            if place in self._found or not partners:
                continue
            was = self._gone[partners[0]]
            if _leads(self._onward[0], was.head, link.head, news):
                self._found[place] = was
            elif _leads(self._onward[1], link.head, was.head, olds):
                self._found[place] = link
            else:
                continue
            del self._gone[partners.pop(0)]

    def read(self, order: Mapping[str, int]) -> tuple[Link, ...]:
        """All of them, once."""
        found = [self._found.get(place) or _marked(link, "added") for place, link in enumerate(self._new)]
        gone = [_marked(link, "removed") for link in self._gone.values()]
        of_tail: dict[str, list[Link]] = {}
        for link in (*found, *_turned(gone, found, order)):
            of_tail.setdefault(link.tail, []).append(link)
        return tuple(link for links in of_tail.values() for link in links)


def _bare(link: Link) -> Link:
    """The arrow without the flow that it leads through, which may be long and deep."""
    return link if link.way is None else replace(link, way=replace(link.way, flow=()))


def _marked(link: Link, mark: Mark) -> Link:
    return replace(link, way=None if link.way is None else replace(link.way, mark=mark), mark=mark)


def _words(link: Link) -> tuple[Line, ...] | None:
    return None if link.way is None else link.way.lines


def _key(link: Link) -> _Key:
    return link.tail, link.head, _words(link), link.back


def _onward(links: Iterable[Link]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for link in links:
        found.setdefault(link.tail, []).append(link.head)
    return found


def _turned(gone: Sequence[Link], found: Sequence[Link], order: Mapping[str, int]) -> Iterator[Link]:
    """What is gone, with what led from a box to one that now comes before it as arrows that lead back."""
    onward = _onward(link for link in (*found, *gone) if order[link.tail] < order[link.head])
    for link in gone:
        if link.back or order[link.tail] < order[link.head]:
            yield link
        elif _reaches(onward, link.head, link.tail):
            yield replace(link, back=True)
        else:
            onward.setdefault(link.tail, []).append(link.head)
            yield link


def _reaches(onward: Mapping[str, list[str]], first: str, last: str) -> bool:
    todo, seen = [first], set[str]()
    while todo:
        name = todo.pop()
        if name == last:
            return True
        if name not in seen:
            seen.add(name)
            todo += onward.get(name, ())
    return False


def _leads(onward: dict[str, list[str]], first: str, last: str, others: set[str]) -> bool:
    """Do the boxes of one version only, from `first` on, lead to `last` and to nothing else that the other version has?"""
    todo, seen, ends = [first], set[str](), set[str]()
    while todo:
        name = todo.pop()
        if name in others:
            ends.add(name)
        elif name not in seen:
            seen.add(name)
            todo += onward.get(name, ())
    return bool(seen) and ends == {last}
