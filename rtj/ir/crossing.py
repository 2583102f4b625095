"""How people go over from one version of a journey to another: which node, case and goal is which (S12.3)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rtj.ir.journey import Journey, OnTimers, known_as

Struct = msgspec.Struct


class JourneyCrossing(Struct, frozen=True):
    """`old` and `new` are the names of the journey. `nodes`: id in the old version -> id in the new one; `dropped`: id in the old
    version -> the node at which people go on, None: they leave; `cases`: (node in the old version, number of its case) -> number
    in the new one; `watches`: number among goals, then exits, in the old version -> the same in the new one. `timers`: what
    becomes of a length that has changed. `others`: further versions in the new program, with the ways in that are those of the
    old one: who is on their way in is on their way into these too."""

    old: str
    new: str
    nodes: dict[str, str]
    dropped: dict[str, str | None]
    cases: dict[tuple[str, int], int]
    watches: dict[int, int]
    entries: dict[int, int]
    timers: OnTimers = "keep"
    others: dict[str, dict[int, int]] = msgspec.field(default_factory=dict)


class Crossing(Struct, frozen=True):
    """All journeys that both versions have, by the name in the old one. Whoever is in another has no place in the new version."""

    journeys: dict[str, JourneyCrossing]


def heirs(old: Sequence[Journey], new: Sequence[Journey]) -> dict[str, str]:
    """The new name of each journey that both versions have, by its old one: the same, or another that says `formerly`. What it
    says counts as long as the old version has the one name and not the other. Names are those that people know."""
    was, now = {known_as(journey) for journey in old}, {known_as(journey) for journey in new}
    renamed = {j.formerly: j.name for j in new if j.formerly in was - now and j.name not in was and j.name == known_as(j)}
    return {name: name for name in map(known_as, old) if name in now} | renamed


def moved_nodes(old: Journey, new: Journey) -> dict[str, str]:
    """The new id of each node that the author says to have `moved`, by its old one, as far as the versions have them."""
    was, now = {node.id for node in old.nodes}, {node.id for node in new.nodes}
    return {move.old: move.new for move in new.moved if move.old in was - now and move.new in now}
