"""What the kernel promises beyond single rules: bounds are kept, ids are stable, journeys are not built for nothing."""

from __future__ import annotations

from typing import Any

from rtj.compile import compile_text
from rtj.engine.admission import CONSEQUENCES_MAX, KEYS_MAX
from rtj.engine.machine import Machine
from rtj.engine.mail import RECEIPTS
from rtj.engine.merging import merge
from rtj.engine.patterns import PARTIALS_MAX
from rtj.engine.record import Level, Recorder
from rtj.engine.reporting import instance_id, message_key
from rtj.engine.world import World
from rtj.ir.records import Event

PROJECT = """
project: t
identity: {u: {kind: person, priority: 1}}
events: {go: {n: number}, ping: {}, pong: {}}
profile: {flag: {type: bool?}}
audiences: {flagged: profile.flag == true}
channels: {email: {purpose: transactional}}
"""


def run(*journeys: str, events: list[tuple[int, str, dict[str, Any]]], end: int = 10**9, drain: bool = False) -> Recorder:
    compiled = compile_text(PROJECT, *journeys)
    assert compiled.program is not None, compiled.diagnostics
    machine = Machine(compiled.program, Level.TRACE)
    recorder = Recorder()
    world = World(machine, recorder)
    made = [
        Event(at, 0, pos, kind, f"e{pos}", at, ((0, "x"),), machine.record(kind)(**props))
        for pos, (at, kind, props) in enumerate(events)
    ]
    world.replay(made, end, drain)
    return recorder


def what(recorder: Recorder, *kinds: str) -> list[dict[str, object]]:
    return [r[3] for r in sorted(recorder.records, key=lambda r: r[:3]) if r[3]["what"] in kinds]


def test_a_flag_that_flips_for_ever_ends_as_runaway() -> None:
    on = "journey: on_it\nenter: {on: joining flagged, again: always}\ndo: [{set: profile.flag = false}]"
    off = "journey: off_it\nenter: {on: leaving flagged, again: always}\ndo: [{set: profile.flag = true}]"
    first = "journey: first\nenter: {on: go}\ndo: [{set: profile.flag = true}]"

    recorder = run(on, off, first, events=[(1, "go", {"n": 1})])

    reasons = {left["reason"] for left in what(recorder, "left")}
    assert reasons == {"completed", "runaway"}
    assert len(what(recorder, "entered")) <= CONSEQUENCES_MAX + 2


def test_ten_keys_at_once() -> None:
    journey = "journey: j\nenter: {on: go, as: g, key: g.n}\ndo: [{id: w, wait: 1h}]"

    recorder = run(journey, events=[(n, "go", {"n": n}) for n in range(KEYS_MAX + 2)], end=1000)

    assert recorder.counts["entered", "j"] == KEYS_MAX
    assert recorder.counts["refused", "j", "full"] == 2
    assert recorder.counts["inside", "j"] == KEYS_MAX


def test_partial_matches_are_bounded() -> None:
    journey = "journey: j\nenter: {on: 2 go same event.n}\ndo: [{send: m}]"

    recorder = run(journey, events=[(n, "go", {"n": n}) for n in range(PARTIALS_MAX + 5)] + [(9999, "go", {"n": 0})])

    assert ("entered", "j") not in recorder.counts  # the oldest, 0, was let go


def test_drain_admits_nobody_and_empties_the_journeys() -> None:
    journey = "journey: j\nenter: {on: go, again: always}\ndo: [{id: w, wait: 3d}, {send: m}]"

    recorder = run(journey, events=[(1, "go", {"n": 1})], end=10, drain=True)

    assert recorder.counts["sent", "j", "email"] == 1
    assert ("inside", "j") not in recorder.counts


def test_ids_depend_on_who_when_and_why_alone() -> None:
    assert instance_id("j", "u:x", None, 5, "e1") == instance_id("j", "u:x", None, 5, "e1")
    assert instance_id("j", "u:x", None, 5, "e1") != instance_id("j", "u:x", "k", 5, "e1")
    assert message_key("secret", "i", "n", 1) != message_key("other", "i", "n", 1)
    assert message_key("s" * 100, "i", "n", 1) != message_key("s" * 101, "i", "n", 1)


def test_journeys_that_no_event_concerns_are_never_built() -> None:
    compiled = compile_text(
        PROJECT, "journey: a\nenter: {on: go}\ndo: [{send: m}]", "journey: b\nenter: {on: ping}\ndo: [{send: m}]"
    )
    assert compiled.program is not None
    machine = Machine(compiled.program)

    machine.plan("go", source=True)

    assert [j.name for j in machine._journeys.values()] == ["a"]
    assert machine.reads - RECEIPTS == {"go", "ping"}


def test_a_merge_twice_changes_nothing() -> None:
    compiled = compile_text(PROJECT, "journey: j\nenter: {on: go, as: g, key: g.n}\ndo: [{id: w, wait: 1h}]")
    assert compiled.program is not None
    machine = Machine(compiled.program, Level.TRACE)
    world = World(machine, Recorder())
    for pos, person in enumerate("xy"):
        world.feed(Event(pos, 0, pos, "go", f"e{pos}", pos, ((0, person),), machine.record("go")(n=1)))
    p, q = world.profiles

    merge(world.kernel, p, q, 2)
    once = (list(p.instances), dict(p.last_entries), p.members, p.due)
    merge(world.kernel, p, q, 2)

    assert (list(p.instances), dict(p.last_entries), p.members, p.due) == once
    assert [r[3]["what"] for r in world.kernel.recorder.records if r[3]["what"] == "left"] == ["left"]
