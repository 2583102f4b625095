"""A run that is put to bytes and begun anew at random instants goes on as if nothing had been: same records, same counts. What
goes cold, what is fetched and what is told to a store is what the keeper says it is."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from rtj.engine import keeping
from rtj.engine.keeping import CHUNK
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.outgoing import OutgoingKernel
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import read_ahead
from rtj.engine.state import COLD, Profile
from rtj.engine.stored_frame import StoredError
from rtj.engine.succeeding import succeed
from rtj.engine.world import World
from rtj.ir.entries import Answered
from rtj.ir.program import Program
from rtj.plan.crossing import crossing
from rtj.plan.sides import Side
from tests.engine.gated import Call, at, compiled, events
from tests.engine.kept import MemoryStore, kept
from tests.oracle.door import admit
from tests.oracle.drivers import ordered
from tests.oracle.generate import FEATURES, Case, case
from tests.plan.succession import play
from tests.run.test_everything import case as whole_case

MANY = int(os.environ.get("RTJ_CASES", "100"))
PAUSES = "journey: a\nenter: {on: go, again: always}\ndo: [{id: pause, wait: 9 days}, {id: m, send: hello, by: email}]"
MAIL = "channels: {email: {purpose: transactional}}\n"
CALLS = MAIL + "webhooks: {book: {post: 'https://crm.example/book', returns: {slot: instant?}}}\n"
CALLING = """
journey: a
enter: {on: go, again: always}
do:
  - {id: c, call: book, as: booking}
  - {id: rest, wait: 1h}
  - {id: m, send: hello, by: email, with: slot = booking.slot}
"""
TABLES = """
business_events:
  restocked: {item: string, units: number}
tables:
  stock: {key: item, from: restocked, fields: {units: number}}
