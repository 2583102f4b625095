"""Where a partition is read on: at what our store says, as far as the topic still has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from confluent_kafka import Consumer

ASK_S = 10.0  # the longest that one question to the brokers may take


class Place(msgspec.Struct, frozen=True):
    """The next message of a partition. `topic`: which topic of that name it was, "": not known; `at`: the stamp of the message
    before, epoch ms."""

    topic: str
    offset: int
    at: int


@dataclass(frozen=True, slots=True)
class Begin:
    """The offset to read from; `code` and `words` say so when it is not the one that was stored."""

    offset: int
    code: str = ""
    words: str = ""


def topic_of(settings: dict[str, str | int | float | bool], name: str) -> str:
    """Which topic of that name it is: one that was deleted and made again has another id. "" when brokers do not tell."""
    from confluent_kafka import KafkaException, TopicCollection
    from confluent_kafka.admin import AdminClient

    try:
        admin = AdminClient(settings)  # has to live until it is answered
        asked = admin.describe_topics(TopicCollection([name]), request_timeout=ASK_S)
        return str(asked[name].result(ASK_S).topic_id)
    except (KafkaException, TimeoutError):
        return ""


def begin_of(consumer: Consumer, name: str, partition: int, stored: Place | None, topic: str) -> Begin:
    """Where to begin. The store alone decides; without it, what the group has committed, else the start of the topic. Raises
    KafkaException when the brokers do not answer."""
    from confluent_kafka import TopicPartition

    low, high = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=ASK_S)
    where = f"{name}[{partition}]"
    if stored is None:
        return Begin(min(max(group_offset(consumer, name, partition), low), high))
    if topic and stored.topic and topic != stored.topic:
        return Begin(low, "topic_replaced", f"{where}: the topic was deleted and made again; it is read from its start")
    if stored.offset < low:
        words = f"{where}: {low - stored.offset:,} messages were deleted by the topic before they were read"
        return Begin(low, "messages_missing", words)
    if stored.offset > high:
        found = consumer.offsets_for_times([TopicPartition(name, partition, stored.at)], timeout=ASK_S)[0].offset
        offset = min(found, high) if found >= 0 else high
        words = f"{where}: ends at {high:,}, before {stored.offset:,} where it was read to; the brokers lost messages. It is read"
        return Begin(offset, "end_moved", f"{words} on at {offset:,}, the first that is as new; copies are known by their id")
    return Begin(stored.offset)


def group_offset(consumer: Consumer, name: str, partition: int) -> int:
    """What the group has committed, negative when nothing. Raises KafkaException."""
    from confluent_kafka import TopicPartition

    return consumer.committed([TopicPartition(name, partition)], timeout=ASK_S)[0].offset
