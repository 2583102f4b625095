"""Poolers that stand before PostgreSQL, such as pgbouncer: those that give a session of its own to whoever connects are fine.
Those that give another one to each transaction are refused, for what is set in a session would reach strangers."""

from __future__ import annotations

from typing import Any

import psycopg

from rtj.base.errors import UsageError

LOOKS = 3  # with others at work one look may miss it


def refuse_shared_sessions(connection: psycopg.Connection[Any], where: str) -> None:
    """Raises UsageError where this connection does not have a session of its own. To be called before anything is set. A pooler
    is known by the number of a process that is not the server's; only then anything more is asked."""
    own = _process(connection)
    if own == connection.info.backend_pid:
        return
    with psycopg.connect(connection.info.dsn, password=connection.info.password, autocommit=True) as other:
        is_shared = any(_is_shared(connection, other, own) for _ in range(LOOKS))
    if is_shared:
        raise UsageError(
            f"{where}: a pooler stands before the server that gives no session of its own to whoever connects; have it do so"
            " (pgbouncer: pool_mode=session), or name the server itself"
        )


def _is_shared(connection: psycopg.Connection[Any], other: psycopg.Connection[Any], own: int) -> bool:
    try:
        other.execute(b"BEGIN")
    except psycopg.Error:  # a pooler that gives another session to each statement takes no transactions
        return True
    try:
        return _process(other) == own or _process(connection) != own
    finally:
        other.execute(b"ROLLBACK")


def _process(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(b"SELECT pg_backend_pid()", prepare=False).fetchone()
    assert row is not None
    return int(row[0])
