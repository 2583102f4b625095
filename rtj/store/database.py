"""What is asked of either database, and the little of SQL that is written for the one or the other.

Statements are written once, with `?` for each value. Texts that people or machines outside send are kept as bytes of UTF-8, for a
PostgreSQL text cannot hold a NUL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from rtj.base.errors import OutputError
from rtj.store.patience import Patience

Value: TypeAlias = int | str | bytes
Row: TypeAlias = tuple[Any, ...]
Kind: TypeAlias = Literal["INTEGER", "TEXT", "BLOB"]
T = TypeVar("T")

PAGE_BYTES_MAX = 16_000_000  # of values that are read together, unless one alone is longer
PAGE_ROWS_MAX = 512


class DoubtError(OutputError):
    """The end of a transaction failed, so that nobody knows whether it was written."""


class UnmetError(OutputError):
    """What a transaction rests on is not so; nothing of it happened."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns in order, and those of them that tell one row from another."""

    name: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, Kind], ...]

    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(name for name, _ in self.columns)

    def kinds(self, names: Sequence[str] = ()) -> tuple[Kind, ...]:
        """The kinds of these columns; of all, where none is named."""
        of = dict(self.columns)
        return tuple(of[name] for name in names or of)

    def updates(self) -> str:
        """What an upsert sets: all but the key."""
        return ", ".join(f"{name}=excluded.{name}" for name in self.names() if name not in self.key)


class Database(Protocol):
    """A connection. Any thread may use it, one at a time. What the world does to it are RtjErrors; whatever fails outside of a
    `commit` has changed nothing."""

    where: str  # what messages call it
    guards: tuple[str, ...]  # statements that make the audit log append-only
    patience: Patience  # with a server that does not answer
    came_back: Callable[[], None]  # called when a lost connection was made anew, before anything else is asked; may raise

    def rows(self, sql: str, *values: Value) -> list[Row]: ...
    def among(self, sql: str, values: Sequence[int]) -> Iterator[Row]: ...  # of a statement that ends in `IN ({})`
    def run(self, sql: str, *values: Value) -> int: ...  # how many rows it changed

    # In a transaction nobody waits for what follows: what fails of it fails at the end, at the latest.

    def must(self, sql: str, *values: Value) -> None:
        """A statement that has to change a row: else nothing of the transaction happens, and UnmetError is raised."""
        ...

    def put(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        """Insert rows; one with the key of another takes its place, the last of several counts."""
        ...

    def add(self, table: Table, rows: Sequence[Sequence[Value]]) -> None:
        """Insert rows; what is there already, by any unique column, stays as it is."""
        ...

    def change(self, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Value]], only: str = "") -> None:
        """Update rows that are there; `names` of the values: the key, then what is set. `only`: a condition, `:name` in it is one
        of the values."""
        ...

    def remove(self, table: Table, keys: Sequence[Sequence[Value]]) -> None: ...  # delete rows

    def transaction(self, work: Callable[[], T]) -> T:
        """Do what `work` does, all of it or nothing; durable when it returns. `work` may be called again when a connection is
        lost. Raises DoubtError when only its end failed, UnmetError of `must`."""
        ...

    def still(self) -> AbstractContextManager[None]: ...  # all that is read in it is as of one instant; nothing is written;

    # within another one, or a transaction, that one counts

    def sweep(self) -> None:
        """What was overwritten or let go is not to be found in the files any more, as far as that is in our hands: now if nobody
        reads, else when the log begins anew."""
        ...

    def compact(self) -> None:
        """Write all that is there anew, so that nothing else is in the files; it takes as long as the database is large."""
        ...

    def copy(self, path: str) -> None: ...  # to a file, of a database that is used
    def flaws(self) -> Iterator[str]: ...  # what the database itself finds wrong
    def size(self) -> int: ...  # bytes
    def close(self) -> None: ...


def plain(text: str) -> str:
    """A text that both databases take: a NUL, and what is no character, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def packed(text: str) -> bytes:
    """Any text as bytes."""
    return text.encode("utf-8", "surrogatepass")


def unpacked(data: bytes) -> str:
    """What `packed` made."""
    return data.decode("utf-8", "surrogatepass")


def asked(database: Database, sql: str, values: Iterable[int]) -> Iterator[Row]:
    """The rows of a statement that ends in `IN ({})`, for each of many values, however often one is named."""
    return database.among(sql, list(dict.fromkeys(values)))


def in_pages(sizes: Iterable[tuple[T, int]]) -> Iterator[tuple[T, T]]:
    """The first and the last key of each page, of keys in order with the bytes that are behind them."""
    page: list[T] = []
    total = 0
    for key, size in sizes:
        if page and (len(page) == PAGE_ROWS_MAX or total + size > PAGE_BYTES_MAX):
            yield page[0], page[-1]
            page, total = [], 0
        page.append(key)
        total += size
    if page:
        yield page[0], page[-1]
