"""A store in PostgreSQL, for teams: one schema for each environment, so that environments share a database.

A transaction goes over in one piece, its end included, and is answered in one piece: a commit is one way there and back. Where a
connection is lost, it is made anew and what was asked is asked again, for as long as `patience` lasts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from rtj.base.errors import InputError, MissingExtra, OutputError, RefusedError, RtjError, UsageError
from rtj.store.database import DoubtError, Row, Table, Value, plain
from rtj.store.patience import Patience

try:
    import psycopg

    from rtj.store import postgres_rows as form
    from rtj.store.postgres_pool import refuse_shared_sessions
    from rtj.store.postgres_words import is_lost, is_passing, told, unreached
except ImportError as reason:
    raise MissingExtra("a store in PostgreSQL", "postgres") from reason

T = TypeVar("T")

OLDEST = 120_000  # of servers
NAME_BYTES_MAX = 63  # PostgreSQL cuts off what is longer
CONNECT_S = 5
SILENT_MS = 25_000  # a connection from which nothing is heard for so long is lost
STATEMENT_MS = 120_000  # a statement that takes longer has failed
LOCK_MS = 10_000  # so long it waits for another transaction
AMONG_MOST = 4_096  # numbers that are asked for at once
GUARDS: tuple[str, ...] = (
    """CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
    "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()",
)

logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it warns of is raised as well


