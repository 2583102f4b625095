"""A store in a file of SQLite: no server, and nothing to install.

Commits append to a log beside the file (WAL) and wait for the disk. What is in it is brought over into the file by a thread of
its own, so that a commit does not wait for it; only when the log has grown far does a commit bring over the rest itself.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from rtj.base.errors import InputError, OutputError, RtjError
from rtj.store.database import DoubtError, Row, Table, UnmetError, Value
from rtj.store.patience import Patience
from rtj.store.port import DamagedError
from rtj.store.seals import RESTORE

T = TypeVar("T")

MARK = 0x72746A31  # "rtj1": in the head of the file, so that nobody takes another database for a store
OLDEST = (3, 35, 0)  # of SQLite: with RETURNING
BUSY_MS = 10_000  # so long a statement waits for another process
PAGE_BYTES = 4_096
CACHE_BYTES = 64_000_000
OVER_ROWS = 4_000  # changed rows, each a page or less of the log, after which the thread brings them over
OVER_ROWS_MOST = 64_000  # after which a commit does it, for the thread cannot follow
WAL_MOST = 128_000_000  # bytes of the log from which on it begins anew at the next occasion
FLAWS_MAX = 100
ASKED_AT_ONCE = (1, 16, 256)  # values of one `IN`: few lengths, so that few statements are prepared
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_MS}",
    f"PRAGMA cache_size = -{CACHE_BYTES // 1024}",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
)
WRITING = (
    f"PRAGMA page_size = {PAGE_BYTES}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA secure_delete = ON",  # who is erased is not to be found in free pages either
    f"PRAGMA journal_size_limit = {WAL_MOST}",
)
GUARDS = tuple(
    f"CREATE TRIGGER audit_{what.lower()} BEFORE {what} ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for what in ("UPDATE", "DELETE")
)


@cache
def _put(table: Table) -> str:
    return f"{_insert(table)} ({', '.join(table.key)}) DO UPDATE SET {table.updates()}"


@cache
def _add(table: Table) -> str:
    return f"{_insert(table)} DO NOTHING"


@cache
def _change(table: Table, names: tuple[str, ...], only: str) -> str:
    of = {name: f"?{number}" for number, name in enumerate(names, 1)}
    sets = ", ".join(f"{name} = {value}" for name, value in of.items() if name not in table.key)
    same = " AND ".join(f"{name} = {of[name]}" for name in table.key)
    more = " AND (" + re.sub(r":([a-z_]+)", lambda found: of[found[1]], only) + ")" if only else ""
    return f"UPDATE {table.name} SET {sets} WHERE {same}{more}"


@cache
def _remove(table: Table) -> str:
    return f"DELETE FROM {table.name} WHERE {' AND '.join(f'{name} = ?' for name in table.key)}"


def _insert(table: Table) -> str:
    names = table.names()
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT"


class SqliteDatabase:
    """A connection to a file. `reading`: nothing can be written, and whoever writes is not hindered."""

    def __init__(self, path: str, *, reading: bool = False) -> None:
        if sqlite3.sqlite_version_info < OLDEST:
            raise InputError(f"this Python has SQLite {sqlite3.sqlite_version}; a store needs 3.35 or newer")
        self.where, self.guards = path, GUARDS
        self.patience, self.came_back = Patience(), lambda: None  # a file is there, or it is not
        self._lock = threading.RLock()
        self._over: _Over | None = None
        self._wal = Path(f"{path}-wal")
        try:
            self._connection = _connected(path, reading=reading)
        except sqlite3.Error as error:
            raise self._told(error) from error
        self._file = _file_of(path)
        if not reading:
            self._over = _Over(path, self._wal)

    def rows(self, sql: str, *values: Value) -> list[Row]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise self._told(error) from error

    def among(self, sql: str, values: Sequence[int]) -> Iterator[Row]:
        most = ASKED_AT_ONCE[-1]
        for start in range(0, len(values), most):
            part = list(values[start : start + most])
            size = next(size for size in ASKED_AT_ONCE if size >= len(part))
            part += part[-1:] * (size - len(part))
            yield from self.rows(sql.format(", ".join("?" * size)), *part)

    def run(self, sql: str, *values: Value) -> int:
        with self._lock:
            try:
                return self._connection.execute(sql, values).rowcount
            except sqlite3.Error as error:
                raise self._told(error) from error

    def must(self, sql: str, *values: Value) -> None:
        if self.run(sql, *values) != 1:
            raise UnmetError(f"{self.where}: somebody else has written")

    def put(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        self._many(_put(table), rows)

    def add(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        self._many(_add(table), rows)

    def change(self, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Value]], only: str = "") -> None:
        self._many(_change(table, names, only), rows)

    def remove(self, table: Table, keys: Sequence[Sequence[Value]]) -> None:
        self._many(_remove(table), keys)

    def _many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise self._told(error) from error

    def transaction(self, work: Callable[[], T]) -> T:
        with self._lock:
            self._look_for_file()
            self.run("BEGIN IMMEDIATE")
            try:
                done = work()
            except BaseException:
                self._undo()
                raise
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._undo()
                raise DoubtError(str(self._told(error))) from error
            if self._over is not None:
                self._over.written(self._connection)
            return done

    def _look_for_file(self) -> None:
        """What is written into a file that nobody can find any more is lost. Raises DamagedError."""
        if _file_of(self.where) != self._file:
            raise DamagedError(
                f"{self.where}: the file was removed or replaced while this process had it open, so that nothing is written to it"
                " any more; put it back, or restore it from a backup"
            )

    def _undo(self) -> None:
        """Some errors have undone everything already."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def still(self) -> Iterator[None]:
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self.run("BEGIN")
            try:
                yield
            finally:
                self._undo()

    def sweep(self) -> None:
        """See `database.Database`: pages that are let go are overwritten anyway, and the log is emptied."""
        with self._lock:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA busy_timeout = 0").fetchall()  # nobody waits for those who read
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}").fetchall()

    def compact(self) -> None:
        """See `database.Database`: a page that was only rearranged may keep bytes of rows that are elsewhere, or gone, by now."""
        with self._lock:
            self.run("PRAGMA temp_store = FILE")  # else all of it would be in memory meanwhile
            try:
                self.run("VACUUM")
            finally:
                self.run("PRAGMA temp_store = MEMORY")
        self.sweep()

    def copy(self, path: str) -> None:
        """An online backup. Raises OutputError where there is a file already, or none can be written."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        try:
            with closing(_connected(self.where, reading=True)) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)  # in one go: in portions it would begin anew with each commit in between
                target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise told(error, path) from error

    def flaws(self) -> Iterator[str]:
        for (found,) in self.rows(f"PRAGMA integrity_check({FLAWS_MAX})"):
            if found != "ok":
                yield str(found)

    def size(self) -> int:
        pages, size = self.rows("PRAGMA page_count")[0][0], self.rows("PRAGMA page_size")[0][0]
        return int(pages * size)

    def close(self) -> None:
        if self._over is not None:
            self._over.end()
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _told(self, error: sqlite3.Error) -> Exception:
        return told(error, self.where)


def _file_of(path: str) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None: there is none, or it cannot be said."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_dev, state.st_ino


class _Over:
    """Brings over what was written into the file. While commits follow on each other the thread never reaches the end of the log,
    and the log can begin anew only there: so the commit after a pass brings over the little that came during it."""

    def __init__(self, path: str, wal: Path) -> None:
        self._path, self._wal = path, wal
        self._due = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked, self._over = 0, 0  # rows changed when a pass was asked for, and when the last that is done was
        self._passed = False

    def written(self, connection: sqlite3.Connection) -> None:
        """A commit is done. What fails here has cost nobody anything: it is all in the log, and is tried again."""
        changed = connection.total_changes
        behind = changed - self._over
        if self._passed or behind > OVER_ROWS_MOST:
            self._passed = False
            if behind > OVER_ROWS_MOST or self._size() > WAL_MOST:
                self._begin_anew(connection)
                self._over = changed
        elif behind > OVER_ROWS and not self._due.is_set():
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="rtj-store", daemon=True)
                self._thread.start()
            self._asked = changed
            self._due.set()

    def _size(self) -> int:
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0

    def _begin_anew(self, connection: sqlite3.Connection) -> None:
        """Waiting for nobody who reads: then it comes later."""
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA busy_timeout = 0").fetchall()
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}").fetchall()

    def _work(self) -> None:
        with suppress(sqlite3.Error), closing(_connected(self._path, reading=False)) as connection:
            while not self._ended.is_set():
                self._due.wait()
                if self._ended.is_set():
                    return
                asked = self._asked
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._over, self._passed = asked, True
                self._due.clear()

    def end(self) -> None:
        """Wait for the thread."""
        self._ended.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join()


def _connected(path: str, *, reading: bool) -> sqlite3.Connection:
    mode = "ro" if reading else "rwc"
    connection = sqlite3.connect(
        f"{Path(path).absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        timeout=BUSY_MS / 1_000,
    )
    try:
        for pragma in PRAGMAS if reading else PRAGMAS + WRITING:
            connection.execute(pragma).fetchall()
        connection.execute("PRAGMA schema_version").fetchall()  # reads the head of the file
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def told(error: sqlite3.Error, where: str) -> Exception:
    """What happened, in words for the user; the error itself where it can only be our mistake."""
    name = str(getattr(error, "sqlite_errorname", None) or "")
    kind = "_".join(name.split("_")[:2])
    found: RtjError
    if name == "SQLITE_IOERR_SHORT_READ" or kind in ("SQLITE_CORRUPT", "SQLITE_FORMAT"):
        found = DamagedError(f"{where}: the file is damaged ({error}); {RESTORE}")
    elif kind == "SQLITE_NOTADB":
        found = DamagedError(f"{where}: this is no store, or its first page is damaged ({error}); {RESTORE}")
    elif kind == "SQLITE_FULL":
        found = OutputError(f"{where}: the disk is full; nothing of the last step was written, and it can be tried again")
    elif kind == "SQLITE_READONLY":
        found = OutputError(f"{where}: the file cannot be written ({error})")
    elif kind in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        found = OutputError(f"{where}: another process has kept the store busy for {BUSY_MS // 1_000} seconds; try again")
    elif kind in ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"):
        found = InputError(f"{where}: the store cannot be opened ({error}); is the folder there, and may it be written?")
    elif kind == "SQLITE_IOERR":
        found = OutputError(f"{where}: the disk failed ({error}, {name.removeprefix('SQLITE_').lower()})")
    elif str(error).startswith(("no such table", "no such column")):
        found = DamagedError(f"{where}: the tables are not those of a store ({error}); {RESTORE}")
    else:
        return error
    return found
