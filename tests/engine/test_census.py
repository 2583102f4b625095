"""A census works as every kernel does and tells of membership alone; two members who become one are counted once."""

from __future__ import annotations

from rtj.engine.census import Census
from rtj.engine.machine import Machine
from rtj.engine.record import Recorder
from rtj.engine.world import World
from rtj.ir.expr import Optional
from rtj.ir.program import Audience, Mapping
from tests.oracle.build import STRING, Maker, attribute, event_type, program, that


def test_two_members_become_one() -> None:
    made = program(
        (event_type("buy", item="string?"),),
        audiences=(Audience("a", that("==", attribute("item"), "tea")),),
        mappings=(Mapping("item", Optional(STRING), "buy", "item"),),
    )
    recorder = Recorder()
    machine = Machine(made)
    world = World(machine, recorder, Census(machine, recorder))
    make = Maker(made)
    for event in (
        make("buy", 1, "user:u1", item="tea"),
        make("buy", 2, "cookie:c1", item="tea"),
        make("buy", 3, "user:u1", "cookie:c1", item="tea"),
        make("buy", 4, "user:u1", item="milk"),
    ):
        world.feed(event)
        world.close(event.at)
    told = [(payload["what"], payload.get("since")) for _, _, _, payload in recorder.records]
    assert told == [("joined", None), ("joined", None), ("fused", None), ("left", make.at(1))]
