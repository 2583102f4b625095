"""A followed file: nothing is lost and nothing comes twice, however it is rotated, and wherever the run was when it ended."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtj.connect.feed_file import FileFeeder
from rtj.connect.feed_port import LIVE_LINE_MAX
from rtj.connect.feed_stdin import StdinFeeder
from rtj.connect.inbox import Closing, Idle, Opening
from tests.connect.feeding import Taker, record, records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
def taker() -> Taker:
    return Taker()


class Started:
    """Feeders that are closed at the end of a test."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._feeders: list[FileFeeder] = []

    def __call__(self, path: Path, *, once: bool = False) -> FileFeeder:
        feeder = FileFeeder("shop", str(path), once=once)
        self._taker.start(feeder)
        self._feeders.append(feeder)
        return feeder

    def close(self) -> None:
        for feeder in self._feeders:
            feeder.close()
            assert feeder.failure() is None


@pytest.fixture
def start(taker: Taker) -> Iterator[Started]:
    started = Started(taker)
    yield started
    started.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_appended_lines_come_as_they_are_written_and_an_unfinished_line_waits_for_its_end(
    path: Path, taker: Taker, start: Started
) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + records(1, 2)[:-5])
    feeder = start(path)
    taker.until(lambda: taker.has(Idle))
    assert taker.numbers() == [1]
    assert feeder.lag()["shop"].behind == len(record(2)) - 4
    append(path, records(1, 2)[-5:] + records(3))
    taker.until(lambda: len(taker.lines) == 3)
    assert taker.numbers() == [1, 2, 3]
    assert isinstance(taker.notices[0], Opening) and feeder.trouble() == ""
    taker.until(lambda: feeder.lag()["shop"].behind == 0)


def test_a_missing_file_is_waited_for_and_said(path: Path, taker: Taker, start: Started) -> None:
    feeder = start(path)
    taker.until(lambda: taker.has(Idle))
    assert "no such file" in feeder.trouble() and taker.codes() == ["missing"]
    path.write_bytes(records(1))
    taker.until(lambda: taker.lines)
    taker.until(lambda: feeder.trouble() == "")


@pytest.mark.parametrize("ending", [".1", "-20260301"])
def test_rotation_by_rename_reads_the_old_file_to_its_end(path: Path, taker: Taker, start: Started, ending: str) -> None:
    path.write_bytes(records(1))
    start(path)
    taker.until(lambda: taker.lines)
    with path.open("ab") as writer:
        path.rename(f"{path}{ending}")
        path.write_bytes(records(4))
        writer.write(records(2) + record(3))  # the writer has it open still, and leaves without a line end
    taker.until(lambda: len(taker.lines) == 4)
    assert taker.numbers() == [1, 2, 3, 4]


def test_rotation_by_copy_reads_what_the_copy_has(path: Path, taker: Taker, start: Started) -> None:
    path.write_bytes(records(1, 2))
    start(path)
    taker.until(lambda: len(taker.lines) == 2)
    for turn in range(3, 9, 2):
        append(path, records(turn))
        shutil.copy(path, f"{path}.{turn}")
        os.truncate(path, 0)
        append(path, records(turn + 1))
        taker.until(lambda turn=turn: len(taker.lines) >= turn + 1)
    assert taker.numbers() == list(range(1, 9))


def test_a_file_that_was_cut_off_and_is_longer_again_is_noticed(path: Path, taker: Taker, start: Started) -> None:
    path.write_bytes(records(1))
    start(path)
    taker.until(lambda: taker.lines)
    path.write_bytes(records(2, 3, 4))
    taker.until(lambda: len(taker.lines) == 4)
    assert taker.numbers() == [1, 2, 3, 4]
    assert "truncated" in taker.codes()


def test_a_restart_goes_on_behind_what_was_committed(path: Path, taker: Taker, start: Started) -> None:
    path.write_bytes(records(1, 2, 3))
    feeder = start(path)
    taker.until(lambda: len(taker.lines) == 3)
    feeder.close()
    append(path, records(4))
    feeder = start(path)
    taker.until(lambda: len(taker.lines) == 4)
    feeder.close()
    # rotated twice while nobody looked
    append(path, records(5))
    os.utime(path, ns=(1, 10**18))
    path.rename(f"{path}.2")
    (path.parent / f"{path.name}.1").write_bytes(records(6, 7))
    path.write_bytes(records(8))
    start(path)
    taker.until(lambda: len(taker.lines) == 8)
    assert taker.numbers() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "rotated" in taker.codes()