class PostgresDatabase:
    """A connection to a schema, made anew when it is lost. `reading`: nothing can be written."""

    def __init__(self, url: str, environment: str, *, reading: bool = False) -> None:
        self._schema = f"rtj_{plain(environment)}"
        if len(self._schema.encode()) > NAME_BYTES_MAX:
            raise UsageError(f"the name of the environment {environment} is too long for PostgreSQL: at most 59 bytes")
        self._url, self._reading = url, reading
        self.guards = GUARDS
        self.patience = Patience()
        self.came_back: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._is_piped = False  # in a transaction
        self._inside = False  # a transaction, or all as of one instant
        try:
            parts = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise UsageError(f"the URL of the store cannot be read: {str(error).strip()}") from error
        host = parts.get("host") or parts.get("hostaddr") or "this machine"
        self.where = f"postgresql {parts.get('dbname') or ''}@{host}, schema {self._schema}"  # without its password
        self._several = "," in str(host)
        self._connection = self._first()

    def _first(self) -> psycopg.Connection[Row]:
        """A server that is starting, or has just hung up, is there in a moment; one that nobody hears of is another matter."""
        while True:
            try:
                found = self._connect()
            except RtjError as error:
                if not is_passing(error.__cause__):
                    raise
                self.patience.again(str(error))
            else:
                self.patience.well()
                return found

    def _connect(self) -> psycopg.Connection[Row]:
        usual: dict[str, str | int | None] = {
            "connect_timeout": CONNECT_S,
            "application_name": "rtj",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": SILENT_MS,
        }
        if self._several and not self._reading:
            usual["target_session_attrs"] = "read-write"
        parts = {**usual, **psycopg.conninfo.conninfo_to_dict(self._url)}
        try:
            connection = psycopg.connect(psycopg.conninfo.make_conninfo("", **parts), autocommit=True, prepare_threshold=2)
        except psycopg.Error as error:
            raise InputError(unreached(error, self.where)) from error
        try:
            if connection.info.server_version < OLDEST:
                raise InputError(f"{self.where}: PostgreSQL {connection.info.server_version // 10_000} is too old; 12 or newer")
            self._prepare(connection)
        except psycopg.Error as error:
            connection.close()
            raise told(error, self.where) from error
        except RtjError:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: psycopg.Connection[Row]) -> None:
        refuse_shared_sessions(connection, self.where)
        form.teach(connection)
        name = psycopg.sql.Identifier(self._schema)
        found = connection.execute(
            "SELECT pg_is_in_recovery(), has_database_privilege(current_database(), 'CREATE'),"
            " (SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s), current_user",
            (self._schema,),
        ).fetchone()
        assert found is not None
        is_standby, may_create, may_use, user = found
        if not self._reading and is_standby:
            raise OutputError(
                f"{self.where}: this server is a standby, which cannot be written; name the primary, or all servers (host=a,b)"
            )
        if may_use is False:
            raise OutputError(
                f"{self.where}: the user {user} may not use the schema: GRANT USAGE ON SCHEMA, and rights on its tables"
            )
        if may_use is None and not self._reading:
            if not may_create:
                raise OutputError(
                    f"{self.where}: the user {user} may not make the schema: GRANT CREATE ON DATABASE, or have it made:"
                    f' CREATE SCHEMA "{self._schema}" AUTHORIZATION "{user}"'
                )
            with suppress(psycopg.errors.UniqueViolation):  # another process was faster
                connection.execute(psycopg.sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
        settings = [
            psycopg.sql.SQL("SET search_path TO {}").format(name),
            psycopg.sql.SQL(f"SET statement_timeout = {STATEMENT_MS}"),
            psycopg.sql.SQL(f"SET lock_timeout = {LOCK_MS}"),
            psycopg.sql.SQL("SET client_encoding = 'UTF8'"),
            psycopg.sql.SQL("SET client_min_messages = warning"),
        ]
        if self._reading:
            settings.append(psycopg.sql.SQL("SET default_transaction_read_only = on"))
        elif connection.execute("SHOW synchronous_commit").fetchone() == ("off",):
            settings.append(psycopg.sql.SQL("SET synchronous_commit = on"))  # what is committed is there after a power cut
        connection.execute(psycopg.sql.SQL("; ").join(settings))

    # ---- statements

    def rows(self, sql: str, *values: Value) -> list[Row]:
        return self._ask(form.translated(sql), values)[0]

    def among(self, sql: str, values: Sequence[int]) -> Iterator[Row]:
        for start in range(0, len(values), AMONG_MOST):
            yield from self._ask(form.among(sql), (form.numbers(values[start : start + AMONG_MOST]),))[0]

    def run(self, sql: str, *values: Value) -> int:
        return self._ask(form.translated(sql), values)[1]

    def _ask(self, sql: bytes, values: Sequence[Value]) -> tuple[list[Row], int]:
        with self._lock:
            if self._inside:
                return self._once(sql, values)
            return self._again(lambda: self._once(sql, values))

    def _once(self, sql: bytes, values: Sequence[Value] = ()) -> tuple[list[Row], int]:
        try:
            cursor = self._connection.execute(sql, values, binary=True)
            if self._is_piped:  # an answer that is fetched has all before it sent and answered; `sync` waits without sending
                self._connection.execute(b"SELECT 1").fetchone()
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount
        except psycopg.Error as error:
            raise self._failed(error) from error

    def must(self, sql: str, *values: Value) -> None:
        self._send(form.one_row(sql), values)

    def put(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        places = [table.names().index(name) for name in table.key]
        last = {tuple([row[place] for place in places]): row for row in rows}  # a statement may not write one row twice
        self._many(form.put(table), table, (), list(last.values()))

    def add(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        self._many(form.add(table), table, (), rows)

    def change(self, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Value]], only: str = "") -> None:
        self._many(form.change(table, names, only), table, names, rows)

    def remove(self, table: Table, keys: Sequence[Sequence[Value]]) -> None:
        self._many(form.remove(table), table, table.key, keys)

    def _many(self, sql: bytes, table: Table, names: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        kinds = table.kinds(names)
        for part in form.parts(rows):
            self._send(sql, form.columns(kinds, part))

    def _send(self, sql: bytes, values: Sequence[Value]) -> None:
        """Within a transaction, without waiting for the answer."""
        assert self._is_piped, "this is for transactions"
        try:
            self._connection.execute(sql, values)
        except psycopg.Error as error:
            raise self._failed(error) from error

    # ---- transactions

    def transaction(self, work: Callable[[], T]) -> T:
        with self._lock:
            return self._again(lambda: self._whole(work))

    def _whole(self, work: Callable[[], T]) -> T:
        connection, is_ending = self._connection, False
        try:
            with connection.pipeline(), self._within():
                connection.execute(b"BEGIN")
                done = work()
                is_ending = True
                connection.execute(b"COMMIT")
        except psycopg.Error as error:
            first = _first(error)
            is_in_doubt = is_ending and is_lost(first, connection)
            words = self._failed(first)
            self._undo()
            if is_in_doubt:
                raise DoubtError(str(words)) from first
            raise words from first
        except Exception:
            self._undo()
            raise
        return done

    @contextmanager
    def _within(self) -> Iterator[None]:
        self._is_piped = self._inside = True
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            self._connection.close()  # nobody waits for what it is at
            raise
        finally:
            self._is_piped = self._inside = False

    def _undo(self) -> None:
        if not self._connection.closed and self._connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            with suppress(psycopg.Error):
                self._connection.execute(b"ROLLBACK")

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
                    self._connection.execute(b"COMMIT")  # a rollback would have prepared statements forgotten

    # ---- a server that is away

    def _again(self, work: Callable[[], T]) -> T:
        """Do something, and do it again on a new connection when the old one was lost before its end."""
        while True:
            if self._connection.closed:
                self._reconnect()
            try:
                done = work()
            except DoubtError:
                raise
            except RtjError as error:
                if not self._connection.closed:
                    raise
                self.patience.again(str(error))
            else:
                self.patience.well()
                return done

    def _reconnect(self) -> None:
        """Another server may be there now: what it has is looked at before anything else."""
        while True:
            try:
                self._connection = self._connect()
            except RtjError as error:
                self.patience.again(str(error))
                continue
            self._inside = True
            try:
                self.came_back()
            except RtjError as error:
                was_lost = self._connection.closed
                self._connection.close()
                if not was_lost:
                    raise
                self.patience.again(str(error))
            else:
                return
            finally:
                self._inside = False

    def _failed(self, error: psycopg.Error) -> Exception:
        """What happened, in words. A connection that is of no use any more is closed, so that it is made anew."""
        if is_lost(error, self._connection) or (isinstance(error, psycopg.errors.ReadOnlySqlTransaction) and not self._reading):
            self._connection.close()
        return told(error, self.where)

    def sweep(self) -> None:
        """See `database.Database`: the server overwrites in its own time, with VACUUM."""

    def compact(self) -> None:
        """See `database.Database`: the server does so in its own time, with VACUUM."""

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


def _first(error: psycopg.Error) -> psycopg.Error:
    """What went wrong, of what all went wrong after it."""
    while isinstance(error, psycopg.errors.PipelineAborted) and isinstance(error.__context__, psycopg.Error):
        error = error.__context__
    return error
