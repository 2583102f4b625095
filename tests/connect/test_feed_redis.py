"""A Redis stream feeds the run from the id that the store has, over restarts of either side, and says what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rtj.base.errors import UsageError
from rtj.connect.feed_redis import RedisFeeder
from rtj.connect.inbox import Idle, Opening
from rtj.ir.environments import RedisSource
from tests.connect.feeding import Taker, record
from tests.servers.cutting import cutting
from tests.servers.redis import RedisServer, running_redis

Start = Callable[[], RedisFeeder]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as redis:
        yield redis


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def start(server: RedisServer, taker: Taker) -> Iterator[Start]:
    feeders: list[RedisFeeder] = []

    def begin() -> RedisFeeder:
        feeder = RedisFeeder("shop", RedisSource(server.url, "events"))
        taker.start(feeder)
        feeders.append(feeder)
        return feeder

    yield begin
    for feeder in feeders:
        feeder.close()
        assert feeder.failure() is None
    with server.client() as client:
        client.delete("events")


def add(server: RedisServer, *values: bytes, field: str = "event") -> None:
    with server.client() as client:
        for value in values:
            client.xadd("events", {field: value})


def records(*numbers: int) -> list[bytes]:
    return [record(number) for number in numbers]


def test_entries_come_in_order_and_reading_goes_on_after_a_restart(server: RedisServer, taker: Taker, start: Start) -> None:
    feeder = start()
    taker.until(lambda: taker.has(Idle))  # before there is a stream
    add(server, *records(*range(20)))
    taker.until(lambda: len(taker.lines) == 20)
    feeder.close()
    add(server, *records(20))
    feeder = start()
    taker.until(lambda: len(taker.lines) == 21)
    assert taker.numbers() == list(range(21))
    assert isinstance(taker.notices[0], Opening) and taker.codes() == []
    taker.until(lambda: feeder.lag() and feeder.lag()["shop"].behind == 0)


def test_a_server_that_dies_and_comes_back_is_said_and_nothing_is_lost(server: RedisServer, taker: Taker, start: Start) -> None:
    add(server, *records(1))
    feeder = start()
    taker.until(lambda: taker.has(Idle))
    server.kill()
    try:
        taker.until(feeder.trouble)
        taker.until(lambda: Idle("shop", None) in taker.notices)
    finally:
        server.start()
    add(server, *records(2))
    taker.until(lambda: len(taker.lines) == 2)
    taker.until(lambda: feeder.trouble() == "")
    assert taker.numbers() == [1, 2]


@pytest.mark.long
def test_nobody_is_idle_behind_a_connection_that_is_half_open(server: RedisServer, taker: Taker) -> None:
    with cutting(("127.0.0.1", int(server.url.rpartition(":")[2].partition("/")[0]))) as link:
        feeder = RedisFeeder("shop", RedisSource(f"redis://{link.address}/0", "half_open"))
        taker.start(feeder)
        try:
            taker.until(lambda: taker.has(Idle))
            link.silence()
            with server.client() as client:
                client.xadd("half_open", {"event": record(1)})
            taker.until(lambda: Idle("shop", None) in taker.notices)
            link.mend()
            taker.until(lambda: taker.lines)
            taker.until(lambda: feeder.trouble() == "")
            link.cut()
            with server.client() as client:
                client.xadd("half_open", {"event": record(2)})
            taker.until(lambda: len(taker.lines) == 2)
        finally:
            feeder.close()
    assert taker.numbers() == [1, 2] and feeder.failure() is None


def test_entries_that_were_trimmed_unread_are_counted_and_reading_goes_on(
    server: RedisServer, taker: Taker, start: Start
) -> None:
    add(server, *records(1, 2))
    feeder = start()
    taker.until(lambda: len(taker.lines) == 2)
    feeder.close()
    add(server, *records(3, 4, 5))
    with server.client() as client:
        client.xtrim("events", maxlen=1, approximate=False)
    start()
    taker.until(lambda: len(taker.lines) == 3)
    assert taker.numbers() == [1, 2, 5]
    assert [n.words for n in taker.notices if getattr(n, "code", "") == "messages_missing"] == [
        "events: 2 entries were deleted or trimmed before they were read"
    ]


def test_a_stream_made_again_is_read_from_its_start(server: RedisServer, taker: Taker, start: Start) -> None:
    with server.client() as client:
        client.xadd("events", {"event": record(1)}, id=f"{1 << 42}-0")
        feeder = start()
        taker.until(lambda: taker.lines)
        feeder.close()
        client.delete("events")
    add(server, *records(2))
    start()
    taker.until(lambda: len(taker.lines) == 2)
    assert taker.numbers() == [1, 2] and taker.codes() == ["stream_replaced"]


def test_an_entry_without_the_field_costs_only_itself(server: RedisServer, taker: Taker, start: Start) -> None:
    add(server, *records(1))
    add(server, *records(2), field="other")
    add(server, b'{"id":3,\n"a":1}')
    start()
    taker.until(lambda: len(taker.lines) == 2)
    assert taker.numbers() == [1, 3] and taker.refused == ["format"]


def test_an_address_that_is_none_is_refused(taker: Taker) -> None:
    pytest.importorskip("redis", reason="Redis needs rtj[redis]")
    with pytest.raises(UsageError, match="shop"):
        taker.start(RedisFeeder("shop", RedisSource("localhost:6379", "events")))
