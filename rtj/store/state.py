"""What a run keeps: its log, its profiles, what must go out; one transaction for each micro-batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from rtj.base.errors import RefusedError
from rtj.ir.kept import ProfileHead
from rtj.store import holding
from rtj.store.audit import appended
from rtj.store.database import PAGE_ROWS_MAX, Database, DoubtError, Row, asked, in_pages, packed, unpacked
from rtj.store.outbox import Outbox
from rtj.store.port import Commit, Holder, LetterRow, LogRow, OutboxRow, Outcome, StreamRow, WaitingRow
from rtj.store.seals import body_seal, damaged, head_seal, seal
from rtj.store.tables import LEFTOVERS, LETTERS, LOG, OWNERS, POSITIONS, PROFILES, STREAMS

HEADS_AT_ONCE = 20_000
LETTERS_KEPT = 100_000  # dead letters; older ones go, and are still counted
FORGET_AT_ONCE = 10_000  # rows that one transaction lets go, so that nobody waits long for it
TEXT_END = "\U0010ffff"  # behind all texts with a beginning


class StateRows:
    """Implements `port.StateStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(database)
        self._commits = 0
        self._doubt: Commit | None = None

    # ---- the lease

    def take_lease(self, holder: Holder, timeout_ms: int) -> int:
        database = self._database

        def lost(other: Holder) -> bool:
            return other.beat_ms < holder.beat_ms - timeout_ms or holding.gone(other, holder.host)

        def work() -> int:
            other = holding.held(database, "lease", holder, lost)
            if other is not None:
                raise holding.refusal(database.where, "lease", other)
            return int(database.rows("UPDATE run SET epoch = epoch + 1 WHERE one = 1 RETURNING epoch")[0][0])

        return database.transaction(work)

    def beat(self, epoch: int, now_ms: int) -> None:
        sql = "UPDATE holders SET beat_ms = ? WHERE what = 'lease' AND (SELECT epoch FROM run WHERE one = 1) = ?"
        if self._database.transaction(lambda: self._database.run(sql, now_ms, epoch)) == 0:
            raise self._fenced()

    def leave_lease(self, epoch: int) -> None:
        def work() -> None:
            if self._database.run("UPDATE run SET epoch = epoch + 1 WHERE one = 1 AND epoch = ?", epoch) == 1:
                holding.let_go(self._database, "lease")

        self._database.transaction(work)

    def leaseholder(self) -> Holder | None:
        return holding.holder_of(self._database, "lease")

    def _fenced(self) -> RefusedError:
        other = self.leaseholder()
        if other is not None:
            return holding.refusal(self._database.where, "lease", other)
        return RefusedError(f"{self._database.where}: the lease of this run was taken away (rtj unlock); start it anew")

    # ---- a micro-batch

    def commit(self, commit: Commit, epoch: int) -> None:
        if self._doubt is not None:
            assert commit == self._doubt, "what is in doubt is tried again before anything else"
            written = self._database.rows("SELECT commits FROM run WHERE one = 1 AND epoch = ?", epoch)
            self._doubt = None
            if written and written[0][0] == self._commits:
                return
        try:
            self._database.transaction(lambda: self._write(commit, epoch))
        except DoubtError:
            self._doubt = commit
            raise
        if commit.erased:
            self._database.sweep()

    def _write(self, commit: Commit, epoch: int) -> None:
        """Beginning with the row of the run: whoever changes it last has the lease, or nothing happens."""
        database = self._database
        last, letters = commit.entries[-1].seq if commit.entries else 0, len(commit.letters)
        found = database.rows(
            "UPDATE run SET clock = ?, commits = commits + 1, letters = letters + ?,"
            " last_entry = CASE WHEN last_entry < ? THEN ? ELSE last_entry END"
            " WHERE one = 1 AND epoch = ? RETURNING commits, clock, last_entry, letters",
            commit.clock,
            letters,
            last,
            last,
            epoch,
        )
        if not found:
            raise self._fenced()
        self._commits, _, _, all_letters = found[0]
        database.run("UPDATE run SET seal = ? WHERE one = 1", seal(b"", *found[0]))
        if commit.entries:
            database.add(LOG, [log_row(e) for e in commit.entries])
        if commit.streams:
            database.put(STREAMS, [(n, packed(name), seal(packed(name), n)) for n, name in commit.streams])
        if commit.positions:
            database.put(POSITIONS, [(n, position, seal(position, n)) for n, position in commit.positions.items()])
        self._write_profiles(commit)
        self._write_leftovers(commit)
        self._outbox.write(commit.outbox, commit.outcomes)
        self._outbox.erase(commit.erased)
        if letters:
            self._write_letters(commit.letters, all_letters - letters)
        for serial in commit.orders:
            self._write_order(serial, commit)

    def _write_profiles(self, commit: Commit) -> None:
        database = self._database
        if commit.profiles:
            rows = [
                (
                    p.number,
                    p.due,
                    p.recheck,
                    head_seal(p.ids, p.number, p.due, p.recheck, p.members),
                    body_seal(p.body, p.number),
                    p.members,
                    p.ids,
                    p.body,
                )
                for p in commit.profiles
            ]
            database.put(PROFILES, rows)
        if commit.gone:
            for _ in asked(database, "DELETE FROM profiles WHERE number IN ({}) RETURNING number", commit.gone):
                pass
        if commit.owners:
            keys = [(space, packed(value), number) for (space, value), number in commit.owners.items()]
            owned = [(space, key, number, seal(key, space, number)) for space, key, number in keys if number is not None]
            nobody = [(space, key) for space, key, number in keys if number is None]
            if owned:
                database.put(OWNERS, owned)
            if nobody:
                database.many("DELETE FROM owners WHERE space = ? AND value = ?", nobody)

    def _write_leftovers(self, commit: Commit) -> None:
        kept = [(name, seal(body, name), body) for name, body in commit.leftovers.items() if body is not None]
        gone = [(name,) for name, body in commit.leftovers.items() if body is None]
        if kept:
            self._database.put(LEFTOVERS, kept)
        if gone:
            self._database.many("DELETE FROM leftovers WHERE name = ?", gone)

    def _write_letters(self, letters: list[LetterRow], before: int) -> None:
        rows = [
            (
                number,
                letter.stream,
                letter.line,
                letter_seal(number, letter.stream, letter.line, packed(letter.reason), packed(letter.text)),
                packed(letter.reason),
                packed(letter.text),
            )
            for number, letter in enumerate(letters, before + 1)
        ]
        self._database.add(LETTERS, rows)
        self._database.run("DELETE FROM letters WHERE number <= ?", before + len(letters) - LETTERS_KEPT)

    def _write_order(self, serial: int, commit: Commit) -> None:
        """An order is worked: the deployment is applied, and the audit log says so."""
        at_ms = commit.entries[-1].taken_ms if commit.entries else commit.clock
        sql = "UPDATE deployments SET state = 'applied' WHERE serial = ? AND state = 'ordered'"
        if self._database.run(sql, serial) == 1:
            holder = self.leaseholder()
            who = holder.who if holder is not None else ""
            appended(self._database, who, "applied", b'{"serial":%d}' % serial, at_ms)

    # ---- reading

    def clock(self) -> int | None:
        commits, clock, _, _ = self._far()
        return clock if commits else None

    def commits(self) -> int:
        return self._far()[0]

    def _far(self) -> tuple[int, int, int, int]:
        """How far the run is: commits, clock, last entry, dead letters."""
        found = self._database.rows("SELECT commits, clock, last_entry, letters, seal FROM run WHERE one = 1")
        if not found or (found[0][0] and seal(b"", *found[0][:4]) != found[0][4]):
            raise damaged(self._database.where, "run", 1)
        commits, clock, last, letters, _ = found[0]
        return commits, clock, last, letters

    def streams(self) -> list[StreamRow]:
        where = self._database.where
        positions = {n: (p, s) for n, p, s in self._database.rows("SELECT number, position, seal FROM positions")}
        found = []
        for number, name, mark in self._database.rows("SELECT number, name, seal FROM streams ORDER BY number"):
            if seal(name, number) != mark:
                raise damaged(where, "streams", number)
            position, right = positions.get(number, (b"", seal(b"", number)))
            if seal(position, number) != right:
                raise damaged(where, "positions", number)
            found.append(StreamRow(number, unpacked(name), position))
        return found

    def log(self, first: int = 0) -> Iterator[LogRow]:
        columns = "seq, stream, clock, taken_ms, before, body, seal"
        for low, high in in_pages(self._sizes("log", "seq", "LENGTH(body) + LENGTH(before)", first)):
            sql = f"SELECT {columns} FROM log WHERE seq BETWEEN ? AND ? ORDER BY seq"
            for row in self._database.rows(sql, low, high):
                yield checked_entry(row, self._database.where)

    def _sizes(self, table: str, key: str, size: str, first: int) -> Iterator[tuple[int, int]]:
        """The keys of rows in order and how long they are, without reading them. Nothing is kept open in between."""
        while found := self._database.rows(
            f"SELECT {key}, {size} FROM {table} WHERE {key} >= ? ORDER BY {key} LIMIT ?", first, HEADS_AT_ONCE
        ):
            yield from cast("list[tuple[int, int]]", found)
            first = found[-1][0] + 1

    def last_entry(self) -> int:
        return self._far()[2]

    def heads(self) -> Iterator[ProfileHead]:
        sql = (
            "SELECT number, due, recheck, members, ids, head_seal FROM profiles WHERE number >= ? ORDER BY number"
            f" LIMIT {HEADS_AT_ONCE}"
        )
        first = 0
        while rows := self._database.rows(sql, first):
            yield from map(self._head, rows)
            first = rows[-1][0] + 1

    def these(self, numbers: Sequence[int]) -> Iterator[tuple[ProfileHead, bytes]]:
        """See `port.StateStore`."""
        sql = "SELECT number, due, recheck, members, ids, head_seal, body, body_seal FROM profiles WHERE number IN ({})"
        for *head, body, mark in asked(self._database, sql, numbers):
            if body_seal(body, head[0]) != mark:
                raise damaged(self._database.where, "profiles", head[0])
            yield self._head(head), body

    def every_body(self) -> Iterator[tuple[int, bytes]]:
        """See `port.StateStore`."""
        sql = f"SELECT number, body, body_seal FROM profiles WHERE number >= ? ORDER BY number LIMIT {PAGE_ROWS_MAX}"
        first = 0
        while rows := self._database.rows(sql, first):
            for number, body, mark in rows:
                if body_seal(body, number) != mark:
                    raise damaged(self._database.where, "profiles", number)
                yield number, body
            first = rows[-1][0] + 1

    def head(self, number: int) -> ProfileHead | None:
        """See `port.StateStore`."""
        sql = "SELECT number, due, recheck, members, ids, head_seal FROM profiles WHERE number = ?"
        return next(map(self._head, self._database.rows(sql, number)), None)

    def _head(self, row: Sequence[Any]) -> ProfileHead:
        number, due, recheck, members, ids, mark = row
        if head_seal(ids, number, due, recheck, members) != mark:
            raise damaged(self._database.where, "profiles", number)
        return ProfileHead(number, due, recheck, members, ids)

    def bodies(self, numbers: Sequence[int]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for number, body, mark in asked(
            self._database, "SELECT number, body, body_seal FROM profiles WHERE number IN ({})", numbers
        ):
            if body_seal(body, number) != mark:
                raise damaged(self._database.where, "profiles", number)
            found[number] = body
        return found

    def profile_count(self) -> int:
        return int(self._database.rows("SELECT COUNT(*) FROM profiles")[0][0])

    def owner(self, space: int, value: str) -> int | None:
        key = packed(value)
        found = self._database.rows("SELECT number, seal FROM owners WHERE space = ? AND value = ?", space, key)
        if not found:
            return None
        number, mark = found[0]
        if seal(key, space, number) != mark:
            raise damaged(self._database.where, "owners", (space, value))
        return int(number)

    def leftovers(self, prefix: str = "") -> Iterator[tuple[str, bytes]]:
        names = self._database.rows(
            "SELECT name, LENGTH(body) FROM leftovers WHERE name >= ? AND name < ? ORDER BY name", prefix, prefix + TEXT_END
        )
        for low, high in in_pages(cast("list[tuple[str, int]]", names)):
            sql = "SELECT name, body, seal FROM leftovers WHERE name BETWEEN ? AND ? ORDER BY name"
            for name, body, mark in self._database.rows(sql, low, high):
                if seal(body, name) != mark:
                    raise damaged(self._database.where, "leftovers", name)
                yield name, body

    def waiting(self, after: int, most: int) -> list[WaitingRow]:
        return self._outbox.waiting(after, most)

    def outbox_bodies(self, numbers: Sequence[int]) -> dict[int, bytes]:
        return self._outbox.bodies(numbers)

    def sent_since(self, at: int) -> dict[str, int]:
        return self._outbox.sent_since(at)

    def waiting_count(self) -> int:
        return self._outbox.waiting_count()

    def sent_to(self, profile: str, most: int) -> list[tuple[OutboxRow, Outcome]]:
        return self._outbox.sent_to(profile, most)

    def letters(self, most: int) -> list[LetterRow]:
        found = []
        sql = "SELECT number, stream, line, reason, text, seal FROM letters ORDER BY number DESC LIMIT ?"
        for number, stream, line, reason, text, mark in self._database.rows(sql, most):
            if letter_seal(number, stream, line, reason, text) != mark:
                raise damaged(self._database.where, "letters", number)
            found.append(LetterRow(stream, line, unpacked(reason), unpacked(text)))
        return found

    def letter_count(self) -> int:
        return self._far()[3]

    # ---- letting go

    def forget_log(self, before: int, taken_before_ms: int) -> int:
        sql = "DELETE FROM log WHERE seq IN (SELECT seq FROM log WHERE seq < ? AND taken_ms < ? ORDER BY seq LIMIT ?)"
        return self._forget(sql, before, taken_before_ms)

    def forget_sent(self, at_before: int) -> int:
        sql = (
            "DELETE FROM outbox WHERE number IN"
            " (SELECT number FROM outbox WHERE at < ? AND state <> 'waiting' ORDER BY at LIMIT ?)"
        )
        return self._forget(sql, at_before)

    def _forget(self, sql: str, *values: int) -> int:
        total = 0
        while True:
            done = self._database.transaction(lambda: self._database.run(sql, *values, FORGET_AT_ONCE))
            total += done
            if done < FORGET_AT_ONCE:
                return total


def log_row(e: LogRow) -> Row:
    """An entry as its table has it."""
    mark = seal(e.body, e.seq, e.stream, e.clock, e.taken_ms, seal(e.before))
    return (e.seq, e.stream, e.clock, e.taken_ms, mark, e.before, e.body)


def letter_seal(number: int, stream: int, line: int, reason: bytes, text: bytes) -> int:
    """The checksum of a dead letter."""
    return seal(text, number, stream, line, seal(reason))


def checked_entry(row: Row, where: str) -> LogRow:
    """An entry as it was read, with its checksum last."""
    *values, mark = row
    entry = LogRow(*values)
    if log_row(entry)[4] != mark:
        raise damaged(where, "log", entry.seq)
    return entry
