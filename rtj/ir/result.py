"""What a simulation answers: filled by the runner, read by reports."""

from __future__ import annotations

from dataclasses import dataclass, field


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
