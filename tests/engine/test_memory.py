"""A profile in the middle of one journey costs less than 2 KB, its event, its identifiers and its timers included."""

from __future__ import annotations

import tracemalloc

from rtj.compile import compile_text
from rtj.engine.machine import Machine
from rtj.engine.record import Recorder
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
PROFILES = 3_000
BYTES_MAX = 2_048


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
