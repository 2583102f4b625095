"""Opening the store of an environment: making it when it is new, bringing an older one up to date, refusing a newer one."""

from __future__ import annotations

import os
import secrets
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import rtj
from rtj.base.errors import InputError, OutputError, RefusedError
from rtj.store.checking import flaws
from rtj.store.database import Database, plain
from rtj.store.patience import Told
from rtj.store.port import DamagedError, Flaw, Store
from rtj.store.releases import ReleaseRows
from rtj.store.sqlite import MARK, SqliteDatabase
from rtj.store.state import StateRows
from rtj.store.sweeping import SweepRows
from rtj.store.tables import INDEXES, TABLES, TODAY, Layout, created

POSTGRES = ("postgresql:", "postgres:")


class OpenStore(StateRows, SweepRows, ReleaseRows):
    """Implements `port.Store` over either database."""

    def __init__(self, database: Database) -> None:
        StateRows.__init__(self, database)
        ReleaseRows.__init__(self, database)

    def still(self) -> AbstractContextManager[None]:
        return self._database.still()

    def backup(self, path: str) -> None:
        self._database.copy(path)

    def check(self) -> list[Flaw]:
        return flaws(self._database)

    def wait_for(self, seconds: float, told: Told) -> None:
        self._database.patience.seconds, self._database.patience.told = seconds, told

    def size(self) -> int:
        return self._database.size()

    def close(self) -> None:
        self._database.close()


def open_store(place: str, environment: str, *, reading: bool = False, layout: Layout = TODAY) -> Store:
    """The store of an environment in a file of SQLite, or where a URL `postgresql:…` leads. One that is not there is made, unless
    it is only for `reading`, which never hinders who writes. Raises InputError when there is none or it cannot be reached,
    DamagedError, RefusedError for one of another environment or a newer format, MissingExtra for PostgreSQL without psycopg."""
    database = _connected(place, environment, reading=reading)
    try:
        if not _is_made(database):
            if reading:
                raise InputError(f"{database.where}: nothing was ever deployed here; `rtj deploy {environment}` makes the store")
            database.transaction(lambda: _make(database, environment, layout))
        _brought_up(database, layout, reading=reading)
        there = database.rows("SELECT environment FROM store WHERE one = 1")
        if not there:
            raise DamagedError(f"{database.where}: the table store is empty; restore the store from a backup")
        if there[0][0] != plain(environment):
            raise RefusedError(f"{database.where}: this is the store of the environment {there[0][0]}, not of {environment}")
    except BaseException:
        database.close()
        raise
    return OpenStore(database)


def _connected(place: str, environment: str, *, reading: bool) -> Database:
    if place.startswith(POSTGRES):
        from rtj.store.postgres import PostgresDatabase  # an extra

        return PostgresDatabase(place, environment, reading=reading)
    path = Path(place)
    if reading and not path.exists():
        raise InputError(f"{place}: there is no store yet; `rtj deploy {environment}` makes it")
    if path.is_dir():
        raise InputError(f"{place}: a store is a file, and this is a folder")
    if not path.exists():
        _make_file(path)
    return SqliteDatabase(place, reading=reading)


def _make_file(path: Path) -> None:
    """What is in a store is nobody else's business."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # or the whole file may be gone after a power cut
        finally:
            os.close(folder)
    except OSError as error:
        raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error


def _is_made(database: Database) -> bool:
    if not isinstance(database, SqliteDatabase):
        return bool(database.rows("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'store'"))
    mark = database.rows("PRAGMA application_id")[0][0]
    if mark == MARK:
        return True
    if mark != 0 or database.rows("SELECT COUNT(*) FROM sqlite_master")[0][0]:
        raise InputError(f"{database.where}: this is a database of something else, not a store of rtj")
    return False


def _make(database: Database, environment: str, layout: Layout) -> None:
    """Two may make it at once: who comes second finds it made."""
    if not isinstance(database, SqliteDatabase):
        database.rows("SELECT pg_advisory_xact_lock(?)", MARK)
    if _is_made(database):
        return
    if isinstance(database, SqliteDatabase):
        database.run(f"PRAGMA application_id = {MARK}")
    for table in TABLES:
        database.run(created(table))
    for index in INDEXES:
        database.run(index)
    for guard in database.guards:
        database.run(guard)
    columns = "(one, format, made_by, environment, lineage, serial, lines, hash) VALUES (1, ?, ?, ?, ?, 0, 0, '')"
    database.run(f"INSERT INTO store {columns}", layout.format, rtj.__version__, plain(environment), secrets.token_hex(16))
    database.run("INSERT INTO run (one, epoch, commits, clock, last_entry, letters, seal) VALUES (1, 0, 0, 0, 0, 0, 0)")


def _brought_up(database: Database, layout: Layout, *, reading: bool) -> None:
    """Step by step, each in a transaction of its own."""
    while True:
        found = database.rows("SELECT format, made_by FROM store WHERE one = 1")
        if not found or found[0][0] == layout.format:
            return
        format_, made_by = found[0]
        if format_ > layout.format:
            raise RefusedError(
                f"{database.where}: this store was last written by rtj {made_by} in format {format_}, and rtj {rtj.__version__}"
                f" knows formats up to {layout.format}; install rtj {made_by} or newer, or restore a backup from before"
            )
        if reading:
            raise RefusedError(
                f"{database.where}: this store has format {format_} of rtj {made_by}; the next `rtj deploy` or `rtj run`"
                f" brings it up to format {layout.format}, until then it cannot be read by rtj {rtj.__version__}"
            )
        steps = layout.steps.get(format_)
        assert steps is not None, f"there is no step from format {format_}"
        database.transaction(partial(_step, database, format_, steps))


def _step(database: Database, before: int, steps: tuple[str, ...]) -> None:
    """One step, unless another process has just done it. Nobody may be running: an older rtj would write as it knows."""
    sql = "UPDATE store SET format = ?, made_by = ? WHERE one = 1 AND format = ?"
    if database.run(sql, before + 1, rtj.__version__, before) == 0:
        return
    other = database.rows("SELECT who, operation, id FROM holders WHERE what = 'lease'")
    if other:
        who, operation, lease = other[0]
        raise RefusedError(
            f"{database.where}: this store has format {before}, and is run by {who} (`{operation}`) with an older rtj; stop that"
            f" first, so that it can be brought up to date (if it has ended for good: rtj unlock {lease} with that rtj)"
        )
    for step in steps:
        database.run(step)
