"""When two versions can read events together, and what an event is for each of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rtj.compile import compile_text
from rtj.connect.versions import Fit, apart, both_read, reason_of, seen_by, united
from rtj.engine.machine import Machine
from rtj.ir.program import Program
from rtj.ir.records import Event

PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user: {kind: person, priority: 1}
events:
  buy: {total: number, note: string?}
  see: {item: string}
business_events:
  restock: {item: string}
"""
JOURNEY = "journey: j\nenter: {on: buy, again: never}\ndo:\n  - {id: rest, wait: 1h}\n"


def compiled(project: str = PROJECT) -> Program:
    found = compile_text(project, JOURNEY)
    assert found.program is not None, found.diagnostics
    return found.program


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("priority: 1", "priority: 1, unique: true", "namespaces"),
        ("priority: 1", "priority: 1, normalize: [lower]", "namespaces"),
        ("project: shop", "project: shop\ndedupe: 1m", "`dedupe`"),
        ("business_events:\n", "", "`restock` is about a person in one version only"),
        ("project: shop", "project: shop\nforeign_names: {buy: Bought}", "`buy` has other names"),
        ("project: shop", "project: shop\nsources:\n  live: {lateness: 10m}", "sources"),
    ],
)
def test_what_decides_who_somebody_is_keeps_them_apart(old: str, new: str, reason: str) -> None:
    (found,) = apart(compiled(), compiled(PROJECT.replace(old, new)))
    assert reason in found


@pytest.mark.parametrize(
    ("old", "new", "twofold"),
    [
        ("shop", "shop", set()),
        ("note: string?", "note: string", {"buy"}),
        ("  see: {item: string}\n", "", {"see"}),
        ("{kind: person, priority: 1}", "{kind: person, priority: 1, labels: [pii]}", set()),
    ],
)
def test_types_that_are_declared_otherwise_hold_two(old: str, new: str, twofold: set[str]) -> None:
    assert apart(compiled(), compiled(PROJECT.replace(old, new))) == ()
    assert united(compiled(), compiled(PROJECT.replace(old, new))).twofold == twofold


def fit(old: str, new: str, kind: str, text: bytes) -> tuple[Any, type[msgspec.Struct]]:
    one, other = compiled(old), compiled(new)
    kinds = united(one, other).kinds(united(one, other).program, both_read(Machine(one), Machine(other)))
    found = kinds.find(kind)
    assert found.read
    assert found.decode is not None
    spec = next(each for each in united(one, other).program.events if each.name == kind)
    return found.decode(text), kinds.record(spec)


def test_an_event_is_seen_by_each_version_as_it_declares_it() -> None:
    new = PROJECT.replace("note: string?", "note: string")
    made, record = fit(PROJECT, new, "buy", b'{"total": 3}')
    assert (made.misfit, made.why, made.text) == ("new", "Object missing required field `note`", '{"total": 3}')
    event = Event(0, 0, 0, "buy", "e", 0, ((0, "u"),), made)
    old = seen_by(event, "old")
    assert old is not None
    assert old.props.total == 3
    assert seen_by(event, "new") is None
    carried = msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=record)
    assert isinstance(carried, Fit)
    assert (carried.misfit, carried.old.total, carried.new) == ("new", 3, None)
    both, _ = fit(PROJECT, new, "buy", b'{"total": 3, "note": "x"}')
    assert (both.misfit, both.old.note, both.new.note) == ("", "x", "x")
    with pytest.raises(msgspec.ValidationError):
        fit(PROJECT, new, "buy", b'{"total": "x"}')


def test_reasons_do_not_hold_values() -> None:
    """So that there are few of them, and nothing of anybody is told."""
    error = msgspec.ValidationError("Invalid enum value 'a secret' - at `$.item`")
    assert reason_of(error) == "Invalid enum value '***' - at `$.properties.item`"
