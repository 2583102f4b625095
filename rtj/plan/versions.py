"""Versions of journeys: what a version says, told by a hash, and to which of those that run now people go."""

from __future__ import annotations

import msgspec

from rtj.ir.aligned import called, content_names
from rtj.ir.crossing import heirs
from rtj.ir.journey import Journey, Version, known_as
from rtj.ir.program import Program, fingerprint

CARRIED = {  # what says how people come to a version, or what it is called, and not what it does
    "name": "", "title": "", "formerly": "", "moved": (), "dropped": (), "on_deploy": "migrate", "timers": "keep",
}  # fmt: skip


def version_of(program: Program, journey: Journey) -> str:
    """What a journey of this program does, as a hash: the same in every program in which it does the same, whatever the compiler
    has numbered there."""
    if isinstance(journey, Version):
        return journey.version
    return fingerprint(msgspec.structs.replace(called(journey, content_names(program)), **CARRIED))


def versions_of(program: Program) -> dict[str, str]:
    """The version of each journey of a program, by its name there."""
    names = content_names(program)
    return {
        journey.name: journey.version
        if isinstance(journey, Version)
        else fingerprint(msgspec.structs.replace(called(journey, names), **CARRIED))
        for journey in program.journeys
    }


def destinations(old: Program, new: Program) -> dict[str, str]:
    """For each journey of the old program, by its name there, the one to which its people go: their own version if the new
    program has it, else the newest; none where the journey is gone."""
    names = heirs(old.journeys, new.journeys)
    was, now = versions_of(old), versions_of(new)
    own = {(known_as(journey), now[journey.name]): journey.name for journey in new.journeys}
    newest = {known_as(journey): journey.name for journey in new.journeys if journey.name == known_as(journey)}
    found = {}
    for journey in old.journeys:
        heir = names.get(known_as(journey))
        target = own.get((heir, was[journey.name]), newest.get(heir)) if heir is not None else None
        if target is not None:
            found[journey.name] = target
    return found
