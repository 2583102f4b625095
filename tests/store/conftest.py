"""Stores to test: each test that asks for `place` runs over SQLite and over PostgreSQL."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtj.store.opening import open_store
from rtj.store.port import Store
from tests.servers.postgres import Postgres

REST_S = 60.0  # generous: machines may be busy
_numbers = itertools.count()


class Place:
    """Where a store is, and how to open it."""

    def __init__(self, where: str, environment: str) -> None:
        self.where, self.environment = where, environment
        self._open: list[Store] = []

    def open(self, *, reading: bool = False) -> Store:
        store = open_store(self.where, self.environment, reading=reading)
        self._open.append(store)
        return store

    def come_to_rest(self) -> None:
        """Wait until no server is at work for somebody who is gone."""
        if not self.where.startswith("postgres"):
            return
        import psycopg

        at_work = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rtj' AND state <> 'idle'"
        until = time.monotonic() + REST_S
        with psycopg.connect(self.where, autocommit=True) as connection:
            while (row := connection.execute(at_work).fetchone()) and row[0]:
                assert time.monotonic() < until
                time.sleep(0.01)

    def close(self) -> None:
        for store in self._open:
            store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        found = Place(str(tmp_path / "store.db"), "prod")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        found = Place(server.url, f"prod {next(_numbers)} ü")
    yield found
    found.close()


@pytest.fixture
def store(place: Place) -> Store:
    return place.open()


@pytest.fixture
def execute(place: Place) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
    """Ask the database behind the store, past it. `?` for values."""
    if place.where.startswith("postgres"):
        import psycopg

        with psycopg.connect(place.where, autocommit=True) as connection:
            connection.execute(f'SET search_path TO "rtj_{place.environment}"')

            def ask(sql: str, *values: object) -> list[tuple[object, ...]]:
                cursor = connection.execute(sql.replace("?", "%s").encode(), values)
                return cursor.fetchall() if cursor.description else []

            yield ask
    else:
        import sqlite3

        file = sqlite3.connect(place.where, isolation_level=None)
        yield lambda sql, *values: file.execute(sql, values).fetchall()
        file.close()
