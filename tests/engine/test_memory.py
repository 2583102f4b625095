"""A profile in the middle of one journey costs less than 2 KB, its event, its identifiers and its timers included; one at rest,
of whom as much is known as of most people, less than 750 bytes, however often it was woken."""

from __future__ import annotations

import tracemalloc
from random import Random
from unittest.mock import patch

from rtj.compile import compile_text
from rtj.engine.machine import Machine
from rtj.engine.record import Recorder
from rtj.engine.resting import Resting
from rtj.engine.world import World
from rtj.ir.records import Event

PROJECT = """
project: t
identity: {user_id: {kind: person, priority: 1}}
events: {add_to_cart: {cart_id: string, value: number}, purchase: {cart_id: string}}
channels: {push: {purpose: transactional}}
"""
JOURNEY = """
journey: cart
enter: {on: add_to_cart, as: cart, when: cart.value >= 30, again: after 7d, while_inside: restart}
goal: {on: purchase, when: event.cart_id == cart.cart_id}
do:
  - {id: cooling_off, wait: 30m}
  - {send: reminder, by: push, with: value = cart.value}
"""
PEOPLE = """
project: t
identity: {user_id: {kind: person, priority: 1}}
events:
  signed_up: {name: string, email: string, city: string, plan: string, height: number}
  purchase: {total: number}
profile:
  name: {from: signed_up.name, type: string?}
  email: {from: signed_up.email, type: string?}
  city: {from: signed_up.city, type: string?}
  plan: {from: signed_up.plan, type: string?}
  height: {from: signed_up.height, type: number?}
  spend_30d: sum(purchase.total) over 30d
audiences: {spenders: profile.spend_30d > 25, big: profile.spend_30d > 1000}
"""
HOUR_MS = 3_600_000
PROFILES = 3_000
BYTES_MAX = 2_048
RESTING_BYTES_MAX = 750


def populate(machine: Machine) -> World:
    world = World(machine, Recorder())
    cart = machine.record("add_to_cart")
    for n in range(PROFILES):
        at = 1_000 + n
        world.advance(at)
        props = cart(cart_id=f"cart-{n:06d}", value=40 + n % 7)
        world.feed(Event(at, 0, n, "add_to_cart", f"event-{n:08d}", at, ((0, f"person-{n:06d}"),), props))
        world.close(at)
    return world


def test_a_profile_in_a_journey_is_small() -> None:
    compiled = compile_text(PROJECT, JOURNEY)
    assert compiled.program is not None, compiled.diagnostics
    machine = Machine(compiled.program)
    populate(machine)  # what is made once must not count

    tracemalloc.start()
    world = populate(machine)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sum(len(p.instances) for p in world.profiles) == PROFILES
    assert used / PROFILES < BYTES_MAX


def wake_in_turns(machine: Machine) -> World:
    """Everybody signs up, then buys twice, each time in another order."""
    world, draw = World(machine, Recorder()), Random(1)
    signed_up, purchase = machine.record("signed_up"), machine.record("purchase")
    order = list(range(PROFILES))
    for turn in range(3):
        for place, n in enumerate(order):
            at = (turn * PROFILES + place) * HOUR_MS // 16
            if turn:
                kind, props = "purchase", purchase(total=9.5 + n % 7)
            else:
                mail = f"person.{n:06d}@example.com"
                kind = "signed_up"
                props = signed_up(name=f"Name {n}", email=mail, city=f"City {n % 97}", plan="free", height=1.5 + n / 10_000)
            world.advance(at)
            world.feed(Event(at, 0, turn * PROFILES + place, kind, f"event-{at:08x}", at, ((0, f"person-{n:06d}"),), props))
            world.close(at)
        draw.shuffle(order)
    return world


def test_a_profile_at_rest_is_smaller_however_often_it_was_woken() -> None:
    compiled = compile_text(PEOPLE)
    assert compiled.program is not None, compiled.diagnostics
    machine = Machine(compiled.program)
    with patch.object(Resting, "awake", 64):
        wake_in_turns(machine)

        tracemalloc.start()
        world = wake_in_turns(machine)
        used, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert sum(p.packed is not None for p in world.profiles) > PROFILES * 0.9
    assert used / PROFILES < RESTING_BYTES_MAX
    assert peak / PROFILES < RESTING_BYTES_MAX + 150
