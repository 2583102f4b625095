"""Identifiers that are computed from events (S2.1): taken where the event does not carry them, null and junk are none."""

from __future__ import annotations

import json

import pytest

from rtj.compile import compile_text
from rtj.connect.intake import Door, Feed, Intake
from rtj.connect.letters import Letters
from rtj.engine.machine import Machine
from rtj.ir.records import Event

PROJECT = """
project: t
identity:
  user: {kind: person, priority: 1}
  name_birth: {kind: person, priority: 2, derive: {signed_up: "fold(event.name) + '|' + event.born", called: event.who}}
  number: {kind: device, priority: 3, derive: {signed_up: event.phone, called: event.number}, normalize: e164, region: DE}
events:
  signed_up: {name: string?, born: string?, phone: string?}
  called: {who: string?, number: number?}
  seen: {}
"""


def read(*events: dict[str, object], project: str = PROJECT) -> list[tuple[tuple[int, str], ...]]:
    compiled = compile_text(project)
    assert compiled.program is not None, compiled.diagnostics
    letters: list[object] = []
    intake = Intake(Door(compiled.program, Machine(compiled.program), 0), Feed(0), Letters(letters.append, 10))
    lines = [json.dumps({"id": n, "ts": n + 1, **event}, ensure_ascii=False) for n, event in enumerate(events)]
    found: list[Event] = intake.take("\n".join(lines).encode())
    return [event.ids or ((0, event.n0),) for event in found]  # type: ignore[attr-defined]


def signed_up(**fields: object) -> dict[str, object]:
    return {"type": "signed_up", "properties": fields}


def test_it_is_computed_for_each_type_of_event() -> None:
    found = read(
        signed_up(name=" ÁDA  Lovelace", born="1815"), {"type": "called", "properties": {"who": "x1", "number": 30123456.0}}
    )

    assert found == [((1, "ada lovelace|1815"),), ((1, "x1"), (2, "+4930123456"))]


def test_the_instant_may_be_written_in_every_way() -> None:
    found = [
        {**signed_up(name="Ada", born="1815"), "ts": ts} for ts in (7, "1970-01-01T00:00:01Z", "1970-01-01T02:00:01.5+02:00")
    ]

    assert read(*found) == [((1, "ada|1815"),)] * 3


def test_null_and_junk_are_no_identifier() -> None:
    assert read(signed_up(name="Ada", phone="0000"), signed_up(name="Ada", born=None, phone="0170 1234567")) == [
        ((2, "+491701234567"),)
    ]


def test_what_the_event_carries_comes_first() -> None:
    assert read({**signed_up(name="Ada", born="1815"), "name_birth": "carried", "user": "u"}) == [((0, "u"), (1, "carried"))]


def test_the_best_namespace_may_be_computed() -> None:
    project = PROJECT.replace("  user: {kind: person, priority: 1}\n", "")

    assert read(signed_up(name="李 雷", born="2001"), project=project) == [((0, "李 雷|2001"),)]


def test_one_broken_event_costs_only_itself() -> None:
    good = signed_up(name="Ada", born="1815")

    assert read(good, signed_up(name=7), {**good, "ts": "nonsense"}, good) == [((1, "ada|1815"),)] * 2


def test_other_formats_have_it_too() -> None:
    project = PROJECT + "sources: {old: {map: {id: id, type: kind, time: ts, properties: {name: n, born: b}}}}\n"
    compiled = compile_text(project)
    assert compiled.program is not None, compiled.diagnostics
    from rtj.connect.formats import choose

    shape = choose(compiled.program, compiled.program.ranked, "x.jsonl", "old", []).shape
    intake = Intake(Door(compiled.program, Machine(compiled.program), 0), Feed(0, shape), Letters(lambda letter: None, 10))
    line = json.dumps({"id": "1", "kind": "signed_up", "ts": "1970-01-01T00:00:00Z", "n": "Ada 🎈", "b": "1815"})

    assert [event.ids for event in intake.take(line.encode())] == [((1, "ada 🎈|1815"),)]


@pytest.mark.parametrize(
    ("derive", "code"),
    [
        ("{nobody: event.x}", "E317"),
        ("{seen: profile.x}", "E333"),
        ("{seen: text(now())}", "E33"),
        ("{signed_up: event.nothing}", "E3"),
        ("{signed_up: event.born == 'x'}", "E320"),
    ],
)
def test_mistakes_have_their_place(derive: str, code: str) -> None:
    project = PROJECT.replace("derive: {signed_up: event.phone, called: event.number}", f"derive: {derive}")
    compiled = compile_text(project + "profile: {x: {from: signed_up.name}}\n")

    found = [d for d in compiled.diagnostics if d.code.startswith(code)]
    assert found and project[found[0].span.start :]


def test_a_region_is_a_country_and_needs_telephone_numbers() -> None:
    assert [d.code for d in compile_text(PROJECT.replace("region: DE", "region: Germany")).diagnostics] == ["E323"]
    assert "E102" in [d.code for d in compile_text(PROJECT.replace("normalize: e164, ", "")).diagnostics]
