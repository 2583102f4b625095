"""A store in PostgreSQL, for teams: one schema for each environment, so that environments share a database."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import TypeVar

from rtj.base.errors import InputError, MissingExtra, OutputError, RefusedError, RtjError, UsageError
from rtj.store.database import DoubtError, Row, Table, Value, plain
from rtj.store.port import DamagedError
from rtj.store.seals import RESTORE

try:
    import psycopg
    from psycopg import errors
except ImportError as reason:
    raise MissingExtra("a store in PostgreSQL", "postgres") from reason

T = TypeVar("T")

OLDEST = 120_000  # of servers
NAME_BYTES_MAX = 63  # PostgreSQL cuts off what is longer
CONNECT_S = 10
STATEMENT_MS = 120_000  # a statement that takes longer has failed
LOCK_MS = 10_000  # so long it waits for another transaction
TRIES_MAX = 5  # to reach the server again when a connection is lost
PAUSE_FIRST_S = 0.2  # before the first of them, doubled each time
PARTS_ROWS = 5_000  # that one statement inserts
PARTS_BYTES = 32_000_000
TYPES = {"INTEGER": "BIGINT", "TEXT": 'TEXT COLLATE "C"', "BLOB": "BYTEA"}
ARRAYS = {"INTEGER": "bigint[]", "TEXT": "text[]", "BLOB": "bytea[]"}
GUARDS: tuple[str, ...] = (
    """CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
    "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()",
)


@cache
def translated(sql: str) -> str:
    """A statement in the words of PostgreSQL. None of ours has a question mark in a text."""
    if sql.startswith("CREATE TABLE"):
        sql = re.sub(r"\b(INTEGER|TEXT|BLOB)\b", lambda found: TYPES[found[0]], sql).removesuffix(" WITHOUT ROWID")
    return sql.replace("%", "%%").replace("?", "%s")


