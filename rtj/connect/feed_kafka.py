"""A Kafka topic: each partition is a stream, read from the position of our store.

The group is there to share partitions and to show our progress to the tools of Kafka: its offsets are committed after our store
has committed, and they decide only where our store knows nothing. A partition that is taken away is given up when all that was
read of it is committed, or after `REVOKE_S`; what was not is read by whoever has it next. One that was lost because brokers or
we were away stays an open stream, which holds the clock: it comes back, and its events must not be late then. It is given up when
it has not come back for `ADRIFT_S` with the brokers there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from rtj.base.errors import InputError, MissingExtra, UsageError
from rtj.connect.feed_kafka_hearing import STATISTICS_MS, unheard
from rtj.connect.feed_kafka_partition import Partition
from rtj.connect.feed_kafka_places import ASK_S, Place, begin_of, group_offset, topic_of
from rtj.connect.feed_port import Lag
from rtj.connect.feed_thread import ThreadFeeder
from rtj.connect.feed_values import Value, avro_lines, json_line
from rtj.connect.inbox import Closing, Opening, Remark
from rtj.ir.environments import KafkaSource, looked_up

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

MESSAGES_MAX = 5_000  # taken from the client at once
POLL_S = 0.1
FULL_S = 0.01  # while the inbox has no room
COMMIT_S = 1.0  # between two commits of the group's offsets
REVOKE_S = 20.0  # a rebalance is held up so long for what is not committed yet
ADRIFT_S = 60.0  # a partition that was lost is waited for so long
SILENT_MS = 15_000  # a request that is not answered for so long has it connect anew
FETCH_WAIT_MS = 500  # brokers answer so late at the latest, unless the settings say otherwise
LEAVE_S = 60.0  # after `stop`, the group is left when `close` says so, or after so long
OURS = frozenset({"bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset",
                  "enable.partition.eof", "partition.assignment.strategy", "log_level",
                  "statistics.interval.ms"})  # fmt: skip

_decode_place = msgspec.json.Decoder(Place).decode
_silent = logging.getLogger("rtj.kafka")  # the client would write to the standard error
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class KafkaFeeder(ThreadFeeder):
    """The streams are called `name[partition]`. `member`: who we are in the group, over restarts: brokers give one who comes back
    under that name its partitions at once, and do not wait until the one that was killed is taken for dead. Only one may have the
    name at a time, which the lease sees to; "": nobody in particular."""

    def __init__(self, name: str, source: KafkaSource, member: str = "") -> None:
        super().__init__(name)
        self._source, self._member = source, member
        self._parts: dict[int, Partition] = {}
        self._given_up: set[str] = set()  # streams that were ours in this run
        self._adrift: dict[str, float] = {}  # streams that were lost and are waited for, since when (monotonic)
        self._ending = False  # the client is being closed: what it takes away nobody else was given
        self._leave = threading.Event()
        self._progress = threading.Condition()
        self._lag: dict[str, Lag] = {}
        self._down = False
        self._error: Exception | None = None
        self._topic = ""
        self._asked = self._committed = 0.0
        self._line: Callable[[bytes], Value] = json_line

    def prepare(self) -> None:
        """Raises MissingExtra, and UsageError for settings that are not the user's."""
        try:
            from confluent_kafka import Consumer
        except ImportError as error:
            raise MissingExtra("reading Kafka", "kafka") from error
        taken = sorted(OURS & {key for key, _ in self._source.settings})
        if taken:
            raise UsageError(f"sources: {self.name}: `{taken[0]}` is set by rtj")
        if self._source.registry:
            self._line = avro_lines(looked_up(self._source.registry), self._source.topic)
        try:
            Consumer(self._settings()).close()
        except Exception as error:  # the client names the setting
            raise UsageError(f"sources: {self.name}: {error}") from error

    def close(self) -> None:
        """See `Feeder`."""
        self._leave.set()
        super().close()

    def lag(self) -> Mapping[str, Lag]:
        """Messages, as of the last second."""
        return dict(self._lag)

    def _client(self) -> dict[str, str | int | float | bool]:
        found = {name: looked_up(value) for name, value in self._source.settings}
        return {"client.id": "rtj", **found, "bootstrap.servers": looked_up(self._source.brokers), "log_level": "0"}

    def _settings(self) -> dict[str, object]:
        return {
            "session.timeout.ms": 30_000,
            "topic.metadata.refresh.interval.ms": 2_000,  # so soon a topic that is made, or gone, is noticed
            "reconnect.backoff.max.ms": 2_000,
            "socket.timeout.ms": SILENT_MS,
            "socket.keepalive.enable": True,
            "queued.max.messages.kbytes": 16_384,
            "fetch.queue.backoff.ms": 20,  # how soon a queue that was full is filled again
            **({"group.instance.id": self._member} if self._member else {}),
            **self._client(),
            "group.id": self._source.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",  # what is out of range is ours to decide
            "enable.partition.eof": True,
            "partition.assignment.strategy": "cooperative-sticky",
            "error_cb": self._on_error,
            "statistics.interval.ms": STATISTICS_MS,
            "stats_cb": self._on_statistics,
            "logger": _silent,
        }

    # -- the loop

    def work(self) -> None:
        """Read until stopped; then stay in the group until `close`."""
        from confluent_kafka import Consumer, KafkaException

        consumer = Consumer(self._settings())
        self._error, self._down, self._ending = None, False, False
        try:
            consumer.subscribe([self._source.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)
            while not self.stopped.is_set():
                self._turn(consumer)
            self._leave.wait(LEAVE_S)
        except KafkaException as error:
            raise InputError(f"{self._source.topic}: {words_of(error.args[0])}") from error
        finally:
            self._ending = True
            consumer.close()
            self._lag = {}

    def _turn(self, consumer: Consumer) -> None:
        waiting = self._hand_pending(consumer)
        first = consumer.poll(FULL_S if waiting else POLL_S)
        if first is not None:
            self._sort([first, *consumer.consume(MESSAGES_MAX, 0)], consumer)
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        if self._down:
            self._ask(consumer, busy=first is not None)
        else:
            for part in self._parts.values():
                if part.at_end and not part.pending:
                    self.idle(part.stream)
        now = time.monotonic()
        if self._adrift:
            self._give_up_adrift(now)
        if now - self._committed >= COMMIT_S:
            self._committed = now
            self._tell_group(consumer, list(self._parts.values()), wait=False)
            self._measure(consumer)

    def _sort(self, messages: list[Message], consumer: Consumer) -> None:
        """Messages by partition, each batch handed over."""
        batches: dict[int, list[Message]] = {}
        for message in messages:
            error = message.error()
            if error is not None:
                self._on_event(message, error, consumer)
                continue
            batches.setdefault(message.partition() or 0, []).append(message)
        for number, batch in batches.items():
            part = self._parts.get(number)
            if part is not None:
                empty = part.read(batch, self._line, self._topic)
                if empty:
                    self.count("null_values", empty)
                if not self._hand(part):
                    consumer.pause([self._at(part)])

    def _hand(self, part: Partition) -> bool:
        """Hand over what was read of a partition, as far as there is room."""
        while part.pending:
            delivery, behind = part.pending[0]
            if not self.inbox.offer(delivery):
                return False
            part.pending.popleft()
            part.handed = behind
            self.handed(delivery)
        return True

    def _hand_pending(self, consumer: Consumer) -> bool:
        """Try again what had no room. True: there is still some."""
        waiting = False
        for part in self._parts.values():
            if part.pending:
                if self._hand(part):
                    consumer.resume([self._at(part)])
                else:
                    waiting = True
        return waiting

    # -- the group

    def _at(self, part: Partition, offset: int | None = None) -> TopicPartition:
        from confluent_kafka import TopicPartition

        topic = self._source.topic
        return TopicPartition(topic, part.number) if offset is None else TopicPartition(topic, part.number, offset)

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        from confluent_kafka import KafkaException

        try:
            self._topic = topic_of(self._client(), self._source.topic)
            for found in partitions:
                self._take_up(consumer, found.partition)
        except KafkaException as error:
            self._error = InputError(f"{self._source.topic}: {words_of(error.args[0])}")

    def _take_up(self, consumer: Consumer, number: int) -> None:
        stream = f"{self.name}[{number}]"
        stored = self.positions.get(stream)
        place = None if stored is None else _decode_place(stored)
        begin = begin_of(consumer, self._source.topic, number, place, self._topic)
        offset = begin.offset
        if stream in self._given_up and not begin.code:
            # Another member of the group had it meanwhile: what that one committed is worked.
            offset = max(offset, group_offset(consumer, self._source.topic, number))
        part = self._parts[number] = Partition(number, stream, offset, self._progress)
        self._adrift.pop(stream, None)
        consumer.incremental_assign([self._at(part, offset)])
        self.tell(Opening(stream))
        if begin.code:
            self.tell(Remark(stream, begin.code, begin.words))
        self.fares_well()

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        parts = [self._parts[found.partition] for found in partitions if found.partition in self._parts]
        if self._ending and not self.stopped.is_set():
            self._lose(parts)
            return
        until = time.monotonic() + REVOKE_S
        for part in parts:
            while not self._hand(part) and time.monotonic() < until and not self.stopped.is_set():
                self.stopped.wait(FULL_S)
            part.pending.clear()
        with self._progress:
            while any(part.done < part.handed for part in parts) and not self._leave.is_set():
                if not self._progress.wait(min(until - time.monotonic(), POLL_S)) and time.monotonic() >= until:
                    break
        self._tell_group(consumer, parts, wait=True)
        self._give_up(parts, "another reader of the group has it now, or nobody")

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        parts = [self._parts[found.partition] for found in partitions if found.partition in self._parts]
        self._lose(parts)

    def _lose(self, parts: list[Partition]) -> None:
        """They are not ours now, and will be again as soon as all is well."""
        for part in parts:
            self._forget(part)
            self._adrift[part.stream] = time.monotonic()
            self.idle(part.stream, known=False)

    def _give_up_adrift(self, now: float) -> None:
        """Somebody else must have them."""
        if self._down:
            self._adrift = dict.fromkeys(self._adrift, now)
        for stream in [stream for stream, since in self._adrift.items() if now - since > ADRIFT_S]:
            del self._adrift[stream]
            self.tell(Closing(stream, "the group went on without us"))

    def _give_up(self, parts: list[Partition], why: str) -> None:
        for part in parts:
            self._forget(part)
            self.tell(Closing(part.stream, why))

    def _forget(self, part: Partition) -> None:
        del self._parts[part.number]
        self._lag.pop(part.stream, None)
        self._given_up.add(part.stream)

    def _tell_group(self, consumer: Consumer, parts: list[Partition], *, wait: bool) -> None:
        """Commit the group's offsets of what is done."""
        from confluent_kafka import KafkaException

        news = [(part, part.done) for part in parts if part.done > part.told]
        if not news:
            return
        try:
            offsets = [self._at(part, done) for part, done in news]
            if wait:
                consumer.commit(offsets=offsets, asynchronous=False)
            else:
                consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException:
            self.count("group_commits_failed")
            return
        for part, done in news:
            part.told = done

    # -- what can go wrong

    def _on_event(self, message: Message, error: KafkaError, consumer: Consumer) -> None:
        from confluent_kafka import KafkaError as Code

        number = message.partition()
        part = None if number is None else self._parts.get(number)
        match error.code():
            case Code._PARTITION_EOF:
                if part is not None:
                    part.at_end, part.end = True, message.offset() or 0
            case Code._AUTO_OFFSET_RESET | Code.OFFSET_OUT_OF_RANGE:
                if part is not None:
                    self._begin_anew(part, consumer)
            case Code.UNKNOWN_TOPIC_OR_PART | Code._UNKNOWN_TOPIC | Code._UNKNOWN_PARTITION:
                self.fares_badly("no_topic", f"the topic {self._source.topic} is not there; waiting for it")
            case _:
                if error.fatal():
                    raise InputError(f"{self._source.topic}: {words_of(error)}")
                self.fares_badly("kafka", f"{self._source.topic}: {words_of(error)}")

    def _begin_anew(self, part: Partition, consumer: Consumer) -> None:
        """What was to be read next is not there: go on where there is something, and say so."""
        stored = self.positions.get(part.stream)
        place = Place(self._topic, part.next, 0 if stored is None else _decode_place(stored).at)
        self._topic = topic_of(self._client(), self._source.topic)
        begin = begin_of(consumer, self._source.topic, part.number, place, self._topic)
        consumer.incremental_unassign([self._at(part)])
        fresh = self._parts[part.number] = Partition(part.number, part.stream, begin.offset, self._progress)
        fresh.pending = part.pending
        consumer.incremental_assign([self._at(fresh, begin.offset)])
        if begin.code:
            self.tell(Remark(part.stream, begin.code, begin.words))

    def _on_error(self, error: KafkaError) -> None:
        from confluent_kafka import KafkaError as Code

        if error.code() == Code._ALL_BROKERS_DOWN:
            self._down = True
        elif error.fatal():
            self._error = InputError(f"{self._source.topic}: {words_of(error)}")

    def _on_statistics(self, text: str) -> None:
        """A broker that says nothing may hold what we do not know of: over a connection that is half open nobody tells us."""
        wait_ms = int(self._client().get("fetch.wait.max.ms", FETCH_WAIT_MS))
        silent = unheard(text, self._source.topic, wait_ms)
        self._down = self._down or any(part.at_end and part.number in silent for part in self._parts.values())

    def _ask(self, consumer: Consumer, *, busy: bool) -> None:
        """Are the brokers back? Meanwhile nobody knows whether there is more, so no stream is idle. `busy`: some are there,
        and what they have comes first."""
        from confluent_kafka import KafkaException

        for part in self._parts.values():
            self.idle(part.stream, known=False)
        if busy or time.monotonic() - self._asked < COMMIT_S:
            return
        try:
            consumer.list_topics(self._source.topic, timeout=COMMIT_S)
            for part in self._parts.values():
                # The client tells of an end only once; one that was not told yet will be.
                high = consumer.get_watermark_offsets(self._at(part), timeout=COMMIT_S)[1]
                part.at_end = part.at_end and high <= part.reached
            self._down = False
            self.fares_well()
        except KafkaException:
            self.count("retries")
            self.fares_badly("unreachable", f"{self._source.brokers}: no broker answers; tried again")
        self._asked = time.monotonic()

    def _measure(self, consumer: Consumer) -> None:
        for part in self._parts.values():
            ends = consumer.get_watermark_offsets(self._at(part), timeout=ASK_S, cached=True)
            if ends[1] >= 0:
                read = part.handed if part.pending else part.reached
                self._lag[part.stream] = Lag(max(ends[1] - read, 0), "messages")


def words_of(error: object) -> str:
    """A KafkaError in words, without what only its maker can read."""
    from confluent_kafka import KafkaError

    return str(error.str()) if isinstance(error, KafkaError) else str(error)
