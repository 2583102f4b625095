"""A topic feeds the run: nothing lost, nothing twice, over restarts, rebalances, dead brokers, and offsets that are gone."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from rtj.base.errors import UsageError
from rtj.connect.feed_kafka import KafkaFeeder
from rtj.connect.feed_port import LIVE_LINE_MAX
from rtj.connect.inbox import Closing, Idle, Opening
from rtj.ir.environments import KafkaSource
from tests.connect.feeding import Taker, record
from tests.servers.kafka import Kafka
from tests.servers.registry import running_registry

QUICK = (("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "500"))
Start = Callable[..., KafkaFeeder]


@pytest.fixture
def topic() -> str:
    return f"orders-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def start(kafka: Kafka, topic: str, taker: Taker) -> Iterator[Start]:
    feeders: list[KafkaFeeder] = []

    def begin(by: Taker | None = None, registry: str = "") -> KafkaFeeder:
        feeder = KafkaFeeder("orders", KafkaSource(kafka.brokers, topic, f"group-{topic}", registry, QUICK))
        (by or taker).start(feeder)
        feeders.append(feeder)
        return feeder

    yield begin
    for feeder in feeders:
        feeder.close()
        assert feeder.failure() is None


def values(*numbers: int) -> list[bytes | None]:
    return [record(number) for number in numbers]


def test_each_partition_is_a_stream_that_comes_in_order_and_goes_on_after_a_restart(
    kafka: Kafka, topic: str, taker: Taker, start: Start
) -> None:
    kafka.make_topic(topic, 2)
    kafka.produce(topic, values(*range(50)), 0)
    kafka.produce(topic, values(*range(100, 150)), 1)
    feeder = start()
    taker.until(lambda: len(taker.lines) == 100)
    taker.until(lambda: len({notice.stream for notice in taker.notices if isinstance(notice, Idle)}) == 2)
    assert {stream for stream, _ in taker.lines} == {"orders[0]", "orders[1]"}
    assert [n for n in taker.numbers() if n < 100] == list(range(50)) and taker.has(Opening)
    feeder.close()
    kafka.produce(topic, values(50), 0)
    start()
    taker.until(lambda: len(taker.lines) == 101)
    assert sorted(taker.numbers()) == [*range(51), *range(100, 150)]


def test_the_store_decides_and_the_group_only_where_the_store_knows_nothing(
    kafka: Kafka, topic: str, taker: Taker, start: Start
) -> None:
    kafka.make_topic(topic)
    kafka.produce(topic, values(0, 1, 2))
    feeder = start()
    taker.until(lambda: len(taker.lines) == 3)
    kept = dict(taker.positions)
    kafka.produce(topic, values(3, 4))
    taker.until(lambda: len(taker.lines) == 5)
    feeder.close()
    restored = Taker()  # the store of a backup, while the group is ahead
    restored.positions = kept
    other = start(restored)
    restored.until(lambda: len(restored.lines) == 2)
    assert restored.numbers() == [3, 4]
    other.close()
    kafka.produce(topic, values(5))
    fresh = Taker()
    start(fresh)
    fresh.until(lambda: fresh.lines)
    assert fresh.numbers() == [5]


def test_what_is_no_event_costs_only_itself(kafka: Kafka, topic: str, taker: Taker, start: Start) -> None:
    kafka.make_topic(topic, settings={"max.message.bytes": str(LIVE_LINE_MAX * 2)})
    pretty = json.dumps({"id": 2, "text": "a\nb 👋"}, indent=2, ensure_ascii=False).encode().replace(b"\n", b"\r\n")
    kafka.produce(topic, [record(1), None, b"", pretty, record(3) + b"\n"], at_ms=1_700_000_000_000)
    big = [record(4, LIVE_LINE_MAX)]
    feeder = start()
    taker.until(lambda: len(taker.lines) == 3)
    kafka.produce(topic, [*big, record(5)])
    taker.until(lambda: len(taker.lines) == 4)
    assert taker.numbers() == [1, 2, 3, 5]
    assert json.loads(taker.lines[1][1])["text"] == "a\nb 👋"
    assert taker.refused == ["too_long"]
    assert feeder.counts()["null_values"] == 2
    assert taker.deliveries[0].received_ms == 1_700_000_000_000


@pytest.mark.long
def test_the_source_is_held_back_while_the_inbox_is_full(kafka: Kafka, topic: str, taker: Taker, start: Start) -> None:
    from rtj.connect.inbox import Inbox

    kafka.make_topic(topic, 2)
    for partition in range(2):
        kafka.produce(topic, [record(partition * 10_000 + n, 300) for n in range(6_000)], partition)
    feeder = start()
    feeder.close()
    small = KafkaFeeder("orders", KafkaSource(kafka.brokers, topic, f"group-{topic}", "", QUICK))
    taker.inbox = Inbox(most_bytes=300_000)
    small.start(taker.inbox, {})
    time.sleep(2)
    assert taker.inbox.held_bytes < 1_200_000
    taker.until(lambda: len(taker.lines) == 12_000)
    small.close()
    for partition in range(2):
        found = [n for n in taker.numbers() if n // 10_000 == partition]
        assert found == list(range(partition * 10_000, partition * 10_000 + 6_000))


@pytest.mark.long
def test_a_rebalance_between_two_readers_loses_nothing_and_repeats_nothing(
    kafka: Kafka, topic: str, taker: Taker, start: Start
) -> None:
    kafka.make_topic(topic, 4)
    other = Taker()

    def produce(turn: int) -> None:
        for partition in range(4):
            kafka.produce(topic, values(*range(turn * 1000 + partition * 100, turn * 1000 + partition * 100 + 100)), partition)

    def both(holds: Callable[[], object]) -> None:
        end = time.monotonic() + 90
        while not holds():
            assert time.monotonic() < end
            taker.step(0.01)
            other.step(0.01)

    start()
    produce(0)
    taker.until(lambda: len(taker.lines) == 400)
    second = start(other)
    produce(1)
    both(lambda: other.has(Opening) and taker.has(Closing) and len(taker.lines) + len(other.lines) == 800)
    produce(2)
    both(lambda: len(taker.lines) + len(other.lines) == 1200)
    assert other.lines
    second.stop()
    other.step()
    second.close()
    produce(3)
    both(lambda: len(taker.lines) + len(other.lines) >= 1600)
    expected = [turn * 1000 + n for turn in range(4) for n in range(400)]
    assert sorted(taker.numbers() + other.numbers()) == expected


@pytest.mark.long
def test_a_broker_that_dies_and_comes_back_is_said_and_nothing_is_lost(
    kafka: Kafka, topic: str, taker: Taker, start: Start
) -> None:
    kafka.make_topic(topic)
    kafka.produce(topic, values(1))
    feeder = start()
    taker.until(lambda: taker.has(Idle))
    kafka.kill()
    try:
        taker.until(lambda: "no broker answers" in feeder.trouble())
        taker.until(lambda: taker.notices and Idle("orders[0]", None) in taker.notices)
    finally:
        kafka.start()
    kafka.produce(topic, values(2, 3))
    taker.until(lambda: len(taker.lines) == 3)
    taker.until(lambda: feeder.trouble() == "")
    assert taker.numbers() == [1, 2, 3] and [code for code in taker.codes() if code in ("unreachable", "well")] == [
        "unreachable",
        "well",
    ]
    taker.until(lambda: isinstance(taker.notices[-1], Idle) and taker.notices[-1].since_ms)


def test_messages_that_the_topic_deleted_are_counted_and_reading_goes_on(
    kafka: Kafka, topic: str, taker: Taker, start: Start
) -> None:
    from confluent_kafka import TopicPartition

    kafka.make_topic(topic)
    kafka.produce(topic, values(0, 1))
    feeder = start()
    taker.until(lambda: len(taker.lines) == 2)
    feeder.close()
    kafka.produce(topic, values(*range(2, 10)))
    admin = kafka.admin()
    for done in admin.delete_records([TopicPartition(topic, 0, 7)]).values():
        done.result(10)
    start()
    taker.until(lambda: len(taker.lines) == 5)
    assert taker.numbers() == [0, 1, 7, 8, 9]
    words = [notice.words for notice in taker.notices if getattr(notice, "code", "") == "messages_missing"]
    assert words == [f"{topic}[0]: 5 messages were deleted by the topic before they were read"]


def test_a_position_behind_the_end_goes_back_to_what_is_as_new(kafka: Kafka, topic: str, taker: Taker, start: Start) -> None:
    kafka.make_topic(topic)
    kafka.produce(topic, values(0, 1), at_ms=1_700_000_000_000)
    kafka.produce(topic, values(2), at_ms=1_700_000_009_000)
    taker.positions["orders[0]"] = b'{"topic":"","offset":900,"at":1700000005000}'
    start()
    taker.until(lambda: taker.lines)
    assert taker.numbers() == [2] and taker.codes() == ["end_moved"]


@pytest.mark.long
def test_a_topic_that_is_not_there_is_waited_for_and_one_made_anew_is_read_from_its_start(
    kafka: Kafka, topic: str, taker: Taker, start: Start
) -> None:
    feeder = start()
    taker.until(lambda: "is not there" in feeder.trouble())
    kafka.make_topic(topic)
    kafka.produce(topic, values(1, 2))
    taker.until(lambda: len(taker.lines) == 2)
    taker.until(lambda: feeder.trouble() == "")
    kafka.drop_topic(topic)
    taker.until(lambda: taker.has(Closing) or feeder.trouble())
    kafka.make_topic(topic)
    kafka.produce(topic, values(3, 4, 5))
    taker.until(lambda: len(taker.lines) == 5)
    assert taker.numbers() == [1, 2, 3, 4, 5]
    assert "topic_replaced" in taker.codes()


@pytest.mark.long
def test_avro_of_a_registry_is_read_and_a_registry_that_is_down_is_waited_for(
    kafka: Kafka, topic: str, taker: Taker, start: Start
) -> None:
    kafka.make_topic(topic)
    fields = [{"name": "id", "type": "long"}, {"name": "type", "type": "string"}]
    with running_registry() as registry:
        registry.schemas[3] = {"type": "record", "name": "View", "fields": fields}
        registry.down = True
        kafka.produce(topic, [registry.encode(3, {"id": number, "type": "view"}) for number in range(3)] + [b"{}"])
        feeder = start(registry=registry.url)
        taker.until(lambda: "registry" in feeder.trouble())
        registry.down = False
        taker.until(lambda: len(taker.lines) == 3)
        assert taker.numbers() == [0, 1, 2] and taker.refused == ["format"]
        taker.until(lambda: feeder.trouble() == "")


def test_settings_that_are_not_the_users_and_settings_that_are_none_are_refused(topic: str, taker: Taker) -> None:
    pytest.importorskip("confluent_kafka", reason="Kafka needs rtj[kafka]")
    for setting, words in (("enable.auto.commit", "is set by rtj"), ("sesion.timeout", "sesion.timeout")):
        feeder = KafkaFeeder("orders", KafkaSource("127.0.0.1:1", topic, "g", "", ((setting, "true"),)))
        with pytest.raises(UsageError, match=words):
            taker.start(feeder)


@pytest.mark.long
def test_nobody_is_idle_behind_a_connection_that_is_half_open(kafka: Kafka, topic: str, taker: Taker) -> None:
    """Else the clock would run away from what the broker has and cannot tell. The client itself would notice much later."""
    link = kafka.ways["in"]
    kafka.make_topic(topic)
    kafka.produce(topic, values(1))
    settings = (("session.timeout.ms", "300000"), ("socket.timeout.ms", "300000"))
    feeder = KafkaFeeder("orders", KafkaSource(link.address, topic, f"group-{topic}", "", settings))
    taker.start(feeder)
    try:
        taker.until(lambda: taker.has(Idle))
        before = len(taker.notices)
        link.silence()
        kafka.produce(topic, values(2))
        taker.until(lambda: Idle("orders[0]", None) in taker.notices[before:])
        assert taker.numbers() == [1]
        link.mend()
        link.cut()
        taker.until(lambda: taker.numbers() == [1, 2])
        taker.until(lambda: feeder.trouble() == "" and isinstance(taker.notices[-1], Idle) and taker.notices[-1].since_ms)
        for harm in (link.cut, link.tear):
            number = len(taker.lines) + 1
            harm()
            kafka.produce(topic, values(number))
            taker.until(lambda number=number: len(taker.lines) >= number)
        assert taker.numbers() == [1, 2, 3, 4]
    finally:
        feeder.close()
    assert feeder.failure() is None
