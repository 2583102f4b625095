"""A portrait shows everything about one person, masked where it must be, and leaves the person as they were."""

from __future__ import annotations

import msgspec
import pytest

from rtj.compile import compile_text
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.portrait import Painter, find, named
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.masking import STARS, Masker
from rtj.ir.portraits import Known, Portrait, masked
from rtj.ir.program import Program
from rtj.ir.records import Instant
from rtj.ir.standing import Shut
from tests.engine.gated import PROJECT, Call, at, compiled, events

GATES = """
  goes: count(go) over 30d
audiences:
  keen: profile.goes >= 2
channels:
  email: {purpose: marketing, address: profile.mail, consent: profile.ok}
"""
JOURNEY = """\
journey: a
enter: {on: go, key: text(event.n), again: always}
do: [{id: pause, wait: 2 days}, {id: m, send: hello, by: email}]
"""
CALLS: tuple[Call, ...] = (
    ("1 09:00", "say", "uu1 dd1", {"ok": True, "mail": "ada@example.com", "timezone": "Asia/Tokyo", "since": at("1 00:00")}),
    ("1 10:00", "go", "uu1", {"n": 7}),
    ("1 11:00", "go", "uu1", {"n": 8}),
    ("1 12:00", "unsubscribed", "uu1", {}),
    ("1 12:00", "go", "uu2", {"n": 1}),
)


def world(program: Program) -> World:
    recorder = Recorder()
    machine = Machine(program, Level.TRACE)
    made = World(machine, recorder, Kernel(machine, recorder, Level.TRACE))
    for event in events(program, *CALLS):
        made.advance(event.at)
        made.feed_alone(event)
    made.advance(at("2 00:00"))
    return made


def painted(made: World, name: str, when: str = "2 00:00") -> Portrait:
    p = find(made.identities.owners, made.machine.program, name)
    assert p is not None
    return Painter(made.machine, at(when)).portrait(p)


@pytest.fixture(scope="module")
def ada() -> Portrait:
    return painted(world(compiled(GATES, JOURNEY)), "u:u1")


def test_who_and_what_is_known(ada: Portrait) -> None:
    assert ada.profile == "u:u1"
    assert sorted(ada.identifiers) == ["d:d1", "u:u1"]
    assert ada.zone == "Asia/Tokyo"
    assert ada.attributes["mail"] == Known("ada@example.com", Instant(at("1 09:00")))
    assert ada.attributes["since"].value == at("1 00:00") and type(ada.attributes["since"].value) is Instant
    assert ada.attributes["news"] == Known(None)
    assert ada.computed == {"goes": 2}
    assert [one.name for one in ada.audiences] == ["keen"]


def test_where_they_stand_and_what_stops_a_message(ada: Portrait) -> None:
    assert [(one.journey, one.node, one.key) for one in ada.inside] == [("a", "pause", "7"), ("a", "pause", "8")]
    assert ada.inside[0].due == at("3 10:00")
    assert ada.reach["email"].transactional is None
    assert [(one.source, one.says, one.withdrawn) for one in ada.consent] == [
        ("any", False, True),
        ("channel:email", True, False),
    ]
    assert ada.reach["email"].marketing == Shut("consent", "any")


def test_somebody_of_whom_little_is_known() -> None:
    found = painted(world(compiled(GATES, JOURNEY)), "u2")
    assert (found.identifiers, found.audiences) == (("u:u2",), ())
    assert [(one.source, one.says, one.since) for one in found.consent] == [("channel:email", None, None)]
    assert found.reach["email"].marketing == Shut("address", "missing")


def test_looking_changes_nothing() -> None:
    """A world that was looked at all the time goes on as one that never was."""
    program = compiled(GATES, JOURNEY)
    seen, unseen = world(program), world(program)
    for _ in range(3):
        painted(seen, "u1")
        painted(seen, "u2")
    for made in (seen, unseen):
        made.finish(at("9 00:00"), drain=False)
    assert seen.kernel.recorder.records == unseen.kernel.recorder.records


def test_names_mean_a_namespace_or_any() -> None:
    program = compiled(GATES, JOURNEY)
    made = world(program)
    owners = made.identities.owners
    assert find(owners, program, "d:d1") is find(owners, program, "u1")
    assert find(owners, program, "d:u1") is None
    assert find(owners, program, "") is None and find(owners, program, "u:") is None
    assert named(program, "u:x")[0] == ([space.name for space in program.ranked].index("u"), "x")


def test_a_masked_one_tells_nobody_who_it_is() -> None:
    project = PROJECT.replace("unique: true}", "unique: true, labels: [pii]}")
    for name in ("mail", "timezone"):
        project = project.replace(f"{{from: say.{name}, type: string}}", f"{{from: say.{name}, type: string, labels: [pii]}}")
    done = compile_text(project + GATES, JOURNEY)
    assert done.program is not None
    program = done.program
    ada = painted(world(program), "u1")
    hidden = masked(ada, Masker(program))
    text = msgspec.json.encode(hidden, enc_hook=int).decode()
    assert "ada@example.com" not in text and "u1" not in text and "Tokyo" not in text
    assert hidden.attributes["mail"].value == STARS and hidden.attributes["mail"].since == at("1 09:00")
    assert hidden.computed == ada.computed
    assert masked(ada, Masker(program, show=True)) is ada
