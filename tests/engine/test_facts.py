"""Mapped attributes equal those of the sorted stream, whatever the order of arrival; codes take raw values of any type (S3.2)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.engine.machine import Machine
from rtj.engine.plan import MappingMachine
from rtj.engine.record import Recorder
from rtj.engine.world import World
from rtj.ir.expr import OneOf, Optional, Scalar
from rtj.ir.program import Aggregate, EventField, EventType, Mapping, Namespace, Program
from rtj.ir.records import Event
from tests.oracle.build import of

TEXT = Scalar("string")
SAID = EventType("said", (EventField("word", Optional(TEXT)),))
EACH = {
    name: Aggregate(name, name, ("said",), Optional(TEXT), value=of("event", "word")) for name in ("first", "last", "previous")
}  # type: ignore[arg-type]
ABSENT = msgspec.UNSET
words = st.sampled_from(["a", "b", "c", None, ABSENT])


@settings(max_examples=150)
@given(stream=st.lists(st.tuples(st.integers(0, 9), words), min_size=1, max_size=12), order=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(stream: list[tuple[int, Any]], order: Any) -> None:
    """The latest (`ts`, place) that said something wins, a null too; first, last and previous leave nulls out."""
    mapping = Mapping("word", Optional(TEXT), "said", "word")
    parts = ((Namespace("u", 1, unique=True),), (SAID,), (mapping,), tuple(EACH[n] for n in sorted(EACH)), (), (), ())
    machine = Machine(Program("p", "UTC", *parts))
    record = machine.record("said")
    events = [
        Event(100, 0, pos, "said", str(pos), ts, ((0, "x"),), record(word=word), late=True)
        for pos, (ts, word) in enumerate(stream)
    ]
    arrived = events[:]
    order.shuffle(arrived)
    world = World(machine, Recorder())
    for event in arrived:
        world.feed(event)

    (p,) = world.profiles
    said = sorted(((ts, pos, word) for pos, (ts, word) in enumerate(stream) if word is not ABSENT))
    known = [word for _, _, word in said if word is not None]
    assert p.attributes[0] == (said[-1][2] if said else None)
    got = {name: machine.aggregates[name].value(p, 100) for name in EACH}
    assert got == {
        "first": known[0] if known else None,
        "last": known[-1] if known else None,
        "previous": known[-2] if len(known) > 1 else None,
    }


CODES = (("1", "male"), ("M", "male"), ("f", "female"), ("true", "male"), ("2.5", "female"))


@pytest.mark.parametrize(
    ("raw", "value"),
    [("male", "male"), ("M", "male"), ("1", "male"), (1, "male"), (1.0, "male"), (True, "male"), ("f", "female"), (2.5, "female"),
     ("F", None), (2, None), (False, None), ("", None), (1e300, None), ("ｍ", None)],
)  # fmt: skip
def test_codes(raw: object, value: str | None) -> None:
    """A value that is neither allowed nor coded is none: it is counted and changes nothing."""
    mapping = MappingMachine(Mapping("sex", Optional(OneOf(("female", "male"))), "said", "word", codes=CODES), 0)
    assert mapping.convert(raw) == value


@pytest.mark.parametrize(("raw", "value"), [(1, "male"), ("other", "other"), (7, None), (True, "male"), (False, None)])
def test_codes_of_a_text_give_texts(raw: object, value: str | None) -> None:
    """Without an allowed set too: a number that no code names is no text, in which functions of texts would fail."""
    mapping = MappingMachine(Mapping("sex", Optional(TEXT), "said", "word", codes=CODES), 0)
    assert mapping.convert(raw) == value
