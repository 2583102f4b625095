"""What a simulation is asked for; what it answers is in `rtj.ir.result`, so that reports may read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtj.ir.expr import Length
from rtj.ir.result import SimulateResult, Sniffed

__all__ = ["CompareOptions", "Order", "Outputs", "Progress", "SimulateOptions", "SimulateResult", "Sniffed"]

Order: TypeAlias = Literal["ts", "arrival"]


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """How to replay.

    `events`: paths, or "-" for stdin. `order`: files by event time, or as they come (S1.12). `until`: the end as ms since the
    epoch, or a length after the last event; None ends at the last event (S1.6). `profile`: an identifier, `namespace:value` or
    the bare value; messages and trace are then of this person alone. `strict`: the first dead letter stops the run (S1.9).
    `workers`: processes; None means the cores. `now_ms`: the instant at which events without `received_at` were received
    (S1.10). `format`: pins the format of the events instead of sniffing it. `census`: the trace tells of audiences, and of
    nothing else (`rtj.engine.census`). `show_pii`: the trace and dead letters show what is labelled pii (S10.2).
    """

    events: tuple[str, ...]
    order: Order = "ts"
    until: int | Length | None = None
    drain: bool = False
    profile: str | None = None
    strict: bool = False
    workers: int | None = None
    now_ms: int = 0
    format: str | None = None
    census: bool = False
    show_pii: bool = False


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """How to compare two versions. `replay`: as a simulation in the order of event time; `profile` and `census` are not asked.
    `examples`: so many people for each thing that differs. `texts`: messages whose text is another, so that whoever gets one gets
    another content. `standings`: where to write who stands where at the end of the old version, as a snapshot; None: nowhere."""

    replay: SimulateOptions
    examples: int = 5
    texts: frozenset[str] = field(default_factory=frozenset)
    standings: str | None = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where to write: paths, or "-" for stdout. None writes nothing."""

    messages: str | None = None
    trace: str | None = None
    dead_letters: str | None = None
    instances: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a simulation is: `done` of `total` units of the present phase (0: not known), and the events read so far."""

    phase: Literal["reading", "working", "writing"]
    done: int
    total: int
    unit: Literal["bytes", "people", "records"]
    events: int
