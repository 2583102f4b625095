"""The stages of a deployment -> the entries of the log that a run has to take, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from rtj.ir.crossing import Crossing, JourneyCrossing
from rtj.ir.entries import Deployed, Entry, Paused, Resumed
from rtj.plan.stages import (
    Begin,
    Carry,
    Drain,
    Fill,
    HandOver,
    Pause,
    Publish,
    Ramp,
    Resume,
    Stage,
    Strand,
    Switch,
    Timers,
)


def order_of(stages: Iterable[Stage], crossing: Crossing, serial: int) -> tuple[Entry, ...]:
    """What the run takes, all in one transaction. `crossing`: how people could go over; who is named by no stage does not."""
    ways: dict[str, JourneyCrossing] = {}
    entries: list[Entry] = []
    filled: tuple[str, ...] = ()
    program = ""
    for stage in stages:
        match stage:
            case Fill(names=names):
                filled = names
            case Carry(journeys=journeys):
                ways |= {name: crossing.journeys[name] for name in journeys if name in crossing.journeys}
            case HandOver(old=old):
                ways |= {old: crossing.journeys[old]} if old in crossing.journeys else {}
            case Drain(version=version):  # who is in it already stays in it
                ways |= {version: crossing.journeys[version]} if version in crossing.journeys else {}
            case Switch(new=new):
                program = new
            case Pause(journey=journey):
                entries.append(Paused(serial, journey))
            case Resume(journey=journey, then=then, over_ms=over_ms):
                entries.append(Resumed(serial, journey, then, over_ms))
            case Publish() | Begin() | Timers() | Strand() | Ramp():
                pass  # done by the store, said of those named above, or part of the program that is switched to
            case _:
                assert_never(stage)
    if program:
        entries.insert(0, Deployed(serial, program, Crossing(ways), filled))
    return tuple(entries)


def disagreements(stages: Sequence[Stage], entries: Sequence[Entry]) -> list[str]:
    """What entries do that no stage says, and what stages say that no entry does, in words; none when they agree."""
    found: list[str] = []
    said, done = _said(stages), _done(entries)
    # Who begins to drain comes from the name that the journey had; who drains already stays under the name of the old version.
    draining = {f"crossing of {stage.version}" for stage in stages if isinstance(stage, Drain)}
    found += [f"nothing does {what}" for what in sorted(said - done)]
    found += [f"no stage says {what}" for what in sorted(done - said - draining)]
    return found


def _said(stages: Sequence[Stage]) -> set[str]:
    found: set[str] = set()
    for stage in stages:
        match stage:
            case Switch(new=new):
                found.add(f"switch to {new}")
            case Fill(names=names):
                found |= {f"fill {name}" for name in names}
            case Pause(journey=journey):
                found.add(f"pause {journey}")
            case Resume(journey=journey):
                found.add(f"resume {journey}")
            case HandOver(old=old):
                found.add(f"crossing of {old}")
            case Carry(journeys=journeys):
                found |= {f"crossing of {name}" for name in journeys}
    return found


def _done(entries: Sequence[Entry]) -> set[str]:
    found: set[str] = set()
    for entry in entries:
        match entry:
            case Deployed(program=program, crossing=crossing, filled=filled):
                found |= {f"switch to {program}", *(f"fill {name}" for name in filled)}
                found |= {f"crossing of {name}" for name in crossing.journeys}
            case Paused(journey=journey):
                found.add(f"pause {journey}")
            case Resumed(journey=journey):
                found.add(f"resume {journey}")
            case _:
                found.add(type(entry).__name__.lower())
    return found
