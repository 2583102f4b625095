"""What a guardrail has halted is let go on by name only; a mended version needs nothing of the kind."""

from __future__ import annotations

from rtj.deploy.overruling import overruled
from rtj.ir.environments import GUARDRAIL
from rtj.ir.program import Program
from rtj.plan.stages import Pause, Ramp, Resume, Stage
from rtj.store.port import Deployment
from tests.deploy.shop import program


def asked(kind: str, stages: tuple[Stage, ...], both: tuple[Program | None, Program | None] = (None, None)) -> list[bool]:
    row = Deployment(7, kind, "applied", "p", "r", "h", GUARDRAIL, 0, "complaints: 5 %", b"", b"")
    found = list(overruled({"welcome": row}, both, stages))
    assert all("complaints: 5 %" in one.told for one in found)
    return [one.passed for one in found]


def test_a_journey_that_was_paused() -> None:
    assert asked("pause", (Resume("welcome", "go", 0, 0),)) == [False]
    assert asked("pause", (Resume("other", "go", 0, 0),)) == []
    assert asked("pause", (Pause("welcome", 0),)) == []


def test_a_version_that_nobody_enters_any_more() -> None:
    halted, mended = program(1), program(2)

    assert asked("ramp", (Ramp("welcome", 50),), (halted, halted)) == [False]
    assert asked("ramp", (Ramp("welcome", 50),), (halted, mended)) == []
    assert asked("ramp", ()) == []
