"""What it takes to find the structural difference of two compiled programs: processor seconds of `rtj.plan.diff.diff` alone."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from msgspec.structs import replace

from rtj.compile import compile_text
from rtj.ir import journey as j
from rtj.ir.expr import Const, Length
from rtj.ir.program import Program
from rtj.ir.walk import rewrite
from rtj.plan.diff import diff
from rtj.plan.sides import Side
from tests.bench.workload import JOURNEYS, PROJECT

COPIES = 500


def crowd(copies: int) -> Program:
    """So many journeys, copies of those of the workload."""
    found = compile_text(PROJECT.replace("SIDELINES\n", ""), *JOURNEYS.values())
    assert found.program is not None, found.diagnostics
    journeys = found.program.journeys
    many = [replace(journeys[number % len(journeys)], name=f"copy_{number:05}") for number in range(copies)]
    return replace(found.program, journeys=tuple(many))


def edited(program: Program, share: float) -> Program:
    """The same with numbers and lengths that are larger in this share of the journeys."""
    rnd = random.Random(1)

    def larger(part: object) -> object:
        match part:
            case Const(type="number", value=int() as value):
                return replace(part, value=value + 1)
            case Length(ms=ms) if ms:
                return replace(part, ms=ms + 60_000)
        return part

    def turned() -> Iterator[j.Journey]:
        for number, journey in enumerate(program.journeys):
            chosen = number == 0 or rnd.random() < share
            yield rewrite(journey, larger) if chosen else journey  # type: ignore[arg-type]

    return replace(program, journeys=tuple(turned()))


def measure_telling(rounds: int) -> None:
    """Print the least of some rounds, for one journey that is edited and for all."""
    old = crowd(COPIES)
    print(f"\n{COPIES:,} journeys, the structural difference alone, the least of {rounds} rounds\n")
    for what, share in (("one edited", 0.0), ("all edited", 1.0)):
        new = edited(old, share)
        took = []
        for _ in range(rounds):
            began = time.process_time()
            found = diff(Side("old", old), Side("new", new))
            took.append(time.process_time() - began)
        print(f"{what:40}{min(took):9.2f}   {len(found.every):,} changes")
