"""A profile comes back from its bytes as it was, every slot of it, whatever values it has; and bytes that are not what was
written are refused with the reason."""

from __future__ import annotations

import inspect
import math
from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.engine.journey import JourneyMachine
from rtj.engine.machine import Machine
from rtj.engine.mail import Mail, SentMail
from rtj.engine.nodes import NodeMachine
from rtj.engine.state import COLD, Instance, JourneyView, Partial, Profile
from rtj.engine.stored import ProfileCodec, read_identifiers, stub, write_identifiers
from rtj.engine.stored_frame import FORMAT, HEAD, StoredError, seal, unseal
from rtj.engine.stored_values import Reading, Shapes, Writing
from rtj.ir.kept import ProfileHead
from rtj.ir.program import Program
from rtj.ir.records import Day, Event, Instant, record_class
from tests.engine.gated import compiled, events
from tests.engine.kept import MemoryStore
from tests.oracle.door import admit
from tests.oracle.generate import case

HEADS = frozenset(("_named", "_space", "due", "gone", "heap_due", "members", "packed", "place", "recheck"))
NIGHT = """
channels: {push: {purpose: marketing, default: granted}}
quiet_hours: {from: "22:00", to: "08:00", then: hold}
caps: {few: {at_most: 9, per: 24h}, doors: {at_most: 9, per: day, of: entries}}
"""
HELD = "journey: a\nenter: {on: go, again: always}\ndo: [{id: m, send: hello, by: push}]"
OFTEN = """
journey: b
enter: {on: go, again: always}
goal: [{when: profile.ok, stay: true}]
do: [{id: often, repeat: 3 times, do: [{id: m, send: hello, by: push}, {id: rest, wait: 1h}]}]
"""
EMPTY: tuple[Any, ...] = (None, (), [], {}, False)
PROJECT = """
project: p
identity: {u: {kind: person, priority: 1, unique: true}}
events:
  said: {when: instant?, born: date?, name: string?, n: number?, where: {city: string, days: [date]}, tags: [string]}
profile:
  born: {from: said.born, type: date?}
  since: {from: said.when, type: instant?}
  name: {from: said.name, type: string?}
  n: {from: said.n, type: number?}
  names: distinct(said.name) over 9d
  days: last(said.born)
  latest: last(said)
"""

texts = st.one_of(st.text(max_size=8), st.sampled_from(("日本 🦊", "\ud83e", "\r\n", "שלום", "")))
numbers = st.one_of(
    st.integers(), st.sampled_from((2**63, -(2**64), 2**200, math.inf, -math.inf, -0.0, 5e-324)), st.floats(allow_nan=False)
)
scalars = st.one_of(
    st.none(), st.booleans(), numbers, texts, st.integers(-99, 10**6).map(Day), st.integers(0, 2**45).map(Instant)
)
stamps = st.tuples(st.integers(0, 2**45), st.integers(0, 9), st.integers(0, 2**60))
values = st.recursive(scalars, lambda inner: st.one_of(st.tuples(inner, inner), st.lists(inner, max_size=2)), max_leaves=4)
entries = st.lists(st.tuples(stamps, values, st.integers(1, 9), st.none()), max_size=3)
windows = st.one_of(
    st.none(), numbers, entries, st.tuples(st.none() | stamps, entries).map(list),
    st.lists(st.floats(allow_nan=False), min_size=1).map(lambda all_of: array("d", all_of)),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1).map(lambda all_of: array("q", all_of)),
    st.dictionaries(scalars, st.tuples(stamps, stamps, st.integers(1, 9)), max_size=3),
)  # fmt: skip


def program(text: str = PROJECT) -> Program:
    done = compile_text(text)
    assert done.program is not None, done.diagnostics
    return done.program


MACHINE = Machine(program())
CODEC = ProfileCodec(MACHINE)


def told(value: Any) -> Any:
    """Anything with all its types and slots, so that `==` sees everything."""
    match value:
        case JourneyMachine():
            return "journey", value.index
        case NodeMachine():
            return "node", type(value), value.id
        case Event():
            return "event", [told(getattr(value, name)) for name in Event.__struct_fields__]
        case msgspec.Struct():
            return type(value), [told(each) for each in msgspec.structs.astuple(value)]
        case Instance() | Partial() | Mail() | SentMail() | JourneyView():
            return type(value), {name: told(getattr(value, name)) for name in value.__slots__}
        case dict():
            return dict, [(told(key), told(each)) for key, each in value.items()]
        case frozenset():
            return frozenset, value
        case tuple() | list() | array():
            return type(value), [told(each) for each in value]
        case float():
            return float, value.hex()
        case _:
            return type(value), value


def content(p: Profile) -> dict[str, Any]:
    return {name: told(getattr(p, name)) for name in COLD}


