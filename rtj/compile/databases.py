"""Rows out of databases and Parquet files. What reads them besides SQLite is an extra: `rtj[sql]`, `rtj[parquet]`."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

FETCHED = 10_000  # rows that are asked for at a time
ENVIRONMENT = "env:"

Answer: TypeAlias = tuple[list[str], Iterator[Sequence[object]]]
"""The names of the columns, and the rows."""


class DatabaseError(Exception):
    """A database that does not answer; `hint` says what may help. It never tells the address, which may hold a password."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


def sqlite_rows(file: Path, query: str) -> Answer:
    """What a query of a SQLite file gives. The file is only read."""
    if not file.is_file():
        raise DatabaseError("no such file", "its place is relative to this file")
    try:
        connection = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)
        cursor = connection.execute(query)
    except (sqlite3.Error, sqlite3.Warning) as reason:
        raise DatabaseError(str(reason)) from reason
    return [column[0] for column in cursor.description or ()], _sqlite_rows(connection, cursor)


def _sqlite_rows(connection: sqlite3.Connection, cursor: sqlite3.Cursor) -> Iterator[Sequence[object]]:
    try:
        yield from _batches(cursor.fetchmany)
    except (sqlite3.Error, OverflowError) as reason:
        raise DatabaseError(str(reason)) from reason
    finally:
        connection.close()


def parquet_rows(file: Path) -> Answer:
    """What stands in a Parquet file."""
    try:
        import duckdb
    except ImportError as reason:
        raise DatabaseError("Parquet needs duckdb, which is not installed", "pip install 'rtj[parquet]'") from reason
    if not file.is_file():
        raise DatabaseError("no such file", "its place is relative to this file")
    try:
        answer = duckdb.connect().execute("select * from read_parquet(?)", [str(file)])
        return [column[0] for column in answer.description or ()], _batches(answer.fetchmany)
    except duckdb.Error as reason:
        raise DatabaseError(_first_line(reason)) from reason


def _batches(fetch: Callable[[int], list[Any]]) -> Iterator[Sequence[object]]:
    while rows := fetch(FETCHED):
        yield from rows


def sql_rows(address: str, query: str) -> Answer:
    """What a query of a SQL database gives. `address`: a URL of SQLAlchemy, or `env:NAME` for one that the environment holds."""
    if address.startswith(ENVIRONMENT):
        name = address.removeprefix(ENVIRONMENT)
        address = os.environ.get(name, "")
        if not address:
            raise DatabaseError(f"the environment holds no `{name}`", f"export {name}=postgresql://…")
    try:
        import sqlalchemy
    except ImportError as reason:
        raise DatabaseError("SQL needs SQLAlchemy, which is not installed", "pip install 'rtj[sql]'") from reason
    try:
        with sqlalchemy.create_engine(address).connect() as connection:
            result = connection.execute(sqlalchemy.text(query))
            return list(result.keys()), iter(result.fetchall())
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as reason:
        told = getattr(reason, "orig", None) or type(reason).__name__
        raise DatabaseError(f"the database does not answer: {_first_line(told)}") from reason


def _first_line(reason: object) -> str:
    return (str(reason).splitlines() or [""])[0][:200]
