"""Of one person nobody overtakes; of those who may go the highest priority goes first, then the smallest number. What is in hand
is bounded, rows and bodies, and nothing is forgotten by it."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from rtj.deliver.deliverer import Deliverer
from rtj.deliver.desk import FAILURES_MAX, REST_FIRST_S, REST_MAX_S, Desk, Lane
from rtj.deliver.port import Done, Parcel, Sent
from rtj.deliver.rate import Bucket
from rtj.store.port import WaitingRow
from tests.deliver.outbox import Outbox, routes, row, run_all


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_overtaken(seed: int) -> None:
    random = Random(seed)
    lanes = [Lane("a"), Lane("b")]
    desk = Desk(bodies_max=random.choice((3, 1_000)))
    rows = [row(n, f"u:{random.randrange(6)}", priority=random.randrange(3)) for n in range(1, 61)]
    for one in rows:
        desk.add(WaitingRow(one), random.choice(lanes), 0)
    ended: dict[str, list[int]] = defaultdict(list)
    sending = []
    now = 0
    while desk.items:
        now += 1
        lane = random.choice(lanes)
        ready = sorted((-rows[n - 1].priority, n) for _, n in lane.ready if desk.items[n].body is not None)
        taken = desk.take(lane, random.randrange(1, 4), now, now)
        known = [(-item.priority, item.number) for item in taken]
        assert known == sorted(known)
        if len(desk.items) > 20 and desk._bodies_max > 100:
            assert set(known) <= set(ready) or not ready or known[0] <= max(ready)
        sending += [(lane, item) for item in taken]
        for number in list(lane.hungry):
            desk.feed(number, rows[number - 1].body)
        who = [item.profile for _, item in sending]
        assert len(who) == len(set(who))  # one at a time
        random.shuffle(sending)
        while sending and random.random() < 0.6:
            lane, item = sending.pop()
            lane.busy = 0
            if random.random() < 0.3:
                desk.again(item, now + random.randrange(5))
                continue
            ended[item.profile].append(item.number)
            desk.finish(item, now, arrived=True)
    assert all(numbers == sorted(numbers) for numbers in ended.values())
    assert sorted(n for numbers in ended.values() for n in numbers) == list(range(1, 61))
    assert not desk._first and not desk._behind and all(lane.bodies == 0 for lane in lanes)


def test_priority_then_number() -> None:
    lane, desk = Lane("a"), Desk()
    for number, priority in enumerate((0, 5, 5, -1, 9), 1):
        desk.add(WaitingRow(row(number, priority=priority)), lane, 0)
    assert [item.number for item in desk.take(lane, 9, 0, 0)] == [5, 2, 3, 1, 4]


def test_calls_wait_for_nobody() -> None:
    lane, desk = Lane("a"), Desk()
    desk.add(WaitingRow(row(1, "u:1")), lane, 0)
    desk.add(WaitingRow(row(2, "u:1", kind="call")), lane, 0)
    desk.add(WaitingRow(row(3, "u:1")), lane, 0)
    assert [item.number for item in desk.take(lane, 9, 0, 0)] == [1, 2]


def test_a_million_for_one_person_stop_nobody() -> None:
    lane, desk = Lane("a"), Desk()
    for number in range(1, 5_001):
        desk.add(WaitingRow(row(number, "u:1")), lane, 0)
    desk.add(WaitingRow(row(5_001, "u:2")), lane, 0)
    assert [item.number for item in desk.take(lane, 9, 0, 0)] == [1, 5_001]


def test_a_lane_that_fails_rests_longer_and_longer_and_is_tried_with_one_batch() -> None:
    lane, desk = Lane("a"), Desk()
    for number in range(1, 10):
        desk.add(WaitingRow(row(number)), lane, 0)
    for _ in range(FAILURES_MAX + 20):  # many at once are one failure
        lane.went(100.0, well=False)
    assert lane.until == 100.0 + REST_FIRST_S
    assert desk.take(lane, 1, 100.1, 0) == []
    assert len(desk.take(lane, 1, 100.6, 0)) == 1
    assert desk.take(lane, 1, 100.6, 0) == []
    lane.busy = 0
    lane.went(200.0, well=False)
    assert lane.until == 200.0 + 2 * REST_FIRST_S
    for now in range(300, 400):
        lane.went(float(now), well=False)
    assert lane.until <= 399 + REST_MAX_S
    lane.went(500.0, well=True)
    assert not lane.is_unwell


def test_a_bucket_refills_and_never_grants_more_than_a_second() -> None:
    bucket = Bucket(10)
    assert bucket.grant(99, 1.0) == 10
    bucket.spend(10)
    assert bucket.grant(99, 1.0) == 0 and bucket.wait() == pytest.approx(0.1)
    assert bucket.grant(99, 1.5) == 5
    assert bucket.grant(99, 100.0) == 10
    assert Bucket(0).grant(99, 1.0) == 99
    slow = Bucket(0.5)
    assert slow.grant(9, 1.0) == 1
    slow.spend(1)
    assert slow.wait() == pytest.approx(2.0)


class Keeps:
    """A sink that keeps what it is given."""

    width, most, retries = 2, 10, 0

    def __init__(self) -> None:
        self.taken: list[Parcel] = []
        self.faults = 0

    def pause_ms(self, tries: int) -> int:
        return 20

    def send(self, parcels: list[Parcel]) -> list[Sent]:  # type: ignore[override]
        if self.faults:
            self.faults -= 1
            raise ZeroDivisionError
        self.taken += parcels
        return [Done() for _ in parcels]

    def close(self) -> None:
        pass


def test_with_little_room_the_rest_waits_in_the_store() -> None:
    outbox = Outbox(row(n, f"u:{n % 7}") for n in range(1, 501))
    sink = Keeps()
    deliverer = Deliverer(routes({"*": sink}), desk=Desk(held_max=20, bodies_max=4))
    deliverer.pump(outbox)
    assert sum(tally.waiting for tally in deliverer.tallies().values()) <= 20
    run_all(deliverer, outbox)
    deliverer.close()
    assert sorted(parcel.number for parcel in sink.taken) == list(range(1, 501))
    assert all(parcel.body == outbox.rows[parcel.number].body for parcel in sink.taken)


def test_fresh_rows_are_not_read_from_the_store() -> None:
    outbox = Outbox()
    deliverer = Deliverer(routes({"*": Keeps()}))
    deliverer.pump(outbox)
    reads = outbox.reads
    fresh = [row(n) for n in range(1, 101)]
    outbox.rows |= {one.number: one for one in fresh}
    deliverer.pump(outbox, fresh)
    assert outbox.reads == reads and not deliverer.is_behind
    run_all(deliverer, outbox)
    deliverer.close()


def test_what_goes_nowhere_is_told() -> None:
    outbox = Outbox([row(1, channel="fax"), row(2, channel="book", kind="call")])
    deliverer = Deliverer(routes({"email": Keeps()}))
    run_all(deliverer, outbox)
    deliverer.close()
    assert [one.error for one in outbox.log] == [f"the environment does not say where `{name}` goes" for name in ("fax", "book")]
    assert [answer.ok for answer in outbox.answers] == [False]


def test_a_fault_of_a_sink_ends_no_thread() -> None:
    outbox = Outbox(row(n) for n in range(1, 31))
    sink = Keeps()
    sink.faults, sink.retries = 3, 5
    woken = []
    deliverer = Deliverer(routes({"*": sink}), wake=lambda: woken.append(1))
    run_all(deliverer, outbox)
    deliverer.close()
    assert len(sink.taken) == 30 and woken
    assert any("ZeroDivisionError" in one.error for one in outbox.log)
