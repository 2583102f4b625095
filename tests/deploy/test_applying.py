"""A plan is carried out on a real store: once and only once, whole after a kill at any step, by one deployer at a time, never on
a state that moved, and never without what the environment asks for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rtj.base.errors import InputError, RefusedError
from rtj.deploy.applying import Means, carry_out, go_on
from rtj.deploy.faults import STEPS, VARIABLE
from rtj.deploy.holders import holder
from rtj.deploy.refusals import KEY, signature
from rtj.ir.crossing import Crossing
from rtj.ir.entries import decode_entry
from rtj.plan.order import order_of
from rtj.plan.planned import Bounds, Check, Plan, bundle, read_record, written_plan
from rtj.plan.stages import HandOver, Switch
from rtj.store.port import Approval, Commit, Store
from tests.deploy.shop import Hands, carried_out, opened, plan_of, program

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = opened(tmp_path / "state.db")
    yield found
    found.close()


def states(store: Store) -> list[tuple[int, str]]:
    return [(row.serial, row.state) for row in reversed(store.deployments())]


def entries(store: Store) -> list[str]:
    return [type(decode_entry(row.body)).__name__ for row in store.log()]


def second(store: Store) -> Plan:
    """A first version is in force, and a plan for the next one is made."""
    carried_out(plan_of(store, program(1)), store)
    return plan_of(store, program(2), old=program(1))


def test_a_plan_is_published_recorded_and_taken_in_one_commit(store: Store) -> None:
    plan = plan_of(store, program())

    done = carried_out(plan, store)

    assert (done.serial, done.how) == (1, "applied")
    assert states(store) == [(1, "applied")]
    assert entries(store) == ["Deployed"]
    assert [name for name, _ in store.programs()] == [plan.project]
    assert store.lockholder() is None and store.leaseholder() is None
    row = store.deployment(1)
    assert row is not None
    record = read_record(row.body)
    assert record is not None and record.stages == plan.stages and row.plan == plan.hash


def test_done_twice_it_does_nothing_the_second_time(store: Store) -> None:
    plan = second(store)
    carried_out(plan, store)

    again = carried_out(plan, store)

    assert again.how == "before"
    assert states(store) == [(1, "applied"), (2, "applied")]
    assert entries(store) == ["Deployed", "Deployed"]


def test_a_plan_of_yesterday_is_refused_with_who_moved_the_state(store: Store) -> None:
    stale = second(store)
    carried_out(plan_of(store, program(3), old=program(1), author="bob@host"), store)

    with pytest.raises(RefusedError, match=r"state moved 1 -> 2 by bob@host .* UTC \(deploy #2\); re-plan"):
        carried_out(stale, store)
    assert states(store) == [(1, "applied"), (2, "applied")]


def test_a_plan_for_another_store_is_refused(store: Store, tmp_path: Path) -> None:
    other = opened(tmp_path / "other.db")
    plan = plan_of(other, program())
    other.close()

    with pytest.raises(RefusedError, match="another store of `prod`"):
        carried_out(plan, store)


def test_two_deployers_at_once_are_one_after_the_other_or_refused(store: Store, tmp_path: Path) -> None:
    plans = [second(store), plan_of(store, program(3), old=program(1), author="bob@host")]
    ends: list[str] = []

    def run(plan: Plan) -> None:
        mine = opened(tmp_path / "state.db")
        try:
            ends.append(carried_out(plan, mine, lock_ms=5_000).how)
        except RefusedError as error:
            ends.append("moved" if "moved" in str(error) else str(error))
        finally:
            mine.close()

    threads = [threading.Thread(target=run, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["applied", "moved"]
    assert states(store) == [(1, "applied"), (2, "applied")]
    assert len(list(store.audit())) > 0


def test_a_lock_that_is_held_is_refused_with_its_holder(store: Store) -> None:
    plan = plan_of(store, program())
    held = holder("deploy prod", 1_700_000_000_000)
    store.take_lock(msgspec.convert(held, type(held)), 0)

    with pytest.raises(RefusedError, match=held.who):
        carried_out(plan, store)
    assert states(store) == []

    store.unlock(held.id)
    assert carried_out(plan, store).how == "applied"


# ---- killed


@pytest.mark.parametrize("step", STEPS)
def test_killed_behind_any_step_the_same_command_goes_on(store: Store, tmp_path: Path, step: str) -> None:
    plan = second(store)
    file = tmp_path / "plan.rtjplan"
    file.write_bytes(written_plan(plan))

    def run(**more: str) -> subprocess.CompletedProcess[str]:
        words = (sys.executable, "-m", "tests.deploy.shop", str(tmp_path / "state.db"), str(file))
        return subprocess.run(words, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False)

    killed = run(**{VARIABLE: step})
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = run()

    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == ("before" if step in ("take", "apply") else "applied")
    assert states(store) == [(1, "applied"), (2, "applied")]
    assert entries(store) == ["Deployed", "Deployed"]
    assert [row.number for row in store.audit()] == list(range(1, len(list(store.audit())) + 1))


def test_what_was_begun_is_gone_on_with_without_its_plan(store: Store) -> None:
    plan = second(store)
    with pytest.raises(RefusedError, match="the lease is another's"):
        carried_out(plan, store, Broken())
    assert states(store) == [(1, "applied"), (2, "ordered")]

    with pytest.raises(RefusedError, match="deployment 2 by anna@host is ordered"):
        carried_out(plan_of(store, program(3), old=program(2)), store)
    done = go_on(store, Means(store, Hands()))

    assert done is not None and (done.serial, done.how) == (2, "applied")
    assert go_on(store, Means(store, Hands())) is None


class Broken(Hands):
    """A run is there, and takes nothing."""

    def work(self, store: Store, entries: object, serial: int) -> None:
        """Somebody else has the lease."""
        raise RefusedError("the lease is another's")


# ---- a run


def test_a_run_that_lives_takes_the_order_between_two_batches(store: Store, tmp_path: Path) -> None:
    plan = plan_of(store, program())
    lease = holder("run", Means(store, Hands()).now())
    epoch = store.take_lease(lease, 10_000)
    told: list[str] = []

    def take(_: float) -> None:
        for order in store.orders():
            store.commit(Commit(0, orders=[order.serial]), epoch)

    means = Means(store, Broken(), told.append, wait_ms=5_000, sleep=take)
    assert carry_out(plan, means).how == "taken"
    assert len(told) == 1 and lease.who in told[0]


def test_a_run_that_takes_nothing_is_not_waited_for_for_ever(store: Store) -> None:
    store.take_lease(holder("run", Means(store, Hands()).now()), 10_000)

    assert carried_out(plan_of(store, program()), store, wait_ms=0).how == "waiting"
    assert states(store) == [(1, "ordered")]


# ---- what it must respect


def test_what_fails_is_refused_unless_it_is_waived_by_name(store: Store) -> None:
    failing = (Check("test", False, "1 of 4 failed: welcome"),)

    with pytest.raises(RefusedError, match=r"test fails: 1 of 4 failed: welcome; .*--no-test"):
        carried_out(plan_of(store, program(), checks=failing), store)
    carried_out(plan_of(store, program(), checks=failing, waived=("test",)), store)

    assert any(row.action == "waive" and b'"test"' in row.detail for row in store.audit())


def test_approvals_are_of_this_very_plan_and_of_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    plan = plan_of(store, program(), bounds=Bounds(approvals=1))
    other = plan_of(store, program(2), bounds=Bounds(approvals=1))

    for approval in (Approval(plan.hash, "anna@elsewhere", 1, ""), Approval(other.hash, "bob", 2, "")):
        store.approve(approval)
        with pytest.raises(RefusedError, match="0 of 1 approvals"):
            carried_out(plan, store)
    store.approve(Approval(plan.hash, "bob", 3, ""))

    assert carried_out(plan, store).how == "applied"


def test_with_a_key_only_signed_approvals_count(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "a secret")
    plan = plan_of(store, program(), bounds=Bounds(approvals=1))
    plain = Approval(plan.hash, "bob", 3, "fine")

    store.approve(plain)
    with pytest.raises(RefusedError, match="0 of 1 approvals, signed"):
        carried_out(plan, store)
    carla = Approval(plan.hash, "carla", 4, "fine")
    store.approve(Approval(plan.hash, "carla", 4, "fine", signature(carla, "a secret")))

    assert carried_out(plan, store).how == "applied"


def test_the_blast_guard_names_journeys_numbers_and_ways_out(store: Store) -> None:
    plan = second(store)
    hands = Hands({"welcome": 1_204, "thanks": 3})

    with pytest.raises(
        RefusedError, match=r"1,207 messages .* 100 are allowed: welcome 1,204, thanks 3\. .*--max-immediate-sends 1207"
    ):
        carried_out(plan, store, hands)

    assert states(store) == [(1, "applied")]
    assert len(hands.rehearsed) == 1
    wider = msgspec.structs.replace(plan, bounds=Bounds(immediate_max=1_207))
    assert carried_out(wider, store, hands).how == "applied"


def test_what_breaks_is_accepted_one_by_one(store: Store) -> None:
    carried_out(plan_of(store, program()), store)
    gone = msgspec.structs.replace(program(), journeys=())
    plan = plan_of(store, gone, old=program())

    with pytest.raises(RefusedError, match="--accept D003@welcome"):
        carried_out(plan, store)


def test_a_plan_whose_stages_and_order_disagree_is_not_carried_out(store: Store) -> None:
    plan = second(store)
    less = tuple(stage for stage in plan.stages if not isinstance(stage, HandOver))
    assert len(less) < len(plan.stages)

    with pytest.raises(InputError, match="no stage says crossing of welcome"):
        carried_out(msgspec.structs.replace(plan, stages=less), store)
    assert states(store) == [(1, "applied")]


def test_a_program_that_is_not_what_its_name_says_is_not_published(store: Store) -> None:
    plan = plan_of(store, program(1))
    wrong = msgspec.structs.replace(plan, programs=(bundle(program(2), plan.project),))

    with pytest.raises(InputError, match="not what its name says"):
        carried_out(wrong, store)
    assert store.programs() == []


def test_the_order_is_made_of_the_stages_alone(store: Store) -> None:
    plan = second(store)

    switch = [stage for stage in plan.stages if isinstance(stage, Switch)]
    assert len(switch) == 1 and switch[0].new == plan.running
    assert order_of((), Crossing({}), 2) == ()
