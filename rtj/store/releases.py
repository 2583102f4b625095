"""What whoever deploys keeps: programs, deployments, approvals. What changes something appends to the audit log in the same
transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator

from rtj.base.errors import InputError, RefusedError
from rtj.store import audit, holding
from rtj.store.database import Database, DoubtError, Row, plain
from rtj.store.port import (
    Approval,
    AuditRow,
    Deployment,
    DeploymentState,
    Holder,
    Identity,
)
from rtj.store.seals import damaged, seal
from rtj.store.tables import APPROVALS, DEPLOYMENTS, PROGRAMS

COLUMNS = ", ".join(name for name in DEPLOYMENTS.names() if name != "seal") + ", seal"
NEWEST_MAX = 1_000_000  # deployments that are listed when nobody says how many


class ReleaseRows:
    """Implements `port.DeployStore`."""

    def __init__(self, database: Database, rest: Callable[[int], None] = holding.rest) -> None:
        self._database = database
        self._rest = rest

    def identity(self) -> Identity:
        found = self._database.rows("SELECT environment, lineage, serial, format FROM store WHERE one = 1")
        return Identity(*found[0])

    # ---- the lock

    def take_lock(self, holder: Holder, wait_ms: int) -> None:
        def lost(other: Holder) -> bool:
            return holding.gone(other, holder.host)

        def work() -> Holder | None:
            return holding.held(self._database, "lock", holder, lost)

        other = self._database.transaction(work)
        for pause in holding.waits(wait_ms):
            if other is None:
                return
            self._rest(pause)
            other = self._database.transaction(work)
        if other is not None:
            raise holding.refusal(self._database.where, "lock", other)

    def unlock(self, lock: str) -> None:
        def work() -> None:
            held = {what: holding.holder_of(self._database, what) for what in ("lock", "lease")}
            if held["lock"] is not None and held["lock"].id == lock:
                holding.let_go(self._database, "lock")
            elif held["lease"] is not None and held["lease"].id == lock:
                holding.let_go(self._database, "lease")
                self._database.run("UPDATE run SET epoch = epoch + 1 WHERE one = 1")
            else:
                raise self._no_such(lock, held["lock"] or held["lease"])

        self._database.transaction(work)

    def _no_such(self, lock: str, other: Holder | None) -> RefusedError:
        if other is None:
            return RefusedError(f"{self._database.where}: nobody holds a lock, so there is none of the id {plain(lock)}")
        return RefusedError(
            f"{self._database.where}: no lock has the id {plain(lock)}; the one of {other.who} for `{other.operation}` since"
            f" {holding.moment(other.created_ms)} has the id {other.id}"
        )

    def lockholder(self) -> Holder | None:
        return holding.holder_of(self._database, "lock")

    # ---- programs

    def publish(self, programs: Iterable[tuple[str, bytes]], at_ms: int) -> None:
        rows = [(name, at_ms, seal(body, name, at_ms), body) for name, body in programs]
        if rows:
            try:
                self._database.transaction(lambda: self._database.add(PROGRAMS, rows))
            except DoubtError:  # what is there stays as it is
                self._database.transaction(lambda: self._database.add(PROGRAMS, rows))

    def program(self, fingerprint: str) -> bytes:
        found = self._database.rows("SELECT fingerprint, at_ms, body, seal FROM programs WHERE fingerprint = ?", fingerprint)
        if not found:
            raise InputError(f"{self._database.where}: there is no program {plain(fingerprint)}; was it let go by `rtj gc`?")
        name, at_ms, body, mark = found[0]
        if seal(body, name, at_ms) != mark:
            raise damaged(self._database.where, "programs", name)
        return bytes(body)

    def programs(self) -> list[tuple[str, int]]:
        return [
            (name, at) for name, at in self._database.rows("SELECT fingerprint, at_ms FROM programs ORDER BY at_ms, fingerprint")
        ]

    def forget_programs(self, fingerprints: Iterable[str], who: str, at_ms: int) -> None:
        gone = sorted(set(fingerprints))

        def work() -> None:
            self._database.remove(PROGRAMS, [(name,) for name in gone])
            audit.appended(self._database, who, "gc", json.dumps({"programs": gone}).encode(), at_ms)

        if gone:
            self._database.transaction(work)

    # ---- deployments

    def record(self, deployment: Deployment, serial: int) -> None:
        assert deployment.serial == serial + 1, "serials have no gaps"

        def work() -> None:
            if self._database.run("UPDATE store SET serial = serial + 1 WHERE one = 1 AND serial = ?", serial) == 0:
                raise self._moved(serial)
            row = _row(deployment)
            self._database.add(DEPLOYMENTS, [row])
            detail = {name: getattr(deployment, name) for name in ("serial", "state", "project", "running", "plan", "message")}
            told = {name: plain(value) if isinstance(value, str) else value for name, value in detail.items()}
            line = json.dumps(told, ensure_ascii=False).encode()
            audit.appended(self._database, deployment.who, deployment.kind, line, deployment.at_ms)

        self._database.transaction(work)

    def _moved(self, serial: int) -> RefusedError:
        newest = self.deployments(1)
        if not newest:
            return RefusedError(
                f"{self._database.where}: this store has no deployment yet, and #{serial} was expected; plan again"
            )
        last = newest[0]
        return RefusedError(
            f"{self._database.where}: the state moved {serial} -> {last.serial} by {last.who} at {holding.moment(last.at_ms)}"
            f" ({last.kind} #{last.serial}); plan again"
        )

    def advance(self, serial: int, state: DeploymentState, at_ms: int) -> None:
        def work() -> None:
            if self._database.run("UPDATE deployments SET state = ? WHERE serial = ?", state, serial) == 0:
                raise InputError(f"{self._database.where}: there is no deployment #{serial}")
            who = self._database.rows("SELECT who FROM deployments WHERE serial = ?", serial)[0][0]
            audit.appended(self._database, who, state, b'{"serial":%d}' % serial, at_ms)

        self._database.transaction(work)

    def deployment(self, serial: int) -> Deployment | None:
        found = self._read("WHERE serial = ?", serial)
        return found[0] if found else None

    def deployments(self, most: int | None = None) -> list[Deployment]:
        return self._read("ORDER BY serial DESC LIMIT ?", NEWEST_MAX if most is None else most)

    def orders(self) -> list[Deployment]:
        return self._read("WHERE state = 'ordered' ORDER BY serial")

    def _read(self, which: str, *values: int) -> list[Deployment]:
        rows = self._database.rows(f"SELECT {COLUMNS} FROM deployments {which}", *values)
        return [checked_deployment(row, self._database.where) for row in rows]

    # ---- approvals and audit

    def approve(self, approval: Approval) -> None:
        plan, who, message = plain(approval.plan), plain(approval.who), plain(approval.message)

        def work() -> None:
            self._database.add(APPROVALS, [(plan, who, approval.at_ms, message, approval.signature)])
            detail = json.dumps({"plan": plan, "message": message}, ensure_ascii=False).encode()
            audit.appended(self._database, who, "approve", detail, approval.at_ms)

        self._database.transaction(work)

    def approvals(self, plan: str) -> list[Approval]:
        sql = "SELECT plan, who, at_ms, message, signature FROM approvals WHERE plan = ? ORDER BY at_ms, who"
        return [Approval(*row) for row in self._database.rows(sql, plain(plan))]

    def note(self, who: str, action: str, detail: bytes, at_ms: int) -> None:
        self._database.transaction(lambda: audit.appended(self._database, who, action, detail, at_ms))

    def audit(self) -> Iterator[AuditRow]:
        return audit.lines(self._database)

    def renew(self, who: str, detail: bytes, at_ms: int) -> None:
        def work() -> None:
            self._database.run("UPDATE store SET lineage = ? WHERE one = 1", secrets.token_hex(16))
            self._database.run("DELETE FROM holders")
            self._database.run("UPDATE run SET epoch = epoch + 1 WHERE one = 1")
            audit.appended(self._database, who, "restore", detail, at_ms)

        self._database.transaction(work)


def _row(d: Deployment) -> Row:
    """The values in the order of the table. The state changes, and is under no seal."""
    texts = [plain(text) for text in (d.kind, d.project, d.running, d.plan, d.who, d.message)]
    kind, project, running, plan, who, message = texts
    mark = seal(d.body, seal(d.order), d.serial, kind, project, running, plan, who, d.at_ms, message)
    return (d.serial, kind, d.state, project, running, plan, who, d.at_ms, message, mark, d.body, d.order)


def checked_deployment(row: Row, where: str) -> Deployment:
    """A deployment as it was read by `COLUMNS`."""
    *values, mark = row
    found = Deployment(*values)
    if _row(found)[9] != mark:
        raise damaged(where, "deployments", found.serial)
    return found
