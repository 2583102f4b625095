"""Messages are produced to a topic of Kafka, keyed by profile, so that what one person gets stays in its order.

The producer is idempotent: its own retries make no copies. A copy after a kill has the same key in the header `key`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rtj.base.errors import MissingExtra, UsageError
from rtj.deliver.port import Again, Done, Parcel, Refused, Sent, short

BATCH_MAX = 1_000
DELIVERY_MS = 30_000  # the longest that the client tries by itself
TRIES_MAX = 10_000  # a broker of ours that is down is no fault of the message
PAUSE_MAX_MS = 30_000
CLOSE_S = 2.0
_silent = logging.getLogger("rtj.kafka.out")  # the client would write to the standard error; what fails stands in the outbox
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class TopicWriter:
    """One topic."""

    width, most, retries = 1, BATCH_MAX, TRIES_MAX

    def __init__(self, brokers: str, topic: str, settings: Mapping[str, str]) -> None:
        try:
            import confluent_kafka
        except ImportError as error:
            raise MissingExtra("Kafka", "kafka") from error
        self._errors = confluent_kafka.KafkaError
        self._exception = confluent_kafka.KafkaException
        self._topic = topic
        self._has_given_up = False
        config: dict[str, Any] = {"linger.ms": 5, "delivery.timeout.ms": DELIVERY_MS, "compression.type": "lz4"}
        config |= {**settings, "bootstrap.servers": brokers, "enable.idempotence": True, "acks": "all", "logger": _silent}
        config.setdefault("socket.keepalive.enable", True)
        self._made = partial(confluent_kafka.Producer, config)
        try:
            self._producer = self._made()
        except (confluent_kafka.KafkaException, ValueError, TypeError) as error:
            raise UsageError(f"Kafka does not take these settings: {short(error)}") from error

    def pause_ms(self, tries: int) -> int:
        """Half a second at first, half a minute at last."""
        return min(500 << min(tries - 1, 16), PAUSE_MAX_MS)

    def send(self, parcels: Sequence[Parcel]) -> list[Sent]:
        """Produce a batch and wait until the broker has it, or the client has given it up. A client that has met with what it
        calls fatal takes nothing any more: another takes its place."""
        if self._has_given_up:
            self._producer, self._has_given_up = self._made(), False
        found: list[Sent] = [Again("the broker has not answered in time")] * len(parcels)

        def tell(place: int, error: Any, _: Any = None) -> None:
            if error is None:
                found[place] = Done()
            elif error.code() in (self._errors.MSG_SIZE_TOO_LARGE, self._errors.INVALID_MSG):
                found[place] = Refused(short(error.str()))
            else:
                self._has_given_up = self._has_given_up or error.fatal() or error.code() == self._errors._FATAL
                found[place] = Again(short(error.str()))

        for place, parcel in enumerate(parcels):
            try:
                self._producer.produce(
                    self._topic,
                    parcel.body,
                    key=parcel.profile.encode("utf-8", "surrogatepass"),
                    headers=[("key", parcel.key.encode())],
                    on_delivery=partial(tell, place),
                )
            except BufferError:
                found[place] = Again("the queue of the client is full")
            except self._exception as error:
                tell(place, error.args[0])
        self._producer.flush(DELIVERY_MS / 1000 + 5)
        return found

    def close(self) -> None:
        """Give the client a moment; what it still holds waits in the outbox."""
        self._producer.flush(CLOSE_S)
