"""What was deployed is read out of the rows: where a rollback goes to, what is paused, which programs nobody needs any more,
whether settings drifted, and whether a holder lives."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from rtj.base.errors import RefusedError, UsageError
from rtj.deploy.annals import paused, ramps, records, target
from rtj.deploy.applying import Means, carry_out
from rtj.deploy.holders import SILENT_MS, holder, lives
from rtj.deploy.looking import collect, other_settings, settings_of, status, unneeded
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, encode_entries, encode_entry
from rtj.ir.environments import Environment
from rtj.live.sweeping import Head
from rtj.plan.order import order_of
from rtj.plan.planned import Plan
from rtj.plan.stages import Pause, Ramp, Resume, Stage
from rtj.store.port import Commit, Holder, LogRow, Store
from tests.deploy.shop import Hands, carried_out, opened, plan_of, program

DAY = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = opened(tmp_path / "state.db")
    yield found
    found.close()


def deployed(store: Store, *days: int, at_ms: int = 0) -> None:
    """Versions in a row, at an instant."""
    before = None
    for number in days:
        plan = plan_of(store, program(number), old=before and program(before))
        carry_out(plan, Means(store, Hands(), now=lambda: at_ms) if at_ms else Means(store, Hands()))
        before = number


def with_stages(plan: Plan, *stages: Stage) -> Plan:
    order = order_of(stages, Crossing({}), plan.serial)
    return msgspec.structs.replace(plan, stages=stages, order=encode_entries(order) if order else b"")


def test_a_rollback_goes_to_the_last_other_project(store: Store) -> None:
    deployed(store, 1, 2, 3)

    assert target(records(store), None).row.serial == 2
    assert target(records(store), 1).row.serial == 1
    with pytest.raises(UsageError, match="no deployment 7"):
        target(records(store), 7)


def test_a_rollback_leaves_out_what_ran_for_some_only(store: Store) -> None:
    deployed(store, 1)
    plan = plan_of(store, program(2), old=program(1))
    carried_out(msgspec.structs.replace(plan, stages=(*plan.stages, Ramp("welcome", 5))), store)
    assert ramps(records(store)) == {"welcome": 5}
    carried_out(plan_of(store, program(3), old=program(2)), store)

    assert ramps(records(store)) == {}
    assert target(records(store), None).row.serial == 1


def test_nothing_deployed_is_nothing_to_go_back_to(store: Store) -> None:
    with pytest.raises(RefusedError, match="nothing was deployed"):
        target(records(store), None)


def test_pauses_hold_until_they_are_resumed(store: Store) -> None:
    deployed(store, 1)
    base = plan_of(store, program(1), old=program(1))
    carried_out(with_stages(msgspec.structs.replace(base, kind="pause"), Pause("welcome", 0)), store)
    assert list(paused(records(store))) == ["welcome"]
    assert [row.phase for row in status(store, "prod", (), 1).versions] == ["paused"]

    again = plan_of(store, program(1), old=program(1))
    carried_out(with_stages(msgspec.structs.replace(again, kind="resume"), Resume("welcome", "go", 0, 0)), store)
    assert paused(records(store)) == {}


def test_programs_stay_that_the_log_or_a_sweep_is_read_with(store: Store) -> None:
    begin = time.time_ns() // 1_000_000  # a log tells when by the clock of the machine
    for number in (1, 2, 3, 4):
        plan = plan_of(store, program(number), old=program(number - 1) if number > 1 else None)
        carry_out(plan, Means(store, Hands(), now=partial(int, begin + number * DAY)))
    names = [row.project for row in reversed(store.deployments())]
    later, last = begin + 400 * DAY, store.last_entry()
    assert unneeded(store, later, keep_last=1) == []

    epoch = store.take_lease(Holder("run", "me@here", "here", os.getpid(), "run", 1, 1), 0)
    entry = LogRow(last + 1, -1, 0, begin + DAY * 7 // 2, b"", encode_entry(Closed(0)))
    store.commit(Commit(clock=0, entries=[entry]), epoch)
    store.forget_log(last + 1, later)
    found = [name for name, _ in unneeded(store, later, keep_last=1)]
    assert sorted(found) == sorted(names[:2]), "the third may have been taken behind the entry"

    store.ask("sweep/head", msgspec.msgpack.encode(Head([], 0, names[1])), ("me", "sweep", b"{}", 1))
    assert [name for name, _ in unneeded(store, later, keep_last=1)] == names[:1]


def test_programs_go_that_are_old_and_that_nobody_needs(store: Store) -> None:
    deployed(store, 1, 2, 3, at_ms=1_000)
    names = [row.project for row in store.deployments()]

    assert unneeded(store, 1_000 + DAY, keep_last=1) == []
    found = [name for name, _ in unneeded(store, 1_000 + 91 * DAY, keep_last=1)]
    assert sorted(found) == sorted(names[1:])
    assert unneeded(store, 1_000 + 91 * DAY) == []

    collect(store, found, "anna@host", 2_000)
    assert [name for name, _ in store.programs()] == [names[0]]
    assert any(row.action == "gc" for row in store.audit())


def test_settings_that_were_edited_are_told_line_by_line(store: Store, tmp_path: Path) -> None:
    before = settings_of(Environment("prod", str(tmp_path / "state.db")), tmp_path)
    after = settings_of(Environment("prod", str(tmp_path / "other.db")), tmp_path)
    assert str(tmp_path) not in before
    carried_out(msgspec.structs.replace(plan_of(store, program(1)), settings=before), store)

    assert other_settings(store, before, "rtj.yaml") is None
    found = other_settings(store, after, "rtj.yaml")
    assert found is not None and found.where == "rtj.yaml"
    assert {'+  "store": "other.db"', '-  "store": "state.db"'} <= set(found.lines)


def test_a_holder_lives_while_it_says_so_and_its_process_is_there() -> None:
    mine = holder("deploy", 1_000)
    gone = msgspec.convert(mine, type(mine))
    elsewhere = type(mine)("1", "bob@far", "far", 1, "run", 1_000, 1_000)
    dead = type(mine)("1", mine.who, mine.host, 2**22 + os.getpid(), "run", 1_000, 1_000)

    assert lives(mine, 2_000) and lives(elsewhere, 2_000)
    assert not lives(gone, 1_001 + SILENT_MS) and not lives(dead, 2_000) and not lives(None, 0)