"""


def same(one: Case) -> None:
    expected = ordered(one.program, list(one.feeds), one.until, one.drain)
    actual = kept(one.program, list(one.feeds), one.until, one.drain, one.seed)
    assert actual.records == expected.records, one.seed
    assert actual.counts == expected.counts, one.seed


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_cases(start: int) -> None:
    for seed in range(start, start + 20):
        same(case(seed))


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_with_one_feature_alone(feature: str) -> None:
    for seed in range(4):
        same(case(seed, frozenset({feature})))


@pytest.mark.long
@pytest.mark.parametrize("start", range(10_000, 10_000 + MANY, 50))
def test_many_random_cases(start: int) -> None:
    for seed in range(start, start + 50):
        same(case(seed))


# ---- whole projects


class Overheard(World):
    """A world that notes what is asked of it, so that the same can be asked of another."""

    calls: list[tuple[str, tuple[Any, ...]]]

    def feed(self, event: Any) -> None:
        self.calls.append(("feed", (event,)))
        super().feed(event)

    def feed_alone(self, event: Any) -> None:
        mark = len(self.calls)
        super().feed_alone(event)
        self.calls[mark:] = [("feed_alone", (event,))]

    def close(self, at: int) -> None:
        self.calls.append(("close", (at,)))
        super().close(at)

    def advance(self, limit: int) -> None:
        mark = len(self.calls)
        super().advance(limit)
        self.calls[mark:] = [("advance", (limit,))]

    def finish(self, end: int, drain: bool) -> None:
        mark = len(self.calls)
        super().finish(end, drain)
        self.calls[mark:] = [("finish", (end, drain))]


def overheard(seed: int, folder: Path, size: int) -> tuple[Program, list[tuple[str, tuple[Any, ...]]]]:
    """A whole project, and what the run in the order of arrival asks of its world."""
    one = whole_case(seed, folder, size)
    with patch("rtj.run.ordered.World", Overheard):
        Overheard.calls = []
        one.run(order="arrival")
    return one.program, Overheard.calls


def played(world: World, name: str, args: tuple[Any, ...]) -> None:
    match name:
        case "feed":
            world.feed(*args)
        case "feed_alone":
            world.feed_alone(*args)
        case "close":
            world.close(*args)
        case "advance":
            world.advance(*args)
        case _:
            world.finish(*args)


def whole_project(seed: int, folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program, calls = overheard(seed, folder, size)
    recorder = Recorder()
    undisturbed = World(Machine(program, Level.TRACE), recorder)
    for name, args in calls:
        played(undisturbed, name, args)
    rnd, store, records = Random(seed), MemoryStore(), []
    awake = rnd.choice((0, 1, 3, 1_000))
    monkeypatch.setattr(keeping, "CHUNK", rnd.choice((1, 2, 512)))
    world = store.world(program, awake)
    for name, args in calls:
        played(world, name, args)
        if name not in ("feed", "finish") and rnd.random() < 0.5:
            store.keep(world)
            if rnd.random() < 0.3:
                records += world.kernel.recorder.records
                world = store.world(program, awake)
    records += world.kernel.recorder.records
    order = lambda record: record[:3]  # noqa: E731
    assert sorted(records, key=order) == sorted(recorder.records, key=order)
    assert Counter(world.kernel.recorder.counts) == Counter(recorder.counts)


@pytest.mark.parametrize("seed", range(3))
def test_whole_projects(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_project(seed, tmp_path, 160, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200, 203))
def test_many_whole_projects(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_project(seed, tmp_path, 300, monkeypatch)


# ---- what goes cold


def filled(store: MemoryStore, program: Program, people: int, awake: int) -> World:
    world = store.world(program, awake)
    calls: list[Call] = [(f"1 {n // 60:02}:{n % 60:02}", "go", f"u{n}", {}) for n in range(people)]
    for event in events(program, *calls):
        world.feed_alone(event)
    return world


def is_cold(p: Profile) -> bool:
    return p.packed is not None


@pytest.mark.parametrize("awake", [0, 1, 10])
def test_no_more_are_awake_after_a_commit_than_may_be(awake: int) -> None:
    store = MemoryStore()
    world = filled(store, compiled(MAIL, PAUSES), 60, awake)
    assert world.keeper is not None
    assert not any(map(is_cold, world.profiles)), "what has changed is not let go"
    store.keep(world)
    assert sum(not is_cold(p) for p in world.profiles) == world.keeper.awake_count <= awake
    for p in world.profiles:
        assert is_cold(p) == any(name not in COLD or not _has(p, name) for name in COLD)


def _has(p: Profile, name: str) -> bool:
    try:
        object.__getattribute__(p, name)
    except AttributeError:
        return False
    return True


def test_only_what_has_changed_is_told() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    world = filled(store, program, 20, 5)
    store.keep(world)
    assert world.keeper is not None
    changes = world.keeper.changes()
    assert (changes.profiles, changes.gone, changes.owners, changes.leftovers) == ([], [], {}, {})
    (event,) = events(program, ("2", "go", "u7", {}))
    world.feed_alone(event)
    assert [row.number for row in world.keeper.changes().profiles] == [8]
    assert world.keeper.changes() == world.keeper.changes(), "asked again it says the same"
    assert set(world.keeper.changes().leftovers) == {'count/["refused", "a", "inside"]'}


def test_who_is_cold_is_not_read_before_something_happens_to_them() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    store.keep(filled(store, program, 30, 0))
    world = store.world(program, 0)
    assert store.asked == 0
    (event,) = events(program, ("2", "go", "u7", {}))
    world.feed_alone(event)
    assert [p.place for p in world.profiles if not is_cold(p)] == [8]
    assert store.asked == 1


def test_read_ahead_is_read_once() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    store.keep(filled(store, program, 30, 0))
    world = store.world(program, 0)
    assert world.keeper is not None
    world.keeper.prefetch(world.profiles)
    world.keeper.prefetch(world.profiles)
    world.finish(at("20"), drain=False)
    assert store.asked == 1
    assert world.kernel.recorder.counts["sent", "a", "email"] == 30


def test_owners_and_those_whose_time_comes_are_read_ahead_together() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    store.keep(filled(store, program, 30, 0))
    world = store.world(program, 0)
    read_ahead(world, [(0, "5"), (0, "nobody")], at("10 00:03"))
    assert store.asked == 1
    (event,) = events(program, ("2", "go", "u5", {}))
    world.feed_alone(event)
    world.advance(at("10 00:03"))
    assert world.kernel.recorder.counts["sent", "a", "email"] == 3
    assert [p.place for p in world.profiles if not is_cold(p)] == [1, 2, 3, 6]
    assert store.asked == 1
    world.advance(at("10 00:04"))
    assert store.asked == 2


def test_looking_at_everybody_leaves_them_cold() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    store.keep(filled(store, program, CHUNK + 5, 0))
    world = store.world(program, 0)
    assert world.keeper is not None
    assert sum(1 for p in world.everybody() if p.instances) == CHUNK + 5
    assert all(map(is_cold, world.profiles))
    assert world.keeper.changes().profiles == []


def test_a_copy_to_look_at_leaves_the_profile_as_it_is() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    store.keep(filled(store, program, 3, 1))
    world = store.world(program, 1)
    assert world.keeper is not None
    first, *_ = world.profiles
    copy = world.keeper.peek(first)
    assert is_cold(first)
    assert copy.origin == "u:0"
    assert len(copy.instances) == 1
    copy.instances.clear()
    assert len(world.keeper.peek(first).instances) == 1
    assert len(first.instances) == 1
    assert len(world.keeper.peek(first).instances) == 1, "of who is awake too"


def test_numbers_are_never_given_twice() -> None:
    store, program = MemoryStore(), compiled(MAIL)
    world = store.world(program, 10)
    calls: tuple[Call, ...] = (("1", "go", "u1", {}), ("2", "go", "d1", {}), ("3", "go", "u2 d2", {}))
    first, second, third = events(program, *calls)
    world.feed_alone(first)
    world.feed_alone(second)
    store.keep(world)
    (link,) = events(program, ("2 12:00", "go", "u1 d1", {}))
    world.feed_alone(link)
    store.keep(world)
    assert list(store.rows) == [1]
    world = store.world(program, 10)
    world.feed_alone(third)
    store.keep(world)
    assert list(store.rows) == [1, 3]


def test_a_body_that_the_store_has_not_is_told_of() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    store.keep(filled(store, program, 3, 0))
    world = store.world(program, 0)
    store.rows.clear()
    with pytest.raises(StoredError, match="number 1"):
        next(iter(world.profiles)).wake()


def test_of_everybody_only_a_few_are_awake_at_once() -> None:
    store, program = MemoryStore(), compiled(MAIL, PAUSES)
    store.keep(filled(store, program, 1_200, 0))
    world = store.world(program, 0)
    most = max(sum(not is_cold(one) for one in world.profiles) for n, _ in enumerate(world.everybody()) if n % 100 == 0)
    assert most <= CHUNK
    assert store.asked == -(-1_200 // CHUNK)


def test_who_waits_for_an_answer_still_waits_after_a_restart() -> None:
    program = compiled(CALLS, CALLING)
    store = MemoryStore()
    world = store.world(program, 0, OutgoingKernel)
    (event,) = events(program, ("1 10:00", "go", "u1", {}))
    world.feed_alone(event)
    store.keep(world)
    kernel = world.kernel
    assert isinstance(kernel, OutgoingKernel)
    (call,) = kernel.outgoing
    world = store.world(program, 0, OutgoingKernel)
    answered = Answered(call.key, "u:1", ok=True, body=b'{"slot": "2026-03-09T08:00:00Z"}', names=("u:1",))
    world.answer(answered, event.at + 5_000)
    store.keep(world)
    world = store.world(program, 0, OutgoingKernel)
    world.answer(answered, event.at + 5_000)
    assert world.kernel.recorder.counts["answer_repeated",] == 1
    world.finish(at("2"), drain=False)
    (sent,) = (r[3] for r in world.kernel.recorder.records if r[3]["what"] == "sent")
    assert sent["vars"] == {"slot": "2026-03-09T08:00:00.000Z"}


# ---- leftovers


def test_one_more_entry_is_one_more_value() -> None:
    program = compiled(MAIL + TABLES, PAUSES)
    store = MemoryStore()
    world = store.world(program, 10)
    machine = world.machine
    (event,) = events(program, ("1", "go", "u1", {}))
    made = []
    for number, item in enumerate(("lamp", "茶", "\ud83e", "")):
        props = machine.record("restocked")(item=item, units=number)
        made.append(type(event)(event.at + number, 0, number, "restocked", f"r{number}", event.at + number, (), props))
    for one in made[:3]:
        world.feed(one)
        world.close(one.at)
    store.keep(world)
    rows = {name for name in store.leftovers if name.startswith("row stock/")}
    assert len(rows) == 3
    assert all(name.encode() for name in rows)
    world.feed(made[3])
    world.close(made[3].at)
    assert world.keeper is not None
    assert len([name for name in world.keeper.changes().leftovers if name.startswith("row")]) == 1
    store.keep(world)
    again = store.world(program, 10)
    row = again.machine.tables.of("stock").row("\ud83e", 0)
    assert (row.item, row.units) == ("\ud83e", 2)


def test_what_a_program_knows_nothing_of_is_refused() -> None:
    store = MemoryStore()
    store.leftovers["row ghosts/x"] = b""
    with pytest.raises(StoredError, match="row ghosts"):
        store.world(compiled(MAIL), 1)


# ---- another program


@pytest.mark.parametrize("awake", [0, 1_000])
def test_everybody_goes_over_to_another_program(awake: int) -> None:
    old = compiled(MAIL, PAUSES)
    new = compiled(MAIL + TABLES, PAUSES.replace("hello", "servus"))
    store = MemoryStore()
    world = filled(store, old, 700, awake)
    store.keep(world)
    kernel = Kernel(Machine(new, Level.TRACE), Recorder(), Level.TRACE)
    sides = crossing(Side("old", old), Side("new", new))
    heir = succeed(world, kernel, sides, at("3"))
    assert heir.keeper is not None
    assert heir.keeper.awake_count <= awake + 512
    store.keep(heir)
    heir = store.world(new, awake)
    heir.finish(at("20"), drain=False)
    assert heir.kernel.recorder.counts["sent", "a", "email"] == 700
    assert all(r[3]["template"] == "servus" for r in heir.kernel.recorder.records if r[3]["what"] == "sent")


@pytest.mark.parametrize("awake", [0, 1_000])
def test_a_new_version_takes_over_in_a_kept_world_as_in_any(awake: int) -> None:
    for seed in range(12):
        one = case(seed)
        old, new = one.program, one.program
        work = [e for e in admit(old, list(one.feeds)).events if e.ids]
        change = work[len(work) // 2].at
        last = work[-1].at
        plain = World(Machine(old, Level.TRACE), Recorder())
        store = MemoryStore()
        stored = store.world(old, awake)
        told = []
        for world in (plain, stored):
            play(world, [e for e in work if e.at < change])
            world.advance(change)
            if world.keeper is not None:
                store.keep(world)
            kernel = Kernel(Machine(new, Level.TRACE), Recorder(), Level.TRACE)
            heir = succeed(world, kernel, crossing(Side("old", old), Side("new", new)), change)
            if heir.keeper is not None:
                store.keep(heir)
                records = heir.kernel.recorder.records
                heir = store.world(new, awake)
                heir.kernel.recorder.records[:] = records
            play(heir, [e for e in work if e.at >= change])
            heir.finish(last, drain=False)
            told.append((sorted(heir.kernel.recorder.records, key=lambda r: r[:3]), Counter(heir.kernel.recorder.counts)))
        assert told[0] == told[1], seed


def test_everything_makes_every_kind_of_leftover() -> None:
    """What the cases above cover is worth something only if they leave all of it."""
    found: set[str] = set()
    for seed in (2, 13, 31):
        one = case(seed)
        store = MemoryStore()
        world = store.world(one.program, 5)
        for event in admit(one.program, list(one.feeds)).events:
            world.advance(event.at)
            world.feed(event)
            world.close(event.at)
            store.keep(world)
            found |= {name.partition("/")[0].partition(" ")[0] for name in store.leftovers}
    assert {"births", "count", "lost", "met", "erased", "asked", "row", "folds", "refused"} <= found
