"""Deployments get one serial after the other, whoever else deploys; and the audit log shows whatever was done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rtj.base.errors import InputError, RefusedError
from rtj.store.audit import LINES_AT_ONCE
from rtj.store.port import Approval, AuditRow, DamagedError, Store
from tests.store.conftest import Place
from tests.store.samples import NOW, batch, deployment, leased

Execute = Callable[..., list[tuple[object, ...]]]


def test_a_new_store_knows_who_it_is(place: Place) -> None:
    first = place.open().identity()
    assert (first.environment, first.serial) == (place.environment, 0) and len(first.lineage) == 32
    assert place.open(reading=True).identity() == first


def test_deployments_are_recorded_one_after_the_other(place: Place) -> None:
    store, other = place.open(), place.open()
    store.record(deployment(1, state="published"), 0)
    other.record(deployment(2, who="bo@host", kind="rollback"), 1)
    with pytest.raises(
        RefusedError, match=r"the state moved 1 -> 2 by bo@host at 2025-11-24 16:00:00 UTC \(rollback #2\); plan again"
    ):
        store.record(deployment(2), 1)
    assert store.identity().serial == 2 and len(list(store.audit())) == 2
    assert store.deployment(1) == deployment(1, state="published") and store.deployment(3) is None
    assert [d.serial for d in store.deployments()] == [2, 1] and [d.serial for d in store.deployments(1)] == [2]
    store.advance(1, "ordered", NOW + 1)
    assert [d.serial for d in other.orders()] == [1, 2]
    store.advance(1, "halted", NOW + 2)
    assert [d.serial for d in other.orders()] == [2]
    with pytest.raises(InputError, match="no deployment #9"):
        store.advance(9, "applied", NOW)
    assert [line.action for line in store.audit()] == ["deploy", "rollback", "ordered", "halted"]


def test_a_serial_of_another_past_is_refused(store: Store) -> None:
    with pytest.raises(RefusedError, match="no deployment yet, and #7 was expected"):
        store.record(deployment(8), 7)


def test_programs_are_published_once_and_let_go(store: Store) -> None:
    store.publish([("aa", b"\0program"), ("bb", bytes(3_000_000))], NOW)
    store.publish([("aa", b"another"), ("cc", b"")], NOW + 1)
    store.publish([], NOW)
    assert (store.program("aa"), len(store.program("bb")), store.program("cc")) == (b"\0program", 3_000_000, b"")
    assert store.programs() == [("aa", NOW), ("bb", NOW), ("cc", NOW + 1)]
    store.forget_programs(["bb", "nothing"], "anna", NOW + 2)
    assert store.programs() == [("aa", NOW), ("cc", NOW + 1)]
    with pytest.raises(InputError, match="no program bb"):
        store.program("bb")
    assert [(line.who, line.action) for line in store.audit()] == [("anna", "gc")]


def test_approvals_are_of_one_plan_and_one_person(store: Store) -> None:
    first = Approval("plan", "bo", NOW, "looks\0good", "signed")
    store.approve(first)
    store.approve(replace(first, message="again", at_ms=NOW + 1))
    store.approve(replace(first, who="cy", at_ms=NOW - 1))
    store.approve(replace(first, plan="other"))
    assert store.approvals("plan") == [
        Approval("plan", "cy", NOW - 1, "looks\\0good", "signed"),
        replace(first, message="looks\\0good"),
    ]
    assert store.approvals("none") == [] and len(list(store.audit())) == 4


def test_texts_that_are_no_text_are_recorded_as_escapes(store: Store) -> None:
    odd = deployment(1, message="\udcff\0", who="\ud800")
    store.record(odd, 0)
    assert store.deployment(1) == replace(odd, message="\\udcff\\0", who="\\ud800") and len(list(store.audit())) == 1


def noted(store: Store, count: int) -> list[AuditRow]:
    for number in range(count):
        store.note("anna", "note", b"%d" % number, NOW + number)
    return list(store.audit())


def test_the_audit_log_is_a_chain(place: Place) -> None:
    store = place.open()
    lines = noted(store, 3)
    assert [line.number for line in lines] == [1, 2, 3] and [line.detail for line in lines] == [b"0", b"1", b"2"]
    assert [line.before for line in lines] == ["", lines[0].hash, lines[1].hash]
    assert list(place.open(reading=True).audit()) == lines


def test_the_audit_log_cannot_be_changed_by_a_statement(store: Store, execute: Execute) -> None:
    noted(store, 2)
    for statement in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit WHERE number = 2"):
        with pytest.raises(Exception, match="append-only"):
            execute(statement)
    assert len(list(store.audit())) == 2


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE audit SET who = 'nobody' WHERE number = 2", 2),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit", 1),
        ("UPDATE store SET lines = 2", 3),
        ("UPDATE store SET hash = ''", 4),
    ],
)
def test_whatever_is_done_to_the_audit_log_is_seen(place: Place, execute: Execute, statement: str, line: int) -> None:
    store = place.open()
    noted(store, 3)
    for trigger in ("audit_update", "audit_delete") if "/" in place.where[:1] else ("audit_stays",):
        execute(f"DROP TRIGGER {trigger}" + (" ON audit" if trigger == "audit_stays" else ""))
    execute(statement)
    with pytest.raises(DamagedError, match=f"broken at line {line}"):
        list(store.audit())
    assert [flaw.table for flaw in store.check()] == ["audit"]


def test_a_long_audit_log_is_read_in_portions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtj.store.audit.LINES_AT_ONCE", 2)
    assert LINES_AT_ONCE > 2 and len(noted(store, 5)) == 5


def test_a_store_that_was_put_back_is_another_one_and_nobody_writes_in_it(store: Store) -> None:
    before, epoch = store.identity(), leased(store)
    store.renew("anna", b"{}", NOW)
    assert store.identity().lineage != before.lineage and store.identity().serial == before.serial
    assert store.leaseholder() is None and store.lockholder() is None
    with pytest.raises(RefusedError, match="lease"):
        store.commit(batch(0), epoch)
    assert [line.action for line in store.audit()] == ["restore"]
