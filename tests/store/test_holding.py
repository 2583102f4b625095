"""One writes, and one deploys: of processes that try at once exactly one succeeds, and who is gone for good is no obstacle."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rtj.base.errors import RefusedError
from rtj.store import holding
from rtj.store.port import Commit, Store
from tests.store.conftest import Place
from tests.store.samples import NOW, holder, leased

ROOT = Path(__file__).resolve().parent.parent.parent
RACER = """
import sys, time
from rtj.base.errors import RefusedError
from rtj.store.opening import open_store
from tests.store.samples import holder
where, environment, what, name = sys.argv[1:]
store = open_store(where, environment)
print("ready", flush=True)
sys.stdin.readline()
try:
    store.take_lock(holder(name), 0) if what == "lock" else store.take_lease(holder(name), 60_000)
    print("won", flush=True)
except RefusedError as error:
    print("lost", error, flush=True)
sys.stdin.readline()
"""


def ended_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_a_lease_is_of_one(place: Place) -> None:
    store, other = place.open(), place.open()
    epoch = leased(store)
    with pytest.raises(RefusedError) as told:
        other.take_lease(holder("lease-2", beat_ms=NOW + 9_999), 10_000)
    for word in ("anna@büro", f"process {os.getpid()}", "`rtj run --env prod`", "2025-11-24 16:00:00 UTC", "rtj unlock lease-1"):
        assert word in str(told.value)
    assert other.leaseholder() == holder()
    store.beat(epoch, NOW + 5_000)
    assert other.leaseholder() == holder(beat_ms=NOW + 5_000)
    store.leave_lease(epoch)
    assert other.leaseholder() is None and other.take_lease(holder("lease-2"), 10_000) > epoch
    store.leave_lease(epoch)  # it is another's now
    assert other.leaseholder() == holder("lease-2")


def test_a_lease_without_a_beat_is_taken_over(place: Place) -> None:
    store, other = place.open(), place.open()
    epoch = leased(store, host="elsewhere")
    with pytest.raises(RefusedError):
        leased(other, name="lease-2", beat_ms=NOW + 10_000)
    later = leased(other, name="lease-2", beat_ms=NOW + 10_001)
    with pytest.raises(RefusedError, match="lease-2"):
        store.beat(epoch, NOW + 10_002)
    other.beat(later, NOW + 10_002)


def test_who_has_ended_on_this_host_is_no_obstacle(place: Place) -> None:
    store, other = place.open(), place.open()
    pid = ended_process()
    leased(store, pid=pid)
    store.take_lock(holder("lock-1", pid=pid), 0)
    leased(other, name="lease-2")
    other.take_lock(holder("lock-2"), 0)
    assert [held and held.id for held in (store.leaseholder(), store.lockholder())] == ["lease-2", "lock-2"]


def test_of_another_host_nobody_knows_who_has_ended(place: Place) -> None:
    store, other = place.open(), place.open()
    store.take_lock(holder("lock-1", host="elsewhere", pid=ended_process()), 0)
    with pytest.raises(RefusedError, match="rtj unlock lock-1"):
        other.take_lock(holder("lock-2"), 0)


def test_a_lock_is_opened_by_its_exact_id(place: Place) -> None:
    store, other = place.open(), place.open()
    with pytest.raises(RefusedError, match="nobody holds a lock"):
        store.unlock("lock-1")
    store.take_lock(holder("lock-1"), 0)
    with pytest.raises(RefusedError, match=r"no lock has the id lock.*has the id lock-1"):
        other.unlock("lock")
    other.unlock("lock-1")
    assert store.lockholder() is None
    epoch = leased(store)
    other.unlock("lease-1")
    with pytest.raises(RefusedError, match="taken away"):
        store.commit(Commit(1), epoch)


def test_waits_double_from_one_second_to_sixteen_and_end_in_time() -> None:
    assert holding.waits(0) == [] and holding.waits(2_500) == [1_000, 1_500]
    assert holding.waits(60_000) == [1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 13_000]


def test_who_waits_for_a_lock_gets_it_when_it_is_free(place: Place) -> None:
    store, other = place.open(), place.open()
    store.take_lock(holder("lock-1"), 0)
    begin = time.monotonic()
    with pytest.raises(RefusedError):
        other.take_lock(holder("lock-2"), 200)
    assert time.monotonic() - begin >= 0.2
    process = subprocess.Popen(
        [sys.executable, "-c", RACER, place.where, place.environment, "lock", "lock-3"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.communicate("\n\n")
    store.unlock("lock-1")
    other.take_lock(holder("lock-2"), 1_000)
    assert other.lockholder() == holder("lock-2")


@pytest.mark.parametrize("what", ["lock", "lease"])
def test_of_many_processes_exactly_one_wins(place: Place, what: str) -> None:
    store = place.open()
    command = [sys.executable, "-c", RACER, place.where, place.environment, what]
    racers = [
        subprocess.Popen([*command, f"racer-{n}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for n in range(4)
    ]
    try:
        for racer in racers:
            assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("\n")
            racer.stdin.flush()
        told = [racer.stdout.readline() for racer in racers if racer.stdout is not None]
        held = store.lockholder() if what == "lock" else store.leaseholder()
    finally:
        for racer in racers:
            racer.communicate("\n")
    assert held is not None
    won = [number for number, line in enumerate(told) if line == "won\n"]
    assert won == [int(held.id.removeprefix("racer-"))]
    assert all(held.id in line for line in told if line != "won\n")


def test_a_store_without_anybody_has_no_holders(store: Store) -> None:
    assert store.lockholder() is None and store.leaseholder() is None
