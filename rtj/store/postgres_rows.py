"""Rows for PostgreSQL: many of them in one statement, a column an array, in the form in which the server has them.

The client's own arrays are made value by value in Python; these cost a fifth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from struct import Struct, pack
from typing import Any, cast

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

from rtj.store.database import Kind, Table, Value

PARTS_ROWS = 5_000  # that one statement inserts
PARTS_BYTES = 32_000_000
TYPES = {"INTEGER": "BIGINT", "TEXT": 'TEXT COLLATE "C"', "BLOB": "BYTEA"}
ARRAYS: dict[Kind, str] = {"INTEGER": "%t::bigint[]", "TEXT": "%b::text[]", "BLOB": "%b::bytea[]"}
BYTEA, TEXT = 17, 25  # types of elements, and those of their arrays
BYTEAS, TEXTS = 1001, 1009
_HEAD = Struct(">iiIii")  # dimensions, are there nulls, type of elements, how many, number of the first


class _Blobs(bytes):
    """An array of `bytea`."""


class _Texts(bytes):
    """An array of `text`."""


class _BlobsDumper(Dumper):
    format, oid = Format.BINARY, BYTEAS

    def dump(self, obj: bytes) -> bytes:
        return obj


class _TextsDumper(_BlobsDumper):
    oid = TEXTS


def teach(connection: psycopg.Connection[Any]) -> None:
    """Let a connection know these arrays."""
    connection.adapters.register_dumper(_Blobs, _BlobsDumper)
    connection.adapters.register_dumper(_Texts, _TextsDumper)


def _column(kind: Kind, values: Sequence[Any]) -> str | bytes:
    match kind:
        case "INTEGER":
            return f"{{{','.join(map(str, values))}}}"
        case "TEXT":
            return _Texts(_elements(TEXT, [value.encode() for value in values]))
        case "BLOB":
            return _Blobs(_elements(BYTEA, values))


def _elements(of: int, values: Sequence[bytes]) -> bytes:
    """Each with its length before it."""
    count = len(values)
    lengths = pack(f">{count}i", *map(len, values))
    cut = [lengths[place : place + 4] for place in range(0, 4 * count, 4)]
    return b"".join((_HEAD.pack(1, 0, of, count, 1), *chain.from_iterable(zip(cut, values, strict=True))))


def columns(kinds: Sequence[Kind], rows: Sequence[Sequence[Value]]) -> list[str | bytes]:
    """Rows as the parameters of a statement, one for each column."""
    return [_column(kind, values) for kind, values in zip(kinds, zip(*rows, strict=True), strict=True)]


def numbers(values: Sequence[int]) -> str:
    """Numbers as one parameter."""
    return cast("str", _column("INTEGER", values))


def parts(rows: Sequence[Sequence[Value]]) -> Iterator[Sequence[Sequence[Value]]]:
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


# ---- statements


@cache
def translated(sql: str) -> bytes:
    """A statement in the words of PostgreSQL. None of ours has a question mark in a text."""
    if sql.startswith("CREATE TABLE"):
        sql = re.sub(r"\b(INTEGER|TEXT|BLOB)\b", lambda found: TYPES[found[0]], sql).removesuffix(" WITHOUT ROWID")
    return sql.replace("%", "%%").replace("?", "%s").encode()


@cache
def one_row(sql: str) -> bytes:
    """A statement that fails (division by zero) unless it changes a row: so nothing that follows in the transaction happens, and
    nobody has to wait for its answer."""
    return b"WITH changed AS (" + translated(sql) + b" RETURNING 1) SELECT 1 / COUNT(*) FROM changed"


def _unnested(kinds: Sequence[Kind]) -> str:
    return f"unnest({', '.join(ARRAYS[kind] for kind in kinds)})"


def _insert(table: Table) -> str:
    names = ", ".join(table.names())
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM {_unnested(table.kinds())} ON CONFLICT"


@cache
def put(table: Table) -> bytes:
    """Insert, or take the place of what is there."""
    return f"{_insert(table)} ({', '.join(table.key)}) DO UPDATE SET {table.updates()}".encode()


@cache
def add(table: Table) -> bytes:
    """Insert what is not there."""
    return f"{_insert(table)} DO NOTHING".encode()


@cache
def change(table: Table, names: tuple[str, ...], only: str) -> bytes:
    """Update rows of these keys; `names`: the key, then what is set."""
    sets = ", ".join(f"{name} = new.{name}" for name in names if name not in table.key)
    same = " AND ".join(f"{table.name}.{name} = new.{name}" for name in table.key)
    more = " AND (" + re.sub(r":([a-z_]+)", r"new.\1", only) + ")" if only else ""
    found = f"(SELECT * FROM {_unnested(table.kinds(names))}) AS new ({', '.join(names)})"
    return f"UPDATE {table.name} SET {sets} FROM {found} WHERE {same}{more}".encode()


@cache
def remove(table: Table) -> bytes:
    """Delete rows of these keys."""
    keys = ", ".join(table.key)
    return f"DELETE FROM {table.name} WHERE ({keys}) IN (SELECT * FROM {_unnested(table.kinds(table.key))})".encode()


@cache
def among(sql: str) -> bytes:
    """A statement that ends in `IN ({})`, asked for many numbers at once."""
    return translated(sql.replace("IN ({})", "= ANY(?)")).replace(b"%s", b"%t::bigint[]")