def again(p: Profile, codec: ProfileCodec = CODEC) -> Profile:
    copy = stub(ProfileHead(p.place, p.due, p.recheck, f"{p.members:x}", write_identifiers(p.identifiers)))
    codec.decode(copy, codec.encode(p))
    return copy


def profile(attributes: list[Any], aggregates: list[Any]) -> Profile:
    p = Profile("u:ada", (5, True, 0, 7), 4, 3)
    p.identifiers = ((0, "ada"),)
    p.attributes, p.aggregates = attributes, aggregates
    return p


# ---- values


@settings(max_examples=150, deadline=None)
@given(st.tuples(values, values, values, values).map(list), st.tuples(windows, windows, windows).map(list), st.data())
def test_all_values_come_back(attributes: list[Any], aggregates: list[Any], data: st.DataObject) -> None:
    p = profile(attributes, aggregates)
    p.stamps = data.draw(st.lists(st.none() | stamps, min_size=4, max_size=4))
    p.born = data.draw(st.tuples(st.integers(0, 2**45), st.booleans(), st.integers(0, 9), st.integers(0, 2**60)))
    p.origin = data.draw(st.sampled_from(("u:ada", "u:ada#2", "u:\ud83e", "")))
    p.identifiers = data.draw(st.sampled_from((((0, "ada"),), (), ((0, "\ud83e"),), ((0, "a"), (0, "\udfff")))))
    p.last_entries = {(0, None): 5, (3, "日本"): 2**70}
    p.next_changes, p.held, p.entries = [1 << 62, 7], [None, 4], {2: 9}
    p.conditions, p.serial, p.written, p.n, p.n_at, p.queued, p.queued_at = 2**99, 1, 2, 3, 4, 5, 6
    before = content(p)
    copy = again(p)
    assert content(copy) == before == content(p)
    assert copy.identifiers == p.identifiers


def test_dates_are_kept_where_they_are_expected_and_elsewhere() -> None:
    for attributes in (
        [Day(3), Instant(5), "x", 1],
        [None, None, Day(3), Instant(5)],
        [3, 5, None, None],
        [Instant(3), Day(5), 1, 1],
    ):
        p = profile(attributes, [None, None, None])
        assert content(again(p)) == content(p)


def test_equal_profiles_are_equal_bytes() -> None:
    p = profile([Day(3), None, "".join(("na", "me")), 2.5], [None, [((1, 0, 0), "x", 1, None)], None])
    assert CODEC.encode(again(p)) == CODEC.encode(p)


@pytest.mark.parametrize("members", [0, 1, 2**64, 2**9_000 + 5])
def test_audiences_have_no_bound(members: int) -> None:
    p = profile([None] * 4, [None] * 3)
    p.members = members
    assert again(p).members == members


def test_records_of_events_equal_those_that_come() -> None:
    said = next(kind for kind in MACHINE.program.events if kind.name == "said")
    where = record_class("Record", next(field.type for field in said.fields if field.name == "where").fields)  # type: ignore[union-attr]
    props = MACHINE.record("said")(where=where(city="Köln", days=(Day(3), Day(4))), tags=("a",))
    event = Event(5, 0, 7, "said", "e1", 5, ((0, "ada"),), props)
    p = profile([None] * 4, [[((5, 0, 7), event.props.where, 1, None)], None, ((5, 0, 7), event, 1, event)])
    copy = again(p)
    assert content(copy) == content(p)
    assert copy.aggregates[0][0][1] == event.props.where
    assert hash(copy.aggregates[0][0][1]) == hash(event.props.where)
    assert copy.aggregates[2][1] is copy.aggregates[2][3], "one event stays one"


def test_fields_that_are_gone_are_dropped_and_new_ones_are_missing() -> None:
    """What an event kept under one program is under the next."""
    now = Machine(program(PROJECT.replace("name: string?, n: number?", "name: string?, n: number?, extra: bool?, must: string")))
    then = Machine(program(PROJECT.replace("tags: [string]", "tags: [string], old: string?")))
    event = Event(5, 0, 7, "said", "e1", 5, (), then.record("said")(name="Ada", old="x", born=Day(3), tags=(), where=None))
    writing = Writing(Shapes(then))
    place = writing.event(event)
    found: Any = Reading(Shapes(now), writing.events).event(place).props
    kind: Any = type(found)
    assert kind is now.record("said")
    assert (found.name, found.born, found.extra, found.must) == ("Ada", Day(3), None, None)
    assert found.n is msgspec.UNSET
    unknown = replace_type(event, "former")
    writing = Writing(Shapes(then))
    found = Reading(Shapes(now), (writing.event(unknown), writing.events)[1]).event(0)
    assert (found.type, found.props.name, found.props.old) == ("former", "Ada", "x")


def replace_type(event: Event, name: str) -> Event:
    return msgspec.structs.replace(event, type=name)


