"""The audit log: each line has the hash of the one above, and the store that of the last, so that none can be changed, taken out
or cut off without being seen."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.store.database import Database, plain
from rtj.store.port import AuditRow, DamagedError
from rtj.store.seals import chained

LINES_AT_ONCE = 1_000
COLUMNS = "number, at_ms, who, action, detail, before, hash"


def appended(database: Database, who: str, action: str, detail: bytes, at_ms: int) -> None:
    """Within a transaction: write a line. Taking its number keeps all others from writing one until the transaction ends."""
    found = database.rows("UPDATE store SET lines = lines + 1 WHERE one = 1 RETURNING lines, hash")
    number, before = found[0]
    who, action = plain(who), plain(action)
    end = chained(before, number, at_ms, who, action, detail)
    sql = f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    database.run(sql, number, at_ms, who, action, detail, before, end)
    database.run("UPDATE store SET hash = ? WHERE one = 1", end)


def lines(database: Database) -> Iterator[AuditRow]:
    """All lines, in order. Raises DamagedError at the first that does not follow from the one above it."""
    total, end = database.rows("SELECT lines, hash FROM store WHERE one = 1")[0]
    number, before = 0, ""
    while rows := database.rows(f"SELECT {COLUMNS} FROM audit WHERE number > ? ORDER BY number LIMIT ?", number, LINES_AT_ONCE):
        for row in rows:
            line = AuditRow(*row)
            if number == total:  # what follows was written since we looked
                break
            number += 1
            right = chained(before, line.number, line.at_ms, line.who, line.action, line.detail)
            if line.number != number or line.before != before or line.hash != right:
                raise DamagedError(_broken(database.where, number))
            before = line.hash
            yield line
        if number == total:
            break
    if number != total or before != end:
        raise DamagedError(_broken(database.where, number + 1))


def _broken(where: str, number: int) -> str:
    return (
        f"{where}: the audit log is broken at line {number}: it was changed, taken out or cut off there;"
        " a backup from before tells what it was"
    )
