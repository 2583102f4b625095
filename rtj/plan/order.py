"""The stages of a deployment -> the entries of the log that a run has to take, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

import msgspec

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

_decoder = msgspec.msgpack.Decoder(list[Entry])


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


def encode_order(entries: Sequence[Entry]) -> bytes:
    """Entries as bytes, one after the other."""
    return msgspec.msgpack.encode(list(entries))


def decode_order(data: bytes) -> tuple[Entry, ...]:
    """What `encode_order` wrote. Raises msgspec.MsgspecError when it is none."""
    found: Any = _decoder.decode(data)
    return tuple(found)
