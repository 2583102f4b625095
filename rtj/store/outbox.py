"""What must go out, once each, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rtj.store.database import Database, Row, asked, packed, unpacked
from rtj.store.port import OutboxRow, OutboxState, Outcome, WaitingRow
from rtj.store.seals import damaged, seal
from rtj.store.tables import OUTBOX

COLUMNS = "number, key, kind, profile, channel, priority, at, body, seal"
ERASED_BODY = b"null"
FATE = "state, tries, next_ms, error, fate_seal"
FATES = ("number", "state", "tries", "next_ms", "error", "fate_seal")


class Outbox:
    """The table of what must go out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, rows: Iterable[OutboxRow], outcomes: Iterable[Outcome]) -> None:
        """Within a transaction: what is new, and what became of what was there."""
        new = [_row(row) for row in rows]
        if new:
            self._database.add(OUTBOX, new)
        fates = [(o.number, o.state, o.tries, o.next_ms, packed(o.error)) for o in outcomes]
        if fates:
            rows_ = [(*fate, _fate(*fate[1:], fate[0])) for fate in fates]
            # What is withdrawn while it is tried is not tried again.
            self._database.change(OUTBOX, FATES, rows_, "outbox.state <> 'withdrawn' OR :state <> 'waiting'")

    def erase(self, erased: Mapping[str, str]) -> None:
        """Within a transaction: what waits for these people is withdrawn, and nothing tells who they were (S10.1)."""
        for origin, nobody in erased.items():
            rows = self._database.rows(f"SELECT {COLUMNS}, {FATE} FROM outbox WHERE profile = ?", packed(origin))
            for row in rows:
                old, fate = self.checked(row), self.checked_fate(row)
                state: OutboxState = "withdrawn" if fate.state == "waiting" else fate.state
                profile, channel, key = packed(nobody), packed(old.channel), packed(old.key)
                mark = _seal(old.number, key, old.kind, profile, channel, old.priority, old.at, ERASED_BODY)
                self._database.run(
                    "UPDATE outbox SET profile = ?, body = ?, seal = ?, state = ?, next_ms = 0, error = ?, fate_seal = ?"
                    " WHERE number = ?",
                    profile,
                    ERASED_BODY,
                    mark,
                    state,
                    b"",
                    _fate(state, fate.tries, 0, b"", old.number),
                    old.number,
                )

    def waiting(self, after: int, most: int) -> list[WaitingRow]:
        """See `port.StateStore`."""
        which = "state = 'waiting' AND number > ? ORDER BY number LIMIT ?"
        rows = self._database.rows(f"SELECT {COLUMNS}, {FATE} FROM outbox WHERE {which}", after, most)
        fates = map(self.checked_fate, rows)
        return [WaitingRow(self.checked(row), fate.tries, fate.next_ms) for row, fate in zip(rows, fates, strict=True)]

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
        sql = f"SELECT {COLUMNS}, {FATE} FROM outbox WHERE profile = ? ORDER BY number DESC LIMIT ?"
        return [(self.checked(row), self.checked_fate(row)) for row in self._database.rows(sql, packed(profile), most)]

    def checked(self, row: Row) -> OutboxRow:
        """A row whose first columns are `COLUMNS`."""
        number, key, kind, profile, channel, priority, at, body, mark = row[:9]
        if _seal(number, key, kind, profile, channel, priority, at, body) != mark:
            raise damaged(self._database.where, "outbox", number)
        return OutboxRow(number, unpacked(key), kind, unpacked(profile), unpacked(channel), priority, at, body)

    def checked_fate(self, row: Row) -> Outcome:
        """What became of a row whose columns are `COLUMNS` and `FATE`."""
        number = row[0]
        state, tries, next_ms, error, mark = row[9:14]
        if _fate(state, tries, next_ms, error, number) != mark:
            raise damaged(self._database.where, "outbox", number)
        return Outcome(number, state, tries, next_ms, unpacked(error))


def _row(o: OutboxRow) -> Row:
    key, profile, channel = packed(o.key), packed(o.profile), packed(o.channel)
    mark = _seal(o.number, key, o.kind, profile, channel, o.priority, o.at, o.body)
    fate = _fate("waiting", 0, 0, b"", o.number)
    return (o.number, o.priority, o.at, "waiting", 0, 0, fate, mark, o.kind, key, profile, channel, b"", o.body)


def _fate(state: str, tries: int, next_ms: int, error: bytes, number: int) -> int:
    return seal(error, number, state, tries, next_ms)


def _seal(*values: int | str | bytes) -> int:
    *rest, body = values
    assert isinstance(body, bytes)
    return seal(body, repr(rest))