# ---- every slot


def test_a_stub_and_a_record_have_all_of_a_profile() -> None:
    """Whoever adds a slot to a profile puts it into `state.COLD` and its codec, or says here that a stub has it."""
    assert set(COLD) | HEADS == set(Profile.__slots__)
    assert not set(COLD) & HEADS
    head = stub(ProfileHead(7, 5, 6, "a", write_identifiers(((0, "ada"),))))
    assert (head.place, head.due, head.recheck, head.heap_due, head.members, head.gone) == (7, 5, 6, 5, 10, False)


def kept_profiles() -> Iterator[tuple[Profile, Profile]]:
    """Profiles of random runs at random instants, and what a store has of them; one whose message waits for the morning."""
    for seed in (*range(12), 55, 73, 106):
        one = case(seed)
        yield from _run(one.program, admit(one.program, list(one.feeds)).events)
    night = compiled(NIGHT, HELD, OFTEN)
    for hours in ("1 23:00", "1 10:00"):
        yield from _run(night, events(night, (hours, "go", "u1", {}), ("1 23:30", "say", "u1", {"ok": True})))


def _run(program: Program, events: list[Event]) -> Iterator[tuple[Profile, Profile]]:
    world = MemoryStore().world(program, 1_000)
    for number, event in enumerate(events):
        world.advance(event.at)
        world.feed(event)
        world.close(event.at)
        if number % 3 < 2:
            assert world.keeper is not None
            for p in world.profiles:
                yield p, world.keeper.peek(p)


def test_every_slot_of_everything_comes_back() -> None:
    """Whoever adds a slot has it stored, and sees to it that some random run fills it."""
    filled: set[tuple[type, str]] = set()
    for p, copy in kept_profiles():
        assert content(copy) == content(p)
        for thing in _parts(p):
            filled |= {(type(thing), name) for name in type(thing).__slots__ if getattr(thing, name) not in EMPTY}
    wanted = {(kind, name) for kind in (Instance, Partial, Mail, SentMail) for name in kind.__slots__}
    assert wanted - filled == set(), "no random run has these"


def _parts(p: Profile) -> Iterator[Any]:
    yield from p.instances.values()
    yield from (p.partials or {}).values()
    if p.mail is not None:
        yield p.mail
        yield from (*p.mail.capped, *p.mail.others)


# ---- what is refused


def record() -> bytes:
    return CODEC.encode(profile([Day(3), None, "name", 2.5], [None, None, None]))


def test_every_damage_is_seen() -> None:
    good = record()
    p = profile([None] * 4, [None] * 3)
    for place in range(len(good)):
        for damaged in (good[:place], good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :]):
            with pytest.raises(StoredError):
                CODEC.decode(p, damaged)
    with pytest.raises(StoredError):
        CODEC.decode(p, good + b"\0")


def test_reasons_are_told() -> None:
    good = record()
    reasons = {
        good[:HEAD]: "cut off",
        bytes([FORMAT + 1]) + good[1:]: "use a newer rtj",
        good[:-1]: "checksum",
        good[:1] + b"\1\2\3\4" + good[5:]: "another program",
    }
    for damaged, reason in reasons.items():
        with pytest.raises(StoredError, match=reason):
            CODEC.decode(profile([None] * 4, [None] * 3), damaged)


def test_a_record_of_a_program_with_other_slots_is_refused() -> None:
    other = ProfileCodec(Machine(program(PROJECT.replace("  name: {from", "  first: {from"))))
    with pytest.raises(StoredError, match="another program"):
        other.decode(profile([None] * 4, [None] * 3), record())


def test_a_program_with_other_words_and_the_same_slots_reads_on() -> None:
    other = ProfileCodec(Machine(program(PROJECT.replace("project: p", "project: other"))))
    other.decode(profile([None] * 4, [None] * 3), record())


def test_damaged_identifiers_are_refused() -> None:
    with pytest.raises(StoredError, match="identifiers"):
        read_identifiers(b"\x91\xc1")
    with pytest.raises(StoredError, match="identifiers"):
        read_identifiers(b"\x91\x92\x00\xc4\x01\xff")
    with pytest.raises(StoredError, match="identifiers"):
        read_identifiers(b"\x91\x92\x00\x05")


def test_an_instant_that_is_not_closed_is_not_written() -> None:
    p = profile([None] * 4, [None] * 3)
    p.sends = []
    with pytest.raises(AssertionError, match="not closed"):
        CODEC.encode(p)


def test_what_is_sealed_is_what_is_read() -> None:
    assert unseal(seal((1, "x"))) == (1, "x")
    assert inspect.signature(unseal).parameters["layout"].default == bytes(4)
    assert replace(ProfileHead(1, 2, 3, "0", b""), due=5).due == 5
