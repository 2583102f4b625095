"""The bench runs, its workload is the same every time, and on the simple journey rtj agrees with a hand-written program."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench.differing import EDITS, measure_differing
from tests.bench.floor import count
from tests.bench.hurry import run as run_by_hand
from tests.bench.measure import RTJ, measure
from tests.bench.people import EVERYTHING, FEATURES, PROMISED, measure_features, measure_memory
from tests.bench.reviewing import measure_reviewing, write_versions
from tests.bench.workload import write_events, write_project


def test_workload_is_seeded_and_of_the_promised_shape(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    size = write_events(path, 20_000)
    once = hashlib.blake2b(path.read_bytes()).digest()
    write_events(path, 20_000)
    assert hashlib.blake2b(path.read_bytes()).digest() == once
    assert 190 < size / 20_000 < 230
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert count(str(path)) == len(lines) == 20_000
    types = [line["type"] for line in lines]
    assert 0.58 < types.count("page_view") / 20_000 < 0.62
    assert all(before["ts"] <= after["ts"] for before, after in pairwise(lines))
    assert len({line["id"] for line in lines}) < 20_000, "some lines are copies"


def test_abandoned_cart_agrees_with_the_program_written_by_hand(tmp_path: Path) -> None:
    stream, project, sent = tmp_path / "events.jsonl", tmp_path / "five", tmp_path / "messages.jsonl"
    write_events(stream, 20_000)
    write_project(project, 5)
    measure(*RTJ, "simulate", "--project", str(project), "--events", str(stream), "--messages", str(sent), "--workers", "1")
    ours, by_hand = bench.templates(sent), run_by_hand(str(stream))
    assert by_hand["cart_reminder"] > 300
    assert ours == by_hand


def test_the_bench_prints_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--events", "3000", "--repeat", "1", "--journeys", "30", "--keep", str(tmp_path)])
    printed = capsys.readouterr().out
    for part in ("x floor", "1 worker", "2 workers", "through a pipe", "30 journeys cost", "`rtj --help` takes", "by hand"):
        assert part in printed


def test_the_bench_of_checking_prints_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["validate", "--repeat", "1", "--journeys", "25", "--keep", str(tmp_path)])
    printed = capsys.readouterr().out
    for part in ("python -c pass", "rtj --help", "20 journeys, cold", "25 journeys, nothing changed", "from a save to the line"):
        assert part in printed


def test_the_bench_of_people_weighs_a_crowd(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure_memory(400, tmp_path)
    printed = capsys.readouterr().out
    assert "400 profiles in one world" in printed
    assert "1,600 events" in printed
    assert "bytes per profile" in printed


def test_devices_of_the_workload_are_met_before_their_owners(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    write_events(path, 3_000, pairs=True)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    alone = [line for line in lines if "user_id" not in line]
    assert 0.25 < len(alone) / len(lines) < 0.42
    assert {line["device_id"] for line in alone} & {line["device_id"] for line in lines if "user_id" in line}


@pytest.mark.long
def test_the_bench_of_comparing_prints_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure_differing(1, 2_000, tmp_path)
    printed = capsys.readouterr().out
    assert printed.count("people, of whom") == 2 * len(EDITS)
    assert "of whom 0 get something else" in printed


def test_every_journey_of_the_bench_of_reviews_can_be_edited(tmp_path: Path) -> None:
    write_versions(tmp_path, 14, 14)
    told = measure(*RTJ, "diff", "--project", str(tmp_path), "--fail-on", "never", "--format", "json").output
    assert [one["status"] for one in json.loads(told)["journeys"]] == ["changed"] * 14


@pytest.mark.long
def test_the_bench_of_reviews_prints_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure_reviewing(1, 20, tmp_path)
    printed = capsys.readouterr().out
    for part in ("warm: validate", "warm: diff, 0 edited", "cold: diff, 2 edited", "cold: diff, 20 edited"):
        assert part in printed


@pytest.mark.long
def test_every_feature_is_priced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure_features(1, 500, tmp_path)
    printed = capsys.readouterr().out
    assert "skipped" not in printed
    for feature in (*FEATURES, PROMISED, EVERYTHING):
        assert feature.name in printed
