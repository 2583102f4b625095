"""Reading a whole store to see that it is what was written, for `status --check` and after a disaster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from rtj.store import audit
from rtj.store.database import Database, Row, unpacked
from rtj.store.outbox import COLUMNS, FATE, Outbox
from rtj.store.port import DamagedError, Flaw
from rtj.store.releases import COLUMNS as DEPLOYED
from rtj.store.releases import ReleaseRows, checked_deployment
from rtj.store.seals import head_seal, seal
from rtj.store.state import StateRows, checked_entry, letter_seal

ROWS_AT_ONCE = 1_000
FLAWS_MAX = 1_000  # that are told
WRONG = "is not what was written"


def flaws(database: Database) -> list[Flaw]:
    """What is wrong, table by table; all damaged rows, not only the first. As of one instant, whoever writes meanwhile."""
    with database.still():
        found = list(islice(_flaws(database), FLAWS_MAX))
    if len(found) == FLAWS_MAX:
        found.append(Flaw("", "", f"there is more than these {FLAWS_MAX}; what comes after them was not looked at"))
    return found


def _flaws(database: Database) -> Iterator[Flaw]:
    yield from _guarded("", (Flaw("", "", told) for told in database.flaws()))
    where, outbox, releases = database.where, Outbox(database), ReleaseRows(database)
    entries, heads = "seq, stream, clock, taken_ms, before, body, seal", "number, due, recheck, members, ids, head_seal"
    yield from _rows(database, "log", entries, lambda row: checked_entry(row, where))
    yield from _rows(database, "outbox", f"{COLUMNS}, {FATE}", lambda row: (outbox.checked(row), outbox.checked_fate(row)))
    yield from _rows(database, "deployments", DEPLOYED, lambda row: checked_deployment(row, where))
    yield from _rows(database, "profiles", f"{heads}, body, body_seal", _profile)
    yield from _rows(
        database, "letters", "number, stream, line, reason, text, seal", lambda row: _holds(letter_seal(*row[:5]), row[5])
    )
    yield from _whole("run", lambda: [StateRows(database).clock()])
    yield from _whole("streams", StateRows(database).streams)
    yield from _whole("leftovers", StateRows(database).leftovers)
    yield from _guarded("owners", _owners(database))
    yield from _guarded("programs", _programs(releases))
    yield from _whole("audit", lambda: audit.lines(database))
    yield from _guarded("", _fitting(database))


def _guarded(table: str, found: Iterator[Flaw]) -> Iterator[Flaw]:
    """What is found, and that no more can be read."""
    try:
        yield from found
    except DamagedError as error:
        yield Flaw(table, "", str(error))


def _programs(releases: ReleaseRows) -> Iterator[Flaw]:
    for name, _ in releases.programs():
        yield from _whole("programs", partial(_program, releases, name), name)


def _program(releases: ReleaseRows, name: str) -> list[bytes]:
    return [releases.program(name)]


def _holds(right: int, mark: int) -> None:
    if right != mark:
        raise DamagedError(WRONG)


def _profile(row: Row) -> None:
    number, due, recheck, members, ids, head, body, mark = row
    if head_seal(ids, number, due, recheck, members) != head or seal(body, number) != mark:
        raise DamagedError(WRONG)


def _rows(database: Database, table: str, columns: str, look: Callable[[Row], object]) -> Iterator[Flaw]:
    """Look at all rows of a table; the first of the columns is its key, a number."""
    key = columns.partition(",")[0]
    first = 0
    sql = f"SELECT {columns} FROM {table} WHERE {key} >= ? ORDER BY {key} LIMIT ?"
    while True:
        try:
            found = database.rows(sql, first, ROWS_AT_ONCE)
        except DamagedError as error:
            yield Flaw(table, f"from {first} on", str(error))
            return
        for row in found:
            try:
                look(row)
            except DamagedError:
                yield Flaw(table, str(row[0]), WRONG)
        if not found:
            return
        first = found[-1][0] + 1


def _whole(table: str, read: Callable[[], Iterable[object]], row: str = "") -> Iterator[Flaw]:
    try:
        for _ in read():
            pass
    except DamagedError as error:
        yield Flaw(table, row, str(error))


def _owners(database: Database) -> Iterator[Flaw]:
    space, value = -1, b""
    sql = "SELECT space, value, number, seal FROM owners WHERE (space, value) > (?, ?) ORDER BY space, value LIMIT ?"
    while found := database.rows(sql, space, value, ROWS_AT_ONCE):
        for space, value, number, mark in found:
            if seal(value, space, number) != mark:
                yield Flaw("owners", f"{space} {unpacked(value)}", WRONG)


def _fitting(database: Database) -> Iterator[Flaw]:
    """What no row tells alone."""
    last = database.rows("SELECT last_entry FROM run WHERE one = 1")[0][0]
    low, high, count = database.rows("SELECT COALESCE(MIN(seq), 0), COALESCE(MAX(seq), 0), COUNT(*) FROM log")[0]
    if count and high != last:
        yield Flaw("log", str(high), f"the log ends at {high}, and the run took entries up to {last}")
    if count and count != high - low + 1:
        yield Flaw("log", "", f"{high - low + 1 - count} entries between {low} and {high} are missing")
    for (number,) in database.rows(
        "SELECT number FROM positions WHERE number NOT IN (SELECT number FROM streams) ORDER BY number"
    ):
        yield Flaw("positions", str(number), "is of a stream that was never opened")
    orphans = database.rows("SELECT COUNT(*) FROM owners WHERE number NOT IN (SELECT number FROM profiles)")[0][0]
    if orphans:
        yield Flaw("owners", "", f"{orphans} identifiers belong to profiles that are not there")
    serial, newest = database.rows("SELECT serial, (SELECT COALESCE(MAX(serial), 0) FROM deployments) FROM store WHERE one = 1")[
        0
    ]
    if serial != newest:
        yield Flaw("deployments", str(newest), f"the newest deployment is #{newest}, and the store says #{serial}")
