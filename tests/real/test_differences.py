"""Two versions over a real year: what a comparison counts is what the message files of two separate simulations say, and a wait
for sixty days of silence written in two ways changes in the same way in both."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from rtj.compile import compile_project
from rtj.ir.comparison import Comparison, Difference
from rtj.ir.program import Program
from rtj.run.comparing import compare
from rtj.run.options import CompareOptions, Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.real.recorded import DATA, HERE, NOW_MS

pytestmark = pytest.mark.long
FILE = DATA / "completejourney.jsonl.gz"
EDITS = (("contact_worked", "sales_value >= 5 within 3d", "sales_value >= 8 within 3d"), ("lapsed", "60d", "45d"))
OPTIONS = SimulateOptions((str(FILE),), now_ms=NOW_MS, workers=2)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Program]:
    folder = tmp_path_factory.mktemp("edited") / "project"
    shutil.copytree(HERE / "complete_journey", folder)
    for name, old, new in EDITS:
        path = folder / "journeys" / f"{name}.journey.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    programs = [compile_project(project=place).program for place in (HERE / "complete_journey", folder)]
    assert programs[0] is not None and programs[1] is not None
    return programs[0], programs[1]


@pytest.fixture(scope="module")
def found(both: tuple[Program, Program]) -> Comparison:
    return compare(*both, CompareOptions(OPTIONS))


def of(found: Comparison, kind: str, journey: str) -> list[Difference]:
    return [one for one in found.differences if one.place.kind == kind and one.place.journey == journey]


def count(found: Comparison, kind: str, journey: str) -> int:
    return sum(one.count for one in of(found, kind, journey))


def test_messages_are_those_of_two_simulations(both: tuple[Program, Program], found: Comparison, tmp_path: Path) -> None:
    sent: list[dict[str, str]] = []
    journeys: dict[str, str] = {}
    for number, program in enumerate(both):
        path = tmp_path / f"{number}.jsonl"
        simulate(program, OPTIONS, None, Outputs(messages=str(path)))
        rows = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
        sent.append({row["key"]: row["ts"] for row in rows})
        journeys |= {row["key"]: row["journey"] for row in rows}
    old, new = sent
    told: Counter[tuple[str, str]] = Counter()
    for key in old.keys() & new.keys():
        if old[key] != new[key]:
            told[journeys[key], "earlier" if new[key] < old[key] else "later"] += 1
    # Messages of passages that only one version has are paired in their order, beside those of one key.
    assert told["lapsed_by_restart", "earlier"] > 2_000 and not told["lapsed_by_restart", "later"]
    assert count(found, "earlier", "lapsed_by_restart") >= told["lapsed_by_restart", "earlier"]
    unchanged = set(journeys.values()) - {"contact_worked", "lapsed", "lapsed_by_restart"}
    assert unchanged and not any(count(found, kind, one) for one in unchanged for kind in ("more", "fewer", "earlier", "later"))
    for one in ("contact_worked", "lapsed", "lapsed_by_restart"):
        grown = sum(journeys[key] == one for key in new) - sum(journeys[key] == one for key in old)
        assert count(found, "more", one) - count(found, "fewer", one) == grown


def test_silence_as_a_pattern_and_as_a_wait_change_alike(found: Comparison) -> None:
    for kind in ("more", "fewer", "earlier", "later"):
        assert count(found, kind, "lapsed") == count(found, kind, "lapsed_by_restart")
    assert count(found, "earlier", "lapsed") > 2_000


def test_workers_do_not_matter(both: tuple[Program, Program], found: Comparison) -> None:
    alone = compare(*both, CompareOptions(replace(OPTIONS, workers=1)))
    assert msgspec.json.encode(alone) == msgspec.json.encode(found)
