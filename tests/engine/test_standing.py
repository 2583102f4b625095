"""Who stands where is told from live profiles: what they wait for, what could reach them; and telling it changes nothing."""

from __future__ import annotations

from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.standing import Onlooker
from rtj.engine.world import World
from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Held, Reach, Recent, Shut, Standing
from tests.engine.gated import Call, at, compiled, events

GATES = """
channels:
  email: {purpose: marketing, address: profile.mail, consent: profile.ok}
  push: {purpose: marketing, default: granted}
messages:
  news: {category: letters}
  receipt: {purpose: transactional}
caps:
  two: {at_most: 2, per: 7 days}
  letters: {at_most: 1, per: 7 days, categories: letters}
quiet_hours: {from: 22:00, to: 08:00, zone: profile, channels: [push]}
"""
LONG = """\
journey: a
enter: {on: go, as: came, again: always}
do:
  - {id: pause, wait: 2 days}
  - {id: m, send: news, by: email, as: mail}
  - repeat: 3 times
    id: often
    do:
      - {id: answer, wait_for: [{on: say, when: event.ok == false, as: no}, {after: 9d}, {after: 1d}]}
"""
NIGHT = "journey: b\nenter: {on: go, key: text(event.n), again: always}\ndo: [{id: n, send: hello, by: push}, {id: z, wait: 1h}]"


def world(program: Program, *calls: Call, end: str) -> World:
    """Everybody, at the end."""
    made = World(Machine(program, Level.TRACE), Recorder())
    work = events(program, *calls)
    for instant in sorted({event.at for event in work}):
        made.advance(instant)
        for event in work:
            if event.at == instant:
                made.feed(event)
        made.close(instant)
    made.finish(at(end), drain=False)
    return made


def told(made: World, end: str) -> list[Standing]:
    return list(Onlooker(made.machine, at(end)).standings(made.inside()))


KNOWN: Call = ("1 09:00", "say", "u1", {"ok": True, "mail": "a@x.org", "timezone": "Asia/Tokyo"})


def test_what_an_instance_waits_for() -> None:
    program = compiled(GATES, LONG)
    made = world(program, KNOWN, ("1 10:00", "go", "u1", {}), end="5")
    (one,) = told(made, "5")
    (instance,) = one.instances
    assert (instance.node, instance.case, instance.rounds) == ("answer", 3, {"often": 2})
    assert (instance.entered, instance.since, instance.due) == (at("1 10:00"), at("4 10:00"), at("5 10:00"))
    assert (instance.names, instance.key, instance.held) == (("came", "mail"), None, None)
    assert instance.version == fingerprint(program.journeys[0]) and instance.profile == one.profile.profile == "u:1"
    waits = [r for r in made.kernel.recorder.records if r[3]["what"] == "waits"]
    assert instance.id == waits[-1][3]["instance"]


def test_what_could_reach_a_profile() -> None:
    """Consent and addresses by purpose, caps that cover everything; not those of a category, and no quiet hours."""
    program = compiled(GATES, LONG)
    (one,) = told(world(program, KNOWN, ("1 10:00", "go", "u1", {}), end="3 23:30"), "3 23:30")
    assert one.profile.zone == "Asia/Tokyo"
    assert one.profile.recent == (Recent(at("3 10:00"), "email", "letters", "a"),)  # type: ignore[arg-type]
    assert one.profile.reach == {"email": Reach(), "push": Reach()}
    no: Call = ("3 11:00", "say", "u1", {"ok": False, "mail": "", "timezone": "Mars/Base"})
    (one,) = told(world(program, KNOWN, ("1 10:00", "go", "u1", {}), ("2", "go", "u1", {}), no, end="3 12:00"), "3 12:00")
    missing = Shut("address", "missing")
    assert one.profile.reach == {"email": Reach(missing, missing), "push": Reach()} and one.profile.zone == "UTC"


def test_a_cap_that_is_full_and_who_is_unknown() -> None:
    program = compiled(GATES.replace("at_most: 2", "at_most: 1"), LONG)
    (one,) = told(world(program, KNOWN, ("1 10:00", "go", "u1", {}), end="4"), "4")
    full = Shut("cap", "two")
    assert one.profile.reach == {"email": Reach(full), "push": Reach(full)}
    (one,) = told(world(program, ("1 10:00", "go", "u2", {}), ("1 11:00", "say", "u2", {"mail": "b@x.org"}), end="2"), "2")
    assert one.profile.reach == {"email": Reach(Shut("consent", "unknown")), "push": Reach()}


def test_a_message_that_is_held_and_instances_by_key() -> None:
    program = compiled(GATES, NIGHT)
    calls: tuple[Call, ...] = (KNOWN, ("1 14:30", "go", "u1", {"n": 2}), ("1 14:40", "go", "u1", {"n": 1}))
    (one,) = told(world(program, *calls, end="1 20:00"), "1 20:00")
    assert [(i.key, i.node, i.since, i.held) for i in one.instances] == [
        ("2", "n", at("1 14:30"), Held("push", at("1 23:00"))),  # type: ignore[arg-type]
        ("1", "n", at("1 14:40"), Held("push", at("1 23:00"))),  # type: ignore[arg-type]
    ]
    assert all(instance.due == at("1 23:00") and instance.case == 0 for instance in one.instances)


def test_looking_changes_nothing() -> None:
    """Asked twice the answer is the same, and what comes afterwards is what would have come."""
    program = compiled(GATES, LONG, NIGHT)
    calls: tuple[Call, ...] = (KNOWN, ("1 14:30", "go", "u1", {"n": 2}), ("2 09:00", "go", "u2", {"n": 1}))
    made, untouched = (world(program, *calls, end="2 12:00") for _ in range(2))
    first, second = told(made, "2 12:00"), told(made, "2 12:00")
    assert first == second != []
    for each in (made, untouched):
        each.finish(at("20"), drain=True)
    assert made.kernel.recorder.records == untouched.kernel.recorder.records
    assert told(made, "20") == []


def test_profiles_that_rest_are_told_of_and_rest_again() -> None:
    program = compiled("", "journey: a\nenter: {on: go, again: always}\ndo: [{id: pause, wait: 9 days}]")
    made = World(Machine(program), Recorder())
    made._resting.awake = 4
    for event in events(program, *((f"1 {n // 60:02}:{n % 60:02}", "go", f"u{n}", {}) for n in range(60))):
        made.feed(event)
        made.close(event.at)
    resting = sum(p.packed is not None for p in made.profiles)
    assert resting > 40
    found = told(made, "2")
    assert len(found) == 60 and {one.instances[0].node for one in found} == {"pause"}
    assert sum(p.packed is not None for p in made.profiles) > 40
    assert told(made, "2") == found
