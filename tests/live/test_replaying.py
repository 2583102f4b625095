"""A replay from a backup is the rest of the live run, to the byte, though the log before it is gone, and it ends in the state
that the store has: from wherever the backup is of, with entries that waited, deployments, pauses and erasures behind it."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from rtj.engine.record import Level
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, Deployed, Lines, Paused, Resumed, Tick
from rtj.ir.program import Program, canonical, fingerprint
from rtj.live.replaying import Base, checkpoint, differences, refuse_strangers
from rtj.plan.crossing import crossing
from rtj.plan.sides import Side
from rtj.run.logged import follow_log
from rtj.run.options import Outputs
from rtj.store.opening import open_store
from rtj.store.port import Store
from tests.live.storm import project
from tests.live.test_session import NOW, opened, pieces
from tests.live.test_unmoved import retitled
from tests.run.everything import Whole


def play(programs: tuple[Program, Program], whole: Whole, folder: Path, seed: int) -> list[tuple[int, int]]:
    """A life in `store.db` with its trace. Backups are made now and then: their last entry, and how long the trace was then."""
    rnd = random.Random(seed)
    store = open_store(str(folder / "store.db"), "test")
    names = [fingerprint(one) for one in programs]
    store.publish([(fingerprint(one), canonical(one)) for one in programs], NOW)
    way = crossing(Side("old", programs[0]), Side("new", programs[1]))
    session = opened(store, folder, 5)
    session.take(Deployed(1, names[0], Crossing({})))
    session.commit()
    deployment(store, 1, names[0])
    waiting = {stream: pieces(list(lines), rnd, 8) for stream, lines in sorted(whole.streams.items())}
    for stream in waiting:
        session.open_stream(stream, None)
    backups = []
    journey = programs[0].journeys[0].name
    left = sum(map(len, waiting.values()))
    events = {left // 2: Deployed(2, names[1], way), left // 3: Paused(3, journey), left // 4: Resumed(4, journey, "go", 60_000)}
    while any(waiting.values()):
        stream = rnd.choice([one for one, rest in waiting.items() if rest])
        session.take(Lines(session.numbers[stream], NOW, waiting[stream].pop(0)))
        left -= 1
        if left in events:
            session.take(events[left])
        if rnd.random() < 0.6:
            session.commit()
            if rnd.random() < 0.15:
                session.leave()
                session = opened(store, folder, 5)
            if rnd.random() < 0.15 and len(backups) < 5:
                store.backup(str(folder / f"backup-{len(backups)}.db"))
                backups.append((store.last_entry(), (folder / "trace.jsonl").stat().st_size))
    follower = session.follower
    assert follower is not None
    end = max(stream.newest for stream in follower.streams.values()) + 1
    for number in list(follower.streams):
        session.take(Tick(number, end))
    for number in list(follower.streams):
        session.take(Closed(number))
    session.commit()
    session.leave()
    store.close()
    return backups


def deployment(store: Store, serial: int, name: str) -> None:
    from rtj.store.port import Deployment

    store.record(Deployment(serial, "deploy", "applied", name, name, "", "me", NOW, "", b"{}", b""), serial - 1)


def replayed(folder: Path, backup: Path | None, out: Path) -> list[str]:
    """The trace goes to `out`; what differs at the end is returned."""
    with closing(open_store(str(folder / "store.db"), "test", reading=True)) as store:
        old = open_store(str(backup), "test", reading=True) if backup is not None else None
        if old is not None:
            refuse_strangers(old, store, "backup")
        base = Base(old, store)
        start = checkpoint(base, Level.TRACE, show_pii=True)
        follow_log(start, base.further, Outputs(trace=str(out)), None, show_pii=True)
        found = differences(start.follower, store)
        if old is not None:
            ended, counted = checkpoint(Base(store, store), Level.TRACE, show_pii=True).follower.found, start.follower.found
            assert (counted.duplicates, counted.id_reused) == (ended.duplicates, ended.id_reused), "nothing is read twice"
            old.close()
        return found


def shortened(folder: Path, before: int) -> None:
    """The log of the store lets go of entries before this one."""
    with closing(open_store(str(folder / "store.db"), "test")) as store:
        store.forget_log(before, NOW + 1)


def one_seed(folder: Path, seed: int, size: int = 160) -> int:
    whole = project(seed, size, erasing=True)
    (folder / "project").mkdir()
    program = whole.compiled(folder / "project")
    backups = play((program, retitled(program)), whole, folder, seed)
    live = (folder / "trace.jsonl").read_bytes()
    assert replayed(folder, None, folder / "whole.jsonl") == []
    assert (folder / "whole.jsonl").read_bytes() == live
    for number, (entry, length) in enumerate(backups):
        backup = folder / f"backup-{number}.db"
        before = backup.read_bytes()
        shortened(folder, entry + 1)
        assert replayed(folder, backup, folder / "again.jsonl") == []
        head, _, rest = (folder / "again.jsonl").read_bytes().partition(b"\n")
        assert b"program" in head
        assert rest == live[length:]
        assert backup.read_bytes() == before
    return len(backups)


@pytest.mark.parametrize("seed", range(3))
def test_the_rest_of_a_life_follows_from_a_backup(tmp_path: Path, seed: int) -> None:
    assert one_seed(tmp_path, seed) > 1


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 105))
def test_the_same_of_many(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 300)
