"""The picture of a journey as data: boxes, the ways between them, and what is said on each. Writers make mermaid, dot, SVG of it.

A picture is a flow: boxes one below the other, and ways out of a box that come back below it. That is how authors write, so no
writer has to guess what belongs together; those who draw arrows ask for `links`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "enter", "goal", "leave", "wait", "wait_for", "branch", "split", "repeat", "send", "call", "collect", "set", "emit", "start",
    "exit", "holdout", "end", "more", "journey",
]  # fmt: skip
Mark: TypeAlias = Literal["", "added", "removed", "changed"]  # of what two versions drawn as one do not share
Tone: TypeAlias = Literal["plain", "good", "bad"]
END = "end:"  # ids that no author can give have a colon
STAND = "stand here"  # what is said of people who are at a box now

WORDS: dict[Kind, str] = {
    "enter": "Enter", "goal": "Goal", "leave": "Leaves", "wait": "Wait", "wait_for": "Wait for", "branch": "Branch",
    "split": "Split", "repeat": "Repeat", "send": "Send", "call": "Call", "collect": "Collect", "set": "Set", "emit": "Emit",
    "start": "Start", "exit": "Exit", "holdout": "Holdout", "end": "End", "more": "More", "journey": "Journey",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """Something said of a box: `when` `cart.value >= 30`. The word may be empty."""

    word: str
    text: str

    @property
    def whole(self) -> str:
        return f"{self.word} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something happened here in a trace: `152 sent`."""

    count: int
    words: str
    tone: Tone = "plain"

    @property
    def whole(self) -> str:
        return f"{self.count:,} {self.words}"


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a journey. `id` is unique in the picture; `name` is what the author calls the node, "" where it has no name of
    its own. `word` says what happens (`Wait until`), `title` the object of it (`18:00`). `tags` are channels in the order in
    which they are tried. `hints` is for those who want to know more: writers that can show it only when asked for do so.
    `went`: how many went straight on, None where nothing is counted or no straight way leads on. `mark`: how it differs."""

    id: str
    kind: Kind
    word: str
    title: str
    name: str = ""
    lines: tuple[Line, ...] = ()
    tags: tuple[str, ...] = ()
    hints: tuple[Line, ...] = ()
    tallies: tuple[Tally, ...] = ()
    went: int | None = None
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a box. `lines` is what is written on it; `to` what a trace calls it. It runs through `flow` and goes on below
    the box, unless the flow ends in an exit, or `loops` back to the box. `aside`: the way of what could not be done."""

    lines: tuple[Line, ...]
    to: str
    flow: Flow = ()
    loops: bool = False
    aside: bool = False
    count: int | None = None
    mark: Mark = ""

    @property
    def whole(self) -> str:
        return " ".join(line.whole for line in self.lines)


@dataclass(frozen=True, slots=True)
class Stop:
    """A box with the ways out of it. `straight`: those whom no way takes go on below."""

    box: Box
    ways: tuple[Way, ...] = ()
    straight: bool = True


Flow: TypeAlias = tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A journey as it is drawn. `watches` are its goals and exits, which count wherever somebody stands; `facts` what holds for
    all of it. `end` is where those arrive who have come to the end; `counted`: a trace is drawn onto it, of so many `entered`.
    `arrows`: of two versions drawn as one, since the flow of one cannot tell those of both."""

    name: str
    title: str
    entries: tuple[Box, ...]
    watches: tuple[Box, ...]
    flow: Flow
    end: Box
    facts: tuple[Line, ...] = ()
    tallies: tuple[Tally, ...] = ()
    counted: bool = False
    entered: int = 0
    arrows: tuple[Link, ...] = ()

    @property
    def heading(self) -> str:
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow from box to box, by their ids. `way` is what is written on it. `back`: it leads up. `mark`: how it differs."""

    tail: str
    head: str
    way: Way | None = None
    back: bool = False
    count: int | None = None
    mark: Mark = ""


def stops(flow: Flow) -> Iterator[Stop]:
    """Every stop, in the order of the text."""
    todo = list(reversed(flow))
    while todo:
        stop = todo.pop()
        yield stop
        for way in reversed(stop.ways):
            todo += reversed(way.flow)


def goes_on(flow: Sequence[Stop]) -> bool:
    """Does anybody come to the end of a flow? What is gone nobody passes any more."""
    last = next((stop for stop in reversed(flow) if stop.box.mark != "removed"), None)
    if last is None:
        return True
    return last.straight or any(goes_on(way.flow) for way in last.ways if not way.loops and way.mark != "removed")


def boxes(picture: Picture) -> tuple[Box, ...]:
    """Every box that arrows lead to or from, in the order of the text; the end stands last if anybody can come there."""
    inside = (*picture.entries, *(stop.box for stop in stops(picture.flow)))
    arrives = not picture.flow or any(link.head == END for link in links(picture))
    return (*inside, picture.end) if arrives else inside


def links(picture: Picture) -> tuple[Link, ...]:
    """Every arrow, in the order of the text."""
    if picture.arrows:
        return picture.arrows
    first = picture.flow[0].box.id if picture.flow else END
    alone = picture.entered if picture.counted and len(picture.entries) == 1 else None
    return (
        *(Link(entry.id, first, count=alone) for entry in picture.entries),
        *_links(picture.flow, END, back=False),
    )


def _links(flow: Flow, after: str, *, back: bool) -> Iterator[Link]:
    """The arrows of a flow behind which it goes on at `after`; `back`: that is the box in whose way the flow stands."""
    for place, stop in enumerate(flow):
        last = place + 1 == len(flow)
        below, up = (after, back) if last else (flow[place + 1].box.id, False)
        if not stop.ways and not stop.straight:
            continue
        for way in stop.ways:
            onward, again = (stop.box.id, True) if way.loops else (below, up)
            if way.flow:
                yield Link(stop.box.id, way.flow[0].box.id, way, count=way.count)
                yield from _links(way.flow, onward, back=again)
            else:
                yield Link(stop.box.id, onward, way, again, way.count)
        if stop.straight:
            yield Link(stop.box.id, below, None, up, stop.box.went)


@dataclass(frozen=True, slots=True)
class Sketch:
    """Boxes and arrows with a heading: what writers draw that need no flow. `told` and `counts` are rows below the heading;
    `watches` stand apart; `entered` is what shares are shares of, 0 where nothing is counted. `spine`: what the author wrote
    below each other, as pairs of ids; it looks best so."""

    name: str
    heading: str
    told: str
    counts: str
    watches: tuple[Box, ...]
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    entered: int = 0
    spine: tuple[tuple[str, str], ...] = ()


def sketch(picture: Picture) -> Sketch:
    """The boxes and arrows of a picture."""
    named = [picture.name] if picture.title else []
    return Sketch(
        picture.name,
        picture.heading,
        " · ".join([*named, *(line.whole for line in picture.facts)]),
        " · ".join(tally.whole for tally in picture.tallies),
        picture.watches,
        boxes(picture),
        links(picture),
        picture.entered,
        tuple(_spine(picture.flow, END)),
    )


def _spine(flow: Flow, after: str) -> Iterator[tuple[str, str]]:
    """Each box that ways lead out of, with that on which they come together again."""
    for place, stop in enumerate(flow):
        below = flow[place + 1].box.id if place + 1 < len(flow) else after
        if len(stop.ways) > 1 and not stop.straight and sum(goes_on(way.flow) for way in stop.ways) > 1:
            yield stop.box.id, below
        for way in stop.ways:
            if not way.loops:
                yield from _spine(way.flow, below)
            elif way.flow:
                yield from _spine(way.flow, "")
