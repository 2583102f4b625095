"""A deployment that changes nothing of anybody's record reads nobody, and all goes on as if everybody had been handed over."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

import rtj.engine.succeeding
from rtj.engine.machine import Machine
from rtj.engine.record import Level
from rtj.engine.sieve import Sieve
from rtj.engine.unmoved import stays
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, Deployed, Lines, Tick
from rtj.ir.program import Program, canonical, fingerprint
from rtj.plan.crossing import crossing
from rtj.plan.sides import Side
from rtj.store.opening import open_store
from tests.live.storm import project
from tests.live.test_session import NOW, opened, pieces
from tests.run.everything import Whole


def retitled(program: Program) -> Program:
    """The same, with other titles."""
    return replace(program, journeys=tuple(replace(one, title=f"{one.title} again") for one in program.journeys))


def play(programs: tuple[Program, Program], whole: Whole, folder: Path, seed: int) -> tuple[bytes, dict[str, list[bytes]]]:
    """The trace, and the outbox by person, of a run that is stopped now and then; the other program takes over in its middle."""
    rnd = random.Random(seed)
    store = open_store(str(folder / "store.db"), "test")
    old, new = (fingerprint(one) for one in programs)
    store.publish([(fingerprint(one), canonical(one)) for one in programs], NOW)
    way = crossing(Side("old", programs[0]), Side("new", programs[1]))
    session = opened(store, folder, 5)
    session.take(Deployed(1, old, Crossing({})))
    waiting = {stream: pieces(list(lines), rnd, 40) for stream, lines in sorted(whole.streams.items())}
    for stream in waiting:
        session.open_stream(stream, None)
    half = sum(map(len, waiting.values())) // 2
    while any(waiting.values()):
        stream = rnd.choice([one for one, left in waiting.items() if left])
        session.take(Lines(session.numbers[stream], NOW, waiting[stream].pop(0)))
        session.move(stream, b"1")
        half -= 1
        if half == 0:  # with what was taken since the last commit
            session.take(Deployed(2, new, way))
        if rnd.random() < 0.5:
            session.commit()
            if rnd.random() < 0.2:
                session.leave()
                session = opened(store, folder, 5)
    follower = session.follower
    assert follower is not None
    end = max(stream.newest for stream in follower.streams.values()) + 1
    for number in list(follower.streams):
        session.take(Tick(number, end))
    for number in list(follower.streams):
        session.take(Closed(number))
    session.commit()
    session.leave()
    outbox: dict[str, list[bytes]] = {}
    for one in store.waiting(0, 1_000_000):
        outbox.setdefault(one.row.profile, []).append(one.row.body)
    assert not store.check()
    store.close()
    return (folder / "trace.jsonl").read_bytes(), outbox


def one_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> bool:
    """Is it left out to hand anybody over? Then it has made no difference."""
    whole = project(seed, 160)
    (tmp_path / "project").mkdir()
    program = whole.compiled(tmp_path / "project")
    other = retitled(program)
    machines = [Machine(one, Level.TRACE) for one in (program, other)]
    way = crossing(Side("old", program), Side("new", other))
    told = []
    for name in ("short", "whole"):
        (tmp_path / name).mkdir()
        if name == "whole":
            monkeypatch.setattr(rtj.engine.succeeding, "stays", lambda *_: False)
            monkeypatch.setattr(Sieve, "by_head", lambda *_: True)
        told.append(play((program, other), whole, tmp_path / name, seed))
    assert told[0] == told[1]
    return stays(machines[0], machines[1], way)


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_handed_over_where_nothing_of_them_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    assert one_seed(tmp_path, monkeypatch, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 108))
def test_the_same_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    one_seed(tmp_path, monkeypatch, seed)
