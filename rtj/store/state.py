"""What a run keeps: its log, its profiles, what must go out; one transaction for each micro-batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from rtj.base.errors import RefusedError
from rtj.ir.kept import ProfileHead
from rtj.store import holding
from rtj.store.audit import appended
from rtj.store.database import PAGE_ROWS_MAX, Database, DoubtError, Row, UnmetError, asked, in_pages, packed, unpacked
from rtj.store.far import Far, moved
from rtj.store.outbox import Outbox
from rtj.store.port import Commit, Holder, LetterRow, LogRow, OutboxRow, Outcome, StreamRow, WaitingRow
from rtj.store.seals import body_seal, damaged, head_seal, seal
from rtj.store.tables import LEFTOVERS, LETTERS, LOG, OWNERS, POSITIONS, PROFILES, STREAMS

HEADS_AT_ONCE = 20_000
LETTERS_KEPT = 100_000  # dead letters; older ones go, and are still counted
FORGET_AT_ONCE = 10_000  # rows that one transaction lets go, so that nobody waits long for it
DOUBTS_MAX = 3  # times in a row that the end of a commit is lost before it is said
TEXT_END = "\U0010ffff"  # behind all texts with a beginning


class StateRows:
    """Implements `port.StateStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(database)
        self._lease: int | None = None  # the epoch of who writes by this
        self._far_now: Far | None = None  # how far that one is
        self._doubt: Commit | None = None
        database.came_back = self._came_back

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

        self._lease = self._far_now = self._doubt = None
        self._lease = database.transaction(work)
        return self._lease

    def beat(self, epoch: int, now_ms: int) -> None:
        sql = "UPDATE holders SET beat_ms = ? WHERE what = 'lease' AND (SELECT epoch FROM run WHERE one = 1) = ?"
        if self._database.transaction(lambda: self._database.run(sql, now_ms, epoch)) == 0:
            raise self._fenced()

    def leave_lease(self, epoch: int) -> None:
        def work() -> None:
            if self._database.run("UPDATE run SET epoch = epoch + 1 WHERE one = 1 AND epoch = ?", epoch) == 1:
                holding.let_go(self._database, "lease")

        self._lease = None
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
        assert self._doubt is None or commit == self._doubt, "what is in doubt is tried again before anything else"
        before = self._far_now or self._far()
        for left in reversed(range(DOUBTS_MAX)):
            try:
                self._database.transaction(lambda: self._write(commit, epoch, before))
                break
            except DoubtError:
                self._doubt, self._far_now = commit, before
                if not left:
                    raise
            except UnmetError:
                self._look(epoch, before, before.after(commit))
                break
        self._doubt, self._far_now = None, before.after(commit)
        if commit.erased:
            self._database.sweep()

    def _look(self, epoch: int, before: Far, after: Far) -> None:
        """Somebody has written since our last commit: was it we, when nobody could say so?"""
        now, far = self._database.rows("SELECT epoch FROM run WHERE one = 1")[0][0], self._far()
        if now != epoch:
            raise self._fenced()
        if self._doubt is None or far != after:
            raise moved(self._database.where, before, far)

    def _came_back(self) -> None:
        """The connection is a new one, perhaps to another server. What is read of it must go with what is in memory."""
        if self._lease is not None:
            now = self._database.rows("SELECT epoch FROM run WHERE one = 1")[0][0]
            if now != self._lease:
                raise self._fenced()
            known, far = self._far_now, self._far()
            if known is not None and far != known and (self._doubt is None or far != known.after(self._doubt)):
                raise moved(self._database.where, known, far)

    def _write(self, commit: Commit, epoch: int, before: Far) -> None:
        """Beginning with the row of the run: whoever has the lease and has written last changes it, or nothing happens. Nothing
        is asked, so that all of it goes over at once."""
        database, letters, after = self._database, len(commit.letters), before.after(commit)
        database.must(
            "UPDATE run SET commits = ?, clock = ?, last_entry = ?, letters = ?, seal = ? WHERE one = 1 AND epoch = ?"
            " AND commits = ?",
            *after,
            seal(b"", *after),
            epoch,
            before.commits,
        )
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
            self._write_letters(commit.letters, before.letters)
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
            database.remove(PROFILES, [(number,) for number in commit.gone])
        if commit.owners:
            keys = [(space, packed(value), number) for (space, value), number in commit.owners.items()]
            owned = [(space, key, number, seal(key, space, number)) for space, key, number in keys if number is not None]
            nobody = [(space, key) for space, key, number in keys if number is None]
            if owned:
                database.put(OWNERS, owned)
            if nobody:
                database.remove(OWNERS, nobody)

    def _write_leftovers(self, commit: Commit) -> None:
        kept = [(name, seal(body, name), body) for name, body in commit.leftovers.items() if body is not None]
        gone = [(name,) for name, body in commit.leftovers.items() if body is None]
        if kept:
            self._database.put(LEFTOVERS, kept)
        if gone:
            self._database.remove(LEFTOVERS, gone)

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
        if before + len(letters) > LETTERS_KEPT:
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
        far = self._far()
        return far.clock if far.commits else None

    def commits(self) -> int:
        return self._far().commits

    def _far(self) -> Far:
        found = self._database.rows("SELECT commits, clock, last_entry, letters, seal FROM run WHERE one = 1")
        if not found or (found[0][0] and seal(b"", *found[0][:4]) != found[0][4]):
            raise damaged(self._database.where, "run", 1)
        return Far(*found[0][:4])

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
        return self._far().last_entry

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
        return self._far().letters

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
