"""Laws of identity, on streams that chance makes: merging again changes nothing, the order of arrival inside the lateness bound
does not matter, people are never fused by what they share, and no message is sent twice because two devices were one person.
(That a withdrawal survives every merge is held by `test_gates_laws`.)
"""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.engine.identity import IDENTIFIERS_MAX, PEOPLE_MAX
from rtj.engine.machine import Machine
from rtj.engine.merging import merge
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event
from tests.oracle.door import Feed
from tests.oracle.drivers import ENGINE, RUNS

PROJECT = """
project: t
identity:
  user: {kind: person, priority: 1, unique: true}
  email: {kind: person, priority: 2}
  device: {kind: device, priority: 3}
  cookie: {kind: cookie, priority: 4}
events: {seen: {}, logged_in: {}, bought: {total: number}}
profile: {spent: sum(bought.total), last: {from: bought.total}}
channels: {mail: {purpose: transactional}}
"""
WELCOME = """
journey: welcome
enter: {on: seen, again: never}
do:
  - {id: rest, wait: 100s}
  - {send: hello, by: mail}
"""
SECOND = 1_000
Ids = tuple[tuple[int, str], ...]


def made(text: str) -> Program:
    compiled = compile_text(text, WELCOME)
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program


PROGRAM = made(PROJECT)
MACHINE = Machine(PROGRAM)


def event(at: int, kind: str, ids: Ids, number: int) -> Event:
    fields = {"total": number} if kind == "bought" else {}
    return Event(at, 0, number, kind, f"e{number}", at, ids, MACHINE.record(kind)(**fields))


def world_after(events: list[Event]) -> tuple[World, Recorder]:
    recorder = Recorder()
    world = World(Machine(PROGRAM, Level.TRACE), recorder)
    for one in events:
        world.advance(one.at)
        world.feed(one)
        world.close(one.at)
    return world, recorder


def facts(world: World) -> dict[str, tuple[object, ...]]:
    return {
        p.origin: (set(p.identifiers), list(p.attributes), p.members, len(p.instances), dict(p.last_entries))
        for p in world.profiles
    }


SPACES = (3, 3, 4, 4)
one_of = [st.integers(0, size - 1).map(lambda n, s=space: (s, f"{'uedc'[s]}{n}")) for space, size in enumerate(SPACES)]
some_ids = (
    st.tuples(*(st.none() | one for one in one_of)).map(lambda found: tuple(i for i in found if i is not None)).filter(bool)
)
streams = st.lists(st.tuples(some_ids, st.sampled_from(["seen", "logged_in", "bought"])), min_size=1, max_size=25)


def worked(stream: list[tuple[Ids, str]]) -> list[Event]:
    return [event(SECOND * at, kind, ids, at) for at, (ids, kind) in enumerate(stream)]


@settings(max_examples=80, deadline=None)
@given(streams)
def test_merging_again_changes_nothing(stream: list[tuple[Ids, str]]) -> None:
    """Neither the same profiles once more, nor an event that says again what the one before has said."""
    events = worked(stream)
    world, recorder = world_after(events)
    before, merged = facts(world), recorder.counts["merged",]

    last = events[-1]
    world.feed(event(last.at, "logged_in", last.ids, len(events)))
    world.close(last.at)
    assert facts(world) == before
    assert recorder.counts["merged",] == merged

    profiles = list(world.profiles)
    for goes in profiles[1:]:
        merge(world.kernel, profiles[0], goes, last.at)
        told = (facts(world), len(recorder.records))
        merge(world.kernel, profiles[0], goes, last.at)
        assert (facts(world), len(recorder.records)) == told


@settings(max_examples=60, deadline=None)
@given(streams, st.randoms(use_true_random=False))
def test_the_order_of_arrival_inside_the_lateness_bound_does_not_matter(stream: list[tuple[Ids, str]], random: Random) -> None:
    lateness = 5 * SECOND
    events = worked(stream)
    arrived = sorted(events, key=lambda e: e.ts + random.randrange(lateness))

    for run in RUNS.values():
        first = run(PROGRAM, [Feed("a", lateness, tuple(events))], None, True)
        again = run(PROGRAM, [Feed("a", lateness, tuple(arrived))], None, True)
        assert first.records == again.records
        assert first.counts == again.counts


