"""Which brokers are heard, by the statistics of the client: whoever has nothing for us says so within the time that a fetch may
take. One that says nothing may be behind a connection that is half open, which the client itself notices much later."""

from __future__ import annotations

import msgspec

STATISTICS_MS = 250  # so often the client tells
SLACK_MS = 250  # an answer may take so long beside the time that the broker waits


class _Broker(msgspec.Struct):
    nodeid: int = -1
    state: str = ""
    rxidle: int = -1  # µs since something came; -1: never by this connection


class _Partition(msgspec.Struct):
    broker: int = -1  # the one it is read from


class _Topic(msgspec.Struct):
    partitions: dict[str, _Partition] = {}


class _Statistics(msgspec.Struct):
    brokers: dict[str, _Broker] = {}
    topics: dict[str, _Topic] = {}


_decode = msgspec.json.Decoder(_Statistics).decode


def unheard(text: str, topic: str, wait_ms: int) -> frozenset[int]:
    """The partitions of a topic whose broker was silent for longer than a fetch takes, or is not connected. `text`: statistics of
    the client; `wait_ms`: how long brokers wait for messages before they say that there are none."""
    found = _decode(text)
    longest = (wait_ms + SLACK_MS) * 1_000
    heard = {one.nodeid for one in found.brokers.values() if one.state == "UP" and 0 <= one.rxidle <= longest}
    partitions = found.topics[topic].partitions if topic in found.topics else {}
    return frozenset(int(name) for name, one in partitions.items() if one.broker not in heard and int(name) >= 0)
