"""What a message carries, as one line: JSON as it is, Avro of a schema registry as the JSON of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from rtj.base.errors import InputError, MissingExtra
from rtj.connect.feed_lines import too_long
from rtj.connect.feed_port import LIVE_LINE_MAX
from rtj.connect.inbox import Refused

Value: TypeAlias = bytes | Refused
ANSWER_S = 10  # a registry that is silent for longer does not answer
HEADER_BYTES = 5  # of Avro as registries have it: a zero, and the number of the schema

_encode = msgspec.json.Encoder(decimal_format="number").encode


def json_line(value: bytes) -> Value:
    """A message as a line without its end. A line break in JSON stands between two tokens, where any blank does as well, or it
    makes the JSON wrong, which a carriage return does as well: so what is right stays so, and what is wrong too."""
    if len(value) > LIVE_LINE_MAX:
        return too_long(value)
    if b"\n" in value:
        return value.strip().replace(b"\n", b"\r")
    return value


def avro_lines(url: str, topic: str) -> Callable[[bytes], Value]:
    """Reads messages by the schemas of a registry. What is made raises InputError when the registry does not answer. Raises
    MissingExtra."""
    try:
        from confluent_kafka.schema_registry import SchemaRegistryClient
        from confluent_kafka.schema_registry.avro import AvroDeserializer
        from confluent_kafka.schema_registry.error import SchemaRegistryError
        from confluent_kafka.serialization import MessageField, SerializationContext
    except ImportError as error:
        raise MissingExtra("reading Avro", "kafka") from error
    client = SchemaRegistryClient({"url": url, "max.retries": 1, "timeout": ANSWER_S})
    decode: Callable[[bytes, Any], Any] = AvroDeserializer(client)
    context = SerializationContext(topic, MessageField.VALUE)
    known: set[int] = set()

    def learn(number: int) -> Refused | None:
        try:
            client.get_schema(number)
        except SchemaRegistryError as error:
            if 400 <= error.http_status_code < 500:
                return Refused("format", f"the registry has no schema {number}", b"")
            raise InputError(f"the schema registry answers {error.http_status_code}") from error
        except Exception as error:  # whatever its HTTP client raises
            raise InputError(f"the schema registry does not answer: {type(error).__name__}") from error
        known.add(number)
        return None

    def line(value: bytes) -> Value:
        if len(value) > LIVE_LINE_MAX:
            return too_long(value)
        if len(value) < HEADER_BYTES or value[0] != 0:
            return Refused("format", "no Avro of a schema registry", value)
        number = int.from_bytes(value[1:HEADER_BYTES], "big")
        if number not in known:
            refused = learn(number)
            if refused is not None:
                return refused
        try:
            return _encode(decode(value, context))
        except Exception as error:  # whatever broken bytes make of the decoder
            return Refused("format", f"cannot be read by schema {number}: {type(error).__name__}", value)

    return line
