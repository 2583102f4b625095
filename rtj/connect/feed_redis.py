"""A Redis stream, read from the id that our store has. No consumer group is needed: what was read is our store's to say."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from rtj.base.errors import InputError, MissingExtra, UsageError
from rtj.connect.feed_port import DELIVERY_BYTES, GRAIN_MS, Lag
from rtj.connect.feed_thread import ThreadFeeder, now_ms
from rtj.connect.feed_values import json_line
from rtj.connect.inbox import Delivery, Opening, Refused, Remark
from rtj.ir.environments import RedisSource, looked_up

if TYPE_CHECKING:
    from redis import Redis

ENTRIES_MAX = 2_000  # asked for at once
BLOCK_MS = 100  # the server answers at the latest after so long
CONNECT_S = 5.0  # a server that is not reached within so long is not there
ANSWER_S = 2.0  # one that is silent for longer is gone: meanwhile its stream passes for idle
MEASURE_S = 1.0  # between two looks at how far behind we are
START = "0-0"


class Place(msgspec.Struct, frozen=True):
    """The entry read last, and how many the stream had got up to it."""

    id: str
    read: int


_decode_place = msgspec.json.Decoder(Place).decode


class RedisFeeder(ThreadFeeder):
    """The stream is called as its source."""

    def __init__(self, name: str, source: RedisSource) -> None:
        super().__init__(name)
        self._source = source
        self._behind: int | None = None
        self._begun = False

    def prepare(self) -> None:
        """Raises MissingExtra, and UsageError for an address that is none."""
        try:
            from redis import Redis
        except ImportError as error:
            raise MissingExtra("reading Redis", "redis") from error
        try:
            Redis.from_url(looked_up(self._source.url))
        except ValueError as error:
            raise UsageError(f"sources: {self.name}: {error}") from error

    def lag(self) -> Mapping[str, Lag]:
        """Entries, as of the last second."""
        return {} if self._behind is None else {self.name: Lag(self._behind, "messages")}

    def work(self) -> None:
        """Read until stopped."""
        from redis import Redis, RedisError

        if not self._begun:
            self._begun = True
            self.tell(Opening(self.name))
        client: Redis = Redis.from_url(looked_up(self._source.url), socket_timeout=ANSWER_S, socket_connect_timeout=CONNECT_S)
        try:
            self._follow(client, self._begin(client))
        except RedisError as error:
            self.idle(self.name, known=False)
            raise InputError(f"redis stream {self._source.stream}: {error}") from error
        finally:
            client.close()

    def _about(self, client: Redis) -> Mapping[Any, Any]:
        """What the server knows of the stream; nothing when there is none yet."""
        from redis import ResponseError

        try:
            found: Any = client.xinfo_stream(self._source.stream)
        except ResponseError as error:
            if "no such key" in str(error):
                return {}
            raise
        return found  # type: ignore[no-any-return]

    def _begin(self, client: Redis) -> Place:
        """Where to go on: at our place, unless the stream is another one or has lost what came after it."""
        about = self._about(client)
        stored = self.positions.get(self.name)
        gone = _number(about, "entries-added") - _number(about, "length")
        if stored is None:
            return Place(START, gone)
        place = _decode_place(stored)
        if not about or _order(_text(about.get("last-generated-id", START))) < _order(place.id):
            words = f"{self._source.stream} was deleted or made again; it is read from its start"
            self.tell(Remark(self.name, "stream_replaced", words))
            return Place(START, gone)
        if gone > place.read:
            words = f"{self._source.stream}: {gone - place.read:,} entries were deleted or trimmed before they were read"
            self.tell(Remark(self.name, "messages_missing", words))
            return Place(place.id, gone)
        return place

    def _follow(self, client: Redis, place: Place) -> None:
        measured = 0.0
        while not self.stopped.is_set():
            answer: Any = client.xread({self._source.stream: place.id}, count=ENTRIES_MAX, block=BLOCK_MS)
            self.fares_well()
            for _, entries in _pairs(answer):
                place = self._read(place, entries)
            if not answer:
                self.idle(self.name)
            if time.monotonic() - measured >= MEASURE_S:
                measured = time.monotonic()
                self._behind = max(_number(self._about(client), "entries-added") - place.read, 0)

    def _read(self, place: Place, entries: list[tuple[bytes, Mapping[bytes, bytes] | None]]) -> Place:
        """Hand over entries, in deliveries of about DELIVERY_BYTES that were received within GRAIN_MS."""
        lines: list[bytes] = []
        refused: list[Refused] = []
        size, begun, received, now = 0, 0, 0, now_ms()
        field = self._source.field.encode()
        for key, fields in entries:
            stamp = min(int(key.split(b"-")[0]), now)
            if (lines or refused) and (size >= DELIVERY_BYTES or stamp - begun > GRAIN_MS):
                if not self._pass_on(place, lines, refused, received):
                    return place
                lines, refused, size = [], [], 0
            if not lines and not refused:
                begun = stamp
            received = stamp
            place = Place(key.decode(), place.read + 1)
            value = (fields or {}).get(field)
            line = Refused("format", f"the entry has no field `{self._source.field}`", key) if value is None else json_line(value)
            if isinstance(line, Refused):
                refused.append(line)
            elif line:
                lines.append(line)
                size += len(line)
            else:
                self.count("null_values")
        if lines or refused:
            self._pass_on(place, lines, refused, received)
        return place

    def _pass_on(self, place: Place, lines: list[bytes], refused: list[Refused], received: int) -> bool:
        text = b"".join(line + b"\n" for line in lines)
        return self.hand(Delivery(self.name, text, msgspec.json.encode(place), received, refused=tuple(refused)))


def _pairs(answer: Any) -> list[tuple[bytes, list[Any]]]:
    """Streams and their entries: a list in the second protocol of Redis, a map of lists of entries in the third."""
    if isinstance(answer, dict):
        return [(name, [entry for part in parts for entry in part]) for name, parts in answer.items()]
    return answer or []


def _number(about: Mapping[Any, Any], name: Literal["entries-added", "length"]) -> int:
    found = about.get(name, 0)
    return found if isinstance(found, int) else 0


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _order(key: str) -> tuple[int, int]:
    """Ids of entries in their order."""
    at, _, number = key.partition("-")
    return int(at), int(number or 0)
