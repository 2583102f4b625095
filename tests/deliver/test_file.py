"""Every message is one line of the file, once, each person's in their order: whenever the process is killed, whatever the disk
does."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from rtj.deliver import file as module
from rtj.deliver.deliverer import Deliverer
from rtj.deliver.file import FileWriter
from rtj.deliver.port import Again, Done, Parcel, Sent
from tests.deliver import killed
from tests.deliver.outbox import Outbox, routes, row, run_all
from tests.deliver.receiver import receiving

ROOT = Path(__file__).resolve().parents[2]


def parcel(number: int) -> Parcel:
    return Parcel(number, f"k{number}", "u:1", "email", f'{{"key":"k{number}","text":"日本 🦊"}}'.encode())


def send(writer: FileWriter, *numbers: int) -> list[Sent]:
    return writer.send([parcel(number) for number in numbers])


def keys(path: Path) -> list[str]:
    return [json.loads(line)["key"] for line in path.read_bytes().splitlines()]


def test_lines_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "out" / "messages.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"somebody else's\n\xff\n{}\n")
    writer = FileWriter(path)
    assert send(writer, 1, 2) == [Done(), Done()]
    writer.close()
    assert path.read_bytes().splitlines()[3:] == [parcel(1).body, parcel(2).body]


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    first = FileWriter(path)
    send(first, 1, 2)
    first.close()
    second = FileWriter(path)
    assert send(second, 1, 2, 3) == [Done()] * 3
    second.close()
    assert keys(path) == ["k1", "k2", "k3"]


@pytest.mark.parametrize("torn", [b'{"key":"k3","te', b'{"key":"k3","text":"x"}', b"\xf0\x9f"])
def test_a_line_that_was_cut_off_is_written_anew(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(parcel(1).body + b"\n" + torn)
    writer = FileWriter(path)
    send(writer, 1, 2, 3)
    writer.close()
    assert keys(path) == ["k1", "k2", "k3"]


def test_a_file_that_is_one_torn_line_becomes_empty(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(b"x" * 3_000_000)
    writer = FileWriter(path)
    send(writer, 1)
    writer.close()
    assert keys(path) == ["k1"]


def test_only_the_last_lines_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAIL_LINES", 100)
    monkeypatch.setattr(module, "BLOCK", 64)
    path = tmp_path / "m.jsonl"
    path.write_bytes(b"".join(parcel(number).body + b"\n" for number in range(1_000)))
    writer = FileWriter(path)
    send(writer, *range(900, 1_001))
    writer.close()
    assert Counter(keys(path)).most_common(1)[0][1] == 1 and len(keys(path)) == 1_001


def test_another_file_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    writer = FileWriter(path)
    send(writer, 1)
    path.rename(tmp_path / "m.1")
    send(writer, 2)
    writer.close()
    assert (keys(tmp_path / "m.1"), keys(path)) == (["k1"], ["k2"])


def test_a_disk_that_fails_is_tried_again_and_nothing_is_doubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.jsonl"
    real_write, real_sync, random = os.write, os.fsync, Random(3)

    def write(file: int, text: bytes) -> int:
        if random.random() < 0.3:
            real_write(file, bytes(text)[: random.randrange(len(text))])
            raise OSError(28, "No space left on device")
        return real_write(file, bytes(text)[: random.randrange(1, len(text) + 1)])

    def sync(file: int) -> None:
        if random.random() < 0.2:
            raise OSError(5, "Input/output error")
        real_sync(file)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(FileWriter, "pause_ms", lambda self, tries: 2)
    monkeypatch.setattr("rtj.deliver.desk.REST_FIRST_S", 0.01)
    monkeypatch.setattr("rtj.deliver.desk.REST_MAX_S", 0.02)
    outbox = Outbox(row(n, f"u:{n % 5}") for n in range(1, 201))
    deliverer = Deliverer(routes({"*": FileWriter(path)}))
    run_all(deliverer, outbox, 90)
    deliverer.close()
    assert Counter(keys(path)) == Counter(one.key for one in outbox.rows.values())
    assert any("no space left" in one.error or "input/output" in one.error for one in outbox.log)


def test_who_cannot_write_says_why(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").mkdir()
    [sent] = send(FileWriter(tmp_path / "m.jsonl"), 1)
    assert sent == Again("m.jsonl: is a directory")


def test_two_runs_do_not_write_into_each_other(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer = FileWriter(path)
        assert isinstance(send(writer, 1)[0], Again)
    assert send(writer, 1) == [Done()]
    writer.close()


# ---- killed


def kill_until_done(outbox: Path, target: str, random: Random) -> int:
    """Start the process, kill it after a moment, start it again, until all is sent. Returns how often it was killed."""
    kills = 0
    while True:
        command = [sys.executable, str(Path(killed.__file__)), str(outbox), target]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert process.stdout is not None
        with process.stdout:
            process.stdout.readline()
            try:
                assert process.wait(random.random() * 0.25) == 0
                return kills
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
                kills += 1


def in_order(lines: list[dict[str, object]]) -> bool:
    found: dict[object, list[int]] = defaultdict(list)
    for line in lines:
        found[line["profile"]].append(int(str(line["n"])))
    return all(a < b for numbers in found.values() for a, b in pairwise(numbers))


def killed_run(tmp_path: Path, target: str, messages: int, seed: int) -> int:
    random = Random(seed)
    outbox = tmp_path / "outbox.db"
    killed.make(str(outbox), [f"u:{random.randrange(30)}" for _ in range(messages)])
    kills = kill_until_done(outbox, target, random)
    with sqlite3.connect(outbox) as db:
        assert db.execute("select distinct state from outbox").fetchall() == [("done",)]
    db.close()
    return kills


@pytest.mark.parametrize("messages", [500, pytest.param(2_000, marks=pytest.mark.long)])
def test_killed_between_write_and_commit_every_line_is_there_once(tmp_path: Path, messages: int) -> None:
    path = tmp_path / "m.jsonl"
    kills = killed_run(tmp_path, str(path), messages, seed=messages)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [n for n, count in Counter(line["n"] for line in lines).items() if count > 1] == []
    assert {line["n"] for line in lines} == set(range(1, messages + 1))
    assert in_order(lines)
    assert kills >= 2


@pytest.mark.parametrize("messages", [80, pytest.param(400, marks=pytest.mark.long)])
def test_killed_while_posting_nothing_is_lost_and_keys_tell_copies(tmp_path: Path, messages: int) -> None:
    with receiving() as receiver:
        kills = killed_run(tmp_path, receiver.url, messages, seed=messages)
        assert {body["n"] for body in receiver.taken.values()} == set(range(1, messages + 1))
        assert in_order(list(receiver.taken.values()))
        assert not receiver.unsigned
    assert kills >= 1
