"""A topic gets every message, keyed by profile, each person's in their order; one that is too big is given up, and a broker that
is killed and comes back gets the rest."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rtj.base.errors import UsageError
from rtj.deliver.deliverer import Deliverer
from rtj.deliver.kafka import TopicWriter
from rtj.deliver.port import Again, Done, Parcel, Refused
from tests.deliver.outbox import Outbox, routes, row, run, run_all
from tests.servers.kafka import Kafka

SOON = {"socket.timeout.ms": "2000", "log_level": "0"}


def consumed(kafka: Kafka, topic: str, most: int) -> list[Any]:
    """All messages of a topic, of each partition in its order."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": kafka.brokers, "group.id": "t", "auto.offset.reset": "earliest", "log_level": 0})
    found: list[Any] = []
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        until = time.monotonic() + 60
        while len({dict(m.headers())["key"] for m in found}) < most and time.monotonic() < until:
            found += [message for message in consumer.consume(1_000, timeout=0.2) if message.error() is None]
    finally:
        consumer.close()
    return found


def test_a_topic_gets_everything_in_order(kafka: Kafka) -> None:
    kafka.make_topic("out_all", 3)
    outbox = Outbox(row(n, f"u:{n % 17}") for n in range(1, 501))
    deliverer = Deliverer(routes({"*": TopicWriter(kafka.brokers, "out_all", SOON)}))
    run_all(deliverer, outbox, 90)
    deliverer.close()
    found = consumed(kafka, "out_all", 500)
    assert Counter(dict(m.headers())["key"].decode() for m in found) == Counter(one.key for one in outbox.rows.values())
    by_person: dict[str, list[int]] = defaultdict(list)
    for message in found:
        body = json.loads(message.value())
        assert message.key().decode() == body["profile"]
        by_person[body["profile"]].append(body["n"])
    assert all(a < b for numbers in by_person.values() for a, b in pairwise(numbers))


def test_what_is_too_big_is_given_up(kafka: Kafka) -> None:
    kafka.make_topic("out_big")
    writer = TopicWriter(kafka.brokers, "out_big", SOON)
    big = Parcel(1, "k1", "u:1", "email", b"x" * 2_000_000)
    fine = Parcel(2, "k2", "u:\udc80 日本", "email", b"{}")
    assert [type(sent) for sent in writer.send([big, fine])] == [Refused, Done]
    writer.close()


def test_a_topic_that_is_not_there_is_waited_for(kafka: Kafka) -> None:
    writer = TopicWriter(
        kafka.brokers, "out_none", {**SOON, "delivery.timeout.ms": "1000", "topic.metadata.propagation.max.ms": "500"}
    )
    [sent] = writer.send([Parcel(1, "k1", "u:1", "email", b"{}")])
    assert isinstance(sent, Again)
    assert sent.error
    writer.close()


class Fatal:
    """A client that has given up for good, as one does that another has fenced."""

    def produce(self, *_: object, **__: object) -> None:
        from confluent_kafka import KafkaError, KafkaException

        raise KafkaException(KafkaError(KafkaError._FATAL, "fenced", fatal=True))

    def flush(self, _: float) -> int:
        return 0


def test_a_client_that_has_given_up_is_replaced(kafka: Kafka) -> None:
    kafka.make_topic("out_fatal")
    writer = TopicWriter(kafka.brokers, "out_fatal", SOON)
    writer._producer = Fatal()
    parcel = Parcel(1, "k1", "u:1", "email", b"{}")
    assert [type(sent) for sent in (*writer.send([parcel]), *writer.send([parcel]))] == [Again, Done]
    writer.close()


@pytest.mark.long
def test_what_was_swallowed_or_cut_is_produced_again(kafka: Kafka) -> None:
    kafka.make_topic("out_cut", 2)
    link = kafka.ways["in"]
    settings = {**SOON, "delivery.timeout.ms": "2000", "request.timeout.ms": "1000"}
    outbox = Outbox(row(n, f"u:{n % 50}") for n in range(1, 1_501))
    deliverer = Deliverer(routes({"*": TopicWriter(link.address, "out_cut", settings)}))
    run(deliverer, outbox, lambda: len(outbox.ended("done")) > 100, 90)
    for number, harm in enumerate((link.cut, link.tear, link.silence), 2):
        harm()
        if harm == link.silence:
            run(deliverer, outbox, lambda: deliverer.tallies()["email"].retried > 0 or len(outbox.ended("done")) == 1_500, 90)
            link.mend()
        run(deliverer, outbox, lambda number=number: len(outbox.ended("done")) >= min(number * 200, 1_500), 90)
    run_all(deliverer, outbox, 120)
    deliverer.close()
    found = [json.loads(m.value()) for m in consumed(kafka, "out_cut", 1_500)]
    assert {one["n"] for one in found} == set(range(1, 1_501))
    firsts: dict[str, dict[int, None]] = defaultdict(dict)
    for one in found:
        firsts[one["profile"]].setdefault(one["n"])
    assert all(a < b for numbers in firsts.values() for a, b in pairwise(numbers))


def test_settings_that_mean_nothing_are_refused_when_the_run_begins() -> None:
    pytest.importorskip("confluent_kafka", reason="needs confluent-kafka")
    with pytest.raises(UsageError, match="Kafka does not take these settings"):
        TopicWriter("127.0.0.1:9", "t", {"no.such.thing": "1"})


@pytest.mark.long
def test_a_broker_that_is_killed_gets_the_rest_when_it_is_back(tmp_path: Path) -> None:
    broker = Kafka(tmp_path)
    broker.start()
    try:
        broker.make_topic("out_killed", 2)
        settings = {**SOON, "delivery.timeout.ms": "3000"}
        outbox = Outbox(row(n, f"u:{n % 50}") for n in range(1, 4_001))
        deliverer = Deliverer(routes({"*": TopicWriter(broker.brokers, "out_killed", settings)}))
        run(deliverer, outbox, lambda: len(outbox.ended("done")) > 500, 90)
        broker.kill()
        run(deliverer, outbox, lambda: deliverer.tallies()["email"].retried > 0, 90)
        broker.start()
        run_all(deliverer, outbox, 120)
        deliverer.close()
        found = {json.loads(m.value())["n"] for m in consumed(broker, "out_killed", 4_000)}
        assert found == set(range(1, 4_001))
    finally:
        broker.kill()
