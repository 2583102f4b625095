"""A message becomes one line: JSON keeps what it says, Avro becomes JSON; what is broken is told from what cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from rtj.base.errors import InputError
from rtj.connect.feed_port import LIVE_LINE_MAX
from rtj.connect.feed_values import avro_lines, json_line
from rtj.connect.inbox import Refused
from tests.servers.registry import Registry, running_registry

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}


@pytest.fixture
def registry() -> Iterator[Registry]:
    pytest.importorskip("confluent_kafka.schema_registry.avro", reason="Avro needs rtj[kafka]")
    with running_registry() as found:
        found.schemas[7] = SCHEMA
        yield found


@pytest.mark.parametrize("value", [b'{"a":1}', b'{\r\n "a": [1,\n2]\n}\n', '\n{"a":"ä\\n👋"}\n'.encode()])
def test_json_over_several_lines_is_one_line_that_says_the_same(value: bytes) -> None:
    line = json_line(value)
    assert isinstance(line, bytes) and b"\n" not in line
    assert msgspec.json.decode(line) == msgspec.json.decode(value)


def test_json_that_is_wrong_stays_wrong_and_one_line() -> None:
    line = json_line(b'{"a":"x\ny"}')
    assert isinstance(line, bytes) and b"\n" not in line
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(line)
    too_long = json_line(b"x" * (LIVE_LINE_MAX + 1))
    assert isinstance(too_long, Refused) and too_long.reason == "too_long"


def test_avro_becomes_json_with_instants_numbers_and_texts(registry: Registry) -> None:
    at = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    value = registry.encode(7, {"id": "o1", "ts": at, "total": Decimal("19.90"), "note": "zwei\nZeilen 👋"})
    line = avro_lines(registry.url, "orders")(value)
    assert isinstance(line, bytes) and b"\n" not in line
    assert msgspec.json.decode(line) == {"id": "o1", "ts": "2026-03-01T10:00:00Z", "total": 19.9, "note": "zwei\nZeilen 👋"}


def test_avro_that_cannot_be_read_costs_only_itself(registry: Registry) -> None:
    read = avro_lines(registry.url, "orders")
    good = registry.encode(7, {"id": "o1", "ts": 0, "total": Decimal("1"), "note": None})
    for value in (b'{"id":"json"}', b"\0\0", b"\0\0\0\0\x09" + good[5:], good[:8]):
        refused = read(value)
        assert isinstance(refused, Refused) and refused.reason == "format", value
    assert isinstance(read(good), bytes)


def test_a_registry_that_does_not_answer_makes_nothing_a_dead_letter(registry: Registry) -> None:
    read = avro_lines(registry.url, "orders")
    good = registry.encode(7, {"id": "o1", "ts": 0, "total": Decimal("1"), "note": None})
    registry.down = True
    with pytest.raises(InputError, match="registry"):
        read(good)
    registry.down = False
    assert isinstance(read(good), bytes)
    registry.down = True
    assert isinstance(read(good), bytes)  # a schema that is known is not asked for again