@cache
def _insert(table: Table) -> str:
    names = ", ".join(table.names())
    arrays = ", ".join(f"%b::{ARRAYS[kind]}" for _, kind in table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT"


def _parts(rows: Sequence[Sequence[Value]]) -> Iterator[Sequence[Sequence[Value]]]:
    """Rows in portions that a statement can hold."""
    start, total = 0, 0
    for place, row in enumerate(rows):
        size = sum(len(value) for value in row if not isinstance(value, int))
        if place > start and (place - start == PARTS_ROWS or total + size > PARTS_BYTES):
            yield rows[start:place]
            start, total = place, 0
        total += size
    if start < len(rows):
        yield rows[start:]


class PostgresDatabase:
    """A connection to a schema, made anew when it is lost. `reading`: nothing can be written."""

    def __init__(self, url: str, environment: str, *, reading: bool = False) -> None:
        self._schema = f"rtj_{plain(environment)}"
        if len(self._schema.encode()) > NAME_BYTES_MAX:
            raise UsageError(f"the name of the environment {environment} is too long for PostgreSQL: at most 59 bytes")
        self._url, self._reading = url, reading
        self.guards = GUARDS
        self._lock = threading.RLock()
        self._inside = False
        try:
            parts = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise UsageError(f"the URL of the store cannot be read: {str(error).strip()}") from error
        host = parts.get("host") or parts.get("hostaddr") or "this machine"
        self.where = f"postgresql {parts.get('dbname') or ''}@{host}, schema {self._schema}"  # without its password
        self._connection = self._connect()

    def _connect(self) -> psycopg.Connection[Row]:
        try:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_S,
                application_name="rtj",
                prepare_threshold=2,
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=3,
            )
        except psycopg.Error as error:
            raise InputError(f"{self.where}: the server cannot be reached ({_first_line(error)})") from error
        try:
            if connection.info.server_version < OLDEST:
                raise InputError(f"{self.where}: PostgreSQL {connection.info.server_version // 10_000} is too old; 12 or newer")
            self._prepare(connection)
        except psycopg.Error as error:
            connection.close()
            raise self._told(error) from error
        except RtjError:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: psycopg.Connection[Row]) -> None:
        name = psycopg.sql.Identifier(self._schema)
        there = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self._schema,)).fetchone()
        if not there and not self._reading:
            with suppress(errors.UniqueViolation):  # another process was faster
                connection.execute(psycopg.sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
        connection.execute(psycopg.sql.SQL("SET search_path TO {}").format(name))
        connection.execute(f"SET statement_timeout = {STATEMENT_MS}")
        connection.execute(f"SET lock_timeout = {LOCK_MS}")
        connection.execute("SET client_encoding = 'UTF8'")
        connection.execute("SET client_min_messages = warning")
        if self._reading:
            connection.execute("SET default_transaction_read_only = on")
        elif connection.execute("SHOW synchronous_commit").fetchone() == ("off",):
            connection.execute("SET synchronous_commit = on")  # what is committed is there after a power cut

    def rows(self, sql: str, *values: Value) -> list[Row]:
        return self._ask(sql, values)[0]

    def run(self, sql: str, *values: Value) -> int:
        return self._ask(sql, values)[1]

    def _ask(self, sql: str, values: tuple[Value, ...]) -> tuple[list[Row], int]:
        with self._lock:
            if self._inside:
                return self._once(sql, values)
            return self._again(lambda: self._once(sql, values))

    def _once(self, sql: str, values: tuple[Value, ...]) -> tuple[list[Row], int]:
        try:
            cursor = self._connection.execute(translated(sql).encode(), values)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount
        except psycopg.Error as error:
            raise self._told(error) from error

    def put(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        places = [table.names().index(name) for name in table.key]
        last = {tuple(row[place] for place in places): row for row in rows}  # a statement may not write one row twice
        self._many(table, f"{_insert(table)} ({', '.join(table.key)}) DO UPDATE SET {table.updates()}", list(last.values()))

    def add(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        self._many(table, f"{_insert(table)} DO NOTHING", rows)

    def _many(self, table: Table, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        for part in _parts(rows):
            try:
                self._connection.execute(sql.encode(), [list(column) for column in zip(*part, strict=True)])
            except psycopg.Error as error:
                raise self._told(error) from error

    def many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        try:
            self._connection.cursor().executemany(translated(sql).encode(), rows)  # pipelined: one way there and back
        except psycopg.Error as error:
            raise self._told(error) from error

    def transaction(self, work: Callable[[], T]) -> T:
        with self._lock:
            return self._again(lambda: self._whole(work))

    def _whole(self, work: Callable[[], T]) -> T:
        self._once("BEGIN", ())
        self._inside = True
        try:
            done = work()
        except BaseException:
            with suppress(psycopg.Error):
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._inside = False
        try:
            self._connection.execute("COMMIT")
        except psycopg.Error as error:
            raise DoubtError(str(self._told(error))) from error
        return done

    @contextmanager
    def still(self) -> Iterator[None]:
        with self._lock:
            if self._inside:
                yield
                return
            self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._inside = True
            try:
                yield
            finally:
                self._inside = False
                with suppress(psycopg.Error):
                    self._connection.execute("ROLLBACK")

    def _again(self, work: Callable[[], T]) -> T:
        """Do something, and do it again on a new connection when the old one was lost before its end."""
        pause = PAUSE_FIRST_S
        for left in reversed(range(TRIES_MAX)):
            try:
                if self._connection.closed:
                    self._connection = self._connect()
                return work()
            except DoubtError:
                raise
            except RtjError as error:
                if not self._connection.closed:
                    raise
                if left == 0:
                    raise OutputError(f"{error}; tried {TRIES_MAX} times") from error
            time.sleep(pause)
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def sweep(self) -> None:
        """See `database.Database`: the server overwrites in its own time, with VACUUM."""

    def copy(self, path: str) -> None:
        raise RefusedError(
            f"{self.where}: a database of PostgreSQL is copied by its own tool:"
            f" pg_dump --schema='\"{self._schema}\"' --file={path}"
        )

    def flaws(self) -> Iterator[str]:
        yield from ()

    def size(self) -> int:
        sql = (
            "SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relkind = 'r'"
        )
        return int(self.rows(sql, self._schema)[0][0])

    def close(self) -> None:
        with self._lock, suppress(psycopg.Error):
            self._connection.close()

    def _told(self, error: psycopg.Error) -> Exception:
        """What happened, in words for the user; the error itself where it can only be our mistake."""
        line = _first_line(error)
        match error:
            case errors.DataCorrupted() | errors.IndexCorrupted():
                return DamagedError(f"{self.where}: the database is damaged ({line}); {RESTORE}")
            case errors.UndefinedTable() | errors.UndefinedColumn() | errors.InvalidSchemaName():
                return DamagedError(f"{self.where}: the tables are not those of a store ({line}); {RESTORE}")
            case errors.DiskFull() | errors.OutOfMemory() | errors.TooManyConnections():
                return OutputError(f"{self.where}: {line}; nothing of the last step was written, and it can be tried again")
            case errors.ReadOnlySqlTransaction():
                return OutputError(f"{self.where}: the database cannot be written ({line})")
            case errors.LockNotAvailable() | errors.QueryCanceled() | errors.DeadlockDetected() | errors.SerializationFailure():
                return OutputError(f"{self.where}: another transaction kept the store busy ({line}); try again")
            case errors.InsufficientPrivilege():
                return OutputError(f"{self.where}: the user of the database may not do that ({line})")
            case psycopg.OperationalError() | psycopg.InterfaceError():
                return OutputError(f"{self.where}: the connection failed ({line})")
            case psycopg.InternalError():
                return DamagedError(f"{self.where}: the database failed ({line})")
            case _:
                return error


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
