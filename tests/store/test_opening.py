"""A store is made once, belongs to one environment, and is brought up to date but never down; all else is said plainly."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import rtj
from rtj.base.errors import InputError, OutputError, RefusedError, UsageError
from rtj.store import sqlite
from rtj.store.opening import open_store
from rtj.store.port import FORMAT, Commit
from rtj.store.tables import Layout
from tests.store.conftest import Place
from tests.store.samples import batch, holder, leased

Execute = Callable[..., list[tuple[object, ...]]]
NEXT = Layout(
    FORMAT + 2,
    {
        FORMAT: ("ALTER TABLE letters ADD COLUMN tries INTEGER NOT NULL DEFAULT 0",),
        FORMAT + 1: ("UPDATE letters SET tries = 7", "CREATE INDEX letters_stream ON letters (stream)"),
    },
)


def test_environments_have_stores_of_their_own(place: Place) -> None:
    place.open().close()
    if place.where.startswith("postgres"):
        other = open_store(place.where, "another")
        assert other.identity().lineage != place.open().identity().lineage
        other.close()
    else:
        with pytest.raises(RefusedError, match="the store of the environment prod, not of another"):
            open_store(place.where, "another")


def test_reading_makes_nothing_and_writes_nothing(place: Place) -> None:
    with pytest.raises(InputError, match="rtj deploy"):
        place.open(reading=True)
    store = place.open()
    epoch = leased(store)
    reader = place.open(reading=True)
    with pytest.raises(OutputError, match="cannot be written"):
        reader.note("anna", "note", b"", 0)
    store.commit(batch(0), epoch)
    assert reader.clock() == 0 and reader.size() > 0


def test_a_store_of_a_newer_format_is_refused(place: Place, execute: Execute) -> None:
    place.open().close()
    execute("UPDATE store SET format = ?, made_by = '99.1'", FORMAT + 1)
    for reading in (True, False):
        message = rf"last written by rtj 99\.1 in format {FORMAT + 1}, and rtj {rtj.__version__} .*install rtj 99\.1 or newer"
        with pytest.raises(RefusedError, match=message):
            place.open(reading=reading)


def test_a_store_of_an_older_format_is_brought_up_step_by_step(place: Place, execute: Execute) -> None:
    store = place.open()
    epoch = leased(store)
    store.commit(batch(0), epoch)
    with pytest.raises(RefusedError, match=r"is run by anna@büro .*rtj unlock lease-1"):
        open_store(place.where, place.environment, layout=NEXT)
    store.leave_lease(epoch)
    with pytest.raises(RefusedError, match="until then it cannot be read"):
        open_store(place.where, place.environment, layout=NEXT, reading=True)
    newer = open_store(place.where, place.environment, layout=NEXT)
    assert newer.identity().format == FORMAT + 2 and newer.clock() == 0 and list(newer.check()) == []
    newer.close()
    assert execute("SELECT COUNT(tries) FROM letters") == [(0,)]
    with pytest.raises(RefusedError, match="newer"):
        place.open()


def test_a_step_that_fails_leaves_the_older_format(place: Place, execute: Execute) -> None:
    place.open().close()
    broken = Layout(FORMAT + 1, {FORMAT: ("ALTER TABLE letters ADD COLUMN tries INTEGER", "INSERT INTO letters VALUES (1)")})
    with pytest.raises(Exception, match=r"letters|INSERT|values|columns"):
        open_store(place.where, place.environment, layout=broken)
    assert execute("SELECT format FROM store") == [(FORMAT,)]
    assert place.open().letters(1) == []


def test_two_processes_make_one_store(place: Place) -> None:
    code = "import sys; from rtj.store.opening import open_store; print(open_store(*sys.argv[1:]).identity().lineage)"
    root = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, "-c", code, place.where, place.environment]
    makers = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = {maker.communicate()[0].strip() for maker in makers}
    assert told == {place.open().identity().lineage}


def test_places_where_no_store_can_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is a folder"):
        open_store(str(tmp_path), "prod")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file exists|not a directory"):
        open_store(str(tmp_path / "file" / "store.db"), "prod")
    made = open_store(str(tmp_path / "new" / "ordner #1?%20" / "store.db"), "prod")
    made.close()
    assert (tmp_path / "new" / "ordner #1?%20" / "store.db").stat().st_mode & 0o077 == 0


def test_a_copy_of_a_store_that_is_used(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store.db"), "prod")
    epoch = leased(store)
    store.commit(batch(0), epoch)
    store.backup(str(tmp_path / "copy.db"))
    store.commit(batch(1), epoch)
    copy = open_store(str(tmp_path / "copy.db"), "prod")
    assert (copy.clock(), store.clock()) == (0, 1) and list(copy.check()) == [] and copy.identity() == store.identity()
    with pytest.raises(OutputError, match="file exists"):
        store.backup(str(tmp_path / "copy.db"))
    with pytest.raises(OutputError, match="no such file"):
        store.backup(str(tmp_path / "nowhere" / "copy.db"))
    copy.close()
    store.close()


def test_a_copy_is_of_one_instant_while_commits_follow_on_each_other(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store.db"), "prod")
    epoch = leased(store)
    ended = threading.Event()

    def write() -> None:
        for number in range(10_000):
            store.commit(batch(number), epoch)
            if ended.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            store.backup(str(tmp_path / f"copy-{number}.db"))
    finally:
        ended.set()
        writer.join()
    for number in range(5):
        copy = open_store(str(tmp_path / f"copy-{number}.db"), "prod", reading=True)
        clock = copy.clock()
        assert list(copy.check()) == [] and copy.last_entry() == (0 if clock is None else clock * 5 + 5)
        copy.close()
    store.close()


@pytest.mark.parametrize("rows_most", [40, 1_000_000])
def test_the_log_beside_the_file_stays_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_most: int) -> None:
    monkeypatch.setattr(sqlite, "OVER_ROWS", 20)
    monkeypatch.setattr(sqlite, "OVER_ROWS_MOST", rows_most)
    monkeypatch.setattr(sqlite, "WAL_MOST", 300_000)
    store = open_store(str(tmp_path / "store.db"), "prod")
    epoch = leased(store)
    longest = 0
    for number in range(300):
        store.commit(batch(number), epoch)
        longest = max(longest, (tmp_path / "store.db-wal").stat().st_size)
    assert longest < 3_000_000 and list(store.check()) == []
    store.close()
    assert not (tmp_path / "store.db-wal").exists() and "rtj-store" not in {thread.name for thread in threading.enumerate()}


def test_a_store_that_somebody_keeps_busy_is_said_to_be(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    store = open_store(path, "prod")
    epoch = leased(store)
    store._database.run("PRAGMA busy_timeout = 20")  # type: ignore[attr-defined]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutputError, match="busy"):
        store.commit(Commit(1), epoch)
    assert store.clock() is None  # reading waits for nobody
    other.execute("ROLLBACK")
    other.close()
    store.commit(Commit(1), epoch)
    store.close()


def test_postgres_needs_its_extra() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from rtj.base.errors import MissingExtra\nfrom rtj.store.opening import open_store\n"
        "try: open_store('postgresql://nowhere/x', 'prod')\nexcept MissingExtra as error: print(error)"
    )
    root = Path(__file__).resolve().parent.parent.parent
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout == "a store in PostgreSQL needs the extra `postgres`: pip install 'rtj[postgres]'\n"


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    pytest.importorskip("psycopg", reason="the extra rtj[postgres] is not installed")
    with pytest.raises(InputError, match="cannot be reached") as told:
        open_store("postgresql://anna:geheim@127.0.0.1:1/shop", "prod")
    assert "geheim" not in str(told.value) and "shop@127.0.0.1" in str(told.value)
    with pytest.raises(UsageError, match="too long"):
        open_store("postgresql://127.0.0.1:1/shop", "ü" * 30)
    with pytest.raises(UsageError, match="cannot be read"):
        open_store("postgresql://[/shop", "prod")


def test_a_holder_is_told_to_readers(place: Place) -> None:
    store = place.open()
    store.take_lock(holder("lock-1"), 0)
    assert place.open(reading=True).lockholder() == holder("lock-1")
