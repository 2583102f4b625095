"""What PostgreSQL says, in words for whoever has to do something about it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors

from rtj.base.errors import OutputError
from rtj.store.database import UnmetError
from rtj.store.port import DamagedError
from rtj.store.seals import RESTORE

ENDED = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.DatabaseDropped,
    errors.IdleInTransactionSessionTimeout,
    errors.ConnectionException,
)
PASSING = (
    "the database system is",  # starting up, not yet accepting connections, in recovery mode, shutting down
    "server closed the connection",
    "Connection reset by peer",
)


def is_lost(error: psycopg.Error, connection: psycopg.Connection[Any]) -> bool:
    """Is the connection of no use any more? The server says so before it hangs up, and the client may not have seen that yet.
    What has no code comes from the client, which has trouble with the connection."""
    own = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and error.sqlstate is None
    return bool(connection.closed) or own or isinstance(error, ENDED)


def is_passing(error: BaseException | None) -> bool:
    """Is there a server, which only cannot answer just now? What a server says before anybody is let in has no code, and is in
    its language; what is in another one does not pass."""
    return isinstance(error, psycopg.Error) and (isinstance(error, ENDED) or any(words in str(error) for words in PASSING))


def unreached(error: psycopg.Error, where: str) -> str:
    """Why there is no connection. Servers say it in their language; what is in English is explained."""
    line = _line(error)
    if "password" in line or "pg_hba.conf" in line or "authentication failed" in line:
        return f"{where}: the server does not let us in ({line}); is the user of the URL right, and its password (or PGPASSWORD)?"
    if "database" in line and "does not exist" in line:
        return f"{where}: there is no such database ({line}); make it with createdb"
    if "role" in line and "does not exist" in line:
        return f"{where}: there is no such user ({line}); make it with createuser"
    if "too many" in line or "remaining connection slots" in line:
        return f"{where}: the server takes no more connections ({line})"
    return f"{where}: the server cannot be reached ({line})"


def told(error: psycopg.Error, where: str) -> Exception:
    """What happened, in words for the user; the error itself where it can only be our mistake."""
    line = _line(error)
    match error:
        case errors.DivisionByZero():
            return UnmetError(f"{where}: somebody else has written")
        case errors.DataCorrupted() | errors.IndexCorrupted():
            return DamagedError(f"{where}: the database is damaged ({line}); {RESTORE}")
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.InvalidSchemaName():
            return DamagedError(f"{where}: the tables are not those of a store ({line}); {RESTORE}")
        case errors.DiskFull() | errors.OutOfMemory() | errors.TooManyConnections():
            return OutputError(f"{where}: {line}; nothing of the last step was written, and it can be tried again")
        case errors.ReadOnlySqlTransaction():
            return OutputError(f"{where}: the database cannot be written ({line}); is it a standby?")
        case errors.LockNotAvailable() | errors.DeadlockDetected() | errors.SerializationFailure():
            return OutputError(f"{where}: another transaction kept the store busy ({line}); try again")
        case errors.QueryCanceled():
            return OutputError(f"{where}: the server broke it off ({line}); nothing of it was written; try again")
        case errors.InsufficientPrivilege():
            return OutputError(f"{where}: the user of the database may not do that ({line})")
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return OutputError(f"{where}: the connection failed ({line})")
        case psycopg.InternalError():
            return DamagedError(f"{where}: the database failed ({line})")
        case _:
            return error


def _line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
