"""What must go out, once each, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtj.store.database import Database, Row, asked, packed, unpacked
from rtj.store.port import OutboxRow, Outcome, WaitingRow
from rtj.store.seals import damaged, seal
from rtj.store.tables import OUTBOX

COLUMNS = "number, key, kind, profile, channel, priority, at, body, seal"


class Outbox:
    """The table of what must go out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, rows: Iterable[OutboxRow], outcomes: Iterable[Outcome]) -> None:
        """Within a transaction: what is new, and what became of what was there."""
        new = [_row(row) for row in rows]
        if new:
            self._database.add(OUTBOX, new)
        changed = [(o.state, o.tries, o.next_ms, packed(o.error), o.number) for o in outcomes]
        if changed:
            self._database.many("UPDATE outbox SET state = ?, tries = ?, next_ms = ?, error = ? WHERE number = ?", changed)

    def waiting(self, after: int, most: int) -> list[WaitingRow]:
        """See `port.StateStore`."""
        which = "state = 'waiting' AND number > ? ORDER BY number LIMIT ?"
        rows = self._database.rows(f"SELECT {COLUMNS}, tries, next_ms FROM outbox WHERE {which}", after, most)
        return [WaitingRow(self.checked(row), row[9], row[10]) for row in rows]

    def bodies(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """See `port.StateStore.outbox_bodies`."""
        rows = asked(self._database, f"SELECT {COLUMNS} FROM outbox WHERE number IN ({{}})", numbers)
        return {row[0]: self.checked(row).body for row in rows}

    def sent_since(self, at: int) -> dict[str, int]:
        """See `port.StateStore`."""
        which = "state <> 'waiting' AND state = 'done' AND kind = 'message' AND at > ?"
        rows = self._database.rows(f"SELECT channel, COUNT(*) FROM outbox WHERE {which} GROUP BY channel ORDER BY channel", at)
        return {unpacked(channel): count for channel, count in rows}

    def waiting_count(self) -> int:
        """How many wait, those that are tried again later included."""
        return int(self._database.rows("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'")[0][0])

    def sent_to(self, profile: str, most: int) -> list[tuple[OutboxRow, Outcome]]:
        """See `port.StateStore`."""
        sql = f"SELECT {COLUMNS}, state, tries, next_ms, error FROM outbox WHERE profile = ? ORDER BY number DESC LIMIT ?"
        found = []
        for row in self._database.rows(sql, packed(profile), most):
            state, tries, next_ms, error = row[9:]
            found.append((self.checked(row), Outcome(row[0], state, tries, next_ms, unpacked(error))))
        return found

    def checked(self, row: Row) -> OutboxRow:
        """A row whose first columns are `COLUMNS`."""
        number, key, kind, profile, channel, priority, at, body, mark = row[:9]
        if _seal(number, key, kind, profile, channel, priority, at, body) != mark:
            raise damaged(self._database.where, "outbox", number)
        return OutboxRow(number, unpacked(key), kind, unpacked(profile), unpacked(channel), priority, at, body)


def _row(o: OutboxRow) -> Row:
    key, profile, channel = packed(o.key), packed(o.profile), packed(o.channel)
    mark = _seal(o.number, key, o.kind, profile, channel, o.priority, o.at, o.body)
    return (o.number, o.priority, o.at, "waiting", 0, 0, mark, o.kind, key, profile, channel, b"", o.body)


def _seal(*values: int | str | bytes) -> int:
    *rest, body = values
    assert isinstance(body, bytes)
    return seal(body, repr(rest))
