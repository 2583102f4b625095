"""A session that is broken off again and again does what one that never is does: trace, outbox, dead letters, counts."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, Deployed, Lines, Tick
from rtj.ir.program import Program, canonical, fingerprint
from rtj.live.session import Session, SessionOptions, open_session
from rtj.store.opening import open_store
from rtj.store.port import Holder, Store
from tests.live.storm import project
from tests.run.everything import Whole

NOW = 1_900_000_000_000


@dataclass
class Told:
    trace: bytes
    outbox: dict[str, list[bytes]]  # by person, for nobody has promised an order between people
    letters: list[tuple[int, int, str]]
    counts: dict[str, object] = field(default_factory=dict)


def opened(store: Store, folder: Path, awake: int) -> Session:
    options = SessionOptions(awake, folder / "trace.jsonl", show_pii=True, now_ms=lambda: NOW)
    return open_session(store, options, Holder("one", "me@here", "here", os.getpid(), "test", NOW, NOW))


def pieces(lines: list[str], rnd: random.Random, most: int) -> list[bytes]:
    found = []
    while lines:
        count = rnd.randint(1, most)
        found.append("".join(line + "\n" for line in lines[:count]).encode("utf-8", "surrogatepass"))
        lines = lines[count:]
    return found


def play(program: Program, whole: Whole, folder: Path, seed: int, crashes: float) -> Told:
    """All streams in random pieces, in turn; with this chance a session is given up between two entries or commits."""
    rnd, weather = random.Random(seed), random.Random(seed + 1)
    store = open_store(str(folder / "store.db"), "test")
    name = fingerprint(program)
    store.publish([(name, canonical(program))], NOW)
    awake = 10_000 if not crashes else weather.choice((1, 5, 10_000))
    session = opened(store, folder, awake)
    session.take(Deployed(1, name, Crossing({})))
    waiting = {stream: pieces(list(lines), rnd, 60) for stream, lines in sorted(whole.streams.items())}
    for stream in waiting:
        session.open_stream(stream, None)
    session.commit()
    while any(waiting.values()):
        todo = []
        for _ in range(rnd.randint(1, 4)):
            stream = rnd.choice([one for one, left in waiting.items() if left] or [""])
            if stream:
                todo.append((stream, waiting[stream].pop(0)))
        while True:
            for stream, text in todo:
                session.take(Lines(session.numbers[stream], NOW, text))
                session.move(stream, b"1")
            if weather.random() >= crashes:
                break
            session.leave()  # nothing of it was committed: it is read again
            session = opened(store, folder, awake)
        session.commit()
        if weather.random() < crashes:
            session.leave()
            session = opened(store, folder, awake)
    follower = session.follower
    assert follower is not None
    end = max(stream.newest for stream in follower.streams.values()) + 1
    for number in list(follower.streams):
        session.take(Tick(number, end))
    for number in list(follower.streams):
        session.take(Closed(number))
    session.commit()
    found = follower.found
    counts = {
        "read": found.read, "late": found.late, "duplicates": found.duplicates, "reused": found.id_reused, "dead": found.dead,
        "unknown": found.unknown, "counts": dict(follower.recorder.counts),
    }  # fmt: skip
    outbox: dict[str, list[bytes]] = {}
    for one in store.waiting(0, 1_000_000):
        outbox.setdefault(one.row.profile, []).append(one.row.body)
    letters = [(one.stream, one.line, one.reason) for one in store.letters(1_000_000)]
    trace = (folder / "trace.jsonl").read_bytes()
    session.leave()
    store.close()
    return Told(trace, outbox, sorted(letters), counts)


def one_seed(tmp_path: Path, seed: int, size: int = 160) -> None:
    whole = project(seed, size, erasing=True)
    (tmp_path / "project").mkdir()
    program = whole.compiled(tmp_path / "project")
    told = []
    for name, crashes in (("calm", 0.0), ("storm", 0.4)):
        (tmp_path / name).mkdir()
        told.append(play(program, whole, tmp_path / name, seed, crashes))
    calm, storm = told
    assert calm.trace.splitlines() == storm.trace.splitlines()
    assert (calm.outbox, calm.letters) == (storm.outbox, storm.letters)
    assert calm.counts == storm.counts


@pytest.mark.parametrize("seed", range(6))
def test_a_session_that_is_broken_off_goes_on_as_if_nothing_had_happened(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 106))
def test_the_same_of_many(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 400)
