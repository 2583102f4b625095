"""S2.4: in event types declared `replaces: email` the new value takes the place of the old; the old one is free again."""

from __future__ import annotations

from rtj.compile import compile_text
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.records import Event

PROJECT = """
project: t
identity:
  user: {kind: person, priority: 1, unique: true}
  email: {kind: person, priority: 2, unique: true}
events: {seen: {}, moved_house: {}}
REPLACES
channels: {mail: {purpose: transactional}}
"""
JOURNEY = """
journey: j
enter: {on: seen, again: always}
do:
  - {send: m, by: mail, as: first}
  - send: n
    by: mail
    with: was = first.key, by = first.channel
"""
SEEN = ((0, "ada"), (1, "old@x"))
MOVED = ((0, "ada"), (1, "new@x"))
EVE = ((0, "eve"), (1, "new@x"))


def run(replaces: str, *events: tuple[str, tuple[tuple[int, str], ...]]) -> tuple[World, Recorder]:
    compiled = compile_text(PROJECT.replace("REPLACES", replaces), JOURNEY)
    assert compiled.program is not None, compiled.diagnostics
    machine = Machine(compiled.program, Level.TRACE)
    recorder = Recorder()
    world = World(machine, recorder)
    for at, (kind, ids) in enumerate(events):
        world.advance(at)
        world.feed(Event(at, 0, at, kind, f"e{at}", at, ids, machine.record(kind)()))
        world.close(at)
    return world, recorder


def test_the_new_value_takes_the_place_of_the_old() -> None:
    world, recorder = run("replaces: {moved_house: email}", ("seen", SEEN), ("moved_house", MOVED), ("seen", ((1, "old@x"),)))

    assert world.owners[1, "new@x"].origin == "user:ada"
    assert world.owners[1, "old@x"].origin == "email:old@x#2"
    assert [r[3]["identifier"] for r in recorder.records if r[3]["what"] == "let_go"] == ["email:old@x"]


def test_it_is_taken_even_from_somebody_else() -> None:
    world, recorder = run("replaces: {moved_house: email}", ("seen", EVE), ("seen", SEEN), ("moved_house", MOVED))

    assert world.owners[1, "new@x"].origin == "user:ada"
    assert ("link_refused",) not in recorder.counts


def test_without_it_the_owner_keeps_it_and_the_refusal_is_counted() -> None:
    world, recorder = run("", ("seen", EVE), ("seen", SEEN), ("moved_house", MOVED))

    assert world.owners[1, "new@x"].origin == "user:eve"
    assert recorder.counts[("link_refused",)] == 1


def test_a_send_names_its_key_and_channel() -> None:
    _, recorder = run("", ("seen", SEEN))

    first, second = (r[3] for r in recorder.records if r[3]["what"] == "sent")
    assert second["vars"] == {"was": first["key"], "by": "mail"}
