"""The same program over the same events gives the same trace, byte for byte, however it is run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtj.connect import streams
from rtj.ir.result import SimulateResult
from rtj.run import simulate as simulate_module
from rtj.run import worker
from tests.run.shop import MINUTE, PROJECT, Ran, program, run, stream, write

ROOT = Path(__file__).resolve().parents[2]
seeds = st.integers(0, 10_000)
few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# The source `live` may bring events ten minutes late.
LATENESS = PROJECT + "  live: {lateness: 10m}\n"


def facts(result: SimulateResult) -> dict[str, Any]:
    """What the summary tells of the events, which every way of running must agree on too."""
    names = (
        "counts",
        "read",
        "unread",
        "duplicates",
        "id_reused",
        "dead",
        "unknown_types",
        "first_ts",
        "last_ts",
        "end",
        "profiles",
    )
    return {name: getattr(result, name) for name in names}


def assert_same(one: Ran, other: Ran) -> None:
    assert one.trace == other.trace
    assert one.messages == other.messages
    assert facts(one.result) == facts(other.result)


@few
@given(seed=seeds)
def test_workers_give_what_one_process_gives(tmp_path: Path, seed: int) -> None:
    """One, two and three workers, with the same bytes."""
    path = write(tmp_path / "events.jsonl", stream(seed))
    alone = run(tmp_path, path)
    assert alone.messages
    for workers in (2, 3):
        crew = run(tmp_path, path, workers=workers)
        assert crew.result.workers == workers
        assert crew.result.out_of_order == alone.result.out_of_order
        assert_same(alone, crew)


@few
@given(seed=seeds)
def test_ordered_gives_what_grouped_gives(tmp_path: Path, seed: int) -> None:
    """A sorted file in the order of arrival is the grouped replay."""
    path = write(tmp_path / "events.jsonl", stream(seed))
    arrival = run(tmp_path, path, order="arrival")
    assert arrival.result.late == 0
    assert_same(run(tmp_path, path), arrival)


@few
@given(seed=seeds, parts=st.integers(2, 4))
def test_any_interleaving_of_sources(tmp_path: Path, seed: int, parts: int) -> None:
    """A stream cut into several sources at random, each sorted, in both ways of running. Instants of several sources are apart,
    since their names break ties."""
    records = stream(seed, step=3 * MINUTE)
    random = Random(seed)
    place: dict[str, int] = {}
    cut: list[list[dict[str, Any]]] = [[] for _ in range(parts)]
    for record in records:
        cut[place.setdefault(record["ts"], random.randrange(parts))].append(record)
    whole = run(tmp_path, write(tmp_path / "events.jsonl", records))
    paths = [write(tmp_path / f"part{number}.jsonl", part) for number, part in enumerate(cut)]
    random.shuffle(paths)
    for options in ({}, {"workers": 2}, {"order": "arrival"}):
        assert_same(whole, run(tmp_path, *paths, **options))


@few
@given(seed=seeds, size=st.sampled_from((1, 7, 100, 333, 4096)))
def test_any_size_of_chunks(tmp_path: Path, seed: int, size: int) -> None:
    """However many bytes a read gives."""
    path = write(tmp_path / "events.jsonl", stream(seed, 120))
    whole = run(tmp_path, path)
    read = streams.Source.read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "CHUNK_BYTES", size)
        patch.setattr(streams.Source, "read", lambda source, most=size: read(source, min(size, most)))
        for options in ({}, {"workers": 2}, {"order": "arrival"}):
            assert_same(whole, run(tmp_path, path, **options))


@few
@given(seed=seeds)
def test_duplicates_change_nothing(tmp_path: Path, seed: int) -> None:
    """Copies put anywhere behind their original, within the horizon of an hour, are dropped and counted."""
    random = Random(seed)
    records = [{**record, "id": f"n{number}"} for number, record in enumerate(stream(seed, 150))]
    plain = run(tmp_path, write(tmp_path / "plain.jsonl", records))
    copied = list(records)
    for _ in range(20):
        place = random.randrange(len(copied))
        copied.insert(place + 1, dict(copied[place]))
    more = run(tmp_path, write(tmp_path / "copied.jsonl", copied))
    assert plain.result.duplicates == 0
    assert more.result.duplicates == 20
    assert more.trace == plain.trace


@few
@given(seed=seeds)
def test_shuffling_within_the_lateness(tmp_path: Path, seed: int) -> None:
    """A pipe that brings events at most ten minutes late, and those of one instant in their order, gives the trace of the sorted
    stream."""
    random = Random(seed)
    records = stream(seed, 200)
    late = program(LATENESS)
    delay: dict[str, int] = {}
    order = sorted(
        range(len(records)), key=lambda n: (_ms(records[n]) + delay.setdefault(records[n]["ts"], random.randrange(9 * MINUTE)), n)
    )
    sorted_run = run(tmp_path, write(tmp_path / "live.jsonl", records), project=late)
    shuffled = run(tmp_path, write(tmp_path / "live.jsonl", [records[n] for n in order]), project=late, order="arrival")
    assert shuffled.result.out_of_order > 0
    assert shuffled.result.late == 0
    assert_same(sorted_run, shuffled)


@few
@given(seed=seeds)
def test_files_larger_than_memory(tmp_path: Path, seed: int) -> None:
    """Rows that go through the disk, in many shards, with few of them in memory."""
    path = write(tmp_path / "events.jsonl", stream(seed))
    whole = run(tmp_path, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate_module, "SPILL_BYTES", 100)
        patch.setattr(simulate_module, "SHARD_BYTES", 4_000)
        patch.setattr(worker, "ROWS_MAX", 20)
        patch.setattr(worker, "BORN_MAX", 3)
        for workers in (1, 2):
            spilled = run(tmp_path, path, workers=workers)
            assert spilled.result.spilled
            assert_same(whole, spilled)


@pytest.mark.parametrize("options", ["{}", "{'workers': 2}", "{'order': 'arrival'}"])
def test_hash_seed_does_not_matter(tmp_path: Path, options: str) -> None:
    """Three interpreters with different seeds of `hash`."""
    path = write(tmp_path / "events.jsonl", stream(7))
    code = (
        "import sys, pathlib; from tests.run.shop import run; "
        f"sys.stdout.buffer.write(run(pathlib.Path({str(tmp_path)!r}), {path!r}, **{options}).trace)"
    )
    hashes = set()
    for seed in ("0", "1", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
        hashes.add(hashlib.blake2b(done.stdout).hexdigest())
    assert len(hashes) == 1
    assert run(tmp_path, path).trace == done.stdout


def _ms(record: dict[str, Any]) -> int:
    ts = str(record["ts"])
    hours, minutes, seconds = ts[11:13], ts[14:16], ts[17:23]
    return int(ts[8:10]) * 86_400_000 + int(hours) * 3_600_000 + int(minutes) * 60_000 + int(seconds.replace(".", ""))
