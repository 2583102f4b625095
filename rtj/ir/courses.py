"""What became of audiences over recorded events: filled by the runner, read by reports."""

from __future__ import annotations

from dataclasses import dataclass

from rtj.ir.result import SimulateResult


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from `start` to `end` (ms since the epoch, the end left out): the size when it ended, the largest size
    in it, and how many joined and left meanwhile."""

    start: int
    end: int
    size: int
    peak: int
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Stay:
    """Who is a member, and since when."""

    name: str
    since: int


@dataclass(frozen=True, slots=True)
class Course:
    """One audience over the whole run. `joined` and `left` count changes (one person may come and go often), `fused` members who
    turned out to be the same person; `peak` is the largest size at the end of an instant, `peak_at` the first such instant;
    `longest` who has been a member for the longest time without a break; `stayed_ms` how long those stayed who left, in all."""

    name: str
    size: int
    joined: int
    left: int
    fused: int
    peak: int
    peak_at: int | None
    spans: tuple[Span, ...]
    longest: Stay | None
    stayed_ms: int


@dataclass(frozen=True, slots=True)
class Survey:
    """All audiences asked for, by name. `members` are the first by name of the one audience asked for; its course has how many
    there are."""

    result: SimulateResult
    courses: tuple[Course, ...]
    members: tuple[Stay, ...] = ()
