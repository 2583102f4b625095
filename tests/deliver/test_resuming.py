"""A pause that another run began, by a clock that was wrong, holds up nobody longer than a usual one."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rtj.deliver.deliverer import Deliverer
from rtj.deliver.port import Done, Parcel, Sent
from rtj.store.port import Outcome
from tests.deliver.outbox import Outbox, routes, row, run_all

DAY_MS = 86_400_000


class Quick:
    """Takes everything; its usual pause is short."""

    width, most, retries = 1, 10, 3

    def __init__(self) -> None:
        self.keys: list[str] = []

    def pause_ms(self, tries: int) -> int:
        return 50

    def send(self, parcels: Sequence[Parcel]) -> list[Sent]:
        self.keys += [parcel.key for parcel in parcels]
        return [Done() for _ in parcels]

    def close(self) -> None:
        pass


def test_who_was_to_wait_for_days_by_a_wrong_clock_is_tried_soon() -> None:
    outbox, sink = Outbox([row(1, "u:1"), row(2, "u:1")]), Quick()
    outbox.states[1] = Outcome(1, "waiting", 1, time.time_ns() // 1_000_000 + 2 * DAY_MS, "503")
    deliverer = Deliverer(routes({"email": sink}))
    run_all(deliverer, outbox)
    deliverer.close()
    assert sink.keys == [row(1).key, row(2).key]
