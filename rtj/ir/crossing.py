"""How people go over from one version of a journey to another: which node, case and goal is which (S12.3)."""

from __future__ import annotations

import msgspec

from rtj.ir.journey import OnTimers

Struct = msgspec.Struct


class JourneyCrossing(Struct, frozen=True):
    """`old` and `new` are the names of the journey. `nodes`: id in the old version -> id in the new one; `dropped`: id in the old
    version -> the node at which people go on, None: they leave; `cases`: (node in the old version, number of its case) -> number
    in the new one; `watches`: number among goals, then exits, in the old version -> the same in the new one. `timers`: what
    becomes of a length that has changed."""

    old: str
    new: str
    nodes: dict[str, str]
    dropped: dict[str, str | None]
    cases: dict[tuple[str, int], int]
    watches: dict[int, int]
    entries: dict[int, int]
    timers: OnTimers = "keep"


class Crossing(Struct, frozen=True):
    """All journeys that both versions have, by the name in the old one. Whoever is in another has no place in the new version."""

    journeys: dict[str, JourneyCrossing]
