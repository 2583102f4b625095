"""Taking people who were erased out of what a run keeps (S10.1): a few rows at a time, each portion one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from rtj.base.errors import RefusedError
from rtj.store import audit, holding
from rtj.store.database import Database, asked, unpacked
from rtj.store.port import LetterRow, LogRow, Swept
from rtj.store.seals import damaged, seal
from rtj.store.state import checked_entry, letter_seal, log_row
from rtj.store.tables import LEFTOVERS, LOG


class SweepRows:
    """The part of `port.StateStore` that is about sweeping."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, numbers: Sequence[int]) -> list[LogRow]:
        """See `port.StateStore`."""
        sql = "SELECT seq, stream, clock, taken_ms, before, body, seal FROM log WHERE seq IN ({})"
        return sorted((checked_entry(row, self._database.where) for row in asked(self._database, sql, numbers)), key=_seq)

    def leftover(self, name: str) -> bytes | None:
        """See `port.StateStore`."""
        found = self._database.rows("SELECT body, seal FROM leftovers WHERE name = ?", name)
        if not found:
            return None
        body, mark = found[0]
        if seal(body, name) != mark:
            raise damaged(self._database.where, "leftovers", name)
        return bytes(body)

    def letters_after(self, number: int, most: int) -> list[tuple[int, LetterRow]]:
        """See `port.StateStore`."""
        sql = "SELECT number, stream, line, reason, text, seal FROM letters WHERE number > ? ORDER BY number LIMIT ?"
        found = []
        for one, stream, line, reason, text, mark in self._database.rows(sql, number, most):
            if letter_seal(one, stream, line, reason, text) != mark:
                raise damaged(self._database.where, "letters", one)
            found.append((one, LetterRow(stream, line, unpacked(reason), unpacked(text))))
        return found

    def sweep(self, swept: Swept, epoch: int) -> None:
        """See `port.StateStore`."""
        self._database.transaction(lambda: self._sweep_some(swept, epoch))
        if swept.over:
            self._database.sweep()

    def compact(self) -> None:
        """See `port.StateStore`."""
        self._database.compact()

    def _sweep_some(self, swept: Swept, epoch: int) -> None:
        database = self._database
        if not database.rows("UPDATE run SET epoch = epoch WHERE one = 1 AND epoch = ? RETURNING epoch", epoch):
            other = holding.holder_of(database, "lease")
            if other is not None:
                raise holding.refusal(database.where, "lease", other)
            raise RefusedError(f"{database.where}: somebody else has taken the lease")
        if swept.entries:
            database.put(LOG, [log_row(entry) for entry in swept.entries])
        for number in swept.letters:
            database.run("DELETE FROM letters WHERE number = ?", number)
        self._write_some(swept.leftovers)
        if swept.note is not None:
            who, action, detail, at_ms = swept.note
            audit.appended(database, who, action, detail, at_ms)

    def _write_some(self, leftovers: dict[str, bytes | None]) -> None:
        kept = [(name, seal(body, name), body) for name, body in leftovers.items() if body is not None]
        if kept:
            self._database.put(LEFTOVERS, kept)
        for name, body in leftovers.items():
            if body is None:
                self._database.run("DELETE FROM leftovers WHERE name = ?", name)

    def ask(self, name: str, body: bytes, note: tuple[str, str, bytes, int]) -> None:
        """See `port.StateStore`."""

        def work() -> None:
            self._write_some({name: body})
            audit.appended(self._database, *note)

        self._database.transaction(work)


def _seq(row: LogRow) -> int:
    return row.seq
