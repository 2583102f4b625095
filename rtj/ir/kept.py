"""A profile at rest as a store keeps it: a few numbers that are asked of everybody, and a record that is read when something
happens to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProfileHead:
    """What is known of a profile without reading it. `number` counts births; `ids`: its identifiers, (namespace index, value) in
    their order, as msgpack; `due`, `recheck`, `members` are those of the engine (members as text: the number has no bound)."""

    number: int
    due: int
    recheck: int
    members: str
    ids: bytes


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """The same, and all the rest: `body` is what the engine's codec wrote."""

    number: int
    due: int
    recheck: int
    members: str
    ids: bytes
    body: bytes
