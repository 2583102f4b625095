"""Whole projects with everything on: every way of running gives the same bytes, and laws hold, counted by brute force."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from rtj.connect import streams as reading
from rtj.engine.resting import Resting
from rtj.ir.program import Program
from rtj.ir.result import SimulateResult
from rtj.run import simulate as replaying
from rtj.run import worker
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.run.everything import DAY, START, Record, Whole, make, with_receipts
from tests.run.laws import Laws, ms

NOW = START + 400 * DAY
LATER = START + 40 * DAY  # so that most of what waits at the last event comes to its end


@dataclass(frozen=True)
class Told:
    """What one run wrote."""

    files: tuple[bytes, ...]
    result: SimulateResult

    @property
    def trace(self) -> list[Record]:
        return [json.loads(line) for line in self.files[0].splitlines()[1:]]

    @property
    def messages(self) -> list[Record]:
        return [json.loads(line) for line in self.files[1].splitlines()]


@dataclass
class Case:
    """A project on disk, with its events."""

    whole: Whole
    program: Program
    folder: Path
    until: int | None

    def run(self, lines: dict[str, list[str]] | None = None, **options: Any) -> Told:
        out = [str(self.folder / name) for name in ("trace", "messages", "dead")]
        paths = self.whole.written(self.folder, lines)
        asked = replace(SimulateOptions(paths, until=self.until, now_ms=NOW, workers=1, show_pii=True), **options)
        done = simulate(self.program, asked, None, Outputs(out[1], out[0], out[2]))
        return Told(tuple(Path(path).read_bytes() for path in out), done)


def case(seed: int, folder: Path, size: int = 160) -> Case:
    """A project with receipts of the messages that it would send without them."""
    whole = make(seed, size)
    found = Case(whole, whole.compiled(folder), folder, None if seed % 3 == 0 else LATER)
    sent = [r | {"ms": ms(r["at"])} for r in found.run().trace if r["what"] == "sent"]
    found.whole = with_receipts(whole, sent)
    return found


def judge(one: Case, told: Told, *, in_time: bool) -> None:
    trace = told.trace
    last = max(ms(r["at"]) for r in trace)
    Laws(one.whole, trace, one.until or max(told.result.end or 0, last), in_time=in_time).check()
    sent = [(r["at"], r["profile"], r["key"], r["channel"]) for r in trace if r["what"] == "sent"]
    assert sorted(sent) == sorted((m["ts"], m["profile"], m["key"], m["channel"]) for m in told.messages)
    assert sum(n for key, n in told.result.counts.items() if key[0] == "sent") == len(sent)


def in_order(whole: Whole) -> dict[str, list[str]]:
    """The usable lines of each source by time, so that nothing is late."""
    found: dict[str, list[tuple[int, str]]] = {}
    for source, lines in whole.streams.items():
        usable = found[source] = []
        for line in lines:
            try:
                usable.append((json.loads(line)["ts"], line))
            except (ValueError, TypeError, KeyError):
                continue
    return {
        s: [line for _, line in sorted((o for o in lines if isinstance(o[0], int)), key=lambda o: o[0])]
        for s, lines in found.items()
    }


def check(seed: int, folder: Path, size: int = 160) -> None:
    one = case(seed, folder, size)
    grouped = one.run()
    judge(one, grouped, in_time=True)
    assert one.run(workers=2).files == grouped.files
    small = (
        (replaying, "SPILL_BYTES", 100),
        (replaying, "SHARD_BYTES", 4_000),
        (worker, "ROWS_MAX", 20),
        (worker, "BORN_MAX", 3),
    )
    with pytest.MonkeyPatch.context() as context:
        for module, name, value in small:
            context.setattr(module, name, value)
        assert one.run().files == grouped.files
    ordered = in_order(one.whole)
    sorted_files = one.run(ordered)
    live = one.run(ordered, order="arrival")
    assert live.files == sorted_files.files
    assert live.result.late == 0
    late = one.run(order="arrival")
    judge(one, late, in_time=False)
    with patch.object(Resting, "awake", 0), patch.object(reading, "CHUNK_BYTES", 333):
        assert one.run(order="arrival").files == late.files


def test_a_small_one(tmp_path: Path) -> None:
    check(1, tmp_path, size=60)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 104))
def test_large_ones(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path)
