"""Every example of the function table holds: both sides are compiled and evaluated at 2026-03-01T10:00:00Z in UTC."""

from __future__ import annotations

import pytest

from rtj.compile import compile_text
from rtj.engine.functions import DATED, PLAIN, TOTAL, ZONED
from rtj.engine.machine import Machine
from rtj.engine.state import Profile
from rtj.ir.functions import FUNCTIONS

NOW = 1_772_359_200_000
PROJECT = """
project: t
timezone: UTC
identity: {u: {kind: person, priority: 1}}
events: {e: {}}
channels: {email: {purpose: transactional}}
"""
JOURNEY = "journey: j\nenter: {on: e}\ndo:\n  - send: m\n    with: >-\n      left = EXPR, right = RESULT\n"


@pytest.mark.parametrize(
    ("expression", "result"), [pytest.param(*example, id=example[0]) for f in FUNCTIONS.values() for example in f.examples]
)
def test_example(expression: str, result: str) -> None:
    compiled = compile_text(PROJECT, JOURNEY.replace("EXPR", expression).replace("RESULT", result))
    assert compiled.program is not None, compiled.diagnostics
    machine = Machine(compiled.program)
    left, right = machine.program.journeys[0].nodes[0].pairs
    p = Profile("u:1", (0, True, 0, 0), 0, 0)

    values = [machine.value(pair.value)(p, NOW, None, {}) for pair in (left, right)]

    assert values[0] == values[1]
    assert type(values[0]) is type(values[1]) or {type(v) for v in values} == {int, float}


def test_every_function_is_implemented() -> None:
    assert set(FUNCTIONS) == {*PLAIN, *TOTAL, *ZONED, *DATED, "today", "chance"}