@settings(max_examples=120, deadline=None)
@given(streams)
def test_people_are_never_fused_by_what_they_share(stream: list[tuple[Ids, str]]) -> None:
    """Whatever devices, cookies and mailboxes are shared: nobody ever owns two values of the unique kind, and each identifier
    has one owner."""
    world, recorder = world_after(worked(stream))
    for p in world.profiles:
        assert len({value for space, value in p.identifiers if space == 0}) <= 1
        assert all(world.owners[i] is p for i in p.identifiers)
    assert sum(len(p.identifiers) for p in world.profiles) == len(world.owners)
    assert {p.origin for p in world.profiles} <= {origin for _, origin, _, _ in recorder.records}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_no_message_is_sent_twice_because_two_devices_were_one_person(owned: list[tuple[int, int]], random: Random) -> None:
    """Every device enters the journey before anybody knows whose it is; by the time of the message that is known."""
    owner = {device: user for user, device in owned}
    stream = [((2, f"d{device}"),) for device in owner] * 2
    random.shuffle(stream)
    seen: list[tuple[Ids, str]] = [(ids, "seen") for ids in stream]
    logins: list[tuple[Ids, str]] = [(((0, f"u{user}"), (2, f"d{device}")), "logged_in") for device, user in owner.items()]
    random.shuffle(logins)
    for run in ENGINE.values():
        outcome = run(PROGRAM, [Feed("a", 0, tuple(worked([*seen, *logins])))], None, True)
        sent = [r for r in outcome.records if r[3]["what"] == "sent"]
        assert len(sent) == len(set(owner.values()))
        assert len({r[3]["key"] for r in sent}) == len(sent)


def test_the_limits_of_the_rules() -> None:
    """Fifty people may share a device, fifty identifiers a person; what is beyond is told with its reason."""
    shared: list[tuple[Ids, str]] = [(((0, f"u{n}"), (2, "kiosk")), "seen") for n in range(PEOPLE_MAX + 5)]
    own: list[tuple[Ids, str]] = [(((0, "ada"), (2, f"phone{n}"), (3, f"c{n}")), "seen") for n in range(30)]
    world, recorder = world_after(worked([*shared, (((2, "kiosk"),), "seen"), (((2, "kiosk"), (3, "tab")), "seen"), *own]))
    told = Counter(r[3]["what"] for r in recorder.records)

    assert world.identities.junk == {(2, "kiosk")}
    assert (2, "kiosk") not in world.owners
    assert recorder.counts["junk", "device"] == told["junk"] == 1
    assert recorder.counts["only_junk",] == 1, "an event of nobody else"
    assert world.owners[3, "tab"].origin == "cookie:tab", "what else the event carries is of use"
    ada = world.owners[0, "ada"]
    assert len(ada.identifiers) == IDENTIFIERS_MAX
    assert sum(space == 2 for space, _ in ada.identifiers) == 30
    assert recorder.counts["let_go", "cookie"] == told["let_go"] == 11
    assert (3, "c10") not in world.owners and (3, "c11") in world.owners


def test_a_mailbox_that_joins_everybody_is_found_out() -> None:
    """Where nothing is unique, what links 100 people has fused 50 of them when it is found out; the others stay apart."""
    text = PROJECT.replace(", unique: true", "")
    machine = Machine(made(text), Level.TRACE)
    recorder = Recorder()
    world = World(machine, recorder)
    for n in range(100):
        world.feed(event(n, "seen", ((0, f"u{n}"), (1, "info@x.org")), n))
        world.close(n)

    assert world.identities.junk == {(1, "info@x.org")}
    assert len(world.profiles) == 100 - PEOPLE_MAX + 1
    assert max(len(p.identifiers) for p in world.profiles) <= IDENTIFIERS_MAX
