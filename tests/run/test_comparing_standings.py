"""Who stands where at the end of the old version: the very lines that a simulation of it alone writes, whoever works it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.connect.snapshots import opened_snapshot
from rtj.ir.program import Program
from rtj.run import comparing
from rtj.run.comparing import compare
from rtj.run.options import CompareOptions, Outputs
from rtj.run.simulate import simulate
from tests.run.comparisons import Pair, pair, schemas_apart


def compared(two: Pair, path: Path, workers: int = 1) -> bytes:
    compare(two.old, two.new, CompareOptions(two.options(workers=workers, drain=False), standings=str(path)))
    return path.read_bytes().partition(b"\n")[2]


def simulated(two: Pair, path: Path) -> bytes:
    simulate(two.old, two.options(drain=False), None, Outputs(instances=str(path)))
    return path.read_bytes().partition(b"\n")[2]


def test_they_are_those_of_a_simulation(tmp_path: Path) -> None:
    lines = 0
    for seed in range(40):
        two = pair(seed, tmp_path)
        found = compared(two, tmp_path / "compared")
        assert found == simulated(two, tmp_path / "simulated"), seed
        lines += found.count(b"\n")
    assert lines > 20


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_do_not_matter(workers: int, tmp_path: Path) -> None:
    for seed in range(6):
        two = pair(seed, tmp_path)
        assert compared(two, tmp_path / "one") == compared(two, tmp_path / "more", workers), seed


def test_they_are_told_of_versions_that_are_replayed_apart_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def apart(_old: Program, _new: Program) -> tuple[str, ...]:
        return ("a test wants so",)

    for seed in range(20):
        two = pair(seed, tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr(comparing, "apart", apart)
            found = compared(two, tmp_path / "compared")
        assert found == simulated(two, tmp_path / "simulated"), seed


def test_events_that_only_the_new_version_takes_put_nobody_inside(tmp_path: Path) -> None:
    for seed in range(10):
        two = schemas_apart(seed, tmp_path)
        back = Pair(two.new, two.old, two.one, two.paths)
        for version in (two, back):
            found, alone = compared(version, tmp_path / "compared"), simulated(version, tmp_path / "simulated")
            assert found == alone, seed


def test_the_header_tells_the_end(tmp_path: Path) -> None:
    two = pair(3, tmp_path)
    compared(two, tmp_path / "compared")
    result = simulate(two.old, two.options(drain=False), None, Outputs())
    with opened_snapshot(str(tmp_path / "compared")) as snapshot:
        assert snapshot.header.at == result.end
