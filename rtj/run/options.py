"""What a simulation is asked for, and what it answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtj.ir.expr import Length

Order: TypeAlias = Literal["ts", "arrival"]


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """How to replay.

    `events`: paths, or "-" for stdin. `order`: files by event time, or as they come (S1.12). `until`: the end as ms since the
    epoch, or a length after the last event; None ends at the last event (S1.6). `profile`: an identifier, `namespace:value` or
    the bare value; messages and trace are then of this person alone. `strict`: the first dead letter stops the run (S1.9).
    `workers`: processes; None means the cores. `now_ms`: the instant at which events without `received_at` were received
    (S1.10). `format`: pins the format of the events instead of sniffing it.
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


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where to write: paths, or "-" for stdout. None writes nothing."""

    messages: str | None = None
    trace: str | None = None
    dead_letters: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a simulation is: `done` of `total` units of the present phase (0: not known), and the events read so far."""

    phase: Literal["reading", "working", "writing"]
    done: int
    total: int
    unit: Literal["bytes", "people", "records"]
    events: int


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The format of one source, and what it was known by (`pinned` when the caller said so)."""

    source: str
    format: str
    why: str


@dataclass(frozen=True, slots=True)
class SimulateResult:
    """What happened. `counts` are those of `rtj.engine.record`, merged over all workers. Instants are ms since the epoch, None
    when no event was read. `late`, `duplicates`, `id_reused`, `out_of_order`, `unread` count events; `read` counts every line;
    `component` is the number of profiles in the largest connected component (S2.6)."""

    counts: dict[tuple[str, ...], int] = field(default_factory=dict)
    read: int = 0
    out_of_order: int = 0
    late: int = 0
    duplicates: int = 0
    id_reused: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    unknown_types: dict[str, int] = field(default_factory=dict)
    unread: int = 0
    first_ts: int | None = None
    last_ts: int | None = None
    end: int | None = None
    profiles: int = 0
    component: int = 0
    formats: tuple[Sniffed, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False
    spilled: bool = False
    workers: int = 1
