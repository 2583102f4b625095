"""CloudEvents 1.0 and Segment (RudderStack) records as events."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from rtj.connect.envelope import MisfitError, Shape, Shaped
from rtj.connect.identify import RawValue
from rtj.ir.program import Namespace

SEGMENT_TYPES = frozenset({"track", "identify", "page", "screen", "group", "alias"})
WRAPPERS = ("batch", "messages", "events")  # a record that holds records: Segment's batch and its like
UNWRAP_MAX = 4  # wrappers inside wrappers


def unwrap(record: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The records inside a JSON array, or inside a wrapper such as {"batch": […]}. Raises MisfitError for what holds none."""
    if isinstance(record, list) and depth < UNWRAP_MAX:
        for item in record:
            yield from unwrap(item, depth + 1)
        return
    if not isinstance(record, dict):
        raise MisfitError("format", "expected a JSON object")
    for name in WRAPPERS:
        inner = record.get(name)
        if isinstance(inner, list) and "type" not in record and depth < UNWRAP_MAX:
            yield from unwrap(inner, depth + 1)
            return
    yield record


def plain(value: Any, what: str) -> RawValue:
    """A value that may name something: text or number. Raises MisfitError."""
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    raise MisfitError("fields", f"{what}: expected text or a number")


def required(record: Mapping[str, Any], *names: str) -> Any:
    """The first of `names` that has a value. Raises MisfitError."""
    for name in names:
        value = record.get(name)
        if value is not None:
            return value
    raise MisfitError("ts" if "time" in names[0] else "fields", f"`{names[0]}` is missing")


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is None or isinstance(value, str):
        return value
    raise MisfitError("fields", f"{name}: expected text")


def as_instant(value: Any, what: str) -> str | int:
    """What may be an instant: text, or whole milliseconds. Raises MisfitError."""
    if isinstance(value, str) or type(value) is int:
        return value
    raise MisfitError("ts", f"{what}: expected an instant")


def place_of(namespaces: tuple[Namespace, ...], names: tuple[str, ...], kinds: tuple[str, ...]) -> int | None:
    """The namespace of one of these names, else the best one of these kinds."""
    for name in names:
        for index, namespace in enumerate(namespaces):
            if namespace.name.lower().replace("_", "") == name:
                return index
    for index, namespace in enumerate(namespaces):
        if namespace.kind in kinds:
            return index
    return None


def cloudevents(namespaces: tuple[Namespace, ...]) -> Shape:
    """Structured CloudEvents. An extension attribute named as a namespace (lower case, letters and digits only) carries an
    identifier; without one of a person, `subject` is that of the best person namespace. (source, id) is unique there, so both
    make the id."""
    by_name = {"".join(c for c in n.name.lower() if c.isalnum()): index for index, n in enumerate(namespaces)}
    persons = frozenset(index for index, n in enumerate(namespaces) if n.kind == "person")
    person = min(persons, default=None)

    def shape(record: Mapping[str, Any]) -> Shaped:
        if "specversion" not in record:
            raise MisfitError("format", "not a CloudEvent: `specversion` is missing")
        ids = tuple((index, plain(record[name], name)) for name, index in by_name.items() if record.get(name) is not None)
        if person is not None and not any(index in persons for index, _ in ids):
            ids += ((person, plain(record.get("subject"), "subject")),)
        name = plain(required(record, "id"), "id")
        source = record.get("source")
        kind = required(record, "type")
        if not isinstance(kind, str):
            raise MisfitError("fields", "type: expected text")
        return Shaped(
            id=f"{source}#{name}" if source else name or "",
            type=kind,
            ts=as_instant(required(record, "time"), "time"),
            properties=_cloud_properties(record),
            identifiers=ids,
            channel=_text(record, "channel"),
            received_at=record.get("receivedat"),
        )

    return shape


def _cloud_properties(record: Mapping[str, Any]) -> Any:
    if "data_base64" not in record:
        found = record.get("data")
        return {} if found is None else found
    try:
        return msgspec.json.decode(base64.b64decode(record["data_base64"], validate=True))
    except (binascii.Error, TypeError, ValueError, RecursionError) as error:
        raise MisfitError("properties", "data_base64: expected JSON in base64") from error


def segment(namespaces: tuple[Namespace, ...]) -> Shape:
    """Segment's spec, which RudderStack shares. `userId` goes to the namespace user_id, else to the best of people;
    `anonymousId` to anonymous_id, else to the best of cookies or devices; an email among the traits to `email`."""
    person = place_of(namespaces, ("userid",), ("person",))
    anonymous = place_of(namespaces, ("anonymousid",), ("cookie", "device"))
    email = next((index for index, n in enumerate(namespaces) if n.name.lower() == "email"), None)

    def shape(record: Mapping[str, Any]) -> Shaped:
        kind = record.get("type")
        if kind not in SEGMENT_TYPES:
            raise MisfitError("format", "not a Segment record: `type` is none of track, identify, page, screen, group, alias")
        found = _segment_properties(record, str(kind))
        pairs: list[tuple[int, RawValue]] = []
        if person is not None:
            pairs.append((person, plain(record.get("userId"), "userId")))
        if anonymous is not None:
            pairs.append((anonymous, plain(record.get("anonymousId"), "anonymousId")))
            if kind == "alias":
                pairs.append((anonymous, plain(record.get("previousId"), "previousId")))
        if email is not None and email != person:
            pairs.append((email, plain(_trait_email(record), "email")))
        name = required(record, "event") if kind == "track" else kind
        if not isinstance(name, str):
            raise MisfitError("fields", "event: expected text")
        return Shaped(
            id=plain(required(record, "messageId"), "messageId") or "",
            type=name,
            ts=as_instant(required(record, "timestamp", "originalTimestamp", "sentAt"), "timestamp"),
            properties=found,
            identifiers=tuple(pairs),
            channel=_text(record, "channel"),
            received_at=record.get("receivedAt"),
        )

    return shape


def _segment_properties(record: Mapping[str, Any], kind: str) -> Any:
    found = record.get("traits" if kind in ("identify", "group") else "properties")
    if found is None:
        found = {}
    if kind in ("page", "screen") and isinstance(found, dict) and "name" not in found and record.get("name") is not None:
        found = {**found, "name": record["name"]}
    if kind == "group" and isinstance(found, dict) and record.get("groupId") is not None:
        found = {"groupId": record["groupId"], **found}
    return found


def _trait_email(record: Mapping[str, Any]) -> Any:
    context = record.get("context")
    for traits in (record.get("traits"), context.get("traits") if isinstance(context, dict) else None):
        if isinstance(traits, dict) and isinstance(traits.get("email"), str):
            return traits["email"]
    return None
