"""What a deployment does, stage by stage, as values: the one list that a plan shows, and that is carried out.

Nothing is done that is not in it (`rtj.plan.order` makes the order of it, `rtj.deploy.applying` works it), and nothing in it is
left undone. `rtj.plan.staging` finds it out.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

import msgspec

from rtj.ir.journey import OnDeploy, OnTimers

Struct = msgspec.Struct


class Publish(Struct, frozen=True, tag_field="do", tag="publish"):
    """Programs go into the store, by their fingerprints; those that are there already are left as they are."""

    programs: tuple[str, ...]


class Fill(Struct, frozen=True, tag_field="do", tag="fill"):
    """Facts and audiences that are new, or mean something else now, are filled from the log as far as it is kept: since the
    instant `since` (ms since the epoch). `right`: from when on each is what it would be if all events were known, None: never
    surely, for it looks back without an end."""

    names: tuple[str, ...]
    since: int
    right: tuple[tuple[str, int | None], ...] = ()


class Begin(Struct, frozen=True, tag_field="do", tag="begin"):
    """Facts and audiences that begin anew, since there is no log (`no_log`), or they hang on what journeys write, which is in
    none (`written`). `right` as of `Fill`."""

    names: tuple[str, ...]
    why: Literal["no_log", "written"] = "no_log"
    right: tuple[tuple[str, int | None], ...] = ()


class Carry(Struct, frozen=True, tag_field="do", tag="carry"):
    """Journeys that are as they were: so many people in them stay where they are."""

    journeys: tuple[str, ...]
    people: int


class HandOver(Struct, frozen=True, tag_field="do", tag="hand_over"):
    """Who is inside a journey whose version is another one now. `old` and `new`: its names in what runs and in what is to run;
    of the people `inside`, `migrate` go over at once (of them `moved` to a node with another name), `pin` finish on the version
    they entered, `boundary` go over when they come to the first node, `dropped` go where the author says, `stranded` have no
    place and leave."""

    old: str
    new: str
    policy: OnDeploy
    inside: int = 0
    migrate: int = 0
    moved: int = 0
    pin: int = 0
    boundary: int = 0
    dropped: int = 0
    stranded: int = 0
    renamed: tuple[tuple[str, str], ...] = ()


class Timers(Struct, frozen=True, tag_field="do", tag="timers"):
    """What becomes of dates on which people wait whose length is another one now; `overdue` of them end at once."""

    journey: str
    policy: OnTimers
    people: int
    overdue: int


class Strand(Struct, frozen=True, tag_field="do", tag="strand"):
    """A journey that is gone: whoever is inside leaves it, with the reason `stranded`."""

    journey: str
    people: int


class Switch(Struct, frozen=True, tag_field="do", tag="switch"):
    """From now on the environment runs `new`; it ran `old` ("": nothing)."""

    old: str
    new: str


class Drain(Struct, frozen=True, tag_field="do", tag="drain"):
    """An old version of a journey goes on until the last who is inside has left it. `version`: its name in what runs."""

    journey: str
    version: str
    people: int


class Ramp(Struct, frozen=True, tag_field="do", tag="ramp"):
    """Of those who enter, so many of a hundred enter the new version of a journey; the same people at each larger share."""

    journey: str
    percent: float


class Pause(Struct, frozen=True, tag_field="do", tag="pause"):
    """Nobody enters a journey, and its people stop before they are sent anything."""

    journey: str
    people: int


class Resume(Struct, frozen=True, tag_field="do", tag="resume"):
    """A journey goes on: who stopped goes on, spread over `over_ms`, or leaves."""

    journey: str
    then: Literal["go", "leave"]
    over_ms: int
    people: int


Stage: TypeAlias = Publish | Fill | Begin | Carry | HandOver | Timers | Strand | Switch | Drain | Ramp | Pause | Resume
"""One thing that a deployment does."""


def people(stage: Stage) -> int:
    """How many instances a stage concerns: one person may be in several journeys."""
    match stage:
        case Publish() | Fill() | Begin() | Switch() | Ramp():
            return 0
        case HandOver(inside=inside):
            return inside
        case Carry(people=number) | Timers(people=number) | Strand(people=number) | Drain(people=number):
            return number
        case Pause(people=number) | Resume(people=number):
            return number
        case _:
            assert_never(stage)
