"""Both versions of each journey that has changed, drawn as one picture from the compiled programs, with who stands where."""

from __future__ import annotations

from dataclasses import replace

from rtj.plan.changes import LEVELS, Diff, JourneyDiff, highest
from rtj.plan.pairing import pair
from rtj.plan.sides import Side
from rtj.plan.words import Words
from rtj.report.picture import STAND, Flow, Picture, Stop, Tally
from rtj.report.picture_build import draw
from rtj.report.picture_overlay import overlay
from rtj.report.picture_spelled import spelled

PICTURES_MAX = 20


def overlaid(diff: Diff, old: Side, new: Side) -> dict[str, Picture]:
    """The pictures by the name of the journey, of the worst ones that both versions have; counts are what evidence knows."""
    olds = {journey.name: journey for journey in old.program.journeys}
    news = {journey.name: journey for journey in new.program.journeys}
    words = Words(old.program, old.texts), Words(new.program, new.texts)
    found: dict[str, Picture] = {}
    for one in sorted(diff.journeys, key=_worst_first):
        was, now = olds.get(one.formerly or one.name), news.get(one.name)
        if was is None or now is None or one.status != "changed" or len(found) >= PICTURES_MAX:
            continue
        drawn = draw(old.program, was, spelled(was, words[0])), draw(new.program, now, spelled(now, words[1]))
        names = pair(was, now).nodes
        union = overlay(*drawn, names)
        here = {names.get(node, f"was:{node}"): number for node, number in one.standing.items()}
        found[one.name] = replace(union, flow=_counted(union.flow, here))
    return found


def _worst_first(one: JourneyDiff) -> int:
    return -LEVELS.index(highest(judged.effective for judged in one.changes if not judged.waived))


def _counted(flow: Flow, known: dict[str, int]) -> Flow:
    return tuple(_stop(stop, known) for stop in flow)


def _stop(stop: Stop, known: dict[str, int]) -> Stop:
    here = known.get(stop.box.id)
    box = stop.box if here is None else replace(stop.box, tallies=(*stop.box.tallies, Tally(here, STAND)))
    return replace(stop, box=box, ways=tuple(replace(way, flow=_counted(way.flow, known)) for way in stop.ways))
