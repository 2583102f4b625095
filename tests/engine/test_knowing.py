"""Somebody who is known before the first event is there with these facts; nothing has happened to them by it."""

from __future__ import annotations

from rtj.compile import compile_text
from rtj.engine.knowing import know
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.records import Event, event_classes

PROJECT = """
project: a
identity:
  user_id: {kind: person, priority: 1, unique: true}
  device: {kind: device, priority: 2}
events:
  came: {tier: string?}
profile:
  tier: {from: came.tier}
  timezone: {type: string?}
audiences:
  golden: profile.tier == 'gold'
  held: profile.tier has been 'gold' for 1h
channels:
  email: {purpose: transactional}
"""
JOURNEYS = (
    "journey: joins\nenter: [{on: joining golden}, {on: joining held}, {when: profile.tier is not missing}]\ndo: [{send: a}]\n",
    "journey: comes\nenter: {on: came, when: audience.golden, again: always}\ndo: [{send: b}]\n",
)


def world() -> World:
    program = compile_text(PROJECT, *JOURNEYS).program
    assert program is not None
    return World(Machine(program, Level.TRACE), Recorder())


def told(of: World) -> list[tuple[int, object, object]]:
    return [(at, r["what"], r.get("audience", r.get("journey"))) for at, _, _, r in of.kernel.recorder.records]


def test_who_is_known_belongs_and_has_joined_nothing() -> None:
    made = world()
    know(made, 1_000, ((0, "ada"), (1, "d-1")), {"tier": "gold", "timezone": "Asia/Tokyo"})
    (p,) = made.profiles
    assert made.owners[(1, "d-1")] is p and p.members != 0 and not p.instances
    assert [what for _, what, _ in told(made)] == ["born", "linked"]


def test_what_comes_after_it_happens() -> None:
    made = world()
    know(made, 1_000, ((0, "ada"),), {"tier": "gold"})
    made.feed(Event(2_000, 0, 1, "came", "e1", 2_000, ((0, "ada"),), event_classes(made.machine.program)["came"]()))
    made.close(2_000)
    made.finish(3_700_000, drain=False)
    assert ("joined", "held") in [one[1:] for one in told(made)] and (3_601_000, "joined", "held") in told(made)
    assert [one for one in told(made) if one[1] == "entered"] == [(2_000, "entered", "comes"), (3_601_000, "entered", "joins")]


def test_nothing_known_is_somebody_all_the_same() -> None:
    made = world()
    know(made, 1_000, ((0, "ada"),), {})
    (p,) = made.profiles
    assert p.members == 0 and p.origin == "user_id:ada"
