"""Full disks, killed processes, lost connections: what `commit` returned is there, nothing is half, and the same commit may be
tried again and counts once."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from rtj.base.errors import OutputError
from rtj.store.database import Database, DoubtError
from rtj.store.opening import OpenStore, open_store
from rtj.store.patience import AwayError
from rtj.store.port import Commit, LetterRow, Store
from rtj.store.state import DOUBTS_MAX
from tests.servers.postgres import Postgres
from tests.store.conftest import Place
from tests.store.samples import batch, leased, profile

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent.parent
WRITER = """
import sys
from rtj.store.opening import open_store
from tests.store.samples import batch, leased
where, environment, first = sys.argv[1:]
store = open_store(where, environment)
epoch = leased(store)
for number in range(int(first), int(first) + 100_000):
    store.commit(batch(number), epoch)
    print(number, flush=True)
"""


def whole(store: Store, number: int | None) -> None:
    """A store holds the batches up to a number, and nothing of any other."""
    assert store.clock() == number and list(store.check()) == []
    count = 0 if number is None else number * 5 + 5
    assert store.last_entry() == count and store.waiting_count() == count
    mark = b"batch %d" % (-1 if number is None else number)
    assert set(store.bodies(range(5)).values()) == ({mark} if count else set())
    assert dict(store.leftovers()) == ({"world": mark} if count else {})
    assert [row.position for row in store.streams()] == ([mark] if count else [])


def killed_again_and_again(place: Place, rounds: int) -> None:
    seeded = random.Random(5)
    place.open().close()
    last: int | None = None
    for _ in range(rounds):
        command = [sys.executable, "-c", WRITER, place.where, place.environment, str(0 if last is None else last + 1)]
        writer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        told = [writer.stdout.readline()]
        time.sleep(seeded.random() * 0.15)
        writer.send_signal(signal.SIGKILL)
        told += writer.communicate()[0].splitlines()
        promised = int([line for line in told if line.strip()][-1])
        place.come_to_rest()  # the server may still be at what it was sent
        store = place.open()
        last = store.clock()
        assert last in (promised, promised + 1)
        whole(store, last)
        store.close()


def test_a_kill_in_the_middle_leaves_whole_commits(place: Place) -> None:
    killed_again_and_again(place, rounds=4)


@pytest.mark.long
def test_many_kills_in_the_middle_leave_whole_commits(place: Place) -> None:
    killed_again_and_again(place, rounds=12)


def test_a_full_disk_is_said_and_the_commit_is_tried_again(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store.db"), "prod")
    epoch = leased(store)
    store.commit(batch(0), epoch)
    run = store._database.rows  # type: ignore[attr-defined]
    pages = run("PRAGMA page_count")[0][0]
    run(f"PRAGMA max_page_count = {pages + 2}")
    more = batch(1)
    more.profiles += [profile(number, bytes(3_000)) for number in range(10, 200)]
    for _ in range(2):
        with pytest.raises(OutputError, match="the disk is full; nothing of the last step was written"):
            store.commit(more, epoch)
        whole(store, 0)
    run("PRAGMA max_page_count = 100000")
    store.commit(more, epoch)
    whole(store, 1)
    store.close()


FULL = """
import resource, signal, sys
from rtj.base.errors import OutputError
from rtj.store.opening import open_store
from tests.store.samples import batch, leased, profile
store = open_store(sys.argv[1], "prod")
epoch = leased(store)
store.commit(batch(0), epoch)
more = batch(1)
more.profiles += [profile(number, bytes(3_000)) for number in range(10, 400)]
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        store.commit(more, epoch)
    except OutputError as error:
        print("told:", error)
    assert store.clock() == 0
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.commit(more, epoch)
print(store.clock(), store.profile_count(), list(store.check()), store.waiting_count())
"""


def test_a_log_that_cannot_grow_is_said_and_the_commit_is_tried_again(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    command = [sys.executable, "-c", FULL, str(tmp_path / "store.db")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    *told, last = done.stdout.splitlines()
    assert len(told) == 2 and all(line.startswith("told: ") for line in told) and done.stderr == ""
    assert last == "1 395 [] 10"


class Doubtful:
    """A database whose next transactions end without an answer; whether they were written is for the test to say."""

    def __init__(self, database: Database, *, written: bool, times: int) -> None:
        self._database, self._written, self._times = database, written, times

    def transaction(self, work: Callable[[], T]) -> T:
        if not self._times:
            return self._database.transaction(work)
        self._times -= 1

        def undone() -> T:
            work()
            raise DoubtError("nobody knows")

        self._database.transaction(work if self._written else undone)
        raise DoubtError("nobody knows")

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)


@pytest.mark.parametrize(("written", "times"), [(True, 1), (False, 1), (False, DOUBTS_MAX)])
def test_a_commit_that_nobody_knows_of_counts_once(place: Place, written: bool, times: int) -> None:
    real = place.open()
    assert isinstance(real, OpenStore)
    epoch = leased(real)
    real.commit(batch(0), epoch)
    store = OpenStore(Doubtful(real._database, written=written, times=times))  # type: ignore[arg-type]
    more = batch(1)
    more.letters.append(LetterRow(0, 1, "bad", ""))
    if times == DOUBTS_MAX:
        with pytest.raises(DoubtError):
            store.commit(more, epoch)
        assert real.clock() == int(written)
    store.commit(more, epoch)
    whole(real, 1)
    assert real.letter_count() == 1 and len(real.letters(9)) == 1
    store.commit(batch(2), epoch)
    whole(real, 2)


# ---- connections to PostgreSQL


def cut_off(postgres: Postgres) -> None:
    """End all connections of stores, as a server that is started anew does."""
    import psycopg

    with psycopg.connect(postgres.url) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rtj'")


def test_a_lost_connection_is_made_anew(postgres: Postgres) -> None:
    store = open_store(postgres.url, "cut off")
    epoch = leased(store)
    store.commit(batch(0), epoch)
    cut_off(postgres)
    store.commit(batch(1), epoch)
    cut_off(postgres)
    whole(store, 1)
    cut_off(postgres)
    store.publish([("aa", b"program")], 0)
    assert store.program("aa") == b"program"
    store.close()


def test_a_connection_lost_within_a_commit_is_made_anew(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(postgres.url, "cut within")
    assert isinstance(store, OpenStore)
    epoch = leased(store)
    write, times = store._write, []

    def hindered(commit: Commit, *rest: Any) -> None:
        write(commit, *rest)
        if not times:
            times.append(1)
            cut_off(postgres)
            store.clock()

    monkeypatch.setattr(store, "_write", hindered)
    store.commit(batch(0), epoch)
    whole(store, 0)
    store.close()


@pytest.mark.long
def test_a_server_that_stays_away_is_said_and_the_commit_is_tried_again(postgres: Postgres) -> None:
    store = open_store(postgres.url, "stays_away")
    assert isinstance(store, OpenStore)
    epoch = leased(store)
    store.commit(batch(0), epoch)
    heard: list[str] = []
    store.wait_for(0.5, lambda words: heard.append(words) is None)
    starting = threading.Thread(target=postgres.start)
    postgres.stop()
    try:
        for ask in (lambda: store.commit(batch(1), epoch), lambda: store.bodies([1])):
            with pytest.raises(
                AwayError, match=r"cannot be reached.*the store does not answer since [0-9:]+ UTC, tried again for"
            ):
                ask()
        assert all("does not answer since" in words for words in heard) and len(heard) > 3
        store.wait_for(60, lambda words: heard.append(words) is None)
        starting.start()
        assert store.bodies([1]) == {1: b"batch 0"} and heard[-1] == ""
    finally:
        if not starting.ident:
            starting.start()
        starting.join()
    store.commit(batch(1), epoch)
    whole(store, 1)
    store.close()
