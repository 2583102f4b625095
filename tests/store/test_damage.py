"""What is damaged is told, with its table and row or its file, and is never taken for true."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtj.base.errors import InputError
from rtj.store.opening import open_store
from rtj.store.port import Commit, DamagedError, LetterRow, Store
from tests.store.conftest import Place
from tests.store.samples import NOW, batch, deployment, entry, leased, message, profile

Execute = Callable[..., list[tuple[object, ...]]]


def filled(store: Store) -> None:
    store.publish([("aa", b"program")], NOW)
    store.record(deployment(1), 0)
    commit = Commit(
        1,
        entries=[entry(1), entry(2)],
        streams=[(3, "orders")],
        positions={3: b"position"},
        profiles=[profile(1), profile(2)],
        owners={(0, "a"): 1},
        leftovers={"world": b"all"},
        outbox=[message(1)],
        letters=[LetterRow(3, 1, "bad", "text")],
    )
    store.commit(commit, leased(store))


def all_of(found: Iterator[object]) -> list[object]:
    return list(found)


READS: dict[str, tuple[str, str, Callable[[Store], object]]] = {
    "log": ("body", "2", lambda s: all_of(s.log())),
    "streams": ("name", "3", lambda s: s.streams()),
    "positions": ("position", "3", lambda s: s.streams()),
    "profiles": ("body", "2", lambda s: s.bodies([1, 2])),
    "heads": ("ids", "2", lambda s: all_of(s.heads())),
    "head": ("members", "2", lambda s: s.head(2)),
    "due": ("due", "2", lambda s: all_of(s.heads())),
    "owners": ("number", r"\(0, 'a'\)", lambda s: s.owner(0, "a")),
    "leftovers": ("body", "world", lambda s: all_of(s.leftovers())),
    "outbox": ("body", "1", lambda s: s.waiting(0, 9)),
    "outbox_bodies": ("profile", "1", lambda s: s.outbox_bodies([1])),
    "fate": ("tries", "1", lambda s: s.sent_to("张伟\0🎉", 9)),
    "run": ("clock", "1", lambda s: s.clock()),
    "last": ("last_entry", "1", lambda s: s.last_entry()),
    "reasons": ("reason", "1", lambda s: s.letters(9)),
    "letters": ("text", "1", lambda s: s.letters(9)),
    "programs": ("body", "aa", lambda s: s.program("aa")),
    "deployments": ("orders", "1", lambda s: s.deployment(1)),
}


@pytest.mark.parametrize("what", READS)
def test_a_row_that_was_changed_is_damaged(place: Place, execute: Execute, what: str) -> None:
    store = place.open()
    filled(store)
    column, row, read = READS[what]
    table = {
        "heads": "profiles",
        "due": "profiles",
        "head": "profiles",
        "outbox_bodies": "outbox",
        "fate": "outbox",
        "last": "run",
        "reasons": "letters",
    }.get(what, what)
    key = {
        "log": "seq",
        "owners": "space",
        "leftovers": "name",
        "programs": "fingerprint",
        "deployments": "serial",
        "run": "one",
    }.get(table, "number")
    last = execute(f"SELECT MAX({key}) FROM {table}")[0][0]
    value: object = (
        "other" if column == "members" else 77 if column in ("due", "number", "tries", "clock", "last_entry") else b"other"
    )
    execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", value, last)
    with pytest.raises(DamagedError, match=f"row {row} of the table {table} .*restore it from a backup"):
        read(store)
    found = [flaw.table for flaw in store.check()]
    assert found == (
        ["streams"] if table == "positions" else [table, "owners"] if column == "number" else [table] + ["log"] * (what == "last")
    )


def test_what_does_not_fit_together_is_found(store: Store, execute: Execute) -> None:
    filled(store)
    execute("DELETE FROM log WHERE seq = 2")
    execute("DELETE FROM profiles WHERE number = 1")
    execute("DELETE FROM streams")
    execute("DELETE FROM deployments")
    assert {flaw.table for flaw in store.check()} == {"log", "owners", "positions", "deployments"}


# ---- files of SQLite


def big(path: Path) -> None:
    """A store of many pages, closed."""
    store = open_store(str(path), "prod")
    epoch = leased(store)
    for first in range(0, 3_000, 1_000):
        store.commit(Commit(1, profiles=[profile(n, os.urandom(300)) for n in range(first, first + 1_000)]), epoch)
    store.close()


def test_a_page_of_noise_is_found(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    big(path)
    middle = path.stat().st_size // 2 // 4_096 * 4_096
    with path.open("r+b") as file:
        file.seek(middle)
        file.write(os.urandom(4_096))
    store = open_store(str(path), "prod")
    with pytest.raises(DamagedError, match=r"store\.db: .*restore it from a backup"):
        store.bodies(range(3_000))
    assert list(store.check())
    store.close()


@pytest.mark.parametrize("left", [0.5, 0.01])
def test_a_file_that_was_cut_is_found(tmp_path: Path, left: float) -> None:
    path = tmp_path / "store.db"
    big(path)
    os.truncate(path, int(path.stat().st_size * left))

    def everything() -> None:
        store = open_store(str(path), "prod")
        try:
            assert list(store.check())
            store.bodies(range(3_000))
        finally:
            store.close()

    with pytest.raises(DamagedError, match="restore it from a backup"):
        everything()


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but a text that somebody needs\n" * 100)
    with pytest.raises(DamagedError, match="no store, or its first page is damaged"):
        open_store(str(path), "prod")
    assert path.read_text().startswith("not a database")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as file:
        file.execute("CREATE TABLE theirs (a)")
    file.close()
    for reading in (True, False):
        with pytest.raises(InputError, match="a database of something else"):
            open_store(str(other), "prod", reading=reading)


def test_a_log_beside_the_file_that_was_cut_has_whole_commits(tmp_path: Path) -> None:
    """As after a power cut with a disk that lies: some of the last commits are gone, none is half."""
    path = tmp_path / "store.db"
    store = open_store(str(path), "prod")
    epoch = leased(store)
    for number in range(20):
        store.commit(batch(number), epoch)
    wal = (tmp_path / "store.db-wal").read_bytes()
    seen = set()
    for cut in range(0, len(wal), len(wal) // 25):
        copy = tmp_path / f"cut-{cut}"
        copy.mkdir()
        shutil.copy(path, copy / "store.db")
        (copy / "store.db-wal").write_bytes(wal[: len(wal) - cut])
        other = open_store(str(copy / "store.db"), "prod")  # where its making was cut off, it is made anew
        clock = other.clock()
        assert list(other.check()) == []
        assert other.last_entry() == (0 if clock is None else clock * 5 + 5)
        assert set(other.bodies(range(5)).values()) == (set() if clock is None else {b"batch %d" % clock})
        seen.add(clock)
        other.close()
    store.close()
    assert 19 in seen and len(seen) > 5