def test_what_was_handed_over_and_not_committed_is_read_again(path: Path, taker: Taker, start: Started) -> None:
    path.write_bytes(records(1))
    feeder = start(path)
    taker.until(lambda: taker.lines)
    append(path, records(2))
    taker.waits_for(lambda: taker.inbox.held_bytes)
    feeder.close()  # killed before the batch was taken
    start(path)
    taker.until(lambda: len(taker.lines) == 2)
    assert taker.numbers() == [1, 2]


def test_another_file_in_the_place_of_a_lost_one_is_read_from_its_start_and_said(
    path: Path, taker: Taker, start: Started
) -> None:
    path.write_bytes(records(1, 2))
    feeder = start(path)
    taker.until(lambda: len(taker.lines) == 2)
    feeder.close()
    path.unlink()
    path.write_bytes(records(3, 4, 5))
    start(path)
    taker.until(lambda: len(taker.lines) == 5)
    assert taker.numbers() == [1, 2, 3, 4, 5]
    assert "rest_missing" in taker.codes()


def test_a_file_that_was_moved_whole_goes_on(path: Path, taker: Taker, start: Started, tmp_path: Path) -> None:
    path.write_bytes(records(1, 2))
    feeder = start(path)
    taker.until(lambda: len(taker.lines) == 2)
    feeder.close()
    other = tmp_path / "restored"
    other.mkdir()
    shutil.copy(path, other / path.name)
    append(other / path.name, records(3))
    start(other / path.name)
    taker.until(lambda: len(taker.lines) == 3)
    assert taker.numbers() == [1, 2, 3]


def test_a_packed_file_is_read_once_also_over_a_restart(taker: Taker, start: Started, tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl.gz"
    path.write_bytes(gzip.compress(records(*range(40_000))))
    feeder = start(path)
    taker.until(lambda: taker.lines)
    feeder.close()
    assert len(taker.lines) < 40_000 or taker.has(Closing)
    start(path)
    taker.until(lambda: taker.has(Closing))
    assert taker.numbers() == list(range(40_000))


def test_once_reads_to_the_end_and_closes(path: Path, taker: Taker, start: Started) -> None:
    path.write_bytes(records(1) + record(2))
    start(path, once=True)
    taker.until(lambda: taker.has(Closing))
    assert taker.numbers() == [1, 2]


def test_a_line_beyond_the_bound_is_a_dead_letter_and_costs_only_itself(path: Path, taker: Taker, start: Started) -> None:
    path.write_bytes(records(1) + record(2, LIVE_LINE_MAX) + b"\n" + records(3))
    start(path)
    taker.until(lambda: len(taker.lines) == 2)
    assert taker.numbers() == [1, 3] and taker.refused == ["too_long"]


def test_what_is_no_file_of_lines_is_said_and_does_not_end_the_run(path: Path, taker: Taker, start: Started) -> None:
    path.write_bytes("{}\n".encode("utf-16"))
    feeder = start(path)
    taker.until(lambda: "UTF-16" in feeder.trouble())
    path.write_bytes(records(1))
    taker.until(lambda: taker.lines)
    taker.until(lambda: feeder.trouble() == "")


def test_the_standard_input_is_a_stream_that_ends(taker: Taker, monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()
    with os.fdopen(out) as stdin, os.fdopen(into, "wb", buffering=0) as writer:
        monkeypatch.setattr("sys.stdin", stdin)
        feeder = taker.start(StdinFeeder("pipe"))
        writer.write(records(1) + record(2)[:9])
        taker.until(lambda: taker.has(Idle))
        writer.write(record(2)[9:])
        writer.close()
        taker.until(lambda: taker.has(Closing))
        feeder.close()
    assert taker.numbers() == [1, 2] and feeder.failure() is None
