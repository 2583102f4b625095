"""How the journeys of a program hang together: who starts whom, and whose events let people into which."""

from __future__ import annotations

from collections.abc import Sequence

from rtj.ir import journey as j
from rtj.ir.program import Program
from rtj.report.moments import counted
from rtj.report.picture import WORDS, Box, Line, Link, Picture, Sketch, Tally, Way, stops
from rtj.report.picture_build import hearers


def map_of(program: Program, pictures: Sequence[Picture]) -> Sketch:
    """The map of all journeys: a box for each, an arrow for each `start` and for each `emit` that lets into another."""
    links: dict[tuple[str, str, str], Link] = {}
    for journey in program.journeys:
        for node in journey.nodes:
            for way, other in _onward(program, node):
                links.setdefault((journey.name, other, way.whole), Link(journey.name, other, way))
    entered = sum(picture.entered for picture in pictures)
    number = counted(len(pictures), "journey")
    told = f"{number}, {counted(len(links), 'link')} between them" if links else f"{number}, none starts another"
    counts = f"{counted(entered, 'entry', 'entries')}" if any(picture.counted for picture in pictures) else ""
    boxes = tuple(map(_box, pictures))
    return Sketch(program.project, program.project, told, counts, (), boxes, _downward(boxes, tuple(links.values())))


def _downward(boxes: Sequence[Box], links: Sequence[Link]) -> tuple[Link, ...]:
    """The links, those of a circle that lead up marked: a box on the path that is being walked is above."""
    onward: dict[str, list[Link]] = {}
    for link in links:
        onward.setdefault(link.tail, []).append(link)
    found: list[Link] = []
    done: set[str] = set()
    for box in boxes:
        path: list[tuple[str, list[Link]]] = [(box.id, list(onward.get(box.id, ())))] if box.id not in done else []
        done.add(box.id)
        while path:
            _, left = path[-1]
            if not left:
                path.pop()
                continue
            link = left.pop(0)
            up = any(link.head == name for name, _ in path)
            found.append(Link(link.tail, link.head, link.way, back=up))
            if link.head not in done:
                done.add(link.head)
                path.append((link.head, list(onward.get(link.head, ()))))
    return tuple(found)


def _onward(program: Program, node: j.Node) -> list[tuple[Way, str]]:
    match node:
        case j.StartJourney(journey=other):
            return [(Way((Line("start", ""),), "start"), other)]
        case j.Emit(event=event):
            return [(Way((Line("emit", event),), event), other) for other in hearers(program, event)]
        case _:
            return []


def _box(picture: Picture) -> Box:
    nodes = [stop.box for stop in stops(picture.flow)]
    messages = len({box.title for box in nodes if box.kind == "send"})
    lines = [Line("", entry.title) for entry in picture.entries]
    lines.append(Line("", f"{counted(len(nodes), 'node')}, {counted(messages, 'message')}"))
    lines += [Line("goal", box.title) for box in picture.watches if box.kind == "goal"]
    tallies = (Tally(picture.entered, "entered"), *_goals(picture)) if picture.counted else ()
    name = picture.name if picture.title else ""
    return Box(picture.name, "journey", WORDS["journey"], picture.heading, name, tuple(lines), tallies=tallies)


def _goals(picture: Picture) -> tuple[Tally, ...]:
    return tuple(tally for box in picture.watches if box.kind == "goal" for tally in box.tallies)[:1]


def map_text(drawn: Sketch) -> list[str]:
    """The arrows of the map in words, one a line."""
    return [f"{link.tail} → {link.head}   {link.way.whole if link.way else ''}".rstrip() for link in drawn.links]
